// page_story.c -- what the page says of events: the sentences of `why`.
//
// One object: the sentence of each event that a reader may ask about, with its
// rule and the events that it rests on; the rules in words; the way to the
// finding. The words are those of viz/why and of the rule book.
#include "page_story.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/rule_book.h"
#include "viz/why/why.h"

// Sentences in a page; of longer runs only the kinds that are rare.
enum { MOST_EVENTS = 60000 };

struct writing {
    cJSON *said, *rules;
    uint64_t first, last;
    bool rare_only;
};

static bool is_asked(const struct trace_event *event, bool rare_only)
{
    switch (event->kind) {
    case TRACE_ROLE:
    case TRACE_COMMIT:
    case TRACE_TRUNCATE:
    case TRACE_INSTALL:
        return true;
    case TRACE_VOTE:
    case TRACE_TIMEOUT:
    case TRACE_APPEND:
    case TRACE_TERM:
    case TRACE_COMPACT:
    case TRACE_START:
        return !rare_only;
    default:
        return false;
    }
}

static void put_rule(cJSON *rules, const char *tag)
{
    const struct paper_rule *rule = tag != NULL ? paper_rule(tag) : NULL;
    if (rule != NULL && cJSON_GetObjectItemCaseSensitive(rules, tag) == NULL)
        cJSON_AddStringToObject(rules, tag, rule->says);
}

static void add_cause(cJSON *causes, uint64_t n)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, causes) if (one->valuedouble == (double)n) return;
    cJSON_AddItemToArray(causes, cJSON_CreateNumber((double)n));
}

static void put_fact(const struct why *why, const struct why_fact *fact,
                     void *context)
{
    struct writing *now = context;
    const struct trace_event *event = why_event(why, fact->at);
    bool inside = event->n >= now->first && event->n <= now->last;
    if (!inside || !is_asked(event, now->rare_only))
        return;
    char name[24];
    cJSON *one = cJSON_CreateArray(), *causes = cJSON_CreateArray();
    snprintf(name, sizeof name, "%" PRIu64, event->n);
    cJSON_AddItemToArray(one, cJSON_CreateString(fact->text));
    cJSON_AddItemToArray(
        one, cJSON_CreateString(event->rule != NULL ? event->rule : ""));
    for (size_t k = 0; k < why->n_links; k++)
        if (why->link[k].effect == fact->at)
            add_cause(causes, why_event(why, why->link[k].cause)->n);
    size_t i = why_evidence(why, fact->at)->causes;
    for (const struct evidence_cause *of; i != 0; i = of->next) {
        of = evidence_cause(why->book, i);
        if (of->needed)
            add_cause(causes, of->n);
    }
    cJSON_AddItemToArray(one, causes);
    cJSON_AddItemToObject(now->said, name, one);
    put_rule(now->rules, event->rule);
}

// The story of the finding, as `why --json` tells it, or null.
static cJSON *finding_story(const struct trace_file *trace)
{
    bool found = false;
    for (size_t i = 0; i < trace->n_events && !found; i++)
        found = trace->event[i].kind == TRACE_FINDING;
    if (!found)
        return cJSON_CreateNull();
    const struct viz_why asked = {0};
    char error[200], *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    int told = viz_why_json(trace, &asked, out, error, sizeof error);
    fclose(out);
    cJSON *story = told >= 0 ? cJSON_Parse(text) : NULL;
    free(text);
    return story != NULL ? story : cJSON_CreateNull();
}

char *page_story(const char *path, uint64_t first, uint64_t last)
{
    struct trace_file trace;
    cJSON *all = cJSON_CreateObject();
    struct writing writing = {cJSON_CreateObject(), cJSON_CreateObject(), first,
                              last, false};
    cJSON *finding = NULL;
    if (trace_load(&trace, path)) {
        struct why why;
        writing.rare_only = trace.n_events > MOST_EVENTS;
        why_every(&why, &trace, put_fact, &writing);
        finding = finding_story(&trace);
    }
    trace_unload(&trace);
    cJSON_AddItemToObject(all, "events", writing.said);
    cJSON_AddItemToObject(all, "rules", writing.rules);
    cJSON_AddItemToObject(all, "finding",
                          finding != NULL ? finding : cJSON_CreateNull());
    char *text = cJSON_PrintUnformatted(all);
    cJSON_Delete(all);
    return text;
}
