// search.h -- what a worker's search works with: worker.c tries levels, walk.c
// lists by chance.
#ifndef GLASSRAFT_STEPPER_SEARCH_H
#define GLASSRAFT_STEPPER_SEARCH_H

#include "back.h"
#include "worker.h"

#define SEARCH_SHARE "servers of this Raft share memory: "
#define SEARCH_UNLESS                                                          \
    " (unless what they do depends on addresses or random numbers)"

// What the story's thread is asked for: an action and the state that it leads
// to; what can be done; the state; an action alone; the state by both notions.
enum order { DO, LIST, KEY, WALK, BOTH };

// Shared with children that try one action each.
struct mail {
    enum order order;
    uint32_t code;
    bool done;
    uint64_t key;
    uint32_t check;
    int n;
    bool all, told;
    uint32_t codes[MOST_MOVES];
};

// In memory that does not.
struct search {
    struct mail *mail;
    struct back *back; // NULL: by other means
    struct worker_shared *shared;
    struct worker_post *post;
    uint32_t at[MOST_DEPTH + 1]; // nodes whose images are kept, the first at 0
    int depth;                   // of the last of them
    uint32_t path[MOST_DEPTH + 1];
};

// Has the story's thread do one thing; its answer is in the mail.
void search_ask(struct search *search, enum order order, uint32_t code);
// Ends the search of all workers, with the reason.
void search_give_up(struct search *search, const char *text);

// Lists by chance, by their numbers, until there are no more or one of them has
// broken a rule.
void search_walk(struct search *search);
// Lists by chance in which actions at different servers are tried in both
// orders; gives up when that makes a difference.
void search_guard(struct search *search);

#endif
