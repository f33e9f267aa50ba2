// test_numbers.c -- sessions, and the numbers of requests in them.
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "clients_fixture.h"
#include "wire/service.h"

static uint64_t sends(uint64_t cause, int server, struct kv_request request)
{
    const struct message_rpc *rpc = &service_rpcs[RPC_CLIENT_REQUEST];
    size_t n;
    uint8_t *bytes = message_encode(&kv_request_type, &request, &n);
    uint64_t msg = ++story.msg;
    uint64_t sent =
        STEP(TRACE_NONE, TRACE_SEND, .msg = msg, .to = (uint64_t)server,
             .rpc = rpc->method,
             .args = {.type = &kv_request_type, .encoded = {bytes, n}},
             .cause = cause);
    STEP(server, TRACE_RECV, .msg = msg, .from = NO_SERVER, .rpc = rpc->method,
         .cause = sent);
    free(bytes);
    return msg;
}

static void replies(uint64_t msg, int server, struct kv_reply reply)
{
    size_t n;
    uint8_t *bytes = message_encode(&kv_reply_type, &reply, &n);
    STEP(server, TRACE_REPLY, .msg = msg, .to = NO_SERVER,
         .rpc = service_rpcs[RPC_CLIENT_REQUEST].method,
         .args = {.type = &kv_reply_type, .encoded = {bytes, n}});
    free(bytes);
}

// A session is opened at an index, and gets a number.
static void opens(int server, uint64_t index, uint64_t number)
{
    uint64_t msg = sends(0, server, (struct kv_request){.kind = KV_REGISTER});
    take(server, index, 1);
    applies(server, index, 1);
    replies(msg, server, (struct kv_reply){.index = number});
}

static struct kv_request append_of(uint64_t session, uint64_t sequence)
{
    return (struct kv_request){.kind = KV_APPEND,
                               .key = {(const uint8_t *)"a", 1},
                               .value = {(const uint8_t *)"x", 1},
                               .client = session,
                               .sequence = sequence};
}

static void assert_breach(const char *tag, const char *text)
{
    const struct clients_breach *breach = &story.clients->breach;
    assert_string_equal(breach->text, text);
    if (tag == NULL)
        assert_null(breach->tag);
    else
        assert_string_equal(breach->tag, tag);
}

static void test_kv13_two_sessions_have_two_numbers(void **state)
{
    (void)state;
    opens(0, 1, 1);
    opens(0, 2, 2);
    assert_breach(NULL, "");
    opens(1, 4, 2);
    assert_breach("KV.13",
                  "S2 opened a session at index 4 and gave it the number 2,"
                  " which S1 had given to the session of index 2: two sessions"
                  " cannot have one number.");
}

// What was taken and never applied opened nothing: the number is another's
// fault.
static void test_kv13_only_what_was_applied_opens(void **state)
{
    (void)state;
    uint64_t msg = sends(0, 0, (struct kv_request){.kind = KV_REGISTER});
    take(0, 1, 1);
    replies(msg, 0, (struct kv_reply){.index = 1});
    opens(1, 1, 1);
    assert_breach(NULL, "");
}

// C8's request for a session is answered with another's.
static void test_kv2_a_session_is_given_to_who_asked(void **state)
{
    (void)state;
    struct kv_request asks = {.kind = KV_REGISTER};
    for (int late = 0; late < 2; late++) {
        clients_teardown(NULL);
        clients_setup(NULL);
        uint64_t one = sends(invoke(7, "append", "a", "x"), 0, asks);
        take(0, 1, 1);
        if (late == 0) {
            applies(0, 1, 1);
            replies(one, 0, (struct kv_reply){.index = 1});
        }
        uint64_t two = sends(invoke(8, "append", "a", "y"), 0, asks);
        take(0, 2, 1);
        replies(two, 0, (struct kv_reply){.index = 1});
        if (late == 1) {
            assert_breach(NULL, "");
            applies(0, 1, 1);
            replies(one, 0, (struct kv_reply){.index = 1});
        }
        char text[200];
        snprintf(text, sizeof text,
                 "S1 gave C%d the session 1, which S1 had given to C%d. When S1"
                 " answered C8, it had not yet applied the entry that it took"
                 " for that request, index 2.",
                 8 - late, 7 + late);
        assert_breach("KV.2", text);
    }
}

// A retry of the same client's has the same session, and nobody says of an
// entry that is not known that it was not applied.
static void test_kv2_who_may_have_the_same_session(void **state)
{
    (void)state;
    struct kv_request asks = {.kind = KV_REGISTER};
    uint64_t append = invoke(7, "append", "a", "x");
    uint64_t one = sends(append, 0, asks);
    take(0, 1, 1);
    uint64_t again = sends(append, 0, asks);
    take(0, 2, 1);
    applies(0, 1, 1);
    replies(one, 0, (struct kv_reply){.index = 1});
    replies(again, 0, (struct kv_reply){.index = 1});
    replies(sends(invoke(8, "append", "a", "y"), 1, asks), 1,
            (struct kv_reply){.index = 1});
    assert_breach(NULL, "");
}

static void test_kv13_the_latest_request_is_not_refused(void **state)
{
    (void)state;
    story.clients->kept_sessions = 2;
    opens(0, 1, 1);
    uint64_t append = invoke(7, "append", "a", "x");
    uint64_t msg = sends(append, 1, append_of(1, 1));
    replies(msg, 1, (struct kv_reply){.status = KV_EXPIRED});
    assert_breach(
        "KV.13",
        "S2 says that the session of C7's append x to a is gone"
        " (KV_EXPIRED). S1 had opened it, no later request was sent"
        " in it, and no more than 1 session can have been opened, where"
        " 2 are kept.");
}

static void test_kv13_an_older_request_may_be_refused(void **state)
{
    (void)state;
    story.clients->kept_sessions = 2;
    opens(0, 1, 1);
    uint64_t one = invoke(7, "append", "a", "x");
    uint64_t msg = sends(one, 0, append_of(1, 1));
    sends(invoke(7, "append", "a", "y"), 0, append_of(1, 2));
    replies(msg, 0, (struct kv_reply){.status = KV_EXPIRED});
    // So may any of a session that nobody has opened.
    msg = sends(invoke(8, "append", "a", "z"), 0, append_of(9, 1));
    replies(msg, 0, (struct kv_reply){.status = KV_EXPIRED});
    assert_breach(NULL, "");
}

static void test_kv13_too_many_sessions_may_be_refused(void **state)
{
    (void)state;
    story.clients->kept_sessions = 2;
    for (uint64_t i = 1; i <= 3; i++)
        opens(0, i, i);
    uint64_t append = invoke(7, "append", "a", "x");
    replies(sends(append, 0, append_of(1, 1)), 0,
            (struct kv_reply){.status = KV_EXPIRED});
    assert_breach(NULL, "");
}

// A request of session 1 is taken and applied; gives its message.
static uint64_t asks_at(uint64_t append, int server, uint64_t index)
{
    uint64_t msg = sends(append, server, append_of(1, 1));
    take(server, index, 1);
    applies(server, index, 1);
    return msg;
}

static void test_kv2_a_session_is_given_to_one_unnamed_request(void **state)
{
    (void)state;
    opens(0, 1, 1);
    uint64_t two = sends(0, 0, (struct kv_request){.kind = KV_REGISTER});
    take(0, 5, 1);
    replies(two, 0, (struct kv_reply){.index = 1});
    assert_breach("KV.2", "S1 gave a client the session 1, which S1 had given"
                          " to another. When S1 answered the second of them, it"
                          " had not yet applied the entry that it took for that"
                          " request, index 5.");
}

// The snapshot stands for everything in the session: it is what lost it. Not
// when another session was opened since, which may have driven it out.
static void test_kv6_a_snapshot_has_lost_the_session(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        clients_teardown(NULL);
        clients_setup(NULL);
        story.clients->kept_sessions = 4;
        opens(0, 1, 1);
        uint64_t append = invoke(7, "append", "a", "x");
        asks_at(append, 0, 2);
        if (more == 1)
            opens(0, 3, 3);
        STEP(1, TRACE_BOOT, .index = 4);
        replies(asks_at(append, 1, 5), 1,
                (struct kv_reply){.status = KV_EXPIRED});
        char text[600];
        snprintf(text, sizeof text,
                 "S2 says that the session of C7's append x to a is gone"
                 " (KV_EXPIRED). S1 had opened it, no later request was sent in"
                 " it, and no more than %s can have been opened, where 4 are"
                 " kept. It began with the snapshot up to index 4, which"
                 " stands for %s",
                 more ? "2 sessions" : "1 session",
                 more ? "the opening of the session."
                      : "all that the session had asked, and no session was"
                        " opened since then: the snapshot, or what was read"
                        " from it, had no such session.");
        assert_breach(more ? "KV.13" : "KV.6", text);
    }
}

static void test_kv5_a_retry_is_refused(void **state)
{
    (void)state;
    story.clients->kept_sessions = 2;
    opens(0, 1, 1);
    uint64_t append = invoke(7, "append", "a", "x");
    asks_at(append, 0, 2);
    replies(asks_at(append, 0, 3), 0, (struct kv_reply){.status = KV_EXPIRED});
    assert_breach("KV.5",
                  "S1 says that the session of C7's append x to a is gone"
                  " (KV_EXPIRED). S1 had opened it, no later request was sent"
                  " in it, and no more than 1 session can have been opened,"
                  " where 2 are kept. It had done the request itself, at index"
                  " 2, and no session was opened since then: this is a retry,"
                  " and was not answered with what the first was.");
}

static bool is_unanswered(uint64_t us, const char *text)
{
    char said[300] = "";
    uint64_t events[2];
    bool found =
        clients_unanswered(story.clients, us, said, sizeof said, events);
    assert_string_equal(said, text);
    return found;
}

static void test_kv10_applied_and_not_answered(void **state)
{
    (void)state;
    opens(0, 1, 1);
    uint64_t msg = asks_at(invoke(7, "append", "a", "x"), 0, 2);
    uint64_t applied_us = story.n * 1000;
    assert_false(is_unanswered(applied_us + 900000, ""));
    assert_true(is_unanswered(
        applied_us + 1000000,
        "S1 took C7's append x to a at index 2 and applied that entry at"
        " 0.012 s, but has not answered: whoever waits for it was not found, or"
        " not woken."));
    replies(msg, 0, (struct kv_reply){.status = KV_OK, .index = 2});
    assert_false(is_unanswered(applied_us + 1000000, ""));
}

// What a server took and had not applied when it was started again is nobody's
// any more; nor is what it says of itself at once.
static void test_kv10_who_need_not_be_answered(void **state)
{
    (void)state;
    opens(0, 1, 1);
    uint64_t msg = asks_at(invoke(7, "append", "a", "x"), 0, 2);
    uint64_t late_us = story.n * 1000 + 5000000;
    replies(msg, 0, (struct kv_reply){.status = KV_WRONG_LEADER});
    assert_false(is_unanswered(late_us, ""));
    asks_at(invoke(7, "append", "a", "y"), 0, 3);
    STEP(0, TRACE_BOOT, .index = 0);
    assert_false(is_unanswered(late_us, ""));
}

static void test_kv14_where_it_was_applied(void **state)
{
    (void)state;
    uint64_t events[2];
    char said[300] = "";
    opens(0, 1, 1);
    for (uint64_t told = 2; told < 4; told++) {
        uint64_t append = invoke(7, "append", "a", "x");
        uint64_t msg = sends(append, 0, append_of(1, told));
        take(0, 2 * told, 1);
        applies(0, 2 * told, 1);
        replies(msg, 0, (struct kv_reply){.index = 4});
        STEP(TRACE_NONE, TRACE_REPLY_RECV, .msg = msg, .cause = story.n);
        ends(append, "ok", NULL, story.n);
        bool wrong =
            clients_misplaced(story.clients, said, sizeof said, events);
        assert_int_equal(wrong, told == 3);
    }
    assert_string_equal(said,
                        "S1's reply to C7's append x to a has index 4, where"
                        " C7's append x to a was applied. That request was"
                        " applied at index 6.");
}

static void test_kv9_a_number_is_one_requests(void **state)
{
    (void)state;
    opens(0, 1, 1);
    uint64_t append = invoke(7, "append", "a", "x");
    sends(append, 0, append_of(1, 1));
    sends(append, 1, append_of(1, 1));
    sends(invoke(7, "append", "a", "y"), 0, append_of(1, 2));
    assert_breach(NULL, "");
    sends(invoke(7, "put", "a", "z"), 0, append_of(1, 2));
    assert_breach("KV.9",
                  "C7's put a=z was sent as request 2 of session 1, and so was"
                  " C7's append y to a before: a server must take it for a"
                  " retry.");
}

static void test_kv9_a_session_is_one_clients(void **state)
{
    (void)state;
    opens(0, 1, 1);
    sends(invoke(7, "append", "a", "x"), 0, append_of(1, 1));
    sends(invoke(8, "append", "a", "y"), 0, append_of(1, 5));
    assert_breach("KV.9",
                  "C8's append y to a was sent in session 1, and so was C7's"
                  " append x to a before: two clients cannot have one"
                  " session.");
}

// Whoever has no session has no numbers either.
static void test_without_a_session_nothing_is_compared(void **state)
{
    (void)state;
    sends(invoke(7, "append", "a", "x"), 0, append_of(0, 0));
    sends(invoke(8, "append", "a", "y"), 0, append_of(0, 0));
    assert_breach(NULL, "");
}

static void test_kv4_a_retry_with_a_number_of_its_own(void **state)
{
    (void)state;
    opens(0, 1, 1);
    uint64_t append = invoke(7, "append", "a", "x");
    sends(append, 0, append_of(1, 1));
    take(0, 2, 1);
    applies(0, 2, 1);
    sends(append, 0, append_of(1, 2));
    take(0, 3, 1);
    applies(0, 3, 1);
    ends(append, "ok", NULL, story.n);
    does(2, 0, 4, 1, "get", NULL, "xx");
    assert_breach(NULL, "");
    assert_wrong("get a returned xx: x stands in it 2 times and was appended"
                 " once.",
                 "KV.4",
                 "C7's append x to a was sent as request 1 of its session and"
                 " again as request 2: no server can tell that it is one. It is"
                 " in the log twice, at index 2 and, as a retry, at 3. The"
                 " answer is what comes out when both are done.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_kv13_two_sessions_have_two_numbers),
        STORY(test_kv13_only_what_was_applied_opens),
        STORY(test_kv2_a_session_is_given_to_who_asked),
        STORY(test_kv2_who_may_have_the_same_session),
        STORY(test_kv13_the_latest_request_is_not_refused),
        STORY(test_kv13_an_older_request_may_be_refused),
        STORY(test_kv13_too_many_sessions_may_be_refused),
        STORY(test_kv2_a_session_is_given_to_one_unnamed_request),
        STORY(test_kv6_a_snapshot_has_lost_the_session),
        STORY(test_kv5_a_retry_is_refused),
        STORY(test_kv10_applied_and_not_answered),
        STORY(test_kv10_who_need_not_be_answered),
        STORY(test_kv14_where_it_was_applied),
        STORY(test_kv9_a_number_is_one_requests),
        STORY(test_kv9_a_session_is_one_clients),
        STORY(test_without_a_session_nothing_is_compared),
        STORY(test_kv4_a_retry_with_a_number_of_its_own),
    };
    return cmocka_run_group_tests_name("numbers", tests, NULL, NULL) != 0;
}
