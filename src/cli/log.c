// log.c -- glassraft log: the logs of all servers, at a moment or at several.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "selectors.h"

enum { MOST_STEPS = 26, STEPS = 6 };

struct command {
    struct selectors s;
    bool json, film, terms_only;
    size_t most;                             // tables of the film
    uint64_t us[MOST_STEPS], at[MOST_STEPS]; // of --at and --event
    size_t n_us, n_at;
};

static void usage(void)
{
    printf(
        "usage: glassraft log TRACE [OPTIONS]\n\n"
        "Draws the logs of all servers at one moment (default: at the"
        " finding, else\nbefore the servers are stopped; with --act and the"
        " like, at the end of it).\n\n"
        "  --at T           show this virtual time: 1500 (ms), 1.5s, 200us\n"
        "  --event N        show the moment after this event\n"
        "  --steps          show several moments side by side, changes"
        " framed: the eras\n                   in which logs changed;"
        " --steps N: at most N moments (6)\n                   --at T,T... and"
        " --event N,N... choose the moments\n"
        "  --no-values      hide the commands and put the leader first, as in"
        " Figure 7\n"
        "  --json           print the whole state at that "
        "moment\n" SELECTORS_THEME "%s\n"
        "example: glassraft log out/demo/trace.jsonl --act 6"
        " -o log.svg\n",
        selectors_help);
}

// The number of steps may be left out: the next argument is one, or is not.
static void read_steps(struct command *c, struct options *o)
{
    uint64_t n;
    c->film = true;
    bool number = o->at + 1 < o->argc && options_parse(o->argv[o->at + 1], &n);
    if (!number)
        return;
    n = options_number(o);
    if (n < 1 || n > MOST_STEPS) {
        fprintf(stderr, "glassraft log: --steps: expected 1..%d\n", MOST_STEPS);
        o->failed = true;
    }
    c->most = (size_t)n;
}

// Numbers or times between commas.
static size_t read_list(struct options *o, uint64_t out[MOST_STEPS],
                        bool (*read)(const char *text, uint64_t *value),
                        const char *expected)
{
    const char *name = o->now, *text = options_value(o);
    size_t count = 0;
    while (!o->failed) {
        char word[40];
        size_t n = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < 39 ? n : 39), text);
        if (count == MOST_STEPS || !read(word, &out[count])) {
            fprintf(stderr, "glassraft log: %s %s: expected %s\n", name, word,
                    count == MOST_STEPS ? "at most 26 moments" : expected);
            o->failed = true;
            break;
        }
        count++;
        if (text[n] == '\0')
            break;
        text += n + 1;
    }
    return count;
}

static bool read_option(struct command *c, struct options *o)
{
    if (options_is(o, "--at"))
        c->n_us = read_list(o, c->us, selectors_time,
                            "a time such as 1500 (ms), 1.5s or 200us");
    else if (options_is(o, "--event"))
        c->n_at = read_list(o, c->at, options_parse, "the number of an event");
    else if (options_is(o, "--steps"))
        read_steps(c, o);
    else if (options_is(o, "--json"))
        c->json = true;
    else if (options_is(o, "--no-values"))
        c->terms_only = true;
    else
        return selectors_theme(&c->s, o) || selectors_read(&c->s, o);
    return true;
}

// Of a part without an end only the trace's end is read, or the finding.
static void ask(struct command *c)
{
    struct part_asked *asked = &c->s.asked;
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < c->n_us; i++) {
        low = c->us[i] < low ? c->us[i] : low;
        high = c->us[i] > high ? c->us[i] : high;
    }
    if (c->n_us > 0) {
        asked->since = asked->until = true;
        asked->from_us = low;
        asked->to_us = high;
    }
    low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < c->n_at; i++) {
        low = c->at[i] < low ? c->at[i] : low;
        high = c->at[i] > high ? c->at[i] : high;
    }
    if (c->n_at > 0) {
        asked->before = high;
        asked->radius = high > low ? high - low : 1;
    }
}

// The number of the last event at or before a time.
static uint64_t event_at(const struct trace_file *trace, uint64_t us)
{
    uint64_t n = trace->keyframe_n;
    for (size_t i = 0; i < trace->n_events && trace->event[i].us <= us; i++)
        n = trace->event[i].n;
    return n;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The moments of the film, up to `most`, or the one moment; *n_all is how many
// there are.
static size_t choose(const struct command *c, const struct part *part,
                     size_t most, uint64_t out[MOST_STEPS], size_t *n_all)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_us; i++)
        out[n++] = event_at(&part->trace, c->us[i]);
    for (size_t i = 0; i < c->n_at && n < MOST_STEPS; i++)
        out[n++] = c->at[i];
    bool asked = n > 0;
    if (!asked && c->most < most)
        most = c->most;
    if (!asked && c->film)
        n = viz_film_moments(&part->trace, &part->window, out, most);
    *n_all = n;
    if (n == 0)
        out[n++] = part->window.last > 0 && !c->s.asked.finding
                       ? part->window.last
                       : viz_log_moment(&part->trace);
    if (asked)
        qsort(out, n, sizeof *out, compare);
    if (n > most && asked && c->film) // those that were asked for last
        memmove(out, out + n - most, most * sizeof *out);
    n = n > most && c->film ? most : n;
    qsort(out, n, sizeof *out, compare);
    return n;
}

// Says how many of the moments are shown; "" when it is all of them.
static void say_left_out(const struct command *c, const struct viz_room *room,
                         size_t n, size_t n_all, char note[120])
{
    bool chosen = c->n_us + c->n_at > 0;
    note[0] = '\0';
    if (n_all <= n)
        return;
    snprintf(note, 120, "%zu of %zu %s are shown", n, n_all,
             chosen ? "moments" : "eras in which logs changed");
    if (room->format == NULL && !chosen)
        fprintf(stderr,
                "glassraft log: shows %zu of %zu eras in which logs changed;"
                " --steps N shows more, --from and --to others\n",
                n, n_all);
}

static void draw(const struct part *part, void *context, FILE *out)
{
    const struct command *c = context;
    struct viz_look look = {.room = part->window.look.room,
                            .terms_only = c->terms_only};
    uint64_t moment[MOST_STEPS];
    int n_servers = part->trace.header.n_servers;
    size_t n_all, most = viz_film_most(&look.room, n_servers);
    size_t n = choose(c, part, most, moment, &n_all);
    char note[120];
    say_left_out(c, &look.room, n, n_all, note);
    look.note =
        c->film && look.room.format != NULL && note[0] != '\0' ? note : NULL;
    if (c->json) {
        struct model model;
        part_model(&model, &part->trace, moment[n - 1]);
        char *text = model_json(&model);
        fprintf(out, "%s\n", text);
        free(text);
        model_free(&model);
    } else if (c->film)
        viz_film(&part->trace, moment, n, &look, out);
    else
        viz_log(&part->trace, moment[n - 1], &look, out);
}

int cli_log(int argc, char **argv)
{
    struct command c = {.s = selectors_begin(PART_WHOLE), .most = STEPS};
    struct options o = options_begin(argc, argv, "log");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            usage();
            return EXIT_GOOD;
        }
        if (!read_option(&c, &o) && options_rest(&o))
            selectors_trace(&c.s, &o, arg);
    }
    ask(&c);
    if (!c.film)
        c.s.extent = PART_END;
    if (!o.failed && !c.film && c.n_us + c.n_at > 1) {
        fprintf(stderr, "glassraft log: several moments need --steps\n");
        return EXIT_USAGE;
    }
    return selectors_draw(&c.s, &o, 0, !c.json, draw, &c);
}
