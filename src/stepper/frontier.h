// frontier.h -- the states that are known, shared by the workers.
//
// A state is 64 bits of a hash. A node is a state that is kept to be tried: the
// node that it was reached from, and the action. Nodes are in the order of
// their levels, and within a level in the order of their parents and actions,
// whichever worker came first.
#ifndef GLASSRAFT_FRONTIER_H
#define GLASSRAFT_FRONTIER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frontier_node {
    uint32_t parent, code; // node 0 is its own parent
};

struct frontier_slot {
    atomic_uint_least64_t key;   // 0: free
    atomic_uint_least64_t order; // of the first way there: parent, code
    atomic_uint_least32_t check; // another hash; 0: not told
};

struct frontier {
    uint64_t n_slots, n_most; // slots; nodes that there is room for
    struct frontier_slot *slot;
    struct frontier_node *node;
    uint64_t *fresh; // slots of this level's new states
    atomic_uint_least64_t n_fresh;
    uint64_t n_nodes;
    atomic_bool full;
    size_t n_bytes;
};

// In memory that forked processes share; of at most so many bytes. NULL: the
// system has not got it.
struct frontier *frontier_make(size_t n_bytes);
void frontier_free(struct frontier *frontier);

// Adds a state that was reached so, or finds it. False: its check is not what
// it was when the state was reached in another way.
bool frontier_add(struct frontier *frontier, uint64_t key, uint64_t order,
                  uint32_t check);
// The order of the first way to a state; false: it is not known.
bool frontier_find(const struct frontier *frontier, uint64_t key,
                   uint64_t *order);
// The new states of a level become nodes; nobody else may be at work.
void frontier_level(struct frontier *frontier);
// How many different states there are by their checks, or by the lower half of
// their keys, and a hash over the set of these.
uint64_t frontier_models(const struct frontier *frontier, bool by_check,
                         uint64_t *hash);
// Bytes in use.
size_t frontier_used(const struct frontier *frontier);

#endif
