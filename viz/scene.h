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
};

struct scene {
    const struct trace_file *trace;
    size_t begin, end; // positions in trace->event of the window
    struct scene_message *message;
    size_t n_messages, room, n_hidden;
};

void scene_make(struct scene *scene, const struct trace_file *trace,
                const struct viz_window *window);
void scene_free(struct scene *scene);

#endif
