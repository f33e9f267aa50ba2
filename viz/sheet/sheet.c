// sheet.c -- a whole run on one page: the strip, and the logs of its eras.
//
// A letter under the strip's axis tells where in time each table of logs
// stands. What a caption says is the state of the cluster at that moment.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"
#include "viz/log/log.h"
#include "viz/strip/strip.h"

enum { MOST_ERAS = 8, IN_ROW = 4, ENTRIES = 10, TYPE = 8 };
enum { SMALL = 18, CELL = 22 }; // of an entry

static const double WIDTH = 1250, HEIGHT = 700; // about 16:9
static const double PLATE = 36, GAP = 2;

struct sheet {
    struct strip strip;
    const struct trace_file *trace;
    uint64_t event[MOST_ERAS];
    size_t n, n_all; // eras drawn, and there are
    double top;      // of the tables
    double width;    // of the page
    double cell;     // of an entry, with the gap behind it
    int in_row, entries;
    double below; // each table
    size_t most;  // eras
    bool sized;   // for a format
};

// ------------------------------------------------------------------ one table

static void draw_plate(struct sheet *t, const struct model_server *s,
                       int server, double x, double y)
{
    char looks[120], pale[8];
    bool leads = s->up && s->role == TRACE_LEADER;
    snprintf(looks, sizeof looks,
             "style=\"filled,rounded\", penwidth=%d, color=\"%s\","
             " fillcolor=\"%s\"",
             leads, PAINT_INK,
             !s->up  ? "#E8E8E8"
             : leads ? paint_term(s->term)
                     : paint_paler(s->term, pale));
    shapes_band(&t->strip.shapes, (struct area){x, y, x + PLATE, y + t->cell},
                looks, !s->up ? "down" : trace_role_name(s->role));
    shapes_text(&t->strip.shapes, x + PLATE / 2, y + t->cell / 2, MIDDLE_AT,
                (struct letters){10, leads ? paint_text(s->term) : PAINT_INK,
                                 leads, NULL},
                "S%d%s", server + 1,
                !model_appeared(s) ? ""
                : !s->up           ? " ✕"
                : s->connected     ? ""
                                   : " ⌀");
}

static void draw_entry(struct sheet *t, const struct model *model, int server,
                       uint64_t index, double x, double y)
{
    const struct trace_entry *entry =
        model_entry(&model->server[server], index);
    char looks[160], pale[8], tip[80], number[32];
    if (entry == NULL)
        return;
    bool committed = log_is_committed(model, server, index);
    bool differs = log_differs(model, server, index);
    snprintf(looks, sizeof looks,
             "style=\"filled%s\", fillcolor=\"%s\", color=\"%s\","
             " penwidth=%s",
             committed ? "" : ",dashed",
             committed ? paint_term(entry->term)
                       : paint_paler(entry->term, pale),
             differs ? PAINT_FAULT : PAINT_INK, differs ? "2" : "0.7");
    snprintf(tip, sizeof tip, "S%d, index %" PRIu64 ", term %" PRIu64,
             server + 1, index, entry->term);
    shapes_band(&t->strip.shapes,
                (struct area){x, y, x + t->cell - GAP, y + t->cell - GAP},
                looks, tip);
    struct letters letters = {differs && t->cell < SMALL ? TYPE : 9,
                              committed ? paint_text(entry->term) : "#000000",
                              true, NULL};
    const char *sign = differs ? "≠" : "";
    double room = t->cell - GAP - 1 - shapes_width(sign, letters);
    shapes_text(&t->strip.shapes, x + (t->cell - GAP) / 2,
                y + (t->cell - GAP) / 2, MIDDLE_AT, letters, "%s%s", sign,
                shapes_number(entry->term, room, letters, number));
}

// What lies before the columns, or in a snapshot, as one bar.
static double draw_covered(struct sheet *t, const struct model_server *s,
                           struct log_columns columns, double x, double y)
{
    uint64_t end =
        s->snapshot_index < columns.last ? s->snapshot_index : columns.last;
    if (end < columns.first)
        return x;
    double right = x + (double)(end - columns.first + 1) * t->cell;
    struct letters letters = {8, PAINT_QUIET, false, NULL};
    char text[48];
    shapes_fill(&t->strip.shapes,
                (struct area){x, y, right - GAP, y + t->cell - GAP}, "#ECECEC",
                "in a snapshot");
    snprintf(text, sizeof text, "snapshot ≤ %" PRIu64, s->snapshot_index);
    if (shapes_width(text, letters) + 4 > right - x)
        snprintf(text, sizeof text, "≤%" PRIu64, s->snapshot_index);
    if (shapes_width(text, letters) < right - x)
        shapes_text(&t->strip.shapes, (x + right - GAP) / 2,
                    y + (t->cell - GAP) / 2, MIDDLE_AT, letters, "%s", text);
    return right;
}

static void draw_caption(struct sheet *t, const struct model *model, size_t at,
                         double x, double y)
{
    char time[32], rest[120] = "";
    int leader = model_leader(model), n_down = 0, n_cut = 0;
    uint64_t commit = 0;
    for (int i = 0; i < model->n_servers; i++) {
        const struct model_server *s = &model->server[i];
        n_down += model_appeared(s) && !s->up;
        n_cut += s->up && !s->connected;
        if (s->up && s->commit_index > commit)
            commit = s->commit_index;
    }
    char short_time[40] = "";
    if (t->strip.low)
        snprintf(short_time, sizeof short_time, ", %s",
                 shapes_time(model->us, time));
    char led[60] = "no leader";
    if (leader >= 0)
        snprintf(led, sizeof led, "S%d leads term %" PRIu64, leader + 1,
                 model->server[leader].term);
    shapes_text(&t->strip.shapes, x, y, LEFT_AT,
                (struct letters){11, PAINT_INK, true, NULL}, "(%c) %s%s",
                (char)('a' + at), led, short_time);
    if (t->strip.low)
        return;
    if (n_down > 0)
        snprintf(rest, sizeof rest, ", %d down", n_down);
    if (n_cut > 0)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest),
                 ", %d cut off", n_cut);
    char text[240];
    snprintf(text, sizeof text,
             "%s, event %" PRIu64 "; highest commit_index %" PRIu64 "%s",
             shapes_time(model->us, time), model->n, commit, rest);
    shapes_within(&t->strip.shapes, x, y + 14, t->width / t->in_row - 4,
                  (struct letters){9, PAINT_QUIET, false, NULL}, text);
}

// The columns that are worth it, and, as far as there is room, those before.
static struct log_columns choose_columns(const struct sheet *t,
                                         const struct model *model)
{
    uint64_t most = (uint64_t)t->entries;
    struct log_columns columns = log_choose(model, t->entries + 1);
    columns.last -= columns.last > 1; // none behind the longest log
    if (columns.last - columns.first + 1 < most)
        columns.first = columns.last > most ? columns.last - most + 1 : 1;
    return columns;
}

// From its caption to the end of its last row.
static double table_height(const struct sheet *t)
{
    enum { CAPTION = 38 };
    return CAPTION + t->cell * t->trace->header.n_servers;
}

static void draw_table(struct sheet *t, size_t at)
{
    struct model model;
    part_model(&model, t->trace, t->event[at]);
    struct log_columns columns = choose_columns(t, &model);
    double wide = t->width / t->in_row;
    double high = table_height(t) + t->below;
    double left = (double)((int)at % t->in_row) * wide + 4;
    double top = t->top + (double)((int)at / t->in_row) * high;
    draw_caption(t, &model, at, left, top);
    double y = top + (t->strip.low ? 11 : 26);
    struct letters quiet = {8, PAINT_QUIET, false, NULL};
    char number[32];
    for (uint64_t i = columns.first; i <= columns.last; i++)
        shapes_text(&t->strip.shapes,
                    left + PLATE + 4 + t->cell * (double)(i - columns.first) +
                        t->cell / 2,
                    y + 5, MIDDLE_AT, quiet, "%s",
                    shapes_number(i, t->cell - 2, quiet, number));
    y += 12;
    for (int s = 0; s < model.n_servers; s++, y += t->cell) {
        double begin = left + PLATE + 4;
        draw_plate(t, &model.server[s], s, left, y - GAP / 2);
        double x = draw_covered(t, &model.server[s], columns, begin, y);
        for (; x < begin + t->cell * (double)(columns.last - columns.first + 1);
             x += t->cell)
            draw_entry(t, &model, s,
                       columns.first + (uint64_t)((x - begin) / t->cell + 0.5),
                       x, y);
    }
    // Where in time it stands.
    shapes_text(&t->strip.shapes, strip_x(&t->strip, model.us),
                t->strip.bars_bottom + 25, MIDDLE_AT,
                (struct letters){9, PAINT_INK, true, NULL}, "%c",
                (char)('a' + at));
    model_free(&model);
}

// ------------------------------------------------------------------- the page

// Of a slide the number of eras stands beside the title.
static void draw_legend(struct sheet *t, double y)
{
    static const char strip[] =
        "colour and T = term   ·   tall = leader, flat = follower, dotted ="
        " down   ·   shaded = no leader   ·   grey = unplugged, or a side of a"
        " partition";
    bool low = t->strip.low;
    char logs[260];
    int n = snprintf(logs, sizeof logs,
                     "%s number is an entry's term   ·   dashed = not known to"
                     " be committed%s≠ = differs from the leader%s",
                     low ? "a" : "logs: a", t->sized ? "   ·   " : ", ",
                     low ? "" : "   ·   ✕ down, ⌀ cut off");
    if (t->n_all > t->n && !low)
        snprintf(logs + n, sizeof logs - (size_t)n,
                 "   ·   %zu of %zu eras are shown", t->n, t->n_all);
    struct letters letters = {low ? TYPE : 9, PAINT_QUIET, false, NULL};
    if (t->n_all > t->n && low)
        shapes_text(&t->strip.shapes, STRIP_LEFT + t->strip.width, 10, RIGHT_AT,
                    letters, "the logs of %zu of %zu eras", t->n, t->n_all);
    if (!low)
        y = shapes_parts(&t->strip.shapes, 4, y, t->width, letters, strip);
    shapes_parts(&t->strip.shapes, 4, y, t->width, letters, logs);
}

// Letters under the axis keep apart: of eras that end at nearly one time the
// last stays.
static void keep_apart(struct sheet *t)
{
    enum { APART = 12 };
    size_t kept = 0;
    double last = -APART;
    for (size_t i = 0; i < t->n; i++) {
        struct model model;
        part_model(&model, t->trace, t->event[i]);
        double x = strip_x(&t->strip, model.us);
        model_free(&model);
        if (kept > 0 && x - last < APART)
            kept--;
        t->event[kept++] = t->event[i];
        last = x;
    }
    t->n = kept;
}

// Cells and tables for the room that the page has; a slide has one row.
static void lay_out(struct sheet *t, const struct viz_room *room, int n)
{
    enum { LEAST_CELL = 11, TABLE = 196, AROUND = 84 };
    bool low = viz_room_is_low(room);
    t->sized = room->format != NULL;
    t->width = WIDTH;
    t->cell = CELL;
    t->in_row = IN_ROW;
    t->most = MOST_ERAS;
    t->below = 30;
    t->strip.sheet_height = HEIGHT;
    if (t->sized) {
        double high = viz_room_height(room, TYPE);
        t->width = viz_room_width(room, TYPE);
        t->in_row = (int)fmin(fmax(t->width / TABLE, 1), IN_ROW);
        t->cell =
            low ? fmin(fmax((high - 128) / 2 / n, LEAST_CELL), SMALL) : SMALL;
        t->strip.sheet_height = low ? high - t->cell * n - AROUND : HUGE_VAL;
        t->strip.acts = t->strip.acts && !low;
        double rows = floor((high - 190 - 24 * n) / (68 + t->cell * n));
        t->most = (size_t)t->in_row;
        if (viz_room_is_narrow(room))
            t->most = 4;
        else if (!low)
            t->most *= (size_t)fmin(fmax(rows, 1), 3);
        if (t->most > MOST_ERAS)
            t->most = MOST_ERAS;
    }
    t->strip.sheet_width = t->width;
    double room_for = t->width / t->in_row - PLATE - 12;
    t->entries = (int)fmin(room_for / t->cell, ENTRIES);
    if (viz_room_is_narrow(room)) { // all of its width, little between
        t->entries = (int)(room_for / t->cell);
        t->cell = room_for / t->entries;
        t->below = 18;
    }
}

void viz_sheet(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    const struct viz_room *room = &window->look.room;
    struct sheet t = {.trace = trace};
    strip_make(&t.strip, trace, window);
    t.strip.on_sheet = true;
    lay_out(&t, room, trace->header.n_servers);
    t.n_all = viz_film_moments(trace, window, t.event, t.most);
    t.n = t.n_all < t.most ? t.n_all : t.most;
    if (room->format == NULL)
        fprintf(out, "// for: 960 540 5 sheet 1920\n");
    alt_events(out, trace, t.strip.spans.begin, t.strip.spans.end,
               "the whole run on a page");
    t.strip.shapes = shapes_begin(out, "sheet");
    strip_draw(&t.strip, room);
    keep_apart(&t);
    t.top = t.strip.bars_bottom + (t.strip.low ? 36 : 56);
    for (size_t i = 0; i < t.n; i++)
        draw_table(&t, i);
    int n_rows = ((int)t.n + t.in_row - 1) / t.in_row;
    double y = t.top + n_rows * (table_height(&t) + t.below) + 8;
    if (t.strip.low)
        y -= 41;
    draw_legend(&t, t.sized || y > HEIGHT - 40 ? y : HEIGHT - 40);
    shapes_end(&t.strip.shapes);
    spans_free(&t.strip.spans);
}
