// places.c -- where to look, by what was found and how it is told.
//
// A rule has many places that may break it; a finding says more than its rule.
// The first function that is named is the one that such a finding most often
// leads to. All names are those of the students' folder.
#include "check/rule_book.h"

#include <stddef.h>
#include <string.h>

#define HANDLER "" // the handler that was at work, if that is known

#define HANDLES_VOTES   "election.c, handle_request_vote"
#define HANDLES_APPENDS "replication.c, handle_append_entries"
#define HANDLES_REPLIES "replication.c, handle_append_reply"
#define COUNTS_VOTES    "what counts votes (election.c, handle_vote_reply)"
#define SAVES                                                                  \
    "what saves (persist.c, persist), and who has to call it before an answer" \
    " or a request leaves"
#define COMMITS                                                                \
    "what moves the leader's commit_index (replication.c, commit_by_majority)"
#define STORES "what stores a message's entries (replication.c, store)"
#define SENDS_SNAPSHOTS                                                        \
    "what sends a snapshot (snapshot.c, send_snapshot_thread)"
#define INSTALLS                                                               \
    "the handler of InstallSnapshot (snapshot.c, handle_install_snapshot) and" \
    " what cuts the log (log.c, log_compact)"
#define COMPACTS                                                               \
    "what cuts the log behind a snapshot (snapshot.c, raft_snapshot; log.c,"   \
    " log_compact)"
#define MATCHES                                                                \
    "what is done with an AppendEntries reply (" HANDLES_REPLIES ", back_up,"  \
    " match_advance)"

static const struct {
    const char *property, *cue; // in the finding's text; NULL = any
    const char *where;
} places[] = {
    // Votes and terms.
    {"vote for a log that is behind", NULL, HANDLES_VOTES},
    {"vote refused without a reason", NULL, HANDLES_VOTES},
    {"no vote for itself", NULL, "election.c, become_candidate"},
    {"votes asked out of an election", NULL, "election.c, request_vote_thread"},
    {"votes asked for another log", "index 0 has no term",
     "election.c, request_vote_thread"},
    {"votes asked for another log", "of term 0;",
     "what tells how the log ends (log.c, log_last_term, log_last_index)"},
    {"votes asked for another log", NULL, "election.c, request_vote_thread"},
    {"leader without a majority", NULL, COUNTS_VOTES},
    {"Election Safety", NULL, COUNTS_VOTES ", and " HANDLES_VOTES},
    {"sent as a leader that it is not", NULL,
     "what makes the message (replication.c, append_entries_thread): role and"
     " term are asked again under the lock"},
    {"current_term falls", NULL, HANDLER},
    {"newer term not followed", NULL, HANDLER},
    {"answered with another term", NULL, HANDLER},
    {"leads a term it did not win", NULL, HANDLER},
    {"stepped down without a newer term", NULL, HANDLER},
    {"candidate against a leader", NULL, HANDLER},
    {"message of an old term accepted", NULL, HANDLER},
    // Elections.
    {"election timer not set back", "had granted a vote", HANDLES_VOTES},
    {"election timer not set back", "had got a snapshot",
     "snapshot.c, handle_install_snapshot"},
    {"election timer not set back", NULL,
     "the election timer (election.c, start_election, election_thread), and"
     " what sets it back: " HANDLES_APPENDS},
    {"election without a timeout", NULL,
     "the election timer (election.c, reset_timer, start_election)"},
    {"election timer set back without a reason", NULL, HANDLES_VOTES},
    {"a leader times out", NULL, "election.c, start_election"},
    {"liveness", "raft_start()", "raft.c, raft_start"},
    {"liveness", "must be drawn anew", "election.c, reset_timer"},
    {"liveness", "nobody gives its vote", HANDLES_VOTES},
    // Saves.
    {"answered before it was saved", NULL, SAVES},
    {"sent before it was saved", NULL, SAVES},
    {"saved without its snapshot", NULL, SAVES},
    {"saved what does not fit together", NULL, SAVES},
    {"saved what it is not", "as the first of this life",
     "what a server does at birth (raft.c, raft_make; persist.c, restore)"},
    {"saved what it is not", "save() returned false", SAVES},
    {"saved what it is not", "two saves at a time", SAVES},
    {"saved what it is not", "after it had installed a snapshot", INSTALLS},
    {"saved what it is not", "cut its whole log",
     "what tells how the log ends (log.c, log_last_index, log_last_term)"},
    {"saved what it is not", "after it had cut its log behind a snapshot",
     COMPACTS},
    {"saved what it is not", "n_same, same_snapshot",
     "what saves (persist.c, persist): what it says is the same was not what"
     " it saved last"},
    {"saved what it is not", "the logs differ", STORES ", and " SAVES},
    {"saved what it is not", "snapshot", INSTALLS},
    {"saved what it is not", "the votes differ",
     "whatever sets voted_for (election.c, become_follower, set_term), and what"
     " saves (persist.c, persist)"},
    {"saved what it is not", "a new term has no vote yet",
     "whatever sets voted_for (election.c, set_term, become_follower), and what"
     " saves (persist.c, persist)"},
    {"saved what it is not", "saved no vote",
     "whatever sets voted_for (election.c, become_follower, set_term), and what"
     " saves (persist.c, persist)"},
    {"saved what it is not", NULL, SAVES ", or what has changed it unsaid"},
    {"restart from another state", NULL, SAVES},
    {"restart without its term", NULL, SAVES},
    {"snapshot forgotten at a restart", NULL, "persist.c, restore"},
    {"commit_index outlived a restart", NULL, "persist.c, restore"},
    // Logs.
    {"accepted without a matching entry", NULL, HANDLES_APPENDS},
    {"refused although the entry matches", NULL, HANDLES_APPENDS},
    {"log cut without a conflict", "AppendEntries",
     HANDLES_APPENDS ", and " STORES},
    {"log cut without a message", "compacted it", COMPACTS},
    {"log cut without a conflict", NULL, HANDLER},
    {"log cut without a message", NULL, HANDLER},
    {"conflicting entries kept", NULL, STORES},
    {"entries appended twice", NULL, STORES},
    {"acknowledged without storing", NULL, STORES},
    {"Leader Append-Only", NULL, HANDLER},
    {"Leader Append-Only", NULL,
     "what a leader does with its log (election.c, become_leader; raft.c,"
     " raft_start)"},
    {"message with a wrong prev_log_term", NULL,
     "what makes the message (replication.c, append_args)"},
    {"command at another index", NULL, "raft.c, raft_start"},
    {"command taken by no leader", NULL, "raft.c, raft_start"},
    {"applied another entry", NULL, STORES},
    {"came by no message", NULL,
     "what servers share besides messages and disks: an address in a message,"
     " memory that each of them can find"},
    // Replication and commits.
    {"match_index is wrong", NULL, HANDLER},
    {"match_index is wrong", "where its snapshot ends", SENDS_SNAPSHOTS},
    {"match_index is wrong", NULL, MATCHES},
    {"match_index falls", NULL, MATCHES},
    {"next_index below match_index", NULL, MATCHES},
    {"next_index out of range", "entry 184467440737", MATCHES},
    {"next_index out of range", NULL, HANDLER},
    {"next_index out of range", NULL,
     "where next_index begins (election.c, become_leader) and goes back"
     " (replication.c, back_up)"},
    {"commit of an older term", NULL, COMMITS},
    {"commit without a majority", "was not saved yet", "raft.c, raft_start"},
    {"commit without a majority", "in a reply that came late", HANDLES_REPLIES},
    {"commit without a majority", "earlier leadership",
     "election.c, become_leader"},
    {"commit without a majority", "Half of the servers", COMMITS},
    {"commit without a majority", NULL, MATCHES ", and " COMMITS},
    {"majority without a commit", NULL, COMMITS},
    {"commit beyond the last new entry", NULL, HANDLES_APPENDS},
    {"State Machine Safety", NULL,
     HANDLES_APPENDS ": the test of the entry before, and the last step; or"
                     " " COMMITS},
    {"no heartbeats", NULL, "replication.c, replicate, heartbeat_thread"},
    {"liveness", "sends no heartbeats",
     "replication.c, replicate, heartbeat_thread"},
    {"liveness", "has sent no AppendEntries",
     "replication.c, replicate, heartbeat_thread"},
    {"liveness", "has sent it no entries",
     "replication.c, append_entries_thread, replicate"},
    {"liveness", "though its snapshot covers", HANDLES_APPENDS},
    {"liveness", "has acknowledged a snapshot up to",
     "what is done with the answer to a snapshot (snapshot.c,"
     " handle_install_reply)"},
    {"liveness", "snapshot ends, which", SENDS_SNAPSHOTS},
    {"liveness", "AppendEntries,", "replication.c, back_up"},
    {"liveness", "a majority is 1,",
     "what asks for votes (election.c, request_votes): a cluster of one asks"
     " nobody"},
    {"liveness", "did not become leader", COUNTS_VOTES},
    {"liveness", "no follower has ever applied",
     "who moves a follower's commit_index, and has to wake the applier:"
     " replication.c, handle_append_entries"},
    {"calls without end", "InstallSnapshot", SENDS_SNAPSHOTS},
    {"calls without end", "AppendEntries", MATCHES},
    // Snapshots.
    {"snapshot of another state", NULL, SENDS_SNAPSHOTS},
    {"snapshot not installed", NULL, INSTALLS},
    {"applied out of order", "snapshot", INSTALLS},
    {"applied out of order", "first of this life", "persist.c, restore"},
    {"liveness", "has not given it to its service", INSTALLS},
    // What a scenario expected.
    {"expectation", "entries wait for the next one",
     "what sends entries (replication.c, replicate)"},
    {"expectation", "does a transfer begin again", SENDS_SNAPSHOTS},
    {"expectation", "commands in two seconds", COMMITS},
    {"expectation", "does raft_get_state() answer", "raft.c, raft_get_state"},
};

const char *paper_place(const char *property, const char *text,
                        const char *handler)
{
    for (size_t i = 0; property != NULL && i < sizeof places / sizeof places[0];
         i++) {
        if (strcmp(places[i].property, property) != 0 ||
            (places[i].cue != NULL &&
             (text == NULL || strstr(text, places[i].cue) == NULL)))
            continue;
        if (places[i].where[0] != '\0')
            return places[i].where;
        if (handler != NULL)
            return handler;
    }
    return NULL;
}

const char *paper_place_at(size_t i)
{
    return i < sizeof places / sizeof places[0] ? places[i].where : NULL;
}
