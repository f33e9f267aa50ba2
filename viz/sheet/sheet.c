// sheet.c -- a whole run on one page: the strip, and the logs of its eras.
//
// A letter under the strip's axis tells where in time each table of logs
// stands. What a caption says is the state of the cluster at that moment.
#include <inttypes.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"
#include "viz/log/log.h"
#include "viz/strip/strip.h"

enum { MOST_ERAS = 8, IN_ROW = 4, ENTRIES = 10 };

static const double WIDTH = 1250, HEIGHT = 700; // about 16:9
static const double CELL = 22, PLATE = 36, GAP = 2;

struct sheet {
    struct strip strip;
    const struct trace_file *trace;
    uint64_t event[MOST_ERAS];
    size_t n, n_all; // eras drawn, and there are
    double top;      // of the tables
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
    shapes_band(&t->strip.shapes, (struct area){x, y, x + PLATE, y + CELL},
                looks, !s->up ? "down" : trace_role_name(s->role));
    shapes_text(&t->strip.shapes, x + PLATE / 2, y + CELL / 2, MIDDLE_AT,
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
                (struct area){x, y, x + CELL - GAP, y + CELL - GAP}, looks,
                tip);
    struct letters letters = {
        9, committed ? paint_text(entry->term) : "#000000", true, NULL};
    shapes_text(&t->strip.shapes, x + (CELL - GAP) / 2, y + (CELL - GAP) / 2,
                MIDDLE_AT, letters, "%s",
                shapes_number(entry->term, CELL - GAP - 1, letters, number));
}

// What lies before the columns, or in a snapshot, as one bar.
static double draw_covered(struct sheet *t, const struct model_server *s,
                           struct log_columns columns, double x, double y)
{
    uint64_t end =
        s->snapshot_index < columns.last ? s->snapshot_index : columns.last;
    if (end < columns.first)
        return x;
    double right = x + (double)(end - columns.first + 1) * CELL;
    struct letters letters = {8, PAINT_QUIET, false, NULL};
    char text[48];
    shapes_fill(&t->strip.shapes,
                (struct area){x, y, right - GAP, y + CELL - GAP}, "#ECECEC",
                "in a snapshot");
    snprintf(text, sizeof text, "snapshot ≤ %" PRIu64, s->snapshot_index);
    if (shapes_width(text, letters) + 4 > right - x)
        snprintf(text, sizeof text, "≤%" PRIu64, s->snapshot_index);
    if (shapes_width(text, letters) < right - x)
        shapes_text(&t->strip.shapes, (x + right - GAP) / 2,
                    y + (CELL - GAP) / 2, MIDDLE_AT, letters, "%s", text);
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
    shapes_text(&t->strip.shapes, x, y, LEFT_AT,
                (struct letters){11, PAINT_INK, true, NULL},
                leader >= 0 ? "(%c) S%d leads term %" PRIu64 : "(%c) no leader",
                (char)('a' + at), leader + 1,
                leader >= 0 ? model->server[leader].term : 0);
    if (n_down > 0)
        snprintf(rest, sizeof rest, ", %d down", n_down);
    if (n_cut > 0)
        snprintf(rest + strlen(rest), sizeof rest - strlen(rest),
                 ", %d cut off", n_cut);
    shapes_text(&t->strip.shapes, x, y + 14, LEFT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL},
                "%s, event %" PRIu64 "; highest commit_index %" PRIu64 "%s",
                shapes_time(model->us, time), model->n, commit, rest);
}

static void draw_table(struct sheet *t, size_t at)
{
    struct model model;
    part_model(&model, t->trace, t->event[at]);
    struct log_columns columns = log_choose(&model, ENTRIES);
    double wide = WIDTH / IN_ROW;
    double high = 50 + CELL * model.n_servers + 18;
    double left = (double)(at % IN_ROW) * wide + 4;
    double top = t->top + (double)(at / IN_ROW) * high;
    draw_caption(t, &model, at, left, top);
    double y = top + 26;
    struct letters quiet = {8, PAINT_QUIET, false, NULL};
    char number[32];
    for (uint64_t i = columns.first; i <= columns.last; i++)
        shapes_text(&t->strip.shapes,
                    left + PLATE + 4 + CELL * (double)(i - columns.first) +
                        CELL / 2,
                    y + 5, MIDDLE_AT, quiet, "%s",
                    shapes_number(i, CELL - 2, quiet, number));
    y += 12;
    for (int s = 0; s < model.n_servers; s++, y += CELL) {
        double begin = left + PLATE + 4;
        draw_plate(t, &model.server[s], s, left, y - GAP / 2);
        double x = draw_covered(t, &model.server[s], columns, begin, y);
        for (; x < begin + CELL * (double)(columns.last - columns.first + 1);
             x += CELL)
            draw_entry(t, &model, s,
                       columns.first + (uint64_t)((x - begin) / CELL + 0.5), x,
                       y);
    }
    // Where in time it stands.
    shapes_text(&t->strip.shapes, strip_x(&t->strip, model.us),
                t->strip.bars_bottom + 25, MIDDLE_AT,
                (struct letters){9, PAINT_INK, true, NULL}, "%c",
                (char)('a' + at));
    model_free(&model);
}

// ------------------------------------------------------------------- the page

static void draw_legend(struct sheet *t, double y)
{
    char left_out[80] = "";
    if (t->n_all > t->n)
        snprintf(left_out, sizeof left_out, "; %zu of %zu eras are shown", t->n,
                 t->n_all);
    shapes_text(&t->strip.shapes, 4, y, LEFT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL},
                "colour and T = term; tall = leader, flat = follower, dotted ="
                " down, shaded = no leader, grey = unplugged, or a side of a"
                " partition");
    shapes_text(&t->strip.shapes, 4, y + 13, LEFT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL},
                "logs: a number is an entry's term; dashed = not known to be"
                " committed, thick = differs from the leader, ✕ down, ⌀ cut"
                " off%s",
                left_out);
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

void viz_sheet(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    struct sheet t = {.trace = trace};
    strip_make(&t.strip, trace, window);
    t.strip.on_sheet = true;
    t.strip.sheet_width = WIDTH;
    t.n_all = viz_film_moments(trace, window, t.event, MOST_ERAS);
    t.n = t.n_all < MOST_ERAS ? t.n_all : MOST_ERAS;
    fprintf(out, "// for: 960 540 5 sheet\n");
    alt_events(out, trace, t.strip.spans.begin, t.strip.spans.end,
               "the whole run on a page");
    t.strip.shapes = shapes_begin(out, "sheet");
    strip_draw(&t.strip, NULL);
    keep_apart(&t);
    t.top = t.strip.bars_bottom + 56;
    for (size_t i = 0; i < t.n; i++)
        draw_table(&t, i);
    size_t n_rows = (t.n + IN_ROW - 1) / IN_ROW;
    double y =
        t.top + (double)n_rows * (68 + CELL * trace->header.n_servers) + 8;
    draw_legend(&t, y > HEIGHT - 40 ? y : HEIGHT - 40);
    shapes_end(&t.strip.shapes);
    spans_free(&t.strip.spans);
}
