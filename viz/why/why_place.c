// why_place.c -- the rule and the code that a story leads to.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/findings.h"
#include "check/rule_book.h"
#include "why.h"

// What a text without a tag speaks of, by the first of Figure 2's words in it.
static const char *tag_of(const char *text)
{
    static const char *const words[][2] = {
        {"voted_for", "RV.2"},       {"commit_index", "AE.5"},
        {"last_applied", "ALL.1"},   {"current_term", "ALL.2"},
        {" applied index", "ALL.1"}, {"match_index", "L.3"},
        {"next_index", "L.3"},       {" a transfer", "IS.3"},
    };
    const char *first = NULL, *tag = NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *at = text != NULL ? strstr(text, words[i][0]) : NULL;
        if (at != NULL && (first == NULL || at < first)) {
            first = at;
            tag = words[i][1];
        }
    }
    return tag;
}

static bool has_assertion(const char *text)
{
    return text != NULL && strstr(text, " broke the assertion ") != NULL;
}

// The simulator's reports end in lines like "    unlock at raft.c:38".
static bool has_backtrace(const char *text)
{
    const char *at = text != NULL ? strstr(text, " at ") : NULL;
    const char *line = at != NULL ? strstr(at, ".c:") : NULL;
    return line != NULL && strcspn(at, "\n") > (size_t)(line - at);
}

// What the runtime or a sanitizer has found is no rule of Raft's, whatever the
// servers were at: the report has the place, a rule would be a guess.
static bool is_of_runtime(const struct trace_event *finding)
{
    if (finding == NULL || finding_is(finding->what, FINDING_EXPECTATION) ||
        finding_is(finding->what, FINDING_LINEARIZABILITY))
        return false;
    enum finding_cost cost = finding_cost(finding->what, finding->tag);
    return (cost == FINDING_IS_LAB || cost == FINDING_IS_FOUL) &&
           has_backtrace(finding->text) && !has_assertion(finding->text);
}

// May it be a wait that had no end? Only then does what stands in the way of
// progress lead to the rule: a price, or an answer after a kill, is no wait,
// nor is an answer of a service, whose status the sentence names.
static bool is_wait(const struct trace_event *finding)
{
    if (finding->text != NULL && strstr(finding->text, "(KV_") != NULL)
        return false;
    return finding_of(finding->what) == FINDING_NONE ||
           finding_is(finding->what, FINDING_EXPECTATION) ||
           finding_cost(finding->what, "") == FINDING_IS_LIVENESS;
}

void why_place(const struct why *why, struct why_place *place)
{
    *place = (struct why_place){.stuck = ""};
    const struct trace_event *finding = why->finding;
    if (is_of_runtime(finding)) {
        place->backtrace = true;
        return;
    }
    if (finding != NULL && finding->tag != NULL && finding->tag[0] != '\0')
        place->tag = finding->tag;
    const char *stops;
    if (why->guessed)
        place->stuck = evidence_progress(why->book, &stops);
    if (why->guessed && place->tag == NULL) {
        place->tag = tag_of(finding->text);
        place->backtrace = place->tag == NULL && has_backtrace(finding->text);
        if (place->tag == NULL && !place->backtrace && is_wait(finding))
            place->tag = stops;
    }
    size_t goal = why_first_goal(why);
    if (finding == NULL && why_find(why, goal) != NULL)
        place->tag = why_event(why, goal)->rule;
    // The first step that went wrong, or the one asked for if it went wrong in
    // the same way.
    for (size_t i = 0; i < why->n_facts; i++) {
        const struct why_fact *fact = &why->fact[i];
        bool same = place->fact != NULL && fact->rule != NULL &&
                    strcmp(fact->rule, place->fact->rule) == 0;
        if (fact->needed && fact->rule != NULL &&
            (place->fact == NULL || (fact->goal && same)))
            place->fact = fact;
    }
}

// The message that a server was handling when it took over a term, or when the
// report of a crash interrupted it. NULL when that says nothing.
const char *why_handler(const struct why *why, const struct why_place *place)
{
    const struct why_fact *fact = place->fact;
    if (!why->ours)
        return NULL;
    if (fact == NULL && why->guessed) {
        for (size_t i = why->n_facts; i > 0 && fact == NULL; i--) {
            enum trace_kind kind = why_event(why, why->fact[i - 1].at)->kind;
            if (why->fact[i - 1].goal &&
                (kind == TRACE_RECV || kind == TRACE_REPLY_RECV))
                fact = &why->fact[i - 1];
        }
    } else if (fact != NULL && why_event(why, fact->at)->kind != TRACE_TERM)
        return NULL;
    const struct trace_event *asked =
        fact != NULL ? why_request(why, fact->at) : NULL;
    return asked != NULL
               ? paper_handler(asked->rpc, why_evidence(why, fact->at)->answer)
               : NULL;
}

// The event of this number, looked for from a later one on; NULL.
static const struct trace_event *
earlier(const struct why *why, const struct trace_event *from, uint64_t n)
{
    while (n != 0 && from > why->trace->event && from->n > n)
        from--;
    return n != 0 && from->n == n ? from : NULL;
}

// The function that made an event, by what led to it; NULL when nothing tells.
static const char *worker_of(const struct why *why, uint64_t n)
{
    const struct trace_event *event = earlier(why, why->finding, n);
    for (; event != NULL; event = earlier(why, event, event->cause)) {
        if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER)
            return "election.c, become_leader";
        if (event->kind == TRACE_START)
            return "raft.c, raft_start";
        if (event->kind == TRACE_RECV || event->kind == TRACE_REPLY)
            return paper_handler(event->rpc, false);
        if (event->kind == TRACE_REPLY_RECV)
            return paper_handler(event->rpc, true);
    }
    return NULL;
}

// Was the finding made in the very code that changed the server's state? What
// is only missed when a message leaves went wrong elsewhere.
static const char *stack_of(const struct why *why, enum trace_kind *kind)
{
    const struct trace_event *finding = why->finding, *event;
    if (finding->why == NULL || finding->n_shown == 0)
        return NULL;
    event = earlier(why, finding, finding->events[0]);
    bool state = event != NULL && event->kind <= TRACE_REFUSE &&
                 event->kind != TRACE_BOOT && event->kind != TRACE_PERSIST &&
                 event->kind != TRACE_TIMEOUT && event->kind != TRACE_KILL;
    *kind = event != NULL ? event->kind : TRACE_UNKNOWN;
    return state ? finding->why : NULL;
}

// Of what a leader took over, and when.
static bool took_term(const struct why *why, uint64_t n)
{
    const struct trace_event *event = earlier(why, why->finding, n);
    return event != NULL && event->kind == TRACE_TERM;
}

static bool is_of_loop(const struct trace_event *finding)
{
    return finding->text != NULL &&
           finding_is(finding->what, FINDING_THREAD_NEVER_BLOCKS);
}

#define CLOCK " goes by CLOCK_REALTIME in "

// What a finding of this property leads to. Where logs or commits are what
// came of it, that is the step that went wrong, if one did.
const char *why_where(const struct why *why, const struct why_place *place)
{
    const struct trace_event *finding = why->finding;
    if (!why->ours)
        return "";
    if (finding == NULL)
        return NULL;
    if (is_of_loop(finding))
        return why_of_loop(finding->text);
    if (is_of_runtime(finding))
        return why_of_report(finding->text);
    bool tagged = finding->tag != NULL && finding->tag[0] != '\0';
    bool expected = !tagged && finding_is(finding->what, FINDING_EXPECTATION);
    if (expected && finding->text != NULL &&
        strstr(finding->text, " were taken in\n") != NULL)
        return why_of_words(finding->text);
    if (expected && finding->text != NULL &&
        strstr(finding->text, " stand in\n") != NULL)
        return why_of_report(finding->text);
    const char *clock =
        finding->text != NULL ? strstr(finding->text, CLOCK) : NULL;
    if (clock != NULL)
        return why_of_words(clock + strlen(CLOCK) - 1);
    if (expected)
        return paper_place(finding->what, finding->text, NULL);
    if (!tagged || (finding->tag[0] == 'P' && finding->tag[2] >= '3' &&
                    place->fact != NULL))
        return NULL;
    enum trace_kind kind = TRACE_UNKNOWN;
    const char *stack = stack_of(why, &kind), *worker = NULL, *where;
    if (stack != NULL)
        worker = why_of_stack(stack, kind);
    if (worker == NULL)
        worker = why_handler(why, place);
    for (size_t i = 0; i < finding->n_shown && i < 2 && worker == NULL; i++)
        if (took_term(why, finding->events[i]))
            worker = worker_of(why, finding->events[i]);
    for (size_t i = 0; i < finding->n_shown && i < 2 && worker == NULL; i++)
        worker = worker_of(why, finding->events[i]);
    if (worker != NULL && strstr(worker, ", raft_start") != NULL &&
        finding_is(finding->what, FINDING_MATCH_INDEX_TOO_HIGH))
        worker = NULL; // that one sets its own only
    where = paper_place(finding->what, finding->text, worker);
    // Where the property alone tells the place, what was not at work then did
    // it not.
    const struct paper_rule *rule = paper_rule(finding->tag);
    const char *guess = where == NULL && rule != NULL ? rule->where : where;
    bool sure = where != paper_place(finding->what, NULL, worker) ||
                strstr(finding->what, "restart") != NULL;
    if (!sure && guess != NULL && stack != NULL &&
        !why_stack_has(stack, guess) && why_of_stack(stack, kind) != NULL)
        return why_of_stack(stack, kind);
    return where;
}

// Where the step that went wrong leads to, by what the judge found in it; from
// a part of the trace that does not show it again, by what was found then.
static const char *where_of_fact(const struct why *why,
                                 const struct why_place *place)
{
    const struct check_finding *found = evidence_reason(why->book);
    const struct trace_event *asked = why->finding;
    if (place->fact == NULL || place->fact->rule == NULL || !why->ours)
        return NULL;
    uint64_t n = why_event(why, place->fact->at)->n;
    const char *rule = place->fact->rule;
    if (found == NULL)
        found = evidence_finding(why->book);
    if (found != NULL && found->events[0] == n && strcmp(rule, found->tag) == 0)
        return paper_place(found->property, found->text, NULL);
    if (asked != NULL && asked->n_shown > 0 && asked->events[0] == n &&
        asked->tag != NULL && strcmp(rule, asked->tag) == 0)
        return paper_place(asked->what, asked->text, NULL);
    return NULL;
}

bool viz_why_look(const struct trace_file *trace, char *out, size_t n)
{
    struct why_place place;
    struct viz_why asked = {0};
    struct why why;
    if (!why_make(&why, trace, &asked, out, n))
        return false;
    why_place(&why, &place);
    const struct why_fact *fact = place.fact;
    const char *where = why_where(&why, &place);
    bool by_fact = fact != NULL && (where == NULL || where[0] == '\0');
    const struct paper_rule *rule =
        paper_rule(by_fact ? fact->rule : place.tag);
    out[0] = '\0';
    bool untagged = where != NULL && where[0] != '\0' &&
                    (why.finding->tag == NULL || why.finding->tag[0] == '\0');
    if (untagged) {
        why_put(out, n, "%s", where);
        why_free(&why);
        return true;
    }
    if (rule != NULL)
        why_put(out, n, "[%s] ", rule->tag);
    if (rule != NULL && fact != NULL &&
        (by_fact || strcmp(fact->rule, rule->tag) == 0))
        why_put(out, n, "event %" PRIu64 ": ", why_event(&why, fact->at)->n);
    const char *handler = why_handler(&why, &place);
    if (by_fact && where == NULL)
        where = where_of_fact(&why, &place);
    if (rule != NULL)
        why_put(out, n, "%s",
                !why.ours       ? rule->says
                : where != NULL ? where
                                : rule->where);
    if (rule != NULL && handler != NULL && where == NULL &&
        (fact != NULL || has_assertion(why.finding->text)))
        why_put(out, n, "; at work was %s", handler);
    why_free(&why);
    return out[0] != '\0';
}
