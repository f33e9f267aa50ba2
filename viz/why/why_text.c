// why_text.c -- the story as text, oldest fact first, and as JSON.
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"
#include "check/rule_book.h"
#include "why.h"

enum { WIDTH = 79, INDENT = 19, MOST_RUNS = 8 };

// Prints words from column `at` on, in lines that begin at column `indent`.
// Control characters would break the lines: they become dots.
static void wrap(FILE *out, int at, int indent, const char *text)
{
    bool first = true;
    while (*text != '\0') {
        text += strspn(text, " \n");
        size_t n = strcspn(text, " \n");
        if (n == 0)
            break;
        int columns = 0;
        for (size_t i = 0; i < n; i++)
            columns += ((unsigned char)text[i] & 0xC0) != 0x80;
        if (!first && at + 1 + columns > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        for (size_t i = 0; i < n; i++)
            fputc((unsigned char)text[i] < ' ' || text[i] == 127 ? '.'
                                                                 : text[i],
                  out);
        at += columns;
        text += n;
        first = false;
    }
    fputc('\n', out);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void print_references(FILE *out, const struct why *why,
                             const struct why_fact *fact)
{
    enum { MOST = 64 };
    int step[MOST], n = 0;
    for (size_t k = 0; k < why->n_links && n < MOST; k++) {
        const struct why_link *link = &why->link[k];
        if (link->effect == fact->at && link->needed)
            step[n++] = why_find(why, link->cause)->step;
    }
    qsort(step, (size_t)n, sizeof step[0], by_number);
    for (int i = 0; i < n; i++)
        fprintf(out, "%s%d", i > 0 ? ", " : ", because of ", step[i]);
}

static void print_fact(FILE *out, const struct why *why,
                       const struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    fprintf(out, "%3d. %9.3f ms  ", fact->step, (double)event->us / 1000);
    wrap(out, INDENT, INDENT, fact->text);
    fprintf(out, "%*s", INDENT, "");
    if (paper_rule(event->rule) != NULL)
        fprintf(out, "[%s] ", event->rule);
    fprintf(out, "event %" PRIu64, event->n);
    print_references(out, why, fact);
    fputc('\n', out);
    if (fact->doubt[0] != '\0') {
        fprintf(out, "%*s! ", INDENT - 2, "");
        wrap(out, INDENT, INDENT, fact->doubt);
    }
}

// ------------------------------------------------------------------ logs

// A log as runs of equal terms: "1-8 T1, 9 T3".
static void print_log(FILE *out, const struct model_server *server)
{
    uint64_t last = model_last_index(server);
    uint64_t begin[MOST_RUNS], n_runs = 0;
    for (uint64_t i = last; i > server->snapshot_index && n_runs < MOST_RUNS;
         i--)
        if (i == server->snapshot_index + 1 ||
            model_term_at(server, i - 1) != model_term_at(server, i))
            begin[n_runs++] = i;
    if (last == 0)
        fputs("empty", out);
    if (server->snapshot_index > 0)
        fprintf(out, "snapshot to %" PRIu64 " (T%" PRIu64 ")%s",
                server->snapshot_index, server->snapshot_term,
                n_runs > 0 ? ", " : "");
    if (n_runs > 0 && begin[n_runs - 1] > server->snapshot_index + 1)
        fputs("..., ", out);
    for (uint64_t k = n_runs; k > 0; k--) {
        uint64_t first = begin[k - 1], end = k > 1 ? begin[k - 2] - 1 : last;
        fprintf(out, "%" PRIu64, first);
        if (end > first)
            fprintf(out, "-%" PRIu64, end);
        fprintf(out, " T%" PRIu64 "%s", model_term_at(server, first),
                k > 1 ? ", " : "");
    }
}

static bool spoke(const struct model_server *server)
{
    return server->booted || server->term > 0 || model_last_index(server) > 0;
}

// Does any server tell of itself? What it does not tell, no picture shows.
static bool tells(const struct why *why, size_t before)
{
    for (size_t i = 0; i <= before; i++) {
        enum trace_kind kind = why->trace->event[i].kind;
        if (kind >= TRACE_BOOT && kind <= TRACE_REFUSE && kind != TRACE_START &&
            kind != TRACE_KILL)
            return true;
    }
    return false;
}

static void print_logs(FILE *out, const struct why *why, size_t before)
{
    struct model model;
    if (!tells(why, before))
        return;
    model_init(&model, why->n_servers);
    for (size_t i = 0; i < before; i++)
        model_step(&model, &why->trace->event[i]);
    fprintf(out,
            "The servers just before event %" PRIu64
            "  (8-9 T2: entries 8 and 9 are of term 2)\n\n",
            why->trace->event[before].n);
    // Without such events nobody knows that nothing was committed or stored.
    bool whole = evidence_tells(why->book, TRACE_BOOT);
    bool commits = whole || evidence_tells(why->book, TRACE_COMMIT);
    bool logs = whole || evidence_tells(why->book, TRACE_APPEND);
    for (int i = 0; i < why->n_servers; i++) {
        const struct model_server *server = &model.server[i];
        char index[40] = "";
        if (commits)
            snprintf(index, sizeof index, " commit_index %-*" PRIu64,
                     logs ? 4 : 1, server->commit_index);
        if (server->up)
            fprintf(out, "  S%-2d %-9s of term %-4" PRIu64 "%s", i + 1,
                    trace_role_name(server->role), server->term, index);
        else
            fprintf(out, "  S%-2d %-41s", i + 1,
                    spoke(server) ? "down" : "has not spoken yet");
        if (logs) {
            fputs(" log ", out);
            print_log(out, server);
        }
        fputc('\n', out);
    }
    fputc('\n', out);
    model_free(&model);
}

// ----------------------------------------------------------------- rules

// The place: the rule's own, if it is NULL; none, if it is "".
static void print_rule(FILE *out, const char *lead, const char *tag,
                       const char *where)
{
    const struct paper_rule *rule = paper_rule(tag);
    char text[600] = "";
    if (rule == NULL)
        return;
    why_put(text, sizeof text, "%s[%s] %s", lead, tag, rule->says);
    fputs("  ", out);
    wrap(out, 2, 4, text);
    if (where == NULL)
        where = rule->where;
    if (where[0] == '\0')
        return;
    fputs("    Look at ", out);
    wrap(out, 12, 4, where);
}

// Each rule once: those that facts speak against, then the finding's own.
static void print_places(FILE *out, const struct why *why,
                         const struct why_place *place)
{
    const char *tag = place->tag, *handler = why_handler(why, place);
    const char *where = why_where(why, place);
    const char *told[16];
    size_t n_told = 0;
    if (where != NULL && where[0] != '\0' && why->finding != NULL &&
        (why->finding->tag == NULL || why->finding->tag[0] == '\0')) {
        if (!place->backtrace)
            fputs("Where to look\n\n", out);
        fputs("  ", out);
        wrap(out, 2, 2, where);
        return;
    }
    for (size_t i = 0; i < why->n_facts && n_told < 16; i++) {
        const struct why_fact *fact = &why->fact[i];
        bool again = fact->rule == NULL || !fact->needed;
        for (size_t k = 0; k < n_told && !again; k++)
            again = strcmp(told[k], fact->rule) == 0;
        if (again)
            continue;
        if (n_told == 0)
            fputs("Where to look\n\n", out);
        char lead[40];
        snprintf(lead, sizeof lead, "Step %d: ", fact->step);
        bool own = tag != NULL && strcmp(fact->rule, tag) == 0;
        print_rule(out, lead, fact->rule, own || !why->ours ? where : NULL);
        told[n_told++] = fact->rule;
        if (fact == place->fact && handler != NULL && where != handler)
            fprintf(out, "    At work was %s.\n", handler);
    }
    bool again = paper_rule(tag) == NULL;
    for (size_t k = 0; k < n_told && !again; k++)
        again = strcmp(told[k], tag) == 0;
    if (again)
        return;
    if (n_told == 0)
        fputs(why->finding != NULL ? "Where to look\n\n" : "The rule\n\n", out);
    print_rule(out, "", tag, n_told == 0 || tag[0] != 'P' ? where : "");
}

size_t why_first_goal(const struct why *why)
{
    if (why->finding != NULL &&
        (why->guessed || finding_is(why->finding->what, FINDING_LIVENESS)))
        return (size_t)(why->finding - why->trace->event);
    size_t at = 0;
    for (size_t i = 0; i < why->n_facts; i++)
        if (why->fact[i].goal)
            at = why->fact[i].at;
    return at;
}

const char *why_title(const struct trace_event *finding)
{
    if (finding->what == NULL || finding->what[0] == '\0')
        return "finding";
    return finding_is(finding->what, FINDING_EXPECTATION)
               ? "The scenario found"
               : finding_headline(finding->what);
}

static void print_head(FILE *out, const struct why *why)
{
    const struct trace_event *finding = why->finding;
    if (finding == NULL) {
        const struct why_fact *goal = why_find(why, why_first_goal(why));
        fputs("Why? ", out);
        wrap(out, 5, 5, goal != NULL ? goal->text : "");
        fputc('\n', out);
        return;
    }
    char head[200] = "";
    why_put(head, sizeof head, "%.100s", why_title(finding));
    if (finding->tag != NULL && finding->tag[0] != '\0')
        why_put(head, sizeof head, " [%.40s]", finding->tag);
    wrap(out, 0, 2, head);
    const char *text = finding->text != NULL ? finding->text : "";
    for (int lines = 0; *text != '\0' && lines < 40; lines++) {
        char line[1200];
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(n < 1199 ? n : 1199), text);
        fputs("  ", out);
        wrap(out, 2, 2, line);
        text += n + (text[n] == '\n');
    }
    fputc('\n', out);
}

static void print_story(FILE *out, const struct why *why)
{
    size_t n = why_needed(why);
    print_head(out, why);
    if (n == 0)
        fputs("Nothing in the trace led there.\n", out);
    else {
        char head[300] = "";
        why_put(head, sizeof head,
                "%s in %s (seed %s), oldest first%s (%zu fact%s)",
                why->guessed ? "What the servers did last"
                             : "How it came about",
                why->trace->header.scenario, why->trace->header.seed,
                why->guessed ? ", and why" : "", n, n == 1 ? "" : "s");
        wrap(out, 0, 2, head);
        fputc('\n', out);
    }
    for (size_t i = 0; i < why->n_facts; i++)
        if (why->fact[i].needed)
            print_fact(out, why, &why->fact[i]);
    if (why->n_cut > 0)
        fputs("\nEarlier causes are left out; --all tells them too.\n", out);
    fputc('\n', out);
    print_logs(out, why, why_first_goal(why));
    struct why_place place;
    why_place(why, &place);
    if (place.stuck[0] != '\0') {
        fputs("How far it came\n\n  ", out);
        wrap(out, 2, 2, place.stuck);
        fputc('\n', out);
    }
    if (place.backtrace)
        fputs("Where to look\n\n  The report above names the thread, the"
              " function and the line.\n",
              out);
    print_places(out, why, &place);
}

int viz_why_text(const struct trace_file *trace, const struct viz_why *asked,
                 FILE *out, char *error, size_t n)
{
    struct why why;
    if (!why_make(&why, trace, asked, error, n))
        return -1;
    print_story(out, &why);
    int told = (int)why_needed(&why);
    why_free(&why);
    return told;
}

static cJSON *fact_object(const struct why *why, const struct why_fact *fact)
{
    const struct trace_event *event = why_event(why, fact->at);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "n", (double)event->n);
    cJSON_AddNumberToObject(object, "us", (double)event->us);
    if (event->node >= 0)
        cJSON_AddNumberToObject(object, "node", event->node);
    cJSON_AddStringToObject(object, "ev", trace_kinds[event->kind].name);
    if (event->rule != NULL)
        cJSON_AddStringToObject(object, "rule", event->rule);
    cJSON_AddStringToObject(object, "text", fact->text);
    cJSON_AddBoolToObject(object, "asked", fact->goal);
    cJSON_AddBoolToObject(object, "needed", fact->needed);
    if (fact->doubt[0] != '\0') {
        cJSON_AddStringToObject(object, "doubt", fact->doubt);
        cJSON_AddStringToObject(object, "against", fact->rule);
    }
    cJSON *causes = cJSON_AddArrayToObject(object, "because_of");
    for (size_t k = 0; k < why->n_links; k++)
        if (why->link[k].effect == fact->at) {
            uint64_t cause = why->trace->event[why->link[k].cause].n;
            cJSON_AddItemToArray(causes, cJSON_CreateNumber((double)cause));
        }
    return object;
}

static void print_line(const struct why *why, const struct why_fact *fact,
                       void *context)
{
    FILE *out = context;
    cJSON *object = fact_object(why, fact);
    cJSON *causes = cJSON_GetObjectItem(object, "because_of");
    const struct evidence_cause *of;
    for (size_t i = why_evidence(why, fact->at)->causes; i != 0; i = of->next) {
        of = evidence_cause(why->book, i);
        if (of->needed)
            cJSON_AddItemToArray(causes, cJSON_CreateNumber((double)of->n));
    }
    char *text = cJSON_PrintUnformatted(object);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(object);
}

void viz_why_every(const struct trace_file *trace, FILE *out)
{
    struct why why;
    why_every(&why, trace, print_line, out);
}

int viz_why_json(const struct trace_file *trace, const struct viz_why *asked,
                 FILE *out, char *error, size_t n)
{
    struct why why;
    if (!why_make(&why, trace, asked, error, n))
        return -1;
    cJSON *story = cJSON_CreateObject();
    if (why.finding != NULL) {
        const struct trace_event *f = why.finding;
        cJSON_AddStringToObject(story, "property", f->what ? f->what : "");
        cJSON_AddStringToObject(story, "tag", f->tag ? f->tag : "");
        cJSON_AddStringToObject(story, "text", f->text ? f->text : "");
    }
    cJSON *facts = cJSON_AddArrayToObject(story, "facts");
    for (size_t i = 0; i < why.n_facts; i++)
        cJSON_AddItemToArray(facts, fact_object(&why, &why.fact[i]));
    cJSON_AddNumberToObject(story, "left_out", (double)why.n_cut);
    char *text = cJSON_PrintUnformatted(story);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(story);
    int told = (int)why_needed(&why);
    why_free(&why);
    return told;
}
