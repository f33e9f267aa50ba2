// facts.c -- see facts.h.
#include "facts.h"

#include <string.h>

#include "../trace/args.h"

// Each field that an rpc may have, as a bit of what was seen.
enum {
    TERM = 1,
    INDEX = 2,
    INDEX_TERM = 4,
    ENTRIES = 8,
    COMMIT = 16,
    YES = 32,
    DONE = 64,
};

struct reading {
    struct facts *facts;
    struct facts_terms *terms;
    unsigned seen;
    uint64_t offset;
};

static void read_entries(struct reading *r, const struct trace_arg *arg)
{
    r->seen |= ENTRIES;
    r->facts->n_entries = arg->n_entries;
    r->facts->terms_at = r->terms->n;
    for (size_t i = 0; i < arg->n_entries; i++)
        r->terms->term[r->terms->n++ % FACTS_TERMS] =
            arg->raw != NULL ? arg->raw[i].term : arg->entry[i].term;
}

static void read_number(struct reading *r, const char *name, uint64_t number)
{
    struct facts *facts = r->facts;
    if (strcmp(name, "term") == 0) {
        facts->term = number;
        r->seen |= TERM;
    } else if (strcmp(name, "last_log_index") == 0 ||
               strcmp(name, "prev_log_index") == 0 ||
               strcmp(name, "last_included_index") == 0) {
        facts->index = number;
        r->seen |= INDEX;
    } else if (strcmp(name, "last_log_term") == 0 ||
               strcmp(name, "prev_log_term") == 0 ||
               strcmp(name, "last_included_term") == 0) {
        facts->index_term = number;
        r->seen |= INDEX_TERM;
    } else if (strcmp(name, "leader_commit") == 0) {
        facts->leader_commit = number;
        r->seen |= COMMIT;
    } else if (strcmp(name, "offset") == 0) {
        r->offset = number;
    } else if (strcmp(name, "bytes_stored") == 0) {
        facts->stored = number;
        facts->tells_stored = true;
    }
}

static void read_field(void *context, const struct trace_arg *arg)
{
    struct reading *r = context;
    switch (arg->type) {
    case ARG_NUMBER:
        read_number(r, arg->name, arg->number);
        break;
    case ARG_BOOL:
        if (strcmp(arg->name, "done") == 0) {
            r->facts->done = arg->number != 0;
            r->seen |= DONE;
        } else if (strcmp(arg->name, "vote_granted") == 0 ||
                   strcmp(arg->name, "success") == 0) {
            r->facts->yes = arg->number != 0;
            r->seen |= YES;
        }
        break;
    case ARG_BYTES:
        r->facts->end = arg->number;
        break;
    case ARG_ENTRIES:
        read_entries(r, arg);
        break;
    case ARG_TEXT:
        break;
    }
}

static enum facts_rpc rpc_of(const char *name)
{
    static const char *const names[] = {"", "RequestVote", "AppendEntries",
                                        "InstallSnapshot"};
    for (int rpc = FACTS_VOTE; rpc <= FACTS_INSTALL && name != NULL; rpc++)
        if (strcmp(name, names[rpc]) == 0)
            return (enum facts_rpc)rpc;
    return FACTS_OTHER;
}

struct facts facts_of(const struct trace_event *event,
                      struct facts_terms *terms)
{
    static const unsigned request[] = {0, TERM | INDEX | INDEX_TERM,
                                       TERM | INDEX | INDEX_TERM | ENTRIES |
                                           COMMIT,
                                       TERM | INDEX | INDEX_TERM};
    static const unsigned reply[] = {0, TERM | YES, TERM | YES, TERM};
    struct facts facts = {.rpc = rpc_of(event->rpc)};
    if (facts.rpc == FACTS_OTHER)
        return facts;
    struct reading reading = {.facts = &facts, .terms = terms};
    args_each(&event->args, read_field, &reading);
    unsigned must =
        event->kind == TRACE_REPLY ? reply[facts.rpc] : request[facts.rpc];
    facts.whole = (reading.seen & must) == must;
    facts.end += reading.offset;
    if (facts.rpc == FACTS_INSTALL && !(reading.seen & DONE))
        facts.done = true;
    return facts;
}

uint64_t facts_term(const struct facts_terms *terms, const struct facts *facts,
                    uint64_t i)
{
    uint64_t at = facts->terms_at + i;
    if (i >= facts->n_entries || at + FACTS_TERMS < terms->n)
        return 0;
    return terms->term[at % FACTS_TERMS];
}
