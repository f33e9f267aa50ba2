// history.c -- glassraft history: what clients asked and saw, drawn.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/history_file.h"
#include "selectors.h"

enum { MOST_SHOWN = 400 };

static void print_help(void)
{
    printf(
        "usage: glassraft history TRACE [OPTIONS]\n\n"
        "Draws the operations of a service's clients: a row for each client,"
        " a bar for\neach operation from its call to its return, and the order"
        " that explains all\nreplies, or the operations that no order explains,"
        " and why. TRACE is a trace\nwith events of clients, or a history as"
        " `glassraft check --history` reads it.\n\n"
        "  --key KEY        draw only operations on this key\n"
        "  --client N       draw only this client's operations\n"
        "  --most N         draw at most N operations (default "
        "40)\n" SELECTORS_THEME "%s\n"
        "example: glassraft history out/demo/trace.jsonl -o history.svg\n",
        selectors_help);
}

// Is the file a history in a text form, and no trace?
static bool is_text(const char *path)
{
    char begin[16] = "";
    FILE *in = path != NULL && strcmp(path, "-") != 0 ? fopen(path, "r") : NULL;
    if (in == NULL)
        return false;
    size_t n = fread(begin, 1, sizeof begin - 1, in);
    fclose(in);
    begin[n] = '\0';
    const char *at = begin + strspn(begin, " \t\r\n");
    return strncmp(at, "INFO", 4) == 0 || strncmp(at, "{:", 2) == 0;
}

// A history of a trace, or (trace NULL) one without.
struct picture {
    const struct selectors *s;
    const struct part *part;
    const struct history *history;
    struct viz_history asked;
    bool any;
};

static void draw(void *context, struct viz_room room, FILE *out)
{
    struct picture *p = context;
    p->asked.room = room;
    p->any =
        p->part != NULL
            ? viz_history(&p->part->trace, &p->part->window, &p->asked, out)
            : viz_history_text(p->s->trace, p->history->op, p->history->n_ops,
                               &p->asked, out);
}

static int save(struct picture *p)
{
    size_t n;
    char *text = viz_fitted(p->s->format, draw, p, &n);
    int status = EXIT_USAGE;
    if (p->any)
        status = selectors_save(p->s, text, n, true);
    else
        fprintf(stderr,
                "glassraft: %s: has no operations of clients that match the"
                " options\n",
                p->s->trace);
    free(text);
    return status;
}

static int draw_text(const struct selectors *s, const struct viz_history *asked)
{
    struct history history;
    char error[300];
    int status = EXIT_USAGE;
    if (history_read(s->trace, &history, error, sizeof error))
        status = save(
            &(struct picture){.s = s, .history = &history, .asked = *asked});
    else
        fprintf(stderr, "glassraft: %s\n", error);
    history_clear(&history);
    return status;
}

static int draw_trace(const struct selectors *s, const struct options *o,
                      const struct viz_history *asked)
{
    struct part part;
    int status;
    if (!selectors_load(s, o, 0, &part, &status))
        return status;
    int saved = save(&(struct picture){.s = s, .part = &part, .asked = *asked});
    part_unload(&part);
    return saved != EXIT_GOOD ? saved : status;
}

int cli_history(int argc, char **argv)
{
    struct viz_history asked = {.key = NULL};
    uint64_t client;
    struct selectors s = selectors_begin(PART_WHOLE);
    struct options o = options_begin(argc, argv, "history");
    s.replayed = true;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            print_help();
            return EXIT_GOOD;
        }
        if (options_is(&o, "--key")) {
            asked.key = options_value(&o);
        } else if (options_is(&o, "--client")) {
            client = options_number(&o);
            asked.client = &client;
        } else if (options_is(&o, "--most")) {
            uint64_t most = options_number(&o);
            asked.most = most < MOST_SHOWN ? (int)most : MOST_SHOWN;
        } else if (!selectors_read(&s, &o) && !selectors_theme(&s, &o) &&
                   options_rest(&o)) {
            selectors_trace(&s, &o, arg);
        }
    }
    if (!o.failed && is_text(s.trace))
        return draw_text(&s, &asked);
    return draw_trace(&s, &o, &asked);
}
