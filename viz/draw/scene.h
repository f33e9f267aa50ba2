// scene.h -- what happens in a window of a trace, as the pictures show it.
//
// Messages are joined from their events, those on their way when the window
// begins included. Each has a fate: it is drawn, or stands for nothing new and
// is counted instead.
#ifndef GLASSRAFT_SCENE_H
#define GLASSRAFT_SCENE_H

#include "replay/model.h"
#include "viz.h"

enum scene_fate {
    SCENE_DRAWN,
    SCENE_HEARTBEAT, // without news: counted beside the leader's lane
    SCENE_RETRY,     // counted by the first of its kind
    SCENE_ROUND,     // inside a scene_fold
    SCENE_FILTERED,  // by the window's filter, or no server at an end
    SCENE_N_FATES
};

// One leg of a call: a request, or a reply.
struct scene_message {
    const struct trace_event *sent;     // NULL: before what is loaded
    const struct trace_event *received; // or dropped; NULL: behind the window
    uint64_t sent_us;
    bool reply, lost, duplicate, heartbeat, yes, no;
    const char *why; // lost
    int from, to;
    uint64_t msg, term;
    uint64_t first, last; // entries, of a reply its request's; last = 0: none
    uint64_t included;    // last index of the snapshot that it carries
    uint64_t begin, end;  // and which of its bytes; of a reply: stored to there
    bool done;            // the last of them
    const char *rpc;
    enum scene_fate fate;
    int n_retries; // later ones that are not drawn
    bool guilty;   // its receipt led to the event that broke a rule
};

// A run of plain rounds that is not drawn.
struct scene_fold {
    size_t first, end; // positions in trace->event
    size_t n_rounds, n_messages;
    uint64_t from, to; // entries that `leader` took
    int leader;
    uint64_t committed; // up to here by it, within; 0 = none of these
};

// What became of a fold's entries: "entries 3..7 replicated and committed".
const char *scene_say_fold(const struct scene_fold *fold, char *out, size_t n);

struct scene {
    const struct trace_file *trace;
    const struct viz_window *window;
    size_t begin, end;   // positions in trace->event of the window
    struct model before; // the state at its beginning
    struct scene_message *message;
    size_t n_messages, room;
    size_t n_fate[SCENE_N_FATES]; // add up to n_messages
    size_t n_asked; // messages of the window before the budget cut it
    bool *folded;   // [position - begin]
    struct scene_fold *fold;
    size_t n_folds;
    bool crowded; // what happens on a lane is counted rather than written
};

void scene_make(struct scene *scene, const struct trace_file *trace,
                const struct viz_window *window);
// fold.c: hides what need not be seen again; scene_make() calls it.
void scene_fold(struct scene *scene, size_t most);
void scene_free(struct scene *scene);

// fold.c: gives a message another fate.
void scene_hide(struct scene *scene, struct scene_message *message,
                enum scene_fate fate);
// Is the sending of a message inside the window?
bool scene_begins_in(const struct scene *scene, const struct scene_message *m);

#endif
