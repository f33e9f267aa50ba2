// test_seeds.c -- seeds that are composed of others.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grade/grade.h"
#include "viz_fixture.h"

static struct lab_result run_seed(const char *name, uint64_t seed,
                                  const char *trace)
{
    struct lab_run run = {
        .scenario = find_scenario(name), .seed = seed, .trace = trace};
    struct lab_result result;
    lab_run_one(&run, &result);
    assert_string_equal(result.text, "");
    return result;
}

static void test_parts(void **state)
{
    (void)state;
    struct lab_parts parts;
    assert_true(lab_parts_of(0xc05e00a00bfff001, &parts));
    assert_int_equal(parts.seed[LAB_SCHEDULE], 0xa);
    assert_int_equal(parts.seed[LAB_NETWORK], 0xb);
    assert_int_equal(parts.seed[LAB_FAULTS], 0xfff);
    assert_int_equal(parts.seed[LAB_PROGRAM], 1);
    assert_int_equal(parts.until_ms, 0);
    assert_true(lab_compose(&parts) == 0xc05e00a00bfff001);
    assert_true(lab_parts_of(0xc05f000afffe0065, &parts));
    for (int i = 0; i < LAB_STREAMS; i++)
        assert_int_equal(parts.seed[i], 0xa);
    assert_int_equal(parts.then, 0xfffe);
    assert_int_equal(parts.until_ms, 1010);
    assert_true(lab_compose(&parts) == 0xc05f000afffe0065);
    const uint64_t plain[] = {1,
                              42,
                              0xc05e000000000000,
                              0xc05e00100100100,
                              0xc05e001001001000,
                              0xc05e000001001001,
                              0xc05f000000010001,
                              0xc05f000100000001,
                              0xc05f000100010000,
                              0xc05d001001001001,
                              UINT64_MAX};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_false(lab_parts_of(plain[i], &parts));
}

// A secret seed enters a sandbox as another number, which may look like one.
static void test_hashed_is_plain(void **state)
{
    (void)state;
    struct lab_run run = {.seed = 0xc05e00a00bfff001, .hashed = true};
    assert_true(lab_drawn(&run, LAB_NETWORK) == run.seed);
    run.hashed = false;
    assert_true(lab_drawn(&run, LAB_NETWORK) == 0xb);
}

// The parts of a composed one could be found by trying.
static void test_secret_is_not_composed(void **state)
{
    (void)state;
    struct secret_seeds secret;
    static const char *const line[] = {
        "0xc05d00a00bfff001\n", "0xc05e00a00bfff001\n", "0xc05f000afffe0065\n"};
    for (int i = 0; i < 3; i++) {
        FILE *out = fopen(temporary(), "w");
        assert_non_null(out);
        assert_int_equal(chmod(temporary(), 0600), 0);
        fputs(line[i], out);
        fclose(out);
        assert_true(secret_seeds_read(&secret, temporary()) == (i == 0));
        secret_seeds_free(&secret);
    }
    unlink(temporary());
}

static void test_same_parts_are_the_seed(void **state)
{
    (void)state;
    static const uint64_t same[] = {0xc05e007007007007, 0xc05f000700080fff};
    struct lab_result plain = run_seed("figure-8", 7, NULL);
    assert_in_range(plain.virtual_us, 1, 0xfff * 10000 - 1);
    for (size_t i = 0; i < 2; i++)
        assert_true(run_seed("figure-8", same[i], NULL).hash == plain.hash);
}

static void test_each_stream_counts(void **state)
{
    (void)state;
    static const uint64_t other[] = {0xc05e008007007007, 0xc05e007008007007,
                                     0xc05e007007008007, 0xc05e007007007008};
    uint64_t plain = run_seed("figure-8-unreliable", 7, NULL).hash, hash[4];
    for (size_t i = 0; i < 4; i++) {
        hash[i] = run_seed("figure-8-unreliable", other[i], NULL).hash;
        assert_true(hash[i] != plain);
        for (size_t j = 0; j < i; j++)
            assert_true(hash[i] != hash[j]);
        assert_true(run_seed("figure-8-unreliable", other[i], NULL).hash ==
                    hash[i]);
    }
}

// How many servers there are is the scenario's to draw.
static void test_faults_draw_the_scenario(void **state)
{
    (void)state;
    struct lab_run run = {.scenario = find_scenario("swarm")};
    bool differ = false;
    for (uint64_t seed = 1; seed < 20; seed++) {
        run.seed = seed;
        int n = lab_scenario_of(&run)->n_servers;
        run.seed = 0xc05e001001000001 | seed << 12;
        assert_int_equal(lab_scenario_of(&run)->n_servers, n);
        run.seed = 0xc05e001001001001;
        differ |= lab_scenario_of(&run)->n_servers != n;
    }
    assert_true(differ);
}

// The events of both runs until the moment are the same; then they part.
static void test_until(void **state)
{
    (void)state;
    const uint64_t turn_us = 5000000;
    struct trace_file plain, turned;
    run_seed("figure-8-unreliable", 7, temporary());
    assert_true(trace_load(&plain, temporary()));
    run_seed("figure-8-unreliable", 0xc05f0007000801f4, temporary());
    assert_true(trace_load(&turned, temporary()));
    unlink(temporary());
    size_t i = 0;
    while (plain.event[i].kind == turned.event[i].kind &&
           plain.event[i].us == turned.event[i].us &&
           plain.event[i].node == turned.event[i].node)
        i++;
    assert_true(i < plain.n_events && i < turned.n_events);
    assert_in_range(plain.event[i].us, turn_us, turn_us + 500000);
    assert_in_range(turned.event[i].us, turn_us, turn_us + 500000);
    assert_true(i > 100);
    trace_unload(&plain);
    trace_unload(&turned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_hashed_is_plain),
        cmocka_unit_test(test_secret_is_not_composed),
        cmocka_unit_test(test_same_parts_are_the_seed),
        cmocka_unit_test(test_each_stream_counts),
        cmocka_unit_test(test_faults_draw_the_scenario),
        cmocka_unit_test(test_until),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
