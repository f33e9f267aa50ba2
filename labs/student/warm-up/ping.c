// ping.c -- who is there? Asks all peers at once, a thread for each.
#include "harness/warmup.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "wire/stub.h"
#include "base/thread.h"
#include "base/die.h"

// What is known of a peer.
struct peer {
    bool heard; // ever
    uint64_t last_heard_ms;
};

struct pinger {
    struct warmup_config config; // fixed after birth

    pthread_mutex_t mutex; // guards everything below
    struct peer *peer;     // [0 .. n_peers-1]
    // Your code here (tasks 4 to 6): what do the threads of a pinger share?
};

// What a thread that pings is sent out with.
struct question {
    struct pinger *pinger;
    int peer;
    uint64_t round;
};

// Asks one peer. A call, and what becomes of it:
//     struct ping_args args = {.sender_id = (uint64_t)pinger->config.me,
//                              .round = question.round};
//     struct ping_reply reply;
//     if (stub_call(pinger->config.call, pinger->config.context,
//                   question.peer,
//                   stub_request(&warmup_rpcs[RPC_PING], &args), &reply))
//         ... an answer has come ...
void *ping_thread(void *argument)
{
    // Your code here (task 4): call without the lock, take it for the reply.
    // What may have happened meanwhile?
    struct question question = *(struct question *)argument;
    free(argument);
    (void)question;
    return NULL;
}

// Asks all peers, each in a thread of its own. Needs the lock.
void send_to_all(struct pinger *pinger, uint64_t round)
{
    // Your code here (task 4): a malloc'd struct question for each thread,
    // and thread_start() (net/thread.h).
    (void)pinger, (void)round;
}

struct pinger *ping_make(const struct warmup_config *config)
{
    struct pinger *pinger = must_calloc(1, sizeof *pinger);
    pinger->config = *config;
    pinger->peer = must_calloc((size_t)config->n_peers, sizeof *pinger->peer);
    must(pthread_mutex_init(&pinger->mutex, NULL), "pthread_mutex_init");
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
    // Your code here (task 4): send, then wait for a majority or the deadline.
    struct timespec deadline = deadline_after(timeout_ms);
    (void)pinger, (void)deadline;
    return 1;
}

// Pings all peers again and again.
void *watch_thread(void *argument)
{
    // Your code here (task 6): every PING_EVERY_MS, until ping_kill().
    (void)argument;
    return NULL;
}

void ping_watch(struct pinger *pinger)
{
    // Your code here (task 6): start watch_thread().
    (void)pinger;
}

bool ping_is_alive(struct pinger *pinger, int peer)
{
    // Your code here (task 6): has the peer answered within ALIVE_MS?
    (void)pinger, (void)peer;
    return false;
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
    // Your code here (task 5): a pinger that was killed does not answer.
    (void)pinger;
    *(struct ping_reply *)reply = (struct ping_reply){.round = ping->round};
    return true;
}

bool ping_handle(struct pinger *pinger, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    return stub_serve(warmup_rpcs, answer, pinger, method, args, n_args, reply,
                      n_reply);
}

void ping_kill(struct pinger *pinger)
{
    // Your code here (task 5): from now on nothing is sent, and nobody waits.
    (void)pinger;
}

void ping_free(struct pinger *pinger)
{
    // Your code here (task 5): first wait until the last thread is gone.
    pthread_mutex_destroy(&pinger->mutex);
    free(pinger->peer);
    free(pinger);
}
