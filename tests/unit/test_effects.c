// test_effects.c -- wrong answers, and what a store made of the entries.
#include "test.h"

#include "clients_fixture.h"

// A compare-and-set of a client, from one value to another, as entry `index` of
// term 1 at S1.
static void cas(uint64_t index, const char *expected, const char *value,
                const char *result)
{
    uint64_t op = tells((struct trace_event){.node = TRACE_NONE,
                                             .kind = TRACE_INVOKE,
                                             .client = 5,
                                             .operation = 900 + index,
                                             .what = "cas",
                                             .key = "a",
                                             .expected = expected,
                                             .text = value});
    uint64_t msg = request(op, 0);
    take(0, index, 1);
    applies(0, index, 1);
    uint64_t n =
        STEP(0, TRACE_REPLY, .msg = msg, .to = NO_SERVER, .rpc = "Ask");
    n = STEP(TRACE_NONE, TRACE_REPLY_RECV, .msg = msg, .rpc = "Ask",
             .cause = n);
    ends(op, result, NULL, n);
}

static void test_a_refused_one_writes(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    cas(3, "x", "z", "refused");
    does(2, 0, 4, 1, "get", NULL, "z");
    assert_wrong("get a returned z, without x, although append x to a had ended"
                 " 19.000 ms before it began.",
                 "KV.8",
                 "Entry 3, C5's compare-and-set a from x to z, does not meet"
                 " what it expects. The answer is what comes out when it writes"
                 " all the same.");
}

// What the same server has shown had its effect there.
static void test_what_was_seen_is_not_missing(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    does(2, 0, 3, 1, "get", NULL, "xy");
    does(1, 0, 4, 1, "append", "z", NULL);
    does(2, 0, 5, 1, "get", NULL, "xz");
    assert_wrong("get a returned xz, without y, although append y to a had"
                 " ended 19.000 ms before it began.",
                 NULL, "");
}

static void test_what_was_not_seen_is(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    does(1, 0, 3, 1, "append", "z", NULL);
    does(2, 0, 4, 1, "get", NULL, "xz");
    assert_wrong("get a returned xz, without y, although append y to a had"
                 " ended 10.000 ms before it began.",
                 "KV.8",
                 "The answer is what the log gives without entry 2, C1's append"
                 " y to a, which was applied before.");
}

// A Raft that tells nothing of itself: what it saved is what it begins with.
static void test_a_restart_from_what_was_saved(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    STEP(0, TRACE_SAVED, .ok = true, .from = 2);
    does(3, 0, 3, 1, "get", NULL, "xy");
    STEP(1, TRACE_SAVED, .ok = true, .from = 2);
    STEP(1, TRACE_RESTART);
    does(2, 1, 4, 2, "get", NULL, "x");
    assert_wrong("get a returned x, without y, although append y to a had ended"
                 " 13.000 ms before it began.",
                 "KV.7",
                 "S2 began with the snapshot up to index 2. The answer is what"
                 " comes out when it took over nothing after entry 1. (S1 made"
                 " it: S1's answer to C3's get a shows entry 2.)");
}

// S3 shows the entry, and the snapshot is of what S1 had.
static void test_only_who_made_a_snapshot_shows_what_was_in_it(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    STEP(0, TRACE_COMPACT, .index = 2, .term = 1);
    does(3, 2, 3, 1, "get", NULL, "xy");
    STEP(1, TRACE_BOOT, .index = 2, .entry_term = 1, .voted_for = TRACE_NONE);
    does(2, 1, 4, 2, "get", NULL, "x");
    assert_wrong("get a returned x, without y, although append y to a had ended"
                 " 12.000 ms before it began.",
                 "KV.8",
                 "The answer is what the log gives without entry 2, C1's append"
                 " y to a, which was applied before. S2 began with the snapshot"
                 " up to index 2, which stands for it.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_refused_one_writes),
        STORY(test_what_was_seen_is_not_missing),
        STORY(test_what_was_not_seen_is),
        STORY(test_a_restart_from_what_was_saved),
        STORY(test_only_who_made_a_snapshot_shows_what_was_in_it),
    };
    return cmocka_run_group_tests_name("effects", tests, NULL, NULL) != 0;
}
