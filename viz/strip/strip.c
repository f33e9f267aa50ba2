// strip.c -- a whole run at a glance: roles by term, faults, commits.
//
// Time runs to the right, a lane for each server. The colour is the term, the
// height of a lane is the role. What is narrower than a point is drawn as one
// point of the most telling of what happened in it, so that the picture's size
// depends on its width and not on the length of the run.
#include "strip.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"

const uint64_t viz_strip_kinds = SPANS_KINDS | 1ull << TRACE_ACT |
                                 1ull << TRACE_FINDING | 1ull << TRACE_COMMIT;

static const double LEAST = 1.0; // points that are drawn on their own
static const double TALL = 11, MIDDLE = 7.5, FLAT = 5; // half heights of roles

// ------------------------------------------------------------------ the lanes

static double half_height(const struct strip *s, const struct span *span)
{
    double most = s->pitch / 2 - 1;
    double half = span->role == TRACE_LEADER      ? TALL
                  : span->role == TRACE_CANDIDATE ? MIDDLE
                                                  : FLAT;
    return most < TALL ? half * most / TALL : half;
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
    if (span->term > 0 && shapes_width(label, letters) + 14 <= right - left)
        shapes_text(&s->shapes, (left + right) / 2, y, MIDDLE_AT, letters, "%s",
                    label);
}

static void draw_span(struct strip *s, int server, const struct span *span,
                      double left, double right)
{
    char tip[160], looks[120], pale[8];
    double y = strip_y(s, server), half = half_height(s, span);
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
        struct letters letters = {8, PAINT_QUIET, !first->unplugged, NULL};
        if (s->pitch >= 30 && right - left > shapes_width(name, letters) + 6)
            shapes_text(&s->shapes, right - 3, y - half + 4, RIGHT_AT, letters,
                        "%s", name);
    }
}

// A tall lane hides what is behind it: a leader that is unplugged says so, from
// a line in its lane on.
static void mark_unplugged(struct strip *s, int server)
{
    const struct life *life = &s->spans.server[server];
    double y = strip_y(s, server);
    for (size_t i = 0; i < life->n && s->pitch < 30; i++) {
        const struct span *span = &life->span[i];
        struct letters letters = {8, paint_text(span->term), false, NULL};
        double left = strip_x(s, span->from_us);
        double right = strip_x(s, span->to_us), half = half_height(s, span);
        char looks[60];
        if (!span->unplugged || !span->up || span->paused ||
            span->role != TRACE_LEADER || right - left < 20)
            continue;
        snprintf(looks, sizeof looks, "penwidth=1.2, color=\"%s\"",
                 letters.colour);
        shapes_line(&s->shapes, left, y - half, left, y + half, looks,
                    "unplugged");
        // The term stands in the middle of what looks alike.
        char term[32];
        snprintf(term, sizeof term, "T%" PRIu64, span->term);
        double room = right - left - 24 -
                      shapes_width(term, (struct letters){11, "", true, NULL});
        const char *word =
            room > 2 * shapes_width("unplugged", letters) ? "unplugged" : "⌀";
        bool ends = i + 1 == life->n || !look_alike(span, &life->span[i + 1]);
        if (ends && room > 2 * shapes_width(word, letters))
            shapes_text(&s->shapes, right - 4, y, RIGHT_AT, letters, "%s",
                        word);
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

// Gives the y below it.
static double draw_title(struct strip *s)
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
    if (s->on_sheet && s->low)
        return 14;
    char text[300];
    snprintf(text, sizeof text,
             "%d server%s, %s   ·   %d candidac%s, %d won   ·   %" PRIu64
             " entries committed   ·   no leader for %s (%.0f %%)%s",
             header->n_servers, header->n_servers == 1 ? "" : "s",
             shapes_time(whole, length), n_tried, n_tried == 1 ? "y" : "ies",
             n_won, strip_n_commits(s), shapes_time(leaderless, without),
             whole > 0 ? 100 * (double)leaderless / (double)whole : 0,
             s->n_finding > 0 ? "   ·   a rule was broken" : "");
    return shapes_parts(&s->shapes, 4, 28, s->width + STRIP_LEFT,
                        (struct letters){10, PAINT_QUIET, false, NULL}, text);
}

enum {
    AXIS = 16
}; // half of its last time, beside the bars where they are narrow

// A line of the legend, and where it goes on.
struct legend {
    struct strip *strip;
    double x, y;
};

static const struct letters said = {9, PAINT_QUIET, false, NULL};

// Room for a sign with its text; gives the sign's x.
static double next_sign(struct legend *legend, const char *text)
{
    double width = 24 + shapes_width(text, said) + 18;
    double right =
        STRIP_LEFT + legend->strip->width + (legend->strip->narrow ? AXIS : 70);
    if (legend->x > 4 && legend->x + width - 18 > right) {
        legend->x = 4;
        legend->y += 26;
    }
    double x = legend->x;
    legend->x += width;
    shapes_text(&legend->strip->shapes, x + 24, legend->y, LEFT_AT, said, "%s",
                text);
    return x;
}

static void draw_sign(struct legend *legend, double half, const char *fill,
                      double border, const char *text)
{
    char looks[100];
    double x = next_sign(legend, text);
    snprintf(looks, sizeof looks,
             "style=filled, fillcolor=\"%s\", color=\"%s\", penwidth=%.1f",
             fill, paint_line(4), border);
    shapes_band(&legend->strip->shapes,
                (struct area){x, legend->y - half, x + 20, legend->y + half},
                looks, NULL);
}

static void draw_foot(struct strip *s, double y)
{
    static const char *const signs[] = {"✕  crash", "↻  restart",
                                        "✂  link cut"};
    struct legend legend = {s, s->narrow ? 4 : STRIP_LEFT, y};
    if (s->bars <= 0) {
        shapes_text(&s->shapes, 4, y - 8, LEFT_AT, said,
                    "colour = term, tall = leader, middle = candidate, flat ="
                    " follower, dotted = down");
        shapes_text(&s->shapes, 4, y + 5, LEFT_AT, said,
                    "shaded = no leader that reaches a majority, grey ="
                    " unplugged, or a side of a partition");
        return;
    }
    char pale[8];
    paint_pale(4, pale);
    draw_sign(&legend, TALL, paint_term(4), 0.8, "leader (colour = term)");
    draw_sign(&legend, MIDDLE, pale, 0.8, "candidate");
    draw_sign(&legend, FLAT, pale, 0, "follower");
    double x = next_sign(&legend, "down");
    shapes_line(&s->shapes, x, legend.y, x + 20, legend.y,
                "style=dotted, penwidth=1.4, color=\"" PAINT_QUIET "\"", NULL);
    draw_sign(&legend, TALL, PAINT_GAP, 0, "no leader that reaches a majority");
    draw_sign(&legend, TALL, paint_side(1), 0, "side of a partition");
    draw_sign(&legend, TALL, PAINT_SHADE, 0, "unplugged");
    for (int i = 0; i < 3; i++) {
        const char *words = strchr(signs[i], ' ') + 2;
        x = next_sign(&legend, words);
        shapes_text(&s->shapes, x + 16, legend.y, RIGHT_AT,
                    (struct letters){10, PAINT_FAULT, false, NULL}, "%.*s",
                    (int)(words - signs[i] - 2), signs[i]);
    }
}

// Places for all, from the room that the picture has.
static void lay_out(struct strip *s, const struct viz_room *room, bool acts)
{
    enum { TYPE = 8, WIDTH = 960, BESIDE = 76, LEGEND = 60, LEAST_PITCH = 16 };
    s->width = WIDTH;
    s->pitch = s->on_sheet ? 24 : s->n_rows > 9 ? 28 : 38;
    if (s->on_sheet)
        s->width = s->sheet_width - STRIP_LEFT - BESIDE;
    s->bars = s->on_sheet ? 30 : 46;
    bool sized = room->format != NULL;
    s->low = viz_room_is_low(room);
    if (sized) {
        double width = viz_room_width(room, TYPE) - STRIP_LEFT;
        s->narrow = width - BESIDE < 700;
        s->width = fmax(width - (s->narrow ? AXIS : BESIDE), 140);
    }
    if (s->narrow)
        s->bars = s->low ? 0 : 26; // of commits only the number
    bool tight = s->on_sheet && s->low, marked = s->n_finding > 0 || acts;
    s->lanes_top = draw_title(s) + (tight ? 18 : 20);
    if (marked)
        s->lanes_top += tight ? 14 : 30;
    double high = s->on_sheet ? s->sheet_height
                  : sized     ? viz_room_height(room, TYPE) - LEGEND
                              : HUGE_VAL;
    double below = s->bars + (tight ? 6 : 14);
    double pitch = (high - s->lanes_top - below) / fmax(s->n_rows, 1);
    if (s->on_sheet && pitch < s->pitch)
        s->pitch = fmax(pitch, 9);
    else if (high < HUGE_VAL && !s->on_sheet)
        s->pitch = fmin(fmax(pitch, LEAST_PITCH), 60);
    s->lanes_bottom = s->lanes_top + s->pitch * s->n_rows;
    s->bars_bottom = s->lanes_bottom + below;
}

void strip_make(struct strip *s, const struct trace_file *trace,
                const struct viz_window *window)
{
    *s = (struct strip){.trace = trace};
    spans_make(&s->spans, trace, window);
    for (size_t i = s->spans.begin; i < s->spans.end; i++) {
        s->acts = s->acts || trace->event[i].kind == TRACE_ACT;
        s->n_finding += trace->event[i].kind == TRACE_FINDING;
    }
    for (int i = 0; i < s->spans.n_servers; i++)
        s->row[i] = viz_shows_server(&window->filter, i) ? s->n_rows++ : -1;
}

void strip_draw(struct strip *s, const struct viz_room *room)
{
    lay_out(s, room, s->acts);
    shade_leaderless(s);
    for (int server = 0; server < s->spans.n_servers; server++)
        if (s->row[server] >= 0)
            shade_lane(s, server);
    for (int server = 0; server < s->spans.n_servers; server++)
        if (s->row[server] >= 0) {
            draw_lane(s, server);
            mark_unplugged(s, server);
        }
    if (s->acts)
        strip_acts(s, s->lanes_top - 34);
    strip_faults(s);
    strip_findings(s);
    if (s->bars > 0)
        strip_commits(s, s->lanes_bottom + 14, s->bars_bottom);
    strip_axis(s, s->bars_bottom);
}

void viz_strip(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    struct strip s;
    strip_make(&s, trace, window);
    alt_events(out, trace, s.spans.begin, s.spans.end,
               "roles by term, faults and commits");
    s.shapes = shapes_begin(out, "strip");
    strip_draw(&s, &window->look.room);
    draw_foot(&s, s.bars_bottom + 44);
    shapes_end(&s.shapes);
    spans_free(&s.spans);
}
