// coverage.c -- what can be judged of a trace that tells part of a run.
//
// The traces of others may leave out kinds of events. A judge that compares
// with what such a kind would have told is not believed then, and users read
// what was not judged. A kind that comes at all is taken to come always.
//
// Numbers of events that follow each other without a hole say that nothing was
// left out: a kind that never came has had nothing to tell. Where there are
// holes it may have been left out as well. What does not fit, and what such a
// kind could explain, is then no finding but a doubt: it is said from then on
// that this is not judged.
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { N_NEEDS = 8 };

#define BIT(kind) (1ull << TRACE_##kind)
// Kinds that move a log, besides its appends.
#define CUTS (BIT(TRUNCATE) | BIT(COMPACT) | BIT(INSTALL))
// What falsifies a comparison of two clocks.
#define CLOCKS (BIT(PAUSE) | BIT(CLOCK))
#define SAVED  (BIT(TERM) | BIT(VOTE) | BIT(APPEND))

// What a finding needs besides: that no server is lost; that each vote, each
// acknowledgement, each heartbeat can be read; that messages show their fields;
// that who belongs to the cluster is known; that all commits are. STANDS: two
// events show it against each other, whatever else is missing.
enum {
    OF_ALL = 1,
    VOTES = 2,
    ACKS = 4,
    SHOWN = 8,
    MEMBERS = 16,
    COMMITS = 32,
    BEATS = 64,
    STANDS = 128
};

static const struct {
    const char *name;
    enum trace_kind needs[N_NEEDS];
    uint64_t whole;   // besides, where numbers have holes, when in doubt
    unsigned besides; // what must be readable
} areas[] = {
    {"Election Safety", {TRACE_ROLE}, 0, STANDS},
    {"Leader Append-Only", {TRACE_ROLE, TRACE_APPEND}, CUTS, 0},
    {"Log Matching", {TRACE_APPEND}, 0, 0},
    {"Leader Completeness",
     {TRACE_ROLE, TRACE_COMMIT, TRACE_APPEND, TRACE_TERM},
     CUTS,
     0},
    {"State Machine Safety", {TRACE_APPLY}, 0, STANDS},
    {"terms", {TRACE_TERM}, 0, 0},
    {"votes", {TRACE_VOTE, TRACE_TERM, TRACE_APPEND, TRACE_SEND}, CUTS, 0},
    {"elections",
     {TRACE_ROLE, TRACE_VOTE, TRACE_TERM, TRACE_SEND, TRACE_REPLY,
      TRACE_REPLY_RECV},
     0,
     VOTES | MEMBERS},
    {"log changes", {TRACE_APPEND, TRACE_COMMIT, TRACE_TERM}, CUTS, 0},
    {"commits",
     {TRACE_COMMIT, TRACE_ROLE, TRACE_TERM, TRACE_VOTE, TRACE_APPEND,
      TRACE_SEND, TRACE_REPLY, TRACE_REPLY_RECV},
     CUTS,
     ACKS | MEMBERS},
    {"applies", {TRACE_APPLY, TRACE_COMMIT}, BIT(INSTALL), 0},
    {"next and match indexes",
     {TRACE_MATCH, TRACE_NEXT, TRACE_APPEND, TRACE_TERM, TRACE_SEND,
      TRACE_REPLY, TRACE_REPLY_RECV},
     CUTS,
     ACKS},
    {"durability",
     {TRACE_PERSIST, TRACE_TERM, TRACE_VOTE, TRACE_APPEND, TRACE_SEND,
      TRACE_REPLY},
     CUTS,
     0},
    {"restarts",
     {TRACE_PERSIST, TRACE_BOOT, TRACE_TERM, TRACE_VOTE, TRACE_APPEND},
     CUTS,
     0},
    {"answers",
     {TRACE_SEND, TRACE_RECV, TRACE_REPLY, TRACE_TERM, TRACE_VOTE,
      TRACE_APPEND},
     CUTS,
     BEATS},
    {"election timers",
     {TRACE_TIMEOUT, TRACE_ROLE, TRACE_TERM, TRACE_VOTE, TRACE_SEND, TRACE_RECV,
      TRACE_REPLY},
     CLOCKS,
     BEATS},
};

// What each finding needs besides the event that it is found at.
static const struct {
    unsigned besides;
    uint64_t needs, whole;
} needs[N_FINDINGS] = {
#define FINDING(name, id, tags, cost, headline, besides, needs, whole)         \
    [FINDING_##name] = {besides, needs, whole},
#include "findings.def"
#undef FINDING
};

// Without holes, who tells what a server restores at boot tells its term, its
// votes and its log.
static bool tells(const struct check *check, int kind)
{
    bool restored = !check->told.holes && (SAVED >> kind & 1) != 0;
    return check->n_of_kind[kind] > 0 ||
           (restored && check->n_of_kind[TRACE_BOOT] > 0);
}

// The first of the kinds that has never come; TRACE_UNKNOWN for none.
static enum trace_kind missing_of(const struct check *check, uint64_t kinds)
{
    for (int kind = 1; kind < TRACE_N_KINDS; kind++)
        if ((kinds >> kind & 1) != 0 && !tells(check, kind))
            return (enum trace_kind)kind;
    return TRACE_UNKNOWN;
}

// Of an area: in the order of the page for people.
static enum trace_kind missing(const struct check *check, size_t area)
{
    for (int i = 0; i < N_NEEDS; i++) {
        enum trace_kind kind = areas[area].needs[i];
        if (kind != TRACE_UNKNOWN && !tells(check, kind))
            return kind;
    }
    return missing_of(check, areas[area].whole & check->told.doubted);
}

// Can all votes, or all acknowledgements, be read that have arrived?
static bool hears(const struct check *check, unsigned besides)
{
    const struct told *told = &check->told;
    return ((besides & VOTES) == 0 || !told->deaf_votes) &&
           ((besides & ACKS) == 0 || !told->deaf_acks) &&
           ((besides & BEATS) == 0 || !told->blind) &&
           ((besides & COMMITS) == 0 || (told->doubted & CUTS) == 0);
}

// Where numbers are missing amid a trace, any event may be: nothing is believed
// that one more event could explain. What two events show against each other
// stands. Who names the kinds that are left out answers for the rest.
static bool is_torn(const struct check *check, unsigned besides)
{
    return (besides & STANDS) == 0 && check_is_torn(check);
}

bool check_is_torn(const struct check *check)
{
    return check->told.torn > 0 && check->without == 0;
}

uint64_t check_n_missing(const struct check *check)
{
    return check->told.n_missing;
}

// A leader has had votes and terms, and has told its next_index; a log that
// grew was matched, committed and applied. One server alone asks nobody.
// So few events as are missing may be of any kind, though one never came.
uint64_t check_filtered(uint64_t seen, int n_servers, uint64_t n_missing)
{
    enum { FEW = 3 };
    if (n_missing <= FEW)
        return 0;
    uint64_t whole = BIT(SEND) | BIT(RECV) | BIT(REPLY) | BIT(TERM) |
                     BIT(VOTE) | BIT(ROLE) | BIT(PERSIST) | BIT(TIMEOUT) |
                     BIT(NEXT);
    uint64_t grown = BIT(APPEND) | BIT(MATCH) | BIT(COMMIT) | BIT(APPLY);
    if ((seen & BIT(APPEND)) != 0)
        whole |= grown;
    if (n_servers == 1)
        whole &= ~(BIT(SEND) | BIT(RECV) | BIT(REPLY));
    return whole & ~seen;
}

bool check_believes(struct check *check, enum finding finding)
{
    unsigned besides = needs[finding].besides;
    if (is_torn(check, besides))
        return false;
    struct told *told = &check->told;
    if (told->holes &&
        missing_of(check, needs[finding].whole) != TRACE_UNKNOWN) {
        told->doubted |= needs[finding].whole;
        return false;
    }
    return missing_of(check, needs[finding].needs) == TRACE_UNKNOWN &&
           !((besides & OF_ALL) != 0 && told->any_lost) &&
           !((besides & MEMBERS) != 0 && told->members_change) &&
           ((besides & SHOWN) == 0 || told->fields) && hears(check, besides);
}

bool check_knows_logs(struct check *check)
{
    if (!check->told.holes || missing_of(check, CUTS) == TRACE_UNKNOWN)
        return true;
    check->told.doubted |= CUTS;
    return false;
}

// A reply arrives. One that nobody can read, of a name or with fields that we
// do not know, may be the vote or the acknowledgement that is missed later.
static void listen(struct check *check, const struct trace_event *event)
{
    struct told *told = &check->told;
    const struct flight *flight = check_flight(check, event->msg);
    const struct facts_reply *reply = check_reply(flight, event);
    // Of an answer whose request is in no event, the name is known.
    enum facts_rpc rpc =
        flight != NULL ? flight->args.rpc : facts_rpc_of(event->rpc);
    bool readable = rpc != FACTS_OTHER && flight != NULL &&
                    flight->args.whole && reply != NULL && reply->whole;
    if (readable)
        return;
    // Calls of other names are no votes where votes have their own name.
    told->deaf_votes |=
        rpc == FACTS_VOTE || (rpc == FACTS_OTHER && !told->asks_votes);
    told->deaf_acks |=
        rpc == FACTS_APPEND || rpc == FACTS_INSTALL ||
        (rpc == FACTS_OTHER && !(told->appends && told->installs));
}

// What the message of an event tells.
static void look_at_message(struct check *check,
                            const struct trace_event *event)
{
    struct told *told = &check->told;
    const struct flight *flight = check_flight(check, event->msg);
    told->fields |= event->args.type != NULL || event->args.parsed != NULL;
    if (event->kind == TRACE_SEND && flight != NULL && flight->args.whole) {
        told->asks_votes |= flight->args.rpc == FACTS_VOTE;
        told->appends |= flight->args.rpc == FACTS_APPEND;
        told->installs |= flight->args.rpc == FACTS_INSTALL;
    } else if (event->kind == TRACE_SEND)
        told->blind |=
            !told->appends || flight == NULL || flight->args.rpc != FACTS_OTHER;
    if (event->kind == TRACE_REPLY_RECV)
        listen(check, event);
}

bool check_is_lost(struct check *check, const struct trace_event *event)
{
    struct told *told = &check->told;
    struct model_server *model = &check->model.server[event->node];
    bool down = event->kind == TRACE_CRASH || event->kind == TRACE_KILL ||
                event->kind == TRACE_RESTART;
    look_at_message(check, event);
    model->up |= model_wakes(model, event);
    if (event->kind == TRACE_BOOT)
        told->lost[event->node] = false;
    else if ((down && !model->booted) ||
             (event->kind != TRACE_RESTART && event->inc > model->inc))
        told->lost[event->node] = told->any_lost = true;
    return told->lost[event->node];
}

void check_number(struct check *check, const struct trace_event *event)
{
    if (check->first_n == 0)
        check->first_n = event->n;
    bool skipped = event->n > check->told.last + 1;
    check->told.holes |= skipped;
    if (skipped && check->told.last > 0)
        check->told.n_missing += event->n - check->told.last - 1;
    if (skipped && check->told.last > 0 && check->told.torn == 0)
        check->told.torn = check->told.last;
    if (event->n > check->told.last)
        check->told.last = event->n;
}

// Why an area whose events are all there was not judged; NULL when it was.
static const char *unreadable(const struct check *check, size_t area)
{
    unsigned besides = areas[area].besides;
    const struct told *told = &check->told;
    if (is_torn(check, besides))
        return "numbers are missing amid the trace";
    if ((besides & MEMBERS) != 0 && told->members_change)
        return "the header says that members change";
    if ((besides & VOTES) != 0 && told->deaf_votes)
        return "answers to RequestVote that cannot be read";
    if ((besides & ACKS) != 0 && told->deaf_acks)
        return "answers to AppendEntries or InstallSnapshot that cannot be"
               " read";
    if ((besides & BEATS) != 0 && (told->blind || !told->fields))
        return "messages that cannot be read";
    return NULL;
}

size_t check_told_areas(const struct check *check, struct check_area *out,
                        size_t most)
{
    size_t n = 0, n_areas = sizeof areas / sizeof areas[0];
    for (size_t i = 0; i < n_areas && n < most; i++) {
        if (check->untimed && areas[i].needs[0] == TRACE_TIMEOUT)
            continue;
        enum trace_kind kind = is_torn(check, areas[i].besides)
                                   ? TRACE_UNKNOWN
                                   : missing(check, i);
        snprintf(out[n].name, sizeof out[n].name, "%s", areas[i].name);
        out[n].because = kind == TRACE_UNKNOWN ? unreadable(check, i) : NULL;
        out[n++].missing =
            kind != TRACE_UNKNOWN ? trace_kinds[kind].name : NULL;
    }
    return n;
}
