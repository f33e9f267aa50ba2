// curve.c -- see curve.h.
#include "curve.h"

#include "viz/draw/paint.h"
#include "viz/draw/shapes.h"

enum { LEFT = 60, WIDTH = 560, HEIGHT = 92, PITCH = 142, TOP = 62 };

struct panel {
    const struct viz_curve *curve;
    size_t n;
    double top, high; // value at the top
};

static size_t value(const struct panel *panel, size_t i)
{
    return panel->curve->value[i * panel->curve->stride];
}

static double x_of(const struct panel *panel, double i)
{
    return LEFT + WIDTH * i / (double)panel->n;
}

static double y_of(const struct panel *panel, double v)
{
    return panel->top + HEIGHT * (1 - v / panel->high);
}

// A step where something was met, so that flat is flat: a seed is as wide as
// the distance to the next one.
static void draw_steps(struct shapes *s, const struct panel *panel)
{
    for (size_t i = 0; i < panel->n;) {
        size_t v = value(panel, i), last = i;
        while (last + 1 < panel->n && value(panel, last + 1) == v)
            last++;
        char tip[120];
        snprintf(tip, sizeof tip, "%zu %s with %zu to %zu seeds", v,
                 panel->curve->name, i + 1, last + 1);
        double y = y_of(panel, (double)v), x = x_of(panel, (double)i);
        shapes_line(s, x, y, x_of(panel, (double)last + 1), y,
                    "penwidth=1.6 color=\"#0B5C8A\"", tip);
        if (last + 1 < panel->n)
            shapes_line(s, x_of(panel, (double)last + 1), y,
                        x_of(panel, (double)last + 1),
                        y_of(panel, (double)value(panel, last + 1)),
                        "penwidth=1.6 color=\"#0B5C8A\"", NULL);
        i = last + 1;
    }
}

static void draw_frame(struct shapes *s, const struct panel *panel)
{
    const struct letters quiet = {9, PAINT_QUIET, false, NULL};
    const struct viz_curve *curve = panel->curve;
    double bottom = panel->top + HEIGHT;
    shapes_text(s, 0, panel->top - 18, LEFT_AT,
                (struct letters){11, PAINT_INK, true, NULL}, "%s", curve->name);
    shapes_text(s, LEFT + 40, panel->top - 18, LEFT_AT,
                (struct letters){10, PAINT_INK, false, NULL}, "%s",
                curve->says);
    shapes_line(s, LEFT, bottom, LEFT + WIDTH, bottom,
                "color=\"" PAINT_FAINT "\"", NULL);
    shapes_line(s, LEFT, panel->top, LEFT, bottom, "color=\"" PAINT_FAINT "\"",
                NULL);
    shapes_text(s, LEFT - 6, bottom, RIGHT_AT, quiet, "0");
    size_t last = value(panel, panel->n - 1);
    shapes_text(s, LEFT + WIDTH + 6, y_of(panel, (double)last), LEFT_AT,
                (struct letters){9, PAINT_INK, true, NULL}, "%zu", last);
    if (curve->most > 0) {
        double y = y_of(panel, (double)curve->most);
        shapes_line(s, LEFT, y, LEFT + WIDTH, y,
                    "style=dashed color=\"" PAINT_QUIET "\"", "all there are");
        shapes_text(s, LEFT - 6, y, RIGHT_AT, quiet, "%zu", curve->most);
    }
    for (int i = 1; i <= 4; i++) {
        size_t at = panel->n * (size_t)i / 4;
        if (at == 0 || (i < 4 && panel->n < 4))
            continue;
        shapes_text(s, x_of(panel, (double)at), bottom + 10, RIGHT_AT, quiet,
                    "%zu", at);
    }
}

void viz_curves(const char *title, const struct viz_curve *curves, int n,
                size_t n_points, FILE *out)
{
    struct shapes s = shapes_begin(out, "curves");
    shapes_text(&s, 0, 12, LEFT_AT, (struct letters){14, PAINT_INK, true, NULL},
                "%s", title);
    for (int i = 0; i < n && n_points > 0; i++) {
        struct panel panel = {
            .curve = &curves[i], .n = n_points, .top = TOP + PITCH * i};
        size_t last = value(&panel, n_points - 1);
        size_t high = curves[i].most > last ? curves[i].most : last;
        panel.high = high > 0 ? (double)high : 1;
        draw_frame(&s, &panel);
        draw_steps(&s, &panel);
    }
    shapes_text(&s, LEFT + WIDTH, TOP + PITCH * n - 26, RIGHT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL}, "seeds");
    shapes_end(&s);
}
