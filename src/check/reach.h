// reach.h -- what has reached a server: by a message, by its own start, or from
// its disk.
//
// Servers are separate computers. What one of them applies, acknowledges, asks
// votes for or sends must have come to it in one of these ways, whatever it
// tells of itself. An entry is known by its index, its term and the digest of
// its command. Bytes whose form nobody else can read (a state in an encoding of
// its own, a message of another name) may hold entries, but no more than there
// is room for.
//
// Only a harness knows all ways (check_disk() of check.h): in a trace that is
// read from a file nothing of this is judged.
#ifndef GLASSRAFT_CHECK_REACH_H
#define GLASSRAFT_CHECK_REACH_H

#include "internal.h"

enum { REACH_MOST = 64 }; // servers are bits

struct reach_server {
    uint64_t life_us; // its last restart; 0 = none
    int life;         // of it
    bool down;
    uint64_t applied;    // it has given its service all up to there
    uint64_t low;        // or has a snapshot up to there
    uint64_t snapshot;   // the last index of a snapshot that came in messages
    uint64_t n_snapshot; // bytes of all of these messages
    // Bytes that only it can read, less what it took from them; or it is not
    // known how many.
    uint64_t n_dark;
    bool dark;
    bool was_dark; // in an earlier life
};

struct reach {
    bool hands; // the harness tells; otherwise nothing is judged
    struct reach_server server[REACH_MOST];
    // [index, term]: second = the hash of the command that was the first there,
    // first = who has it, event = who has another.
    struct table entries;
    struct table others; // [index, hash of term and command]: first = who
    struct table old;    // [index, term]: first = who had one in older lives
    struct table stood;  // [term + 1, server + 1]: it asked for votes, or led
    bool answers_dark;   // some answer has brought more than numbers
    struct reach_message {
        uint64_t msg;
        uint64_t n_request, n_reply; // bytes; 0 = not known
        int life;                    // of the receiver
    } message[N_FLIGHTS];            // [msg % N_FLIGHTS]
};

struct reach *reach_make(void);
void reach_free(struct reach *reach);

// False when something is broken.
bool check_reach(struct check *check, const struct trace_event *event);

#endif
