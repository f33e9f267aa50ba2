// test_raft_edges.c -- what a service may do wrong, and life after death.
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kv/kv.h"
#include "raft_fixture.h"

enum { DIED = 7 };

static void on_abort(int signal)
{
    (void)signal;
    _exit(DIED);
}

// Runs body in a child; its words on stderr must contain `words`.
static void assert_dies(void (*body)(void), const char *words)
{
    int ends[2], status = 0;
    char said[400] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, on_abort);
        dup2(ends[1], 2);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], said + n, sizeof said - 1 - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DIED);
    if (strstr(said, words) == NULL)
        fail_msg("\"%s\" not in: %s", words, said);
}

static void boot_from_garbage(void)
{
    struct fixture f = {0};
    f.config.saved.state = "\xff\xff\xff";
    f.config.saved.n_state = 3;
    fixture_make(&f, 3, 0);
}

static void serve_from_garbage(void)
{
    struct kv_config config = {.saved = {(const uint8_t *)"\xff", 1}};
    kv_make(&config);
}

static void snapshot_too_far(void)
{
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    raft_snapshot(f.rf, 1, "s", 1);
}

static void test_saved_state_that_is_none_is_named(void **unused)
{
    (void)unused;
    assert_dies(boot_from_garbage, "the saved state cannot be decoded");
    assert_dies(serve_from_garbage, "the snapshot cannot be decoded");
}

static void test_a_snapshot_of_what_was_not_applied_is_named(void **unused)
{
    (void)unused;
    assert_dies(snapshot_too_far, "index 1 is not applied yet");
}

static void test_the_dead_lead_take_and_save_nothing(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index;
    raft_term term;
    bool leads;
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    fixture_leader(&f);
    raft_get_state(f.rf, &term, &leads);
    assert_true(leads);
    lock(f.rf);
    f.rf->commit_index = f.rf->last_applied = 2;
    unlock(f.rf);
    raft_kill(f.rf);
    int n_saves = f.n_saves;
    raft_get_state(f.rf, &term, &leads);
    assert_false(leads);
    assert_false(raft_start(f.rf, "x", 1, &index, &term));
    raft_snapshot(f.rf, 2, "s", 1);
    assert_int_equal(f.rf->log.last_included_index, 0);
    assert_int_equal(f.n_saves, n_saves);
    fixture_free(&f);
}

// ------------------------------------- arguments that nobody can have sent

// Does a call by these arguments get an answer, and does it leave the server's
// term, vote and log as they are?
static bool is_answered(struct fixture *f, int rpc, const void *args)
{
    raft_term term = f->rf->current_term;
    int voted_for = f->rf->voted_for;
    raft_index last = log_last_index(&f->rf->log);
    size_t n, n_reply;
    uint8_t *reply = NULL;
    uint8_t *bytes = message_encode(raft_rpcs[rpc].args, args, &n);
    bool answered =
        raft_handle(f->rf, raft_rpcs[rpc].method, bytes, n, &reply, &n_reply);
    free(bytes);
    if (answered) {
        free(reply);
        return true;
    }
    assert_int_equal(f->rf->current_term, term);
    assert_int_equal(f->rf->voted_for, voted_for);
    assert_int_equal(log_last_index(&f->rf->log), last);
    return false;
}

// Each number of the message at values that no server of three can send; all
// others as they are in `good`, which gets an answer.
static void try_numbers(struct fixture *f, int rpc, const void *good)
{
    static const uint64_t bad[] = {UINT64_MAX, UINT64_MAX - 1,
                                   UINT64_C(1) << 63, UINT64_C(1) << 62};
    const struct message_type *type = raft_rpcs[rpc].args;
    for (const struct message_field *m = type->fields; m->name != NULL; m++) {
        bool is_server = strstr(m->name, "_id") != NULL;
        for (size_t i = 0; i < 4 && m->type == MESSAGE_NUMBER; i++) {
            void *args = must_copy(good, type->size);
            uint64_t *number = (uint64_t *)((char *)args + m->offset);
            *number = bad[i];
            if (is_answered(f, rpc, args))
                fail_msg("%s: answers %s 2^64-%llu", type->name, m->name,
                         (unsigned long long)-bad[i]);
            *number = 3; // a cluster of three has no such server
            if (is_server && is_answered(f, rpc, args))
                fail_msg("%s: answers %s 3", type->name, m->name);
            free(args);
        }
    }
    assert_true(is_answered(f, rpc, good));
}

// A candidate 2^64-1 cut to 32 bits is -1, which says "nobody": two votes in
// one term.
static void test_no_answer_to_a_vote_that_nobody_can_ask_for(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    const struct request_vote_args nobody = {2, UINT64_MAX, 0, 0};
    const struct request_vote_args itself = {2, 0, 0, 0};
    const struct request_vote_args in_term_0 = {0, 1, 0, 0};
    const struct request_vote_args later_log = {2, 1, 1, 3};
    const struct request_vote_args term_of_nothing = {2, 1, 0, 1};
    const struct request_vote_args nothing_at_1 = {2, 1, 1, 0};
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &nobody));
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &itself));
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &in_term_0));
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &later_log));
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &term_of_nothing));
    assert_false(is_answered(&f, RPC_REQUEST_VOTE, &nothing_at_1));
    const struct request_vote_args good = {2, 1, 1, 1};
    try_numbers(&f, RPC_REQUEST_VOTE, &good);
    assert_int_equal(f.rf->voted_for, 1);
    fixture_free(&f);
}

static void test_no_answer_to_entries_that_nobody_can_send(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    struct message_entry entry[2] = {{1, {NULL, 0}}, {2, {NULL, 0}}};
    struct append_entries_args good = {2, 1, 0, 0, {entry, 2}, 0};
    struct append_entries_args bad = good;
    bad.term = 1; // the second entry is of a later term than its leader
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &bad));
    bad = good, bad.prev_log_index = 1; // an entry of term 0
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &bad));
    bad = good, bad.prev_log_index = 1, bad.prev_log_term = 3;
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &bad));
    entry[0].term = 0;
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &good));
    entry[0].term = 3; // terms never fall
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &good));
    entry[0].term = UINT64_MAX;
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &good));
    entry[0].term = 1;
    bad = good, bad.term = 0, bad.entries.n = 0;
    assert_false(is_answered(&f, RPC_APPEND_ENTRIES, &bad));
    try_numbers(&f, RPC_APPEND_ENTRIES, &good);
    assert_int_equal(log_last_index(&f.rf->log), 2);
    fixture_free(&f);
}

static void test_no_answer_to_a_snapshot_that_nobody_can_send(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    const struct install_snapshot_args good = {
        2, 1, 5, 1, 0, {(const uint8_t *)"abc", 3}, true};
    struct install_snapshot_args bad = good;
    bad.last_included_index = 0; // a snapshot of nothing
    assert_false(is_answered(&f, RPC_INSTALL_SNAPSHOT, &bad));
    bad = good, bad.last_included_term = 3;
    assert_false(is_answered(&f, RPC_INSTALL_SNAPSHOT, &bad));
    bad = good, bad.last_included_term = 0;
    assert_false(is_answered(&f, RPC_INSTALL_SNAPSHOT, &bad));
    bad = good, bad.term = 0;
    assert_false(is_answered(&f, RPC_INSTALL_SNAPSHOT, &bad));
    try_numbers(&f, RPC_INSTALL_SNAPSHOT, &good);
    assert_int_equal(f.rf->log.last_included_index, 5);
    fixture_free(&f);
}

// A peer whose answers make no sense gets entries again, and breaks nothing.
static void test_a_refusal_never_takes_next_index_forward(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    fixture_leader(&f);
    assert_int_equal(f.rf->peers[1].next_index, 3);
    fixture_append_reply(
        &f, 1, 2, 2, 0,
        (struct append_entries_reply){2, false, 0, UINT64_C(1) << 61});
    assert_int_equal(f.rf->peers[1].next_index, 2);
    fixture_append_reply(&f, 1, 2, 1, 0,
                         (struct append_entries_reply){2, false, 0, 2});
    assert_int_equal(f.rf->peers[1].next_index, 1);
    fixture_append_reply(&f, 1, 2, 0, 0,
                         (struct append_entries_reply){2, false, 0, 0});
    assert_int_equal(f.rf->peers[1].next_index, 1);
    fixture_free(&f);
}

// ------------------------------------------------------------ the crew

static struct {
    pthread_mutex_t mutex;
    pthread_t thread[8];
    int n_threads, n_done;
} seen = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void be_seen(void *owner, struct errand errand)
{
    (void)owner, (void)errand;
    pthread_mutex_lock(&seen.mutex);
    int i = 0;
    while (i < seen.n_threads && !pthread_equal(seen.thread[i], pthread_self()))
        i++;
    if (i == seen.n_threads && i < 8)
        seen.thread[seen.n_threads++] = pthread_self();
    seen.n_done++;
    pthread_mutex_unlock(&seen.mutex);
}

static void await_done(int n)
{
    for (int n_done = 0; n_done < n;) {
        pthread_mutex_lock(&seen.mutex);
        n_done = seen.n_done;
        pthread_mutex_unlock(&seen.mutex);
        sleep_ms(1); // the thread is back by then
    }
}

static void test_a_thread_waits_for_the_next_errand_of_its_name(void **unused)
{
    (void)unused;
    struct crew crew;
    crew_init(&crew, NULL);
    for (int i = 0; i < 20; i++) {
        crew_send(&crew, i % 2 == 0 ? "even" : "odd", be_seen, NULL,
                  (struct errand){0});
        await_done(i + 1);
        sleep_ms(2);
    }
    crew_end(&crew); // none is left
    assert_int_equal(seen.n_done, 20);
    assert_in_range(seen.n_threads, 2, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_state_that_is_none_is_named),
        cmocka_unit_test(test_a_snapshot_of_what_was_not_applied_is_named),
        cmocka_unit_test(test_the_dead_lead_take_and_save_nothing),
        cmocka_unit_test(test_no_answer_to_a_vote_that_nobody_can_ask_for),
        cmocka_unit_test(test_no_answer_to_entries_that_nobody_can_send),
        cmocka_unit_test(test_no_answer_to_a_snapshot_that_nobody_can_send),
        cmocka_unit_test(test_a_refusal_never_takes_next_index_forward),
        cmocka_unit_test(test_a_thread_waits_for_the_next_errand_of_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
