// why.c -- the graph of facts behind an event, found step by step.
//
// From the question backwards, the nearest facts first, until everything is
// explained or the budget is spent.
#include "why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/findings.h"
#include "trace/fields.h"
#include "viz/draw/causes.h"

enum { MOST_FACTS = 60, FARTHEST = 9 };
// Without a hint: so many of the named servers' last facts, so many in all;
// and as if they were so many steps away.
enum { GUESSES_NAMED = 6, GUESSES = 10, GUESS_COST = 5 };

uint64_t why_number(const struct trace_event *event, const char *name)
{
    uint64_t value = 0;
    trace_message_number(&event->args, name, &value);
    return value;
}

static bool of_harness(enum trace_kind kind)
{
    return kind >= TRACE_CRASH && kind <= TRACE_NETWORK;
}

const struct evidence *why_evidence(const struct why *why, size_t at)
{
    return evidence_of(why->book, at);
}

// The position of event n; SIZE_MAX when it is 0.
static size_t position(const struct why *why, uint64_t n)
{
    return n > 0 ? causes_position(why->trace, n) : SIZE_MAX;
}

const struct trace_event *why_request(const struct why *why, size_t at)
{
    size_t send = position(why, why_evidence(why, at)->request);
    return send < at ? why_event(why, send) : NULL;
}

const struct trace_event *why_answer(const struct why *why, size_t at)
{
    size_t sent = position(why, why_evidence(why, at)->answer);
    return sent < at ? why_event(why, sent) : NULL;
}

// ----------------------------------------------------------------- facts

struct why_fact *why_find(const struct why *why, size_t at)
{
    return why->number[at] > 0 ? &why->fact[why->number[at] - 1] : NULL;
}

static struct why_fact *add_fact(struct why *why, size_t at, int cost)
{
    if (why->n_facts == why->fact_room) {
        why->fact_room = 2 * why->fact_room + 64;
        why->fact = must_realloc(why->fact, why->fact_room * sizeof *why->fact);
    }
    struct why_fact *fact = &why->fact[why->n_facts++];
    memset(fact, 0, sizeof *fact);
    fact->at = at;
    fact->cost = cost;
    why->number[at] = why->n_facts;
    return fact;
}

// What an effect rests on is found in one go: its links stand together.
static void add_link(struct why *why, size_t effect, size_t cause, bool needed)
{
    for (size_t i = why->n_links; i > 0; i--) {
        struct why_link *link = &why->link[i - 1];
        if (link->effect != effect)
            break;
        if (link->cause == cause) {
            link->needed |= needed;
            return;
        }
    }
    if (why->n_links == why->link_room) {
        why->link_room = 2 * why->link_room + 64;
        why->link = must_realloc(why->link, why->link_room * sizeof *why->link);
    }
    why->link[why->n_links++] = (struct why_link){effect, cause, needed};
}

// The fact that tells of an event: a timeout tells of the candidate's role.
static size_t fact_of(const struct why *why, size_t at)
{
    for (int hops = 0; hops < 3; hops++) {
        uint64_t by = why_evidence(why, at)->told_by;
        if (by == 0)
            break;
        at = position(why, by);
    }
    return at;
}

static void add_cause(struct why *why, size_t effect,
                      const struct evidence_cause *of)
{
    size_t cause = fact_of(why, position(why, of->n));
    if (cause == effect)
        return;
    int cost = why_find(why, effect)->cost + (int)of->step;
    struct why_fact *fact = why_find(why, cause);
    if (fact == NULL) {
        // What the harness did is a root: nothing lies behind it.
        bool root = of_harness(why->trace->event[cause].kind);
        if (!why->all &&
            ((cost > FARTHEST && !root) || why->n_facts >= MOST_FACTS)) {
            why->n_cut++;
            return;
        }
        fact = add_fact(why, cause, cost);
    }
    if (cost < fact->cost)
        fact->cost = cost;
    add_link(why, effect, cause, of->needed);
}

static void explain(struct why *why, size_t at)
{
    const struct evidence_cause *of;
    for (size_t i = why_evidence(why, at)->causes; i != 0; i = of->next) {
        of = evidence_cause(why->book, i);
        add_cause(why, at, of);
    }
}

// The nearest first, as long as there is a limit to what is told.
static void explain_all(struct why *why)
{
    for (size_t begin = 0; begin < why->n_facts;) {
        struct why_fact *next = &why->fact[begin];
        for (size_t i = begin; !why->all && i < why->n_facts; i++)
            if (!why->fact[i].explained &&
                (next->explained || why->fact[i].cost < next->cost))
                next = &why->fact[i];
        if (!next->explained) {
            next->explained = true;
            explain(why, next->at);
        }
        while (begin < why->n_facts && why->fact[begin].explained)
            begin++;
    }
}

// What only goes into something that was not needed is not needed.
static void mark_needed(struct why *why)
{
    for (size_t i = 0; i < why->n_facts; i++)
        why->fact[i].needed = why->fact[i].goal;
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < why->n_links; i++) {
            const struct why_link *link = &why->link[i];
            struct why_fact *cause = why_find(why, link->cause);
            const struct why_fact *effect = why_find(why, link->effect);
            if (link->needed && effect->needed && !cause->needed)
                cause->needed = more = true;
        }
    }
}

// ------------------------------------------------------------- questions

static void add_goal(struct why *why, size_t at)
{
    at = fact_of(why, at);
    struct why_fact *fact = why_find(why, at);
    if (fact == NULL)
        fact = add_fact(why, at, 0);
    fact->goal = true;
}

static bool was_unplugged(const struct why *why, int node, size_t before)
{
    for (size_t i = before; i > 0; i--)
        if (why_event(why, i - 1)->kind == TRACE_DISCONNECT &&
            why_event(why, i - 1)->node == node)
            return true;
    return false;
}

static bool decides(const struct why *why, size_t at)
{
    const struct trace_event *event = &why->trace->event[at];
    switch (event->kind) {
    case TRACE_CONNECT:
        // Plugged in again, not for the first time.
        return was_unplugged(why, event->node, at);
    case TRACE_ROLE:
    case TRACE_VOTE:
    case TRACE_TRUNCATE:
    case TRACE_INSTALL:
    case TRACE_TERM:
    case TRACE_APPEND:
    case TRACE_COMMIT:
        return true;
    case TRACE_CHECK:
        return !event->ok;
    default:
        return of_harness(event->kind) && event->kind != TRACE_NETWORK;
    }
}

// Servers that a text names, S1 to S99.
static void named_servers(const char *text, bool *named, int n)
{
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        bool word = at > text && ((at[-1] >= 'a' && at[-1] <= 'z') ||
                                  (at[-1] >= 'A' && at[-1] <= 'Z'));
        if (*at != 'S' || word || at[1] < '1' || at[1] > '9')
            continue;
        int server = atoi(at + 1);
        if (server >= 1 && server <= n)
            named[server - 1] = true;
    }
}

// The last receipts or facts before the end, of the named servers only if
// `named` is given.
static void guess(struct why *why, size_t end, const bool *named, size_t most)
{
    bool receipt = named != NULL;
    for (size_t i = end; i > 0 && why->n_facts < most; i--) {
        const struct trace_event *event = &why->trace->event[i - 1];
        bool known = event->node >= 0 && event->node < why->n_servers;
        if (named != NULL && (!known || !named[event->node]))
            continue;
        // What it was doing when it failed.
        bool last = receipt && (event->kind == TRACE_RECV ||
                                event->kind == TRACE_REPLY_RECV);
        if (!last && !decides(why, i - 1))
            continue;
        receipt = false;
        size_t at = fact_of(why, i - 1);
        if (why_find(why, at) == NULL)
            add_fact(why, at, GUESS_COST)->goal = true;
    }
}

// The finding names no events: the last that decided something are told, those
// of the servers that its text names first.
static void guess_goals(struct why *why, size_t end)
{
    bool named[TRACE_MAX_SERVERS] = {false}, any = false;
    named_servers(why->finding->text, named, why->n_servers);
    for (int i = 0; i < why->n_servers; i++)
        any |= named[i];
    why->guessed = true;
    if (any)
        guess(why, end, named, GUESSES_NAMED);
    guess(why, end, NULL, GUESSES);
}

static void ask_finding(struct why *why, size_t at)
{
    const struct trace_event *finding = &why->trace->event[at];
    why->finding = finding;
    for (size_t i = 0; i < finding->n_shown; i++) {
        size_t shown = causes_position(why->trace, finding->events[i]);
        if (shown >= why->trace->n_events ||
            why->trace->event[shown].n != finding->events[i])
            continue;
        add_goal(why, shown);
    }
    if (why->n_facts == 0)
        guess_goals(why, at);
}

static bool commits(const struct trace_event *event, uint64_t index)
{
    return event->kind == TRACE_COMMIT && event->from < index &&
           index <= event->to;
}

// Position of the event that is asked for; SIZE_MAX with an error.
static size_t find_question(const struct trace_file *trace,
                            const struct viz_why *asked, char *error, size_t n)
{
    size_t last_commit = SIZE_MAX, finding = SIZE_MAX, leader = SIZE_MAX;
    uint64_t highest = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool wanted = asked->commit > 0
                          ? commits(event, asked->commit) && highest == 0
                          : event->kind == TRACE_COMMIT && event->to > highest;
        if (wanted) {
            last_commit = i;
            highest = event->to;
        }
        if (event->kind == TRACE_FINDING && finding == SIZE_MAX)
            finding = i;
        if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER &&
            event->term == asked->election)
            leader = i;
    }
    size_t at = SIZE_MAX;
    error[0] = '\0';
    if (asked->event > 0) {
        at = causes_position(trace, asked->event);
        if (at >= trace->n_events || trace->event[at].n != asked->event)
            at = SIZE_MAX;
        snprintf(error, n, "has no event %" PRIu64, asked->event);
    } else if (asked->commit > 0) {
        at = last_commit;
        snprintf(error, n, "no server committed index %" PRIu64, asked->commit);
    } else if (asked->election > 0) {
        at = leader;
        snprintf(error, n, "no server became leader of term %" PRIu64,
                 asked->election);
    } else {
        at = finding != SIZE_MAX ? finding : last_commit;
        snprintf(error, n, "has neither a finding nor a commit; name an event");
    }
    return at;
}

// Puts a fact into words, and what the checker found wrong with it; a story of
// that very finding has said it at its head.
static void tell(const struct why *why, const struct model *model,
                 struct why_fact *fact)
{
    const struct check_finding *found = evidence_finding(why->book);
    const struct trace_event *asked = why->finding;
    uint64_t n = why_event(why, fact->at)->n;
    why_say(why, model, fact);
    fact->doubt = "";
    if (found != NULL && found->events[0] == n) {
        const struct check_finding *reason = evidence_reason(why->book);
        fact->rule = reason != NULL ? reason->tag : found->tag;
        if (reason != NULL)
            fact->doubt = reason->text;
        else if (asked == NULL || asked->text == NULL ||
                 strcmp(asked->text, found->text) != 0)
            fact->doubt = found->text;
    } else if (asked != NULL && asked->n_shown > 0 && asked->events[0] == n &&
               asked->tag != NULL && asked->tag[0] != '\0' &&
               !finding_is(asked->what, FINDING_LIVENESS)) {
        fact->rule = asked->tag;
    }
}

// One replay of the trace puts the facts into words.
static void put_into_words(struct why *why)
{
    struct model model;
    model_init(&model, why->n_servers);
    size_t next = 0;
    for (size_t i = 0; i < why->trace->n_events && next < why->n_facts; i++) {
        if (why->fact[next].at == i)
            tell(why, &model, &why->fact[next++]);
        model_step(&model, &why->trace->event[i]);
    }
    model_free(&model);
}

void why_every(struct why *why, const struct trace_file *trace,
               void (*told)(const struct why *why, const struct why_fact *fact,
                            void *context),
               void *context)
{
    struct model model;
    *why = (struct why){.trace = trace,
                        .n_servers = trace->header.n_servers,
                        .ours = trace->header.raft[0] != '\0'};
    why->book = evidence_gather(trace);
    model_init(&model, why->n_servers);
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool outside = event->kind >= TRACE_NETWORK;
        struct why_fact fact = {.at = i};
        if (!outside && event->kind != TRACE_UNKNOWN && fact_of(why, i) == i) {
            tell(why, &model, &fact);
            told(why, &fact, context);
        }
        model_step(&model, event);
    }
    model_free(&model);
    evidence_free(why->book);
}

static int by_position(const void *a, const void *b)
{
    const struct why_fact *one = a, *two = b;
    return one->at < two->at ? -1 : one->at > two->at;
}

bool why_make(struct why *why, const struct trace_file *trace,
              const struct viz_why *asked, char *error, size_t n)
{
    *why = (struct why){.trace = trace,
                        .n_servers = trace->header.n_servers,
                        .ours = trace->header.raft[0] != '\0',
                        .all = asked->all};
    size_t at = find_question(trace, asked, error, n);
    if (at == SIZE_MAX)
        return false;
    why->book = evidence_gather(trace);
    why->number = must_calloc(trace->n_events, sizeof *why->number);
    if (trace->event[at].kind == TRACE_FINDING)
        ask_finding(why, at);
    else
        add_goal(why, at);
    explain_all(why);
    mark_needed(why);
    if (why->n_facts > 0)
        qsort(why->fact, why->n_facts, sizeof *why->fact, by_position);
    int step = 0;
    for (size_t i = 0; i < why->n_facts; i++) {
        why->number[why->fact[i].at] = i + 1;
        why->fact[i].step = why->fact[i].needed ? ++step : 0;
    }
    put_into_words(why);
    return true;
}

size_t why_needed(const struct why *why)
{
    size_t n = 0;
    for (size_t i = 0; i < why->n_facts; i++)
        n += why->fact[i].needed;
    return n;
}

void why_free(struct why *why)
{
    evidence_free(why->book);
    free(why->number);
    free(why->fact);
    free(why->link);
    *why = (struct why){0};
}
