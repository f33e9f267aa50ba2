// scene.h -- what happens in a window of a trace, as the timeline draws it.
#ifndef GLASSRAFT_SCENE_H
#define GLASSRAFT_SCENE_H

#include "viz.h"

// One leg of a call: a request, or a reply.
struct scene_message {
    const struct trace_event *sent, *received; // NULL: before or behind
    bool reply, lost, heartbeat, yes, no;
    const char *why; // lost
    int from, to;
    uint64_t msg, term;
    uint64_t first, last; // entries; last = 0: none
    const char *rpc;
    bool hidden;
    int n_retries; // later ones that are not drawn
};

// A run of plain rounds that is not drawn.
struct scene_fold {
    size_t first, end; // positions in trace->event
    size_t n_rounds, n_messages;
    uint64_t from, to; // entries
};

struct scene {
    const struct trace_file *trace;
    size_t begin, end; // positions in trace->event of the window
    struct scene_message *message;
    size_t n_messages, room, n_hidden;
    bool *folded; // [position - begin]
    struct scene_fold *fold;
    size_t n_folds, n_retries, n_folded; // the latter: messages
};

void scene_make(struct scene *scene, const struct trace_file *trace,
                const struct viz_window *window);
// fold.c: hides what need not be seen again; scene_make() calls it.
void scene_fold(struct scene *scene);
void scene_free(struct scene *scene);

#endif
