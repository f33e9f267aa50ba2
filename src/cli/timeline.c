// timeline.c -- glassraft timeline and past: who said what to whom, when.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "base/plain.h"
#include "judge.h"
#include "selectors.h"

struct command {
    struct selectors s;
    bool pages;
    struct viz_look look;
};

static const char looks_help[] =
    "  --budget N       draw at most N messages (default 300; 60 with\n"
    "                   --finding)\n"
    "  --numbers        show the numbers of events\n"
    "  --axis steps     draw a row for each event, instead of time\n"
    "  --brief          omit title, legend and counts\n" SELECTORS_THEME;

static void draw(const struct part *part, void *context, FILE *out)
{
    const struct command *c = context;
    struct viz_window window = part->window;
    window.look = c->look;
    window.look.note = part->note;
    window.look.room = part->window.look.room;
    viz_timeline(&part->trace, &window, out);
}

// "name.svg" becomes "name-3.svg".
static bool page_name(const char *path, int page, char *out, size_t n)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || strchr(dot, '/') != NULL)
        dot = path + strlen(path);
    return snprintf(out, n, "%.*s-%d%s", (int)(dot - path), path, page, dot) <
           (int)n;
}

static bool save_page(void *context, int page, int n_pages, const char *dot,
                      size_t n)
{
    const struct command *c = context;
    char path[4096], *copy = strdup(dot);
    (void)n_pages;
    if (copy == NULL || !page_name(c->s.output, page, path, sizeof path)) {
        free(copy);
        return false;
    }
    plain_output(copy, n, false);
    if (c->s.print)
        paint_greys(copy);
    bool good = paint_save(copy, n, path);
    free(copy);
    if (good)
        printf("%s\n", path);
    return good;
}

static int draw_pages(struct command *c, const struct options *o)
{
    enum { MOST = 10000 };
    struct part part;
    int status;
    if (c->s.asked.budget == 0)
        c->s.asked.budget = MOST;
    c->s.extent = PART_WHOLE;
    if (!selectors_load(&c->s, o, 0, &part, &status))
        return status;
    struct viz_window window = part.window;
    window.look = c->look;
    window.fold_above = 0; // rather fewer pages
    bool good = viz_timeline_pages(&part.trace, &window, save_page, c);
    part_unload(&part);
    return good ? status : EXIT_USAGE;
}

static bool read_look(struct command *c, struct options *o)
{
    if (options_is(o, "--numbers"))
        c->look.numbers = true;
    else if (options_is(o, "--brief"))
        c->look.brief = true;
    else if (options_is(o, "--axis") || options_is(o, "--axis=steps") ||
             options_is(o, "--axis=time")) {
        const char *value = o->now[6] == '=' ? o->now + 7 : options_value(o);
        c->look.steps = strcmp(value, "steps") == 0;
        if (!o->failed && !c->look.steps && strcmp(value, "time") != 0) {
            fprintf(stderr, "glassraft %s: --axis %s: expected steps or time\n",
                    o->command, value);
            o->failed = true;
        }
    } else
        return selectors_theme(&c->s, o);
    return true;
}

int cli_timeline(int argc, char **argv)
{
    struct command c = {.s = selectors_begin(PART_READABLE)};
    struct options o = options_begin(argc, argv, "timeline");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft timeline TRACE [OPTIONS]\n\n"
                   "Draws which server sent what to which, and when.\n\n%s%s"
                   "  --pages          draw everything, in files name-1.svg,"
                   " name-2.svg ...\n\n"
                   "example: glassraft timeline out/demo/trace.jsonl --act 2"
                   " -o election.svg\n",
                   selectors_help, looks_help);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--pages"))
            c.pages = true;
        else if (!read_look(&c, &o) && !selectors_read(&c.s, &o) &&
                 options_rest(&o))
            selectors_trace(&c.s, &o, arg);
    }
    if (!o.failed && c.pages && c.s.output == NULL) {
        fprintf(stderr, "glassraft timeline: --pages needs -o FILE\n");
        return EXIT_USAGE;
    }
    return c.pages ? draw_pages(&c, &o)
                   : selectors_draw(&c.s, &o, 0, true, draw, &c);
}

// ---------------------------------------------------------------------- past

// The window ends with the event, and fits a screen, unless something else is
// asked for.
static void end_with(struct part_asked *asked, uint64_t event)
{
    enum { MESSAGES = 60 };
    bool chosen = asked->since || asked->until || asked->act > 0 ||
                  asked->term > 0 || asked->around > 0;
    if (!chosen)
        asked->before = event;
    if (!chosen && asked->budget == 0)
        asked->budget = MESSAGES;
    asked->finding = false;
}

// The number of the first finding; 0 when there is none, of which *none tells,
// or when that cannot be told.
static uint64_t find_finding(const char *path, bool *none)
{
    const struct trace_part wanted = {.kinds = UINT64_C(1) << TRACE_FINDING};
    struct trace_file trace;
    uint64_t n = 0;
    bool good = trace_load_part(&trace, path, &wanted);
    if (good && trace.n_events > 0)
        n = trace.event[0].n;
    *none = good && n == 0;
    trace_unload(&trace);
    return n;
}

int cli_past(int argc, char **argv)
{
    struct command c = {.s = selectors_begin(PART_READABLE)};
    struct options o = options_begin(argc, argv, "past");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("usage: glassraft past TRACE [EVENT] [OPTIONS]\n\n"
                   "Draws what could have influenced an event (default: the"
                   " finding):\nthe timeline before it, with all else dimmed. "
                   "The last"
                   " 60 messages, unless\na part or a budget is chosen."
                   "\n\n%s%s\n"
                   "example: glassraft past out/demo/trace.jsonl 372"
                   " -o past.svg\n",
                   selectors_help, looks_help);
            return EXIT_GOOD;
        }
        if (read_look(&c, &o) || selectors_read(&c.s, &o))
            continue;
        if (c.s.trace != NULL && options_parse(arg, &c.look.past))
            continue;
        if (options_rest(&o))
            selectors_trace(&c.s, &o, arg);
    }
    if (!o.failed && c.s.trace != NULL && c.look.past == 0) {
        judge_before_drawing("past", c.s.trace);
        bool none;
        c.look.past = find_finding(c.s.trace, &none);
        c.s.asked.finding = c.look.past == 0;
        if (none) {
            fprintf(stderr,
                    "glassraft: %s: has no finding; name an event: glassraft"
                    " past %s EVENT\n",
                    c.s.trace, c.s.trace);
            return EXIT_USAGE;
        }
    }
    if (c.look.past > 0)
        end_with(&c.s.asked, c.look.past);
    return selectors_draw(&c.s, &o, 0, true, draw, &c);
}
