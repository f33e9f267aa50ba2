// saved.h -- a saved_state, encoded once and appended to.
//
// The bytes of a log that has not changed stay where they are: encoding a
// state costs what is new in it, however long its log is.
#ifndef GLASSRAFT_SAVED_H
#define GLASSRAFT_SAVED_H

#include "figure2.h"

// All zero: nothing is encoded yet.
struct saved_image {
    uint8_t *bytes; // borrowed by readers until the next saved_image_set()
    size_t n;
    size_t n_same;      // its first bytes that are as they were before that
    bool same_snapshot; // last_included_index is as it was before that
    // Its own: the log's part of the bytes, and what the last state was like.
    size_t n_log, n_entries, room;
    uint64_t n_cuts, last_included_index;
};

// Encodes the state. While n_cuts stays the same, its log only grows.
void saved_image_set(struct saved_image *image, const struct saved_state *state,
                     uint64_t n_cuts);
void saved_image_free(struct saved_image *image);

#endif
