// test_past.c -- what is told of clusters that were born old is on their
// disks.
#include "test.h"

#include <unistd.h>

#include "viz_fixture.h"

static const uint64_t old_term = (1ull << 32) - 3;
static const uint64_t old_index = (1ull << 32) - 6;

// The trace of a Raft that tells nothing of itself, born old, which passes.
static void load_old(struct trace_file *trace, const char *name, unsigned lab,
                     uint64_t seed)
{
    struct lab_run run = {.scenario = find_scenario(name),
                          .seed = seed,
                          .lab = lab,
                          .mute = true,
                          .trace = temporary()};
    struct lab_result result;
    lab_run_one(&run, &result);
    assert_string_equal(result.text, "");
    assert_true(result.passed);
    assert_true(trace_load(trace, run.trace));
    unlink(temporary());
}

// The n-th save of the server, from 0.
static const struct trace_event *save_of(const struct trace_file *trace,
                                         int server, int n)
{
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].kind == TRACE_SAVED &&
            trace->event[i].node == server && n-- == 0)
            return &trace->event[i];
    fail_msg("S%d has not saved so often", server + 1);
    return NULL;
}

// What is saved in the story goes on from what is told of the disk before.
static void check_disks(const char *name, unsigned lab, uint64_t last,
                        uint64_t last_term)
{
    struct trace_file trace;
    load_old(&trace, name, lab, 2);
    for (int server = 0; server < trace.header.n_servers; server++) {
        const struct trace_event *past = save_of(&trace, server, 0);
        const struct trace_event *next = save_of(&trace, server, 1);
        assert_true(past->ok);
        assert_int_equal(past->term, old_term);
        assert_int_equal(past->from, last);
        assert_int_equal(past->index, last);
        assert_int_equal(past->entry_term, last_term);
        assert_true((past->snapshot_bytes > 0) == (last > 0));
        assert_true(next->ok);
        assert_in_range(next->from, past->from, UINT64_MAX);
        assert_in_range(next->term, past->term, UINT64_MAX);
    }
    trace_unload(&trace);
}

static void test_a_snapshot_is_told_where_there_is_one(void **state)
{
    (void)state;
    check_disks("stale-heartbeats", 0, old_index, old_term - 2);
    check_disks("figure-7", 4, old_index, old_term - 2);
}

static void test_lab_3_begins_with_a_term_and_no_log(void **state)
{
    (void)state;
    check_disks("stale-heartbeats", 3, 0, 0);
    check_disks("figure-7", 3, 0, 0);
    check_disks("persist-1", 3, 0, 0);
}

// What they were asked in their first life was a vote.
static void test_lab_3_begins_with_a_vote(void **state)
{
    (void)state;
    struct trace_file trace;
    load_old(&trace, "persist-1", 3, 2);
    for (int server = 0; server < trace.header.n_servers; server++)
        assert_int_equal(save_of(&trace, server, 0)->voted_for,
                         (server + 1) % trace.header.n_servers);
    trace_unload(&trace);
}

static void test_runs_pass_one_power_of_two_after_the_other(void **state)
{
    (void)state;
    static const int bits[] = {32, 31, 16, 15, 32};
    for (uint64_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        struct trace_file trace;
        load_old(&trace, "stale-heartbeats", 0, 2 + 6 * i);
        const struct trace_event *past = save_of(&trace, 0, 0);
        assert_int_equal(past->term, (1ull << bits[i]) - 3);
        assert_in_range(past->index, (1ull << bits[i]) - 10,
                        (1ull << bits[i]) - 1);
        assert_int_equal(past->index % 10, 0);
        trace_unload(&trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_snapshot_is_told_where_there_is_one),
        cmocka_unit_test(test_lab_3_begins_with_a_term_and_no_log),
        cmocka_unit_test(test_lab_3_begins_with_a_vote),
        cmocka_unit_test(test_runs_pass_one_power_of_two_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
