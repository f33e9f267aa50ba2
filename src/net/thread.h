// thread.h -- threads and time, for callers that cannot do without.
//
// The few pthread and clock calls of the network and the Raft, with the errors
// that nobody can handle turned into die().
#ifndef GLASSRAFT_THREAD_H
#define GLASSRAFT_THREAD_H

#include <pthread.h>
#include <stdint.h>

// die()s when a pthread call returned an error; what names the call.
void must(int error, const char *what);

// Starts body(argument) in a detached thread named `name` (at most 15
// characters are kept).
void thread_start(const char *name, void *(*body)(void *), void *argument);

// Monotonic time, and sleeping, in milliseconds.
uint64_t now_ms(void);
void sleep_ms(uint64_t ms);

#endif
