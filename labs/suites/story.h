// story.h -- the words that the scenarios are told in.
//
// A thin layer over lab.h: commands as short texts, the next server round the
// circle, an agreement in one word.
#ifndef GLASSRAFT_SUITES_STORY_H
#define GLASSRAFT_SUITES_STORY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/lab.h"

// The labs' unit of patience: by then a new leader is there.
enum { ELECTION_TIMEOUT_MS = 1000 };

// A command of the scenarios: a decimal number as text.
enum { VALUE_BYTES = 8, VALUE_ROOM = 24 };
struct value {
    char text[VALUE_ROOM];
};

struct value number(int n);                 // of that number
struct value random_value(struct lab *lab); // VALUE_BYTES digits
struct value small_value(struct lab *lab);  // below 10,000
bool same(struct value a, struct value b);

// The k-th server after this one, round the circle.
int after(struct lab *lab, int server, int k);

// Agreement on a command by n servers, trying for ten seconds and again when
// the leader changes; returns its index. one_at_once() must succeed with the
// first leader that takes it, within two seconds.
raft_index one(struct lab *lab, struct value value, int n);
raft_index one_at_once(struct lab *lab, struct value value, int n);
// As one(), with another patience.
raft_index one_within(struct lab *lab, struct value value, int n,
                      unsigned seconds);

// Gives a server a command; false when it does not lead. index and term may
// be NULL.
bool propose(struct lab *lab, int server, struct value value, raft_index *index,
             raft_term *term);
// The same for a server that was made the leader; returns the index. When it
// leads no more, the story is not set up.
raft_index must_propose(struct lab *lab, int server, struct value value);

// How many servers have applied this index; *value (may be NULL) gets which
// command.
int n_committed(struct lab *lab, raft_index index, struct value *value);
// Waits until n servers have applied the index. With a term other than 0,
// gives up with false when some server has left it; otherwise fails after half
// a minute.
bool wait_for(struct lab *lab, raft_index index, int n, raft_term term,
              struct value *value);
// Has any server a term other than this?
bool term_moved(struct lab *lab, raft_term term);

void check_index(struct lab *lab, raft_index index, raft_index expected);
void check_no_agreement(struct lab *lab, raft_index index);

// After an agreement: some server has saved something.
void check_saves(struct lab *lab);

// Crashes all servers, and restarts all.
void restart_all(struct lab *lab);

// RPCs delivered to the servers so far.
uint64_t delivered(struct lab *lab);

// Threads of a story.
void begin_thread(pthread_t *thread, void *(*body)(void *), void *argument);
void end_thread(pthread_t thread);

#endif
