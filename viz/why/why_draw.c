// why_draw.c -- the graph of facts, drawn by dot: read upwards.
//
// The one picture that dot lays out itself: it is small, and has no time axis.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/findings.h"
#include "viz/draw/paint.h"
#include "why.h"

// A graph in its room.
struct graph {
    FILE *out;
    const struct why *why;
    struct viz_room room;
    int note, small, head; // type of notes, of times and tags, of the head
    size_t line, title;    // characters of a line of a note, of the title
    bool *kept;            // [n_facts] these facts have room
    size_t n_left_out;
};

// The term whose colour a fact has; 0 = none.
static uint64_t term_of(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_APPEND:
        return event->n_entries > 0 ? event->entries[event->n_entries - 1].term
                                    : 0;
    case TRACE_ROLE:
    case TRACE_VOTE:
    case TRACE_APPLY:
        return event->term;
    case TRACE_TIMEOUT:
        return event->term + 1;
    case TRACE_TERM:
        return event->to;
    case TRACE_INSTALL:
    case TRACE_COMPACT:
        return event->entry_term;
    case TRACE_SEND:
    case TRACE_REPLY:
        return why_number(event, "term");
    default:
        return 0;
    }
}

// A commit has the colour of the entry that it rests on.
static uint64_t colour_of(const struct why *why, const struct why_fact *fact)
{
    const struct trace_event *event = &why->trace->event[fact->at];
    uint64_t term = term_of(event);
    for (size_t i = 0; event->kind == TRACE_COMMIT && i < why->n_links; i++) {
        const struct why_link *link = &why->link[i];
        const struct trace_event *copy = &why->trace->event[link->cause];
        bool stores = copy->kind == TRACE_APPEND || copy->kind == TRACE_INSTALL;
        if (link->effect == fact->at && stores && term == 0)
            term = term_of(copy);
    }
    return term;
}

// Breaks a sentence into lines of an HTML label; gives their number. Without
// out it only counts.
static size_t lines(FILE *out, const char *text, size_t width)
{
    char word[128], line[256] = "";
    size_t n_lines = 1;
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        n = n < sizeof word - 1 ? n : sizeof word - 1;
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (line[0] != '\0' && strlen(line) + 1 + n > width) {
            if (out != NULL) {
                paint_html(out, line);
                fputs("<BR/>", out);
            }
            line[0] = '\0';
            n_lines++;
        }
        why_put(line, sizeof line, "%s%s", line[0] != '\0' ? " " : "", word);
        text += n;
        text += strspn(text, " ");
    }
    if (out != NULL)
        paint_html(out, line);
    return n_lines;
}

// The narrowest that takes no more lines, so that no word is left alone.
static size_t even_width(const char *text, size_t width)
{
    size_t n = lines(NULL, text, width);
    while (width > 1 && lines(NULL, text, width - 1) == n)
        width--;
    return width;
}

// Beside the fact, since no colour is readable on all fills.
static void draw_doubt(const struct graph *g, const struct why_fact *fact)
{
    FILE *out = g->out;
    fprintf(out,
            "d%zu [shape=plaintext, style=\"\", label=<<FONT"
            " COLOR=\"" PAINT_FAULT "\" POINT-SIZE=\"10\">",
            fact->at);
    lines(out, fact->doubt, g->line + 4);
    fprintf(out,
            " [%s]</FONT>>];\n{ rank=same; e%zu; d%zu; }\n"
            "e%zu -> d%zu [style=dotted, dir=none, color=\"" PAINT_FAULT
            "\"];\n",
            fact->rule, fact->at, fact->at, fact->at, fact->at);
}

// The event that breaks a rule, and what else goes against one. What a finding
// of liveness shows is where nothing went on, and breaks none.
static bool is_against(const struct why *why, const struct why_fact *fact)
{
    const struct trace_event *finding = why->finding;
    return fact->doubt[0] != '\0' ||
           (finding != NULL && finding->n_shown > 0 &&
            finding->events[0] == why->trace->event[fact->at].n &&
            finding_cost(finding->what, finding->tag) == FINDING_IS_SAFETY);
}

static bool any_against(const struct why *why)
{
    for (size_t i = 0; i < why->n_facts; i++)
        if (is_against(why, &why->fact[i]))
            return true;
    return false;
}

static void draw_fact(const struct graph *g, const struct why_fact *fact)
{
    FILE *out = g->out;
    const struct why *why = g->why;
    const struct trace_event *event = &why->trace->event[fact->at];
    uint64_t term = colour_of(why, fact);
    bool fault = evidence_cuts(event) || event->kind == TRACE_DROP;
    bool against = is_against(why, fact);
    char paler[8], pale[8];
    const char *fill = term == 0      ? "#F4F4F4"
                       : fact->goal   ? paint_term(term)
                       : fact->needed ? paint_pale(term, pale)
                                      : paint_paler(term, paler);
    const char *ink = fault                    ? PAINT_FAULT
                      : !fact->needed          ? PAINT_QUIET
                      : fact->goal && term > 0 ? paint_text(term)
                                               : PAINT_INK;
    const char *small = fact->goal && term > 0 ? paint_text(term)
                        : fact->needed         ? PAINT_INK
                                               : PAINT_QUIET;
    fprintf(out, "e%zu [id=\"ev%" PRIu64 "\", fillcolor=\"%s\"", fact->at,
            event->n, fact->needed ? fill : "#FFFFFF");
    if (against)
        fputs(", color=\"" PAINT_FAULT "\", penwidth=2.5", out);
    else if (!fact->needed)
        fprintf(out, ", color=\"%s\", style=\"filled,rounded,dashed\"",
                term > 0 ? paint_line(term) : PAINT_FAINT);
    fputs(", tooltip=", out);
    paint_quoted(out, fact->text);
    fprintf(out, ", label=<<FONT COLOR=\"%s\"><B>", ink);
    paint_html(out, fact->label);
    fputs("</B></FONT>", out);
    if (fact->note[0] != '\0') {
        fprintf(out, "<BR/><FONT COLOR=\"%s\" POINT-SIZE=\"%d\">", small,
                g->note);
        lines(out, fact->note, g->line);
        fputs("</FONT>", out);
    }
    fprintf(out, "<BR/><FONT COLOR=\"%s\" POINT-SIZE=\"%d\">%.1f ms", small,
            g->small, (double)event->us / 1000);
    if (event->rule != NULL) {
        fputs("  [", out);
        paint_html(out, event->rule);
        fputs("]", out);
    }
    fprintf(out, "  event %" PRIu64 "</FONT>", event->n);
    fputs(">];\n", out);
    if (fact->doubt[0] != '\0')
        draw_doubt(g, fact);
}

// The title, and the sentences of what the event rests on.
static void draw_alt(FILE *out, const struct why *why, const char *title)
{
    char text[WHY_TEXT * 3] = "";
    if (why->finding != NULL && why->finding->text != NULL)
        why_put(text, sizeof text, "%.*s",
                (int)strcspn(why->finding->text, "\n"), why->finding->text);
    for (size_t i = why->n_facts; i > 0; i--)
        if (why->fact[i - 1].needed && strlen(text) < WHY_TEXT)
            why_put(text, sizeof text, "%s%s", text[0] != '\0' ? " " : "",
                    why->fact[i - 1].text);
    paint_alt(out, title, text);
}

static void draw_head(const struct graph *g)
{
    FILE *out = g->out;
    const struct why *why = g->why;
    char title[WHY_TEXT + 64] = "";
    if (why->finding != NULL) {
        const char *tag = why->finding->tag;
        why_put(title, sizeof title, "%s", why_title(why->finding));
        if (tag != NULL && tag[0] != '\0')
            why_put(title, sizeof title, " [%s]", tag);
    }
    for (size_t i = why->n_facts; i > 0 && title[0] == '\0'; i--)
        if (why->fact[i - 1].goal)
            why_put(title, sizeof title, "Why? %s", why->fact[i - 1].text);
    draw_alt(out, why, title);
    fputs("digraph why {\n"
          "graph [rankdir=BT, ranksep=0.35, nodesep=0.18, pad=0.2,\n"
          " labelloc=t, fontname=\"Helvetica,Arial,sans-serif\", label=<<B>",
          out);
    if (viz_room_is_narrow(&g->room)) {
        fputs("<FONT POINT-SIZE=\"12\">", out);
        lines(out, title, even_width(title, g->title));
        fputs("</FONT>", out);
    } else {
        lines(out, title, g->title);
    }
    fputs("</B><BR/>", out);
    if (why->finding != NULL && why->finding->text != NULL &&
        why->finding->text[0] != '\0') {
        char text[WHY_TEXT];
        snprintf(text, sizeof text, "%.*s",
                 (int)strcspn(why->finding->text, "\n"), why->finding->text);
        fputs("<FONT POINT-SIZE=\"11\">", out);
        lines(out, text, 2 * g->line + 2);
        fputs("</FONT><BR/>", out);
    }
    char look[WHY_TEXT];
    if (why->finding != NULL && viz_why_look(why->trace, look, sizeof look)) {
        fputs("<FONT POINT-SIZE=\"11\" COLOR=\"" PAINT_FAULT "\">", out);
        lines(out, look, 2 * g->line + 8);
        fputs("</FONT><BR/>", out);
    }
    fprintf(out, "<FONT POINT-SIZE=\"%d\" COLOR=\"" PAINT_QUIET "\">", g->head);
    lines(out, "read upwards; dashed = it would have happened without this",
          2 * g->line);
    fputs("</FONT>", out);
    if (any_against(why))
        fprintf(out,
                "<BR/><FONT POINT-SIZE=\"%d\" COLOR=\"" PAINT_FAULT
                "\">thick frame = against a rule</FONT>",
                g->head);
    fputs("<BR/> >];\n"
          "node [shape=box, style=\"filled,rounded\", color=\"#FFFFFF00\","
          " margin=\"0.1,0.06\","
          " fontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n"
          "edge [color=\"" PAINT_QUIET "\", arrowsize=0.6];\n",
          out);
}

// ----------------------------------------------------- what has room

static size_t place_of(const struct why *why, size_t at)
{
    size_t i = 0;
    while (i < why->n_facts && why->fact[i].at != at)
        i++;
    return i;
}

// What goes against a rule is kept first, then what the goal rests on, the
// nearest first.
static size_t worth(const struct graph *g, size_t i)
{
    const struct why_fact *fact = &g->why->fact[i];
    return fact->goal                 ? 0
           : is_against(g->why, fact) ? 1
           : fact->needed             ? 2 + (size_t)fact->cost
                                      : 100000 + (size_t)fact->cost;
}

static void keep(struct graph *g, size_t most)
{
    size_t n = g->why->n_facts;
    g->kept = must_calloc(n + 1, sizeof *g->kept);
    g->n_left_out = n;
    for (; most > 0 && g->n_left_out > 0; most--, g->n_left_out--) {
        size_t best = n;
        for (size_t i = n; i > 0; i--)
            if (!g->kept[i - 1] &&
                (best == n || worth(g, i - 1) < worth(g, best)))
                best = i - 1;
        g->kept[best] = true;
    }
}

static bool is_kept(const struct graph *g, size_t at)
{
    size_t i = place_of(g->why, at);
    return i < g->why->n_facts && g->kept[i];
}

// Sizes and facts for the room; in a column facts stand below each other.
static void lay_out(struct graph *g)
{
    enum { SLIDE = 9, COLUMN = 16, MORE = 40 };
    g->note = 9;
    g->small = 8;
    g->head = 9;
    g->line = 34;
    g->title = 56;
    size_t most = SIZE_MAX;
    if (g->room.format != NULL) {
        bool low = viz_room_is_low(&g->room),
             narrow = viz_room_is_narrow(&g->room);
        g->note = g->small = g->head = 10;
        if (narrow) {
            g->line = (size_t)(26 - g->room.less);
            g->title = g->line + 6;
        }
        most = low ? SLIDE : narrow ? COLUMN : MORE;
        if (!low && !narrow && most > g->why->n_facts)
            most = g->why->n_facts;
        size_t less = (size_t)g->room.less;
        // The first time less, what is not needed goes.
        if (!low && !narrow && less > 0 && most > why_needed(g->why))
            most = why_needed(g->why) + 1;
        size_t fewer = low ? less : less * 2;
        most = most > fewer + 2 ? most - fewer : 2;
    }
    keep(g, most);
}

static void chain(const struct graph *g)
{
    size_t last = SIZE_MAX;
    for (size_t i = 0; i < g->why->n_facts; i++) {
        if (!g->kept[i])
            continue;
        if (last != SIZE_MAX)
            fprintf(g->out, "e%zu -> e%zu [style=invis];\n",
                    g->why->fact[last].at, g->why->fact[i].at);
        last = i;
    }
}

// What is to be explained stands on top, wherever its causes lie.
static void raise_goals(const struct graph *g)
{
    FILE *out = g->out;
    const struct why *why = g->why;
    bool some = false;
    for (size_t i = 0; i < why->n_facts; i++) {
        bool leads_on = !why->fact[i].goal || !g->kept[i];
        for (size_t k = 0; k < why->n_links && !leads_on; k++)
            leads_on = why->link[k].cause == why->fact[i].at;
        if (leads_on)
            continue;
        fprintf(out, "%s e%zu;", some ? "" : "{ rank=max;", why->fact[i].at);
        some = true;
    }
    fputs(some ? " }\n" : "", out);
}

static void draw_left_out(const struct graph *g)
{
    char text[80] = "earlier causes are left out (--all)";
    if (g->n_left_out > 0)
        snprintf(text, sizeof text, "%zu of %zu facts are left out",
                 g->n_left_out, g->why->n_facts);
    if (g->why->n_cut > 0 || g->n_left_out > 0)
        fprintf(g->out,
                "more [style=\"\", shape=plaintext, fontsize=%d, "
                "fontcolor=\"" PAINT_QUIET "\", label=\"%s\"];\n",
                g->head, text);
}

int viz_why_dot(const struct trace_file *trace, const struct viz_why *asked,
                FILE *out, char *error, size_t n)
{
    struct why why;
    if (!why_make(&why, trace, asked, error, n))
        return -1;
    struct graph g = {.out = out, .why = &why, .room = asked->room};
    lay_out(&g);
    draw_head(&g);
    for (size_t i = 0; i < why.n_facts; i++)
        if (g.kept[i])
            draw_fact(&g, &why.fact[i]);
    for (size_t i = 0; i < why.n_links; i++) {
        const struct why_link *link = &why.link[i];
        bool needed = link->needed && why_find(&why, link->effect)->needed;
        if (is_kept(&g, link->cause) && is_kept(&g, link->effect))
            fprintf(out, "e%zu -> e%zu%s;\n", link->cause, link->effect,
                    needed ? "" : " [style=dashed, color=\"" PAINT_FAINT "\"]");
    }
    if (viz_room_is_narrow(&g.room))
        chain(&g);
    else
        raise_goals(&g);
    draw_left_out(&g);
    fputs("}\n", out);
    int told = (int)why_needed(&why);
    free(g.kept);
    why_free(&why);
    return told;
}
