// ping.c -- who is there? Asks all peers at once, a thread for each.
#include "harness/warmup.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "wire/stub.h"
#include "base/thread.h"
#include "base/die.h"

enum { NO_ROUND = 0 }; // of the pings that ping_all() does not count

// What is known of a peer.
struct peer {
    bool heard; // ever
    uint64_t last_heard_ms;
};

struct pinger {
    struct warmup_config config; // fixed after birth

    pthread_mutex_t mutex;   // guards everything below
    pthread_cond_t answered; // signalled by ping_thread() and ping_kill()
    pthread_cond_t gone;     // signalled when the last thread ends
    uint64_t round;          // of the newest ping_all(); 1, 2, 3 ...
    int n_answers;           // to this round, the own one included
    struct peer *peer;       // [0 .. n_peers-1]
    int n_threads;           // that have not ended yet
    bool killed;
};

// What a thread is sent out with; the thread owns and frees it.
struct question {
    struct pinger *pinger;
    int peer;
    uint64_t round;
};

// The last act of a thread. Needs the lock.
static void thread_ends(struct pinger *pinger)
{
    if (--pinger->n_threads == 0)
        pthread_cond_signal(&pinger->gone);
}

static void *ping_thread(void *argument)
{
    struct question question = *(struct question *)argument;
    struct pinger *pinger = question.pinger;
    free(argument);
    pthread_mutex_lock(&pinger->mutex);
    bool alive = !pinger->killed;
    pthread_mutex_unlock(&pinger->mutex);

    struct ping_args args = {.sender_id = (uint64_t)pinger->config.me,
                             .round = question.round};
    struct ping_reply reply;
    bool answered =
        alive &&
        stub_call(pinger->config.call, pinger->config.context, question.peer,
                  stub_request(&warmup_rpcs[RPC_PING], &args), &reply);

    // The world may have changed meanwhile: ask it anew.
    pthread_mutex_lock(&pinger->mutex);
    if (answered && !pinger->killed) {
        pinger->peer[question.peer] = (struct peer){true, now_ms()};
        if (question.round != NO_ROUND && question.round == pinger->round) {
            pinger->n_answers++;
            pthread_cond_signal(&pinger->answered);
        }
    }
    thread_ends(pinger);
    pthread_mutex_unlock(&pinger->mutex);
    return NULL;
}

// Pings all peers, each in a thread of its own. Needs the lock.
static void send_to_all(struct pinger *pinger, uint64_t round)
{
    for (int peer = 0; peer < pinger->config.n_peers; peer++) {
        if (peer == pinger->config.me)
            continue;
        struct question *question = must_malloc(sizeof *question);
        *question = (struct question){pinger, peer, round};
        pinger->n_threads++;
        thread_start("ping", ping_thread, question);
    }
}

struct pinger *ping_make(const struct warmup_config *config)
{
    struct pinger *pinger = must_calloc(1, sizeof *pinger);
    pinger->config = *config;
    pinger->peer = must_calloc((size_t)config->n_peers, sizeof *pinger->peer);
    must(pthread_mutex_init(&pinger->mutex, NULL), "pthread_mutex_init");
    must(pthread_cond_init(&pinger->answered, NULL), "pthread_cond_init");
    must(pthread_cond_init(&pinger->gone, NULL), "pthread_cond_init");
    return pinger;
}

// The time in timeout_ms from now, as pthread_cond_timedwait() wants it.
static struct timespec deadline_after(uint64_t timeout_ms)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    uint64_t ns = (uint64_t)time.tv_nsec + timeout_ms % 1000 * 1000000;
    time.tv_sec += (time_t)(timeout_ms / 1000 + ns / 1000000000);
    time.tv_nsec = (long)(ns % 1000000000);
    return time;
}

int ping_all(struct pinger *pinger, uint64_t timeout_ms)
{
    int majority = pinger->config.n_peers / 2 + 1;
    struct timespec deadline = deadline_after(timeout_ms);
    pthread_mutex_lock(&pinger->mutex);
    pinger->round++;
    pinger->n_answers = 1;
    send_to_all(pinger, pinger->round);
    int error = 0;
    while (pinger->n_answers < majority && !pinger->killed &&
           error != ETIMEDOUT)
        error = pthread_cond_timedwait(&pinger->answered, &pinger->mutex,
                                       &deadline);
    int n_answers = pinger->n_answers;
    pthread_mutex_unlock(&pinger->mutex);
    return n_answers;
}

// Pings all peers again and again, until the pinger is killed.
static void *watch_thread(void *argument)
{
    struct pinger *pinger = argument;
    pthread_mutex_lock(&pinger->mutex);
    while (!pinger->killed) {
        send_to_all(pinger, NO_ROUND);
        pthread_mutex_unlock(&pinger->mutex);
        sleep_ms(PING_EVERY_MS);
        pthread_mutex_lock(&pinger->mutex);
    }
    thread_ends(pinger);
    pthread_mutex_unlock(&pinger->mutex);
    return NULL;
}

void ping_watch(struct pinger *pinger)
{
    pthread_mutex_lock(&pinger->mutex);
    pinger->n_threads++;
    pthread_mutex_unlock(&pinger->mutex);
    thread_start("watch", watch_thread, pinger);
}

bool ping_is_alive(struct pinger *pinger, int peer)
{
    pthread_mutex_lock(&pinger->mutex);
    struct peer known = pinger->peer[peer];
    pthread_mutex_unlock(&pinger->mutex);
    return known.heard && now_ms() - known.last_heard_ms <= ALIVE_MS;
}

// Hands a call to the function that answers it; args and reply are structs by
// now. False: no answer.
static bool answer(void *self, const struct message_rpc *rpc, const void *args,
                   void *reply)
{
    struct pinger *pinger = self;
    const struct ping_args *ping = args;
    if (rpc != &warmup_rpcs[RPC_PING])
        return false;
    pthread_mutex_lock(&pinger->mutex);
    bool alive = !pinger->killed;
    pthread_mutex_unlock(&pinger->mutex);
    *(struct ping_reply *)reply = (struct ping_reply){.round = ping->round};
    return alive;
}

bool ping_handle(struct pinger *pinger, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    return stub_serve(warmup_rpcs, answer, pinger, method, args, n_args, reply,
                      n_reply);
}

void ping_kill(struct pinger *pinger)
{
    pthread_mutex_lock(&pinger->mutex);
    pinger->killed = true;
    pthread_cond_signal(&pinger->answered);
    pthread_mutex_unlock(&pinger->mutex);
}

void ping_free(struct pinger *pinger)
{
    pthread_mutex_lock(&pinger->mutex);
    while (pinger->n_threads > 0)
        pthread_cond_wait(&pinger->gone, &pinger->mutex);
    pthread_mutex_unlock(&pinger->mutex);
    pthread_cond_destroy(&pinger->answered);
    pthread_cond_destroy(&pinger->gone);
    pthread_mutex_destroy(&pinger->mutex);
    free(pinger->peer);
    free(pinger);
}
