// etcd_log.h -- what etcd.c keeps: servers with their logs, messages under way.
#ifndef GLASSRAFT_IMPORT_ETCD_LOG_H
#define GLASSRAFT_IMPORT_ETCD_LOG_H

#include "etcd.h"

// So many entries of one term, one behind the other.
struct etcd_run {
    uint64_t n, term;
};

// A server as the lines so far show it.
struct etcd_server {
    bool up, log_known, leads_now;
    int inc, vote, conf;
    enum trace_role role;
    uint64_t term, commit, applied;
    uint64_t *terms; // of its log, from index 1 on
    size_t n, room;
    uint64_t root;  // the event that what it does now follows from; 0: unknown
    size_t receipt; // the flight that it handles now; SIZE_MAX for none
    size_t next;    // its next line
};

// A message that was sent.
struct etcd_flight {
    struct etcd_message message;
    uint64_t msg, n, n_received; // of the call; events; 0: it has none
    bool answered, known;        // known: the terms of its entries
    size_t first_run, n_runs;    // of e->run
    const struct etcd_run *run;  // set by etcd_take_terms(), for the moment
    size_t before;               // the flight before it in its bucket, + 1
    const char *rpc;
};

struct etcd {
    struct etcd_file file;
    struct account account;
    struct import_tally *tally;
    struct etcd_server *server;
    struct etcd_flight *flight;
    size_t n_flights, room_flights;
    struct etcd_run *run;
    size_t n_runs, room_runs;
    size_t *bucket, n_buckets; // of flights, by what they say
    size_t *to_come;           // sendings to come, by bucket
    size_t *arrived;           // the flight of a bucket that came last, + 1
    uint64_t n_calls, n_spent;
    bool spent;   // more than IMPORT_ENTRIES
    bool answers; // the lines show who answers AppendEntries
};

// Finds where servers begin, and who belongs to the cluster.
void etcd_prepare(struct etcd *e);
void etcd_finish(struct etcd *e);
// The next line in an order that keeps each server's own and has receipts
// behind their sendings, by time as far as that allows; SIZE_MAX at the end.
size_t etcd_next(struct etcd *e);

// A new flight; borrowed until the next.
struct etcd_flight *etcd_flight(struct etcd *e, const struct etcd_message *m);
// The newest of the equal messages under way arrives; SIZE_MAX for none.
size_t etcd_arrives(struct etcd *e, const struct etcd_message *m);
size_t etcd_last_received(const struct etcd *e, const struct etcd_message *m);

// Counts entries that are written; false when there were too many.
bool etcd_spend(struct etcd *e, uint64_t n);
void etcd_append_run(struct etcd *e, struct etcd_server *s, uint64_t n,
                     uint64_t term);
void etcd_append_all(struct etcd *e, struct etcd_server *s,
                     const uint64_t *terms, size_t n);
// Entries after+1 .. after+n of its log as a list; free() it.
char *etcd_entries(struct etcd *e, const struct etcd_server *s, uint64_t after,
                   uint64_t n);
// Notes the terms of what the server sends, if its log has all of it.
void etcd_take_terms(struct etcd *e, const struct etcd_server *s,
                     struct etcd_flight *flight);
// The answer in this line accepts the request at hand: its entries are stored.
void etcd_accept(struct etcd *e, struct etcd_server *s,
                 const struct etcd_line *line);
// The log becomes as long as the line says; false when nothing explains it.
bool etcd_show_log(struct etcd *e, struct etcd_server *s,
                   const struct etcd_line *line);
// Where no line shows answers: is the log as long after the request at hand as
// before, whether its entries were stored or not?
bool etcd_is_vague(const struct etcd *e, const struct etcd_server *s);

#endif
