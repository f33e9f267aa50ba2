// test_check_memory.c -- what the checker keeps: enough to judge, and no more
// than the logs are long.
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "random_events.h"
#include "check/internal.h"

static struct check *check;
static uint64_t n;

static int setup(void **state)
{
    (void)state;
    n = 0;
    check = check_make(3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    check_free(check);
    return 0;
}

// Past the judge of the five properties alone.
static bool step(int server, struct trace_event event)
{
    event.n = ++n;
    event.node = server;
    check->n_of_kind[event.kind]++;
    bool good = check_safety(check, &event);
    model_step(&check->model, &event);
    check_forget(check, &event);
    return good;
}

#define STEP(server, ...) step(server, (struct trace_event){__VA_ARGS__})

static bool append(int server, uint64_t index, uint64_t term)
{
    struct trace_entry entry = {.term = term, .bytes = 1, .command = "x"};
    return STEP(server, .kind = TRACE_APPEND, .index = index, .entries = &entry,
                .n_entries = 1);
}

static bool commit_in(int server, uint64_t term, uint64_t from, uint64_t to)
{
    check->model.server[server].term = term;
    return STEP(server, .kind = TRACE_COMMIT, .from = from, .to = to);
}

static bool lead(int server, uint64_t term)
{
    return STEP(server, .kind = TRACE_ROLE, .from_role = TRACE_CANDIDATE,
                .to_role = TRACE_LEADER, .term = term);
}

// Known cells stay, forgotten ones go, whatever order they came in.
static void test_a_table_forgets_what_is_below(void **state)
{
    (void)state;
    struct table table = {0};
    struct random_events dice = {.state = 2};
    uint64_t known[2000] = {0};
    for (int i = 0; i < 20000; i++) {
        bool fresh;
        uint64_t a = 1 + random_below(&dice, 1999);
        struct table_cell *cell = table_at(&table, a, a % 3, &fresh);
        assert_int_equal(fresh, known[a] == 0);
        assert_int_equal(cell->first, known[a]);
        cell->first = known[a] = 1 + (uint64_t)i;
        if (i % 5000 != 4999)
            continue;
        uint64_t low = random_below(&dice, 2000);
        table_forget(&table, low);
        memset(known, 0, low * sizeof *known);
        for (a = 1; a < 2000; a++) {
            const struct table_cell *found = table_find(&table, a, a % 3);
            assert_int_equal(found != NULL ? found->first : 0, known[a]);
        }
    }
    free(table.cell);
}

// [P.4] asks for what was committed in earlier terms, not in later ones.
static void test_p4_looks_at_earlier_terms_only(void **state)
{
    (void)state;
    assert_true(append(0, 1, 1) && append(0, 2, 3));
    assert_true(append(1, 1, 1));
    assert_true(commit_in(0, 1, 0, 1));
    assert_true(commit_in(0, 3, 1, 2));
    assert_true(lead(1, 2));
    assert_true(lead(1, 3));
    assert_false(lead(1, 4));
    assert_string_equal(check_finding(check)->tag, "P.4");
}

// A leader of an older term that commits late does not hide what is newer.
static void test_p4_after_a_late_commit(void **state)
{
    (void)state;
    assert_true(append(0, 1, 1) && append(0, 2, 2) && append(0, 3, 5));
    assert_true(append(1, 1, 1) && append(1, 2, 2));
    assert_true(commit_in(0, 5, 2, 3));
    assert_true(commit_in(1, 2, 0, 2));
    assert_true(lead(1, 4));
    assert_true(append(2, 1, 1));
    assert_false(lead(2, 3));
    assert_string_equal(check_finding(check)->tag, "P.4");
    assert_int_equal(check->n_terms, 2);
}

// By comparison with a plain list of all commits.
static void test_p4_equals_a_plain_search(void **state)
{
    (void)state;
    struct random_events dice = {.state = 3};
    for (int round = 0; round < 300; round++) {
        uint64_t in_term[12] = {0}; // [index]
        teardown(NULL);
        setup(NULL);
        for (uint64_t index = 1; index < 12; index++)
            append(0, index, 1);
        for (int i = 0; i < 12; i++) {
            uint64_t index = 1 + random_below(&dice, 11);
            uint64_t term = 1 + random_below(&dice, 5);
            commit_in(0, term, index - 1, index);
            in_term[index] = in_term[index] != 0 ? in_term[index] : term;
        }
        uint64_t term = 1 + random_below(&dice, 6), last = 0;
        uint64_t length = random_below(&dice, 12);
        for (uint64_t index = 1; index < 12; index++)
            if (in_term[index] != 0 && in_term[index] < term)
                last = index;
        for (uint64_t index = 1; index <= length; index++)
            append(1, index, 1);
        assert_int_equal(lead(1, term), length >= last);
    }
}

// However long the run, with logs of some twenty entries.
static void test_memory_follows_the_logs(void **state)
{
    (void)state;
    for (uint64_t index = 1; index <= 60000; index++) {
        for (int server = 0; server < 3; server++) {
            assert_true(append(server, index, 1 + index / 100));
            assert_true(commit_in(server, 1 + index / 100, index - 1, index));
            assert_true(STEP(server, .kind = TRACE_APPLY, .index = index,
                             .term = 1 + index / 100, .command = "x"));
            if (index % 20 == 0)
                assert_true(STEP(server, .kind = TRACE_COMPACT, .index = index,
                                 .entry_term = 1 + index / 100));
        }
    }
    assert_in_range(check->entries.room, 1, 8192);
    assert_in_range(check->applied.room, 1, 8192);
    assert_in_range(check->committed.room, 1, 8192);
    assert_in_range(check->n_terms, 0, 30);
    // What is behind the snapshots is known still.
    assert_true(append(0, 60001, 601) && append(1, 60001, 601));
    struct trace_entry other = {.term = 601, .bytes = 1, .command = "y"};
    assert_false(STEP(2, .kind = TRACE_APPEND, .index = 60001,
                      .entries = &other, .n_entries = 1));
    assert_string_equal(check_finding(check)->tag, "P.3");
}

// A trace may say what it likes: neither time nor memory follows its numbers.
static void test_large_numbers_cost_nothing(void **state)
{
    (void)state;
    const uint64_t large = 900000000000000;
    assert_true(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = large));
    assert_true(STEP(1, .kind = TRACE_BOOT, .index = large, .entry_term = 1));
    assert_true(append(1, large + 1, 1));
    assert_true(STEP(1, .kind = TRACE_COMMIT, .from = 0, .to = large + 1));
    assert_in_range(check->committed.room, 1, 64);
    assert_true(append(2, 1, 1));
    assert_true(STEP(2, .kind = TRACE_COMMIT, .from = 0, .to = large));
    assert_int_equal(check->committed.n, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_table_forgets_what_is_below),
        TEST(test_p4_looks_at_earlier_terms_only),
        TEST(test_p4_after_a_late_commit),
        TEST(test_p4_equals_a_plain_search),
        TEST(test_memory_follows_the_logs),
        TEST(test_large_numbers_cost_nothing),
    };
    return cmocka_run_group_tests_name("check_memory", tests, NULL, NULL) != 0;
}
