// test_net.c -- the network's own rules, on a service of a few methods.
//
// The stories run simulated and write down what they saw; what is asserted is
// asserted when they are over, on the system's own stack.
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/net.h"
#include "wire/stub.h"
#include "base/thread.h"
#include "sim/sim.h"
#include "wire/declare.h"
#include "base/die.h"

enum { SLOW_MS = 20000 };

static struct net *net;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int n_handled; // guarded by mutex
// What a story saw.
static int n_true, n_false, n_wrong;
static uint64_t took_ms;

// "echo" answers its arguments; "slow" takes twenty seconds for it.
static bool handle(void *context, const char *method, const uint8_t *args,
                   size_t n_args, uint8_t **reply, size_t *n_reply)
{
    (void)context;
    if (strcmp(method, "slow") == 0)
        sleep_ms(SLOW_MS);
    pthread_mutex_lock(&mutex);
    n_handled++;
    pthread_mutex_unlock(&mutex);
    *reply = must_copy(args, n_args);
    *n_reply = n_args;
    return true;
}

static struct net_end *plug(bool enabled)
{
    struct net_end *end = net_make_end(net, 0);
    net_connect(end, "server");
    net_enable(end, enabled);
    return end;
}

static uint64_t read_count(const int *count)
{
    pthread_mutex_lock(&mutex);
    uint64_t n = (uint64_t)*count;
    pthread_mutex_unlock(&mutex);
    return n;
}

static void ask(struct net_end *end, const char *method, size_t n)
{
    uint8_t *reply = NULL, *args = must_malloc(n);
    size_t n_reply = 0;
    memset(args, 'x', n);
    bool answered = net_call(end, method, args, n, &reply, &n_reply);
    pthread_mutex_lock(&mutex);
    if (!answered)
        n_false++;
    else if (n_reply == n && memcmp(reply, args, n) == 0)
        n_true++;
    else
        n_wrong++;
    pthread_mutex_unlock(&mutex);
    if (answered)
        free(reply);
    free(args);
}

// Runs a story on a fresh network with one server.
static void (*story)(void);

static void body(void *unused)
{
    (void)unused;
    struct net_config config = {.n_nodes = 2, .seed = 7};
    net = net_make(&config);
    net_add_server(net, "server", 1, (struct net_handler){handle, NULL});
    story();
    net_free(net);
}

static void tell(void (*what)(void))
{
    struct sim_config config = {.seed = 7};
    story = what;
    n_handled = n_true = n_false = n_wrong = 0;
    assert_true(sim_run(&config, body, NULL));
    assert_int_equal(n_wrong, 0);
}

static void *ask_ten(void *end)
{
    for (int i = 0; i < 10; i++)
        ask(end, "echo", 8);
    return NULL;
}

static void *ask_once(void *end)
{
    ask(end, "echo", 8);
    return NULL;
}

static void *ask_slowly(void *end)
{
    ask(end, "slow", 8);
    return NULL;
}

static void many(void *(*what)(void *), int n, bool shared)
{
    pthread_t thread[300];
    struct net_end *end = plug(true);
    for (int i = 0; i < n; i++)
        must(pthread_create(&thread[i], NULL, what, shared ? end : plug(true)),
             "pthread_create");
    for (int i = 0; i < n; i++)
        must(pthread_join(thread[i], NULL), "pthread_join");
}

static uint64_t counted, bytes;

static void tell_counts(void)
{
    struct net_end *end = plug(true);
    for (int i = 0; i < 17; i++)
        ask(end, "echo", 100);
    counted = net_server_calls(net, "server");
    bytes = net_total_bytes(net);
}

static void test_counts_calls_and_bytes(void **state)
{
    (void)state;
    tell(tell_counts);
    assert_int_equal(n_true, 17);
    assert_int_equal(counted, 17);
    assert_int_equal(bytes, 17 * 200); // there and back
}

static void tell_disabled(void)
{
    struct net_end *end = plug(false);
    ask(end, "echo", 8);
    net_enable(end, true);
    ask(end, "echo", 8);
}

static void test_an_unplugged_end_reaches_nobody(void **state)
{
    (void)state;
    tell(tell_disabled);
    assert_int_equal(n_false, 1);
    assert_int_equal(n_true, 1);
    assert_int_equal(n_handled, 1);
}

static void tell_many(void)
{
    many(ask_ten, 20, false);
    counted = net_server_calls(net, "server");
}

static void test_many_ends_at_once(void **state)
{
    (void)state;
    tell(tell_many);
    assert_int_equal(n_true, 200);
    assert_int_equal(counted, 200);
}

static void tell_shared(void)
{
    many(ask_once, 20, true);
}

static void test_many_calls_on_one_end(void **state)
{
    (void)state;
    tell(tell_shared);
    assert_int_equal(n_true, 20);
    assert_int_equal(n_handled, 20);
}

static void tell_unreliable(void)
{
    net_reliable(net, false);
    many(ask_once, 300, false);
}

// A tenth of the requests and a tenth of the other replies are lost.
static void test_an_unreliable_network_loses_some(void **state)
{
    (void)state;
    tell(tell_unreliable);
    assert_in_range(n_true, 200, 280);
    assert_int_equal(n_true + n_false, 300);
    assert_in_range(n_handled, n_true + 1, 299);
}

static void tell_late_enable(void)
{
    pthread_t thread[20];
    struct net_end *end = plug(false);
    for (int i = 0; i < 20; i++)
        must(pthread_create(&thread[i], NULL, ask_once, end), "pthread_create");
    sleep_ms(100);
    uint64_t begin = now_ms();
    net_enable(end, true);
    ask(end, "echo", 8);
    took_ms = now_ms() - begin;
    for (int i = 0; i < 20; i++)
        must(pthread_join(thread[i], NULL), "pthread_join");
}

static void test_calls_of_an_unplugged_end_hold_up_nobody(void **state)
{
    (void)state;
    tell(tell_late_enable);
    assert_in_range(took_ms, 0, 30);
    assert_int_equal(n_handled, 1);
    assert_int_equal(n_false, 20);
}

static void tell_killed(void)
{
    pthread_t thread;
    struct net_end *end = plug(true);
    must(pthread_create(&thread, NULL, ask_slowly, end), "pthread_create");
    sleep_ms(1100);
    uint64_t begin = now_ms();
    counted = read_count(&n_true) + read_count(&n_false); // still pending
    net_delete_server(net, "server");
    must(pthread_join(thread, NULL), "pthread_join");
    took_ms = now_ms() - begin;
}

static void test_a_deleted_server_ends_its_calls(void **state)
{
    (void)state;
    tell(tell_killed);
    assert_int_equal(counted, 0);
    assert_int_equal(n_false, 1);
    assert_in_range(took_ms, 0, 100);
}

static void tell_cut(void)
{
    struct net_end *end = plug(true);
    net_cut(net, 0, 1, true);
    ask(end, "echo", 8); // the request is lost
    net_cut(net, 0, 1, false);
    net_cut(net, 1, 0, true);
    ask(end, "echo", 8); // the reply is lost
    net_cut(net, 1, 0, false);
    ask(end, "echo", 8);
}

static void test_a_link_is_cut_in_one_direction(void **state)
{
    (void)state;
    tell(tell_cut);
    assert_int_equal(n_false, 2);
    assert_int_equal(n_true, 1);
    assert_int_equal(n_handled, 2);
}

static void tell_duplicates(void)
{
    struct net_end *end = plug(true);
    net_duplicate(net, 1000, 1000);
    for (int i = 0; i < 10; i++)
        ask(end, "echo", 8);
    sleep_ms(10);
}

static void test_duplicates_are_handled_twice(void **state)
{
    (void)state;
    tell(tell_duplicates);
    assert_int_equal(n_true, 10);
    assert_int_equal(n_handled, 20);
}

// One of each type of field, there and back.
#define CARGO(F, m)                                                            \
    F(NUMBER, m, number)                                                       \
    F(BOOL, m, yes) F(BYTES, m, bytes) F(ENTRIES, m, entries)
MESSAGE_DECLARE(cargo, CARGO);
MESSAGE_DEFINE(cargo, CARGO);
static const struct message_rpc echo_rpc = {"echo", &cargo_type, &cargo_type};

static bool call_server(void *context, int peer, const char *method,
                        const uint8_t *args, size_t n_args, uint8_t **reply,
                        size_t *n_reply)
{
    (void)peer;
    return net_call(context, method, args, n_args, reply, n_reply);
}

static void tell_types(void)
{
    struct message_entry entries[] = {{7, {(const uint8_t *)"x=1", 3}},
                                      {UINT64_MAX, {NULL, 0}}};
    struct cargo cargo = {
        STUB_MAX - 1, true, {(const uint8_t *)"a\0b", 3}, {entries, 2}};
    struct cargo back;
    struct stub_request request = stub_request(&echo_rpc, &cargo);
    // The request is a copy: what changes now does not travel.
    entries[0].term = 1;
    cargo.number = 2;
    if (stub_call(call_server, plug(true), 1, request, &back)) {
        n_true++;
        n_wrong +=
            back.number != STUB_MAX - 1 || !back.yes || back.bytes.n != 3;
        n_wrong += back.entries.n != 2 || back.entries.entry[0].term != 7 ||
                   back.entries.entry[1].term != UINT64_MAX ||
                   back.entries.entry[1].command.n != 0;
        // Bytes borrowed from the reply are gone with it; the counts stay.
        message_clear(&cargo_type, &back);
    }
}

// What adds to such a number would go round to 0.
static void tell_too_much(void)
{
    struct cargo cargo = {STUB_MAX, true, {NULL, 0}, {NULL, 0}}, back;
    n_wrong += stub_call(call_server, plug(true), 1,
                         stub_request(&echo_rpc, &cargo), &back);
}

static void test_numbers_leave_room_to_count_on(void **state)
{
    (void)state;
    tell(tell_too_much);
    assert_int_equal(n_wrong, 0);
}

static void test_every_type_travels(void **state)
{
    (void)state;
    tell(tell_types);
    assert_int_equal(n_true, 1);
    assert_int_equal(n_wrong, 0);
}

// A call into a deleted server waits out a long delay while the knob is
// turned and turned again: made for the race detector.
static void tell_long_delays(void)
{
    pthread_t thread;
    struct net_end *end = plug(true);
    ask(end, "echo", 8);
    net_long_delays(net, true);
    net_delete_server(net, "server");
    must(pthread_create(&thread, NULL, ask_slowly, end), "pthread_create");
    net_long_delays(net, true);
    sleep_ms(200);
    net_long_delays(net, true);
    must(pthread_join(thread, NULL), "pthread_join");
}

static void test_long_delays_may_change_under_a_call(void **state)
{
    (void)state;
    tell(tell_long_delays);
    assert_int_equal(n_true, 1);
    assert_int_equal(n_false, 1);
}

static void tell_late(void)
{
    struct net_end *end = plug(true);
    net_late(net, 1000, 5000, 6000);
    ask(end, "echo", 8);
    counted = read_count(&n_handled);
    sleep_ms(10);
}

static void test_a_late_request_outlives_its_call(void **state)
{
    (void)state;
    tell(tell_late);
    assert_int_equal(n_false, 1);
    assert_int_equal(counted, 0);
    assert_int_equal(n_handled, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_calls_and_bytes),
        cmocka_unit_test(test_an_unplugged_end_reaches_nobody),
        cmocka_unit_test(test_many_ends_at_once),
        cmocka_unit_test(test_many_calls_on_one_end),
        cmocka_unit_test(test_an_unreliable_network_loses_some),
        cmocka_unit_test(test_calls_of_an_unplugged_end_hold_up_nobody),
        cmocka_unit_test(test_a_deleted_server_ends_its_calls),
        cmocka_unit_test(test_a_link_is_cut_in_one_direction),
        cmocka_unit_test(test_duplicates_are_handled_twice),
        cmocka_unit_test(test_a_late_request_outlives_its_call),
        cmocka_unit_test(test_every_type_travels),
        cmocka_unit_test(test_numbers_leave_room_to_count_on),
        cmocka_unit_test(test_long_delays_may_change_under_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
