// figure2.c -- see figure2.h.
#include "figure2.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "viz/draw/shapes.h"

enum { WIDTH = 452, GUTTER = 18, TOP = 64, LINE = 14, ROW = 17, HEAD = 22 };

static const double BAR_LEFT = 42, BAR_WIDTH = 96;

void figure2_add(struct figure2_side *side, const char *scenario,
                 const struct rules *rules)
{
    side->n_traces++;
    side->silent |= !rules->speaks;
    for (int i = 0; i < RULES_N; i++) {
        struct figure2_count *count = &side->rule[i];
        uint64_t n = rules_count(rules, i);
        if (n == 0)
            continue;
        count->n += n;
        count->n_traces++;
        if (n > count->most_n) {
            count->most_n = n;
            snprintf(count->most, sizeof count->most, "%s", scenario);
        }
    }
}

enum verdict { ACTED, NEVER, HIDDEN };

static enum verdict verdict(const struct figure2_side *side, int rule)
{
    return side->rule[rule].n > 0                 ? ACTED
           : rules_is_hidden(!side->silent, rule) ? HIDDEN
                                                  : NEVER;
}

static int count_of(const struct figure2_side *side, enum verdict which)
{
    int n = 0;
    for (int i = 0; i < RULES_N; i++)
        n += verdict(side, i) == which;
    return n;
}

// "24 of 27 rules acted, 3 never"
static const char *summary(const struct figure2_side *side, char out[120])
{
    int hidden = count_of(side, HIDDEN);
    int n = snprintf(out, 120, "%d of %d rules acted, %d never",
                     count_of(side, ACTED), RULES_N, count_of(side, NEVER));
    if (hidden > 0)
        snprintf(out + n, 120 - (size_t)n, ", %d that messages cannot show",
                 hidden);
    return out;
}

// "1,234,567"
static const char *digits(uint64_t value, char out[32])
{
    char plain[24];
    int n = snprintf(plain, sizeof plain, "%" PRIu64, value);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    out[at] = '\0';
    return out;
}

static double height_of(enum rules_box box, int n_sides)
{
    double height = HEAD;
    for (int i = 0; i < RULES_N; i++)
        if (rules_rule[i].box == box)
            height += ROW + LINE * n_sides;
    return height + 4;
}

// The counts of a rule on one side, in a line.
static void draw_count(struct shapes *s, const struct figure2_side *side,
                       int rule, double left, double y)
{
    const struct figure2_count *count = &side->rule[rule];
    const struct letters quiet = {8.5, PAINT_QUIET, false, NULL};
    enum verdict what = verdict(side, rule);
    double x = left + BAR_LEFT;
    if (what != ACTED) {
        shapes_text(
            s, x, y, LEFT_AT,
            (struct letters){9, what == NEVER ? PAINT_FAULT : PAINT_QUIET,
                             what == NEVER, NULL},
            what == NEVER ? "\xe2\x9c\x97 never" : "? messages cannot show it");
        return;
    }
    // Ten times as often is a seventh of the bar longer.
    double part = (1 + log10((double)count->n)) / 7;
    double end = x + BAR_WIDTH * (part < 1 ? part : 1);
    char number[32];
    shapes_fill(s, (struct area){x, y - 3, end, y + 3}, PAINT_BAR, NULL);
    shapes_text(s, x + BAR_WIDTH + 52, y, RIGHT_AT,
                (struct letters){9, PAINT_INK, false, NULL}, "%s",
                digits(count->n, number));
    shapes_text(s, x + BAR_WIDTH + 60, y, LEFT_AT, quiet, "%s%s",
                count->n_traces > 1 ? "most in a run of " : "in ", count->most);
}

static void draw_rule(struct shapes *s, const struct figure2_side *side,
                      int n_sides, int rule, double left, double y)
{
    bool never = false;
    double height = ROW + LINE * n_sides;
    for (int i = 0; i < n_sides; i++)
        never |= verdict(&side[i], rule) == NEVER;
    if (never)
        shapes_fill(s, (struct area){left + 1, y, left + WIDTH - 1, y + height},
                    "#FBEBDD", NULL);
    shapes_text(
        s, left + 6, y + 10, LEFT_AT,
        (struct letters){9.5, never ? PAINT_FAULT : PAINT_INK, true, NULL},
        "%s", rules_rule[rule].tag);
    shapes_text(s, left + BAR_LEFT, y + 10, LEFT_AT,
                (struct letters){10, PAINT_INK, false, NULL}, "%s",
                rules_rule[rule].about);
    // Known also of a rule that never acted.
    shapes_text(s, left + WIDTH - 6, y + 10, RIGHT_AT,
                (struct letters){8.5, PAINT_QUIET, false, NULL}, "%s%s",
                n_sides > 1 && side->rule[rule].place[0] != '\0' ? "A: " : "",
                side->rule[rule].place);
    for (int i = 0; i < n_sides; i++) {
        double at = y + ROW + LINE * i + 6;
        if (n_sides > 1)
            shapes_text(s, left + BAR_LEFT - 8, at, RIGHT_AT,
                        (struct letters){8.5, PAINT_QUIET, true, NULL}, "%c",
                        'A' + i);
        draw_count(s, &side[i], rule, left, at);
    }
}

static double draw_box(struct shapes *s, const struct figure2_side *side,
                       int n_sides, enum rules_box box, double left, double y)
{
    double height = height_of(box, n_sides), at = y + HEAD;
    shapes_fill(s, (struct area){left, y, left + WIDTH, y + HEAD - 2},
                PAINT_SHADE, NULL);
    shapes_text(s, left + 6, y + 10, LEFT_AT,
                (struct letters){10.5, PAINT_INK, true, NULL}, "%s",
                rules_box[box]);
    for (int i = 0; i < RULES_N; i++)
        if (rules_rule[i].box == box) {
            draw_rule(s, side, n_sides, i, left, at);
            at += ROW + LINE * n_sides;
        }
    shapes_band(s, (struct area){left, y, left + WIDTH, y + height},
                "style=solid color=\"" PAINT_FAINT "\"", NULL);
    return y + height + 10;
}

static void draw_heads(struct shapes *s, const struct figure2_side *side,
                       int n_sides)
{
    char text[120], number[32];
    shapes_text(s, 0, 12, LEFT_AT, (struct letters){14, PAINT_INK, true, NULL},
                "Figure 2 and Figure 13: which rules acted, and how often");
    for (int i = 0; i < n_sides; i++)
        shapes_text(s, 0, 32 + 15 * i, LEFT_AT,
                    (struct letters){10, PAINT_INK, false, NULL},
                    "%s%s%s, %s trace%s: %s",
                    n_sides == 1 ? ""
                    : i == 0     ? "A  "
                                 : "B  ",
                    side[i].name, side[i].silent ? " (no trace calls)" : "",
                    digits(side[i].n_traces, number),
                    side[i].n_traces == 1 ? "" : "s", summary(&side[i], text));
}

void figure2_draw(const struct figure2_side *side, int n_sides, FILE *out)
{
    static const enum rules_box left[] = {RULES_VOTE, RULES_APPEND,
                                          RULES_INSTALL},
                                right[] = {RULES_ALL, RULES_FOLLOWERS,
                                           RULES_CANDIDATES, RULES_LEADERS};
    char sentence[700] = "", text[120];
    for (int i = 0; i < n_sides; i++) {
        size_t at = strlen(sentence);
        snprintf(sentence + at, sizeof sentence - at, "%s%.200s: %s",
                 i > 0 ? "; " : "", side[i].name, summary(&side[i], text));
    }
    paint_alt(out, "Figure 2 and Figure 13: which rules acted, and how often",
              sentence);
    struct shapes s = shapes_begin(out, "figure2");
    double y = TOP, below = TOP;
    draw_heads(&s, side, n_sides);
    for (int i = 0; i < 3; i++)
        y = draw_box(&s, side, n_sides, left[i], 0, y);
    for (int i = 0; i < 4; i++)
        below = draw_box(&s, side, n_sides, right[i], WIDTH + GUTTER, below);
    shapes_text(&s, 0, (y > below ? y : below) + 4, LEFT_AT,
                (struct letters){8.5, PAINT_QUIET, false, NULL},
                "Counts are events that name the rule; of a Raft without trace"
                " calls, messages and what the harness saw. A bar is a seventh"
                " longer for ten times as many.");
    shapes_end(&s);
}
