// roles.c -- the roles of Figure 4, with what a trace did with them.
//
// A fixed template: its places and arrows never move, so that two pictures
// can be laid side by side. An arrow that the run never took is dashed; one
// that Figure 4 does not have appears only if the trace took it, as a fault.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "viz/draw/alt.h"
#include "viz/draw/paint.h"
#include "viz/draw/shapes.h"
#include "viz/draw/spans.h"

const uint64_t viz_roles_kinds = SPANS_KINDS;

enum place { FOLLOWER, CANDIDATE, LEADER, DOWN, START, N_PLACES };

enum { MOST_WHYS = 4, MOST_WHY = 48 };

// One arrow: how often, and the reasons in the order of appearance; the last
// one gathers all that do not fit.
struct passage {
    uint64_t n;
    int n_whys;
    struct {
        char text[MOST_WHY];
        uint64_t n;
    } why[MOST_WHYS];
};

struct roles {
    struct shapes shapes;
    struct spans spans;
    struct passage passage[N_PLACES][N_PLACES];
    uint64_t us[N_PLACES], entered[N_PLACES];
    uint64_t first_term, last_term;
};

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

static enum place place_of(const struct span *span)
{
    return span->up ? (enum place)span->role : DOWN;
}

// Adds the time in each place, of one server or (-1) of all.
static void sum_time(const struct spans *spans, int only, uint64_t us[N_PLACES])
{
    for (int server = 0; server < spans->n_servers; server++) {
        const struct life *life = &spans->server[server];
        if (only >= 0 && server != only)
            continue;
        for (size_t i = 0; i < life->n; i++)
            if (life->span[i].there)
                us[place_of(&life->span[i])] +=
                    life->span[i].to_us - life->span[i].from_us;
    }
}

// ------------------------------------------------------------------ template

static const struct {
    const char *name;
    double x, y;
    const char *looks, *ink;
} place[] = {
    [FOLLOWER] = {"follower", 200, 190,
                  "style=\"filled,rounded\", fillcolor=white, penwidth=1.6,"
                  " color=\"" PAINT_INK "\"",
                  PAINT_INK},
    [CANDIDATE] = {"candidate", 470, 190,
                   "style=\"filled,rounded\", fillcolor=\"" PAINT_SHADE
                   "\", penwidth=1.6, color=\"" PAINT_INK "\"",
                   PAINT_INK},
    [LEADER] = {"leader", 740, 190,
                "style=\"filled,rounded\", fillcolor=\"" PAINT_INK
                "\", penwidth=1.6, color=\"" PAINT_INK "\"",
                "white"},
    [DOWN] = {"down", 470, 370,
              "style=\"filled,rounded,dotted\", fillcolor=white,"
              " penwidth=1.6, color=\"" PAINT_QUIET "\"",
              PAINT_QUIET},
};

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
    enum { ROW = 12 };
    const struct passage *p = &r->passage[a->from][a->to];
    const char *colour = p->n == 0     ? PAINT_FAINT
                         : is_fault(a) ? PAINT_FAULT
                                       : PAINT_INK;
    struct letters letters = {9, p->n == 0 ? PAINT_QUIET : colour, !a->figure_4,
                              "white"};
    char looks[160], tip[80];
    if (p->n == 0 && !a->figure_4)
        return;
    snprintf(looks, sizeof looks, "penwidth=%.1f, arrowsize=%s, color=\"%s\"%s",
             p->n == 0 ? 0.8 : 1.1 + 0.8 * log10((double)p->n),
             p->n == 0 ? "0.6" : "0.8", colour,
             p->n == 0 ? ", style=dashed" : "");
    snprintf(tip, sizeof tip, "%s to %s: %" PRIu64,
             a->from == START ? "start" : place[a->from].name,
             place[a->to].name, p->n);
    shapes_arrow(&r->shapes, a->point, looks, tip);
    double y = a->y, step = a->up ? -ROW : ROW;
    if (p->n == 0)
        shapes_text(&r->shapes, a->x, y, a->side, letters, "%s ×0", a->unseen);
    for (int i = 0; i < p->n_whys; i++) {
        int at = a->up ? p->n_whys - 1 - i : i;
        shapes_text(&r->shapes, a->x, y, a->side, letters, "%s ×%" PRIu64,
                    p->why[at].text, p->why[at].n);
        y += step;
    }
    if (!a->figure_4)
        shapes_text(&r->shapes, a->x, y, a->side, letters,
                    "not in Figure 4: %s to %s", place[a->from].name,
                    place[a->to].name);
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

static void draw_place(struct roles *r, enum place at, uint64_t whole)
{
    double x = place[at].x, y = place[at].y;
    char time[32];
    shapes_band(&r->shapes,
                (struct area){x - HALF_WIDTH, y - HALF_HEIGHT, x + HALF_WIDTH,
                              y + HALF_HEIGHT},
                place[at].looks, place[at].name);
    shapes_text(&r->shapes, x, y - 14, MIDDLE_AT,
                (struct letters){13, place[at].ink, true, NULL}, "%s",
                place[at].name);
    struct letters small = {9, place[at].ink, false, NULL};
    shapes_text(&r->shapes, x, y + 3, MIDDLE_AT, small, "%s, %.0f %%",
                shapes_time(r->us[at], time), percent(r->us[at], whole));
    shapes_text(&r->shapes, x, y + 16, MIDDLE_AT, small, "entered ×%" PRIu64,
                r->entered[at]);
}

// ------------------------------------------------------- time of each server

static void draw_shares(struct roles *r, double top)
{
    enum { LEFT = 110, WIDTH = 640, PITCH = 19 };
    static const char *const looks[] = {
        [FOLLOWER] =
            "style=filled, fillcolor=white, penwidth=0.8, color=\"" PAINT_QUIET
            "\"",
        [CANDIDATE] = "style=filled, fillcolor=\"" PAINT_SHADE
                      "\", penwidth=0.8, color=\"" PAINT_QUIET "\"",
        [LEADER] = "style=filled, fillcolor=\"" PAINT_INK
                   "\", penwidth=0.8, color=\"" PAINT_INK "\"",
        [DOWN] = "style=\"filled,dotted\", fillcolor=white, penwidth=0.8,"
                 " color=\"" PAINT_QUIET "\"",
    };
    uint64_t whole = r->spans.to_us - r->spans.from_us;
    shapes_text(&r->shapes, LEFT, top, LEFT_AT,
                (struct letters){10, PAINT_INK, true, NULL},
                "time of each server in each role");
    for (int server = 0; server < r->spans.n_servers; server++) {
        uint64_t us[N_PLACES] = {0};
        double x = LEFT, y = top + 18 + PITCH * server;
        sum_time(&r->spans, server, us);
        shapes_text(&r->shapes, LEFT - 8, y, RIGHT_AT,
                    (struct letters){10, PAINT_INK, true, NULL}, "S%d",
                    server + 1);
        for (int at = FOLLOWER; at <= DOWN; at++) {
            double width = WIDTH * percent(us[at], whole) / 100;
            char label[48], time[32], tip[96];
            struct letters letters = {8, place[at].ink, false, NULL};
            if (width < 0.4)
                continue;
            snprintf(label, sizeof label, "%s %.0f %%", place[at].name,
                     percent(us[at], whole));
            snprintf(tip, sizeof tip, "S%d %s for %s", server + 1,
                     place[at].name, shapes_time(us[at], time));
            shapes_band(&r->shapes, (struct area){x, y - 7, x + width, y + 7},
                        looks[at], tip);
            if (shapes_width(label, letters) + 6 < width)
                shapes_text(&r->shapes, x + width / 2, y, MIDDLE_AT, letters,
                            "%s", label);
            x += width;
        }
    }
}

static void draw_title(struct roles *r, const struct trace_header *header,
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
    shapes_text(&r->shapes, 4, y, LEFT_AT,
                (struct letters){13, PAINT_INK, true, NULL},
                "the roles in %s, seed %s", header->scenario, header->seed);
    shapes_text(&r->shapes, 4, y + 18, LEFT_AT,
                (struct letters){10, n_wrong > 0 ? PAINT_FAULT : PAINT_QUIET,
                                 false, NULL},
                "%d server%s, %s, terms %" PRIu64 " to %" PRIu64
                "   ·   %d of %d transitions taken%s",
                header->n_servers, header->n_servers == 1 ? "" : "s",
                shapes_time(r->spans.to_us - r->spans.from_us, time),
                r->first_term, r->last_term, n_taken, n_known, wrong);
}

void viz_roles(const struct trace_file *trace, const struct viz_window *window,
               FILE *out)
{
    struct roles r = {.first_term = 0};
    spans_make(&r.spans, trace, window);
    alt_events(out, trace, r.spans.begin, r.spans.end,
               "the roles of Figure 4, and how often they were taken");
    r.shapes = shapes_begin(out, "roles");
    count(&r, trace, &window->filter);
    sum_time(&r.spans, -1, r.us);
    uint64_t whole = r.spans.to_us - r.spans.from_us;
    bool leaps = r.passage[FOLLOWER][LEADER].n > 0;
    draw_title(&r, &trace->header, leaps ? -76 : 2);
    shapes_fill(&r.shapes, (struct area){54, 185, 64, 195}, PAINT_INK, "start");
    for (int i = 0; i < N_ARROWS; i++)
        draw_arrow(&r, &arrows[i]);
    for (int at = FOLLOWER; at <= DOWN; at++)
        draw_place(&r, (enum place)at, whole * (uint64_t)r.spans.n_servers);
    draw_shares(&r, 440);
    shapes_end(&r.shapes);
    spans_free(&r.spans);
}
