// apply.c -- the one thread that feeds the service, in log order.
//
// A thread of its own, since the service may block, and a single one, to keep
// the order. Snapshots are due when last_applied lies before the boundary.
#include "server.h"

// [ALL.1] Takes the next message, copied, and counts it as applied: the
// service may ask for a snapshot of it from inside the callback.
static struct blob *take(struct raft *rf, struct raft_message *message) LOCKED
{
    struct log *log = &rf->log;
    bool whole = rf->last_applied < log->last_included_index;
    raft_index index = whole ? log->last_included_index : rf->last_applied + 1;
    const struct message_bytes *command =
        whole ? NULL : &log_slice(log, index, index).entry->command;
    struct blob *blob =
        whole ? blob_hold(rf->snapshot) : blob_new(command->at, command->n);
    *message = (struct raft_message){whole, index, log_term_at(log, index),
                                     blob->bytes, blob->n};
    rf->last_applied = index;
    because(rf, rf->commit_event);
    EMIT_COMMAND(rf, command, TRACE_APPLY, .index = index, .ok = whole,
                 .term = message->term, .rule = whole ? "IS.8" : "ALL.1");
    return blob;
}

void apply_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    lock(rf);
    while (!rf->killed) {
        if (rf->last_applied == rf->commit_index) {
            await(rf, &rf->apply_wakes);
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
