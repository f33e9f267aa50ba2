// persist.c -- what is durable before a word leaves the server.
//
// A crashed server comes back with what config.save() got last, as
// config.saved, and with nothing else.
#include "server.h"

enum { SAVE_AGAIN_MS = 20 }; // after a save that failed

// Called, without the lock, by whoever is about to let something out that
// follows from a change of persistent state: an answer, a request for votes,
// the count of the own log as a match. All that changed before the call is
// durable when it returns. False: the server was killed, let nothing out.
bool persist(struct raft *rf)
{
    // Your code here (lab 3): "Persistent state" of Figure 2, §5.1 to §5.4.
    // Encode it with message_encode(&saved_state_type, ...), and give it to
    //     rf->config.save(rf->config.context, &image);
    // which may take long: no lock is held while it works. False: the disk
    // refused it; try again after a moment. It is never called twice at a time.
    // Which of two callers saves, and which state?
    // rf->changed counts the changes made so far. Lab 4: image.snapshot.
    // To trace it, once it is durable:
    //     EMIT(rf, TRACE_PERSIST, .term = ..., .voted_for = ...,
    //          .index = ..., .entry_term = ..., .from = ...,
    //          .bytes = image.n_state, .snapshot_bytes = image.n_snapshot);
    // with term, vote, last index and its term, and last_included_index as
    // they were saved.
    (void)rf;
    return true;
}

// Birth: called once, by server_new(), before the threads start.
void restore(struct raft *rf)
{
    // Your code here (lab 3): from rf->config.saved (nothing, at first boot)
    // with message_decode(&saved_state_type, ...) and message_clear(); die()
    // when it does not decode. What of Figure 2 is volatile, and begins as at
    // first boot? Lab 4: the snapshot, and what it stands for [IS.8].
    EMIT_ENTRIES(rf, log_slice(&rf->log, 1, log_last_index(&rf->log)),
                 TRACE_BOOT, .term = rf->current_term,
                 .voted_for = rf->voted_for,
                 .index = rf->log.last_included_index,
                 .entry_term = rf->log.last_included_term);
}
