// roles.c -- the roles of Figure 4, with what a trace did with them.
//
// A fixed template: its places and arrows never move, so that two pictures
// can be laid side by side. An arrow that the run never took is dashed; one
// that Figure 4 does not have appears only if the trace took it, as a fault.
#include "roles.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"

const uint64_t viz_roles_kinds = SPANS_KINDS;

// ------------------------------------------------------------------ counting

static void take(struct roles *r, enum place from, enum place to,
                 const char *why)
{
    struct passage *p = &r->passage[from][to];
    int i = 0;
    char text[MOST_WHY];
    snprintf(text, sizeof text, "%s", why != NULL ? why : "no reason given");
    while (i < p->n_whys && strcmp(p->why[i].text, text) != 0)
        i++;
    if (i == MOST_WHYS) {
        i = MOST_WHYS - 1;
        snprintf(p->why[i].text, MOST_WHY, "other");
    } else if (i == p->n_whys) {
        memcpy(p->why[i].text, text, sizeof text);
        p->n_whys++;
    }
    p->why[i].n++;
    p->n++;
    r->entered[to]++;
}

static void see_term(struct roles *r, uint64_t term)
{
    if (term > 0 && (r->first_term == 0 || term < r->first_term))
        r->first_term = term;
    if (term > r->last_term)
        r->last_term = term;
}

static void count(struct roles *r, const struct trace_file *trace,
                  const struct viz_filter *filter)
{
    enum place now[TRACE_MAX_SERVERS];
    for (int i = 0; i < TRACE_MAX_SERVERS; i++)
        now[i] = START;
    for (size_t i = 0; i < r->spans.end; i++) {
        const struct trace_event *e = &trace->event[i];
        if (e->node < 0 || e->node >= r->spans.n_servers ||
            !viz_shows_server(filter, e->node))
            continue;
        bool inside = i >= r->spans.begin;
        enum place from = now[e->node];
        if (e->kind == TRACE_CRASH || e->kind == TRACE_KILL) {
            now[e->node] = DOWN;
            if (inside && from < DOWN)
                take(r, from, DOWN,
                     e->kind == TRACE_CRASH ? "crash" : "stopped");
        } else if (e->kind == TRACE_BOOT) {
            now[e->node] = FOLLOWER;
            if (inside)
                take(r, from == DOWN ? DOWN : START, FOLLOWER,
                     from == DOWN ? "restart" : "start");
        } else if (e->kind == TRACE_ROLE && e->from_role <= TRACE_LEADER &&
                   e->to_role <= TRACE_LEADER) {
            now[e->node] = (enum place)e->to_role;
            if (inside) {
                take(r, (enum place)e->from_role, (enum place)e->to_role,
                     e->why);
                see_term(r, e->term);
            }
        }
    }
}

// ------------------------------------------------------------------ template

static const double HALF_WIDTH = 66, HALF_HEIGHT = 30;

// An arrow of the template, and where the first line of its reasons stands;
// `up`: further lines go above it.
static const struct arrow {
    enum place from, to;
    double point[8];
    double x, y;
    enum side side;
    bool up, figure_4;
    const char *unseen; // the reason that it waits for
} arrows[] = {
    {START,
     FOLLOWER,
     {62, 190, 90, 190, 110, 190, 133, 190},
     96,
     178,
     MIDDLE_AT,
     true,
     true,
     "start"},
    {FOLLOWER,
     CANDIDATE,
     {267, 178, 310, 158, 360, 158, 402, 178},
     335,
     150,
     MIDDLE_AT,
     true,
     true,
     "election timeout"},
    {CANDIDATE,
     CANDIDATE,
     {445, 159, 425, 112, 515, 112, 495, 159},
     470,
     112,
     MIDDLE_AT,
     true,
     true,
     "election timeout"},
    {CANDIDATE,
     LEADER,
     {537, 190, 580, 190, 630, 190, 673, 190},
     605,
     178,
     MIDDLE_AT,
     true,
     true,
     "majority of votes"},
    {CANDIDATE,
     FOLLOWER,
     {402, 204, 360, 224, 310, 224, 267, 204},
     335,
     232,
     MIDDLE_AT,
     false,
     true,
     "leader or newer term"},
    {LEADER,
     FOLLOWER,
     {735, 159, 690, 40, 250, 40, 205, 159},
     470,
     58,
     MIDDLE_AT,
     true,
     true,
     "newer term"},
    {FOLLOWER,
     DOWN,
     {225, 221, 250, 300, 320, 352, 403, 358},
     300,
     304,
     LEFT_AT,
     false,
     true,
     "crash"},
    {CANDIDATE,
     DOWN,
     {470, 221, 470, 260, 470, 300, 470, 339},
     476,
     285,
     LEFT_AT,
     false,
     true,
     "crash"},
    {LEADER,
     DOWN,
     {725, 221, 700, 300, 630, 360, 537, 366},
     662,
     328,
     LEFT_AT,
     false,
     true,
     "crash"},
    {DOWN,
     FOLLOWER,
     {403, 382, 270, 386, 185, 310, 180, 221},
     206,
     350,
     RIGHT_AT,
     false,
     true,
     "restart"},
    // What Figure 4 does not have.
    {FOLLOWER,
     LEADER,
     {190, 159, 220, -30, 720, -30, 750, 159},
     470,
     8,
     MIDDLE_AT,
     true,
     false,
     NULL},
    {LEADER,
     CANDIDATE,
     {673, 206, 630, 226, 580, 226, 537, 206},
     605,
     234,
     MIDDLE_AT,
     false,
     false,
     NULL},
    {FOLLOWER,
     FOLLOWER,
     {134, 180, 70, 140, 130, 100, 160, 159},
     100,
     122,
     MIDDLE_AT,
     true,
     false,
     NULL},
    {LEADER,
     LEADER,
     {780, 159, 820, 100, 880, 150, 807, 182},
     850,
     122,
     MIDDLE_AT,
     true,
     false,
     NULL},
};

enum { N_ARROWS = sizeof arrows / sizeof arrows[0] };

static bool is_fault(const struct arrow *a)
{
    return !a->figure_4 || a->to == DOWN;
}

static void draw_arrow(struct roles *r, const struct arrow *a)
{
    const double row = r->small + 3;
    const struct passage *p = &r->passage[a->from][a->to];
    const char *colour = p->n == 0     ? PAINT_FAINT
                         : is_fault(a) ? PAINT_FAULT
                                       : PAINT_INK;
    struct letters letters = {r->small, p->n == 0 ? PAINT_QUIET : colour,
                              !a->figure_4, "white"};
    char looks[160], tip[80];
    if (p->n == 0 && !a->figure_4)
        return;
    snprintf(looks, sizeof looks, "penwidth=%.1f, arrowsize=%s, color=\"%s\"%s",
             p->n == 0 ? 0.8 : 1.1 + 0.8 * log10((double)p->n),
             p->n == 0 ? "0.6" : "0.8", colour,
             p->n == 0 ? ", style=dashed" : "");
    snprintf(tip, sizeof tip, "%s to %s: %" PRIu64,
             a->from == START ? "start" : roles_place[a->from].name,
             roles_place[a->to].name, p->n);
    shapes_arrow(&r->shapes, a->point, looks, tip);
    double y = a->y, step = a->up ? -row : row;
    if (p->n == 0)
        shapes_text(&r->shapes, a->x, y, a->side, letters, "%s ×0", a->unseen);
    // Of a slide the first reason stands for all.
    int n = viz_room_is_low(&r->room) && p->n_whys > 1 ? 1 : p->n_whys;
    for (int i = 0; i < n; i++) {
        int at = a->up ? n - 1 - i : i;
        char more[32] = "";
        if (n < p->n_whys)
            snprintf(more, sizeof more, ", others ×%" PRIu64,
                     p->n - p->why[at].n);
        shapes_text(&r->shapes, a->x, y, a->side, letters, "%s ×%" PRIu64 "%s",
                    p->why[at].text, p->why[at].n, more);
        y += step;
    }
    if (!a->figure_4)
        shapes_text(&r->shapes, a->x, y, a->side, letters,
                    "not in Figure 4: %s to %s", roles_place[a->from].name,
                    roles_place[a->to].name);
}

static void draw_place(struct roles *r, enum place at, uint64_t whole)
{
    double x = roles_place[at].x, y = roles_place[at].y;
    char time[32];
    shapes_band(&r->shapes,
                (struct area){x - HALF_WIDTH, y - HALF_HEIGHT, x + HALF_WIDTH,
                              y + HALF_HEIGHT},
                roles_place[at].looks, roles_place[at].name);
    bool large = r->small > 11;
    double apart = r->small + (large ? 2 : 4);
    shapes_text(&r->shapes, x, y - apart - 1 + large, MIDDLE_AT,
                (struct letters){r->small + (large ? 1 : 4),
                                 roles_place[at].ink, true, NULL},
                "%s", roles_place[at].name);
    struct letters small = {r->small, roles_place[at].ink, false, NULL};
    shapes_text(&r->shapes, x, y + 3, MIDDLE_AT, small, "%s, %.0f %%",
                shapes_time(r->us[at], time), roles_percent(r->us[at], whole));
    shapes_text(&r->shapes, x, y + 3 + apart, MIDDLE_AT, small,
                "entered ×%" PRIu64, r->entered[at]);
}

static double draw_title(struct roles *r, const struct trace_header *header,
                         double y)
{
    int n_known = 0, n_taken = 0, n_wrong = 0;
    char time[32], wrong[64] = "";
    for (int i = 0; i < N_ARROWS; i++) {
        bool taken = r->passage[arrows[i].from][arrows[i].to].n > 0;
        n_known += arrows[i].figure_4;
        n_taken += arrows[i].figure_4 && taken;
        n_wrong += !arrows[i].figure_4 && taken;
    }
    if (n_wrong > 0)
        snprintf(wrong, sizeof wrong, "   ·   %d that Figure 4 does not have",
                 n_wrong);
    double wide = r->room.format != NULL && viz_room_is_narrow(&r->room)
                      ? viz_room_width(&r->room, r->small)
                      : 900;
    char title[160], text[240];
    snprintf(title, sizeof title, "the roles in %.80s, seed %.20s",
             header->scenario, header->seed);
    shapes_within(&r->shapes, 4, y, wide,
                  (struct letters){r->small + 4, PAINT_INK, true, NULL}, title);
    snprintf(text, sizeof text,
             "%d server%s, %s, terms %" PRIu64 " to %" PRIu64
             "   ·   %d of %d transitions taken%s",
             header->n_servers, header->n_servers == 1 ? "" : "s",
             shapes_time(r->spans.to_us - r->spans.from_us, time),
             r->first_term, r->last_term, n_taken, n_known, wrong);
    return shapes_parts(
        &r->shapes, 4, y + r->small + 9, wide,
        (struct letters){r->small + 1, n_wrong > 0 ? PAINT_FAULT : PAINT_QUIET,
                         false, NULL},
        text);
}

static void draw_figure(struct roles *r, uint64_t whole)
{
    shapes_fill(&r->shapes, (struct area){54, 185, 64, 195}, PAINT_INK,
                "start");
    for (int i = 0; i < N_ARROWS; i++)
        draw_arrow(r, &arrows[i]);
    for (int at = FOLLOWER; at <= DOWN; at++)
        draw_place(r, (enum place)at, whole);
    if (viz_room_is_low(&r->room))
        shapes_text(&r->shapes, 4, 424, LEFT_AT,
                    (struct letters){r->small, PAINT_QUIET, false, NULL},
                    "the time of each server is left out");
    else
        roles_shares(r, 110, 440, 640);
}

// The type that the room asks for: the template has one width.
static double type_for(const struct viz_room *room)
{
    enum { USUAL = 9, README = 10, SLIDE = 14 };
    bool low = viz_room_is_low(room);
    if (room->format == NULL || viz_room_is_narrow(room))
        return USUAL;
    return (low                         ? SLIDE
            : room->format->width < 700 ? README
                                        : USUAL) +
           room->less / 2.0;
}

void viz_roles(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    struct roles r = {.first_term = 0, .room = window->look.room};
    r.small = type_for(&r.room);
    spans_make(&r.spans, trace, window);
    alt_events(out, trace, r.spans.begin, r.spans.end,
               "the roles of Figure 4, and how often they were taken");
    r.shapes = shapes_begin(out, "roles");
    count(&r, trace, &window->filter);
    roles_sum_time(&r.spans, -1, r.us);
    uint64_t whole =
        (r.spans.to_us - r.spans.from_us) * (uint64_t)r.spans.n_servers;
    bool narrow = viz_room_is_narrow(&r.room);
    bool leaps = r.passage[FOLLOWER][LEADER].n > 0 && !narrow;
    double y = draw_title(&r, &trace->header, leaps ? -76 : 2);
    if (narrow)
        roles_list(&r, y + 6, viz_room_width(&r.room, r.small));
    else
        draw_figure(&r, whole);
    shapes_end(&r.shapes);
    spans_free(&r.spans);
}
