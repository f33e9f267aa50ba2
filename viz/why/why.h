// why.h -- what the files of `why` share: facts, and what each rests on.
//
// The story of an event is a graph of facts. A fact is an event that decided
// something: a vote, a role, an entry stored or cut, a commit, a fault. It
// rests on earlier facts: a commit on the copies of a quorum, a leader on its
// votes, a timeout on the fault behind the silence. Receipts, sends and saves
// are only the way between facts; they are followed, not told, unless the
// question is about them. Nothing is found or judged here: what a fact rests
// on, and what is wrong with it, is the checker's evidence
// (src/check/evidence.h). why_make() chooses the facts of a story (why.c), then
// replays the trace once and puts each into words (why_words.c, why_faults.c).
#ifndef GLASSRAFT_WHY_H
#define GLASSRAFT_WHY_H

#include "check/evidence.h"
#include "replay/model.h"
#include "viz/draw/viz.h"

enum { WHY_TEXT = 400, WHY_LABEL = 96 };

struct why_fact {
    size_t at;   // position in trace->event
    int cost;    // how far from the question
    bool goal;   // asked for
    bool needed; // false: it would have come so without this one
    bool explained;
    int step;              // its number in the story, 0 = not needed
    char text[WHY_TEXT];   // a sentence
    char label[WHY_LABEL]; // a few words for the picture
    char note[WHY_LABEL];  // more of them, may be ""
    const char *doubt;     // what the checker found wrong with it, or ""
    const char *rule;      // that this is against; NULL
};

struct why_link {
    size_t effect, cause; // positions in trace->event
    bool needed;
};

struct why {
    const struct trace_file *trace;
    struct evidence_book *book;
    int n_servers;
    bool all;  // no limit
    bool ours; // the header names the Raft: C in our layout, files are named
    struct why_fact *fact; // after why_make(): in the order of the events
    size_t n_facts, fact_room;
    size_t *number; // [position]: 1 for fact[0] and so on, 0 = no fact
    struct why_link *link;
    size_t n_links, link_room;
    size_t n_cut;                      // facts that were left out
    const struct trace_event *finding; // when the question is about it
    bool guessed; // the finding names no events: the last facts are told
};

static inline const struct trace_event *why_event(const struct why *why,
                                                  size_t at)
{
    return &why->trace->event[at];
}

// Finds the story. False with one line in error when there is no such event;
// then nothing is to be freed.
bool why_make(struct why *why, const struct trace_file *trace,
              const struct viz_why *asked, char *error, size_t n);
void why_free(struct why *why);
size_t why_needed(const struct why *why); // facts that are
// Hands each event of a trace, as a fact without its story, to told().
void why_every(struct why *why, const struct trace_file *trace,
               void (*told)(const struct why *why, const struct why_fact *fact,
                            void *context),
               void *context);

// The fact of an event; NULL when it is none of the story's.
struct why_fact *why_find(const struct why *why, size_t at);

// The event's own evidence; the request that it follows from, NULL when it
// follows from none or the trace does not tell.
const struct evidence *why_evidence(const struct why *why, size_t at);
const struct trace_event *why_request(const struct why *why, size_t at);
// The sending of the answer that it follows from, likewise.
const struct trace_event *why_answer(const struct why *why, size_t at);

// why_words.c: puts a fact into words; the model is as before the event.
void why_say(const struct why *why, const struct model *model,
             struct why_fact *fact);
// why_faults.c: the same for what the network, the harness and clients do.
void why_say_outside(const struct why *why, const struct model *model,
                     struct why_fact *fact);
// Appends to a text of n bytes, as much as there is room for.
void why_put(char *out, size_t n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// These three for the files that put facts into words.
#define TEXT(...)  why_put(fact->text, sizeof fact->text, __VA_ARGS__)
#define LABEL(...) why_put(fact->label, sizeof fact->label, __VA_ARGS__)
#define NOTE(...)  why_put(fact->note, sizeof fact->note, __VA_ARGS__)

// "S1", "S1 and S2", "S1, S2 and S3" of the servers in a set.
const char *why_servers(const struct evidence_set *in, int n, char out[200]);

// The event in question: of a finding the latest that shows it, or, where it
// names none, itself.
size_t why_first_goal(const struct why *why);

// why_place.c: where a story leads to.
struct why_place {
    const char *tag;             // of the rule it is about, NULL = none
    const struct why_fact *fact; // the first that goes against one, NULL
    const char *stuck; // how far progress came when nothing was wrong, or ""
    bool backtrace;    // the finding's own text names the code
};
void why_place(const struct why *why, struct why_place *place);
const char *why_handler(const struct why *why, const struct why_place *place);
// The code that the finding leads to, in words; NULL where its rule tells that.
const char *why_where(const struct why *why, const struct why_place *place);

// The function that the stack of a finding, or a report of the runtime, leads
// to, as "FILE.c, NAME (line N)": the innermost that a student writes, or of
// whatever is in a student's file. NULL; owned by the callee, until the next
// call. Kind: the event that the stack is of.
const char *why_of_stack(const char *stack, enum trace_kind kind);
const char *why_of_report(const char *text);
// The same of a thread that never blocks: its own function, in which the loop
// is; of one that handles a message, the handler.
const char *why_of_loop(const char *text);
// The first place in a text, " NAME at FILE.c:LINE", that is no helper of ours.
const char *why_of_words(const char *text);
// Is one of the functions that a place names in the stack?
bool why_stack_has(const char *stack, const char *place);

// What a finding is called at the head of its story.
const char *why_title(const struct trace_event *finding);

// The last index that a request speaks of: its last entry, or the one before
// them; of a snapshot, what it covers.
uint64_t why_message_end(const struct trace_event *asked);

// Fields of the message that an event sent, 0 when it has none.
uint64_t why_number(const struct trace_event *event, const char *name);

#endif
