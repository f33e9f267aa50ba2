// test_guide.c -- runs that are chosen by what the runs before them met.
#include "test.h"

#include "check/met.h"
#include "cli/guide.h"

enum { FEW = 4, LONG = 2000 };

// Scenario 0 meets something new each time, the others meet one state.
static void pretend(struct guide *guide, const struct guide_choice *choice)
{
    static struct met met;
    struct lab_result result = {.passed = true, .virtual_us = 3000000};
    met.state[0] = 5;
    met.state[1] = choice->scenario == 0 ? choice->seed * 2 + 1 : 0;
    guide_learn(guide, choice, &result, &met, false);
}

static size_t choose_runs(struct guide_choice choice[LONG])
{
    struct guide *guide = guide_make(FEW, 10);
    size_t n = 0;
    while (n < LONG) {
        guide_begin_round(guide, LONG - n);
        while (guide_next(guide, &choice[n]))
            pretend(guide, &choice[n++]);
    }
    struct guide_sums sums = guide_sums(guide);
    assert_int_equal(sums.n_runs, LONG);
    assert_true(sums.n_kept > sums.n_runs / 2 && sums.n_kept < sums.n_runs);
    guide_free(guide);
    return n;
}

static void test_guide(void **state)
{
    (void)state;
    static struct guide_choice choice[LONG], again[LONG];
    size_t n_of[FEW] = {0}, n_composed = 0, next[FEW];
    assert_int_equal(choose_runs(choice), LONG);
    assert_int_equal(choose_runs(again), LONG);
    for (size_t i = 0; i < FEW; i++) {
        assert_int_equal(choice[i].scenario, i);
        next[i] = 10;
    }
    for (size_t i = 0; i < LONG; i++) {
        struct lab_parts parts;
        bool composed = lab_parts_of(choice[i].seed, &parts);
        assert_true(again[i].seed == choice[i].seed);
        assert_int_equal(again[i].scenario, choice[i].scenario);
        n_of[choice[i].scenario]++;
        n_composed += composed;
        if (!composed)
            assert_int_equal(choice[i].seed, next[choice[i].scenario]++);
        else if (parts.until_ms > 0)
            assert_in_range(parts.until_ms, 10, 3000);
        for (size_t j = 0; j < i; j++)
            assert_true(choice[j].scenario != choice[i].scenario ||
                        choice[j].seed != choice[i].seed);
    }
    // Its share follows what it meets, and the others keep something.
    assert_in_range(n_of[0], LONG / 2, LONG - 60);
    assert_in_range(n_composed, LONG / 3, LONG * 2 / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
