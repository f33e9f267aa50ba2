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
    const struct viz_room *room;
    int width;        // of an entry's cell
    int type;         // of what is small
    bool low, narrow; // the room is
    bool marks;       // of indexes, below the rows
    bool values;      // with the commands
    const struct log_named *named;
};

static void entry_cell(const struct table *t, int server, uint64_t index)
{
    FILE *out = t->out;
    const struct model *model = t->model;
    const struct trace_entry *entry =
        model_entry(&model->server[server], index);
    int height = t->low ? 18 : !t->values ? 26 : 38;
    bool named = log_names(t->named, server, index);
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
            " bytes, %s%s\"><FONT COLOR=\"%s\"><B>%s%" PRIu64 "</B>",
            named     ? 4
            : differs ? 2
                      : 1,
            named || differs ? PAINT_FAULT : PAINT_INK,
            committed || differs || named ? "SOLID" : "DASHED",
            committed ? paint_term(entry->term)
                      : paint_paler(entry->term, pale),
            t->width, height, index, server + 1, index, entry->term,
            entry->bytes, log_known(model, server, index, known, sizeof known),
            named ? ", named by the finding" : "",
            committed ? paint_text(entry->term) : "#000000",
            named                  ? "✗ "
            : differs && committed ? "≠ "
                                   : "",
            entry->term);
    if (t->values) {
        fprintf(out, "<BR/><FONT POINT-SIZE=\"%d\">", t->type);
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
    bool named = log_names(t->named, server, 0);
    fprintf(out,
            "<TD BORDER=\"%d\" COLOR=\"" PAINT_FAULT "\" STYLE=\"ROUNDED\""
            " BGCOLOR=\"%s\" WIDTH=\"%d\"><FONT COLOR=\"%s\"><B>%s%sS%d</B>%s"
            "<FONT POINT-SIZE=\"%d\">",
            named ? 3 : 0,
            !s->up  ? "#E8E8E8"
            : leads ? paint_term(s->term)
                    : paint_paler(s->term, pale),
            t->low || t->narrow ? 10 : 84,
            leads ? paint_text(s->term) : "#000000", named ? "✗ " : "", label,
            server + 1, t->low ? " " : "<BR/>", t->type);
    if (leads && t->terms_only)
        fprintf(out, t->low ? "leads T%" PRIu64 : "leader for term %" PRIu64,
                s->term);
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
static void before_cell(const struct table *t, int server, uint64_t first)
{
    FILE *out = t->out;
    char text[80];
    log_before(t->model, server, first, text, sizeof text);
    bool fault = strstr(text, "differs") != NULL;
    fprintf(out,
            "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"%s\""
            " BGCOLOR=\"#ECECEC\" WIDTH=\"%d\" HEIGHT=\"%d\">"
            "<FONT POINT-SIZE=\"%d\">%s</FONT></TD>",
            fault ? PAINT_FAULT : PAINT_FAINT, t->narrow ? 10 : 80,
            t->low ? 18 : 38, t->type, text);
}

static void snapshot_cell(const struct table *t, const struct model_server *s,
                          uint64_t first, uint64_t end)
{
    FILE *out = t->out;
    uint64_t n = end - first + 1;
    fprintf(out,
            "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"" PAINT_QUIET
            "\" BGCOLOR=\"#ECECEC\" COLSPAN=\"%" PRIu64
            "\" WIDTH=\"10\" HEIGHT=\"%d\"><FONT POINT-SIZE=\"%d\">",
            n, t->low ? 18 : 38, t->type < 10 ? 10 : t->type);
    if (n > 3)
        fprintf(out, "snapshot 1..%" PRIu64 " (last T%" PRIu64 ")",
                s->snapshot_index, s->snapshot_term);
    else if (n > 1 && !t->low)
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
        before_cell(t, server, columns.first);
    uint64_t index = columns.first;
    if (s->snapshot_index >= columns.first) {
        uint64_t end = smaller(s->snapshot_index, columns.last);
        snapshot_cell(t, s, columns.first, end);
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
        fprintf(out,
                "<TD BORDER=\"0\" HEIGHT=\"14\"><FONT POINT-SIZE=\"%d\" "
                "COLOR=\"" PAINT_INK "\">",
                t->type);
        if (s->up && s->last_applied == index)
            fputs("△", out);
        if (s->up && s->commit_index == index)
            fputs("▲", out);
        // Where they are small they are one text, for browsers make small
        // signs wider than they are told.
        if (!t->narrow)
            fprintf(out, " </FONT><FONT POINT-SIZE=\"%d\" COLOR=\"#00598C\">",
                    t->type);
        if (led != NULL && led->match_index[server] == index)
            fputs("●", out);
        if (led != NULL && led->next_index[server] == index)
            fputs("▷", out);
        fputs(" </FONT></TD>", out);
    }
    fputs("</TR>\n", out);
}

// A line of small type.
static void line(const struct table *t, const char *colour, const char *text)
{
    fprintf(t->out,
            "<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"%d\" COLOR=\"%s\">",
            t->type, colour);
    paint_html(t->out, text);
    fputs("</FONT></TD></TR>\n", t->out);
}

// Lines no wider than the room, broken between words.
static void lines(const struct table *t, const char *colour, const char *text)
{
    enum { USUAL = 560 };
    double most =
        t->room->format != NULL ? viz_room_width(t->room, t->type) - 20 : USUAL;
    while (*text != '\0') {
        char part[400];
        snprintf(part, sizeof part, "%s", text);
        for (char *end; paint_width(part, t->type, false) > most &&
                        (end = strrchr(part, ' ')) != NULL;)
            *end = '\0';
        line(t, colour, part);
        text += strlen(part);
        text += strspn(text, " ");
    }
}

static void title(const struct table *t, const struct trace_file *trace)
{
    const struct model *model = t->model;
    int leader = model_leader(model);
    char text[400];
    // One bold text: Graphviz measures bold as thin and lets what follows a
    // change of weight run into it.
    fputs("<TR><TD ALIGN=\"LEFT\"><B>", t->out);
    int n = snprintf(text, sizeof text, "%.80s: logs at %.1f ms",
                     trace->header.scenario, (double)model->us / 1000);
    if (leader >= 0)
        snprintf(text + n, sizeof text - (size_t)n,
                 "; leader S%d, term %" PRIu64, leader + 1,
                 model->server[leader].term);
    if (t->narrow)
        snprintf(text, sizeof text, "%.30s", trace->header.scenario);
    paint_html(t->out, text);
    fputs("</B></TD></TR>\n", t->out);
    snprintf(text, sizeof text, "after event %" PRIu64, model->n);
    if (t->narrow && leader >= 0)
        snprintf(text, sizeof text,
                 "at %.1f ms, event %" PRIu64 "; leader S%d, term %" PRIu64,
                 (double)model->us / 1000, model->n, leader + 1,
                 model->server[leader].term);
    if (!t->low)
        line(t, PAINT_QUIET, text);
    if (t->named->finding == NULL)
        return;
    log_say_finding(t->named, text, sizeof text);
    lines(t, PAINT_FAULT, text);
}

// The width of a cell with the widest command of the last entries.
static int cell_width(const struct table *t)
{
    double widest = t->width;
    for (int s = 0; s < t->model->n_servers && t->values; s++) {
        uint64_t last = model_last_index(&t->model->server[s]);
        for (uint64_t i = last > LOG_COLUMNS ? last - LOG_COLUMNS : 1;
             i <= last; i++) {
            const struct trace_entry *entry =
                model_entry(&t->model->server[s], i);
            double width =
                entry != NULL
                    ? paint_width(entry->command, t->type, false) * 1.16
                    : 0;
            widest = width > widest ? width : widest;
        }
    }
    return (int)widest;
}

// How many entries have room.
static int columns_for(const struct table *t)
{
    enum { BEFORE = 190, BETWEEN = 6 };
    if (t->room->format == NULL)
        return LOG_COLUMNS;
    int n = (int)((viz_room_width(t->room, t->type) - BEFORE) /
                  (cell_width(t) + BETWEEN));
    return n < 2 ? 2 : n < LOG_COLUMNS ? n : LOG_COLUMNS;
}

static void rows(const struct table *t)
{
    int leader = t->terms_only ? model_leader(t->model) : -1, letter = 0;
    if (leader >= 0) {
        log_row(t, leader, -1);
        if (t->marks)
            mark_row(t, leader);
    }
    for (int server = 0; server < t->model->n_servers; server++)
        if (server != leader) {
            log_row(t, server, leader >= 0 ? letter++ : -1);
            if (t->marks)
                mark_row(t, server);
        }
}

static void table(const struct table *t)
{
    fprintf(t->out,
            "<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\" CELLBORDER=\"1\""
            " CELLSPACING=\"%d\"><TR><TD BORDER=\"0\">",
            t->low && t->model->n_servers > 5 ? 1 : 3);
    if (t->terms_only)
        fprintf(t->out,
                "<FONT POINT-SIZE=\"%d\" COLOR=\"" PAINT_QUIET
                "\">log index</FONT>",
                t->type);
    fputs("</TD>", t->out);
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

// What the room asks for: a slide and a column have terms only, in larger type.
static void lay_out(struct table *t)
{
    enum { MOST_MARKED = 6 }; // of a slide's rows, with a row of marks below
    t->low = viz_room_is_low(t->room);
    t->narrow = viz_room_is_narrow(t->room);
    t->values = !t->terms_only && !t->low && !t->narrow;
    t->marks = !t->low || t->model->n_servers <= MOST_MARKED;
    t->width = t->values ? 46 : t->narrow ? 36 : 26;
    t->type = t->low || t->narrow ? 11 : 9;
    t->columns = log_choose(t->model, columns_for(t));
    // No column behind the longest log, where no index stands in it.
    if ((t->terms_only || t->low) && t->columns.last > 1 &&
        !is_next(t->model, t->columns.last))
        t->columns.last--;
}

// A frame shows little on a full colour, and less in greys: there stands a ≠.
static bool has_solid_that_differs(const struct table *t)
{
    for (int i = 0; i < t->model->n_servers; i++)
        for (uint64_t index = t->columns.first; index <= t->columns.last;
             index++)
            if (model_entry(&t->model->server[i], index) != NULL &&
                log_differs(t->model, i, index) &&
                log_is_committed(t->model, i, index) &&
                !log_names(t->named, i, index))
                return true;
    return false;
}

static void legend(const struct table *t)
{
    lines(t, PAINT_QUIET,
          t->marks
              ? "▲ commit_index  △ last_applied  ● match_index  ▷ next_index"
                " (the leader's)"
              : "commit_index, match_index and next_index have no room");
    lines(t, PAINT_QUIET,
          t->values ? "solid = committed, pale = not known to be"
                    : "a number is an entry's term; solid = committed, pale ="
                      " not known to be");
    char text[120];
    snprintf(text, sizeof text, "thick frame%s = differs from the leader%s",
             has_solid_that_differs(t) ? ", ≠" : "",
             t->named->n > 0 ? ", ✗ = named by the finding" : "");
    lines(t, PAINT_FAULT, text);
}

void viz_log(const struct trace_file *trace, uint64_t n,
             const struct viz_look *look, FILE *out)
{
    const struct viz_look usual = {.numbers = false};
    struct model model;
    struct log_named named;
    look = look != NULL ? look : &usual;
    part_model(&model, trace, n > 0 ? n : viz_log_moment(trace));
    log_named(&named, trace, &model);
    struct table t = {.out = out,
                      .model = &model,
                      .room = &look->room,
                      .named = &named,
                      .terms_only = look->terms_only};
    lay_out(&t);
    alt_logs(out, trace, &model, 1);
    fputs("digraph logs {\ngraph [pad=0.2];\n"
          "node [shape=plaintext, fontname=\"Helvetica,Arial,sans-serif\"];\n"
          "logs [tooltip=\"logs\", label=<<TABLE BORDER=\"0\""
          " CELLBORDER=\"0\">",
          out);
    title(&t, trace);
    table(&t);
    legend(&t);
    fputs("</TABLE>>];\n}\n", out);
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
