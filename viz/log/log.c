// log.c -- the logs of all servers at a moment, as in Figures 6 and 7.
#include "log.h"

#include <inttypes.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// A table of logs: what its rows and cells share.
struct table {
    FILE *out;
    const struct model *model;
    struct log_columns columns;
    bool terms_only;
    int width; // of an entry's cell
};

static void entry_cell(const struct table *t, int server, uint64_t index)
{
    FILE *out = t->out;
    const struct model *model = t->model;
    const struct trace_entry *entry =
        model_entry(&model->server[server], index);
    int height = t->terms_only ? 26 : 38;
    if (entry == NULL) {
        fprintf(out,
                "<TD BORDER=\"1\" COLOR=\"#C8C8C8\" STYLE=\"DOTTED\""
                " WIDTH=\"%d\" HEIGHT=\"%d\"></TD>",
                t->width, height);
        return;
    }
    bool differs = log_differs(model, server, index);
    bool committed = log_is_committed(model, server, index);
    char pale[8], known[80];
    fprintf(out,
            "<TD BORDER=\"%d\" COLOR=\"%s\" STYLE=\"%s\" BGCOLOR=\"%s\""
            " WIDTH=\"%d\" HEIGHT=\"%d\" HREF=\"#%" PRIu64
            "\" TOOLTIP=\"S%d, index %" PRIu64 ", term %" PRIu64 ", %" PRIu64
            " bytes, %s\"><FONT COLOR=\"%s\"><B>%" PRIu64 "</B>",
            differs ? 2 : 1, differs ? PAINT_FAULT : PAINT_INK,
            committed || differs ? "SOLID" : "DASHED",
            committed ? paint_term(entry->term)
                      : paint_paler(entry->term, pale),
            t->width, height, index, server + 1, index, entry->term,
            entry->bytes, log_known(model, server, index, known, sizeof known),
            committed ? paint_text(entry->term) : "#000000", entry->term);
    if (!t->terms_only) {
        fputs("<BR/><FONT POINT-SIZE=\"9\">", out);
        paint_html(out, entry->command[0] != '\0' ? entry->command : "·");
        fputs("</FONT>", out);
    }
    fputs("</FONT></TD>", out);
}

// Name and state of a server; a letter before it, where rows have letters.
static void name_cell(const struct table *t, int server, int letter)
{
    FILE *out = t->out;
    const struct model_server *s = &t->model->server[server];
    char pale[8], label[8] = "";
    bool leads = s->up && s->role == TRACE_LEADER;
    if (letter >= 0)
        snprintf(label, sizeof label, "(%c) ", 'a' + letter % 26);
    fprintf(out,
            "<TD BORDER=\"0\" STYLE=\"ROUNDED\" BGCOLOR=\"%s\" WIDTH=\"84\">"
            "<FONT COLOR=\"%s\"><B>%sS%d</B><BR/><FONT POINT-SIZE=\"9\">",
            !s->up  ? "#E8E8E8"
            : leads ? paint_term(s->term)
                    : paint_paler(s->term, pale),
            leads ? paint_text(s->term) : "#000000", label, server + 1);
    if (leads && t->terms_only)
        fprintf(out, "leader for term %" PRIu64, s->term);
    else if (s->up)
        fprintf(out, "%s T%" PRIu64 "%s", trace_role_name(s->role), s->term,
                s->connected ? "" : ", cut off");
    else if (model_appeared(s))
        fprintf(out, "down, T%" PRIu64, s->term);
    else
        fputs("no event yet", out);
    fputs("</FONT></FONT></TD>", out);
}

// What stands before the columns, as one cell.
static void before_cell(FILE *out, const struct model *model, int server,
                        uint64_t first)
{
    char text[80];
    log_before(model, server, first, text, sizeof text);
    bool fault = strstr(text, "differs") != NULL;
    fprintf(out,
            "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"%s\""
            " BGCOLOR=\"#ECECEC\" WIDTH=\"80\" HEIGHT=\"38\">"
            "<FONT POINT-SIZE=\"9\">%s</FONT></TD>",
            fault ? PAINT_FAULT : PAINT_FAINT, text);
}

static void snapshot_cell(FILE *out, const struct model_server *s,
                          uint64_t first, uint64_t end)
{
    uint64_t n = end - first + 1;
    fprintf(out,
            "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"" PAINT_QUIET
            "\" BGCOLOR=\"#ECECEC\" COLSPAN=\"%" PRIu64
            "\" WIDTH=\"10\" HEIGHT=\"38\"><FONT POINT-SIZE=\"10\">",
            n);
    if (n > 3)
        fprintf(out, "snapshot 1..%" PRIu64 " (last T%" PRIu64 ")",
                s->snapshot_index, s->snapshot_term);
    else if (n > 1)
        fprintf(out, "snapshot<BR/>1..%" PRIu64, s->snapshot_index);
    else
        fprintf(out, "..%" PRIu64, s->snapshot_index);
    fputs("</FONT></TD>", out);
}

static void log_row(const struct table *t, int server, int letter)
{
    FILE *out = t->out;
    struct log_columns columns = t->columns;
    const struct model_server *s = &t->model->server[server];
    fputs("<TR>", out);
    name_cell(t, server, letter);
    if (columns.first > 1)
        before_cell(out, t->model, server, columns.first);
    uint64_t index = columns.first;
    if (s->snapshot_index >= columns.first) {
        uint64_t end = smaller(s->snapshot_index, columns.last);
        snapshot_cell(out, s, columns.first, end);
        index = end + 1;
    }
    for (; index <= columns.last; index++)
        entry_cell(t, server, index);
    fputs("</TR>\n", out);
}

// Under each row: commit and applied, and what the leader believes.
static void mark_row(const struct table *t, int server)
{
    FILE *out = t->out;
    const struct model *model = t->model;
    struct log_columns columns = t->columns;
    const struct model_server *s = &model->server[server];
    int leader = model_leader(model);
    const struct model_server *led =
        leader >= 0 && leader != server ? &model->server[leader] : NULL;
    fputs("<TR><TD BORDER=\"0\"></TD>", out);
    for (uint64_t index = columns.first > 1 ? columns.first - 1 : columns.first;
         index <= columns.last; index++) {
        fputs("<TD BORDER=\"0\" HEIGHT=\"14\"><FONT POINT-SIZE=\"9\" "
              "COLOR=\"" PAINT_INK "\">",
              out);
        if (s->up && s->last_applied == index)
            fputs("△", out);
        if (s->up && s->commit_index == index)
            fputs("▲", out);
        fputs(" </FONT><FONT POINT-SIZE=\"9\" COLOR=\"#00598C\">", out);
        if (led != NULL && led->match_index[server] == index)
            fputs("●", out);
        if (led != NULL && led->next_index[server] == index)
            fputs("▷", out);
        fputs(" </FONT></TD>", out);
    }
    fputs("</TR>\n", out);
}

static void title(FILE *out, const struct trace_file *trace,
                  const struct model *model)
{
    int leader = model_leader(model);
    // One bold text: Graphviz measures bold as thin and lets what follows a
    // change of weight run into it.
    fputs("<TR><TD ALIGN=\"LEFT\"><B>", out);
    paint_html(out, trace->header.scenario);
    fprintf(out, ": logs at %.1f ms", (double)model->us / 1000);
    if (leader >= 0)
        fprintf(out, "; leader S%d, term %" PRIu64, leader + 1,
                model->server[leader].term);
    fprintf(out,
            "</B></TD></TR>\n<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\""
            " COLOR=\"" PAINT_QUIET "\">after event %" PRIu64
            "</FONT></TD></TR>\n",
            model->n);
}

// How many entries a format has room for.
static int columns_for(const struct table *t, const struct viz_format *format)
{
    enum { BEFORE = 190, BETWEEN = 6, TYPE = 9 };
    if (format == NULL)
        return LOG_COLUMNS;
    int n =
        (int)((viz_format_width(format, TYPE) - BEFORE) / (t->width + BETWEEN));
    return n < 2 ? 2 : n < LOG_COLUMNS ? n : LOG_COLUMNS;
}

static void rows(const struct table *t)
{
    int leader = t->terms_only ? model_leader(t->model) : -1, letter = 0;
    if (leader >= 0) {
        log_row(t, leader, -1);
        mark_row(t, leader);
    }
    for (int server = 0; server < t->model->n_servers; server++)
        if (server != leader) {
            log_row(t, server, leader >= 0 ? letter++ : -1);
            mark_row(t, server);
        }
}

static void table(const struct table *t)
{
    fprintf(t->out,
            "<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\" CELLBORDER=\"1\""
            " CELLSPACING=\"3\"><TR><TD BORDER=\"0\">%s</TD>",
            t->terms_only ? "<FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
                            "\">log index</FONT>"
                          : "");
    if (t->columns.first > 1)
        fputs("<TD BORDER=\"0\"></TD>", t->out);
    for (uint64_t i = t->columns.first; i <= t->columns.last; i++)
        fprintf(t->out,
                "<TD BORDER=\"0\" WIDTH=\"%d\"><FONT POINT-SIZE=\"11\""
                " COLOR=\"" PAINT_QUIET "\">%" PRIu64 "</FONT></TD>",
                t->width, i);
    fputs("</TR>\n", t->out);
    rows(t);
    fputs("</TABLE></TD></TR>\n", t->out);
}

// Does the leader send any peer this entry next?
static bool is_next(const struct model *model, uint64_t index)
{
    int leader = model_leader(model);
    for (int peer = 0; leader >= 0 && peer < model->n_servers; peer++)
        if (peer != leader && model->server[leader].next_index[peer] == index)
            return true;
    return false;
}

void viz_log(const struct trace_file *trace, uint64_t n,
             const struct viz_look *look, FILE *out)
{
    struct model model;
    bool terms_only = look != NULL && look->terms_only;
    part_model(&model, trace, n > 0 ? n : viz_log_moment(trace));
    struct table t = {.out = out,
                      .model = &model,
                      .terms_only = terms_only,
                      .width = terms_only ? 26 : 46};
    t.columns =
        log_choose(&model, columns_for(&t, look != NULL ? look->format : NULL));
    // No column behind the longest log, where no index stands in it.
    if (terms_only && t.columns.last > 1 && !is_next(&model, t.columns.last))
        t.columns.last--;
    alt_logs(out, trace, &model, 1);
    fputs("digraph logs {\ngraph [pad=0.2];\n"
          "node [shape=plaintext, fontname=\"Helvetica,Arial,sans-serif\"];\n"
          "logs [tooltip=\"logs\", label=<<TABLE BORDER=\"0\""
          " CELLBORDER=\"0\">",
          out);
    title(out, trace, &model);
    table(&t);
    fputs("<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
          "\">▲ commit_index  △ last_applied  ● match_index  ▷ next_index"
          " (the leader's)<BR ALIGN=\"LEFT\"/>solid = committed, pale = not"
          " known to be, </FONT><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_FAULT
          "\">thick frame = differs from the leader</FONT>"
          "<BR ALIGN=\"LEFT\"/></TD></TR>\n"
          "</TABLE>>];\n}\n",
          out);
    model_free(&model);
}

uint64_t viz_log_moment(const struct trace_file *trace)
{
    uint64_t last = 0;
    bool down[TRACE_MAX_SERVERS] = {false};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_FINDING)
            return event->n;
        if (event->kind == TRACE_VERDICT)
            break;
        if (part_over(down, event))
            break;
        last = event->n;
    }
    return last;
}
