// apply.c -- the one thread that feeds the service, in log order.
//
// It must be a thread of its own, since the service may block, and a single
// one, since otherwise nothing would keep the order. Snapshots go the same
// way: they are due exactly when last_applied lies before the boundary.
#include "server.h"

#include <stdlib.h>

#include "../trace/die.h"

// [ALL.1] Takes the next message, copied, and counts it as applied: the
// service may ask for a snapshot of it from inside the callback.
static struct blob *take(struct raft *rf, struct raft_message *message) LOCKED
{
    struct blob *blob;
    char text[MESSAGE_DIGEST] = "";
    if (rf->last_applied < rf->log.last_included_index) {
        blob = blob_hold(rf->snapshot);
        *message = (struct raft_message){.is_snapshot = true,
                                         .index = rf->log.last_included_index,
                                         .term = rf->log.last_included_term};
    } else {
        const struct message_entry *entry =
            log_at(&rf->log, rf->last_applied + 1);
        blob = blob_new(entry->command.at, entry->command.n);
        message_digest(entry->command.at, entry->command.n, text);
        *message = (struct raft_message){.index = rf->last_applied + 1,
                                         .term = entry->term};
    }
    message->bytes = blob->bytes;
    message->n_bytes = blob->n;
    rf->last_applied = message->index;
    because(rf, rf->commit_event);
    EMIT(rf, TRACE_APPLY, .index = message->index, .term = message->term,
         .command = message->is_snapshot ? NULL : text,
         .ok = message->is_snapshot,
         .rule = message->is_snapshot ? "IS.8" : "ALL.1");
    return blob;
}

void apply_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    lock(rf);
    while (!rf->killed) {
        if (rf->last_applied == rf->commit_index) {
            wait(rf, &rf->apply_wakes);
            continue;
        }
        struct raft_message message;
        struct blob *blob = take(rf, &message);
        unlock(rf);
        rf->config.apply(rf->config.context, &message);
        lock(rf);
        blob_drop(blob);
    }
    unlock(rf);
}
