// test_lab_peers.c -- one real server among peers that hang: what it sends, how
// much of it at a time, and what it does after raft_kill().
//
// The transport stands for two followers. Both grant their votes; S2 is behind
// and needs a snapshot first. Calls can be made to hang.
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "raft/raft.h"
#include "sim/sim.h"
#include "base/die.h"
#include "wire/figure2.h"

enum { S2 = 1, S3 = 2, CHUNK = 10, N_BYTES = 95, N_CHUNKS = 10 };

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t released;
    // How long a call hangs: a method's to S2 and the rest; 0 = not at all.
    const char *hangs;
    uint64_t hang_ms;
    bool blocked; // whatever is sent to S3 hangs until the end
    bool behind;  // S2 has nothing before its snapshot
    // What was seen.
    struct raft *rf;
    raft_index has; // S2's last index
    int n_now[3], n_most[3];
    int n_chunks, n_chunks_now, n_chunks_most, n_heartbeats;
    uint64_t n_stored, chunk_bytes, silent_ms, heard_ms;
    // Callbacks, and those that began after raft_kill() had returned.
    bool killed, slow;
    int n_applied, n_saved, n_late_applied, n_late_saved, n_late_called;
    bool handling, freed_under_it;
} world;

static uint8_t *encoded(const struct message_type *type, const void *value,
                        size_t *n)
{
    return message_encode(type, value, n);
}

// S2's answers, by what it has.
static void append_entries(const struct append_entries_args *args,
                           struct append_entries_reply *reply)
{
    reply->term = args->term;
    reply->success = args->prev_log_index <= world.has;
    if (!reply->success)
        reply->conflict_index = world.has + 1;
    else if (args->prev_log_index + args->entries.n > world.has)
        world.has = args->prev_log_index + args->entries.n;
    uint64_t now = now_ms();
    if (world.heard_ms > 0 && now - world.heard_ms > world.silent_ms)
        world.silent_ms = now - world.heard_ms;
    world.heard_ms = now;
    world.n_heartbeats++;
}

static void install_snapshot(const struct install_snapshot_args *args,
                             struct install_snapshot_reply *reply)
{
    world.n_chunks++;
    world.chunk_bytes += args->data.n;
    if (args->offset <= world.n_stored &&
        args->offset + args->data.n > world.n_stored)
        world.n_stored = args->offset + args->data.n;
    *reply = (struct install_snapshot_reply){args->term, world.n_stored};
    if (args->done && args->offset + args->data.n == world.n_stored &&
        args->last_included_index > world.has)
        world.has = args->last_included_index;
}

static void answer(int peer, const char *method, const uint8_t *bytes,
                   size_t n_bytes, uint8_t **out, size_t *n_out)
{
    union {
        struct request_vote_args vote;
        struct append_entries_args append;
        struct install_snapshot_args install;
    } args;
    union {
        struct request_vote_reply vote;
        struct append_entries_reply append;
        struct install_snapshot_reply install;
    } reply;
    memset(&reply, 0, sizeof reply);
    const struct message_rpc *rpc = message_find(figure2_rpcs, method);
    if (!message_decode(rpc->args, bytes, n_bytes, &args))
        die("%s does not decode", method);
    if (rpc == &figure2_rpcs[RPC_REQUEST_VOTE])
        reply.vote = (struct request_vote_reply){args.vote.term, true};
    else if (rpc == &figure2_rpcs[RPC_APPEND_ENTRIES] && peer == S2)
        append_entries(&args.append, &reply.append);
    else if (rpc == &figure2_rpcs[RPC_APPEND_ENTRIES])
        reply.append.term = args.append.term, reply.append.success = true;
    else
        install_snapshot(&args.install, &reply.install);
    *out = encoded(rpc->reply, &reply, n_out);
    message_clear(rpc->args, &args);
}

static bool call(void *context, int peer, const char *method,
                 const uint8_t *bytes, size_t n, uint8_t **reply,
                 size_t *n_reply)
{
    (void)context;
    bool chunk = strcmp(method, "InstallSnapshot") == 0;
    pthread_mutex_lock(&world.mutex);
    world.n_late_called += world.killed;
    if (++world.n_now[peer] > world.n_most[peer])
        world.n_most[peer] = world.n_now[peer];
    world.n_chunks_now += chunk;
    if (world.n_chunks_now > world.n_chunks_most)
        world.n_chunks_most = world.n_chunks_now;
    bool hangs = world.hangs != NULL && strcmp(method, world.hangs) == 0;
    uint64_t hang_ms = hangs && peer == S2 ? world.hang_ms : 0;
    if (hang_ms > 0 && chunk)
        world.hangs = NULL; // the first one only
    while (world.blocked && peer == S3 && !world.killed)
        pthread_cond_wait(&world.released, &world.mutex);
    pthread_mutex_unlock(&world.mutex);
    sleep_ms(hang_ms > 0 ? hang_ms : 5);
    pthread_mutex_lock(&world.mutex);
    world.n_now[peer]--;
    world.n_chunks_now -= chunk;
    bool answers = hang_ms == 0 && !(world.blocked && peer == S3);
    if (answers)
        answer(peer, method, bytes, n, reply, n_reply);
    pthread_mutex_unlock(&world.mutex);
    return answers;
}

static bool save(void *context, const struct raft_saved *saved)
{
    (void)context, (void)saved;
    pthread_mutex_lock(&world.mutex);
    world.n_saved++;
    world.n_late_saved += world.killed;
    bool slow = world.slow;
    world.handling = true;
    pthread_mutex_unlock(&world.mutex);
    sleep_ms(slow ? 1000 : 1);
    world.handling = false;
    return true;
}

static void apply(void *context, const struct raft_message *message)
{
    (void)context, (void)message;
    pthread_mutex_lock(&world.mutex);
    world.n_applied++;
    world.n_late_applied += world.killed;
    pthread_mutex_unlock(&world.mutex);
    sleep_ms(3);
}

static void kill_it(void)
{
    raft_kill(world.rf);
    pthread_mutex_lock(&world.mutex);
    world.killed = true;
    pthread_cond_broadcast(&world.released);
    pthread_mutex_unlock(&world.mutex);
}

// A server that has a snapshot of 1 to 20, and 21 in its log.
static void make(uint64_t seed)
{
    static uint8_t bytes[N_BYTES];
    struct message_entry entry = {1, {NULL, 0}};
    struct saved_state state = {.current_term = 1,
                                .last_included_index = 20,
                                .last_included_term = 1,
                                .entries = {&entry, 1}};
    struct raft_config config = {.n_peers = 3,
                                 .call = call,
                                 .save = save,
                                 .apply = apply,
                                 .seed = seed,
                                 .snapshot_chunk = CHUNK};
    uint8_t *saved = encoded(&saved_state_type, &state, &config.saved.n_state);
    config.saved.state = saved;
    config.saved.snapshot = bytes;
    config.saved.n_snapshot = sizeof bytes;
    world.has = world.behind ? 3 : 20;
    world.rf = raft_make(&config);
    free(saved);
}

static void await_leader(void)
{
    raft_term term;
    bool leads = false;
    while (!leads) {
        sleep_ms(10);
        raft_get_state(world.rf, &term, &leads);
    }
}

static void run(uint64_t seed, void (*body)(void *seed))
{
    struct sim_config config = {.seed = seed, .max_us = 600 * 1000000ull};
    sim_run(&config, body, &seed);
}

static void forget(void)
{
    memset(&world, 0, sizeof world);
    pthread_mutex_init(&world.mutex, NULL);
    pthread_cond_init(&world.released, NULL);
}

// ---------------------------------------------------------------- the floods

// The first chunk hangs for seven seconds, as a call to a server that is not
// there does; the second transfer brings all of it.
static void hang_a_chunk(void *seed)
{
    forget();
    world.behind = true;
    world.hangs = "InstallSnapshot";
    world.hang_ms = 7000;
    make(*(uint64_t *)seed);
    await_leader();
    sleep_ms(7500);
    kill_it();
    raft_free(world.rf);
}

static void test_l1_a_hanging_chunk_starves_no_heartbeat(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run(seed, hang_a_chunk);
        assert_in_range(world.n_heartbeats, 60, 120);
        assert_in_range(world.silent_ms, 1, 300); // no follower times out
        assert_int_equal(world.has, 21);
        assert_in_range(world.n_chunks_most, 1, 2);
        assert_in_range(world.n_most[S2], 1, 6);
    }
}

// Nothing is lost: what is sent is what is needed. A round trip takes longer
// than a heartbeat's interval.
static void transfer(void *seed)
{
    forget();
    world.behind = true;
    make(*(uint64_t *)seed);
    await_leader();
    sleep_ms(5000);
    kill_it();
    raft_free(world.rf);
}

static void test_a_snapshot_is_sent_once(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run(seed, transfer);
        assert_int_equal(world.has, 21);
        assert_int_equal(world.n_chunks, N_CHUNKS);
        assert_int_equal(world.chunk_bytes, N_BYTES);
        assert_int_equal(world.n_chunks_most, 1);
    }
}

// For thirty seconds no call to S3 comes back.
static void block_s3(void *seed)
{
    forget();
    world.blocked = true;
    make(*(uint64_t *)seed);
    await_leader();
    sleep_ms(30000);
    kill_it();
    raft_free(world.rf);
}

static void test_a_blocked_peer_gets_a_bounded_number_of_calls(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        run(seed, block_s3);
        assert_in_range(world.n_most[S3], 2, 41);
        assert_in_range(world.n_heartbeats, 280, 330); // to S2
    }
}

static int n_heartbeats(void)
{
    pthread_mutex_lock(&world.mutex);
    int n = world.n_heartbeats;
    pthread_mutex_unlock(&world.mutex);
    return n;
}

// Each AppendEntries to S2 hangs for seven seconds.
static void hang_heartbeats(void *seed)
{
    forget();
    world.hangs = "AppendEntries";
    world.hang_ms = 7000;
    make(*(uint64_t *)seed);
    await_leader();
    sleep_ms(20000);
    pthread_mutex_lock(&world.mutex);
    world.hangs = NULL; // S2 is back
    pthread_mutex_unlock(&world.mutex);
    uint64_t back_ms = now_ms();
    while (n_heartbeats() == 0)
        sleep_ms(1);
    pthread_mutex_lock(&world.mutex);
    world.silent_ms = now_ms() - back_ms;
    pthread_mutex_unlock(&world.mutex);
    kill_it();
    raft_free(world.rf);
}

static void test_l1_hanging_heartbeats_starve_no_heartbeat(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run(seed, hang_heartbeats);
        assert_in_range(world.silent_ms, 1, 290); // below any timeout
        assert_in_range(world.n_most[S2], 10, 41);
    }
}

// ------------------------------------------------------ the end of a server

static void *handle(void *argument)
{
    (void)argument;
    struct request_vote_args args = {9, 2, 21, 1};
    size_t n, n_reply;
    uint8_t *reply = NULL;
    uint8_t *bytes = encoded(&request_vote_args_type, &args, &n);
    if (raft_handle(world.rf, "RequestVote", bytes, n, &reply, &n_reply))
        free(reply);
    free(bytes);
    return NULL;
}

static void free_it_under_a_call(void *seed)
{
    forget();
    pthread_t thread;
    make(*(uint64_t *)seed);
    world.slow = true;
    pthread_create(&thread, NULL, handle, NULL);
    sleep_ms(100); // it waits for the disk
    raft_free(world.rf);
    world.freed_under_it = world.handling;
    pthread_join(thread, NULL);
}

static void test_raft_free_waits_for_calls_inside(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run(seed, free_it_under_a_call);
        assert_false(world.freed_under_it);
    }
}

// Commands come all the time; then the server is killed.
static void kill_a_busy_server(void *seed)
{
    forget();
    make(*(uint64_t *)seed);
    await_leader();
    raft_index index;
    raft_term term;
    for (int i = 0; i < 20; i++)
        raft_start(world.rf, "x", 1, &index, &term);
    kill_it();
    sleep_ms(500);
    if (raft_start(world.rf, "x", 1, &index, &term))
        die("a killed server takes a command");
    raft_free(world.rf);
}

// A thread that was about to make a callback when the server was killed may
// still begin it; it makes no other.
static void test_after_raft_kill_no_thread_begins_anything_new(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        run(seed, kill_a_busy_server);
        assert_in_range(world.n_late_applied, 0, 1);
        assert_in_range(world.n_late_saved, 0, 1);
        assert_in_range(world.n_late_called, 0, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l1_a_hanging_chunk_starves_no_heartbeat),
        cmocka_unit_test(test_a_snapshot_is_sent_once),
        cmocka_unit_test(test_a_blocked_peer_gets_a_bounded_number_of_calls),
        cmocka_unit_test(test_l1_hanging_heartbeats_starve_no_heartbeat),
        cmocka_unit_test(test_raft_free_waits_for_calls_inside),
        cmocka_unit_test(test_after_raft_kill_no_thread_begins_anything_new),
    };
    return cmocka_run_group_tests_name("lab peers", tests, NULL, NULL) != 0;
}
