// pack.h -- an event as a run of 64-bit words, with everything it points to.
//
// The packed form holds only the fields that the kind uses. It is what the
// recorder stores and hashes: texts and lists are copied in, so that no
// address, padding or path of a pointer is part of it.
#ifndef GLASSRAFT_PACK_H
#define GLASSRAFT_PACK_H

#include "trace.h"

enum {
    PACK_SIZE,   // the record's length in words
    PACK_TYPE,   // the message type, a pointer; not hashed
    PACK_HASHED, // from here to the end every word counts
};

// Writes event into at most room words and returns how many it needs; a
// result above room means that the record is cut and useless.
size_t pack_event(const struct trace_event *event, uint64_t *word, size_t room);

// The event of a packed record. Its texts and lists point into the record.
void unpack_event(const uint64_t *word, struct trace_event *event);

// Is this a record, of at most `room` words, that unpack_event() can read, and
// whose servers and roles there are among n_servers? The message's type is not
// looked at, nor what it says.
bool pack_is_sound(const uint64_t *word, size_t room, int n_servers);

// Folds a packed record into a hash.
uint64_t pack_hash(uint64_t hash, const uint64_t *word);

// The hash of no record.
#define PACK_HASH UINT64_C(0x676c617373726166)

// What a recorder was made with; borrowed.
const struct trace_config *trace_config_of(const struct trace *trace);

#endif
