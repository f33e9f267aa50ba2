// persist.c -- what is durable before a word leaves the server.
//
// Changes are counted under the lock; saving happens without it, one save at a
// time, always of the newest state: a slow disk stops no election, an older
// image never overwrites a newer one, and one save serves all who wait.
#include "server.h"

enum { SAVE_AGAIN_MS = 20 }; // after a save that failed

// Saves the state of this moment, and encodes what is new in it. Entered and
// left with the lock held, but not held while the persister works.
static void save(struct raft *rf) LOCKED
{
    struct saved_state state = {
        .current_term = rf->current_term,
        .voted_for = (uint64_t)(rf->voted_for + 1),
        .last_included_index = rf->log.last_included_index,
        .last_included_term = rf->log.last_included_term,
        .entries = {rf->log.entry, rf->log.n_entries}};
    saved_image_set(&rf->image, &state, rf->log.n_cuts);
    struct blob *snapshot = blob_hold(rf->snapshot);
    struct raft_saved image = {.state = rf->image.bytes,
                               .n_state = rf->image.n,
                               .snapshot =
                                   snapshot != NULL ? snapshot->bytes : NULL,
                               .n_snapshot = snapshot != NULL ? snapshot->n : 0,
                               .n_same = rf->image.n_same,
                               .same_snapshot = rf->image.same_snapshot};
    uint64_t changed = rf->changed;
    struct trace_event event =
        EVENT(rf, TRACE_PERSIST, .term = rf->current_term,
              .voted_for = rf->voted_for, .index = log_last_index(&rf->log),
              .entry_term = log_last_term(&rf->log),
              .from = rf->log.last_included_index, .bytes = image.n_state,
              .snapshot_bytes = image.n_snapshot);
    rf->saving = true;
    bool good = false;
    while (!good && !rf->killed) {
        unlock(rf);
        good = rf->config.save(rf->config.context, &image);
        if (!good)
            sleep_ms(SAVE_AGAIN_MS); // all who need it wait meanwhile
        lock(rf);
    }
    rf->saving = false;
    rf->saved = changed;
    if (good)
        trace_emit(rf->config.trace, &event);
    blob_drop(snapshot);
    pthread_cond_broadcast(&rf->save_done);
}

bool persist(struct raft *rf)
{
    lock(rf);
    uint64_t changed = rf->changed;
    while (rf->saved < changed && !rf->killed) {
        if (rf->saving)
            await(rf, &rf->save_done);
        else
            save(rf);
    }
    bool alive = !rf->killed;
    unlock(rf);
    return alive;
}

// Birth from what was saved. What a snapshot covers was applied before; of
// the rest nothing is known to be committed (Figure 2: volatile state).
void restore(struct raft *rf)
{
    const struct raft_saved *saved = &rf->config.saved;
    struct saved_state state = {0};
    if (saved->n_state > 0 && !message_decode(&saved_state_type, saved->state,
                                              saved->n_state, &state))
        die("raft_make: the saved state cannot be decoded");
    rf->current_term = state.current_term;
    rf->voted_for = (int)state.voted_for - 1;
    rf->log.last_included_index = state.last_included_index;
    rf->log.last_included_term = state.last_included_term;
    rf->commit_index = rf->last_applied = state.last_included_index;
    if (state.last_included_index > 0) // the snapshot itself may be empty
        rf->snapshot = blob_new(saved->snapshot, saved->n_snapshot);
    for (size_t i = 0; i < state.entries.n; i++)
        log_append(&rf->log, state.entries.entry[i]);
    EMIT_ENTRIES(rf, state.entries, TRACE_BOOT, .term = rf->current_term,
                 .voted_for = rf->voted_for,
                 .index = rf->log.last_included_index,
                 .entry_term = rf->log.last_included_term);
    message_clear(&saved_state_type, &state);
}
