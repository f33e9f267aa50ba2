// apply.c -- the one thread that feeds the service, in log order.
#include "server.h"

// [ALL.1] Gives the service what is committed and not yet applied, in order,
// one message after the other: rf->config.apply(rf->config.context, &message).
// The service may block for seconds, so no lock is held while it works, and it
// may call raft_snapshot() from inside.
void apply_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    lock(rf);
    while (!rf->killed) {
        // Your code here (lab 2): [ALL.1], §5.3. commit_advance() wakes this
        // thread; what if it does so while the service is at work?
        // Lab 4: where last_applied lies before the log's beginning, the
        // snapshot is due instead [IS.8].
        // To trace it, under the lock (command: the entry's):
        //     EMIT_COMMAND(rf, &command, TRACE_APPLY, .index = index,
        //                  .term = message.term, .rule = "ALL.1");
        await(rf, &rf->apply_wakes);
    }
    unlock(rf);
}
