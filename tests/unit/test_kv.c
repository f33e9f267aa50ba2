// test_kv.c -- the key/value service on a Raft that is played, and its clerk on
// servers that are.
#include "test.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "kv/kv.h"

// ----------------------------------------------------------------- the server

// Takes requests, and applies each at once, or not at all.
struct played {
    struct kv *kv;
    atomic_bool leads, applies, others; // others: another's entry in its place
    _Atomic raft_term term;
    _Atomic raft_index index;
    size_t n_state;
    uint8_t snapshot[2000];
    size_t n_snapshot;
    raft_index snapshot_index;
};

static void apply_bytes(struct played *raft, const void *bytes, size_t n)
{
    kv_apply(raft->kv, &(struct raft_message){.index = raft->index,
                                              .term = raft->term,
                                              .bytes = bytes,
                                              .n_bytes = n});
}

static bool start(void *context, const void *command, size_t n_bytes,
                  raft_index *index, raft_term *term)
{
    struct played *raft = context;
    if (!raft->leads)
        return false;
    *index = ++raft->index;
    *term = raft->term;
    if (raft->applies)
        apply_bytes(raft, command, n_bytes);
    return true;
}

static void get_state(void *context, raft_term *term, bool *is_leader)
{
    struct played *raft = context;
    if (raft->others) // it comes to light now
        apply_bytes(raft, "not a request", 13);
    *term = raft->term;
    *is_leader = raft->leads && raft->applies;
}

static int leader(void *context)
{
    (void)context;
    return 2;
}

static void snapshot(void *context, raft_index index, const void *bytes,
                     size_t n_bytes)
{
    struct played *raft = context;
    assert_true(n_bytes <= sizeof raft->snapshot);
    memcpy(raft->snapshot, bytes, n_bytes);
    raft->n_snapshot = n_bytes;
    raft->snapshot_index = index;
}

static size_t state_size(void *context)
{
    return ((struct played *)context)->n_state;
}

static void begin(struct played *raft, struct kv_config more)
{
    more.context = raft;
    more.start = start;
    more.get_state = get_state;
    more.leader = leader;
    more.snapshot = snapshot;
    more.state_size = state_size;
    raft->leads = raft->applies = true;
    raft->term = 1;
    raft->kv = kv_make(&more);
}

// What a server answered; its value as a text.
struct answer {
    bool answered;
    struct kv_reply reply;
    char value[100];
};

static struct answer ask(struct kv *kv, struct kv_request request)
{
    struct answer answer = {.answered = false};
    size_t n, n_reply;
    uint8_t *reply;
    uint8_t *bytes = message_encode(&kv_request_type, &request, &n);
    answer.answered =
        kv_handle(kv, "ClientRequest", bytes, n, &reply, &n_reply);
    free(bytes);
    if (!answer.answered)
        return answer;
    assert_true(message_decode(&kv_reply_type, reply, n_reply, &answer.reply));
    assert_true(answer.reply.value.n < sizeof answer.value);
    if (answer.reply.value.n > 0)
        memcpy(answer.value, answer.reply.value.at, answer.reply.value.n);
    free(reply);
    return answer;
}

static struct message_bytes text(const char *text)
{
    return (struct message_bytes){(const uint8_t *)text, strlen(text)};
}

static struct kv_request request(enum kv_kind kind, const char *key,
                                 const char *value)
{
    return (struct kv_request){
        .kind = kind, .key = text(key), .value = text(value)};
}

static struct kv_request numbered(struct kv_request request, uint64_t client,
                                  uint64_t sequence)
{
    request.client = client;
    request.sequence = sequence;
    return request;
}

static void expect(struct kv *kv, const char *key, const char *value)
{
    struct answer answer = ask(kv, request(KV_GET, key, ""));
    assert_true(answer.answered);
    assert_int_equal(answer.reply.status, KV_OK);
    assert_string_equal(answer.value, value);
}

static uint64_t open_session(struct kv *kv)
{
    struct answer answer = ask(kv, request(KV_REGISTER, "", ""));
    assert_int_equal(answer.reply.status, KV_OK);
    assert_true(answer.reply.index > 0);
    return answer.reply.index;
}

static void test_requests_do_what_they_say(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){0});
    expect(raft.kv, "a", "");
    ask(raft.kv, request(KV_PUT, "a", "one"));
    ask(raft.kv, request(KV_APPEND, "a", "two"));
    ask(raft.kv, request(KV_APPEND, "b", "three"));
    expect(raft.kv, "a", "onetwo");
    expect(raft.kv, "b", "three");
    struct kv_request cas = request(KV_CAS, "a", "x");
    cas.expected = text("one");
    struct answer answer = ask(raft.kv, cas);
    assert_int_equal(answer.reply.status, KV_REFUSED);
    assert_string_equal(answer.value, "onetwo");
    cas.expected = text("onetwo");
    assert_int_equal(ask(raft.kv, cas).reply.status, KV_OK);
    expect(raft.kv, "a", "x");
    cas = request(KV_CAS, "new", "y");
    assert_int_equal(ask(raft.kv, cas).reply.status, KV_OK);
    expect(raft.kv, "new", "y");
    ask(raft.kv, request(KV_PUT, "a", ""));
    expect(raft.kv, "a", "");
    kv_free(raft.kv);
}

static void test_a_retry_is_answered_and_not_done_again(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){0});
    uint64_t one = open_session(raft.kv), other = open_session(raft.kv);
    assert_true(one != other);
    struct kv_request append = numbered(request(KV_APPEND, "a", "1"), one, 1);
    uint64_t index = ask(raft.kv, append).reply.index;
    assert_int_equal(ask(raft.kv, append).reply.index, index);
    expect(raft.kv, "a", "1");
    struct kv_request get = numbered(request(KV_GET, "a", ""), one, 2);
    assert_string_equal(ask(raft.kv, get).value, "1");
    ask(raft.kv, numbered(request(KV_APPEND, "a", "2"), other, 1));
    assert_string_equal(ask(raft.kv, get).value, "1");
    // Its client has gone on.
    assert_int_equal(ask(raft.kv, append).reply.status, KV_EXPIRED);
    expect(raft.kv, "a", "12");
    kv_free(raft.kv);
}

static void test_sessions_are_bounded_and_what_is_gone_is_refused(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){.max_sessions = 2});
    uint64_t one = open_session(raft.kv), two = open_session(raft.kv);
    ask(raft.kv, numbered(request(KV_APPEND, "a", "1"), one, 1));
    open_session(raft.kv); // two was used longest ago
    struct kv_request append = numbered(request(KV_APPEND, "a", "2"), two, 1);
    assert_int_equal(ask(raft.kv, append).reply.status, KV_EXPIRED);
    append = numbered(request(KV_APPEND, "a", "3"), one, 2);
    assert_int_equal(ask(raft.kv, append).reply.status, KV_OK);
    expect(raft.kv, "a", "13");
    kv_free(raft.kv);
}

static void test_a_snapshot_holds_store_and_sessions(void **state)
{
    (void)state;
    struct played raft = {.n_state = 10}, later = {.n_state = 0};
    begin(&raft, (struct kv_config){.max_state = 10});
    uint64_t client = open_session(raft.kv);
    struct kv_request append =
        numbered(request(KV_APPEND, "a", "1"), client, 1);
    ask(raft.kv, append);
    assert_int_equal(raft.n_snapshot, 0); // not above the limit
    raft.n_state = 11;
    ask(raft.kv, request(KV_PUT, "b", "2"));
    assert_int_equal(raft.snapshot_index, raft.index);
    struct message_bytes saved = {raft.snapshot, raft.n_snapshot};
    begin(&later, (struct kv_config){.saved = saved});
    later.index = raft.index;
    expect(later.kv, "a", "1");
    ask(later.kv, append);
    expect(later.kv, "a", "1");
    // Installed in the place of what was there.
    ask(later.kv, request(KV_PUT, "a", "other"));
    kv_apply(later.kv, &(struct raft_message){.is_snapshot = true,
                                              .index = 100,
                                              .bytes = saved.at,
                                              .n_bytes = saved.n});
    expect(later.kv, "a", "1");
    expect(later.kv, "b", "2");
    kv_free(raft.kv);
    kv_free(later.kv);
}

static void test_a_server_that_does_not_lead_says_who_does(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){0});
    raft.leads = false;
    struct answer answer = ask(raft.kv, request(KV_GET, "a", ""));
    assert_int_equal(answer.reply.status, KV_WRONG_LEADER);
    assert_int_equal(answer.reply.leader, 3);
    kv_free(raft.kv);
}

static void test_who_waits_at_a_deposed_leader_is_told(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){0});
    raft.applies = false;
    assert_int_equal(ask(raft.kv, request(KV_GET, "a", "")).reply.status,
                     KV_WRONG_LEADER);
    kv_free(raft.kv);
}

static void test_anothers_entry_at_the_index_wakes_with_a_no(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    begin(&raft, (struct kv_config){0});
    raft.applies = false;
    raft.others = true;
    assert_int_equal(ask(raft.kv, request(KV_PUT, "a", "1")).reply.status,
                     KV_WRONG_LEADER);
    raft.applies = true;
    raft.others = false;
    expect(raft.kv, "a", "");
    kv_free(raft.kv);
}

static void *ask_and_wait(void *argument)
{
    struct played *raft = argument;
    return ask(raft->kv, request(KV_GET, "a", "")).answered ? raft : NULL;
}

static void test_a_killed_server_answers_nothing(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    pthread_t thread;
    void *answered;
    begin(&raft, (struct kv_config){0});
    raft.applies = false;
    raft.term = 2; // nobody says that it is deposed
    assert_int_equal(pthread_create(&thread, NULL, ask_and_wait, &raft), 0);
    kv_kill(raft.kv);
    assert_int_equal(pthread_join(thread, &answered), 0);
    assert_null(answered);
    assert_false(ask(raft.kv, request(KV_GET, "a", "")).answered);
    kv_free(raft.kv);
}

static void test_what_is_no_request_has_no_answer(void **state)
{
    (void)state;
    struct played raft = {.n_state = 0};
    uint8_t *reply;
    size_t n;
    begin(&raft, (struct kv_config){0});
    assert_false(kv_handle(raft.kv, "Other", NULL, 0, &reply, &n));
    assert_false(kv_handle(raft.kv, "ClientRequest", (const uint8_t *)"x", 1,
                           &reply, &n));
    assert_false(ask(raft.kv, request('x', "a", "")).answered);
    assert_false(
        ask(raft.kv, numbered(request(KV_GET, "a", ""), 1, 0)).answered);
    assert_false(
        ask(raft.kv, numbered(request(KV_REGISTER, "", ""), 1, 1)).answered);
    apply_bytes(&raft, "", 0); // an entry without a command
    expect(raft.kv, "a", "");
    kv_free(raft.kv);
}

// ------------------------------------------------------------------ the clerk

// Three servers: what each says, in turn.
struct world {
    struct clerk *clerk;
    int leader;     // answers; -1: nobody does
    int hint;       // what the others name; counted from 1
    int n_lost;     // answers of the leader that are lost
    int n_calls;    // so far
    int asked[40];  // whom
    int kill_after; // calls, the clerk is killed; 0 = never
    bool expires;   // sessions are gone
    uint64_t client[40], sequence[40];
    bool nonsense; // the leader's first answer cannot be decoded
};

static bool call(void *context, int server, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    struct world *world = context;
    struct kv_request asks;
    struct kv_reply answer = {.status = KV_OK, .index = 7};
    assert_string_equal(method, "ClientRequest");
    assert_true(message_decode(&kv_request_type, args, n_args, &asks));
    assert_true(world->n_calls < 40);
    world->asked[world->n_calls] = server;
    world->client[world->n_calls] = asks.client;
    world->sequence[world->n_calls++] = asks.sequence;
    if (world->n_calls == world->kill_after)
        clerk_kill(world->clerk);
    if (server != world->leader)
        answer = (struct kv_reply){.status = KV_WRONG_LEADER,
                                   .leader = (uint64_t)world->hint};
    else if (world->n_lost > 0 && world->n_lost-- > 0)
        return false;
    else if (world->expires && asks.client > 0)
        answer.status = KV_EXPIRED;
    if (asks.kind == KV_GET)
        answer.value = text("found");
    *reply = message_encode(&kv_reply_type, &answer, n_reply);
    if (world->nonsense)
        *n_reply = 1;
    world->nonsense = false;
    return true;
}

static void meet(struct world *world)
{
    world->clerk = clerk_make(
        &(struct clerk_config){.n_servers = 3, .context = world, .call = call});
}

static void test_a_clerk_finds_the_leader_and_stays_with_it(void **state)
{
    (void)state;
    struct world world = {.leader = 2};
    struct kv_request get = request(KV_GET, "a", "");
    struct kv_reply reply;
    meet(&world);
    assert_true(clerk_ask(world.clerk, &get, &reply));
    assert_memory_equal(reply.value.at, "found", 5);
    int n = world.n_calls;
    assert_true(clerk_ask(world.clerk, &get, &reply));
    assert_int_equal(world.n_calls, n + 1);
    assert_int_equal(world.asked[n], 2);
    clerk_free(world.clerk);
}

static void test_a_clerk_follows_a_hint_and_is_not_led_in_circles(void **state)
{
    (void)state;
    struct world world = {.leader = 2, .hint = 3};
    struct kv_request get = request(KV_GET, "a", "");
    struct kv_reply reply;
    meet(&world);
    assert_true(clerk_ask(world.clerk, &get, &reply));
    assert_int_equal(world.asked[0], 0);
    assert_int_equal(world.asked[1], 2);
    clerk_free(world.clerk);
    world = (struct world){.leader = 2, .hint = 1}; // wrong
    meet(&world);
    assert_true(clerk_ask(world.clerk, &get, &reply));
    clerk_free(world.clerk);
    world = (struct world){.leader = 1, .hint = 99}; // nobody
    meet(&world);
    assert_true(clerk_ask(world.clerk, &get, &reply));
    clerk_free(world.clerk);
}

static void test_a_request_keeps_its_number(void **state)
{
    (void)state;
    struct world world = {.leader = 0};
    struct kv_request put = request(KV_PUT, "a", "1");
    struct kv_reply reply;
    meet(&world);
    assert_true(clerk_ask(world.clerk, &put, &reply));
    world.n_lost = 2;
    world.nonsense = true;
    int n = world.n_calls;
    assert_true(clerk_ask(world.clerk, &put, &reply));
    assert_true(world.n_calls > n + 2);
    for (int i = n; i < world.n_calls; i++) {
        assert_int_equal(world.client[i], 7);
        assert_int_equal(world.sequence[i], 2);
    }
    clerk_free(world.clerk);
}

static void test_a_clerk_that_is_killed_gives_up(void **state)
{
    (void)state;
    struct world world = {.leader = -1, .kill_after = 5};
    struct kv_request put = request(KV_PUT, "a", "1");
    struct kv_reply reply;
    meet(&world);
    assert_false(clerk_ask(world.clerk, &put, &reply));
    assert_int_equal(world.n_calls, 5);
    clerk_free(world.clerk);
}

static void test_an_expired_session_is_no_answer(void **state)
{
    (void)state;
    struct world world = {.leader = 0, .expires = true};
    struct kv_request put = request(KV_PUT, "a", "1");
    struct kv_reply reply;
    meet(&world);
    assert_false(clerk_ask(world.clerk, &put, &reply));
    clerk_free(world.clerk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_do_what_they_say),
        cmocka_unit_test(test_a_retry_is_answered_and_not_done_again),
        cmocka_unit_test(test_sessions_are_bounded_and_what_is_gone_is_refused),
        cmocka_unit_test(test_a_snapshot_holds_store_and_sessions),
        cmocka_unit_test(test_a_server_that_does_not_lead_says_who_does),
        cmocka_unit_test(test_who_waits_at_a_deposed_leader_is_told),
        cmocka_unit_test(test_anothers_entry_at_the_index_wakes_with_a_no),
        cmocka_unit_test(test_a_killed_server_answers_nothing),
        cmocka_unit_test(test_what_is_no_request_has_no_answer),
        cmocka_unit_test(test_a_clerk_finds_the_leader_and_stays_with_it),
        cmocka_unit_test(test_a_clerk_follows_a_hint_and_is_not_led_in_circles),
        cmocka_unit_test(test_a_request_keeps_its_number),
        cmocka_unit_test(test_a_clerk_that_is_killed_gives_up),
        cmocka_unit_test(test_an_expired_session_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
