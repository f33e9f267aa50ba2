// ask.c -- what a scenario asks the cluster, and what it expects to hear.
#include "borrow.h"
#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/sim.h"

enum {
    LEADER_ROUNDS = 10,
    LEADER_ROUND_MS = 450,
    ONE_MS = 10000,   // patience of lab_one() as a whole
    COMMIT_MS = 2000, // and for one command that was taken
    COMMIT_STEP_MS = 20,
    NO_LEADER_MS = 50,
};

int lab_n_servers(struct lab *lab)
{
    return lab->n_servers;
}

raft_index lab_nth(struct lab *lab, raft_index n)
{
    return lab->past + n;
}

struct trace *lab_trace(struct lab *lab)
{
    return lab->trace;
}

void lab_sleep_ms(struct lab *lab, uint64_t ms)
{
    (void)lab;
    sleep_ms(ms);
}

void lab_act(struct lab *lab, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct trace_event event = {
        .kind = TRACE_ACT, .node = TRACE_NONE, .inc = TRACE_NONE, .text = text};
    trace_emit(lab->trace, &event);
}

void lab_note(struct lab *lab, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    trace_note(lab->trace, TRACE_NONE, "scenario", "%s", text);
}

bool lab_get_state(struct lab *lab, int server, raft_term *term,
                   bool *is_leader)
{
    struct instance *instance = lab_enter(lab, server);
    if (instance == NULL)
        return false;
    lab_state_at(instance, term, is_leader);
    lab_leave(instance);
    return true;
}

// [L.2] Whoever leads takes commands; a cluster where nobody ever did has more
// to say than what the scenario waits for.
static bool takes_nothing(struct lab *lab, char *text, size_t n)
{
    bool none = !atomic_load(&lab->commands) && lab->run->lab != 1;
    for (int i = 0; none && i < lab->n_servers; i++) {
        raft_term term;
        bool is_leader;
        if (!atomic_load(&lab->refused[i]) ||
            !lab_get_state(lab, i, &term, &is_leader) || !is_leader)
            continue;
        snprintf(text, n,
                 "S%d leads term %" PRIu64
                 ", but raft_start() has refused every command so far.",
                 i + 1, term);
        return true;
    }
    return false;
}

// Fails with this finding, unless it is known that the Raft is to blame.
static _Noreturn void fail_with(struct lab *lab, enum finding finding,
                                const char *tag, const char *text)
{
    char why[200], whole[900];
    if (lab->check != NULL)
        check_leave_out(lab->check, lab_cut_off(lab));
    bool known = takes_nothing(lab, why, sizeof why) ||
                 lab_start_lasts(lab, why, sizeof why);
    if (!known && !lab_saves_last(lab, why, sizeof why))
        lab_run_fails(lab, finding, tag, text);
    snprintf(whole, sizeof whole, "%s\n%s", text, why);
    lab_run_fails(lab, known ? FINDING_LIVENESS : FINDING_NONE,
                  known ? "L.2" : "", whole);
}

void lab_fail(struct lab *lab, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    size_t n = strlen(text);
    if (n > 0 && strchr(".?", text[n - 1]) == NULL)
        memcpy(text + n, ".", 2);
    fail_with(lab, FINDING_NONE, "", text);
}

void lab_fail_by(struct lab *lab, const char *tag, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lab_run_fails(lab, FINDING_LIVENESS, tag, text);
}

void lab_fail_service(struct lab *lab, const char *tag, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail_with(lab, FINDING_SERVICE, tag, text);
}

void lab_not_set_up(struct lab *lab, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    lab_run_not_set_up(lab, text);
}

static void answered(struct lab *lab, const char *what, const char *answer)
{
    struct trace_event event = {.kind = TRACE_CHECK,
                                .node = TRACE_NONE,
                                .inc = TRACE_NONE,
                                .what = what,
                                .text = answer,
                                .ok = true};
    trace_emit(lab->trace, &event);
}

bool lab_start(struct lab *lab, int server, const void *bytes, size_t n_bytes,
               raft_index *index, raft_term *term)
{
    struct instance *instance = lab_enter(lab, server);
    if (instance == NULL)
        return false;
    bool taken = lab_start_at(instance, bytes, n_bytes, index, term);
    lab_leave(instance);
    return taken;
}

int lab_check_one_leader(struct lab *lab)
{
    for (int round = 0; round < LEADER_ROUNDS; round++) {
        sleep_ms(LEADER_ROUND_MS + lab_random(lab, 100));
        int leader = -1;
        raft_term latest = 0, terms[LAB_MAX_SERVERS] = {0};
        for (int i = 0; i < lab->n_servers; i++) {
            raft_term term = 0;
            bool is_leader = false;
            if (!lab_is_connected(lab, i) ||
                !lab_get_state(lab, i, &term, &is_leader) || !is_leader)
                continue;
            for (int k = 0; k < i; k++)
                if (terms[k] == term)
                    lab_fail(lab,
                             "term %" PRIu64 " has two leaders, S%d and S%d",
                             term, k + 1, i + 1);
            terms[i] = term;
            if (term > latest) {
                latest = term;
                leader = i;
            }
        }
        if (leader < 0)
            continue;
        char text[60];
        snprintf(text, sizeof text, "S%d leads term %" PRIu64, leader + 1,
                 latest);
        answered(lab, "one leader", text);
        return leader;
    }
    lab_fail(
        lab,
        "expected a leader among the connected servers within five seconds,"
        " but there was none");
}

raft_term lab_check_terms(struct lab *lab)
{
    raft_term common = 0;
    int first = -1;
    for (int i = 0; i < lab->n_servers; i++) {
        raft_term term = 0;
        bool is_leader;
        if (!lab_is_connected(lab, i) ||
            !lab_get_state(lab, i, &term, &is_leader))
            continue;
        if (first >= 0 && term != common)
            lab_fail(lab, "S%d is in term %" PRIu64 " and S%d in term %" PRIu64,
                     first + 1, common, i + 1, term);
        first = first >= 0 ? first : i;
        common = term;
    }
    return common;
}

void lab_check_no_leader(struct lab *lab)
{
    for (int i = 0; i < lab->n_servers; i++) {
        raft_term term = 0;
        bool is_leader = false;
        if (lab_is_connected(lab, i) &&
            lab_get_state(lab, i, &term, &is_leader) && is_leader)
            lab_fail(lab, "S%d leads term %" PRIu64 " without a majority",
                     i + 1, term);
    }
    answered(lab, "no leader", "no server leads");
}

int lab_n_committed(struct lab *lab, raft_index index,
                    struct message_bytes *command)
{
    int n = 0;
    pthread_mutex_lock(&lab->mutex);
    for (int i = 0; i < lab->n_servers; i++)
        if (index > lab->past && lab->now[i]->last_applied >= index)
            n++;
    if (command != NULL)
        *command =
            n > 0
                ? (struct message_bytes){lab->agreed[index - lab->past].bytes,
                                         lab->agreed[index - lab->past].n_bytes}
                : (struct message_bytes){NULL, 0};
    pthread_mutex_unlock(&lab->mutex);
    return n;
}

// Asks the servers in turn, beginning behind the one that was asked last. The
// one that took it, or -1.
static int start_somewhere(struct lab *lab, const void *bytes, size_t n_bytes,
                           raft_index *index)
{
    for (int i = 0; i < lab->n_servers; i++) {
        pthread_mutex_lock(&lab->mutex);
        int server = lab->asked = (lab->asked + 1) % lab->n_servers;
        pthread_mutex_unlock(&lab->mutex);
        raft_term term;
        if (lab_is_connected(lab, server) &&
            lab_start(lab, server, bytes, n_bytes, index, &term))
            return server;
    }
    return -1;
}

static bool committed(struct lab *lab, raft_index index, const void *bytes,
                      size_t n_bytes, int n_servers)
{
    struct message_bytes command;
    int n = lab_n_committed(lab, index, &command);
    return n > 0 && n >= n_servers && command.n == n_bytes &&
           (n_bytes == 0 || memcmp(command.at, bytes, n_bytes) == 0);
}

static raft_index agree(struct lab *lab, const void *bytes, size_t n_bytes,
                        int n_servers, bool retry, uint64_t patience_ms)
{
    // Lab 1 knows of no commands: the leader who could take one is enough.
    if (lab->run->lab == 1) {
        lab_check_one_leader(lab);
        return 0;
    }
    uint64_t begin_ms = now_ms();
    char digest[MESSAGE_DIGEST];
    message_digest(bytes, n_bytes, digest);
    raft_index index = 0;
    int taker = -1;
    while (now_ms() - begin_ms < patience_ms) {
        int server = start_somewhere(lab, bytes, n_bytes, &index);
        if (server < 0) {
            sleep_ms(NO_LEADER_MS);
            continue;
        }
        taker = server;
        uint64_t taken_ms = now_ms();
        if (taken_ms - begin_ms >= patience_ms)
            lab_fail(
                lab,
                "raft_start() of S%d accepted \"%s\" but returned only after"
                " %.1f s.",
                server + 1, digest, (double)(taken_ms - begin_ms) / 1e3);
        while (now_ms() - taken_ms < COMMIT_MS) {
            if (committed(lab, index, bytes, n_bytes, n_servers)) {
                char text[80];
                snprintf(text, sizeof text, "\"%s\" at index %" PRIu64, digest,
                         index);
                answered(lab, "agreement", text);
                return index;
            }
            sleep_ms(COMMIT_STEP_MS);
        }
        if (!retry)
            lab_fail(lab,
                     "\"%s\" was accepted at index %" PRIu64
                     ", but %d server%s did not apply it within two seconds",
                     digest, index, n_servers, n_servers == 1 ? "" : "s");
    }
    char patience[32] = "ten seconds";
    if (patience_ms != ONE_MS)
        snprintf(patience, sizeof patience, "%" PRIu64 " second%s",
                 patience_ms / 1000, patience_ms / 1000 == 1 ? "" : "s");
    if (taker < 0 && lab->n_servers == 1)
        lab_fail_by(lab, "C.2",
                    "no agreement on \"%s\" within %s: the only server did not"
                    " accept it. Its own vote is a majority (a majority is 1);"
                    " a server alone asks no other.",
                    digest, patience);
    if (taker < 0)
        lab_fail(lab,
                 "no agreement on \"%s\" by %d server%s within %s:"
                 " no server accepted it",
                 digest, n_servers, n_servers == 1 ? "" : "s", patience);
    int n_applied = lab_n_committed(lab, index, NULL);
    lab_fail(lab,
             "no agreement on \"%s\" by %d server%s within %s; S%d was the last"
             " to accept it, at index %" PRIu64 "; %d server%s applied that"
             " index",
             digest, n_servers, n_servers == 1 ? "" : "s", patience, taker + 1,
             index, n_applied, n_applied == 1 ? " has" : "s have");
}

raft_index lab_one(struct lab *lab, const void *bytes, size_t n_bytes,
                   int n_servers, bool retry)
{
    return agree(lab, bytes, n_bytes, n_servers, retry, ONE_MS);
}

raft_index lab_one_within(struct lab *lab, const void *bytes, size_t n_bytes,
                          int n_servers, unsigned seconds)
{
    return agree(lab, bytes, n_bytes, n_servers, true,
                 (uint64_t)seconds * 1000);
}

raft_index lab_last_applied(struct lab *lab, int server)
{
    pthread_mutex_lock(&lab->mutex);
    raft_index index = lab->now[server]->last_applied;
    pthread_mutex_unlock(&lab->mutex);
    return index;
}

void lab_observe(struct lab *lab, const struct trace_event *event)
{
    bool *tells_saves = &lab->tells_saves[event->node];
    raft_index last;
    if (event->kind >= TRACE_BOOT && event->kind <= TRACE_REFUSE)
        atomic_store(&lab->speaks, true);
    lab_judge_persist(lab, event);
    bool saves = event->kind == TRACE_PERSIST ||
                 (event->kind == TRACE_SAVED && event->ok);
    if (saves)
        last = event->index;
    else if (*tells_saves)
        return;
    else if (event->kind == TRACE_BOOT)
        last = event->index + event->n_entries;
    else if (event->kind == TRACE_APPEND)
        last = event->index + event->n_entries - 1;
    else if (event->kind == TRACE_TRUNCATE)
        last = event->index - 1;
    else
        return;
    *tells_saves |= saves;
    __atomic_store_n(&lab->last_index[event->node], last, __ATOMIC_RELAXED);
}

raft_index lab_last_index(struct lab *lab, int server)
{
    return __atomic_load_n(&lab->last_index[server], __ATOMIC_RELAXED);
}

uint64_t lab_server_calls(struct lab *lab, int server)
{
    char name[16];
    snprintf(name, sizeof name, "S%d", server + 1);
    return net_server_calls(lab->net, name);
}

uint64_t lab_bytes(struct lab *lab)
{
    return net_total_bytes(lab->net);
}
