// model.h -- the reducer: replaying events gives the cluster's state.
//
// model_step() applies one event after another; between two calls the model
// is the state of the whole cluster at that moment: what the log diagram
// shows, what carries a window of a timeline in, what the checker compares
// with. It believes the trace and judges nothing.
#ifndef GLASSRAFT_MODEL_H
#define GLASSRAFT_MODEL_H

#include "trace/trace.h"

// A server as its events tell it. Log entries snapshot_index + 1 ...
// last index are entry[0 .. n_entries-1].
struct model_server {
    bool up;     // false before it boots (or speaks) and after a crash
    bool booted; // has emitted boot at least once
    bool paused;
    bool connected; // the harness's view
    int inc;
    int group; // side of the partition, 0 when there is none
    enum trace_role role;
    uint64_t term;
    int voted_for; // TRACE_NONE = nobody
    uint64_t commit_index, last_applied;
    uint64_t snapshot_index, snapshot_term;
    struct trace_entry *entry;
    size_t n_entries, room;
    uint64_t *next_index, *match_index; // a leader's view, per peer
};

// A message leg on its way.
struct model_flight {
    uint64_t msg, sent_n, sent_us;
    bool reply;
    int from, to;
};

struct model {
    int n_servers;
    struct model_server *server;
    struct model_flight *flight;
    size_t n_flights, flight_room;
    bool partitioned;
    uint64_t n, us; // of the last event
};

void model_init(struct model *model, int n_servers);
void model_free(struct model *model);
void model_step(struct model *model, const struct trace_event *event);

// Where boots are not told, a server is up since it speaks: with this event.
bool model_wakes(const struct model_server *server,
                 const struct trace_event *event);

// Has the server had an event? Nothing is known of it before.
bool model_appeared(const struct model_server *server);

// A deep copy, to be freed by model_free().
void model_copy(struct model *to, const struct model *from);

// Last index of a server's log (its snapshot's when the log is empty).
uint64_t model_last_index(const struct model_server *server);
// Term of an entry; 0 when the server has no such entry.
uint64_t model_term_at(const struct model_server *server, uint64_t index);
// The entry itself; NULL when compacted or absent.
const struct trace_entry *model_entry(const struct model_server *server,
                                      uint64_t index);
// The leader of the highest term among servers that are up; -1 for none.
int model_leader(const struct model *model);

// The model as a JSON object (keyframes, `glassraft log --json`), gives a
// malloc'd string. model_restore() reads it back; false on bad text.
char *model_json(const struct model *model);
bool model_restore(struct model *model, const char *json);

#endif
