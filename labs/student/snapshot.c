// snapshot.c -- §7: compaction by the service, InstallSnapshot by the leader.
#include "server.h"

// The service has all up to index in this snapshot: the log up to there goes.
void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes)
{
    // Your code here (lab 4): §7. Keep a copy in rf->snapshot (blob_new()),
    // log_compact(), and make both durable at once. To trace it:
    //     EMIT(rf, TRACE_COMPACT, .index = index, .entry_term = term);
    (void)rf, (void)index, (void)bytes, (void)n_bytes;
}

// Sends our snapshot to a peer, errand.peer, as leader of errand.term, in a
// thread of its own: heartbeats go on beside it.
void send_snapshot_thread(void *self, struct errand errand)
{
    // Your code here (lab 4): §7 and Figure 13; at most
    // rf->config.snapshot_chunk bytes a message. What is compacted meanwhile
    // must not change what is sent: blob_hold() and blob_drop().
    (void)self, (void)errand;
}

// A reply to that chunk. True while it makes sense to go on.
bool handle_install_reply(struct raft *rf, int peer,
                          const struct install_snapshot_args *args,
                          const struct install_snapshot_reply *reply)
{
    // Your code here (lab 4): [ALL.2], §7. reply->bytes_stored tells how much
    // the peer holds; what does it hold when the last chunk has arrived?
    (void)rf, (void)peer, (void)args, (void)reply;
    return false;
}

// A leader sends its snapshot.
struct install_snapshot_reply
handle_install_snapshot(struct raft *rf,
                        const struct install_snapshot_args *args)
{
    struct install_snapshot_reply reply = {0};
    // Your code here (lab 4): [IS.1] to [IS.8], §7 and Figure 13. Chunks may
    // come twice, late, or with one missing before them; rf->incoming and
    // rf->incoming_data are room for them, see blob_write(). A snapshot of
    // what is committed here already throws nothing back. To trace it:
    //     because(rf, EMIT(rf, TRACE_INSTALL, .index = ..., .entry_term = ...,
    //                      .rule = keeps_suffix ? "IS.6" : "IS.7"));
    (void)rf, (void)args;
    return reply;
}
