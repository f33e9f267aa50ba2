// silent.h -- what messages prove of Rafts that tell nothing of themselves.
//
// Without trace calls there are the messages, and what went through the
// harness's hands: commands taken, states saved, entries given to services.
// Each server is followed by what these prove of it: a term that it has been
// in, a vote that it has given, entries that its log has, an index up to which
// it may commit. A proof counts for what begins after it: a handler that was
// at work already, or a message that another thread had made before, may know
// less.
#ifndef GLASSRAFT_CHECK_SILENT_H
#define GLASSRAFT_CHECK_SILENT_H

#include "internal.h"

enum {
    SILENT_LOG = 1024,  // indexes of a log whose terms are kept, the newest
    SILENT_VOTES = 16,  // terms of which votes are kept
    SILENT_RUNS = 8,    // elections
    SILENT_PENDING = 32 // requests of a leader that are being handled
};

// A request as it found its receiver: at its first copy's receipt.
struct silent_receipt {
    uint64_t msg, n, us;
    int life;            // of the receiver
    uint64_t term;       // that the receiver had been in
    uint64_t sure, last; // an entry that its log had, and its term
    bool has, lacks;     // AppendEntries: the entry before the new ones
    uint64_t n_requests; // of leaders that had reached the receiver
};

// A state on a disk, as far as it is understood.
struct silent_image {
    uint64_t n, us; // the event; 0 = there is none
    uint64_t term, last_index, last_term, snapshot_index;
    int voted_for;
    uint64_t n_requests; // of leaders that had come
    bool quiet;          // and none of them was being handled
};

struct silent_server {
    // Since its last start; events of the life before it may still come.
    int life;
    bool down;
    uint64_t life_n, life_us;
    uint64_t still_us; // its threads stood still until then, or it was slow
    bool own_clock;
    // The newest term that it has shown, and the newest that a reply brought.
    uint64_t term, term_n;
    uint64_t heard_term, heard_n;
    uint64_t term_us, heard_us;
    uint64_t deaf_n; // the last answer that came to it and cannot be read

    struct silent_vote {
        uint64_t term, n;
        int to;
    } vote[SILENT_VOTES]; // [term % SILENT_VOTES]
    struct silent_run {
        uint64_t term, n, us;
        uint64_t index, last_term;    // of its log
        uint64_t voters;              // that it has heard of, bits
    } run[SILENT_RUNS];               // [term % SILENT_RUNS]
    uint64_t ran_us, ran_n, ran_term; // its last election
    uint64_t stood_us; // it last saved a vote for itself: it may ask nobody
    int n_quick;       // elections in a row with no time between them
    uint64_t quick_us; // the first of these
    struct silent_asked {
        uint64_t term, by; // who has asked for it and may have it, bits
        uint64_t ever;     // who has asked for it
    } asked[SILENT_VOTES]; // [term % SILENT_VOTES]

    // The newest term in which it has sent as the leader.
    uint64_t led_term, led_n;
    uint64_t won_us, led_us;        // it first, and last, sent AppendEntries so
    uint64_t deposed_n, deposed_us; // when it learned of a newer one; 0 = not
    struct silent_peer {
        struct view view;         // of the leader's present term
        uint64_t us;              // acked since
        uint64_t late, installed; // heard since; by the answer to a snapshot
        uint64_t told_commit, told_n, told_us; // highest leader_commit, first
    } * peer;                                  // [server]

    // Its log: entries up to `sure` are there, those up to `kept` on its disk
    // as well. What is not in the table is not known.
    struct {
        uint64_t index, term, n; // n: the event that proves it
        bool taken;              // by raft_start()
    } log[SILENT_LOG];           // [index % SILENT_LOG]
    uint64_t sure, sure_n, kept;
    uint64_t leader_term; // newest term of a leader that has reached it
    uint64_t n_requests;  // of leaders
    uint64_t changed_n;   // the last event that may have changed it

    // It may commit that far, whatever comes; and by its leader's entries.
    uint64_t may_commit, match, match_term;
    uint64_t pending[SILENT_PENDING]; // messages
    int n_pending;
    uint64_t last_given, given; // to its service, in this life; and ever
    uint64_t may_now, may_us;   // it may commit in this life; that is more than
                                // was given since then
    uint64_t given_us;

    struct silent_image disk;
    uint64_t sure_at_save; // when the save before the last was over
    bool unknown_saves;    // some save was in an encoding of its own
    bool snapshots;        // it has saved one, or got one
    bool sent_unknown;     // it was sent entries whose terms are forgotten
    uint64_t snapshot_n, snapshot_us, snapshot_index; // the last that it got

    // What sets its election timer back, last.
    uint64_t reset_us, reset_n;
    const char *reset_why;
    uint64_t leader_us; // a leader's message has reached it
    uint64_t old_us;    // that of a leader of an older term, last
};

struct silent {
    bool speaks; // some server tells of itself: what is found is held back
    struct check_finding held; // the first; property NULL: none
    bool blind;                // nothing is judged here
    bool saves;  // states are told when they are saved; not only the first
    bool others; // messages of other names than Figure 2's have been sent
    uint64_t n_runs;
    struct silent_server *server;
    struct silent_receipt *receipt; // [msg % N_FLIGHTS]
    struct table led;     // [term + 1]: server and event of its leader
    struct table entries; // [index, term]: first = term before, second = who
                          // has been sent it, bits
    // The last entry that is known to be committed, with the event.
    uint64_t committed, committed_term, committed_n;
    int committed_by;
};

// An event of a message, as the judges see it.
struct silent_case {
    struct check *check;
    struct silent *silent;
    const struct trace_event *event;
    struct silent_server *me;
    const struct flight *flight;
    const struct facts *args;
    const struct facts_reply *reply;
    struct silent_receipt *receipt; // REPLY
};

// silent_case.c
bool silent_broken(const struct silent_case *c, enum finding finding,
                   const char *tag, int other, uint64_t earlier,
                   const char *format, ...)
    __attribute__((format(printf, 6, 7)));

// Whether events of the harness and of all messages' legs are told, so that
// what is not there did not happen.
bool silent_tells(const struct silent_case *c, enum trace_kind kind);
// Whether the trace shows all saves of the server that it must make; then, is
// its entry at this index on its disk, for all that is known?
bool silent_must_save(const struct silent_case *c);
bool silent_has_saved(const struct silent_case *c, uint64_t index);

// silent_votes.c: terms, votes, elections.
bool silent_judge_asking(const struct silent_case *c);  // a RequestVote leaves
bool silent_judge_leading(const struct silent_case *c); // a leader's message
bool silent_judge_answer(const struct silent_case *c);  // terms and votes
void silent_hear_vote(const struct silent_case *c);
void silent_be_asked(const struct silent_case *c); // a RequestVote arrives

// silent_log.c
void silent_claim(struct silent_server *server, uint64_t index, uint64_t term,
                  uint64_t n);
// The term of its entry at this index; false when that is not known.
bool silent_term_at(const struct silent_server *server, uint64_t index,
                    uint64_t *term);
void silent_forget_from(struct silent_server *server, uint64_t index);
void silent_receive(const struct silent_case *c); // a leader's request arrives
bool silent_judge_entries(const struct silent_case *c); // AppendEntries leaves
bool silent_judge_append(const struct silent_case *c);  // and its answer
bool silent_judge_taken(const struct silent_case *c);

// silent_commit.c
bool silent_judge_commit(const struct silent_case *c);  // a leader's message
void silent_learn_commit(const struct silent_case *c);  // an answer leaves
void silent_learn_pending(const struct silent_case *c); // it crashes
void silent_hear_ack(const struct silent_case *c);
void silent_learn_held(const struct silent_case *c); // it has saved its own
bool silent_judge_given(const struct silent_case *c);

// silent_saves.c
bool silent_judge_saved(const struct silent_case *c);
bool silent_judge_promise(const struct silent_case *c); // a send, an answer

// silent_timers.c
bool silent_judge_timer(const struct silent_case *c);   // an election begins
bool silent_judge_waiting(const struct silent_case *c); // an answer leaves
void silent_reset_timer(const struct silent_case *c);   // an answer leaves

#endif
