// etcd.h -- the lines of etcd's TLA+ traces, read.
//
// A line is a JSON object with "tag":"trace" and an "event": its name, the
// server's id (nid), the server's state at that moment, and what else belongs
// to it. etcd_read.c reads them, etcd.c tells what they prove.
#ifndef GLASSRAFT_IMPORT_ETCD_H
#define GLASSRAFT_IMPORT_ETCD_H

#include "account.h"
#include "trace/trace.h"

enum etcd_name {
    ETCD_UNKNOWN,
    ETCD_INIT,       // a server begins, or begins again
    ETCD_BOOTSTRAP,  // the end of what it begins with
    ETCD_CANDIDATE,  // BecomeCandidate
    ETCD_OTHER_ROLE, // BecomeFollower, BecomeLeader
    ETCD_CONF,       // ApplyConfChange
    ETCD_CLIENT,     // Replicate, ChangeConf: its own entries
    ETCD_READY,
    ETCD_STATE, // names that tell of nothing but the state
    ETCD_SEND,
    ETCD_RECEIVE,
    ETCD_DUPLICATE, // ours: a second copy of a message is under way
};

enum etcd_type {
    ETCD_NO_MESSAGE,
    ETCD_VOTE,
    ETCD_VOTE_ANSWER,
    ETCD_APPEND,
    ETCD_APPEND_ANSWER,
    ETCD_BEAT,
    ETCD_BEAT_ANSWER,
    ETCD_SNAPSHOT,
};

// What makes two messages equal.
struct etcd_message {
    enum etcd_type type;
    int from, to;
    uint64_t term, index, log_term, entries, commit;
    bool reject;
};

struct etcd_line {
    size_t number; // in the file
    uint64_t us;
    enum etcd_name name;
    enum trace_role role;
    int node, vote, conf; // conf: of etcd_file
    uint64_t term, commit, last, applied;
    bool has_applied, timed;
    uint64_t *terms; // of the log, if the line has them
    size_t n_terms;
    struct etcd_message message;
    size_t next; // of the same server; SIZE_MAX for none
};

// Who belongs to the cluster; `old` in joint consensus.
struct etcd_conf {
    bool now[TRACE_MAX_SERVERS], old[TRACE_MAX_SERVERS];
};

struct etcd_file {
    struct etcd_line *line;
    size_t n, room;
    char *id[TRACE_MAX_SERVERS]; // of each server, in the order of numbers
    int n_servers;
    struct etcd_conf *conf; // those that occur
    size_t n_confs, room_confs;
    size_t n_lines, n_other, n_unordered;
    size_t n_unknown, first_unknown; // lines whose names or messages are new
};

bool etcd_read(struct etcd_file *file, const char *path, char *error,
               size_t n_error);
void etcd_free(struct etcd_file *file);
bool etcd_is_answer(enum etcd_type type);

#endif
