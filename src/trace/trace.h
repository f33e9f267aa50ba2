// trace.h -- events: recording, writing and reading the trace of a run.
//
// Everything that happens in a run is an event: a flat struct of which each
// kind uses the few fields that trace_kinds[] lists for it. That one table
// drives the recorder's packing, the hash, the JSON Lines writer, the reader,
// the schema and the page for people, so they cannot drift.
//
// A recorder numbers events 1, 2, 3 ..., stamps them with its clock, folds
// each into a hash, shows it to an observer (the checker) and, if it is asked
// to store, keeps it for trace_write(). A run is the same whether it is
// stored or not. The recorder may be used from any thread; it never blocks,
// never is a scheduling point, and synchronises nothing that ThreadSanitizer
// could take for the caller's own locking.
#ifndef GLASSRAFT_TRACE_H
#define GLASSRAFT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/message.h"

C_NAMES_BEGIN

enum { TRACE_VERSION = 1, TRACE_NONE = -1, TRACE_MAX_SERVERS = 256 };

enum trace_role { TRACE_FOLLOWER, TRACE_CANDIDATE, TRACE_LEADER };

enum trace_kind {
    TRACE_UNKNOWN, // a kind that this reader does not know; only n, us, node
    // of a server, under its lock
    TRACE_BOOT,     // term, voted_for, index, entry_term (snapshot boundary),
                    // entries (the log behind the boundary)
    TRACE_TIMEOUT,  // term, waited_us
    TRACE_ROLE,     // from_role, to_role, term, why
    TRACE_TERM,     // from, to, why
    TRACE_VOTE,     // term, voted_for
    TRACE_START,    // index, term, ok, command
    TRACE_APPEND,   // index (of the first), entries
    TRACE_TRUNCATE, // index (first that goes)
    TRACE_NEXT,     // peer, from, to
    TRACE_MATCH,    // peer, from, to
    TRACE_COMMIT,   // from, to
    TRACE_APPLY,    // index, term (the entry's), command, ok = is a snapshot
    TRACE_PERSIST,  // bytes, snapshot_bytes, term, voted_for, index (last),
                    // entry_term (its term), from (last_included_index)
    TRACE_COMPACT,  // index, entry_term: the service took a snapshot
    TRACE_INSTALL,  // index, entry_term: a leader's snapshot replaced state
    TRACE_KILL,     // -
    TRACE_REFUSE,   // why: a handler says no; rule tells by which rule
    // of the network
    TRACE_SEND,       // msg, to, rpc, args; ok = is a duplicate
    TRACE_RECV,       // msg, from, rpc
    TRACE_REPLY,      // msg, to, rpc, args: the handler's answer leaves
    TRACE_REPLY_RECV, // msg, from, rpc
    TRACE_DROP,       // msg, from, to, rpc, leg ("request"/"reply"), why
    // of the harness
    TRACE_CRASH,   // node = who
    TRACE_RESTART, // node = who
    TRACE_PAUSE,   // node = who, ok = paused (false: goes on)
    TRACE_CLOCK,   // node = who, to = speed of its clock in thousandths
    // ... in the place of a Raft that tells nothing of itself
    TRACE_TAKEN,   // index, term, command: raft_start() said yes
    TRACE_SAVED,   // as TRACE_PERSIST, if the state decodes (ok); to = the last
                   // event before the save began
    TRACE_GIVEN,   // index, term, command, ok = is a snapshot: to the service
    TRACE_CONNECT, // node = who
    TRACE_DISCONNECT, // node = who
    TRACE_LINK,       // from, to, ok = up (false: this direction is cut)
    TRACE_PARTITION,  // groups
    TRACE_HEAL,       // -
    TRACE_NETWORK, // text: what changed, in words; ok = timers are not judged
    TRACE_CHECK,   // what, text (the answer), ok
    TRACE_ACT,     // text: a named part of the story begins
    TRACE_NOTE,    // what (topic), text
    TRACE_FINDING, // what (property), tag, text, events, why (stack)
    TRACE_STATE,   // text: a keyframe, JSON object, derived by the writer
    TRACE_VERDICT, // what ("pass"/"fail"), text, n_events
    // of clients of a service on the Raft
    TRACE_INVOKE, // client, operation, what (the call), key, text, expected
    TRACE_RETURN, // client, operation, what, key, text (a get's answer),
                  // result, index (where it was applied; 0 = unknown)
    TRACE_N_KINDS
};

// An entry of a log as the trace knows it.
struct trace_entry {
    uint64_t term;
    uint64_t bytes;               // length of the command
    char command[MESSAGE_DIGEST]; // message_digest() of the command
};

// A message's decoded fields. Recorded events carry the encoded bytes and
// their type, events read from a file a parsed list; trace_message_*() hide
// the difference. Borrowed from the event.
struct trace_message {
    const struct message_type *type; // NULL when read from a file
    struct message_bytes encoded;
    const void *parsed; // the reader's own list; NULL when recorded
};

// One event, flat. Zero is "absent" for numbers, NULL for texts. Pointers are
// borrowed: from the caller in trace_emit(), from the reader in trace_read()
// (until the next call), from the loaded trace after trace_load().
struct trace_event {
    uint64_t n;       // event number, 1 first; 0 before it is emitted
    uint64_t us;      // virtual microseconds since the scenario began
    uint64_t cause;   // n of the event that made this one happen; 0 = a root
    const char *rule; // Figure 2's tag, "AE.3", or NULL
    enum trace_kind kind;
    int node; // server, 0-based; TRACE_NONE for the network and the harness
    // Incarnation of that server, 0 at first boot; TRACE_NONE in trace_emit()
    // stands for the current one, which the recorder counts by TRACE_RESTART.
    int inc;

    enum trace_role from_role, to_role;
    bool ok;
    int peer, voted_for; // TRACE_NONE = nobody
    uint64_t term, entry_term, index, from, to, msg;
    uint64_t waited_us, bytes, snapshot_bytes, n_events, client, operation;
    const char *why, *rpc, *leg, *what, *tag, *text, *command;
    const char *key, *expected, *result;
    const struct trace_entry *entries;
    size_t n_entries;
    const uint64_t *events; // findings: the numbers of the events that show it
    size_t n_shown;
    const int *groups; // partition: groups[server] = its group, 0, 1 ...
    size_t n_groups;   // number of servers in `groups`
    struct trace_message args;
};

// ------------------------------------------------------------ the one table

enum trace_type {
    TRACE_AS_NUMBER,   // uint64_t below 10^15
    TRACE_AS_PEER,     // int, -1 = nobody
    TRACE_AS_ENDPOINT, // uint64_t that holds a server number (from, to)
    TRACE_AS_BOOL,
    TRACE_AS_ROLE,
    TRACE_AS_TEXT,
    TRACE_AS_ENTRIES,
    TRACE_AS_EVENTS,
    TRACE_AS_GROUPS,
    TRACE_AS_MESSAGE,
    TRACE_AS_OBJECT, // text that is itself JSON
};

struct trace_field {
    const char *name; // its JSON name; NULL ends the list
    enum trace_type type;
    size_t offset;     // into struct trace_event
    bool optional;     // left out when zero or NULL
    const char *about; // one line for the page and the schema
};

struct trace_kind_info {
    const char *name; // the value of "ev"
    const char *about;
    struct trace_field fields[10];
};

extern const struct trace_kind_info trace_kinds[TRACE_N_KINDS];

const char *trace_role_name(enum trace_role role); // "follower" ...

// ------------------------------------------------------------ recording

struct trace;

struct trace_config {
    const char *scenario; // borrowed for the recorder's life
    const char *raft;     // the Raft that runs, likewise; NULL = untold
    uint64_t seed;
    int n_servers;
    bool real;  // mode: false "sim", true "real"
    bool store; // keep the events for trace_write()
    // The clock in microseconds since the scenario began.
    uint64_t (*now_us)(void *context);
    // Sees each event right after it got its number, in order; may call
    // trace_emit() itself (a finding). NULL: nobody watches.
    void (*observe)(void *context, const struct trace_event *event);
    void *context;
    // Gets each event's record (pack.h), stored or not, before it is observed;
    // borrowed for the call. NULL: nobody.
    void (*spill)(const uint64_t *record);
};

// A recorder; free with trace_free(). Every trace_* function below takes NULL
// for a trace and then does nothing, so that a foreign harness needs none.
struct trace *trace_make(const struct trace_config *config);
void trace_free(struct trace *trace);

// Records *event (n and us are filled in by the recorder; cause, if 0, is the
// calling thread's cause). Returns its number, 0 without a recorder. An event
// of a kind that there is not, or that names a server or role that there is
// not, is left out, and a note says so in its place.
uint64_t trace_emit(struct trace *trace, const struct trace_event *event);

// Does nothing; a debugger stops here, at the event with the number in the
// environment's GLASSRAFT_STOP_AT (glassraft gdb). Nobody has seen it yet.
void trace_stops_here(uint64_t n, const struct trace_event *event);

// Calls work as an observer is called: with the recorder held, unseen by
// ThreadSanitizer. It may call trace_emit().
void trace_hold(struct trace *trace, void (*work)(void *context),
                void *context);

// An observer that ends the process calls this first. ThreadSanitizer looks
// away while the recorder works, and a thread that ends so is an error to it.
void trace_ends_here(struct trace *trace);

// trace_emit() with the entries, as they travel, shown in it: event->entries.
uint64_t trace_emit_entries(struct trace *trace, struct trace_event event,
                            struct message_entries entries);

// trace_emit() with the digest of a command in it, if there is one.
uint64_t trace_emit_command(struct trace *trace, struct trace_event event,
                            const struct message_bytes *command);

// The cause of what the calling thread emits from now on; 0 = none.
void trace_set_cause(struct trace *trace, uint64_t n);
uint64_t trace_cause(struct trace *trace);

// What a client asks of a key/value service. Texts are borrowed for the call;
// NULL is the empty value.
struct trace_operation {
    uint64_t client;  // its name: any number
    uint64_t number;  // of its operation; a client gives no number twice
    const char *call; // "get", "put", "append" or "cas" (compare and set)
    const char *key;
    const char *value;    // that a put, append or cas writes
    const char *expected; // by a cas
};

// A client begins an operation, and has its answer. Between the two the
// calling thread works for the operation: the events that it causes lead back
// to the invocation. result is "ok", "refused" (a cas met another value),
// "failed" (it has surely not happened, and never will) or "unknown"; value is
// a get's answer; index says where it was applied, 0 = unknown. An operation
// that never returns has no trace_return().
void trace_invoke(struct trace *trace, const struct trace_operation *operation);
void trace_return(struct trace *trace, const struct trace_operation *operation,
                  const char *result, const char *value, uint64_t index);

// Free text into the trace, from a scenario or from a student's code; cut at
// 1,023 bytes.
void trace_note(struct trace *trace, int node, const char *topic,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

// Hash over all events so far (kind, time, node, fields; not over n_shown
// texts that depend on a path). Equal seeds give equal hashes, stored or not.
uint64_t trace_hash(const struct trace *trace);
uint64_t trace_n_events(const struct trace *trace);

// Writes header, stored events, a keyframe every 1,000 events, and the
// verdict when one was emitted. trace_write_file() goes through a temporary
// file beside `path` and renames it; false with errno on failure, and then
// nothing at `path` has changed.
bool trace_write(const struct trace *trace, FILE *out);
bool trace_write_file(const struct trace *trace, const char *path);

// Calls visit for each stored event, in order; the event is borrowed for the
// call. Stops when visit returns false.
void trace_each(const struct trace *trace,
                bool (*visit)(void *context, const struct trace_event *event),
                void *context);

// One event as a JSON line without '\n' into out (at most n bytes with the
// closing zero); returns the length it needs, like snprintf.
size_t trace_format(const struct trace_event *event, char *out, size_t n);

// ------------------------------------------------------------ reading

struct trace_header {
    int version, n_servers;
    bool real;
    bool members_change; // servers join and leave the cluster
    char scenario[64], seed[24], glassraft[24];
    char raft[200]; // the Raft that ran: "reference", a path; "" = untold
};

enum trace_status { TRACE_OK, TRACE_END, TRACE_BAD };

struct trace_reader;

// Opens a trace ("-" is standard input) and reads its header. NULL on failure
// with "file:line: what is wrong, what was expected" in error.
struct trace_reader *trace_open(const char *path, char *error, size_t n);
// From here on whoever opens `path` reads the file `other`, under the name of
// path. One at a time; both are copied. trace_file_behind() gives the file.
void trace_read_instead(const char *path, const char *other);
const char *trace_file_behind(const char *path);
// The same for bytes in memory, borrowed until trace_close(); name stands for
// the path in messages.
struct trace_reader *trace_open_memory(const char *name, const void *bytes,
                                       size_t n_bytes, char *error, size_t n);
const struct trace_header *trace_reader_header(const struct trace_reader *);

// The next event, borrowed until the next call. Unknown kinds come as
// TRACE_UNKNOWN; unknown fields are ignored. TRACE_BAD: trace_reader_error()
// tells "file:line: ..."; everything before it was good.
enum trace_status trace_read(struct trace_reader *reader,
                             struct trace_event *event);
// From here on only events of these kinds come (bits 1ull << TRACE_...); lines
// of others are passed over, their contents unread and unjudged.
void trace_want(struct trace_reader *reader, uint64_t kinds);
const char *trace_reader_error(const struct trace_reader *reader);
size_t trace_reader_line(const struct trace_reader *reader);
void trace_close(struct trace_reader *reader);

// A whole trace in memory. Keyframes (TRACE_STATE) are left out.
struct trace_file {
    struct trace_header header;
    struct trace_event *event;
    size_t n_events;
    size_t n_unknown; // lines of a kind that we do not know
    bool has_verdict; // among the events that were read
    char error[256];  // "" or why reading stopped early, "file:line: ..."
    void *memory;     // the arena behind the pointers
    // Of a part: the state before event[0] as JSON (model_restore() takes it)
    // and the n it holds for; NULL and 0 when event[0] is the trace's first.
    const char *keyframe;
    uint64_t keyframe_n;
};

// Reads all of it. False when not even the header could be read (error says
// why). True with error set: the events before the bad line are there.
bool trace_load(struct trace_file *file, const char *path);

// A part of a trace, both ends included. 0 = open.
struct trace_part {
    uint64_t first, last;    // event numbers
    uint64_t from_us, to_us; // times
    uint64_t kinds;          // bits 1ull << TRACE_...; 0 = all
};

// Like trace_load(), but reads only the part: the file is bisected, so that
// the cost does not depend on what lies before the part or behind it. Without
// kinds event[] begins right behind a keyframe before the part, so that the
// state at the part's beginning can be replayed: file->keyframe, or the
// trace's first event. With kinds event[] has only the part's events of those
// kinds, and keyframe is NULL. Standard input, pipes and traces without
// keyframes are read from their beginning. A line that is passed over is not
// judged: what is wrong with it stays untold.
bool trace_load_part(struct trace_file *file, const char *path,
                     const struct trace_part *part);
void trace_unload(struct trace_file *file);

// Fields of a message by name; false when it has none of that name and kind.
bool trace_message_number(const struct trace_message *message, const char *name,
                          uint64_t *value);
bool trace_message_bool(const struct trace_message *message, const char *name,
                        bool *value);
// Number of entries in it, 0 when it has none; up to `most` go into out.
size_t trace_message_entries(const struct trace_message *message,
                             struct trace_entry *out, size_t most);

// The JSON Schema (draft 2020-12) and the tables of the page for people,
// from trace_kinds[].
void trace_print_schema(FILE *out);
void trace_print_page(FILE *out);

C_NAMES_END
#endif
