// places.c -- where to look, by what was found and how it is told.
//
// A rule has many places that may break it; a finding says more than its rule.
// The first function that is named is the one that such a finding most often
// leads to. All names are those of the students' folder.
#include "check/findings.h"
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
#define RESTORES "what reads the saved state back (persist.c, restore)"
#define COMMITS                                                                \
    "what moves the leader's commit_index (replication.c, commit_by_majority)"
#define STORES "what stores a message's entries (replication.c, store)"
#define SENDS_SNAPSHOTS                                                        \
    "what sends a snapshot (snapshot.c, send_snapshot_thread)"
#define INSTALLS                                                               \
    "the handler of InstallSnapshot (snapshot.c, handle_install_snapshot) and" \
    " what cuts the log (log.c, log_compact)"
#define COMPACTS                                                               \
    "what cuts the log behind a snapshot (log.c, log_compact; snapshot.c,"     \
    " raft_snapshot)"
#define MATCHES                                                                \
    "what is done with an AppendEntries reply (" HANDLES_REPLIES ", back_up,"  \
    " match_advance)"

static const struct {
    enum finding finding;
    const char *cue; // in the finding's text; NULL = any
    const char *where;
} places[] = {
    // Votes and terms.
    {FINDING_VOTED_FOR_OLD_LOG, NULL, HANDLES_VOTES},
    {FINDING_VOTE_REFUSED, NULL, HANDLES_VOTES},
    {FINDING_NO_OWN_VOTE, "with a vote for S",
     "election.c, request_vote_thread: role and term are asked again under the"
     " lock"},
    {FINDING_NO_OWN_VOTE, NULL, "election.c, become_candidate"},
    {FINDING_REQUEST_WITHOUT_ELECTION, NULL, "election.c, request_vote_thread"},
    {FINDING_WRONG_LOG_IN_REQUEST, "index 0 has no term",
     "election.c, request_vote_thread"},
    {FINDING_WRONG_LOG_IN_REQUEST, "last_log_term 0,",
     "what tells how the log ends (log.c, log_last_term, log_last_index)"},
    {FINDING_WRONG_LOG_IN_REQUEST, NULL, "election.c, request_vote_thread"},
    {FINDING_LEADER_WITHOUT_MAJORITY, "No reply brought it",
     "what is done with a call that got no answer (election.c,"
     " request_vote_thread)"},
    {FINDING_LEADER_WITHOUT_MAJORITY, NULL, COUNTS_VOTES},
    {FINDING_ELECTION_SAFETY, NULL, COUNTS_VOTES ", and " HANDLES_VOTES},
    {FINDING_SENT_BY_NON_LEADER, NULL,
     "what makes the message (replication.c, append_entries_thread): role and"
     " term are asked again under the lock"},
    {FINDING_CURRENT_TERM_WRONG, "a candidate begins ",
     "election.c, become_candidate"},
    {FINDING_CURRENT_TERM_WRONG, NULL, HANDLER},
    {FINDING_NEWER_TERM_IGNORED, NULL, HANDLER},
    {FINDING_REPLIED_WRONG_TERM, NULL, HANDLER},
    {FINDING_LED_UNWON_TERM, NULL, HANDLER},
    {FINDING_STEPPED_DOWN, NULL, HANDLER},
    {FINDING_NO_STEP_DOWN, NULL, HANDLER},
    {FINDING_CANDIDATE_STAYED, NULL, HANDLER},
    {FINDING_OLD_TERM_ACCEPTED, NULL, HANDLER},
    // Elections.
    {FINDING_TIMER_NOT_RESET, "had granted a vote", HANDLES_VOTES},
    {FINDING_TIMER_NOT_RESET, "had received a snapshot",
     "snapshot.c, handle_install_snapshot"},
    {FINDING_TIMER_NOT_RESET, "refused its AppendEntries", HANDLES_APPENDS},
    {FINDING_TIMER_NOT_RESET, "had started an election",
     "election.c, become_candidate"},
    {FINDING_TIMER_NOT_RESET, "still led",
     "what makes a leader a follower (election.c, become_follower)"},
    {FINDING_TIMER_NOT_RESET, NULL,
     "the election timer (election.c, start_election, election_thread), and"
     " what sets it back: " HANDLES_APPENDS},
    {FINDING_ELECTION_TOO_EARLY, NULL,
     "the election timer (election.c, reset_timer, start_election)"},
    {FINDING_TIMER_RESET, "AppendEntries of the older", HANDLES_APPENDS},
    {FINDING_TIMER_RESET, "reply to its RequestVote", COUNTS_VOTES},
    {FINDING_TIMER_RESET, "reply to its ", HANDLES_REPLIES},
    {FINDING_TIMER_RESET, NULL, HANDLES_VOTES},
    {FINDING_LEADER_TIMED_OUT, "between its check",
     "election.c, election_thread: the timer is looked at, and the election"
     " begins, under one lock"},
    {FINDING_LEADER_TIMED_OUT, NULL, "election.c, start_election"},
    {FINDING_LIVENESS, "raft_start()", "raft.c, raft_start"},
    {FINDING_LIVENESS, "after it has lost its leadership",
     "what makes a leader a follower (election.c, become_follower)"},
    {FINDING_LIVENESS, "Choose a new random timeout",
     "election.c, reset_timer"},
    {FINDING_LIVENESS, "No server grants its vote", HANDLES_VOTES},
    // Saves.
    {FINDING_REPLIED_BEFORE_SAVING, "with another entry there",
     STORES ", which has to say that the log has changed; and " SAVES},
    {FINDING_REPLIED_BEFORE_SAVING, NULL, SAVES},
    {FINDING_SENT_BEFORE_SAVING, NULL, SAVES},
    {FINDING_SAVED_WITHOUT_SNAPSHOT, NULL, SAVES},
    {FINDING_SAVED_MISFIT, NULL, SAVES},
    {FINDING_SAVED_WRONG_STATE, "as the first of this life",
     "what a server does at birth (raft.c, raft_make; persist.c, restore)"},
    {FINDING_SAVED_WRONG_STATE, "first save since a restart", RESTORES},
    {FINDING_SAVED_WRONG_STATE, "save() returned false", SAVES},
    {FINDING_SAVED_WRONG_STATE, "two saves at a time", SAVES},
    {FINDING_SAVED_WRONG_STATE, "and kept what",
     "what cuts the log when a snapshot comes (log.c, log_compact; snapshot.c,"
     " handle_install_snapshot)"},
    {FINDING_SAVED_WRONG_STATE, "after installing a snapshot", INSTALLS},
    {FINDING_SAVED_WRONG_STATE, "discarding its whole log",
     "what tells how the log ends (log.c, log_last_index, log_last_term)"},
    {FINDING_SAVED_WRONG_STATE, "after discarding part of its log", COMPACTS},
    {FINDING_SAVED_WRONG_STATE, "handing in an older snapshot",
     "snapshot.c, raft_snapshot"},
    {FINDING_SAVED_WRONG_STATE, "for a snapshot of its service",
     "snapshot.c, raft_snapshot"},
    {FINDING_SAVED_WRONG_STATE, "n_same, same_snapshot",
     "what saves (persist.c, persist): what it says is the same was not what"
     " it saved last"},
    {FINDING_SAVED_WRONG_STATE, "the logs differ", STORES ", and " SAVES},
    {FINDING_SAVED_WRONG_STATE, "snapshot", INSTALLS},
    {FINDING_SAVED_WRONG_STATE, "the vote of term",
     "what begins a new term (election.c, set_term, become_follower,"
     " become_candidate)"},
    {FINDING_SAVED_WRONG_STATE, "the votes differ",
     "whatever sets voted_for (election.c, become_follower, set_term), and what"
     " saves (persist.c, persist)"},
    {FINDING_SAVED_WRONG_STATE, "a new term has no vote yet",
     "whatever sets voted_for (election.c, set_term, become_follower), and what"
     " saves (persist.c, persist)"},
    {FINDING_SAVED_WRONG_STATE, "saved no vote",
     "whatever sets voted_for (election.c, become_follower, set_term), and what"
     " saves (persist.c, persist)"},
    {FINDING_SAVED_WRONG_STATE, " over a vote for S",
     HANDLES_VOTES ", and whatever else sets voted_for"},
    {FINDING_SAVED_WRONG_STATE, NULL, SAVES ", or what has changed it unsaid"},
    {FINDING_RESTARTED_WITH_WRONG_STATE, NULL,
     "what saves the state, and what reads it back (persist.c, persist,"
     " restore)"},
    {FINDING_RESTARTED_WITHOUT_TERM, NULL, SAVES},
    {FINDING_SNAPSHOT_LOST_AT_RESTART, NULL, "persist.c, restore"},
    {FINDING_COMMIT_INDEX_OUTLIVED_RESTART, NULL, "persist.c, restore"},
    // Logs.
    {FINDING_ACCEPTED_UNMATCHED, NULL, HANDLES_APPENDS},
    {FINDING_REFUSED_MATCHING, NULL, HANDLES_APPENDS},
    {FINDING_TRUNCATED_WITHOUT_CONFLICT, " refused S",
     HANDLES_APPENDS ", and " STORES},
    {FINDING_TRUNCATED_WITHOUT_CONFLICT, "AppendEntries", STORES},
    {FINDING_TRUNCATED_WITHOUT_CONFLICT, "which it had saved and no", STORES},
    {FINDING_TRUNCATED_WITHOUT_MESSAGE, "compacted it", COMPACTS},
    {FINDING_TRUNCATED_WITHOUT_CONFLICT, NULL, HANDLER},
    {FINDING_TRUNCATED_WITHOUT_MESSAGE, NULL, HANDLER},
    {FINDING_CONFLICT_KEPT, NULL, STORES},
    {FINDING_APPENDED_TWICE, NULL, STORES},
    {FINDING_ACKNOWLEDGED_UNSTORED, NULL, STORES},
    {FINDING_LEADER_APPEND_ONLY, NULL, HANDLER},
    {FINDING_LEADER_APPEND_ONLY, NULL,
     "what a leader does with its log (election.c, become_leader; raft.c,"
     " raft_start)"},
    {FINDING_WRONG_PREV_LOG_TERM, "is of term 0:",
     "what tells an entry's term (log.c, log_term_at), and where the snapshot's"
     " term is kept (log.c, log_compact; persist.c, restore)"},
    {FINDING_WRONG_PREV_LOG_TERM, NULL,
     "what makes the message (replication.c, append_args)"},
    {FINDING_COMMAND_AT_WRONG_INDEX, NULL, "raft.c, raft_start"},
    {FINDING_COMMAND_BY_NON_LEADER, NULL, "raft.c, raft_start"},
    {FINDING_APPLIED_OTHER_ENTRY, "the entry in its log there",
     "the thread that applies (apply.c, apply_thread)"},
    {FINDING_APPLIED_OTHER_ENTRY, NULL, STORES},
    {FINDING_CAME_BY_NO_MESSAGE, NULL,
     "what servers share besides messages and disks: an address in a message,"
     " memory that each of them can find"},
    {FINDING_LOG_MATCHING, ", both as leader of that term",
     "what makes the message (replication.c, append_args), and what gives"
     " commands their index (raft.c, raft_start)"},
    // Replication and commits.
    {FINDING_MATCH_INDEX_TOO_HIGH, NULL, HANDLER},
    {FINDING_MATCH_INDEX_TOO_HIGH, "where its snapshot ends", SENDS_SNAPSHOTS},
    {FINDING_MATCH_INDEX_TOO_HIGH, NULL, MATCHES},
    {FINDING_MATCH_INDEX_BACKWARDS, NULL,
     "what moves match_index (replication.c, match_advance,"
     " handle_append_reply; raft.c, raft_start)"},
    {FINDING_TOO_MANY_ENTRIES, NULL,
     "what makes the message (replication.c, append_args)"},
    {FINDING_NEXT_INDEX_TOO_LOW, NULL, MATCHES},
    {FINDING_NEXT_INDEX_OUT_OF_RANGE, "entry 184467440737", MATCHES},
    {FINDING_NEXT_INDEX_OUT_OF_RANGE, NULL, HANDLER},
    {FINDING_NEXT_INDEX_OUT_OF_RANGE, NULL,
     "where next_index begins (election.c, become_leader) and goes back"
     " (replication.c, back_up)"},
    {FINDING_COMMIT_OF_OLDER_TERM, NULL, COMMITS},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "had begun before", SAVES},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "was not yet saved",
     "raft.c, raft_start"},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "in a reply that came late",
     HANDLES_REPLIES},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "in an earlier term",
     "election.c, become_leader"},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "Half of the servers", COMMITS},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "an election commits nothing",
     "election.c, become_leader"},
    {FINDING_COMMIT_WITHOUT_MAJORITY, "By its own match_index", COMMITS},
    {FINDING_COMMIT_WITHOUT_MAJORITY, NULL, MATCHES ", and " COMMITS},
    {FINDING_MAJORITY_NOT_COMMITTED, "counts its own copy",
     "what counts the leader's own copy (raft.c, raft_start; election.c,"
     " become_leader)"},
    {FINDING_MAJORITY_NOT_COMMITTED, NULL, COMMITS},
    {FINDING_LIVENESS, "counts its own copy",
     "what counts the leader's own copy (raft.c, raft_start; election.c,"
     " become_leader)"},
    {FINDING_COMMIT_BEYOND_MESSAGE, "Since it was restarted", RESTORES},
    {FINDING_COMMIT_BEYOND_MESSAGE, NULL, HANDLES_APPENDS},
    {FINDING_APPLIED_BEFORE_COMMIT, "as when it was restarted",
     "what reads the saved state back (persist.c, restore), and the thread that"
     " applies (apply.c, apply_thread)"},
    {FINDING_STATE_MACHINE_SAFETY, NULL,
     HANDLES_APPENDS ": the test of the entry before, and the last step; or"
                     " " COMMITS},
    {FINDING_NO_HEARTBEATS, NULL, "replication.c, replicate, heartbeat_thread"},
    {FINDING_LIVENESS, "is not sending heartbeats",
     "replication.c, replicate, heartbeat_thread"},
    {FINDING_LIVENESS, "has sent no AppendEntries",
     "replication.c, replicate, heartbeat_thread"},
    {FINDING_LIVENESS, "has sent it no entries",
     "replication.c, append_entries_thread, replicate"},
    {FINDING_LIVENESS, "although its snapshot covers", HANDLES_APPENDS},
    {FINDING_LIVENESS, "has acknowledged a snapshot up to",
     "what is done with the answer to a snapshot (snapshot.c,"
     " handle_install_reply)"},
    {FINDING_LIVENESS, "snapshot ends, which",
     "what decides that a peer needs the snapshot, and sends it (replication.c,"
     " replicate; snapshot.c, send_snapshot_thread)"},
    {FINDING_LIVENESS, "give as conflict_term", HANDLES_APPENDS},
    {FINDING_LIVENESS, "forward once more",
     "what moves next_index when a message leaves (replication.c,"
     " append_entries_thread)"},
    {FINDING_LIVENESS, "back too slowly", "replication.c, back_up"},
    {FINDING_LIVENESS, "AppendEntries ", "replication.c, back_up"},
    {FINDING_LIVENESS, "(a majority is 1)",
     "what asks for votes (election.c, request_votes): a cluster of one asks"
     " nobody"},
    {FINDING_LIVENESS, "did not become leader", COUNTS_VOTES},
    {FINDING_LIVENESS, "knew of a majority of votes", COUNTS_VOTES},
    {FINDING_LIVENESS, "no follower has ever applied",
     "who moves a follower's commit_index, and has to wake the applier:"
     " replication.c, handle_append_entries"},
    {FINDING_CALLS_WITHOUT_END, "InstallSnapshot", SENDS_SNAPSHOTS},
    {FINDING_CALLS_WITHOUT_END, "AppendEntries", MATCHES},
    // Snapshots.
    {FINDING_UNKNOWN_SNAPSHOT, NULL, SENDS_SNAPSHOTS},
    {FINDING_SNAPSHOT_OF_NOTHING, NULL, SENDS_SNAPSHOTS},
    {FINDING_SNAPSHOT_NOT_INSTALLED, NULL, INSTALLS},
    {FINDING_APPLIED_OUT_OF_ORDER, "snapshot", INSTALLS},
    {FINDING_APPLIED_OUT_OF_ORDER, "first of this life", "persist.c, restore"},
    {FINDING_LIVENESS, "has not given it to its service", INSTALLS},
    {FINDING_LIVENESS, "keeps its wrong tail", INSTALLS},
    {FINDING_LIVENESS, "reply to its InstallSnapshot contradicts",
     "what is done with the answer to a snapshot (snapshot.c,"
     " handle_install_reply)"},
    {FINDING_SNAPSHOT_WITH_WRONG_TERM, "restarted with", "persist.c, restore"},
    {FINDING_SNAPSHOT_WITH_WRONG_TERM, "last_included_term 0:",
     "what reads a snapshot's term back (persist.c, restore), or takes it over"
     " (snapshot.c, handle_install_snapshot)"},
    {FINDING_SNAPSHOT_WITH_WRONG_TERM, "last_included_term ", COMPACTS},
    // What a scenario expected.
    {FINDING_EXPECTATION, "entries wait for the next one",
     "what sends entries (replication.c, replicate)"},
    {FINDING_EXPECTATION, "does a transfer begin again", SENDS_SNAPSHOTS},
    {FINDING_EXPECTATION, "commands in two seconds", COMMITS},
    {FINDING_EXPECTATION, "does raft_get_state() answer",
     "raft.c, raft_get_state"},
    {FINDING_EXPECTATION, "raft_start() said index", "raft.c, raft_start"},
};

const char *paper_place(const char *property, const char *text,
                        const char *handler)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (!finding_is(property, places[i].finding) ||
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
