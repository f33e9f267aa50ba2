// why_draw.c -- the graph of facts, drawn by dot: read upwards.
//
// The one picture that dot lays out itself: it is small, and has no time axis.
#include <inttypes.h>
#include <string.h>

#include "check/findings.h"
#include "viz/draw/paint.h"
#include "why.h"

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

// Breaks a sentence into lines of an HTML label.
static void lines(FILE *out, const char *text, size_t width)
{
    char word[128], line[256] = "";
    while (*text != '\0') {
        size_t n = strcspn(text, " ");
        n = n < sizeof word - 1 ? n : sizeof word - 1;
        snprintf(word, sizeof word, "%.*s", (int)n, text);
        if (line[0] != '\0' && strlen(line) + 1 + n > width) {
            paint_html(out, line);
            fputs("<BR/>", out);
            line[0] = '\0';
        }
        why_put(line, sizeof line, "%s%s", line[0] != '\0' ? " " : "", word);
        text += n;
        text += strspn(text, " ");
    }
    paint_html(out, line);
}

// Beside the fact, since no colour is readable on all fills.
static void draw_doubt(FILE *out, const struct why_fact *fact)
{
    fprintf(out,
            "d%zu [shape=plaintext, style=\"\", label=<<FONT"
            " COLOR=\"" PAINT_FAULT "\" POINT-SIZE=\"10\">",
            fact->at);
    lines(out, fact->doubt, 38);
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

static void draw_fact(FILE *out, const struct why *why,
                      const struct why_fact *fact)
{
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
        fprintf(out, "<BR/><FONT COLOR=\"%s\" POINT-SIZE=\"9\">", small);
        lines(out, fact->note, 34);
        fputs("</FONT>", out);
    }
    fprintf(out, "<BR/><FONT COLOR=\"%s\" POINT-SIZE=\"8\">%.1f ms", small,
            (double)event->us / 1000);
    if (event->rule != NULL) {
        fputs("  [", out);
        paint_html(out, event->rule);
        fputs("]", out);
    }
    fprintf(out, "  event %" PRIu64 "</FONT>", event->n);
    fputs(">];\n", out);
    if (fact->doubt[0] != '\0')
        draw_doubt(out, fact);
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

static void draw_head(FILE *out, const struct why *why)
{
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
    lines(out, title, 56);
    fputs("</B><BR/>", out);
    if (why->finding != NULL && why->finding->text != NULL &&
        why->finding->text[0] != '\0') {
        char text[WHY_TEXT];
        snprintf(text, sizeof text, "%.*s",
                 (int)strcspn(why->finding->text, "\n"), why->finding->text);
        fputs("<FONT POINT-SIZE=\"11\">", out);
        lines(out, text, 70);
        fputs("</FONT><BR/>", out);
    }
    char look[WHY_TEXT];
    if (why->finding != NULL && viz_why_look(why->trace, look, sizeof look)) {
        fputs("<FONT POINT-SIZE=\"11\" COLOR=\"" PAINT_FAULT "\">", out);
        lines(out, look, 76);
        fputs("</FONT><BR/>", out);
    }
    fputs("<FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
          "\">read upwards; dashed = it would have happened without this"
          "</FONT>",
          out);
    if (any_against(why))
        fputs("<FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_FAULT
              "\">  thick frame = against a rule</FONT>",
              out);
    fputs("<BR/> >];\n"
          "node [shape=box, style=\"filled,rounded\", color=\"#FFFFFF00\","
          " margin=\"0.1,0.06\","
          " fontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n"
          "edge [color=\"" PAINT_QUIET "\", arrowsize=0.6];\n",
          out);
}

// What is to be explained stands on top, wherever its causes lie.
static void raise_goals(FILE *out, const struct why *why)
{
    bool some = false;
    for (size_t i = 0; i < why->n_facts; i++) {
        bool leads_on = !why->fact[i].goal;
        for (size_t k = 0; k < why->n_links && !leads_on; k++)
            leads_on = why->link[k].cause == why->fact[i].at;
        if (leads_on)
            continue;
        fprintf(out, "%s e%zu;", some ? "" : "{ rank=max;", why->fact[i].at);
        some = true;
    }
    fputs(some ? " }\n" : "", out);
}

int viz_why_dot(const struct trace_file *trace, const struct viz_why *asked,
                FILE *out, char *error, size_t n)
{
    struct why why;
    if (!why_make(&why, trace, asked, error, n))
        return -1;
    draw_head(out, &why);
    for (size_t i = 0; i < why.n_facts; i++)
        draw_fact(out, &why, &why.fact[i]);
    for (size_t i = 0; i < why.n_links; i++) {
        const struct why_link *link = &why.link[i];
        bool needed = link->needed && why_find(&why, link->effect)->needed;
        fprintf(out, "e%zu -> e%zu%s;\n", link->cause, link->effect,
                needed ? "" : " [style=dashed, color=\"" PAINT_FAINT "\"]");
    }
    raise_goals(out, &why);
    if (why.n_cut > 0)
        fprintf(out, "more [style=\"\", shape=plaintext, fontsize=9, "
                     "fontcolor=\"" PAINT_QUIET
                     "\", label=\"earlier causes are left out (--all)\"];\n");
    fputs("}\n", out);
    int told = (int)why_needed(&why);
    why_free(&why);
    return told;
}
