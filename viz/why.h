// why.h -- what the files of `why` share: facts, and what each rests on.
//
// The story of an event is a graph of facts. A fact is an event that decided
// something: a vote, a role, an entry stored or cut, a commit, a fault. It
// rests on earlier facts: a commit on the copies of a quorum, a leader on its
// votes, a timeout on the fault behind the silence. Receipts, sends and saves
// are only the way between facts; they are followed, not told, unless the
// question is about them. why_make() finds the facts (why.c, why_causes.c),
// then replays the trace once and puts each into words by the state that the
// cluster was in (why_words.c). What goes against a rule by that state is
// marked with a doubt: the story points at it, judging is the checker's.
#ifndef GLASSRAFT_WHY_H
#define GLASSRAFT_WHY_H

#include "../src/trace/model.h"
#include "viz.h"

enum { WHY_TEXT = 400, WHY_LABEL = 96 };

// Steps away from the question.
enum { WHY_NEAR = 1, WHY_FAR = 2, WHY_OLD = 3 };

struct why_fact {
    size_t at;   // position in trace->event
    int cost;    // how far from the question
    bool goal;   // asked for
    bool needed; // false: it would have come so without this one
    bool explained;
    int step;              // its number in the story, 0 = not needed
    uint64_t n_other;      // votes heard, messages lost: by kind
    char text[WHY_TEXT];   // a sentence
    char label[WHY_LABEL]; // a few words for the picture
    char note[WHY_LABEL];  // more of them, may be ""
    char doubt[WHY_TEXT];  // what is wrong with it, or ""
    const char *rule;      // that the doubt speaks of; NULL
};

struct why_link {
    size_t effect, cause; // positions in trace->event
    bool needed;
};

// Positions of one server's events (kinds BOOT to REFUSE), or of the harness's.
struct why_lane {
    size_t *at;
    size_t n, room;
};

struct why {
    const struct trace_file *trace;
    int n_servers;
    bool all;              // no limit
    struct why_fact *fact; // after why_make(): in the order of the events
    size_t n_facts, fact_room;
    size_t *number; // [position]: 1 for fact[0] and so on, 0 = no fact
    struct why_link *link;
    size_t n_links, link_room;
    size_t n_cut;                      // facts that were left out
    struct why_lane *lane;             // [server], and harness's at [n_servers]
    const struct trace_event *finding; // when the question is about it
    uint64_t index; // the committed entry that the finding is about, or 0
    bool guessed;   // the finding names no events: the last facts are told
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

// The fact of an event; NULL when it is none of the story's.
struct why_fact *why_find(const struct why *why, size_t at);

// why.c, for why_causes.c: `effect` rests on the event at `cause` (SIZE_MAX is
// ignored), so many steps further from the question. Gives its fact, NULL when
// it lies beyond the limit.
struct why_fact *why_rests(struct why *why, size_t effect, size_t cause,
                           int step, bool needed);

// The last event on a lane before a position for which is() holds, SIZE_MAX if
// there is none. `key` goes to is() as it came.
size_t why_last(const struct why *why, int lane, size_t before,
                bool (*is)(const struct trace_event *event, const void *key),
                const void *key);
// The first one behind the position, among the next 400 of the lane.
size_t why_next(const struct why *why, int lane, size_t behind,
                bool (*is)(const struct trace_event *event, const void *key),
                const void *key);

// why_causes.c: adds what a fact rests on.
void why_explain(struct why *why, size_t at);
// The fact that tells of an event: a timeout tells of the candidate's role.
size_t why_fact_of(const struct why *why, size_t at);
// The receipt (TRACE_RECV, TRACE_REPLY_RECV) that an event of a server follows
// from, and the sending of the request that it was about; SIZE_MAX.
size_t why_receipt(const struct why *why, size_t at, enum trace_kind kind);
size_t why_request(const struct why *why, size_t at);
bool why_leads(const struct why *why, size_t at); // its server does, before it

// For why_last() and why_next(): a role or a boot; an event that stores the
// entry of this index (uint64_t).
bool why_changes_role(const struct trace_event *event, const void *unused);
bool why_holds(const struct trace_event *event, const void *index);

// why_silence.c: what an election timeout, and a lost message, rests on.
void why_explain_silence(struct why *why, size_t at);
void why_explain_drop(struct why *why, size_t at);
// why_saved.c: where the server lost the entry that the finding is about.
void why_explain_loss(struct why *why, size_t at);
// A fault begins: a crash, a pause, a cut.
bool why_cuts(const struct trace_event *event);

// why_words.c: puts a fact into words; the model is as before the event.
void why_say(const struct why *why, const struct model *model,
             struct why_fact *fact);
// why_faults.c: the same for what the network, the harness and clients do.
void why_say_outside(const struct why *why, const struct model *model,
                     struct why_fact *fact);
// why_doubt.c: what is wrong with an event, into fact->doubt and ->rule.
void why_doubt(const struct why *why, const struct model *model,
               struct why_fact *fact);

// Appends to a text of n bytes, as much as there is room for.
void why_put(char *out, size_t n, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// These three for the files that put facts into words.
#define TEXT(...)  why_put(fact->text, sizeof fact->text, __VA_ARGS__)
#define LABEL(...) why_put(fact->label, sizeof fact->label, __VA_ARGS__)
#define NOTE(...)  why_put(fact->note, sizeof fact->note, __VA_ARGS__)

// why_saved.c: the same for restarts, snapshots and messages that leave.
void why_doubt_saved(const struct why *why, const struct model_server *server,
                     struct why_fact *fact);
// For these two files.
#define DOUBT(tag, ...)                                                        \
    do {                                                                       \
        fact->rule = tag;                                                      \
        why_put(fact->doubt, sizeof fact->doubt, __VA_ARGS__);                 \
    } while (0)

// "S1", "S1 and S2", "S1, S2 and S3" of the servers in a set.
const char *why_servers(const bool *in, int n, char out[200]);

// why_stuck.c: how far progress had come at the position, the model being as
// before it: sentences, and the tag of the rule to look at, or NULL.
const char *why_stuck(const struct why *why, const struct model *model,
                      size_t end, char *text, size_t n);

// The event in question: of a finding the latest that shows it, or, where it
// names none, itself.
size_t why_first_goal(const struct why *why);

// why_place.c: where a story leads to.
struct why_place {
    const char *tag;             // of the rule it is about, NULL = none
    const struct why_fact *fact; // the first that goes against one, NULL
    char stuck[2000]; // how far progress came when nothing was wrong, or ""
    bool backtrace;   // the finding's own text names the code
};
void why_place(const struct why *why, struct why_place *place);

// What a finding is called at the head of its story.
const char *why_title(const struct trace_event *finding);

// Fields of the message that an event sent, 0 when it has none.
uint64_t why_number(const struct trace_event *event, const char *name);

#endif
