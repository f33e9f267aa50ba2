// diff_short.c -- where two traces part, for slides and columns.
//
// Lanes have no room there. The first difference is told in words; on a slide
// so are the next ones, as many as its height holds; below stand the logs.
#include <inttypes.h>
#include <math.h>

#include "diff_draw.h"
#include "viz/draw/paint.h"

enum { TYPE = 8, LINE = 12, LEAST_ROW = 12, USUAL_ROW = 16, WIDEST_CELL = 26 };

static const struct letters quiet = {TYPE, PAINT_QUIET, false, NULL};

// The event of a side at a place of what is told behind the first difference,
// if the other side has no such; NULL.
static const struct trace_event *alone(const struct picture *p, int side,
                                       size_t at)
{
    const struct diff_side *s = &p->diff->side[side];
    uint64_t since = s->told[at]->us - p->base[side];
    return s->alone[at] && s->told[at] != diff_first(p->diff, side) &&
                   since <= p->end_us
               ? s->told[at]
               : NULL;
}

static size_t count_alone(const struct picture *p, int side)
{
    size_t n = 0;
    for (size_t i = 0; i < p->diff->side[side].n_told; i++)
        n += alone(p, side, i) != NULL;
    return n;
}

// The next differences of a side in words, at most so many; gives how many.
static size_t draw_list(struct picture *p, int side, double y, size_t most)
{
    const struct diff_side *s = &p->diff->side[side];
    double x = diff_left(p, side), wide = diff_right(p, side) - x;
    size_t n = 0;
    for (size_t i = 0; i < s->n_told && n < most; i++) {
        const struct trace_event *event = alone(p, side, i);
        char words[240], line[300];
        if (event == NULL)
            continue;
        diff_tell(s, event, words, sizeof words);
        snprintf(line, sizeof line, "+%.1f ms   %s",
                 (double)(event->us - p->base[side]) / 1000, words);
        shapes_within(&p->shapes, x, y + (double)n * LINE, wide,
                      (struct letters){TYPE, PAINT_INK, false, NULL}, line);
        n++;
    }
    return n;
}

// Room of a slide: rows of its logs and lines of words.
static size_t share_height(struct picture *p, double around)
{
    double high = viz_room_height(&p->diff->room, TYPE) - around;
    int a = p->end.state[0].n_servers, b = p->end.state[1].n_servers;
    int n_rows = a > b ? a : b;
    size_t n_a = count_alone(p, 0), n_b = count_alone(p, 1);
    size_t most = n_a > n_b ? n_a : n_b;
    double row = fmin(USUAL_ROW, fmax(LEAST_ROW, (high - LINE) / n_rows));
    double lines = fmin(fmax((high - row * n_rows) / LINE, 0), (double)most);
    size_t n = (size_t)lines;
    p->end.row = fmin((high - (double)n * LINE) / n_rows, 1.4 * USUAL_ROW);
    if (p->end.row < LEAST_ROW)
        p->end.row = LEAST_ROW;
    double columns = (double)(p->end.last - p->end.first + 1);
    double room = diff_right(p, 0) - diff_left(p, 0) - DIFF_PLATE;
    p->end.cell = fmax(fmin(room / columns, WIDEST_CELL), DIFF_CELL);
    return n;
}

// How many of the events behind the fork, the first of them included, the
// picture tells of.
static void say_told(struct picture *p, const size_t told[2], double y)
{
    char line[200];
    size_t behind[2];
    for (int side = 0; side < 2; side++)
        behind[side] = p->diff->side[side].n - p->diff->first - told[side];
    snprintf(line, sizeof line,
             "Not drawn: %zu later event%s of A, %zu of B (glassraft diff"
             " --text has more).",
             behind[0], behind[0] == 1 ? "" : "s", behind[1]);
    shapes_wrapped(&p->shapes, 0, y, p->widest, quiet, line);
}

// Gives the y below.
static double draw_legend(struct picture *p, double y)
{
    return shapes_wrapped(&p->shapes, 0, y, p->widest, quiet,
                          "A number is an entry's term; dashed = not known to"
                          " be committed, ≠ = other than in the other run.");
}

static void draw_logs(struct picture *p, int side, double y)
{
    char title[80], time[32];
    snprintf(title, sizeof title, "logs %s after the fork",
             shapes_time(p->end_us, time));
    diff_logs_draw(&p->end, side, &p->shapes, diff_left(p, side), y, title);
}

static void draw_column(struct picture *p)
{
    double y = 0;
    size_t told[2] = {0, 0};
    diff_prefix(p, 0);
    for (int side = 0; side < 2; side++) {
        double below = diff_head(p, side, y + 38);
        if (p->diff->equal) {
            y = below - 22;
            continue;
        }
        diff_first_words(p, side, below + 6);
        told[side] = diff_first(p->diff, side) != NULL;
        draw_logs(p, side, below + 26);
        y = below + 26 + diff_logs_height(&p->end) - 22;
    }
    if (!p->diff->equal)
        say_told(p, told, draw_legend(p, diff_counts(p, y + 34)));
}

static void draw_slide(struct picture *p)
{
    enum { HEAD = 36, FIRST = 70, LIST = 94, LOGS = 38, FOOT = 26 };
    size_t told[2] = {0, 0};
    size_t most = p->diff->equal ? 0 : share_height(p, LIST + LOGS + FOOT);
    diff_prefix(p, 0);
    double y = LIST + (double)most * LINE;
    for (int side = 0; side < 2; side++) {
        diff_head(p, side, HEAD);
        if (p->diff->equal)
            continue;
        diff_first_words(p, side, FIRST);
        told[side] = diff_first(p->diff, side) != NULL;
        told[side] += draw_list(p, side, LIST, most);
        draw_logs(p, side, y);
    }
    if (!p->diff->equal)
        say_told(p, told, draw_legend(p, y + diff_logs_height(&p->end) + TYPE));
}

void diff_short(struct picture *p)
{
    if (p->narrow)
        draw_column(p);
    else
        draw_slide(p);
}
