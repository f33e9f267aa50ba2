// clients.h -- what clients of a service asked and saw, and how it came about.
//
// It is gathered from a trace, event by event. Besides the operations
// themselves (TRACE_INVOKE, TRACE_RETURN) it knows, as far as the causes of
// the events tell it, which entries of the log an operation became, at which
// index and in which term, whose answer the client took, and how far that
// server had come when the answer left. No word of the service's own is
// needed for that, whoever wrote it.
//
//     struct clients *clients = clients_make(n_servers);
//     for each event: clients_step(clients, &event);
//     struct clients_verdict verdict;
//     clients_judge(clients, 0, &verdict);
//     clients_clear(&verdict), clients_free(clients);
#ifndef GLASSRAFT_CHECK_CLIENTS_H
#define GLASSRAFT_CHECK_CLIENTS_H

#include "base/arena.h"
#include "linear.h"
#include "table.h"
#include "trace/trace.h"

#define CLIENTS_NONE SIZE_MAX

// An entry that a server took for an operation.
struct clients_entry {
    size_t operation;
    int server;
    uint64_t index, term, n, us; // the event of taking it
    uint64_t applied_n;          // the first server applies it; 0 = none did
    size_t next;                 // of the same operation, or CLIENTS_NONE
};

// An answer that left a server.
struct clients_answer {
    size_t operation;
    int server;
    uint64_t n, us;
    // As of then: the term that the server led (0 = it did not), what it had
    // handed to its service, the snapshot that its service began with (0 =
    // none), how far anybody had committed, and who led in the highest term
    // (TRACE_NONE: nobody) since which event.
    uint64_t leads, handed, restored, committed, leader_term, leader_n;
    int leader;
    uint64_t told; // the index in it; 0: none, or not known
    bool tells;    // that is known
    bool undone;   // it says that nothing was done here: another server leads
};

// Texts are the arena's; NULL is the empty value.
struct clients_operation {
    uint64_t client, number;
    const char *call, *key, *value, *expected, *answer, *result;
    uint64_t invoke_n, invoke_us, return_n, return_us; // 0: no return
    uint64_t told_index;                               // by its return
    size_t first_entry, last_entry; // in the order of taking; CLIENTS_NONE
    size_t n_entries;
    size_t taken_answer; // that the client took; CLIENTS_NONE: not known
    size_t n_sent;       // requests that carried it
    // Its session and its number in that, as it was sent first; 0: none, or not
    // known. Where it was sent with another number later, that one.
    uint64_t session, sequence, numbered_n, resequence, renumbered_n;
};

// What was handed to a service at an index first.
struct clients_applied {
    uint64_t n, term;
    size_t entry;  // CLIENTS_NONE: of no operation
    bool harmless; // it stands for no operation: what took it carried none
};

// A service began again from a snapshot (index 0: from nothing), or took one
// over while it ran.
struct clients_restored {
    uint64_t n, index;
    int server;
    bool boot;
};

// A message by which a client asks, where its fields are told.
struct clients_request {
    uint64_t msg, n, session, sequence;
    size_t operation;   // CLIENTS_NONE: of none
    bool opens;         // a session
    bool replied;       // a server has answered it, whatever it said
    uint64_t undone_us; // when it said that it does not lead; 0: it did not
    int server;         // that took an entry for it, and which
    uint64_t index, term;
};

enum { CLIENTS_UNNAMED = -1 };

struct clients_session {
    uint64_t number, highest; // the highest request that was sent in it
    uint64_t opened_n, index; // the reply that told its number; its entry
    int server;               // that told it
    // The first reply that gave it to a client; index: of the entry that its
    // server took for that client, where that was not the one it answered.
    uint64_t given_n, given_index;
    int given_server, given_client; // CLIENTS_UNNAMED: it did not say who
    uint64_t given_msg;
    size_t operation; // that used it first; CLIENTS_NONE
    uint64_t used_n;
};

// What a service or a clerk may not do, whatever comes of it.
struct clients_breach {
    const char *tag; // NULL: there was none
    char text[800];
    uint64_t earlier_n, n; // the events that show it
};

struct clients {
    int n_servers;
    size_t kept_sessions; // that a server has to keep; 0: not known
    struct clients_operation *operation;
    size_t n_operations, operation_room;
    struct clients_entry *entry;
    size_t n_entries, entry_room;
    struct clients_answer *answer;
    size_t n_answers, answer_room;
    struct clients_applied *applied; // [index]
    size_t applied_room;             // indexes below it have a place
    struct clients_restored *restored;
    size_t n_restored, restored_room;
    uint64_t *handed, *leads, *saved; // [server]; saved: the snapshot's index
    uint64_t committed, leader_term, leader_n;
    int leader;
    bool tells_commits;
    // Returns of nothing that was invoked; calls that are none of the four.
    bool orphans, strange;
    // Events that an operation caused, its messages, its answers, its name, and
    // entries by index and term, what was handed to whom, and who
    // has made a snapshot.
    struct table events, messages, replies, names, taken, hands, made;
    // clients_numbers.c: messages by their number, by the event of their
    // arrival, by session and number in it; and sessions.
    struct clients_request *request;
    size_t n_requests, request_room, n_registers;
    uint64_t last_register; // the highest index of a session's opening
    struct clients_session *session;
    size_t n_sessions, session_room;
    struct table asks, arrivals, numbers, sessions;
    struct clients_breach breach;
    struct arena arena;
};

struct clients *clients_make(int n_servers);
void clients_free(struct clients *clients);
void clients_step(struct clients *clients, const struct trace_event *event);
// The part of it that looks at no session and no number.
void clients_follow(struct clients *clients, const struct trace_event *event);
// clients_restored.c: a service begins with a snapshot; a Raft has one up to an
// index. Whether a server's own service has made the one of an index.
void clients_restores(struct clients *clients, const struct trace_event *event);
void clients_makes(struct clients *clients, int server, uint64_t index,
                   uint64_t n);
bool clients_made(const struct clients *clients, int server, uint64_t index);
// What a server's service has begun with, or taken over, last; index 0:
// nothing.
struct clients_restored clients_restored_by(const struct clients *clients,
                                            int server);
// An entry was handed to a service.
void clients_hands(struct clients *clients, const struct trace_event *event);

// The answer that the client took, NULL when that is not known; and the entry
// of the operation that was applied first, likewise.
const struct clients_answer *
clients_answer_of(const struct clients *clients,
                  const struct clients_operation *op);
const struct clients_entry *
clients_entry_of(const struct clients *clients,
                 const struct clients_operation *op);
// The operation that a client's event, a message on its behalf or an answer to
// it belongs to, by the number of that event; and the one whose entry of this
// index and term was taken. NULL: none. The second also for what carries no
// operation but works for one.
const struct clients_operation *clients_behind(const struct clients *clients,
                                               uint64_t n);
const struct clients_operation *clients_at(const struct clients *clients,
                                           uint64_t index, uint64_t term);
// The answer that left with this event; NULL.
const struct clients_answer *clients_answer_at(const struct clients *clients,
                                               uint64_t n);
// The entry that the answering server had taken itself before it answered, the
// last of them; NULL.
const struct clients_entry *clients_own_entry(const struct clients *clients,
                                              const struct clients_answer *a);
// The event by which a server handed an index to its service last; 0 = none.
uint64_t clients_handed_at(const struct clients *clients, int server,
                           uint64_t index);
// The same, with its time.
uint64_t clients_handed_then(const struct clients *clients, int server,
                             uint64_t index, uint64_t *us);
// clients_numbers.c: has a server applied, in this life, the entry that it took
// for a request a while ago, and not answered? Says so, with both events.
bool clients_unanswered(const struct clients *clients, uint64_t us, char *text,
                        size_t room, uint64_t events[2]);
// clients_redo.c: the kind of a call; "C1's put a=2", "C2's get a".
enum linear_kind clients_kind(const char *call);
const char *clients_name(const struct clients_operation *op, char *text,
                         size_t room);

// ------------------------------------------------------------------ verdict

enum { CLIENTS_EVENTS = 12 };

struct clients_verdict {
    struct linear_verdict linear;
    // The history: operations that may have happened. shown, failed and the
    // like of `linear` are numbers in it; source gives the operation's number
    // in clients->operation.
    struct linear_operation *history;
    size_t *source, n;
    uint64_t budget;
    // Where the trace proves how a wrong answer came about: a sentence, the
    // rule that is against it, and the events that show it. "" and NULL else.
    char reason[490];
    const char *tag;
    uint64_t events[CLIENTS_EVENTS];
    size_t n_events;
};

// Judges what was gathered so far. Budget: as for linear_check().
void clients_judge(const struct clients *clients, uint64_t budget,
                   struct clients_verdict *verdict);
void clients_clear(struct clients_verdict *verdict);

// Does an answer of a server say another index than that at which it had
// applied the request? Says so, with the events; for a history that is in
// order.
bool clients_misplaced(const struct clients *clients, char *text, size_t room,
                       uint64_t events[2]);

// clients_why.c: fills in reason, tag and events of an illegal verdict, if it
// can.
void clients_explain(const struct clients *clients,
                     struct clients_verdict *verdict);

#endif
