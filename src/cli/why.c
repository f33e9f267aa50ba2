// why.c -- glassraft why: the causal story of an event, told or drawn.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selectors.h"

static const char help[] =
    "usage: glassraft why TRACE [EVENT] [OPTIONS]\n\n"
    "Explains what led to an event: votes, copies, timeouts, clients, faults.\n"
    "Default: the finding, or else the last commit.\n\n"
    "  --commit INDEX   explain why this index was committed\n"
    "  --election TERM  explain why this term's leader was elected\n"
    "  --every          explain each event by itself, one JSON line each\n"
    "  --all            go back to the beginning, not only nearby causes\n"
    "  --json           print one JSON object\n" SELECTORS_THEME
    "  -o FILE          write .txt, .json, or the graph as .svg, .png or "
    ".dot\n\n"
    "example: glassraft why out/demo/trace.jsonl --commit 8 -o why.svg\n";

enum form { TEXT, JSON, GRAPH };

struct question {
    struct viz_why asked;
    enum form form;
    bool help, every;
};

static enum form form_of(const char *path, bool json)
{
    const char *type = path != NULL ? strrchr(path, '.') : NULL;
    if (json || (type != NULL && strcmp(type, ".json") == 0))
        return JSON;
    return type == NULL || strcmp(type, ".txt") == 0 ? TEXT : GRAPH;
}

static void read_event(struct options *o, struct question *q)
{
    if (q->asked.event == 0 && options_parse(o->now, &q->asked.event) &&
        q->asked.event > 0)
        return;
    fprintf(stderr, "glassraft why: %s: expected the number of one event\n",
            o->now);
    o->failed = true;
}

static void read_arguments(struct options *o, struct selectors *s,
                           struct question *q)
{
    bool json = false;
    for (const char *arg; (arg = options_next(o)) != NULL;) {
        if (options_is(o, "--help"))
            q->help = true;
        else if (options_is(o, "-o"))
            s->output = options_value(o);
        else if (options_is(o, "--commit"))
            q->asked.commit = options_number(o);
        else if (options_is(o, "--election"))
            q->asked.election = options_number(o);
        else if (options_is(o, "--every"))
            q->every = true;
        else if (options_is(o, "--finding"))
            q->asked.event = 0; // the default, as other commands call it
        else if (options_is(o, "--all"))
            q->asked.all = true;
        else if (options_is(o, "--json"))
            json = true;
        else if (selectors_theme(s, o))
            continue;
        else if (options_rest(o) && s->trace == NULL)
            s->trace = arg;
        else if (!o->failed)
            read_event(o, q);
    }
    q->form = form_of(s->output, json);
}

// A graph that is drawn for a format; told < 0: error says why there is none.
struct graph {
    const struct question *question;
    const struct trace_file *trace;
    int told;
    char error[200];
};

static void draw(void *context, struct viz_room room, FILE *out)
{
    struct graph *g = context;
    const struct question *q = g->question;
    struct viz_why asked = q->asked;
    asked.room = room;
    if (q->every)
        viz_why_every(g->trace, out);
    else
        g->told = (q->form == GRAPH  ? viz_why_dot
                   : q->form == JSON ? viz_why_json
                                     : viz_why_text)(g->trace, &asked, out,
                                                     g->error, sizeof g->error);
}

// The answer to the output; the exit code.
static int answer(const struct selectors *s, const struct question *q,
                  const struct trace_file *trace)
{
    struct graph g = {.question = q, .trace = trace};
    size_t n;
    char *text = viz_fitted(q->form == GRAPH ? s->format : NULL, draw, &g, &n);
    int status = EXIT_USAGE;
    if (g.told < 0)
        fprintf(stderr, "glassraft: %s: %s\n", s->trace, g.error);
    else
        status = selectors_save(s, text, n, q->form == GRAPH);
    free(text);
    return status;
}

int cli_why(int argc, char **argv)
{
    struct question q = {.form = TEXT};
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "why");
    struct part part;
    int status;
    read_arguments(&o, &s, &q);
    if (q.help) {
        fputs(help, stdout);
        return EXIT_GOOD;
    }
    if (!selectors_load(&s, &o, 0, &part, &status))
        return status;
    int answered = answer(&s, &q, &part.trace);
    part_unload(&part);
    return answered != EXIT_GOOD ? answered : status;
}
