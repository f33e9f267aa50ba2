// film.c -- logs as a film strip: small tables of chosen moments, as Figure 8.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/causes.h"
#include "log.h"
#include "viz/draw/alt.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"

enum { COLUMNS = 12, WIDEST = 40 }; // of a table, of a line of tables

// ---------------------------------------------------------------- the moments

static bool changes_a_log(const struct trace_event *event)
{
    return event->kind == TRACE_APPEND || event->kind == TRACE_TRUNCATE ||
           event->kind == TRACE_INSTALL;
}

// Does an era end where this begins: does somebody stand up against the
// leader, or is somebody lost?
static bool ends_an_era(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_ROLE:
        return event->to_role == TRACE_CANDIDATE;
    case TRACE_TIMEOUT:
    case TRACE_CRASH:
    case TRACE_DISCONNECT:
    case TRACE_PARTITION:
    case TRACE_ACT:
        return true;
    default:
        return false;
    }
}

// Moments of which only the last `most` are kept.
struct moments {
    uint64_t *event;
    size_t n, most;
};

static void keep(struct moments *moments, uint64_t n)
{
    if (moments->n >= moments->most)
        memmove(moments->event, moments->event + 1,
                (moments->most - 1) * sizeof *moments->event);
    size_t at = moments->n < moments->most ? moments->n : moments->most - 1;
    moments->event[at] = n;
    moments->n++;
}

size_t viz_film_moments(const struct trace_file *trace,
                        const struct viz_window *window, uint64_t *event,
                        size_t most)
{
    struct moments moments = {event, 0, most};
    size_t begin =
        window->first > 0 ? causes_position(trace, window->first) : 0;
    bool changed = false, down[TRACE_MAX_SERVERS] = {false};
    uint64_t last = 0;
    for (size_t i = begin; i < trace->n_events; i++) {
        const struct trace_event *e = &trace->event[i];
        bool over = (window->last > 0 && e->n > window->last) ||
                    e->kind == TRACE_VERDICT || part_over(down, e);
        if (over || (changed && ends_an_era(e))) {
            if (changed && last > 0)
                keep(&moments, last);
            changed = false;
        }
        if (over)
            break;
        changed = changed || changes_a_log(e) || e->kind == TRACE_FINDING;
        last = e->n;
        if (e->kind != TRACE_FINDING)
            continue;
        keep(&moments, e->n);
        return moments.n;
    }
    // A trace that was cut, or one in which no log changes.
    if (last > 0 && (changed || moments.n == 0))
        keep(&moments, last);
    return moments.n;
}

// ------------------------------------------------------------------- a table

static bool has(const struct model_server *s, uint64_t index)
{
    return index > 0 && index <= model_last_index(s);
}

// Is what the server has at an index another thing than in the table before?
static bool is_new(const struct model *model, const struct model *before,
                   int server, uint64_t index)
{
    if (before == NULL)
        return false;
    const struct model_server *s = &model->server[server],
                              *was = &before->server[server];
    if (has(s, index) != has(was, index))
        return true;
    return has(s, index) && index > s->snapshot_index &&
           index > was->snapshot_index &&
           model_term_at(s, index) != model_term_at(was, index);
}

static void cell(FILE *out, const struct model *model,
                 const struct model *before, int server, uint64_t index)
{
    const struct model_server *s = &model->server[server];
    const struct trace_entry *entry = model_entry(s, index);
    bool changed = is_new(model, before, server, index);
    if (entry == NULL) {
        // An entry that is gone leaves its place framed.
        fprintf(out,
                "<TD BORDER=\"%d\" COLOR=\"%s\" STYLE=\"%s\" WIDTH=\"26\""
                " HEIGHT=\"24\">%s</TD>",
                changed ? 2 : 1, changed ? PAINT_FAULT : "#DCDCDC",
                changed ? "DASHED" : "DOTTED",
                changed ? "<FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_FAULT
                          "\">−</FONT>"
                        : "");
        return;
    }
    bool committed = log_is_committed(model, server, index);
    bool replaced =
        changed && before != NULL && has(&before->server[server], index);
    char pale[8];
    fprintf(out,
            "<TD BORDER=\"%d\" COLOR=\"%s\" STYLE=\"%s\" BGCOLOR=\"%s\""
            " WIDTH=\"26\" HEIGHT=\"24\" HREF=\"#%" PRIu64
            "\" TOOLTIP=\"S%d, index %" PRIu64 ", term %" PRIu64 ", ",
            changed ? 3 : 1, replaced ? PAINT_FAULT : PAINT_INK,
            committed || changed ? "SOLID" : "DASHED",
            committed ? paint_term(entry->term)
                      : paint_paler(entry->term, pale),
            index, server + 1, index, entry->term);
    paint_html(out, entry->command);
    fprintf(out,
            "\"><FONT POINT-SIZE=\"11\" COLOR=\"%s\"><B>%" PRIu64
            "</B></FONT></TD>",
            committed ? paint_text(entry->term) : "#000000", entry->term);
}

// What a snapshot covers of the columns; gives the first index behind it.
static uint64_t snapshot(FILE *out, const struct model_server *s,
                         struct log_columns columns)
{
    uint64_t end = s->snapshot_index;
    if (end < columns.first)
        return columns.first;
    end = end < columns.last ? end : columns.last;
    uint64_t n = end - columns.first + 1;
    fprintf(
        out,
        "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"" PAINT_QUIET
        "\" BGCOLOR=\"#ECECEC\" WIDTH=\"10\" HEIGHT=\"24\" COLSPAN=\"%" PRIu64
        "\"><FONT POINT-SIZE=\"8\">%s%" PRIu64 "</FONT></TD>",
        n, n > 2 ? "snapshot ≤ " : "≤", s->snapshot_index);
    return end + 1;
}

static void plate(FILE *out, const struct model_server *s, int server)
{
    char pale[8];
    bool leads = s->up && s->role == TRACE_LEADER;
    fprintf(out,
            "<TD BORDER=\"%d\" COLOR=\"%s\" STYLE=\"ROUNDED\" BGCOLOR=\"%s\""
            " WIDTH=\"40\" HEIGHT=\"24\"><FONT POINT-SIZE=\"10\""
            " COLOR=\"%s\"><B>S%d%s</B></FONT></TD>",
            leads ? 2 : 0, PAINT_INK,
            !s->up  ? "#E8E8E8"
            : leads ? paint_term(s->term)
                    : paint_paler(s->term, pale),
            !s->up  ? PAINT_QUIET
            : leads ? paint_text(s->term)
                    : "#000000",
            server + 1,
            !model_appeared(s) ? ""
            : !s->up           ? " ✕"
            : s->connected     ? ""
                               : " ⌀");
}

// Who leads at a moment, or led last.
struct reign {
    int leader; // -1: nobody yet
    uint64_t term;
    bool over;
};

static struct reign find_reign(const struct trace_file *trace,
                               const struct model *model)
{
    struct reign reign = {model_leader(model), 0, false};
    if (reign.leader >= 0)
        reign.term = model->server[reign.leader].term;
    size_t at = causes_position(trace, model->n + 1);
    for (size_t i = reign.leader < 0 ? at : 0; i > 0; i--) {
        const struct trace_event *event = &trace->event[i - 1];
        if (event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER)
            return (struct reign){event->node, event->term, true};
    }
    return reign;
}

static void caption(FILE *out, const struct model *model, struct reign reign,
                    size_t at, int n_columns)
{
    fprintf(out,
            "<TR><TD BORDER=\"0\" COLSPAN=\"%d\"><FONT POINT-SIZE=\"11\">"
            "<B>(%c) ",
            n_columns, (char)('a' + at % 26));
    if (reign.leader >= 0)
        fprintf(out, "S%d %s term %" PRIu64, reign.leader + 1,
                reign.over ? "has led" : "leads", reign.term);
    else
        fputs("no leader yet", out);
    fprintf(out,
            "</B></FONT><BR/><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
            "\">%.1f ms, event %" PRIu64 "</FONT></TD></TR>\n",
            (double)model->us / 1000, model->n);
}

static void frame(FILE *out, const struct model *model,
                  const struct model *before, struct reign reign, size_t at,
                  struct log_columns columns)
{
    int n = (int)(columns.last - columns.first) + 2 + (columns.first > 1);
    fputs("<TD BORDER=\"0\" VALIGN=\"TOP\"><TABLE BORDER=\"0\""
          " CELLBORDER=\"1\" CELLSPACING=\"3\">",
          out);
    caption(out, model, reign, at, n);
    fputs("<TR><TD BORDER=\"0\"></TD>", out);
    if (columns.first > 1)
        fputs("<TD BORDER=\"0\"></TD>", out);
    for (uint64_t index = columns.first; index <= columns.last; index++)
        fprintf(out,
                "<TD BORDER=\"0\" WIDTH=\"26\"><FONT POINT-SIZE=\"9\" "
                "COLOR=\"" PAINT_QUIET "\">%" PRIu64 "</FONT></TD>",
                index);
    fputs("</TR>\n", out);
    for (int s = 0; s < model->n_servers; s++) {
        fputs("<TR>", out);
        plate(out, &model->server[s], s);
        if (columns.first > 1) {
            char text[80];
            log_before(model, s, columns.first, text, sizeof text);
            fprintf(out,
                    "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"" PAINT_FAINT
                    "\" BGCOLOR=\"#ECECEC\"><FONT POINT-SIZE=\"8\">%s</FONT>"
                    "</TD>",
                    text);
        }
        for (uint64_t i = snapshot(out, &model->server[s], columns);
             i <= columns.last; i++)
            cell(out, model, before, s, i);
        fputs("</TR>\n", out);
    }
    fputs("</TABLE></TD>\n", out);
}

// ---------------------------------------------------------------- the strip

// The highest index at which a log is another than in the table before, or, in
// the first table, the leader's last; 0 for none that is near the end.
static uint64_t last_change(const struct model *model, size_t at)
{
    enum { FARTHEST = 4096 };
    uint64_t longest = log_longest(&model[at]);
    int leader = model_leader(&model[at]);
    if (at == 0)
        return leader >= 0 ? model_last_index(&model[0].server[leader]) : 0;
    for (uint64_t i = longest; i > 0 && longest - i < FARTHEST; i--)
        for (int s = 0; s < model[at].n_servers; s++)
            if (is_new(&model[at], &model[at - 1], s, i))
                return i;
    return 0;
}

// The columns of table `at`: those that all share, so that an index stands at
// one place, or, of long logs, its own: up to what has changed.
static struct log_columns columns_of(const struct model *model, size_t n,
                                     size_t at)
{
    struct log_columns all = {UINT64_MAX, 1};
    for (size_t i = 0; i < n; i++) {
        struct log_columns columns = log_choose(&model[i], COLUMNS);
        all.first = columns.first < all.first ? columns.first : all.first;
        all.last = columns.last > all.last ? columns.last : all.last;
    }
    if (all.last > 1)
        all.last--; // no column behind the longest log
    if (all.last - all.first < COLUMNS && all.first == 1)
        return all;
    all = log_choose(&model[at], COLUMNS);
    uint64_t changed = last_change(model, at);
    if (changed > 0 && changed < all.last)
        all.last = changed + 1;
    else if (all.last > 1)
        all.last--;
    all.first = all.last > COLUMNS ? all.last - COLUMNS + 1 : 1;
    return all;
}

static void print_strip(FILE *out, const struct trace_file *trace,
                        const struct model *model, size_t n)
{
    size_t width = 1;
    for (size_t i = 0; i < n; i++) {
        struct log_columns columns = columns_of(model, n, i);
        size_t wide = (size_t)(columns.last - columns.first) + 4;
        width = wide > width ? wide : width;
    }
    size_t in_line = WIDEST / width > 0 ? WIDEST / width : 1;
    alt_logs(out, trace, model, n);
    fputs("digraph film {\ngraph [pad=0.2];\n"
          "node [shape=plaintext, fontname=\"Helvetica,Arial,sans-serif\"];\n"
          "film [tooltip=\"logs\", label=<<TABLE BORDER=\"0\""
          " CELLBORDER=\"0\" CELLSPACING=\"0\"><TR><TD ALIGN=\"LEFT\"><B>",
          out);
    paint_html(out, trace->header.scenario);
    fputs(": the logs, step by step</B></TD></TR>\n", out);
    for (size_t i = 0; i < n; i++) {
        if (i % in_line == 0)
            fputs("<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\""
                  " CELLBORDER=\"0\" CELLSPACING=\"10\"><TR>\n",
                  out);
        frame(out, &model[i], i > 0 ? &model[i - 1] : NULL,
              find_reign(trace, &model[i]), i, columns_of(model, n, i));
        if ((i + 1) % in_line == 0 || i + 1 == n)
            fputs("</TR></TABLE></TD></TR>\n", out);
    }
    fputs("<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_QUIET
          "\">a number is the term of an entry; solid = committed, dashed ="
          " not<BR ALIGN=\"LEFT\"/>known to be; ✕ = down, ⌀ = cut off; thick"
          " frame = new since<BR ALIGN=\"LEFT\"/>the table before,"
          " </FONT><FONT POINT-SIZE=\"9\" COLOR=\"" PAINT_FAULT
          "\">replaced or gone</FONT><BR ALIGN=\"LEFT\"/></TD></TR>\n"
          "</TABLE>>];\n}\n",
          out);
}

void viz_film(const struct trace_file *trace, const uint64_t *event, size_t n,
              FILE *out)
{
    struct model *model = must_calloc(n + 1, sizeof *model);
    for (size_t i = 0; i < n; i++)
        part_model(&model[i], trace, event[i]);
    print_strip(out, trace, model, n);
    for (size_t i = 0; i < n; i++)
        model_free(&model[i]);
    free(model);
}
