// facts.c -- see facts.h.
#include "facts.h"

#include <string.h>

#include "trace/args.h"

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
    struct facts *facts; // one of the two is NULL
    struct facts_reply *reply;
    struct facts_terms *terms;
    unsigned seen;
    uint64_t offset;
};

static void read_entries(struct reading *r, const struct trace_arg *arg)
{
    r->seen |= ENTRIES;
    r->facts->n_entries = arg->n_entries;
    if (r->terms == NULL)
        return;
    r->facts->terms_at = r->terms->n;
    for (size_t i = 0; i < arg->n_entries; i++) {
        size_t at = r->terms->n++ % FACTS_TERMS;
        const struct message_entry *raw =
            arg->raw != NULL ? &arg->raw[i] : NULL;
        r->terms->term[at] = raw != NULL ? raw->term : arg->entry[i].term;
        r->terms->command[at] = raw != NULL ? facts_hash(raw->command) : 0;
    }
}

// Most names part at their first letters.
static inline bool same(const char *a, const char *b)
{
    return a[0] == b[0] && (a[0] == '\0' || a[1] == b[1]) && strcmp(a, b) == 0;
}

static bool is(const char *name, const char *one, const char *two,
               const char *three)
{
    return same(name, one) || same(name, two) || same(name, three);
}

static void read_number(struct reading *r, const char *name, uint64_t number)
{
    struct facts *facts = r->facts;
    if (same(name, "term")) {
        facts->term = number;
        r->seen |= TERM;
    } else if (is(name, "last_log_index", "prev_log_index",
                  "last_included_index")) {
        facts->index = number;
        r->seen |= INDEX;
    } else if (is(name, "last_log_term", "prev_log_term",
                  "last_included_term")) {
        facts->index_term = number;
        r->seen |= INDEX_TERM;
    } else if (same(name, "leader_commit")) {
        facts->leader_commit = number;
        r->seen |= COMMIT;
    } else if (same(name, "offset")) {
        r->offset = number;
    }
}

static void read_request(void *context, const struct trace_arg *arg)
{
    struct reading *r = context;
    if (arg->type == ARG_NUMBER) {
        read_number(r, arg->name, arg->number);
    } else if (arg->type == ARG_ENTRIES) {
        read_entries(r, arg);
    } else if (arg->type == ARG_BYTES) {
        r->facts->end = arg->number;
    } else if (arg->type == ARG_BOOL && same(arg->name, "done")) {
        r->facts->done = arg->number != 0;
        r->seen |= DONE;
    }
}

static void read_reply(void *context, const struct trace_arg *arg)
{
    struct reading *r = context;
    if (arg->type == ARG_NUMBER && same(arg->name, "term")) {
        r->reply->term = arg->number;
        r->seen |= TERM;
    } else if (arg->type == ARG_NUMBER && same(arg->name, "bytes_stored")) {
        r->reply->stored = arg->number;
        r->reply->tells_stored = true;
    } else if (arg->type == ARG_NUMBER && same(arg->name, "conflict_term")) {
        r->reply->conflict_term = arg->number;
    } else if (arg->type == ARG_BOOL && (same(arg->name, "vote_granted") ||
                                         same(arg->name, "success"))) {
        r->reply->yes = arg->number != 0;
        r->seen |= YES;
    } else if (arg->type != ARG_NUMBER && arg->type != ARG_BOOL) {
        r->reply->extra = true;
    }
}

enum facts_rpc facts_rpc_of(const char *name)
{
    static const char *const names[] = {"", "RequestVote", "AppendEntries",
                                        "InstallSnapshot"};
    for (int rpc = FACTS_VOTE; rpc <= FACTS_INSTALL && name != NULL; rpc++)
        if (same(name, names[rpc]))
            return (enum facts_rpc)rpc;
    return FACTS_OTHER;
}

struct facts facts_of(const struct trace_event *event,
                      struct facts_terms *terms)
{
    static const unsigned must[] = {
        [FACTS_OTHER] = 0,
        [FACTS_VOTE] = TERM | INDEX | INDEX_TERM,
        [FACTS_APPEND] = TERM | INDEX | INDEX_TERM | ENTRIES | COMMIT,
        [FACTS_INSTALL] = TERM | INDEX | INDEX_TERM};
    struct facts facts = {.rpc = facts_rpc_of(event->rpc)};
    if (facts.rpc == FACTS_OTHER)
        return facts;
    struct reading reading = {.facts = &facts, .terms = terms};
    args_each(&event->args, read_request, &reading);
    facts.whole = (reading.seen & must[facts.rpc]) == must[facts.rpc];
    facts.begin = reading.offset;
    facts.end += reading.offset;
    facts.done |= !(reading.seen & DONE);
    facts.extra = (facts.rpc != FACTS_APPEND && facts.n_entries > 0) ||
                  (facts.rpc != FACTS_INSTALL && facts.end > 0);
    return facts;
}

struct facts_reply facts_of_reply(const struct trace_event *event)
{
    struct facts_reply reply = {.term = 0};
    enum facts_rpc rpc = facts_rpc_of(event->rpc);
    if (rpc == FACTS_OTHER)
        return reply;
    struct reading reading = {.reply = &reply};
    args_each(&event->args, read_reply, &reading);
    unsigned must = rpc == FACTS_INSTALL ? TERM : TERM | YES;
    reply.whole = (reading.seen & must) == must;
    return reply;
}

static bool is_kept(const struct facts_terms *terms, const struct facts *facts,
                    uint64_t i)
{
    return i < facts->n_entries &&
           facts->terms_at + i + FACTS_TERMS >= terms->n;
}

uint64_t facts_term(const struct facts_terms *terms, const struct facts *facts,
                    uint64_t i)
{
    return is_kept(terms, facts, i)
               ? terms->term[(facts->terms_at + i) % FACTS_TERMS]
               : 0;
}

uint64_t facts_command(const struct facts_terms *terms,
                       const struct facts *facts, uint64_t i)
{
    return is_kept(terms, facts, i)
               ? terms->command[(facts->terms_at + i) % FACTS_TERMS]
               : 0;
}

uint64_t facts_hash(struct message_bytes command)
{
    uint64_t hash = command.n, word;
    size_t n = command.n;
    const uint8_t *at = command.at;
    for (; n > 0; n -= n < sizeof word ? n : sizeof word) {
        word = 0;
        memcpy(&word, at, n < sizeof word ? n : sizeof word);
        at += n < sizeof word ? n : sizeof word;
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    return hash | 1;
}
