// log.c -- the logs of all servers at a moment, as in Figures 6 and 7.
#include <inttypes.h>
#include <string.h>

#include "../src/trace/model.h"
#include "paint.h"
#include "viz.h"

enum { MOST_COLUMNS = 24 };

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// Columns: from two before the first index of interest to the longest log.
static void choose_columns(const struct model *model, uint64_t *first,
                           uint64_t *last)
{
    uint64_t interest = UINT64_MAX;
    *last = 1;
    for (int i = 0; i < model->n_servers; i++) {
        const struct model_server *s = &model->server[i];
        uint64_t end = model_last_index(s);
        if (end > *last)
            *last = end;
        interest = smaller(interest, smaller(s->commit_index, end));
    }
    *last += 1;
    *first = interest > 3 ? interest - 2 : 1;
    if (*last < MOST_COLUMNS)
        *first = 1;
    if (*last - *first >= MOST_COLUMNS)
        *first = *last - MOST_COLUMNS + 1;
}

static void empty_cell(FILE *out, const char *style)
{
    fprintf(out,
            "<TD BORDER=\"1\" COLOR=\"#D8D8D8\" STYLE=\"%s\" WIDTH=\"46\""
            " HEIGHT=\"38\"></TD>",
            style);
}

static void entry_cell(FILE *out, const struct model *model, int server,
                       uint64_t index)
{
    const struct model_server *s = &model->server[server];
    const struct trace_entry *entry = model_entry(s, index);
    if (entry == NULL) {
        empty_cell(out, "DOTTED");
        return;
    }
    int leader = model_leader(model);
    uint64_t led =
        leader >= 0 ? model_term_at(&model->server[leader], index) : 0;
    bool differs = leader >= 0 && led != 0 && led != entry->term;
    bool committed = index <= s->commit_index;
    char pale[8];
    fprintf(out,
            "<TD BORDER=\"%d\" COLOR=\"%s\" STYLE=\"%s\" BGCOLOR=\"%s\""
            " WIDTH=\"46\" HEIGHT=\"38\"><FONT COLOR=\"%s\"><B>%" PRIu64
            "</B><BR/><FONT POINT-SIZE=\"9\">",
            differs ? 2 : 1, differs ? PAINT_FAULT : PAINT_INK,
            committed ? "SOLID" : "DASHED",
            committed ? paint_term(entry->term)
                      : paint_paler(entry->term, pale),
            committed ? paint_text(entry->term) : "#000000", entry->term);
    paint_html(out, entry->command);
    fputs("</FONT></FONT></TD>", out);
}

static void name_cell(FILE *out, const struct model_server *s, int server)
{
    char pale[8];
    bool leads = s->up && s->role == TRACE_LEADER;
    fprintf(out,
            "<TD BORDER=\"0\" STYLE=\"ROUNDED\" BGCOLOR=\"%s\" WIDTH=\"80\">"
            "<FONT COLOR=\"%s\"><B>S%d</B><BR/><FONT POINT-SIZE=\"9\">",
            !s->up  ? "#E8E8E8"
            : leads ? paint_term(s->term)
                    : paint_paler(s->term, pale),
            leads ? paint_text(s->term) : "#000000", server + 1);
    if (s->up)
        fprintf(out, "%s T%" PRIu64, trace_role_name(s->role), s->term);
    else
        fputs("down", out);
    fputs("</FONT></FONT></TD>", out);
}

static void log_row(FILE *out, const struct model *model, int server,
                    uint64_t first, uint64_t last)
{
    const struct model_server *s = &model->server[server];
    fputs("<TR>", out);
    name_cell(out, s, server);
    uint64_t index = first;
    if (s->snapshot_index >= first) {
        uint64_t end = smaller(s->snapshot_index, last);
        fprintf(out,
                "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"" PAINT_QUIET
                "\" BGCOLOR=\"#ECECEC\" COLSPAN=\"%" PRIu64
                "\" WIDTH=\"10\"><FONT POINT-SIZE=\"10\">%s</FONT></TD>",
                end - first + 1, end - first + 1 > 2 ? "snapshot" : "snap");
        index = end + 1;
    }
    for (; index <= last; index++)
        entry_cell(out, model, server, index);
    fputs("</TR>\n", out);
}

// Under each row: commit and applied, and what the leader believes.
static void mark_row(FILE *out, const struct model *model, int server,
                     uint64_t first, uint64_t last)
{
    const struct model_server *s = &model->server[server];
    int leader = model_leader(model);
    const struct model_server *led =
        leader >= 0 ? &model->server[leader] : NULL;
    fputs("<TR><TD BORDER=\"0\"></TD>", out);
    for (uint64_t index = first; index <= last; index++) {
        fputs("<TD BORDER=\"0\" HEIGHT=\"14\"><FONT POINT-SIZE=\"9\" "
              "COLOR=\"" PAINT_INK "\">",
              out);
        if (s->last_applied == index)
            fputs("△", out);
        if (s->commit_index == index)
            fputs("▲", out);
        fputs(" </FONT><FONT POINT-SIZE=\"9\" COLOR=\"#00598C\">", out);
        if (led != NULL && server != leader &&
            led->match_index[server] == index)
            fputs("●", out);
        if (led != NULL && server != leader && led->next_index[server] == index)
            fputs("▷", out);
        fputs(" </FONT></TD>", out);
    }
    fputs("</TR>\n", out);
}

void viz_log(const struct trace_file *trace, uint64_t n, FILE *out)
{
    struct model model;
    model_init(&model, trace->header.n_servers);
    for (size_t i = 0; i < trace->n_events; i++)
        if (n == 0 || trace->event[i].n <= n)
            model_step(&model, &trace->event[i]);
    uint64_t first, last;
    choose_columns(&model, &first, &last);
    int leader = model_leader(&model);
    fputs("digraph logs {\ngraph [pad=0.2];\n"
          "node [shape=plaintext, fontname=\"Helvetica,Arial,sans-serif\"];\n"
          "logs [label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\">",
          out);
    // One bold text: Graphviz measures bold as thin and lets what follows a
    // change of weight run into it.
    fprintf(out, "<TR><TD ALIGN=\"LEFT\"><B>logs at %.1f ms",
            (double)model.us / 1000);
    if (leader >= 0)
        fprintf(out, "; leader S%d, term %" PRIu64, leader + 1,
                model.server[leader].term);
    fputs("</B>", out);
    fputs("</TD></TR>\n<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"1\""
          " CELLSPACING=\"3\"><TR><TD BORDER=\"0\"></TD>",
          out);
    for (uint64_t index = first; index <= last; index++)
        fprintf(out,
                "<TD BORDER=\"0\" WIDTH=\"46\"><FONT COLOR=\"" PAINT_QUIET
                "\">%" PRIu64 "</FONT></TD>",
                index);
    fputs("</TR>\n", out);
    for (int server = 0; server < model.n_servers; server++) {
        log_row(out, &model, server, first, last);
        mark_row(out, &model, server, first, last);
    }
    fputs("</TABLE></TD></TR>\n<TR><TD ALIGN=\"LEFT\"><FONT"
          " POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
          "\">▲ commit_index  △ last_applied  ● match_index  ▷ next_index"
          " (the leader's)   solid = committed, dashed = not yet,"
          " </FONT><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_FAULT
          "\">thick frame = differs from the leader</FONT></TD></TR>\n",
          out);
    fputs("</TABLE>>];\n}\n", out);
    model_free(&model);
}
