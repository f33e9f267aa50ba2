// rule_book.c -- see rule_book.h. Names of functions are those of src/raft.
#include "rule_book.h"

#include <stddef.h>
#include <string.h>

#define VOTES "the handler of RequestVote (election.c, handle_request_vote)"
#define APPENDS                                                                \
    "the handler of AppendEntries (replication.c,"                             \
    " handle_append_entries)"
#define REPLIES                                                                \
    "what is done with an AppendEntries reply (replication.c,"                 \
    " handle_append_reply, back_up, match_advance)"
#define COUNTS                                                                 \
    "what moves the leader's commit_index (replication.c,"                     \
    " commit_by_majority)"
#define STORES "what stores a message's entries (replication.c, store)"
#define INSTALLS                                                               \
    "the handler of InstallSnapshot (snapshot.c, handle_install_snapshot) and" \
    " what discards the log (log.c, log_compact)"

static const struct paper_rule rules[] = {
    {"P.1", "A term has at most one leader.",
     "what grants votes and what counts them (election.c,"
     " handle_request_vote, handle_vote_reply, become_follower)"},
    {"P.2",
     "A leader only appends to its log; it never deletes or changes an"
     " entry.",
     "what truncates the log, and what keeps a leader from accepting entries"
     " (replication.c, handle_append_entries, store)"},
    {"P.3",
     "Two logs that have an entry of the same index and term are equal"
     " up to that entry.",
     "the check of the previous entry, and " STORES},
    {"P.4",
     "What was committed in one term is in the log of every later leader.",
     "the comparison of logs before a vote (election.c, handle_request_vote) "
     "and"
     " " COUNTS},
    {"P.5", "No two servers apply different commands at one index.",
     "whatever let an index count as committed too early: " COUNTS
     ", the last step of handle_append_entries, or the order of applying"
     " (apply.c)"},
    {"ALL.1",
     "Every committed entry is applied exactly once, in the order of the"
     " log.",
     "the thread that applies (apply.c, apply_thread): what moves"
     " last_applied"},
    {"ALL.2",
     "A server that sees a newer term in a request or a reply adopts it"
     " and becomes a follower.",
     "every place that reads a term from a message (election.c, follow_term,"
     " become_follower)"},
    {"F.1", "A follower replies to candidates and leaders.",
     VOTES " and " APPENDS},
    {"F.2",
     "A follower that hears from no leader for a whole election timeout "
     "becomes a candidate; each timeout is random, so that two rarely expire "
     "together.",
     "the election timer (election.c, start_election, reset_timer): reset it "
     "only on AppendEntries from the current leader (handle_append_entries), "
     "when granting a vote (handle_request_vote), and when starting an "
     "election"},
    {"C.1",
     "A candidate increments its term, votes for itself, saves both, and only"
     " then requests votes.",
     "the beginning of an election (election.c, become_candidate,"
     " election_thread), the request (request_vote_thread), and what makes it"
     " durable (persist.c, persist)"},
    {"C.2",
     "A candidate becomes leader only with the votes of a majority, granted"
     " in this very term by different servers.",
     "what counts votes (election.c, handle_vote_reply)"},
    {"C.3",
     "A candidate that hears from the leader of its term becomes its"
     " follower.",
     APPENDS},
    {"C.4", "A candidate whose timeout expires starts another election.",
     "the election timer (election.c, start_election)"},
    {"L.1",
     "A leader keeps sending heartbeats, so that no other server starts an"
     " election.",
     "the heartbeat thread (replication.c, heartbeat_thread, replicate)"},
    {"L.2",
     "A command is appended to the log of a server that is leader at that"
     " very moment, with its current term.",
     "what accepts commands (raft.c, raft_start): role, term and append belong"
     " under one lock"},
    {"L.3",
     "match_index is what a follower is known to have: the last entry of the"
     " request that it accepted; next_index follows it.",
     REPLIES},
    {"L.4",
     "A leader commits an entry that a majority of the servers have, itself "
     "included, if the entry is of its own term; older entries are committed "
     "along with it, never on their own.",
     COUNTS},
    {"RV.1", "A candidate in an old term gets no vote.", VOTES},
    {"RV.2",
     "A server grants one vote per term, keeps it until the term ends, and"
     " grants it only for a log that is at least as up to date as its own: by"
     " the last term, then by length.",
     VOTES ", and every other place that sets voted_for (set_term, "
           "become_follower, become_candidate)"},
    {"AE.1",
     "Refuse AppendEntries from an old term and do nothing else; in"
     " particular, do not reset the timer.",
     APPENDS},
    {"AE.2",
     "Refuse AppendEntries, heartbeats included, if the log has no entry at"
     " prev_log_index whose term is prev_log_term.",
     APPENDS ": the comparison with prev_log_index and prev_log_term"},
    {"AE.3",
     "If an entry conflicts with a new one, delete it and all that follow it;"
     " otherwise delete nothing.",
     STORES},
    {"AE.4",
     "Append the new entries that the log lacks, and save them before"
     " replying.",
     STORES ", and what makes it durable (persist.c, persist)"},
    {"AE.5",
     "A follower commits what the leader has committed, but not beyond the"
     " last entry that this message covers.",
     APPENDS ": the last step, from leader_commit to commit_index"},
    {"IS.1", "Refuse a snapshot from an old term.", INSTALLS},
    {"IS.2", "The first chunk starts a new snapshot.",
     "snapshot.c, handle_install_snapshot"},
    {"IS.3", "Write each chunk at its offset.",
     "snapshot.c: what sends chunks (send_snapshot_thread), and"
     " handle_install_snapshot"},
    {"IS.4", "Install nothing before the last chunk has arrived.",
     "snapshot.c, handle_install_snapshot"},
    {"IS.5", "Save the whole snapshot and discard an older one.", INSTALLS},
    {"IS.6",
     "If the log has the snapshot's last entry (same index and term), keep"
     " the entries after it.",
     INSTALLS},
    {"IS.7",
     "If the log does not have the snapshot's last entry (same index and"
     " term), discard the whole log.",
     INSTALLS},
    {"persistent state",
     "current_term, voted_for and the log are saved before the server sends"
     " anything that depends on them, and a restart finds them as they were.",
     "what saves and what reads back (persist.c, persist, restore), and"
     " every place that must call persist before it replies, requests a vote"
     " or counts itself"},
    {"IS.8", "The state machine is reset from the snapshot.",
     "what hands a snapshot to the service (apply.c, apply_thread)"},
    // Of a service on the Raft; the paper's §8 and Diss. §6.3.
    {"KV.1", "A server answers an operation only when its entry was applied.",
     "what waits for an entry (rsm.c, submit)"},
    {"KV.2",
     "A server answers an operation only when that operation's own entry was"
     " applied; another term's may stand at the same index.",
     "what finds who waits for an entry (rsm.c, finish)"},
    {"KV.3",
     "A read goes through the log as a write does; a server's own state may be"
     " old, even a leader's.",
     "the way of a request (rsm.c, kv_handle, submit)"},
    {"KV.4",
     "An operation is done once, however often its entry is in the log.",
     "what applies a request of a session (sessions.c, sessions_do)"},
    {"KV.5", "A retry is answered with what the first was answered.",
     "what a session keeps (sessions.c, sessions_do)"},
    {"KV.6", "A snapshot holds the sessions as well as the values.",
     "what saves and restores sessions (rsm.c, compact, restore)"},
    {"KV.7",
     "A snapshot holds the state as of its index, no older and no newer one.",
     "when a snapshot is taken and how it is restored (rsm.c, compact,"
     " restore; store.c, store_save, store_restore)"},
    {"KV.8", "Each applied operation takes effect, in the order of the log.",
     "what applies a request (sessions.c, sessions_do; store.c, store_do)"},
    {"KV.9",
     "A clerk asks one server after the other until one answers; the word of a"
     " wrong leader is no answer. It asks in a session of its own, and each"
     " request has a number of its own, however often it is sent.",
     "what asks servers, and what numbers requests (clerk.c, ask, ask_one,"
     " clerk_ask)"},
    {"KV.10",
     "Whoever waits is answered when the request was applied here, and told"
     " when it is lost: the server leads no more, or another entry took the"
     " place.",
     "what looks whether the server still leads (rsm.c, watch_thread), and what"
     " finds who waits (rsm.c, finish)"},
    {"KV.11", "The applier waits for no client.",
     "what finds who waits for an entry (rsm.c, finish)"},
    {"KV.12",
     "A snapshot is taken when the Raft's saved state is above the limit, and"
     " not before.",
     "when a snapshot is taken (rsm.c, compact)"},
    {"KV.13",
     "A session is known by its own number, which no other session has, and"
     " kept as long as it is one of the max_sessions that were used last.",
     "what keeps sessions (sessions.c, sessions_do)"},
    {"KV.14",
     "A reply says at which index the request was applied, and what a get found"
     " or a refused compare-and-set met.",
     "what makes a reply (sessions.c, sessions_do; store.c, store_do)"},
};

static const char *const written[] = {"apply_thread",
                                      "become_follower",
                                      "become_candidate",
                                      "become_leader",
                                      "follow_term",
                                      "reset_timer",
                                      "request_vote_thread",
                                      "handle_vote_reply",
                                      "start_election",
                                      "request_votes",
                                      "election_thread",
                                      "handle_request_vote",
                                      "log_matches",
                                      "log_start_of_run",
                                      "log_last_of_term",
                                      "log_compact",
                                      "persist",
                                      "restore",
                                      "raft_start",
                                      "commit_by_majority",
                                      "match_advance",
                                      "append_args",
                                      "append_entries_thread",
                                      "replicate",
                                      "heartbeat_thread",
                                      "back_up",
                                      "handle_append_reply",
                                      "store",
                                      "handle_append_entries",
                                      "raft_snapshot",
                                      "send_snapshot_thread",
                                      "handle_install_reply",
                                      "handle_install_snapshot"};

const char *paper_written(size_t i)
{
    return i < sizeof written / sizeof written[0] ? written[i] : NULL;
}

bool paper_is_written(const char *function)
{
    for (size_t i = 0; paper_written(i) != NULL; i++)
        if (strcmp(written[i], function) == 0)
            return true;
    return false;
}

const char *paper_handler(const char *rpc, bool reply)
{
    static const char *const handlers[][3] = {
        {"RequestVote", "election.c, handle_request_vote",
         "election.c, handle_vote_reply"},
        {"AppendEntries", "replication.c, handle_append_entries",
         "replication.c, handle_append_reply"},
        {"InstallSnapshot", "snapshot.c, handle_install_snapshot",
         "snapshot.c, handle_install_reply"},
    };
    for (size_t i = 0; rpc != NULL && i < 3; i++)
        if (strcmp(handlers[i][0], rpc) == 0)
            return handlers[i][reply ? 2 : 1];
    return NULL;
}

const struct paper_rule *paper_rule(const char *tag)
{
    for (size_t i = 0; tag != NULL && i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rules[i].tag, tag) == 0)
            return &rules[i];
    return NULL;
}
