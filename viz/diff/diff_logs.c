// diff_logs.c -- the logs of both runs at a moment, as two small tables.
#include <inttypes.h>
#include <string.h>

#include "diff.h"
#include "viz/draw/paint.h"
#include "viz/draw/window.h"
#include "viz/log/log.h"

static const double ROW = 16, HEAD = 32, GAP = 2;

// The columns that both need; of long logs the ends.
static void choose_columns(struct diff_logs *logs, int most)
{
    struct log_columns a = log_choose(&logs->state[0], most),
                       b = log_choose(&logs->state[1], most);
    logs->first = a.first < b.first ? a.first : b.first;
    logs->last = (a.last > b.last ? a.last : b.last);
    logs->last -= logs->last > 1; // no column behind the longest log
    if (logs->last - logs->first >= (uint64_t)most)
        logs->first = logs->last - (uint64_t)most + 1;
}

void diff_logs_make(struct diff_logs *logs, const struct diff *diff,
                    const uint64_t after[2], int most)
{
    for (int side = 0; side < 2; side++) {
        const struct trace_file *trace = diff->side[side].trace;
        if (after[side] > 0)
            part_model(&logs->state[side], trace, after[side]);
        else
            model_init(&logs->state[side], trace->header.n_servers);
    }
    choose_columns(logs, most < 1 ? 1 : most);
    logs->row = ROW;
    logs->cell = DIFF_CELL;
}

void diff_logs_free(struct diff_logs *logs)
{
    model_free(&logs->state[0]);
    model_free(&logs->state[1]);
}

double diff_logs_height(const struct diff_logs *logs)
{
    int a = logs->state[0].n_servers, b = logs->state[1].n_servers;
    return HEAD + logs->row * (a > b ? a : b);
}

static void draw_plate(struct shapes *shapes, const struct model_server *s,
                       int server, double x, double y, double high)
{
    char looks[120], pale[8];
    bool leads = s->up && s->role == TRACE_LEADER;
    snprintf(looks, sizeof looks,
             "style=\"filled,rounded\", penwidth=%d, color=\"" PAINT_INK
             "\", fillcolor=\"%s\"",
             leads,
             !s->up  ? "#E8E8E8"
             : leads ? paint_term(s->term)
                     : paint_paler(s->term, pale));
    shapes_band(shapes, (struct area){x, y, x + DIFF_PLATE - 4, y + high},
                looks, !s->up ? "down" : trace_role_name(s->role));
    shapes_text(shapes, x + (DIFF_PLATE - 4) / 2.0, y + high / 2, MIDDLE_AT,
                (struct letters){8, leads ? paint_text(s->term) : PAINT_INK,
                                 leads, NULL},
                "S%d%s", server + 1, model_appeared(s) && !s->up ? " ✕" : "");
}

// Is there at an index of a server another entry in the other run, or none?
static bool is_other(const struct diff_logs *logs, int server, uint64_t index)
{
    const struct model_server *a = &logs->state[0].server[server],
                              *b = &logs->state[1].server[server];
    // A server that one cluster does not have has no entries.
    bool has_a = server < logs->state[0].n_servers,
         has_b = server < logs->state[1].n_servers;
    bool in_a = has_a && index <= model_last_index(a),
         in_b = has_b && index <= model_last_index(b);
    if (in_a != in_b)
        return true;
    if (!has_a || !has_b)
        return false;
    // Two runs may have other commands at the same index and term.
    const struct trace_entry *x = model_entry(a, index),
                             *y = model_entry(b, index);
    return x != NULL && y != NULL &&
           (x->term != y->term || x->bytes != y->bytes ||
            strcmp(x->command, y->command) != 0);
}

// Frames show little in greys: there stands a sign, too.
static const char DIFFERS[] = "≠";

static void draw_other(struct shapes *shapes, struct area area)
{
    shapes_text(shapes, (area.left + area.right) / 2,
                (area.top + area.bottom) / 2, MIDDLE_AT,
                (struct letters){8, PAINT_FAULT, true, NULL}, "%s", DIFFERS);
}

static void draw_cell(const struct diff_logs *logs, int side, int server,
                      struct shapes *shapes, uint64_t index, double x, double y)
{
    const struct model *model = &logs->state[side];
    const struct model_server *s = &model->server[server];
    const struct trace_entry *entry = model_entry(s, index);
    bool other = is_other(logs, server, index);
    bool covered = index <= s->snapshot_index;
    bool committed =
        covered || (entry != NULL && log_is_committed(model, server, index));
    struct area area = {x, y, x + logs->cell - GAP, y + logs->row - GAP};
    char looks[160], pale[8], tip[80];
    if (entry == NULL && !covered) {
        if (other) { // the place of what only the other run has
            shapes_band(shapes, area,
                        "style=dashed, color=\"" PAINT_FAULT "\", penwidth=1",
                        "an entry in the other run");
            draw_other(shapes, area);
        }
        return;
    }
    snprintf(looks, sizeof looks,
             "style=\"filled%s\", fillcolor=\"%s\", color=\"%s\","
             " penwidth=%s",
             committed ? "" : ",dashed",
             covered     ? "#ECECEC"
             : committed ? paint_term(entry->term)
                         : paint_paler(entry->term, pale),
             other ? PAINT_FAULT : PAINT_INK, other ? "2" : "0.6");
    snprintf(tip, sizeof tip, "S%d, index %" PRIu64 "%s", server + 1, index,
             covered ? ", in a snapshot" : "");
    shapes_band(shapes, area, looks, tip);
    if (covered && other)
        draw_other(shapes, area);
    if (covered)
        return;
    struct letters letters = {
        8, committed ? paint_text(entry->term) : "#000000", true, NULL};
    const char *sign = other ? DIFFERS : "";
    double room = logs->cell - GAP - 1 - shapes_width(sign, letters);
    char number[32];
    shapes_text(shapes, (area.left + area.right) / 2,
                (area.top + area.bottom) / 2, MIDDLE_AT, letters, "%s%s", sign,
                shapes_number(entry->term, room, letters, number));
}

void diff_logs_draw(const struct diff_logs *logs, int side,
                    struct shapes *shapes, double x, double y,
                    const char *title)
{
    struct letters quiet = {8, PAINT_QUIET, false, NULL};
    const struct model *model = &logs->state[side];
    double begin = x + DIFF_PLATE;
    shapes_text(shapes, x, y + 6, LEFT_AT,
                (struct letters){9, PAINT_INK, true, NULL}, "%s", title);
    for (uint64_t i = logs->first; i <= logs->last; i++) {
        double middle =
            begin + logs->cell * ((double)(i - logs->first) + 0.5) - GAP / 2;
        char number[32];
        shapes_text(shapes, middle, y + 22, MIDDLE_AT, quiet, "%s",
                    shapes_number(i, logs->cell - 2, quiet, number));
    }
    y += HEAD;
    for (int s = 0; s < model->n_servers; s++, y += logs->row) {
        draw_plate(shapes, &model->server[s], s, x, y, logs->row - GAP);
        for (uint64_t i = logs->first; i <= logs->last; i++)
            draw_cell(logs, side, s, shapes, i,
                      begin + logs->cell * (double)(i - logs->first), y);
    }
}
