// film.c -- logs as a film strip: small tables of chosen moments, as Figure 8.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/alt.h"
#include "viz/draw/causes.h"
#include "check/findings.h"
#include "viz/draw/paint.h"
#include "viz/draw/shapes.h"
#include "viz/draw/window.h"
#include "log.h"

enum { COLUMNS = 12 }; // of a table, at most

static const double GAP = 3, BEHIND = 44, HEAD = 48;
static const struct sizes {
    double cell, row, plate, before, between;
} usual = {29, 27, 46, 92, 26}, small = {21, 22, 38, 84, 18},
  flat = {21, 16, 38, 84, 18};

// The smaller ones where little room is; flat is a slide with many rows.
static const struct sizes *sizes_for(const struct viz_room *room, int n_servers)
{
    enum { MANY = 7 };
    if (viz_room_is_low(room) && n_servers >= MANY)
        return &flat;
    return viz_room_is_low(room) || viz_room_is_narrow(room) ? &small : &usual;
}

// A table: the logs after an event, and those of the table before it.
struct table {
    struct shapes *shapes;
    const struct sizes *size;
    const struct model *model, *before; // before: NULL in the first
    struct log_columns columns;
    double left, top;
};

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

// ------------------------------------------------------------------- a table

static double first_x(const struct table *t)
{
    return t->left + t->size->plate +
           (t->columns.first > 1 ? t->size->before : 0);
}

static double width_of(const struct table *t)
{
    double cells =
        t->size->cell * (double)(t->columns.last - t->columns.first + 1);
    bool longer = log_longest(t->model) > t->columns.last;
    double width = t->size->plate +
                   (t->columns.first > 1 ? t->size->before : 0) + cells +
                   (longer ? BEHIND : 0);
    return width < 120 ? 120 : width; // of the caption
}

static void draw_cell(const struct table *t, int server, uint64_t index,
                      double y)
{
    const struct model_server *s = &t->model->server[server];
    const struct trace_entry *entry = model_entry(s, index);
    bool changed = is_new(t->model, t->before, server, index);
    double x = first_x(t) + t->size->cell * (double)(index - t->columns.first);
    struct area area = {x, y, x + t->size->cell - GAP, y + t->size->row - GAP};
    double middle = (area.left + area.right) / 2;
    if (entry == NULL) {
        // An entry that is gone leaves its place framed.
        shapes_band(t->shapes, area,
                    changed ? "style=dashed, penwidth=2.5, color=\"" PAINT_FAULT
                              "\""
                            : "style=dotted, penwidth=0.7, color=\"#C8C8C8\"",
                    changed ? "gone" : "no entry");
        if (changed)
            shapes_text(t->shapes, middle, (area.top + area.bottom) / 2,
                        MIDDLE_AT, (struct letters){9, PAINT_FAULT, true, NULL},
                        "−");
        return;
    }
    bool committed = log_is_committed(t->model, server, index);
    bool replaced = changed && has(&t->before->server[server], index);
    char looks[160], pale[8], tip[120], number[32];
    struct letters letters = {
        11, committed ? paint_text(entry->term) : "#000000", true, NULL};
    snprintf(looks, sizeof looks,
             "style=\"filled%s\", fillcolor=\"%s\", color=\"%s\","
             " penwidth=%s",
             replaced || !(committed || changed) ? ",dashed" : "",
             committed ? paint_term(entry->term)
                       : paint_paler(entry->term, pale),
             replaced ? PAINT_FAULT : PAINT_INK, changed ? "2.5" : "0.8");
    snprintf(tip, sizeof tip, "S%d, index %" PRIu64 ", term %" PRIu64 ", %.40s",
             server + 1, index, entry->term, entry->command);
    shapes_band(t->shapes, area, looks, tip);
    shapes_text(
        t->shapes, middle, (area.top + area.bottom) / 2, MIDDLE_AT, letters,
        "%s",
        shapes_number(entry->term, t->size->cell - GAP - 2, letters, number));
}

// A grey box with a word, in the place of entries that are not shown.
static void draw_summary(const struct table *t, double x, double width,
                         double y, const char *text)
{
    struct letters letters = {8, PAINT_INK, false, NULL};
    bool fault = strstr(text, "differs") != NULL;
    shapes_band(t->shapes,
                (struct area){x, y, x + width - GAP, y + t->size->row - GAP},
                fault ? "style=\"filled,rounded\", fillcolor=\"#ECECEC\","
                        " color=\"" PAINT_FAULT "\", penwidth=1"
                      : "style=\"filled,rounded\", fillcolor=\"#ECECEC\","
                        " color=\"" PAINT_FAINT "\", penwidth=0.7",
                text);
    if (shapes_width(text, letters) < width - GAP)
        shapes_text(t->shapes, x + (width - GAP) / 2,
                    y + (t->size->row - GAP) / 2, MIDDLE_AT, letters, "%s",
                    text);
}

static void draw_plate(const struct table *t, int server, double y)
{
    const struct model_server *s = &t->model->server[server];
    char looks[120], pale[8];
    bool leads = s->up && s->role == TRACE_LEADER;
    snprintf(looks, sizeof looks,
             "style=\"filled,rounded\", penwidth=%s, color=\"" PAINT_INK
             "\", fillcolor=\"%s\"",
             leads ? "1.5" : "0",
             !s->up  ? "#E8E8E8"
             : leads ? paint_term(s->term)
                     : paint_paler(s->term, pale));
    double right = t->left + t->size->plate - 5;
    shapes_band(t->shapes,
                (struct area){t->left, y, right, y + t->size->row - GAP}, looks,
                !s->up ? "down" : trace_role_name(s->role));
    shapes_text(t->shapes, (t->left + right) / 2, y + (t->size->row - GAP) / 2,
                MIDDLE_AT,
                (struct letters){10,
                                 !s->up  ? PAINT_QUIET
                                 : leads ? paint_text(s->term)
                                         : "#000000",
                                 true, NULL},
                "S%d%s", server + 1,
                !model_appeared(s) ? ""
                : !s->up           ? " ✕"
                : s->connected     ? ""
                                   : " ⌀");
}

static void draw_row(const struct table *t, int server, double y)
{
    const struct model_server *s = &t->model->server[server];
    struct log_columns columns = t->columns;
    uint64_t index = columns.first, last = model_last_index(s);
    char text[80];
    draw_plate(t, server, y);
    if (columns.first > 1) {
        log_before(t->model, server, columns.first, text, sizeof text);
        draw_summary(t, t->left + t->size->plate, t->size->before, y, text);
    }
    if (s->snapshot_index >= columns.first) {
        uint64_t end =
            s->snapshot_index < columns.last ? s->snapshot_index : columns.last;
        uint64_t n = end - columns.first + 1;
        snprintf(text, sizeof text, n > 2 ? "snapshot ≤ %" PRIu64 : "≤%" PRIu64,
                 s->snapshot_index);
        draw_summary(t, first_x(t), t->size->cell * (double)n, y, text);
        index = end + 1;
    }
    for (; index <= columns.last; index++)
        draw_cell(t, server, index, y);
    snprintf(text, sizeof text, "..%" PRIu64, last);
    if (last > columns.last)
        draw_summary(t,
                     first_x(t) + t->size->cell * (double)(columns.last -
                                                           columns.first + 1),
                     BEHIND, y, text);
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

static void draw_caption(const struct table *t, struct reign reign, size_t at)
{
    struct letters bold = {11, PAINT_INK, true, NULL};
    if (reign.leader >= 0)
        shapes_text(t->shapes, t->left, t->top + 8, LEFT_AT, bold,
                    "(%c) S%d %s term %" PRIu64, (char)('a' + at % 26),
                    reign.leader + 1, reign.over ? "led" : "leads", reign.term);
    else
        shapes_text(t->shapes, t->left, t->top + 8, LEFT_AT, bold,
                    "(%c) no leader yet", (char)('a' + at % 26));
    shapes_text(t->shapes, t->left, t->top + 23, LEFT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL},
                "%.1f ms, event %" PRIu64, (double)t->model->us / 1000,
                t->model->n);
}

static void draw_table(const struct table *t, struct reign reign, size_t at)
{
    struct letters quiet = {8, PAINT_QUIET, false, NULL};
    draw_caption(t, reign, at);
    for (uint64_t i = t->columns.first; i <= t->columns.last; i++) {
        double middle = first_x(t) + (t->size->cell - GAP) / 2 +
                        t->size->cell * (double)(i - t->columns.first);
        char number[32];
        shapes_text(t->shapes, middle, t->top + 38, MIDDLE_AT, quiet, "%s",
                    shapes_number(i, t->size->cell - 2, quiet, number));
    }
    for (int s = 0; s < t->model->n_servers; s++)
        draw_row(t, s, t->top + HEAD + t->size->row * s);
}

// ---------------------------------------------------------------- the strip

// The columns of table `at`: all that its logs and those of the table before
// reach; of long logs what is near the leader's end, or, without a leader, near
// what is committed.
static struct log_columns columns_of(const struct model *model, size_t at,
                                     uint64_t most)
{
    const struct model *now = &model[at];
    uint64_t longest = log_longest(now), middle = 0, ahead = most / 4;
    if (at > 0 && log_longest(&model[at - 1]) > longest)
        longest = log_longest(&model[at - 1]);
    if (longest <= most)
        return (struct log_columns){1, longest > 0 ? longest : 1};
    int leader = model_leader(now);
    for (int i = 0; i < now->n_servers && leader < 0; i++)
        if (now->server[i].commit_index > middle)
            middle = now->server[i].commit_index;
    if (leader >= 0)
        middle = model_last_index(&now->server[leader]);
    uint64_t last = middle + ahead < longest ? middle + ahead : longest;
    last = last < most ? most : last;
    return (struct log_columns){last - most + 1, last};
}

static void draw_legend(struct shapes *shapes, double y, double widest,
                        const struct viz_look *look)
{
    enum { USUAL = 620 };
    bool low = viz_room_is_low(&look->room);
    char text[400];
    snprintf(text, sizeof text,
             "a number is the term of an entry   ·   solid = committed, pale ="
             " not known to be%s   ·   thick frame = new since the table"
             " before%sthick dashes = replaced, or gone%s%s",
             low ? "" : "   ·   ✕ = down, ⌀ = cut off",
             look->room.format != NULL ? "   ·   " : "; ",
             look->note != NULL ? "   ·   " : "",
             look->note != NULL ? look->note : "");
    shapes_parts(shapes, 0, y,
                 widest < USUAL || look->room.format != NULL ? widest : USUAL,
                 (struct letters){9, PAINT_QUIET, false, NULL}, text);
}

enum { TYPE = 8, WIDEST = 1160, LEGEND = 44 };
// Of the title, and where a second line of it would stand.
enum { TITLE = 26, FIRST = 23 };

static double widest_in(const struct viz_room *room)
{
    return room->format != NULL ? viz_room_width(room, TYPE) : WIDEST;
}

size_t viz_film_most(const struct viz_room *room, int n_servers)
{
    enum { TABLE = 215, LEAST = 2, COLUMN = 4, ANY = 26 };
    if (room->format == NULL)
        return ANY;
    if (viz_room_is_narrow(room))
        return COLUMN;
    const struct sizes *size = sizes_for(room, n_servers);
    double high = viz_room_height(room, TYPE) - TITLE - LEGEND + size->between;
    double rows = floor(high / (HEAD + size->row * n_servers + size->between));
    double most = fmax(rows, 1) * floor(widest_in(room) / TABLE);
    return most > ANY ? ANY : most < LEAST ? LEAST : (size_t)most;
}

// As many columns as fit into a part of the width.
static void choose_columns(struct table *t, const struct model *model, size_t i,
                           double widest)
{
    uint64_t most = COLUMNS;
    do
        t->columns = columns_of(model, i, most);
    while (width_of(t) > widest && --most >= 3);
}

static void draw_strip(struct shapes *shapes, const struct trace_file *trace,
                       const struct model *model, size_t n,
                       const struct viz_look *look, double y)
{
    const struct sizes *size = sizes_for(&look->room, model[0].n_servers);
    bool sized = look->room.format != NULL;
    double widest = widest_in(&look->room), part = widest;
    size_t n_parts = viz_room_is_narrow(&look->room) ? 1 : n < 3 ? n : 3;
    if (sized)
        part = widest / (double)n_parts - size->between;
    double x = 0;
    for (size_t i = 0; i < n; i++) {
        struct table t = {.shapes = shapes,
                          .size = size,
                          .model = &model[i],
                          .before = i > 0 ? &model[i - 1] : NULL};
        choose_columns(&t, model, i, part);
        if (x > 0 && x + width_of(&t) > widest) {
            x = 0;
            y += HEAD + size->row * model[i].n_servers + size->between;
        }
        t.left = x;
        t.top = y;
        draw_table(&t, find_reign(trace, &model[i]), i);
        x += width_of(&t) + size->between;
    }
    draw_legend(shapes, y + HEAD + size->row * model[0].n_servers + 18, widest,
                look);
}

// In two lines where one has no room; gives the y below.
static double draw_title(struct shapes *shapes, const char *scenario,
                         double widest)
{
    static const char what[] = "the logs, step by step";
    struct letters letters = {13, PAINT_INK, true, NULL};
    char title[120];
    snprintf(title, sizeof title, "%.80s: %s", scenario, what);
    if (shapes_width(title, letters) <= widest)
        return shapes_wrapped(shapes, 0, 6, widest, letters, title);
    snprintf(title, sizeof title, "%.80s:", scenario);
    double y = shapes_wrapped(shapes, 0, 6, widest, letters, title);
    return shapes_wrapped(shapes, 0, y, widest, letters, what);
}

// What was found by the last table, in a line; gives the y below.
static double draw_finding(struct shapes *shapes,
                           const struct trace_file *trace, uint64_t last,
                           const struct viz_look *look, double y)
{
    enum { NEAR = 2 }; // the table is of the event before what was found
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *e = &trace->event[i];
        char line[400];
        if (e->kind != TRACE_FINDING || e->n > last + NEAR)
            continue;
        const char *text = e->text != NULL ? e->text : "";
        snprintf(line, sizeof line, "%s%s%s: %.*s", finding_headline(e->what),
                 e->tag != NULL && e->tag[0] != '\0' ? ", " : "",
                 e->tag != NULL ? e->tag : "", (int)strcspn(text, "\n"), text);
        return shapes_wrapped(shapes, 0, y, widest_in(&look->room),
                              (struct letters){9, PAINT_FAULT, true, NULL},
                              line);
    }
    return y;
}

void viz_film(const struct trace_file *trace, const uint64_t *event, size_t n,
              const struct viz_look *look, FILE *out)
{
    struct model *model = must_calloc(n + 1, sizeof *model);
    for (size_t i = 0; i < n; i++)
        part_model(&model[i], trace, event[i]);
    alt_logs(out, trace, model, n);
    struct shapes shapes = shapes_begin(out, "film");
    const struct viz_look usual_look = {.numbers = false};
    look = look != NULL ? look : &usual_look;
    double y =
        draw_title(&shapes, trace->header.scenario, widest_in(&look->room));
    if (n > 0)
        y = draw_finding(&shapes, trace, model[n - 1].n, look, y);
    if (n > 0)
        draw_strip(&shapes, trace, model, n, look, y + TITLE - FIRST);
    shapes_end(&shapes);
    for (size_t i = 0; i < n; i++)
        model_free(&model[i]);
    free(model);
}
