// test_cli.c -- the arithmetic and the choices behind the command line.
#include "test.h"

#include <string.h>

#include "cli/scenario_names.h"
#include "cli/results_table.h"

// Known values of the one-sided 95 % bound: 1 - 0.05^(1/n) without a failure;
// with some, by the tables of the binomial distribution.
static void test_the_bound_of_a_rate(void **state)
{
    (void)state;
    assert_float_equal(tally_bound(0, 1), 95.0, 0.01);
    assert_float_equal(tally_bound(0, 20), 13.91, 0.01);
    assert_float_equal(tally_bound(0, 1000), 0.299, 0.001);
    assert_float_equal(tally_bound(1, 20), 21.61, 0.01);
    assert_float_equal(tally_bound(5, 100), 10.23, 0.01);
    assert_float_equal(tally_bound(3, 3), 100.0, 0.01);
}

static void test_a_tally_counts(void **state)
{
    (void)state;
    static struct tally tally;
    tally_add(&tally, "a", 1, true, 10, 100);
    tally_add(&tally, "b", 1, true, 10, 100);
    tally_add(&tally, "a", 7, false, 10, 300);
    tally_add(&tally, "a", 5, false, 10, 200);
    assert_int_equal(tally.n_lines, 2);
    assert_int_equal(tally.n_passed, 2);
    assert_int_equal(tally.n_failed, 2);
    assert_string_equal(tally.line[0].name, "a");
    assert_int_equal(tally.line[0].n_runs, 3);
    assert_int_equal(tally.line[0].n_failed, 2);
    assert_int_equal(tally.line[0].first_failed, 5);
    assert_int_equal(tally.line[0].slowest_seed, 7);
    assert_int_equal(tally.line[0].virtual_us, 30);
}

static void test_names_choose_scenarios_once(void **state)
{
    (void)state;
    static struct choice choice, real;
    assert_true(choose(&choice, "run", "election", false));
    assert_int_equal(choice.n, 3);
    assert_true(choose(&choice, "run", "re-election", false));
    assert_int_equal(choice.n, 3);
    assert_true(choose(&choice, "run", "all", false));
    assert_true(choice.n > 70);
    assert_true(choose(&real, "run", "all", true));
    assert_int_equal(real.n, 30); // the known 28, and 2 of 2024
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bound_of_a_rate),
        cmocka_unit_test(test_a_tally_counts),
        cmocka_unit_test(test_names_choose_scenarios_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
