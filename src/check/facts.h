// facts.h -- what a message says, in Figure 2's and Figure 13's words.
//
// Read once, when the message leaves. Messages of other names and shapes have
// no facts, and nothing is judged by them.
#ifndef GLASSRAFT_CHECK_FACTS_H
#define GLASSRAFT_CHECK_FACTS_H

#include "trace/trace.h"

enum facts_rpc { FACTS_OTHER, FACTS_VOTE, FACTS_APPEND, FACTS_INSTALL };

enum facts_rpc facts_rpc_of(const char *name); // NULL: of none of them

// Of a request.
struct facts {
    enum facts_rpc rpc;
    bool whole; // all that its rpc must have is there
    bool done;  // InstallSnapshot: the last chunk (or the only one)
    uint64_t term;
    // RequestVote: the last entry; AppendEntries: the one before the entries;
    // InstallSnapshot: the last included.
    uint64_t index, index_term;
    uint64_t n_entries, leader_commit;
    uint64_t terms_at;   // place of the entries' first term in facts_terms
    uint64_t begin, end; // InstallSnapshot: offsets of this chunk
    bool extra;          // has fields in which more entries may be
};

// Of a reply.
struct facts_reply {
    uint64_t term;
    uint64_t stored;        // InstallSnapshot: bytes_stored
    uint64_t conflict_term; // AppendEntries: 0 = none, or it has no such field
    bool whole;             // all that its rpc must have is there
    bool yes;               // vote_granted, success
    bool tells_stored;      // has bytes_stored
    bool extra;             // has fields in which entries may be
};

// The terms of entries on their way, newest last, and hashes of their commands
// where these are known whole; old ones are forgotten.
enum { FACTS_TERMS = 1 << 16 };
struct facts_terms {
    uint64_t *term, *command; // [n % FACTS_TERMS]
    uint64_t n;
};

// The facts of a send; entries' terms go into `terms`, NULL for nowhere.
struct facts facts_of(const struct trace_event *event,
                      struct facts_terms *terms);

// The facts of a reply.
struct facts_reply facts_of_reply(const struct trace_event *event);

// Term of entry i of a request; 0 when it was forgotten.
uint64_t facts_term(const struct facts_terms *terms, const struct facts *facts,
                    uint64_t i);
// Its command's facts_hash(); 0 when only a digest is told, or when it was
// forgotten.
uint64_t facts_command(const struct facts_terms *terms,
                       const struct facts *facts, uint64_t i);

// The hash of a command, never 0.
uint64_t facts_hash(struct message_bytes command);

#endif
