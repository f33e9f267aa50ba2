// thread.h -- threads, time and shared bytes, for callers that cannot fail.
//
// The few pthread and clock calls of the network and the Raft, with the errors
// that nobody can handle turned into die(); and two small tools of theirs: a
// crew of threads that somebody waits for, and bytes with several users.
#ifndef GLASSRAFT_THREAD_H
#define GLASSRAFT_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace;

// die()s when a pthread call returned an error; what names the call.
void must(int error, const char *what);

// A mutex that is only ever held for moments, and never by who waits: a thread
// of the system looks for it a while before it sleeps, and the simulator notes
// where it is locked without the callers.
void mutex_init_brief(pthread_mutex_t *mutex);

// Starts body(argument) in a detached thread named `name` (at most 15
// characters are kept).
void thread_start(const char *name, void *(*body)(void *), void *argument);

// Monotonic time, and sleeping, in milliseconds.
uint64_t now_ms(void);
void sleep_ms(uint64_t ms);

// Detached threads that work for one owner, counted, so that the owner can
// wait for the last of them.
struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t gone; // signalled when the last thread ends
    int n_threads;       // and callers between crew_enter() and crew_leave()
    struct trace *trace; // threads inherit their starter's cause
    struct member *idle; // threads that wait for an errand of their kind
    bool over;
};

// Threads that come back from an errand wait for the next of the same name, so
// that a thread is always called what it does. `false`: each errand has a
// thread of its own, which ends with it; for simulations, where a thread costs
// next to nothing and a report shows each. Set it before the first crew_send().
void crew_reuse(bool yes);

// What a thread is sent out for; the meaning is its body's.
struct errand {
    int peer;
    uint64_t term, number;
};

void crew_init(struct crew *crew, struct trace *trace);
// Runs body(owner, errand) in a thread that does nothing else meanwhile.
// Borrows the name for good.
void crew_send(struct crew *crew, const char *name,
               void (*body)(void *owner, struct errand errand), void *owner,
               struct errand errand);
// The calling thread works for the owner as well, from here to crew_leave().
void crew_enter(struct crew *crew);
void crew_leave(struct crew *crew);
// Blocks until no thread is on an errand and no caller inside, then frees what
// crew_init() made.
void crew_end(struct crew *crew);

// Bytes with several users; the count is guarded by the users' own lock.
struct blob {
    size_t n_users;
    size_t n, room;
    uint8_t bytes[];
};

// A copy with one user; bytes may be NULL when n is 0.
struct blob *blob_new(const void *bytes, size_t n);
// One user more; returns the blob. NULL stays NULL.
struct blob *blob_hold(struct blob *blob);
// Writes n bytes at offset and returns the blob, which may have moved: it has
// one user. It only grows; bytes that would leave a hole are not written.
struct blob *blob_write(struct blob *blob, size_t offset, const void *bytes,
                        size_t n);
// The blob with its first `keep` bytes and n others behind them, and one user;
// a copy when it has others. What is appended costs its own length in the mean.
struct blob *blob_splice(struct blob *blob, size_t keep, const void *bytes,
                         size_t n);
// One user less; the last one frees. NULL is ignored.
void blob_drop(struct blob *blob);

#endif
