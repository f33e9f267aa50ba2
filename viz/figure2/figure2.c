// figure2.c -- see figure2.h.
#include "figure2.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "viz/draw/shapes.h"

enum { WIDTH = 452, GUTTER = 18, TOP = 64, LINE = 14, ROW = 17, HEAD = 22 };

#define NEVER_FILL "#FBEBDD" // behind a rule that never acted

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
                    NEVER_FILL, NULL);
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

static void tell(const struct figure2_side *side, int n_sides, FILE *out)
{
    char sentence[700] = "", text[120];
    for (int i = 0; i < n_sides; i++) {
        size_t at = strlen(sentence);
        snprintf(sentence + at, sizeof sentence - at, "%s%.200s: %s",
                 i > 0 ? "; " : "", side[i].name, summary(&side[i], text));
    }
    paint_alt(out, "Figure 2 and Figure 13: which rules acted, and how often",
              sentence);
}

static const enum rules_box boxes[] = {
    RULES_VOTE,      RULES_APPEND,     RULES_INSTALL, RULES_ALL,
    RULES_FOLLOWERS, RULES_CANDIDATES, RULES_LEADERS};
enum { N_BOXES = sizeof boxes / sizeof boxes[0], N_LEFT = 3 };

static void draw_all(struct shapes *s, const struct figure2_side *side,
                     int n_sides)
{
    double y = TOP, below = TOP;
    draw_heads(s, side, n_sides);
    for (int i = 0; i < N_LEFT; i++)
        y = draw_box(s, side, n_sides, boxes[i], 0, y);
    for (int i = N_LEFT; i < N_BOXES; i++)
        below = draw_box(s, side, n_sides, boxes[i], WIDTH + GUTTER, below);
    shapes_text(s, 0, (y > below ? y : below) + 4, LEFT_AT,
                (struct letters){8.5, PAINT_QUIET, false, NULL},
                "Counts are events that name the rule; of a Raft without trace"
                " calls, messages and what the harness saw. A bar is a seventh"
                " longer for ten times as many.");
}

// ----------------------------------------------------------- a line for a rule

enum {
    BRIEF_TYPE = 14,
    BRIEF_WIDTH = 462,
    BRIEF_ROW = 18,
    BRIEF_HEAD = 21,
    BRIEF_TAG = 48,
    BRIEF_COUNT = 48 // from one side's counts to the next
};

// "9,999", "12k", "3M": it has to fit.
static const char *rounded(uint64_t value, char out[32])
{
    if (value < 10000)
        return digits(value, out);
    bool millions = value >= 1000000;
    snprintf(out, 32, "%" PRIu64 "%s", value / (millions ? 1000000 : 1000),
             millions ? "M" : "k");
    return out;
}

static void brief_rule(struct shapes *s, const struct figure2_side *side,
                       int n_sides, int rule, double left, double y)
{
    bool never = false;
    for (int i = 0; i < n_sides; i++)
        never |= verdict(&side[i], rule) == NEVER;
    if (never)
        shapes_fill(s,
                    (struct area){left + 1, y - BRIEF_ROW / 2.0,
                                  left + BRIEF_WIDTH - 1, y + BRIEF_ROW / 2.0},
                    NEVER_FILL, NULL);
    const struct letters plain = {BRIEF_TYPE, PAINT_INK, false, NULL};
    shapes_text(s, left + 4, y, LEFT_AT,
                (struct letters){BRIEF_TYPE, never ? PAINT_FAULT : PAINT_INK,
                                 true, NULL},
                "%s", rules_rule[rule].tag);
    shapes_text(s, left + BRIEF_TAG, y, LEFT_AT, plain, "%s",
                rules_rule[rule].about);
    for (int i = 0; i < n_sides; i++) {
        enum verdict what = verdict(&side[i], rule);
        char number[32];
        shapes_text(s, left + BRIEF_WIDTH - 4 - BRIEF_COUNT * (n_sides - 1 - i),
                    y, RIGHT_AT,
                    what == NEVER
                        ? (struct letters){BRIEF_TYPE, PAINT_FAULT, true, NULL}
                        : plain,
                    "%s",
                    what == NEVER    ? "never"
                    : what == HIDDEN ? "?"
                                     : rounded(side[i].rule[rule].n, number));
    }
}

static double brief_box(struct shapes *s, const struct figure2_side *side,
                        int n_sides, enum rules_box box, double left, double y)
{
    const struct letters bold = {BRIEF_TYPE, PAINT_INK, true, NULL};
    double at = y + BRIEF_HEAD;
    shapes_fill(s, (struct area){left, y, left + BRIEF_WIDTH, at}, PAINT_SHADE,
                NULL);
    shapes_text(s, left + 4, y + BRIEF_HEAD / 2.0, LEFT_AT, bold, "%s",
                rules_box[box]);
    for (int i = 0; i < n_sides && n_sides > 1; i++)
        shapes_text(s, left + BRIEF_WIDTH - 4 - BRIEF_COUNT * (n_sides - 1 - i),
                    y + BRIEF_HEAD / 2.0, RIGHT_AT, bold, "%c", 'A' + i);
    for (int i = 0; i < RULES_N; i++)
        if (rules_rule[i].box == box) {
            brief_rule(s, side, n_sides, i, left, at + BRIEF_ROW / 2.0);
            at += BRIEF_ROW;
        }
    shapes_band(s, (struct area){left, y, left + BRIEF_WIDTH, at},
                "style=solid color=\"" PAINT_FAINT "\"", NULL);
    return at + 5;
}

// "A  reference: 18 of 27 rules acted, 9 never"; the names may be long.
static double brief_heads(struct shapes *s, const struct figure2_side *side,
                          int n_sides, int n_columns)
{
    char text[120];
    int room = n_columns == 1 ? 18 : 70;
    shapes_text(s, 0, 8, LEFT_AT,
                (struct letters){BRIEF_TYPE + 2, PAINT_INK, true, NULL},
                n_columns == 1 ? "Figures 2 and 13: how often each rule acted"
                               : "Figure 2 and Figure 13: which rules acted,"
                                 " and how often");
    for (int i = 0; i < n_sides; i++)
        shapes_text(s, 0, 28 + BRIEF_ROW * i, LEFT_AT,
                    (struct letters){BRIEF_TYPE, PAINT_INK, false, NULL},
                    "%s%.*s: %s",
                    n_sides == 1 ? ""
                    : i == 0     ? "A  "
                                 : "B  ",
                    room, side[i].name, summary(&side[i], text));
    return 28 + BRIEF_ROW * n_sides;
}

static void draw_brief(struct shapes *s, const struct figure2_side *side,
                       int n_sides, int n_columns)
{
    double top = brief_heads(s, side, n_sides, n_columns), y = top;
    for (int i = 0; i < N_BOXES; i++) {
        bool second = n_columns > 1 && i >= N_LEFT;
        if (second && i == N_LEFT)
            y = top;
        y = brief_box(s, side, n_sides, boxes[i], second ? BRIEF_WIDTH + 6 : 0,
                      y);
    }
}

void figure2_draw(const struct figure2_side *side, int n_sides,
                  const struct viz_room *room, FILE *out)
{
    tell(side, n_sides, out);
    struct shapes s = shapes_begin(out, "figure2");
    const struct viz_format *format = room->format;
    bool whole =
        format == NULL || (n_sides == 1 && strcmp(format->name, "screen") == 0);
    if (whole)
        draw_all(&s, side, n_sides);
    else
        draw_brief(&s, side, n_sides, format->width < BRIEF_WIDTH ? 1 : 2);
    shapes_end(&s);
}
