// why_words.c -- facts in words: a sentence for the story, a few for the
// picture.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "trace/fields.h"
#include "why.h"

enum { S = 200 };

void why_put(char *out, size_t n, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(out + used, n - used, format, args);
    va_end(args);
    // No part of a character stays at the end.
    if (length >= 0 && used + (size_t)length >= n) {
        size_t end = n - 1;
        while (end > 0 && ((unsigned char)out[end - 1] & 0xC0) == 0x80)
            end--;
        if (end > 0 && (unsigned char)out[end - 1] >= 0xC0)
            end--;
        out[end] = '\0';
    }
}

static int size_of(const struct evidence_set *in)
{
    int size = 0;
    for (int i = 0; i < TRACE_MAX_SERVERS; i++)
        size += evidence_has(in, i);
    return size;
}

uint64_t why_message_end(const struct trace_event *asked)
{
    return why_number(asked, "last_included_index") +
           why_number(asked, "prev_log_index") +
           trace_message_entries(&asked->args, NULL, 0);
}

const char *why_servers(const struct evidence_set *in, int n, char out[S])
{
    int left = size_of(in);
    bool first = true;
    out[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (!evidence_has(in, i))
            continue;
        why_put(out, S, "%sS%d",
                first       ? ""
                : left == 1 ? " and "
                            : ", ",
                i + 1);
        first = false;
        left--;
    }
    return out[0] != '\0' ? out : "nobody";
}

// Numbers that are no majority are told where the checker found that wrong,
// not where the trace has forgotten some.
static bool told(const struct why *why, const struct why_fact *fact, int n)
{
    const struct check_finding *found = evidence_finding(why->book);
    // These stand also where events are missing, and votes with them.
    bool stands =
        found != NULL && (strcmp(found->property, "election-safety") == 0 ||
                          strcmp(found->property, "state-machine-safety") == 0);
    if (why->trace->header.members_change)
        return false; // of how many, nobody knows
    return n >= why->n_servers / 2 + 1 ||
           (found != NULL && !stands &&
            found->events[0] == why_event(why, fact->at)->n);
}

// "its log is empty" or "its log ends at 4 (term 2)".
static const char *log_end(const struct model_server *server, char out[S])
{
    uint64_t last = model_last_index(server);
    if (last == 0)
        snprintf(out, S, "is empty");
    else
        snprintf(out, S, "ends at %" PRIu64 " (term %" PRIu64 ")", last,
                 model_term_at(server, last));
    return out;
}

// "entry 4" or "entries 4 to 6".
static void range(char *out, size_t n, uint64_t first, uint64_t last)
{
    if (first >= last)
        why_put(out, n, "entry %" PRIu64, last);
    else
        why_put(out, n, "entries %" PRIu64 " to %" PRIu64, first, last);
}

// ---------------------------------------------------------------- by kind

static void say_leader(const struct why *why, const struct model *model,
                       struct why_fact *fact)
{
    const struct trace_event *role = why_event(why, fact->at);
    const struct evidence *of = why_evidence(why, fact->at);
    char who[S], end[S];
    int n = size_of(&of->servers);
    TEXT("S%d became leader of term %" PRIu64, role->node + 1, role->term);
    LABEL("S%d leader of T%" PRIu64, role->node + 1, role->term);
    if (of->known && told(why, fact, n)) {
        TEXT(": it had the votes of %s, %d of %d",
             why_servers(&of->servers, why->n_servers, who), n, why->n_servers);
        NOTE("%d of %d votes", n, why->n_servers);
    }
    TEXT(".");
    if (evidence_tells(why->book, TRACE_APPEND))
        TEXT(" Its log %s.", log_end(&model->server[role->node], end));
}

static void say_role(const struct why *why, const struct model *model,
                     struct why_fact *fact)
{
    const struct trace_event *role = why_event(why, fact->at);
    if (role->to_role == TRACE_LEADER) {
        say_leader(why, model, fact);
        return;
    }
    TEXT("S%d went from %s to %s in term %" PRIu64 "%s%s.", role->node + 1,
         trace_role_name(role->from_role), trace_role_name(role->to_role),
         role->term, role->why != NULL ? ": " : "",
         role->why != NULL ? role->why : "");
    LABEL("S%d %s in T%" PRIu64, role->node + 1, trace_role_name(role->to_role),
          role->term);
    NOTE("was %s", trace_role_name(role->from_role));
}

// The term of the candidate that a timeout makes; 0 when it makes none.
static uint64_t stands_in(const struct why *why, size_t at)
{
    uint64_t n = why_event(why, at)->n;
    for (size_t i = at + 1; i < why->trace->n_events && i < at + 20; i++)
        if (why_event(why, i)->kind == TRACE_ROLE &&
            why_evidence(why, i)->told_by == n)
            return why_event(why, i)->term;
    return 0;
}

static void say_again(const struct why *why, const struct model *model,
                      struct why_fact *fact)
{
    const struct trace_event *out = why_event(why, fact->at);
    const struct evidence *of = why_evidence(why, fact->at);
    uint64_t term = model->server[out->node].term;
    int n = size_of(&of->servers);
    TEXT("S%d had waited %.0f ms for votes in term %" PRIu64, out->node + 1,
         (double)out->waited_us / 1000, term);
    NOTE("T%" PRIu64 " ended", term);
    if (of->known) {
        TEXT(" and had %d of %d", n, why->n_servers);
        NOTE(" with %d of %d", n, why->n_servers);
    }
    uint64_t next = stands_in(why, fact->at);
    if (next > 0) {
        TEXT("; it stood again, in term %" PRIu64, next);
        NOTE("; stands in T%" PRIu64, next);
    }
    if (of->number > 1)
        TEXT(", after %" PRIu64 " elections in a row that failed", of->number);
    TEXT(".");
}

static void say_timeout(const struct why *why, const struct model *model,
                        struct why_fact *fact)
{
    const struct trace_event *out = why_event(why, fact->at);
    const struct evidence *of = why_evidence(why, fact->at);
    double ms = (double)out->waited_us / 1000;
    LABEL("S%d election timeout", out->node + 1);
    if (model->server[out->node].role == TRACE_CANDIDATE) {
        say_again(why, model, fact);
        return;
    }
    bool silent =
        (evidence_tells(why->book, TRACE_RECV) || why->n_servers == 1) &&
        !of->led && out->us - of->heard_us >= out->waited_us;
    if (silent)
        TEXT("S%d had heard of no leader for %.0f ms", out->node + 1, ms);
    else
        TEXT("S%d's election timer ran out, %.0f ms after it was last set back",
             out->node + 1, ms);
    if (of->led)
        TEXT(" (S%d led until %.3f ms)", out->node + 1,
             (double)of->heard_us / 1000);
    NOTE("%.0f ms%s", ms, silent ? " of silence" : "");
    uint64_t term = stands_in(why, fact->at);
    if (term > 0) {
        TEXT("; it stood for election in term %" PRIu64, term);
        NOTE("; stands in T%" PRIu64, term);
    }
    TEXT(".");
}

static void say_vote(const struct why *why, const struct model *model,
                     struct why_fact *fact)
{
    const struct trace_event *vote = why_event(why, fact->at);
    const struct model_server *voter = &model->server[vote->node];
    char end[S];
    LABEL("S%d votes for S%d", vote->node + 1, vote->voted_for + 1);
    NOTE("T%" PRIu64, vote->term);
    if (vote->voted_for == vote->node) {
        TEXT("S%d voted for itself in term %" PRIu64 ".", vote->node + 1,
             vote->term);
        return;
    }
    TEXT("S%d voted for S%d in term %" PRIu64, vote->node + 1,
         vote->voted_for + 1, vote->term);
    const struct trace_event *asked = why_request(why, fact->at);
    uint64_t last, term;
    if (asked == NULL || !evidence_tells(why->book, TRACE_APPEND) ||
        !trace_message_number(&asked->args, "last_log_index", &last) ||
        !trace_message_number(&asked->args, "last_log_term", &term))
        TEXT(".");
    else if (last == 0 && model_last_index(voter) == 0)
        TEXT(": both logs are empty.");
    else
        TEXT(": S%d's log ends at %" PRIu64 " (term %" PRIu64 "), its own %s.",
             asked->node + 1, last, term, log_end(voter, end));
}

static void say_append(const struct why *why, const struct model *model,
                       struct why_fact *fact)
{
    const struct trace_event *append = why_event(why, fact->at);
    uint64_t last =
        append->index + (append->n_entries > 0 ? append->n_entries - 1 : 0);
    uint64_t term =
        append->n_entries > 0 ? append->entries[append->n_entries - 1].term : 0;
    const char *command = append->n_entries > 0
                              ? append->entries[append->n_entries - 1].command
                              : "";
    const struct trace_event *asked = why_request(why, fact->at);
    TEXT("S%d stored ", append->node + 1);
    range(fact->text, sizeof fact->text, append->index, last);
    TEXT(" (term %" PRIu64, term);
    if (append->n_entries == 1)
        TEXT(", \"%s\"", command);
    TEXT(")");
    if (asked != NULL)
        TEXT(" that S%d sent.", asked->node + 1);
    else if (model->server[append->node].role == TRACE_LEADER)
        TEXT(", as leader of term %" PRIu64 ".",
             model->server[append->node].term);
    else
        TEXT(".");
    LABEL("S%d stores ", append->node + 1);
    range(fact->label, sizeof fact->label, append->index, last);
    NOTE("entry of T%" PRIu64, term);
}

static void say_truncate(const struct why *why, const struct model *model,
                         struct why_fact *fact)
{
    const struct trace_event *cut = why_event(why, fact->at);
    const struct model_server *server = &model->server[cut->node];
    uint64_t last = model_last_index(server);
    TEXT("S%d cut ", cut->node + 1);
    range(fact->text, sizeof fact->text, cut->index, last);
    TEXT(" (from term %" PRIu64 ") off its log",
         model_term_at(server, cut->index));
    const struct trace_event *asked = why_request(why, fact->at);
    if (asked != NULL)
        TEXT(", on a message of S%d, leader of term %" PRIu64, asked->node + 1,
             why_number(asked, "term"));
    TEXT(".");
    LABEL("S%d cuts ", cut->node + 1);
    range(fact->label, sizeof fact->label, cut->index, last);
    NOTE("entry of T%" PRIu64 " goes", model_term_at(server, cut->index));
}

// Whom a leader counted: by its match_index where that is told, else by the
// answers that it had got.
static void say_counted(const struct why *why,
                        const struct model_server *leader,
                        struct why_fact *fact)
{
    const struct trace_event *commit = why_event(why, fact->at);
    const struct evidence *of = why_evidence(why, fact->at);
    struct evidence_set holds = of->servers;
    bool matches = evidence_tells(why->book, TRACE_MATCH);
    char who[S];
    for (int i = 0; matches && i < why->n_servers; i++)
        if (i != commit->node && leader->match_index[i] >= commit->to)
            holds.bits[i / 64] |= 1ull << (i % 64);
        else if (i != commit->node)
            holds.bits[i / 64] &= ~(1ull << (i % 64));
    int n = size_of(&holds);
    bool counted = (matches || of->known) && told(why, fact, n);
    TEXT("%s as leader of term %" PRIu64, counted ? ":" : ",", leader->term);
    NOTE("leader of T%" PRIu64, leader->term);
    if (counted) {
        TEXT(" it counted %s, %d of %d, as having it",
             why_servers(&holds, why->n_servers, who), n, why->n_servers);
        NOTE(", on %d of %d", n, why->n_servers);
    }
    TEXT(".");
}

static void say_commit(const struct why *why, const struct model *model,
                       struct why_fact *fact)
{
    const struct trace_event *commit = why_event(why, fact->at);
    const struct model_server *server = &model->server[commit->node];
    bool logs = evidence_tells(why->book, TRACE_APPEND);
    LABEL("S%d commits ", commit->node + 1);
    range(fact->label, sizeof fact->label, commit->from + 1, commit->to);
    if (commit->to > commit->from) {
        TEXT("S%d committed ", commit->node + 1);
        range(fact->text, sizeof fact->text, commit->from + 1, commit->to);
    } else
        TEXT("S%d moved commit_index from %" PRIu64 " back to %" PRIu64,
             commit->node + 1, commit->from, commit->to);
    if (logs && model_last_index(server) < commit->to)
        TEXT(", which it does not have");
    else if (logs && commit->to > 0)
        TEXT(" (term %" PRIu64 ")", model_term_at(server, commit->to));
    const struct trace_event *asked = why_request(why, fact->at);
    bool handles = asked != NULL && why_evidence(why, fact->at)->answer == 0;
    if (server->role == TRACE_LEADER && !handles) {
        say_counted(why, server, fact);
        return;
    }
    uint64_t said;
    NOTE("T%" PRIu64, model_term_at(server, commit->to));
    if (asked != NULL &&
        trace_message_number(&asked->args, "leader_commit", &said))
        TEXT(": a message of S%d that ended at index %" PRIu64
             " said leader_commit %" PRIu64,
             asked->node + 1, why_message_end(asked), said);
    TEXT(".");
}

static void say_state(struct why_fact *fact, uint64_t term, int voted_for,
                      uint64_t last)
{
    TEXT(" in term %" PRIu64 ", with ", term);
    if (voted_for >= 0)
        TEXT("a vote for S%d", voted_for + 1);
    else
        TEXT("no vote");
    TEXT(" and a log up to %" PRIu64, last);
}

static void say_boot(const struct why *why, const struct model *model,
                     struct why_fact *fact)
{
    const struct trace_event *boot = why_event(why, fact->at);
    const struct model_server *before = &model->server[boot->node];
    uint64_t last = boot->index + boot->n_entries;
    TEXT("S%d started", boot->node + 1);
    LABEL("S%d starts", boot->node + 1);
    NOTE("T%" PRIu64 ", log to %" PRIu64, boot->term, last);
    if (!before->booted) {
        TEXT(" for the first time.");
        return;
    }
    TEXT(" again");
    say_state(fact, boot->term, boot->voted_for, last);
    TEXT("; it had crashed");
    say_state(fact, before->term, before->voted_for, model_last_index(before));
    TEXT(".");
}

static void say_snapshot(const struct why *why, const struct model *model,
                         struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    const struct model_server *server = &model->server[event->node];
    bool installs = event->kind == TRACE_INSTALL;
    char end[S];
    LABEL("S%d %s snapshot", event->node + 1, installs ? "installs" : "takes");
    NOTE("up to %" PRIu64 " (T%" PRIu64 ")", event->index, event->entry_term);
    if (!installs) {
        TEXT("S%d's service took a snapshot up to index %" PRIu64
             " (term %" PRIu64 ")",
             event->node + 1, event->index, event->entry_term);
        if (event->index < server->snapshot_index)
            TEXT(", but there was one up to %" PRIu64 " already.",
                 server->snapshot_index);
        else
            TEXT("; the log before it goes.");
        return;
    }
    TEXT("S%d took over a snapshot up to index %" PRIu64 " (term %" PRIu64
         "); its own log %s",
         event->node + 1, event->index, event->entry_term,
         log_end(server, end));
    if (model_term_at(server, event->index) == event->entry_term)
        TEXT(" and has that entry, so what follows it stays.");
    else if (model_last_index(server) >= event->index)
        TEXT(" and has an entry of term %" PRIu64
             " there, so the whole log has to go.",
             model_term_at(server, event->index));
    else
        TEXT(", before that, so all of it has to go.");
}

static void say_view(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *view = why_event(why, fact->at);
    const char *name = view->kind == TRACE_MATCH ? "match_index" : "next_index";
    TEXT("S%d moved %s of S%d from %" PRIu64 " to %" PRIu64, view->node + 1,
         name, view->peer + 1, view->from, view->to);
    const struct trace_event *asked = why_request(why, fact->at);
    if (asked != NULL && view->kind == TRACE_MATCH && view->peer != view->node)
        TEXT("; the request that was answered ended at index %" PRIu64,
             why_message_end(asked));
    TEXT(".");
    LABEL("S%d: %s of S%d", view->node + 1, name, view->peer + 1);
    NOTE("%" PRIu64 " to %" PRIu64, view->from, view->to);
}

static void say_persist(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *save = why_event(why, fact->at);
    TEXT("S%d saved term %" PRIu64 ", ", save->node + 1, save->term);
    if (save->voted_for >= 0)
        TEXT("its vote for S%d", save->voted_for + 1);
    else
        TEXT("no vote");
    TEXT(" and its log up to %" PRIu64 ".", save->index);
    LABEL("S%d saves", save->node + 1);
    NOTE("T%" PRIu64 ", log to %" PRIu64, save->term, save->index);
}

void why_say(const struct why *why, const struct model *model,
             struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    bool known = event->node >= 0 && event->node < why->n_servers;
    switch (known ? event->kind : TRACE_UNKNOWN) {
    case TRACE_ROLE:
        say_role(why, model, fact);
        break;
    case TRACE_TIMEOUT:
        say_timeout(why, model, fact);
        break;
    case TRACE_VOTE:
        say_vote(why, model, fact);
        break;
    case TRACE_APPEND:
        say_append(why, model, fact);
        break;
    case TRACE_TRUNCATE:
        say_truncate(why, model, fact);
        break;
    case TRACE_COMMIT:
        say_commit(why, model, fact);
        break;
    case TRACE_BOOT:
        say_boot(why, model, fact);
        break;
    case TRACE_COMPACT:
    case TRACE_INSTALL:
        say_snapshot(why, model, fact);
        break;
    case TRACE_MATCH:
    case TRACE_NEXT:
        say_view(why, fact);
        break;
    case TRACE_PERSIST:
        say_persist(why, fact);
        break;
    default:
        why_say_outside(why, model, fact);
        break;
    }
}
