// action.h -- one action on a cluster whose time stands still, and its text.
//
// Between two actions nothing happens: no clock moves, no message arrives, and
// every thread is blocked. SCRIPTS.md describes the text.
#ifndef GLASSRAFT_ACTION_H
#define GLASSRAFT_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind {
    STEP_TIMEOUT,     // server: its clock moves on until it stands for election
    STEP_HEARTBEAT,   // until it has sent heartbeats
    STEP_CLOCK,       // by number milliseconds
    STEP_DELIVER,     // a message (see below)
    STEP_DELIVER_ALL, // what is in flight and not held, until nothing is
    STEP_LOSE,        // a message: its caller gets no answer
    STEP_DOUBLE,      // a request arrives once more, also long after
    STEP_HOLD,        // a message: STEP_DELIVER_ALL passes over it
    STEP_COMMAND,     // server takes text
    STEP_CRASH,       // server; with number: at its number-th save from now
    STEP_RESTART,
    STEP_PAUSE,
    STEP_RESUME,
    STEP_CUT,      // from - to, both ways
    STEP_HEAL,     // the same; server == peer: all links
    STEP_SNAPSHOT, // server's service, up to index number
    STEP_SHOW,     // notes in the trace what is in flight
    STEP_STALL,    // server's thread, before its number-th lock from now
    STEP_PROCEED,  // server's stalled thread
    STEP_N_KINDS,
};

enum { STEP_METHOD = 24, STEP_TEXT = 64, STEP_LINE = 160, STEP_SERVERS = 9 };

// Servers are 0 .. n-1. A message is the number-th request of a method from one
// server to another since the cluster began (0: the first that is in flight),
// or the answer to it.
struct step_action {
    enum step_kind kind;
    int server; // or the sender of the request
    int peer;   // its receiver; the other end of what is cut
    bool reply;
    bool before; // STEP_CRASH at a save: before it is on the disk
    uint64_t number;
    char method[STEP_METHOD];
    char text[STEP_TEXT]; // of a command
};

// Reads a line without its end. False with what is wrong and what was expected,
// in one line. Servers up to n_servers.
bool step_parse(const char *line, int n_servers, struct step_action *action,
                char error[STEP_LINE]);
// The line that means this action.
void step_format(const struct step_action *action, char line[STEP_LINE]);
bool step_same(const struct step_action *a, const struct step_action *b);

#endif
