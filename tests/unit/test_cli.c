// test_cli.c -- the arithmetic and the choices behind the command line.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/results_table.h"
#include "cli/scenario_names.h"
#include "sim/arch/arch.h"

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
    assert_int_equal(real.n, 50); // the known 28, 2 of 2024, 20 of the service
}

// Who emulates the processor, by a file with this text.
static const char *emulator_of(const char *text)
{
    char path[] = "/tmp/glassraft-cpuinfo-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    const char *emulator = doctor_emulator(path);
    unlink(path);
    return emulator;
}

static void test_an_emulated_processor_is_known(void **state)
{
    (void)state;
    char own[400], rosetta[600], tcg[600];
    snprintf(own, sizeof own, "processor\t: 0\n%s\t: whatever\n",
             sim_cpuinfo_line);
    snprintf(rosetta, sizeof rosetta,
             "%smodel name\t: VirtualApple @ 2.50GHz processor\n", own);
    snprintf(tcg, sizeof tcg, "%smodel name\t: QEMU TCG CPU version 2.5+\n",
             own);
    assert_null(emulator_of(own));
    assert_string_equal(emulator_of(rosetta), "Rosetta");
    assert_string_equal(emulator_of(tcg), "qemu");
    // qemu's user mode shows the machine's own file.
    bool x86 = strcmp(sim_cpuinfo_line, "vendor_id") == 0;
    assert_string_equal(emulator_of(x86 ? "processor\t: 0\n"
                                          "CPU implementer\t: 0x61\n"
                                        : "vendor_id\t: GenuineIntel\n"),
                        "qemu");
    assert_null(emulator_of("")); // who says nothing is not accused
    assert_null(doctor_emulator("/nowhere/cpuinfo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bound_of_a_rate),
        cmocka_unit_test(test_a_tally_counts),
        cmocka_unit_test(test_names_choose_scenarios_once),
        cmocka_unit_test(test_an_emulated_processor_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
