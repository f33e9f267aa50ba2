// internal.h -- the checker's state, and its judges.
#ifndef GLASSRAFT_CHECK_INTERNAL_H
#define GLASSRAFT_CHECK_INTERNAL_H

#include "replay/model.h"
#include "check.h"
#include "clients.h"
#include "facts.h"
#include "findings.h"
#include "table.h"

// How much of a run the trace tells, besides kinds of events.
struct told {
    uint64_t last;                // number of the last event
    bool seen[TRACE_MAX_SERVERS]; // has had an event: belongs to the cluster
    // Bits of kinds: one that never came may explain what does not fit.
    uint64_t doubted;
    bool holes;         // numbers were skipped: something was left out
    uint64_t torn;      // the last number before the first hole amid the trace
    uint64_t n_missing; // numbers amid the trace
    bool fields;        // messages show theirs
    bool any_lost;      // some server was lost, perhaps is
    // Requests of these names were sent.
    bool asks_votes, appends, installs;
    // Replies have arrived that cannot be read and may have been votes, or
    // acknowledgements.
    bool deaf_votes, deaf_acks;
    bool blind;          // requests that may have been heartbeats, likewise
    bool members_change; // not all servers belong to the cluster all the time
    // Servers that were taken down and have told no boot since: their state
    // is unknown.
    bool lost[TRACE_MAX_SERVERS];
};

// A commit that no other makes needless for [P.4]: none of an earlier term
// reached as far.
struct committed {
    uint64_t in_term; // current_term of the server that committed it first
    uint64_t index, term, event, us;
    int server;
};

// Where an event comes from: the receipt of a message whose handler emitted
// it, directly or by what it did before; or another root.
enum { N_ORIGINS = 1 << 12 };
struct origin {
    uint64_t n, root; // root: number of that event, 0 = it has been forgotten
    enum trace_kind root_kind;
    uint64_t root_msg; // its message; of a client's start, its index
};

// A server's state when a request reached it.
struct before {
    enum trace_role role;
    uint64_t term, last_index, last_term, commit_index, snapshot_index;
    int voted_for;
    bool matches;      // AppendEntries: has the entry before the new ones
    uint64_t conflict; // first entry of it that conflicts; 0 = none
};

// A call, as much of it as is needed when its legs arrive.
enum { N_FLIGHTS = 4096, N_REPLIES = 2 };
struct flight {
    uint64_t msg; // 0 = free
    struct facts args;
    uint64_t sent_n, sent_us;
    int from, to;
    // At the receiver, from the receipt to the reply.
    bool handled;  // just now
    bool confused; // two copies of it at once, or another handler in between
    uint64_t recv_n, recv_us;
    struct before before;
    char refused_by[8]; // the rule that the handler named, "" = none
    struct flight_reply {
        uint64_t n; // the event
        struct facts_reply facts;
    } reply[N_REPLIES]; // the latest, for copies of a request have replies too
};

// What a server has in its persister, or would have if it saved now.
struct image {
    uint64_t term, last_index, last_term, snapshot_index;
    int voted_for;
    uint64_t event;       // that made it
    uint64_t low;         // lowest index of the log that it changed
    enum trace_kind kind; // of that event
    bool vague;           // snapshot_index is not told
};

// What a leader has heard of a peer, in this leadership.
struct view {
    uint64_t acked;        // highest index that a reply has acknowledged
    uint64_t acked_n;      // that reply's receipt
    uint64_t acked_before; // to its earlier leaderships, in this life
    uint64_t n_again; // acknowledged entries in a row that raised it no more
    uint64_t told_commit; // leader_commit of the last AppendEntries to it
    // Snapshots: how often one was begun, since the last that was finished,
    // and the last beginning.
    uint64_t n_begun, begun_us, begun_n;
    uint64_t heard_n; // the last answer to a request of this term
    uint64_t refused_n, refused_send; // the last refusal, what it answered
    uint64_t sent_us, entries_us, heard_us, refused_us;
    uint64_t n_refused, refused_index; // refusals in a row, the last one's
    uint64_t n_same;                   // ... of them for the same index
    uint64_t n_ours; // ... with the leader's own term as the conflicting one
    // ... or for a higher index than the one before: which, and that one
    uint64_t rose_to, rose_from;
};

// What became of a candidate's requests in a term: servers, as bits.
struct poll {
    uint64_t term, n, us; // the first request
    uint64_t asked, received, granted, refused;
};

enum { N_UNSAVED = 1 << 14, N_ACTIVE = 1024, N_IDLE = 6 };
struct judged {
    uint64_t boot_event, boot_index; // its last start, the snapshot found then
    bool saves;                      // has persisted something
    uint64_t snapshot_bytes;         // of the last persist
    struct image disk;
    // States in memory since then, oldest first; one of them may have been on
    // its way to the disk when the server crashed.
    struct image *unsaved;
    size_t n_unsaved, unsaved_room;
    // There were more than N_UNSAVED: what is saved is not known until a save
    // is of all that is in memory.
    bool unsaved_lost;
    // The newest term in its messages, of all its lives and of those before
    // the last crash, where it stands, and the last restart.
    uint64_t spoken_term, spoken_n, promised_term, promised_n, restart_us;
    // The requests that it is handling, as slots of check->flight.
    uint16_t active[N_ACTIVE];
    int n_active;
    // Votes for it: given by servers, and heard of by itself.
    uint64_t given_term, given, heard_term, heard;
    uint64_t refused; // in heard_term, by these
    // When the votes it heard of were a majority, and the last election that
    // it gave up long after that.
    uint64_t enough_us, enough_event, missed_us, missed_event, missed_term;
    int missed_votes;
    // The last truncation: of an entry, and by a server in which term.
    uint64_t cut_index, cut_term, cut_event, cut_in;
    uint64_t role_event, role_us, role_term; // the last change of its role
    uint64_t term_event;                     // current_term grew
    uint64_t ran_term;                       // it last stood for election
    struct poll poll;                        // of its last RequestVotes
    // Of its last RequestVote.
    uint64_t asked_term, asked_index, asked_last_term;
    struct view *view; // [peer], of its leadership
    uint64_t held_us;  // since when more stands on a majority than it commits
    uint64_t held;     // up to there
    // The election timer: when it was last due to be reset, and when it may
    // have been.
    bool timed, joined; // joined: it was connected once
    uint64_t reset_us, reset_by_us, may_reset_us, reset_n;
    uint64_t down_term; // of which it became a follower, not yet saved; 0: none
    const char *reset_why; // "had granted a vote" ...
    // The last messages that gave no reason to set it back, the latest first.
    struct idle {
        uint64_t n, recv_us, reply_us, term;
        int from;
        const char *rpc;
        bool old;    // of a leader of an older term
        bool answer; // to a request of its own, by `from`, of a newer term
    } idle[N_IDLE];
    uint64_t led_us; // it last sent AppendEntries in this leadership
    bool own_clock;  // runs slower or faster than the others'
    // The same of a server whose state is unknown, and when it last changed.
    bool odd_clock;
    uint64_t odd_us;
    uint64_t timeout_us, waited_us;
    uint64_t followed_us; // it last heard a leader of its term; 0 = never
    uint64_t commit_us, apply_us;
    uint64_t spoke_us; // its last event of its own
    uint64_t pause_us; // its threads stood still, or its clock was set
    uint64_t install_us, install_index; // a snapshot that is not applied yet
};

// The patience of those who say why a cluster does not go on.
enum {
    SOON_US = 200000,  // what should follow at once
    BEATS_US = 500000, // several heartbeats
    ELECTION_US = 1500000,
    FEW_ELECTIONS = 3,
};

// What messages alone tell.
struct spoken {
    // RequestVotes that left and arrived, answers to them, votes among these.
    uint64_t n_asked, n_received, n_answered, n_granted;
    uint64_t n_rivals; // answers no by servers that ran in the same term
    // The newest term that votes were asked for, by whom first, who gave it
    // one, as bits, and the first request.
    uint64_t asked_term, asked_n, asked_us, voters;
    int candidate;
    // The newest term in which a candidate has heard of a majority, and when.
    uint64_t won_term, won_n, won_us;
    int winner;
    // The newest term of an AppendEntries, who sent it, its first and last.
    uint64_t led_term, led_n, sent_us;
    int leader;
    uint64_t leader_commit; // of its messages
};

struct check {
    struct told told;
    struct spoken spoken;
    struct model model;
    struct judged *server;
    struct table leaders, entries, committed, applied;
    struct table sent;              // entries in messages
    struct committed *last_of_term; // in_term and index grow
    size_t n_terms, terms_room;
    uint64_t forgotten; // up to this index, see check_forget()
    // Messages, numbered anew where the trace's numbers are far apart: those
    // above `unnumbered` (a table from number to number).
    struct table number;
    uint64_t highest_msg, unnumbered;
    bool renumbers;
    struct flight *flight; // [msg % N_FLIGHTS]
    struct origin *origin; // [n % N_ORIGINS]
    struct facts_terms terms;
    uint64_t n_of_kind[TRACE_N_KINDS];
    // Elections since somebody led: how many, since when, their last term, and
    // who ran.
    uint64_t n_leaderless, leaderless_us, leaderless_term, ran;
    uint64_t longest_us; // that somebody has led a term
    uint64_t left_out;   // of diagnoses: servers, as bits
    struct check_finding diagnosis;
    // AppendEntries of old terms that arrived since the last election timeout,
    // the last of them and who sent it.
    uint64_t n_old, old_n, old_term;
    int old_from;
    uint64_t timeout_us, timeout_n; // the last election timeout of all
    bool entries_sent;              // some AppendEntries had entries
    bool untimed;                   // timers are not judged
    uint64_t without;               // bits of the kinds that are passed over
    bool tells_waited; // timeouts say how long the server has waited
    struct silent *silent;
    struct reach *reach;
    struct clients *clients; // NULL: nobody has asked anything
    size_t kept_sessions;    // check_sessions()
    uint64_t first_n;        // number of the first event
    bool broken;
    struct check_finding finding;
    struct evidence_book *book;  // in which it records; NULL
    struct check_finding reason; // at the same event, for properties
};

// Each judges an event by the state before it; false when it is broken.
bool check_safety(struct check *check, const struct trace_event *event);
// [P.3] What a boot tells; behind check_durability.
bool check_restored(struct check *check, const struct trace_event *event);
bool check_legality(struct check *check, const struct trace_event *event);
bool check_durability(struct check *check, const struct trace_event *event);
enum { CHECK_SNAPSHOT = 48 };
const char *check_snapshot_text(uint64_t index, char out[CHECK_SNAPSHOT]);
bool check_contract(struct check *check, const struct trace_event *event);
bool check_leader(struct check *check, const struct trace_event *event);
bool check_timers(struct check *check, const struct trace_event *event);
bool check_cuts(struct check *check, const struct trace_event *event);

// answers.c: gathers what clients asked and saw; why that is not judged, NULL
// when it is.
void check_gather(struct check *check, const struct trace_event *event);
bool check_has_clients(const struct check *check);
const char *check_unanswerable(const struct check *check);

// contract.c: whether an entry that is appended, or a commit_index that moves
// too far, follows from the AppendEntries that is being handled.
bool check_accepted(struct check *check, const struct trace_event *event);

// timers.c: is it now, by the server's own clock, less than an election timeout
// since it heard a leader? Then it may pass over a candidate's newer term (§6).
bool check_within_timeout(const struct check *check, int server,
                          uint64_t heard_us, uint64_t us);

// liveness.c: notes what a diagnosis may need.
void check_watch(struct check *check, const struct trace_event *event);

// found.c: the server and the rule that block the way; event and server are
// shown, 0 and TRACE_NONE for none. Returns true.
bool check_lies(struct check *check, const char *tag, int server,
                uint64_t event, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// dealings.c: [L.3] [L.1] [AE.2] [IS.3] a peer that is there does not get what
// it lacks.
bool check_left_behind(struct check *check, int leader, int peer, uint64_t us);

void check_sent(struct check *check, const struct trace_event *event,
                const struct flight *flight);
void check_refused(struct view *view, const struct flight *flight,
                   const struct facts_reply *reply,
                   const struct trace_event *event);

// stuck.c: whether a server counts for a diagnosis; [ALL.1] what is committed
// and [IS.8] what was installed does not reach its service. And both, and the
// dealings of its leader, of Rafts that tell nothing of themselves.
bool check_takes_part(const struct check *check, int server);
bool check_unapplied(struct check *check, int server, uint64_t us);
bool check_unloaded(struct check *check, int server, uint64_t us);
bool check_silent_unloaded(struct check *check, uint64_t us);
bool check_silent_stuck(struct check *check, uint64_t us);

// progress.c: notes what becomes of elections.
void check_polled(struct check *check, const struct trace_event *event);

// spoken.c: notes what messages tell; whether nobody ever asks for votes; and
// what hinders a Raft that tells no roles. Whoever crashed comes back in the
// last term that it spoke of, or in a newer one, whatever the trace tells of
// saves; false when it is broken.
void check_listen(struct check *check, const struct trace_event *event);
bool check_nobody_asks(struct check *check, uint64_t us);
bool check_by_messages(struct check *check, uint64_t us, bool commands);
bool check_keeps_term(struct check *check, const struct trace_event *event,
                      uint64_t term);

// silent.c: the judges of Rafts that tell nothing of themselves.
struct silent *silent_make(int n_servers);
void silent_free(struct silent *silent, int n_servers);
bool check_silent(struct check *check, const struct trace_event *event);
// All events are there: the first finding of the messages of servers that tell
// something counts when nothing else was found.
void check_settle(struct check *check);
// No server has told anything of itself yet.
bool check_is_silent(const struct check *check);

// flight.c: the call of a message, NULL when it is not known any more.
struct flight *check_flight(const struct check *check, uint64_t msg);
// The number by which the judges know the event's message; 0 = no such message.
uint64_t check_message(struct check *check, const struct trace_event *event);
// The reply that a receipt brings, NULL when it is not known.
const struct facts_reply *check_reply(const struct flight *flight,
                                      const struct trace_event *event);
// Notes a request that leaves, before the judges look at it.
void check_note(struct check *check, const struct trace_event *event);
// Notes after the judges what an event means for the handlers under way.
void check_disturb(struct check *check, const struct trace_event *event);
// The request whose handler emitted event n; NULL when it is none, or not
// known.
struct flight *check_handling(const struct check *check, uint64_t n);
const struct origin *check_origin(const struct check *check, uint64_t n);

// durability.c: is the entry at this index in the server's persister?
bool check_is_durable(const struct check *check, int server, uint64_t index);

// Has a save ended since the index was written that had begun before?
bool check_was_saving(const struct check *check, int server, uint64_t index);

// leader.c: the highest entry of the leader's own term that a majority holds
// and that it has not committed; 0 = none.
uint64_t check_held(const struct check *check, int leader);
// That it has not committed what a majority held before.
const char *check_say_held(const struct check *check, int leader,
                           char text[200]);

// safety.c: the leader of a term, NULL when none is known.
const struct table_cell *check_leader_of(const struct check *check,
                                         uint64_t term);

// found.c: records the finding, for which this rule is to blame (one of its
// tags in findings.def; "" = none), and returns false; or true where the trace
// lacks what the finding needs. The servers are the event's own and `other`
// (TRACE_NONE for none); `earlier` is an event that shows it, or 0.
bool check_broken(struct check *check, const struct trace_event *event,
                  enum finding finding, const char *tag, int other,
                  uint64_t earlier, const char *format, ...)
    __attribute__((format(printf, 7, 8)));
// The same, whatever the trace lacks.
bool check_found(struct check *check, const struct trace_event *event,
                 enum finding finding, const char *tag, int other,
                 uint64_t earlier, const char *text);
// One more event that shows it.
void check_show(struct check *check, uint64_t event);

// coverage.c: whether the trace has the kinds of events that a finding needs.
bool check_believes(struct check *check, enum finding finding);
// Whether all that changes a log is told; where it is not, and something does
// not fit, that is noted.
bool check_knows_logs(struct check *check);
// check_areas() as far as it follows from the kinds of events alone.
size_t check_told_areas(const struct check *check, struct check_area *out,
                        size_t most);
// Notes whether numbers were skipped before this event.
void check_number(struct check *check, const struct trace_event *event);
// Notes what the event of a server tells. Whether that server is lost.
bool check_is_lost(struct check *check, const struct trace_event *event);

// forget.c: what stands behind the snapshots of all servers is compared with
// nothing any more; forgets it now and then.
void check_forget(struct check *check, const struct trace_event *event);

// found.c: of the servers that the trace has told of.
int check_majority(const struct check *check);

static inline double check_seconds(uint64_t us)
{
    return (double)us / 1e6;
}

#endif
