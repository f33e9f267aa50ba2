// viz.h -- traces in, pictures out: one function for each kind of diagram.
//
// All of them write DOT (or text) for a loaded trace and never judge it.
#ifndef GLASSRAFT_VIZ_H
#define GLASSRAFT_VIZ_H

#include <stdio.h>

#include "trace/trace.h"

// What of a window is shown; all zero shows everything.
struct viz_filter {
    bool chosen, server[TRACE_MAX_SERVERS]; // chosen: only these servers
    uint64_t kinds;                         // bits 1ull << TRACE_*
    unsigned rpcs;                          // bits 1u << VIZ_*, of messages
    uint64_t index;                         // only what concerns this entry
};

enum viz_rpc {
    VIZ_VOTES,
    VIZ_APPENDS,
    VIZ_HEARTBEATS,
    VIZ_SNAPSHOTS,
    VIZ_OTHER
};

// What a finished picture is for: its size in points, height 0 = as high as it
// needs, the smallest type in it, and how many pixels wide it is as a PNG.
struct viz_format {
    const char *name;
    double width, height, least;
    int pixels;
};
// slide, column, readme or screen; NULL for another name.
const struct viz_format *viz_format(const char *name);
// The room that a picture has: its format (NULL: as large as it comes), and how
// many times it was drawn before and was too large. What it shows is what has
// room; it says what it left out.
struct viz_room {
    const struct viz_format *format;
    int less;
};
// In the picture's own points, if its smallest type is `type`; a height that
// does not matter is HUGE_VAL. Both want a format.
double viz_room_width(const struct viz_room *room, double type);
double viz_room_height(const struct viz_room *room, double type);
bool viz_room_is_low(const struct viz_room *room);    // a slide's
bool viz_room_is_narrow(const struct viz_room *room); // a column's

// The DOT text, the caller's to free, that draw makes with the most in it whose
// type is large enough in this format; without a format what it makes at once.
char *viz_fitted(const struct viz_format *format,
                 void (*draw)(void *context, struct viz_room room, FILE *out),
                 void *context, size_t *n);

// How a picture is drawn; all zero is as usual.
struct viz_look {
    bool numbers;     // the numbers of events beside them
    bool steps;       // a row for each event, instead of time
    uint64_t past;    // dim what could not influence this event; 0 = nothing
    const char *note; // a line more at the foot, or NULL
    bool brief;       // without title, legend and counts, and narrower
    bool terms_only;  // of logs: no commands, the leader first, as Figure 7
    struct viz_room room;
};

struct viz_window {
    uint64_t first, last; // event numbers, both ends included; 0 = open
    bool heartbeats;      // draw them all
    int most;             // messages drawn; 0 = 300
    int fold_above;       // from how many on rounds are folded; 0 = 80
    bool ends;            // too many: keep the last ones, not the first
    struct viz_filter filter;
    struct viz_look look;
    // Times of its edges where they are known better than from the events at
    // hand, which may be of few kinds; 0 = not.
    uint64_t from_us, to_us;
};

// Is the event one of those that the filter shows? Of messages it judges kind
// and servers; the entries that they carry are the scene's business.
bool viz_shows(const struct viz_filter *filter,
               const struct trace_event *event);
// Does the filter show all of this server's doings?
bool viz_shows_server(const struct viz_filter *filter, int server);

// Who said what to whom, when. Returns the number of messages drawn.
size_t viz_timeline(const struct trace_file *trace,
                    const struct viz_window *window, FILE *out);

// The same in pages of about 60 rows, cut where nothing happens. save gets the
// DOT text of each, the page's number (1 first) and the number of pages, and
// returns false to stop.
bool viz_timeline_pages(const struct trace_file *trace,
                        const struct viz_window *window,
                        bool (*save)(void *context, int page, int n_pages,
                                     const char *dot, size_t n),
                        void *context);

// All logs after event n (0 = viz_log_moment()). The look may be NULL: as
// usual, as large as it comes.
void viz_log(const struct trace_file *trace, uint64_t n,
             const struct viz_look *look, FILE *out);
// The moment that is looked at when none is asked for: the first finding, else
// the last one before the servers are told to stop.
uint64_t viz_log_moment(const struct trace_file *trace);

// The logs after each of n events, in small tables side by side; what changed
// since the table before is framed. Of the look, which may be NULL, it knows
// the room.
void viz_film(const struct trace_file *trace, const uint64_t *event, size_t n,
              const struct viz_look *look, FILE *out);
// How many tables have room.
size_t viz_film_most(const struct viz_room *room, int n_servers);
// Moments worth a table of the film, up to `most` into event[]: the eras of a
// window in which logs changed, each at its end; of too many the last one and
// those with most to see: entries cut, snapshots received, new leaders.
// Returns how many there are in all.
size_t viz_film_moments(const struct trace_file *trace,
                        const struct viz_window *window, uint64_t *event,
                        size_t most);

// What a text is written for; a width of 0 is as wide as it likes.
struct viz_terminal {
    int width; // characters
    bool coloured;
};

// A text column for each server; heartbeats are folded unless asked for. The
// terminal may be NULL: plain, and as wide as it likes.
void viz_columns(const struct trace_file *trace,
                 const struct viz_window *window,
                 const struct viz_terminal *terminal, FILE *out);

// The page: one HTML file, complete in itself, in which a browser shows the
// trace at path, or of it the events of a window (NULL: all; heartbeats: shown
// from the start). A page holds 200,000 events, of 600 bytes on average; with
// fit it is made of the last events that it holds, without it false comes back.
// Then, and when the file cannot be read, error (n_error bytes) says why in a
// line, and what was written to out is of no use.
bool viz_page(FILE *out, const char *path, const struct viz_window *window,
              bool fit, char *error, size_t n_error);

// These three replay: they want their kinds of events from the trace's
// beginning on, whatever the window (trace_load_part() with kinds).
extern const uint64_t viz_strip_kinds, viz_roles_kinds, viz_terms_kinds;

// A whole run, or the window, at a glance: roles by term, faults, commits.
void viz_strip(const struct trace_file *trace, const struct viz_window *window,
               FILE *out);

// The whole run, or the window, on one page of 16:9: the strip, and under it
// the logs at the end of each era in which they changed, with captions. It
// wants all kinds of events.
void viz_sheet(const struct trace_file *trace, const struct viz_window *window,
               FILE *out);

// The roles of Figure 4 with how often, why and how long the trace was in
// them; what Figure 4 does not know is drawn as a fault.
void viz_roles(const struct trace_file *trace, const struct viz_window *window,
               FILE *out);

// A line for each term that the window touches: when it began, who stood, who
// won with which votes, what was appended and committed in it, why it ended.
enum viz_table { VIZ_TEXT, VIZ_TSV, VIZ_JSON };
void viz_terms(const struct trace_file *trace, const struct viz_window *window,
               enum viz_table form, FILE *out);

// What clients of a service asked and were answered: a row for each client, a
// bar for each operation, the order that explains all answers or the operations
// that have none (check/clients.h judges them). All zero: of an illegal history
// the key that is wrong and what is near it, of a legal one its beginning.
struct viz_history {
    const char *key;        // only operations on it; NULL: see above
    const uint64_t *client; // only this client's; NULL = all
    int most;               // operations drawn; 0 = 40
    struct viz_room room;
};
// False, and nothing was written: no operation is to be shown. Wants the trace
// from its beginning on, all kinds.
bool viz_history(const struct trace_file *trace,
                 const struct viz_window *window,
                 const struct viz_history *asked, FILE *out);
// The same of a history that has no trace; its times are numbers of lines.
struct linear_operation;
bool viz_history_text(const char *name, const struct linear_operation *op,
                      size_t n, const struct viz_history *asked, FILE *out);

// Two traces, borrowed, to be compared.
struct viz_diff {
    const struct trace_file *trace[2];
    const char *name[2];      // their paths
    bool times;               // events that differ in time only differ
    bool text;                // text, not DOT
    int most;                 // events told of each behind the first
                              // difference; 0 = 40
    struct viz_filter filter; // only these events are compared
    struct viz_room room;     // of the picture
};

// Where two traces part, side by side. True when they never do.
bool viz_diff(const struct viz_diff *asked, FILE *out);

// Which event is to be explained; all zero: the finding, else the last commit.
struct viz_why {
    uint64_t event;       // of this number
    uint64_t commit;      // the first commit that covers this index
    uint64_t election;    // of the leader of this term
    bool all;             // as far back as causes go, not only what is near
    struct viz_room room; // of the graph
};

// Why an event happened: what it rests on, back to clients and faults. The
// story in sentences; the same as one JSON object; the graph, for dot. The
// number of facts that were needed; -1 with a line in error when the trace has
// no such event, and then nothing was written.
int viz_why_text(const struct trace_file *trace, const struct viz_why *asked,
                 FILE *out, char *error, size_t n);
int viz_why_json(const struct trace_file *trace, const struct viz_why *asked,
                 FILE *out, char *error, size_t n);
int viz_why_dot(const struct trace_file *trace, const struct viz_why *asked,
                FILE *out, char *error, size_t n);
// What stories say of each event, a line of JSON each, for programs that check
// it. Events that another tells of (a candidate's role: its timeout) have none.
void viz_why_every(const struct trace_file *trace, FILE *out);

// The exports to other tools. Messages whose both ends a window shows are
// joined; what it begins with (roles, terms, logs) is carried in.

// ShiViz: two lines an event, with vector clocks. Returns the number of
// events.
size_t viz_shiviz(const struct trace_file *trace,
                  const struct viz_window *window, FILE *out);

// Perfetto: Chrome trace events, one JSON object. Returns their number.
size_t viz_perfetto(const struct trace_file *trace,
                    const struct viz_window *window, FILE *out);

// Mermaid: a sequence diagram. Returns the number of messages; of more than
// VIZ_MERMAID_MOST of them nothing is written.
enum { VIZ_MERMAID_MOST = 60, VIZ_MERMAID_BYTES = 50000 };
size_t viz_mermaid(const struct trace_file *trace,
                   const struct viz_window *window, FILE *out);

// TLA+: lines in the vocabulary of etcd's Traceetcdraft. The filter of the
// window is not asked: the specification wants every step.
struct viz_tla;
struct viz_tla_tally {
    size_t n_lines;
    size_t n_cut;       // receipts without a sending in the same file
    size_t n_odd;       // what the specification does not allow
    uint64_t first_odd; // the first event of those
    size_t n_duplicates, n_restarts;
    size_t n_known; // servers that begin a file with a log, its terms beside
};
// Whether the specification can hold the cluster's logs and terms at all: it
// keeps every entry, and TLC's numbers end at 2^31. If not, why in one line.
bool viz_tla_takes(const struct trace_file *trace,
                   const struct viz_window *window, char *error, size_t n);
struct viz_tla *viz_tla_begin(const struct trace_file *trace,
                              const struct viz_window *window);
// Writes the next file of about `most` lines, cut where nothing is under way
// (0 = all). False when nothing is left to write.
bool viz_tla_next(struct viz_tla *tla, size_t most, FILE *out);
struct viz_tla_tally viz_tla_end(struct viz_tla *tla);

// The rule and the code that the finding's story leads to, a line without '\n':
// "[AE.2] event 386: the handler of ...". False when there is nothing to say.
bool viz_why_look(const struct trace_file *trace, char *out, size_t n);

// The window of the k-th act (1 first) of a story; false when there is none.
// *text borrows its headline.
bool viz_act(const struct trace_file *trace, int k, struct viz_window *window,
             const char **text);

#endif
