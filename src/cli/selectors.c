// selectors.c -- see selectors.h.
#include "selectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "base/die.h"
#include "base/plain.h"
#include "judge.h"
#include "base/save.h"

enum { WARN_BUDGET = 2000, MOST_BUDGET = 10000 };

const char selectors_help[] =
    "  -o FILE          write to FILE (default: standard output)\n"
    "Select a part (options combine):\n"
    "  --from T         from this virtual time on: 1500 (ms), 1.5s, 200us\n"
    "  --to T           up to this virtual time\n"
    "  --around EVENT   events near this one; --radius N: N on each side\n"
    "  --term N         while N is the newest term\n"
    "  --act N          act N of the story\n"
    "  --finding        what led to the first finding\n"
    "  --index N        only what concerns this entry\n"
    "  --last N         the last N of the selected events\n"
    "  --servers S1,S3  only these servers\n"
    "  --types LIST     only these: votes, appends, heartbeats, snapshots,\n"
    "                   commits, client, faults, or the name of a kind of\n"
    "                   event or message\n"
    "  --heartbeats     show each heartbeat instead of a count\n";

struct selectors selectors_begin(enum part_extent extent)
{
    return (struct selectors){.extent = extent};
}

static void complain(struct options *o, const char *name, const char *text,
                     const char *expected)
{
    fprintf(stderr, "glassraft %s: %s %s: expected %s\n", o->command, name,
            text, expected);
    o->failed = true;
}

bool selectors_time(const char *text, uint64_t *us)
{
    static const struct {
        const char *name;
        double us;
    } units[] = {{"", 1e3}, {"ms", 1e3}, {"s", 1e6}, {"us", 1}};
    char *end;
    double value = strtod(text, &end);
    bool digits = text[0] >= '0' && text[0] <= '9';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (digits && strcmp(end, units[i].name) == 0 && value < 1e9) {
            *us = (uint64_t)(value * units[i].us + 0.5);
            return true;
        }
    return false;
}

static uint64_t read_time(struct options *o)
{
    const char *name = o->now, *text = options_value(o);
    uint64_t us = 0;
    if (!o->failed && !selectors_time(text, &us))
        complain(o, name, text, "a time such as 1500 (ms), 1.5s or 200us");
    return us;
}

// A number that must not be 0.
static uint64_t read_count(struct options *o)
{
    const char *name = o->now;
    uint64_t number = options_number(o);
    if (!o->failed && number == 0)
        complain(o, name, "0", "1 or more");
    return number;
}

static int read_budget(struct options *o)
{
    uint64_t budget = read_count(o);
    if (budget > MOST_BUDGET) {
        fprintf(stderr,
                "glassraft %s: --budget: at most %d messages; choose a"
                " part, or use --pages\n",
                o->command, MOST_BUDGET);
        o->failed = true;
    } else if (budget > WARN_BUDGET)
        fprintf(stderr,
                "glassraft %s: more than %d messages make a picture that"
                " browsers show slowly\n",
                o->command, WARN_BUDGET);
    return o->failed ? 1 : (int)budget;
}

// ------------------------------------------------------- servers and types

static bool read_server(const char *word, struct viz_filter *filter)
{
    uint64_t number;
    if (*word == 'S' || *word == 's')
        word++;
    if (!options_parse(word, &number) || number < 1 ||
        number > TRACE_MAX_SERVERS)
        return false;
    filter->chosen = true;
    filter->server[number - 1] = true;
    return true;
}

#define BIT(kind) (UINT64_C(1) << (kind))

static const struct {
    const char *name;
    uint64_t kinds;
    unsigned rpcs;
} groups[] = {
    {"votes",
     BIT(TRACE_TIMEOUT) | BIT(TRACE_ROLE) | BIT(TRACE_TERM) | BIT(TRACE_VOTE),
     1u << VIZ_VOTES},
    {"appends",
     BIT(TRACE_APPEND) | BIT(TRACE_TRUNCATE) | BIT(TRACE_NEXT) |
         BIT(TRACE_MATCH),
     1u << VIZ_APPENDS},
    {"heartbeats", 0, 1u << VIZ_HEARTBEATS},
    {"snapshots", BIT(TRACE_COMPACT) | BIT(TRACE_INSTALL), 1u << VIZ_SNAPSHOTS},
    {"commits", BIT(TRACE_COMMIT) | BIT(TRACE_APPLY), 0},
    {"client", BIT(TRACE_START), 0},
    {"faults",
     BIT(TRACE_CRASH) | BIT(TRACE_RESTART) | BIT(TRACE_BOOT) |
         BIT(TRACE_PAUSE) | BIT(TRACE_CONNECT) | BIT(TRACE_DISCONNECT) |
         BIT(TRACE_LINK) | BIT(TRACE_PARTITION) | BIT(TRACE_HEAL) |
         BIT(TRACE_NETWORK),
     0},
    {"RequestVote", 0, 1u << VIZ_VOTES},
    {"AppendEntries", 0, 1u << VIZ_APPENDS | 1u << VIZ_HEARTBEATS},
    {"InstallSnapshot", 0, 1u << VIZ_SNAPSHOTS},
};

static bool read_type(const char *word, struct viz_filter *filter)
{
    const uint64_t messages = BIT(TRACE_SEND) | BIT(TRACE_RECV) |
                              BIT(TRACE_REPLY) | BIT(TRACE_REPLY_RECV) |
                              BIT(TRACE_DROP);
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strcmp(groups[i].name, word) == 0) {
            filter->kinds |=
                groups[i].kinds | (groups[i].rpcs != 0 ? messages : 0);
            filter->rpcs |= groups[i].rpcs;
            return true;
        }
    for (int kind = TRACE_UNKNOWN + 1; kind < TRACE_N_KINDS; kind++)
        if (strcmp(trace_kinds[kind].name, word) == 0) {
            filter->kinds |= BIT(kind);
            return true;
        }
    return false;
}

// Words between commas.
static void read_list(struct options *o, struct viz_filter *filter,
                      bool (*read)(const char *word, struct viz_filter *filter),
                      const char *expected)
{
    const char *name = o->now, *text = options_value(o);
    while (!o->failed) {
        char word[32];
        size_t n = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), text);
        if (!read(word, filter))
            complain(o, name, word, expected);
        if (text[n] == '\0')
            return;
        text += n + 1;
    }
}

bool selectors_read(struct selectors *s, struct options *o)
{
    struct part_asked *asked = &s->asked;
    if (options_is(o, "-o"))
        s->output = options_value(o);
    else if (options_is(o, "--from")) {
        asked->from_us = read_time(o);
        asked->since = true;
    } else if (options_is(o, "--to")) {
        asked->to_us = read_time(o);
        asked->until = true;
    } else if (options_is(o, "--around"))
        asked->around = read_count(o);
    else if (options_is(o, "--radius"))
        asked->radius = read_count(o);
    else if (options_is(o, "--term"))
        asked->term = read_count(o);
    else if (options_is(o, "--act"))
        asked->act = read_count(o);
    else if (options_is(o, "--finding"))
        asked->finding = true;
    else if (options_is(o, "--last"))
        asked->last = read_count(o);
    else if (options_is(o, "--index"))
        asked->filter.index = read_count(o);
    else if (options_is(o, "--servers"))
        read_list(o, &asked->filter, read_server, "servers such as S1,S3");
    else if (options_is(o, "--types"))
        read_list(o, &asked->filter, read_type,
                  "one of the types of --help, or an event's name");
    else if (options_is(o, "--heartbeats"))
        asked->heartbeats = true;
    else if (options_is(o, "--budget"))
        asked->budget = read_budget(o);
    else
        return false;
    return true;
}

static bool read_format(struct selectors *s, struct options *o)
{
    if (!options_is(o, "--for"))
        return false;
    const char *value = options_value(o);
    s->format = o->failed ? NULL : viz_format(value);
    if (!o->failed && s->format == NULL)
        complain(o, "--for", value, "slide, column, readme or screen");
    return true;
}

bool selectors_theme(struct selectors *s, struct options *o)
{
    if (read_format(s, o))
        return true;
    if (!options_is(o, "--theme") && !options_is(o, "--theme=print") &&
        !options_is(o, "--theme=colour"))
        return false;
    const char *value = o->now[7] == '=' ? o->now + 8 : options_value(o);
    s->print = strcmp(value, "print") == 0;
    if (!o->failed && !s->print && strcmp(value, "colour") != 0)
        complain(o, "--theme", value, "print or colour");
    return true;
}

// ------------------------------------------------------------- trace and
// output

static bool asks(const struct part_asked *asked)
{
    return asked->since || asked->until || asked->act > 0 || asked->term > 0 ||
           asked->around > 0 || asked->finding || asked->last > 0 ||
           asked->filter.index > 0;
}

// Which times the window spans, as long as events of all kinds are there.
static void note_times(struct part *part)
{
    struct viz_window *window = &part->window;
    for (size_t i = 0; i < part->trace.n_events; i++) {
        const struct trace_event *event = &part->trace.event[i];
        if (event->n < window->first)
            continue;
        if (window->first > 0 && window->from_us == 0)
            window->from_us = event->us;
        if (window->last > 0 && event->n <= window->last)
            window->to_us = event->us;
    }
}

// Loads the part; for what is replayed the part's events only tell where it
// lies.
static bool load(const struct selectors *s, uint64_t kinds, struct part *part)
{
    bool again = s->replayed && asks(&s->asked);
    if (!part_load(part, s->trace, &s->asked, s->extent, again ? 0 : kinds))
        return false;
    const struct trace_part all = {.kinds = kinds};
    // Without a verdict the last event may be of a kind that was not read.
    if (!again && s->replayed && kinds != 0 && !part->trace.has_verdict &&
        strcmp(s->trace, "-") != 0)
        part->window.to_us = part_end_us(s->trace);
    if (!again)
        return true;
    note_times(part);
    trace_unload(&part->trace);
    if (trace_load_part(&part->trace, s->trace, &all))
        return true;
    snprintf(part->error, sizeof part->error, "%s", part->trace.error);
    return false;
}

void selectors_trace(struct selectors *s, struct options *o, const char *path)
{
    if (s->trace != NULL) {
        fprintf(stderr, "glassraft %s: %s: expected one trace, and it is %s\n",
                o->command, path, s->trace);
        o->failed = true;
    }
    s->trace = path;
}

bool selectors_load(const struct selectors *s, const struct options *o,
                    uint64_t kinds, struct part *part, int *status)
{
    *status = EXIT_USAGE;
    if (o->failed)
        return false;
    if (s->trace == NULL) {
        fprintf(stderr,
                "glassraft %s: no trace given; see `glassraft %s --help`\n",
                o->command, o->command);
        return false;
    }
    judge_before_drawing(o->command, s->trace);
    if (!load(s, kinds, part)) {
        fprintf(stderr, "glassraft: %s\n", part->error);
        return false;
    }
    *status = EXIT_GOOD;
    if (part->trace.error[0] != '\0') {
        fprintf(stderr, "glassraft: %s; the events before it are shown\n",
                part->trace.error);
        *status = EXIT_USAGE;
    }
    if (part->note[0] != '\0')
        fprintf(stderr,
                "glassraft %s: shows %s; choose with --from, --term,"
                " --around ...\n",
                o->command, part->note);
    int n = part->trace.header.n_servers;
    for (int i = n; i < TRACE_MAX_SERVERS; i++)
        if (s->asked.filter.server[i]) {
            fprintf(stderr, "glassraft: %s: has no server S%d; S1..S%d\n",
                    s->trace, i + 1, n);
            part_unload(part);
            *status = EXIT_USAGE;
            return false;
        }
    return true;
}

static bool save(const struct selectors *s, const char *text, size_t n,
                 bool picture)
{
    return picture && s->output != NULL ? paint_save(text, n, s->output)
                                        : options_output(s->output, text, n);
}

int selectors_save(const struct selectors *s, char *text, size_t n,
                   bool picture)
{
    plain_output(text, n, true);
    if (picture && s->print)
        paint_greys(text);
    return save(s, text, n, picture) ? EXIT_GOOD : EXIT_USAGE;
}

// A drawing of one part, as viz_fitted() wants it.
struct fitting {
    struct part *part;
    void (*draw)(const struct part *part, void *context, FILE *out);
    void *context;
};

static void fit(void *context, struct viz_room room, FILE *out)
{
    struct fitting *f = context;
    f->part->window.look.room = room;
    f->draw(f->part, f->context, out);
}

int selectors_draw(const struct selectors *s, const struct options *o,
                   uint64_t kinds, bool picture,
                   void (*draw)(const struct part *part, void *context,
                                FILE *out),
                   void *context)
{
    struct part part;
    int status;
    if (!selectors_load(s, o, kinds, &part, &status))
        return status;
    size_t n;
    struct fitting f = {&part, draw, context};
    char *text = viz_fitted(picture ? s->format : NULL, fit, &f, &n);
    int saved = selectors_save(s, text, n, picture);
    free(text);
    part_unload(&part);
    return saved != EXIT_GOOD ? saved : status;
}

int selectors_command(int argc, char **argv,
                      const struct selectors_command *command)
{
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, argv[0]);
    s.replayed = command->replayed;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf(
                "usage: glassraft %s TRACE [OPTIONS]\n\n%s\n\n" SELECTORS_THEME
                "%s\nexample: %s\n",
                argv[0], command->about, selectors_help, command->example);
            return EXIT_GOOD;
        }
        if (!selectors_read(&s, &o) && !selectors_theme(&s, &o) &&
            options_rest(&o))
            selectors_trace(&s, &o, arg);
    }
    return selectors_draw(&s, &o, command->kinds, true, command->draw, NULL);
}
