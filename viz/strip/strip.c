// strip.c -- a whole run at a glance: roles by term, faults, commits.
//
// Time runs to the right, a lane for each server. The colour is the term, the
// height of a lane is the role. What is narrower than a point is drawn as one
// point of the most telling of what happened in it, so that the picture's size
// depends on its width and not on the length of the run.
#include "strip.h"

#include <inttypes.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"

const uint64_t viz_strip_kinds = SPANS_KINDS | 1ull << TRACE_ACT |
                                 1ull << TRACE_FINDING | 1ull << TRACE_COMMIT;

static const double LEAST = 1.0; // points that are drawn on their own
static const double TALL = 11, MIDDLE = 7.5, FLAT = 5; // half heights of roles

double strip_x(const struct strip *s, uint64_t us)
{
    double whole = (double)(s->spans.to_us - s->spans.from_us);
    if (us < s->spans.from_us || whole <= 0)
        return STRIP_LEFT;
    double part = (double)(us - s->spans.from_us) / whole;
    return STRIP_LEFT + STRIP_WIDTH * (part < 1 ? part : 1);
}

double strip_y(const struct strip *s, int server)
{
    return s->lanes_top + s->pitch * (s->row[server] + 0.5);
}

uint64_t strip_step(double least_us)
{
    static const uint64_t mantissa[] = {1, 2, 5};
    uint64_t power = 1;
    for (int i = 0;; i = (i + 1) % 3) {
        if ((double)(mantissa[i] * power) >= least_us)
            return mantissa[i] * power;
        if (i == 2)
            power *= 10;
    }
}

// ------------------------------------------------------------------ the lanes

static double half_height(const struct span *span)
{
    return span->role == TRACE_LEADER      ? TALL
           : span->role == TRACE_CANDIDATE ? MIDDLE
                                           : FLAT;
}

static void tell(const struct span *span, int server, char *out, size_t n)
{
    char from[32], length[32];
    snprintf(out, n, "S%d %s, term %" PRIu64 ", from %s for %s, event %" PRIu64,
             server + 1,
             !span->there   ? "has no event yet"
             : !span->up    ? "down"
             : span->paused ? "paused"
                            : trace_role_name(span->role),
             span->term, shapes_time(span->from_us, from),
             shapes_time(span->to_us - span->from_us, length), span->n);
}

// The term stands on every lane, for those who do not tell its colour.
static void label_span(struct strip *s, const struct span *span, double left,
                       double right, double y)
{
    bool leads = span->role == TRACE_LEADER && !span->paused;
    struct letters letters = {leads ? 9 : 8,
                              leads ? paint_text(span->term) : PAINT_INK,
                              leads || span->paused, NULL};
    char label[32];
    snprintf(label, sizeof label, span->paused ? "paused" : "T%" PRIu64,
             span->term);
    if (span->term > 0 && shapes_width(label, letters) + 4 <= right - left)
        shapes_text(&s->shapes, (left + right) / 2, y, MIDDLE_AT, letters, "%s",
                    label);
}

static void draw_span(struct strip *s, int server, const struct span *span,
                      double left, double right)
{
    char tip[160], looks[120], pale[8];
    double y = strip_y(s, server), half = half_height(span);
    tell(span, server, tip, sizeof tip);
    if (!span->there)
        return;
    if (!span->up) {
        if (right - left > 3)
            shapes_line(&s->shapes, left + 2, y, right - 1, y,
                        "style=dotted, penwidth=1.4, color=\"" PAINT_QUIET "\"",
                        tip);
        return;
    }
    const char *fill = span->role == TRACE_LEADER
                           ? paint_term(span->term)
                           : paint_pale(span->term, pale);
    bool bordered = span->role != TRACE_FOLLOWER && right - left >= 3;
    snprintf(looks, sizeof looks,
             "style=\"filled%s\", fillcolor=\"%s\", color=\"%s\", penwidth=%s",
             span->paused ? ",dashed" : "", span->paused ? "white" : fill,
             paint_line(span->term),
             span->paused ? "1"
             : bordered   ? "0.8"
                          : "0");
    shapes_band(&s->shapes, (struct area){left, y - half, right, y + half},
                looks, tip);
    label_span(s, span, left, right, y);
}

static int weight(const struct span *span)
{
    return !span->up ? 0 : 1 + (int)span->role;
}

static bool look_alike(const struct span *a, const struct span *b)
{
    return a->up == b->up && a->there == b->there && a->role == b->role &&
           a->term == b->term && a->paused == b->paused;
}

// The spans from *at on that share a point, or the next wide one: returns the
// most telling, and where they end.
static const struct span *next_group(const struct strip *s,
                                     const struct life *life, size_t *at,
                                     double left, double *right)
{
    const struct span *best = &life->span[*at];
    *right = strip_x(s, life->span[(*at)++].to_us);
    while (*at < life->n && *right - left < LEAST) {
        const struct span *next = &life->span[*at];
        double end = strip_x(s, next->to_us);
        if (end - *right >= LEAST && end - left >= 2 * LEAST)
            break;
        if (weight(next) >= weight(best))
            best = next;
        *right = end;
        ++*at;
    }
    if (*right < left + LEAST)
        *right = left + LEAST;
    return best;
}

static void draw_lane(struct strip *s, int server)
{
    const struct life *life = &s->spans.server[server];
    double left = STRIP_LEFT, from = STRIP_LEFT, right;
    const struct span *open = NULL;
    for (size_t at = 0; at < life->n;) {
        const struct span *now = next_group(s, life, &at, left, &right);
        if (open != NULL && !look_alike(open, now)) {
            draw_span(s, server, open, from, left);
            open = NULL;
        }
        if (open == NULL) {
            open = now;
            from = left;
        }
        left = right;
    }
    if (open != NULL)
        draw_span(s, server, open, from, left);
    shapes_text(&s->shapes, STRIP_LEFT - 10, strip_y(s, server), RIGHT_AT,
                (struct letters){11, PAINT_INK, true, NULL}, "S%d", server + 1);
}

// ---------------------------------------------------- behind and above lanes

// The side of a partition, or an unplugged server, behind its lane.
static void shade_lane(struct strip *s, int server)
{
    const struct life *life = &s->spans.server[server];
    double y = strip_y(s, server), half = s->pitch / 2;
    for (size_t at = 0; at < life->n;) {
        const struct span *first = &life->span[at];
        const struct span *last = first;
        while (++at < life->n && life->span[at].group == first->group &&
               life->span[at].unplugged == first->unplugged)
            last = &life->span[at];
        double left = strip_x(s, first->from_us);
        double right = strip_x(s, last->to_us);
        if ((!first->unplugged && first->group == TRACE_NONE) ||
            right - left < LEAST / 4)
            continue;
        char name[16] = "unplugged";
        if (!first->unplugged)
            snprintf(name, sizeof name, "%c", 'A' + first->group % 26);
        shapes_fill(&s->shapes, (struct area){left, y - half, right, y + half},
                    first->unplugged ? PAINT_SHADE : paint_side(first->group),
                    name);
        struct letters letters = {7, PAINT_QUIET, !first->unplugged, NULL};
        if (right - left > shapes_width(name, letters) + 6)
            shapes_text(&s->shapes, right - 3, y - half + 4, RIGHT_AT, letters,
                        "%s", name);
    }
}

// Columns where nobody leads; neighbours closer than a point are one.
static void shade_leaderless(struct strip *s)
{
    double drawn = 0;
    for (size_t i = 0; i < s->spans.n_reigns; i++) {
        const struct reign *reign = &s->spans.reign[i];
        double left = strip_x(s, reign->from_us);
        double right = strip_x(s, reign->to_us);
        if (reign->leader != TRACE_NONE || right <= drawn)
            continue;
        if (left < drawn)
            left = drawn;
        if (right < left + LEAST)
            right = left + LEAST;
        drawn = right;
        char tip[80], length[32];
        shapes_time(reign->to_us - reign->from_us, length);
        snprintf(tip, sizeof tip, "no leader for %s", length);
        shapes_fill(
            &s->shapes,
            (struct area){left, s->lanes_top - 14, right, s->bars_bottom},
            PAINT_GAP, tip);
        struct letters letters = {8, PAINT_FAULT, false, NULL};
        const char *said =
            shapes_width(tip, letters) + 4 < right - left ? tip : length;
        if (shapes_width(said, letters) + 4 < right - left)
            shapes_text(&s->shapes, (left + right) / 2, s->lanes_top - 7,
                        MIDDLE_AT, letters, "%s", said);
    }
}

// -------------------------------------------------------------- title and foot

static void count_elections(const struct strip *s, int *n_tried, int *n_won)
{
    *n_tried = *n_won = 0;
    for (size_t i = s->spans.begin; i < s->spans.end; i++) {
        const struct trace_event *event = &s->trace->event[i];
        if (event->kind != TRACE_ROLE)
            continue;
        *n_tried += event->to_role == TRACE_CANDIDATE;
        *n_won += event->to_role == TRACE_LEADER;
    }
}

static void draw_title(struct strip *s)
{
    const struct trace_header *header = &s->trace->header;
    uint64_t whole = s->spans.to_us - s->spans.from_us;
    uint64_t leaderless = spans_leaderless_us(&s->spans);
    char length[32], without[32];
    int n_tried, n_won;
    count_elections(s, &n_tried, &n_won);
    shapes_text(&s->shapes, 4, 10, LEFT_AT,
                (struct letters){13, PAINT_INK, true, NULL}, "%s, seed %s",
                header->scenario, header->seed);
    shapes_text(&s->shapes, 4, 28, LEFT_AT,
                (struct letters){10, PAINT_QUIET, false, NULL},
                "%d server%s, %s   ·   %d candidac%s, %d won   ·   %" PRIu64
                " entries committed   ·   no leader for %s (%.0f %%)%s",
                header->n_servers, header->n_servers == 1 ? "" : "s",
                shapes_time(whole, length), n_tried, n_tried == 1 ? "y" : "ies",
                n_won, strip_n_commits(s), shapes_time(leaderless, without),
                whole > 0 ? 100 * (double)leaderless / (double)whole : 0,
                s->n_finding > 0 ? "   ·   a rule was broken" : "");
}

static void draw_sign(struct strip *s, double *x, double y, double half,
                      const char *fill, double border, const char *text)
{
    struct letters letters = {9, PAINT_QUIET, false, NULL};
    char looks[100];
    snprintf(looks, sizeof looks,
             "style=filled, fillcolor=\"%s\", color=\"%s\", penwidth=%.1f",
             fill, paint_line(4), border);
    shapes_band(&s->shapes, (struct area){*x, y - half, *x + 20, y + half},
                looks, NULL);
    shapes_text(&s->shapes, *x + 24, y, LEFT_AT, letters, "%s", text);
    *x += 24 + shapes_width(text, letters) + 18;
}

static void draw_foot(struct strip *s, double y)
{
    struct letters letters = {9, PAINT_QUIET, false, NULL};
    char pale[8];
    double x = STRIP_LEFT;
    shapes_text(&s->shapes, x, y, LEFT_AT, letters, "colour = term");
    x += shapes_width("colour = term", letters) + 22;
    paint_pale(4, pale);
    draw_sign(s, &x, y, TALL, paint_term(4), 0.8, "leader");
    draw_sign(s, &x, y, MIDDLE, pale, 0.8, "candidate");
    draw_sign(s, &x, y, FLAT, pale, 0, "follower");
    shapes_line(&s->shapes, x, y, x + 20, y,
                "style=dotted, penwidth=1.4, color=\"" PAINT_QUIET "\"", NULL);
    shapes_text(&s->shapes, x + 24, y, LEFT_AT, letters, "down");
    x += 24 + shapes_width("down", letters) + 18;
    draw_sign(s, &x, y, TALL, PAINT_GAP, 0,
              "no leader that reaches a majority");
    draw_sign(s, &x, y, TALL, paint_side(1), 0, "side of a partition");
    letters.colour = PAINT_FAULT;
    shapes_text(&s->shapes, x, y, LEFT_AT, letters,
                "✕ crash   ↻ restart   ✂ link cut   ticks where crowded");
}

void viz_strip(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    struct strip s = {.trace = trace};
    bool acts = false;
    spans_make(&s.spans, trace, window);
    for (size_t i = s.spans.begin; i < s.spans.end; i++) {
        acts = acts || trace->event[i].kind == TRACE_ACT;
        s.n_finding += trace->event[i].kind == TRACE_FINDING;
    }
    for (int i = 0; i < s.spans.n_servers; i++)
        s.row[i] = viz_shows_server(&window->filter, i) ? s.n_rows++ : -1;
    alt_events(out, trace, s.spans.begin, s.spans.end,
               "roles by term, faults and commits");
    s.shapes = shapes_begin(out, "strip");
    s.pitch = s.n_rows > 9 ? 28 : 38;
    s.lanes_top = s.n_finding > 0 || acts ? 92 : 62;
    s.lanes_bottom = s.lanes_top + s.pitch * s.n_rows;
    s.bars_bottom = s.lanes_bottom + 60;
    draw_title(&s);
    shade_leaderless(&s);
    for (int server = 0; server < s.spans.n_servers; server++)
        if (s.row[server] >= 0)
            shade_lane(&s, server);
    for (int server = 0; server < s.spans.n_servers; server++)
        if (s.row[server] >= 0)
            draw_lane(&s, server);
    if (acts)
        strip_acts(&s, s.lanes_top - 34);
    strip_faults(&s);
    strip_findings(&s);
    strip_commits(&s, s.lanes_bottom + 14, s.bars_bottom);
    strip_axis(&s, s.bars_bottom);
    draw_foot(&s, s.bars_bottom + 44);
    shapes_end(&s.shapes);
    spans_free(&s.spans);
}
