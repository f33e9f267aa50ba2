// test_clients.c -- what clients saw: gathered from events, and why it is
// wrong.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients_fixture.h"
#include "wire/declare.h"

// ------------------------------------------------------------------- tests

static void test_an_answer_knows_its_entry(void **state)
{
    (void)state;
    uint64_t put = invoke(1, "put", "a", "1");
    uint64_t msg = request(put, 1);
    take(1, 1, 4);
    applies(1, 1, 4);
    answer(put, msg, 1, NULL);
    const struct clients_operation *op = operation_of(put);
    const struct clients_entry *entry = clients_entry_of(story.clients, op);
    const struct clients_answer *given = clients_answer_of(story.clients, op);
    assert_non_null(entry);
    assert_int_equal(entry->index, 1);
    assert_int_equal(entry->term, 4);
    assert_int_equal(entry->server, 1);
    assert_non_null(given);
    assert_int_equal(given->server, 1);
    assert_int_equal(given->handed, 1);
    assert_legal();
}

static void test_a_deposed_leader_answers(void **state)
{
    (void)state;
    STEP(0, TRACE_TERM, .to = 1);
    STEP(0, TRACE_ROLE, .to_role = TRACE_LEADER, .term = 1);
    does(1, 0, 1, 1, "put", "1", NULL);
    STEP(1, TRACE_TERM, .to = 2);
    STEP(1, TRACE_ROLE, .to_role = TRACE_LEADER, .term = 2);
    does(1, 1, 2, 2, "put", "2", NULL);
    uint64_t get = invoke(2, "get", "a", NULL);
    answer(get, request(get, 0), 0, "1");
    assert_wrong(
        "get a returned 1 although put a=2 had ended 1.000 ms before it"
        " began.",
        "KV.3",
        "S1 answered C2's get a from its own state, without an entry in"
        " the log; it had applied up to index 1. Index 2 was"
        " committed by then. It took itself for the"
        " leader of term 1, but S2 had become the leader of term 2.");
}

static void test_a_retry_is_done_twice(void **state)
{
    (void)state;
    uint64_t append = invoke(1, "append", "a", "x");
    request(append, 0);
    take(0, 1, 1);
    uint64_t msg = request(append, 1);
    take(1, 2, 2);
    applies(1, 1, 1);
    applies(1, 2, 2);
    answer(append, msg, 1, NULL);
    does(2, 1, 3, 2, "get", NULL, "xx");
    assert_wrong("get a returned xx: x stands in it 2 times and was appended"
                 " once.",
                 "KV.4",
                 "C1's append x to a is in the log twice, at index 1 and, as a"
                 " retry, at 2. The answer is what comes out when both are"
                 " done.");
}

// C1's append of x is applied at S1; S2 begins with a snapshot up to there, and
// takes the retry behind it.
static void retries_behind_a_snapshot(uint64_t index)
{
    uint64_t append = invoke(1, "append", "a", "x");
    request(append, 0);
    take(0, index, 1);
    applies(0, index, 1);
    STEP(1, TRACE_BOOT, .index = index, .entry_term = 1,
         .voted_for = TRACE_NONE);
    uint64_t msg = request(append, 1);
    take(1, index + 1, 2);
    applies(1, index + 1, 2);
    answer(append, msg, 1, NULL);
}

static void test_a_session_is_lost_in_a_snapshot(void **state)
{
    (void)state;
    retries_behind_a_snapshot(1);
    does(2, 1, 3, 2, "get", NULL, "xx");
    assert_wrong("get a returned xx: x stands in it 2 times and was appended"
                 " once.",
                 "KV.4",
                 "C1's append x to a is in the log twice, at index 1 and, as a"
                 " retry, at 2. The answer is what comes out when both are"
                 " done. S2 knew the first only from the snapshot up to index"
                 " 1.");
}

// A request that is sent to a server twice, and is in the log twice.
static void does_twice(int client, int server, uint64_t index, uint64_t term,
                       const char *call, const char *value)
{
    uint64_t op = invoke(client, call, "a", value);
    request(op, server);
    take(server, index, term);
    applies(server, index, term);
    uint64_t msg = request(op, server);
    take(server, index + 1, term);
    applies(server, index + 1, term);
    answer(op, msg, server, NULL);
}

// The same where a retry is seen to be known for one without a snapshot.
static void test_only_a_snapshot_can_have_lost_the_session(void **state)
{
    (void)state;
    does_twice(3, 0, 1, 1, "append", "y");
    does(2, 0, 3, 1, "get", NULL, "y");
    retries_behind_a_snapshot(4);
    does(2, 1, 6, 2, "get", NULL, "yxx");
    assert_wrong("get a returned yxx: x stands in it 2 times and was appended"
                 " once.",
                 "KV.6",
                 "C1's append x to a is in the log twice, at index 4 and, as a"
                 " retry, at 5. The answer is what comes out when both are"
                 " done. S2 knew the first only from the snapshot up to index"
                 " 4: it has the value, and lost the session. (The retry at"
                 " index 2 was known for one: S1's answer to C2's get a shows"
                 " it.)");
}

// Sessions are dropped when others are used: the retry that was known says
// nothing of one that comes after more of them.
static void test_a_session_may_have_been_dropped(void **state)
{
    (void)state;
    does_twice(3, 0, 1, 1, "append", "y");
    does(2, 0, 3, 1, "get", NULL, "y");
    uint64_t append = invoke(1, "append", "a", "x");
    request(append, 0);
    take(0, 4, 1);
    applies(0, 4, 1);
    does(4, 0, 5, 1, "append", "z", NULL);
    STEP(1, TRACE_BOOT, .index = 5, .entry_term = 1, .voted_for = TRACE_NONE);
    uint64_t msg = request(append, 1);
    take(1, 6, 2);
    applies(1, 6, 2);
    answer(append, msg, 1, NULL);
    does(2, 1, 7, 2, "get", NULL, "yxzx");
    assert_wrong("get a returned yxzx: x stands in it 2 times and was appended"
                 " once.",
                 "KV.4",
                 "C1's append x to a is in the log twice, at index 4 and, as a"
                 " retry, at 6. The answer is what comes out when both are"
                 " done. S2 knew the first only from the snapshot up to index"
                 " 5.");
}

static void test_an_answer_before_the_commit(void **state)
{
    (void)state;
    uint64_t put = invoke(1, "put", "a", "1");
    uint64_t msg = request(put, 0);
    take(0, 1, 1);
    answer(put, msg, 0, NULL);
    does(2, 1, 1, 2, "put", "2", NULL);
    does(2, 1, 2, 2, "cas", "3", NULL);
    assert_wrong(
        "compare-and-set a from nothing to 3 although put a=1 had ended"
        " 10.000 ms before it began.",
        "KV.1",
        "S1 answered C1's put a=1 before its entry 1 of term 1 was"
        " committed, and the entry was never applied. What was applied"
        " at index 1 is C2's put a=2, of term 2.");
}

static void test_anothers_entry_wakes(void **state)
{
    (void)state;
    uint64_t put = invoke(1, "put", "a", "1");
    uint64_t msg = request(put, 0);
    take(0, 1, 1);
    does(2, 1, 1, 2, "append", "2", NULL);
    applies(0, 1, 2);
    answer(put, msg, 0, NULL);
    does(2, 1, 2, 2, "get", NULL, "2");
    assert_wrong(
        "No order of these 2 operations on key a explains what they"
        " returned.",
        "KV.2",
        "S1 took C1's put a=1 at index 1 in term 1, and answered it after"
        " it had applied another entry there: C2's append 2 to a, of term"
        " 2.");
}

// What others apply wakes nobody here.
static void test_an_answer_before_anything_was_applied_here(void **state)
{
    (void)state;
    uint64_t put = invoke(1, "put", "a", "1");
    uint64_t msg = request(put, 0);
    take(0, 1, 1);
    does(2, 1, 1, 2, "append", "2", NULL);
    answer(put, msg, 0, NULL);
    does(2, 1, 2, 2, "get", NULL, "2");
    assert_wrong(
        "No order of these 2 operations on key a explains what they"
        " returned.",
        "KV.1",
        "S1 took C1's put a=1 at index 1 in term 1, and answered it before"
        " it had applied anything there. What others had applied there is"
        " C2's append 2 to a, of term 2.");
}

static void test_a_retry_is_answered_with_nothing(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "put", "1", NULL);
    uint64_t get = invoke(2, "get", "a", NULL);
    request(get, 0);
    take(0, 2, 1);
    applies(0, 2, 1);
    uint64_t msg = request(get, 0);
    take(0, 3, 1);
    applies(0, 3, 1);
    answer(get, msg, 0, NULL);
    assert_wrong("get a returned nothing although put a=1 had ended 1.000 ms"
                 " before it began.",
                 "KV.5",
                 "C2's get a is in the log more than once, first at index 2. S1"
                 " answered its retry, at index 3, with nothing, which is not"
                 " what the log gives at either.");
}

// A retry that is done again meets its own value, and is refused.
static void test_a_compare_and_set_is_done_again(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "put", "1", NULL);
    uint64_t cas = tells((struct trace_event){.node = TRACE_NONE,
                                              .kind = TRACE_INVOKE,
                                              .client = 2,
                                              .operation = 999,
                                              .what = "cas",
                                              .key = "a",
                                              .expected = "1",
                                              .text = "2"});
    request(cas, 0);
    take(0, 2, 1);
    applies(0, 2, 1);
    uint64_t msg = request(cas, 0);
    take(0, 3, 1);
    applies(0, 3, 1);
    uint64_t n =
        STEP(0, TRACE_REPLY, .msg = msg, .to = NO_SERVER, .rpc = "Ask");
    n = STEP(TRACE_NONE, TRACE_REPLY_RECV, .msg = msg, .rpc = "Ask",
             .cause = n);
    ends(cas, "refused", NULL, n);
    does(1, 0, 4, 1, "get", NULL, "2");
    assert_wrong("get a returned 2 although compare-and-set a from 1 to 2 was"
                 " refused, and nobody else wrote this value.",
                 "KV.4",
                 "C2's compare-and-set a from 1 to 2 is in the log more than"
                 " once. At index 2 it meets what it expects; S1 answered its"
                 " retry, at index 3, as one that comes for the first time.");
}

// Two appends, which S1 reads. S2 begins with a snapshot up to an index.
static void append_x_and_y(bool read, uint64_t snapshot)
{
    does(1, 0, 1, 1, "append", "x", NULL);
    does(1, 0, 2, 1, "append", "y", NULL);
    STEP(0, TRACE_COMPACT, .index = snapshot, .term = 1);
    if (read)
        does(3, 0, 3, 1, "get", NULL, "xy");
    STEP(1, TRACE_BOOT, .index = snapshot, .entry_term = 1,
         .voted_for = TRACE_NONE);
    for (uint64_t index = snapshot + 1; index <= 2; index++)
        STEP(1, TRACE_APPLY, .index = index, .term = 1);
}

static void test_a_snapshot_newer_than_its_index(void **state)
{
    (void)state;
    append_x_and_y(true, 1);
    does(2, 1, 4, 2, "get", NULL, "xyy");
    assert_wrong(
        "get a returned xyy: y stands in it 2 times and was appended"
        " once.",
        "KV.7",
        "S2 began with the snapshot up to index 1 and applied what"
        " follows. The answer is what comes out when that snapshot has"
        " entry 2 in it already. (S1 made it: S1's answer to C3's get a"
        " shows entry 2 done once.)");
}

static void test_an_entry_is_done_twice(void **state)
{
    (void)state;
    append_x_and_y(false, 1);
    does(2, 1, 3, 2, "get", NULL, "xyy");
    assert_wrong("get a returned xyy: y stands in it 2 times and was appended"
                 " once.",
                 "KV.4",
                 "S2 began with the snapshot up to index 1 and applied what"
                 " follows. The answer is what comes out when entry 2 is done"
                 " twice.");
}

static void test_a_snapshot_older_than_its_index(void **state)
{
    (void)state;
    append_x_and_y(true, 2);
    does(2, 1, 4, 2, "get", NULL, "x");
    assert_wrong("get a returned x, without y, although append y to a had ended"
                 " 12.000 ms before it began.",
                 "KV.7",
                 "S2 began with the snapshot up to index 2. The answer is what"
                 " comes out when it took over nothing after entry 1. (S1 made"
                 " it: S1's answer to C3's get a shows entry 2.)");
}

// Without an answer that shows what it does, the entry may never have had an
// effect anywhere.
static void test_a_snapshot_is_not_blamed_alone(void **state)
{
    (void)state;
    append_x_and_y(false, 2);
    does(2, 1, 3, 2, "get", NULL, "x");
    assert_wrong("get a returned x, without y, although append y to a had ended"
                 " 3.000 ms before it began.",
                 "KV.8",
                 "The answer is what the log gives without entry 2, C1's append"
                 " y to a, which was applied before. S2 began with the snapshot"
                 " up to index 2, which stands for it.");
}

static void test_a_snapshot_is_added(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    STEP(1, TRACE_APPLY, .index = 1, .term = 1);
    does(1, 0, 2, 1, "append", "y", NULL);
    STEP(1, TRACE_APPLY, .index = 2, .term = 1, .ok = true);
    does(2, 1, 3, 2, "get", NULL, "xxy");
    assert_wrong("get a returned xxy: x stands in it 2 times and was appended"
                 " once.",
                 "KV.7",
                 "S2 took over the snapshot up to index 2. The answer is what"
                 " comes out when its value is put behind the one of entry 1,"
                 " which was there.");
}

static void test_an_entry_without_effect(void **state)
{
    (void)state;
    does(1, 0, 1, 1, "append", "x", NULL);
    does(3, 0, 2, 1, "append", "y", NULL);
    does(2, 0, 3, 1, "get", NULL, "y");
    assert_wrong("get a returned y, without x, although append x to a had ended"
                 " 10.000 ms before it began.",
                 "KV.8",
                 "The answer is what the log gives without entry 1, C1's append"
                 " x to a, which was applied before.");
}

static void test_without_causes_there_is_no_reason(void **state)
{
    (void)state;
    uint64_t one = invoke(1, "put", "a", "1");
    ends(one, "ok", NULL, 0);
    uint64_t two = invoke(1, "put", "a", "2");
    ends(two, "ok", NULL, 0);
    uint64_t get = invoke(2, "get", "a", NULL);
    ends(get, "ok", "1", 0);
    assert_wrong(
        "get a returned 1 although put a=2 had ended 1.000 ms before it"
        " began.",
        NULL, "");
}

static void test_what_failed_or_is_unknown(void **state)
{
    (void)state;
    uint64_t failed = invoke(1, "put", "a", "1");
    ends(failed, "failed", NULL, 0);
    uint64_t open = invoke(2, "put", "a", "2");
    ends(open, "unknown", NULL, 0);
    uint64_t get = invoke(3, "get", "a", NULL);
    ends(get, "ok", NULL, 0);
    get = invoke(3, "get", "a", NULL);
    ends(get, "ok", "2", 0);
    assert_legal();
    get = invoke(3, "get", "a", NULL);
    ends(get, "ok", "1", 0);
    assert_wrong("get a returned 1, a value that nobody wrote.", NULL, "");
    assert_false(story.clients->orphans);
    ends(get, "ok", "1", 0); // and once more
    assert_true(story.clients->orphans);
}

#define ASK(F, m) F(NUMBER, m, kind) F(BYTES, m, key)
MESSAGE_DECLARE(ask, ASK);
MESSAGE_DEFINE(ask, ASK);

static void asks(uint64_t invocation, int server, const char *key)
{
    struct ask value = {.kind = 1, .key = {(const uint8_t *)key, strlen(key)}};
    size_t n;
    uint8_t *bytes = message_encode(&ask_type, &value, &n);
    uint64_t msg = ++story.msg;
    uint64_t sent =
        STEP(TRACE_NONE, TRACE_SEND, .msg = msg, .to = (uint64_t)server,
             .rpc = "Ask", .args = {.type = &ask_type, .encoded = {bytes, n}},
             .cause = invocation);
    STEP(server, TRACE_RECV, .msg = msg, .from = NO_SERVER, .rpc = "Ask",
         .cause = sent);
    free(bytes);
}

// Of what a client sends for an operation only what has its key is the
// operation: a session's opening is no entry of it, and does nothing.
static void test_only_what_carries_the_key_counts(void **state)
{
    (void)state;
    uint64_t put = invoke(1, "put", "a", "1");
    asks(put, 0, "");
    take(0, 1, 1);
    applies(0, 1, 1);
    asks(put, 0, "a");
    take(0, 2, 1);
    applies(0, 2, 1);
    ends(put, "ok", NULL, 0);
    assert_int_equal(operation_of(put)->n_entries, 1);
    assert_int_equal(operation_of(put)->n_sent, 1);
    assert_int_equal(clients_entry_of(story.clients, operation_of(put))->index,
                     2);
    assert_true(story.clients->applied[1].harmless);
    does(2, 0, 3, 1, "get", NULL, NULL);
    assert_wrong("get a returned nothing although put a=1 had ended 1.000 ms"
                 " before it began.",
                 "KV.8",
                 "The answer is what the log gives without entry 2, C1's put"
                 " a=1, which was applied before.");
}

// The same of a client that opens its session before it asks anything.
static void test_what_carries_no_text_is_about_no_key(void **state)
{
    (void)state;
    asks(0, 0, "");
    take(0, 1, 1);
    applies(0, 1, 1);
    assert_true(story.clients->applied[1].harmless);
    assert_null(clients_behind(story.clients, story.n));
    asks(0, 0, "b");
    take(0, 2, 1);
    applies(0, 2, 1);
    assert_false(story.clients->applied[2].harmless);
    assert_legal();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_an_answer_knows_its_entry),
        STORY(test_a_deposed_leader_answers),
        STORY(test_a_retry_is_done_twice),
        STORY(test_a_session_is_lost_in_a_snapshot),
        STORY(test_only_a_snapshot_can_have_lost_the_session),
        STORY(test_a_session_may_have_been_dropped),
        STORY(test_an_answer_before_the_commit),
        STORY(test_anothers_entry_wakes),
        STORY(test_an_answer_before_anything_was_applied_here),
        STORY(test_a_retry_is_answered_with_nothing),
        STORY(test_a_compare_and_set_is_done_again),
        STORY(test_a_snapshot_newer_than_its_index),
        STORY(test_an_entry_is_done_twice),
        STORY(test_a_snapshot_older_than_its_index),
        STORY(test_a_snapshot_is_not_blamed_alone),
        STORY(test_a_snapshot_is_added),
        STORY(test_an_entry_without_effect),
        STORY(test_without_causes_there_is_no_reason),
        STORY(test_what_failed_or_is_unknown),
        STORY(test_only_what_carries_the_key_counts),
        STORY(test_what_carries_no_text_is_about_no_key),
    };
    return cmocka_run_group_tests_name("clients", tests, NULL, NULL) != 0;
}
