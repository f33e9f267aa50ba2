// record.h -- what the recorder of evidence remembers between two events.
#ifndef GLASSRAFT_CHECK_RECORD_H
#define GLASSRAFT_CHECK_RECORD_H

#include "evidence.h"
#include "internal.h"

// What the sender of a message rested on when the message left: events.
struct grounds {
    uint64_t msg;     // a request's, to see whether these are its grounds
    uint64_t role;    // its last change of role, or start
    uint64_t led;     // it last became leader
    uint64_t term;    // its last term, if that is newer than its role
    uint64_t vote;    // its last vote
    uint64_t commit;  // by which it committed what the message says
    uint64_t compact; // its last snapshot
};

// Of a server; numbers of events unless said otherwise, 0 = none.
struct recorded {
    uint64_t boot, role, led, term, timeout, vote, vote_term, cut, cut_msg;
    uint64_t saved, applied, compacted, crashed, stepped_down, stepped_down_us;
    // Elections that it has stood for in a row.
    uint64_t first_stood, n_stood;
    // By index: the event that stored the entry, that committed it, that took
    // it away again.
    uint64_t *copy, *commit, *gone, *gone_term;
    size_t room;  // of these three
    uint64_t end; // behind the last copy
    // The snapshot that stands for entries, and what brought it.
    uint64_t covered, covered_by;
    // The leader of its term that it heard last, and when.
    int leader;
    uint64_t heard_us;
    // By peer: its vote in the election that runs, or the answer with it; the
    // answer that acknowledged most, and how much (an index); its last request
    // that was lost, if none has arrived since.
    uint64_t *votes, *acks, *acked, *lost;
    uint64_t commit_n, commit_to; // its last commit as a leader
};

struct evidence_book {
    const struct trace_file *trace;
    struct evidence *of; // [position]
    size_t at;           // position of the event that is judged
    struct evidence_cause *cause;
    size_t n_causes, room; // cause[0] is none
    struct recorded *server;
    int n_servers;
    struct grounds *request, *reply;  // [slot of a flight], [2 * slot + copy]
    const struct trace_event **fault; // what the harness did to the network
    size_t n_faults, fault_room;
    uint64_t n_of_kind[TRACE_N_KINDS];
    struct check *check; // at the end of the trace; owns its finding
    char progress[1000];
    const char *progress_tag;
};

// The event that is recorded, and what is at hand about it.
struct now {
    struct evidence_book *book;
    const struct check *check;
    const struct trace_event *event;
    struct recorded *server;
    const struct model_server *model; // before the event
    // The call whose request or answer it follows from; NULL.
    const struct flight *flight;
    const struct grounds *asker, *answerer; // NULL when not known
    bool by_answer;                         // it follows from an answer
    const struct origin *origin;
};

// grounds.c: notes what the event rests on, after it was judged and before it
// changes the model.
void record_event(struct evidence_book *book, const struct check *check,
                  const struct trace_event *event);
// silence.c: the same for an election timeout and for a message that was lost.
void record_silence(struct evidence_book *book, const struct check *check,
                    const struct trace_event *event);
void record_loss(struct evidence_book *book, const struct trace_event *event);
void record_fault(struct evidence_book *book, const struct trace_event *event);

// answers.c: the same for clients: an answer rests on the entry that its server
// took and on the application of that, an entry on the client's call.
void record_client(struct evidence_book *book, const struct check *check,
                   const struct trace_event *event);

// logs.c: the same for what changes a log and for what is done with it. And
// the event that stored, committed or took away a server's entry (of a term);
// 0 = none.
void record_log(const struct now *now);
void record_boot(const struct now *now);
uint64_t record_copy(const struct now *now, int server, uint64_t index);
uint64_t record_commit(const struct now *now, uint64_t index);
uint64_t record_gone(const struct now *now, int server, uint64_t index,
                     uint64_t term);

// book.c: the event that is judged rests on event n; 0 is ignored.
void record_cause(struct evidence_book *book, uint64_t n,
                  enum evidence_step step);
// An event that came too late to count for the effect.
void record_late(struct evidence_book *book, uint64_t effect, uint64_t n);
// The evidence of event n; NULL when there is no such event.
struct evidence *record_of(struct evidence_book *book, uint64_t n);

static inline void rests_near(const struct now *now, uint64_t n)
{
    record_cause(now->book, n, EVIDENCE_NEAR);
}

static inline void rests_far(const struct now *now, uint64_t n)
{
    record_cause(now->book, n, EVIDENCE_FAR);
}

static inline void record_member(const struct now *now, int server)
{
    now->book->of[now->book->at].servers.bits[server / 64] |= 1ull
                                                              << (server % 64);
}

// progress.c: how far progress has come; the tag of the rule to look at.
const char *check_progress(struct check *check, char *text, size_t n);

#endif
