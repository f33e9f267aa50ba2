// roles_list.c -- the steps between roles as a list, and the time in each.
#include <inttypes.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "roles.h"

const struct role_place roles_place[START] = {
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

static enum place place_of(const struct span *span)
{
    return span->up ? (enum place)span->role : DOWN;
}

// Adds the time in each place, of one server or (-1) of all.
void roles_sum_time(const struct spans *spans, int only, uint64_t us[N_PLACES])
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

double roles_percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100 * (double)part / (double)whole : 0;
}

// ------------------------------------------------------- time of each server

double roles_shares(struct roles *r, double left, double top, double width)
{
    enum { PITCH = 19 };
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
    shapes_text(&r->shapes, left, top, LEFT_AT,
                (struct letters){10, PAINT_INK, true, NULL},
                "time of each server in each role");
    for (int server = 0; server < r->spans.n_servers; server++) {
        uint64_t us[N_PLACES] = {0};
        double x = left, y = top + 18 + PITCH * server;
        roles_sum_time(&r->spans, server, us);
        shapes_text(&r->shapes, left - 8, y, RIGHT_AT,
                    (struct letters){10, PAINT_INK, true, NULL}, "S%d",
                    server + 1);
        for (int at = FOLLOWER; at <= DOWN; at++) {
            double part = width * roles_percent(us[at], whole) / 100;
            char label[48], time[32], tip[96];
            struct letters letters = {r->room.format != NULL ? r->small : 8,
                                      roles_place[at].ink, false, NULL};
            if (part < 0.4)
                continue;
            snprintf(label, sizeof label, "%s %.0f %%", roles_place[at].name,
                     roles_percent(us[at], whole));
            snprintf(tip, sizeof tip, "S%d %s for %s", server + 1,
                     roles_place[at].name, shapes_time(us[at], time));
            shapes_band(&r->shapes, (struct area){x, y - 7, x + part, y + 7},
                        looks[at], tip);
            if (shapes_width(label, letters) + 6 < part)
                shapes_text(&r->shapes, x + part / 2, y, MIDDLE_AT, letters,
                            "%s", label);
            x += part;
        }
    }
    return top + 18 + PITCH * r->spans.n_servers;
}

// ------------------------------------------------------------------ the list

// Does Figure 4 have this step? A crash and a restart are ours.
static bool is_known(enum place from, enum place to)
{
    static const bool known[N_PLACES][N_PLACES] = {
        [START] = {[FOLLOWER] = true},
        [FOLLOWER] = {[CANDIDATE] = true, [DOWN] = true},
        [CANDIDATE] = {[FOLLOWER] = true,
                       [CANDIDATE] = true,
                       [LEADER] = true,
                       [DOWN] = true},
        [LEADER] = {[FOLLOWER] = true, [DOWN] = true},
        [DOWN] = {[FOLLOWER] = true},
    };
    return known[from][to];
}

static void draw_chip(struct roles *r, double x, double y, enum place at)
{
    enum { WIDE = 64, HALF = 8 };
    if (at == START) {
        shapes_fill(&r->shapes,
                    (struct area){x + WIDE - 8, y - 4, x + WIDE, y + 4},
                    PAINT_INK, "start");
        return;
    }
    shapes_band(&r->shapes, (struct area){x, y - HALF, x + WIDE, y + HALF},
                roles_place[at].looks, roles_place[at].name);
    shapes_text(&r->shapes, x + WIDE / 2.0, y, MIDDLE_AT,
                (struct letters){r->small, roles_place[at].ink, true, NULL},
                "%s", roles_place[at].name);
}

// A step that was taken, with its reasons; gives the y below.
static double draw_step(struct roles *r, enum place from, enum place to,
                        double y)
{
    enum { CHIP = 64, ARROW = 26, ROW = 12, REASONS = 178 };
    const struct passage *p = &r->passage[from][to];
    bool fault = to == DOWN || !is_known(from, to);
    const char *colour = fault ? PAINT_FAULT : PAINT_INK;
    char looks[80];
    draw_chip(r, 4, y, from);
    draw_chip(r, 4 + CHIP + ARROW, y, to);
    snprintf(looks, sizeof looks, "arrowhead=normal, color=\"%s\"", colour);
    shapes_line(&r->shapes, 8 + CHIP, y, ARROW + CHIP, y, looks, "a step");
    for (int i = 0; i < p->n_whys; i++)
        shapes_text(&r->shapes, REASONS, y + ROW * i, LEFT_AT,
                    (struct letters){r->small, colour, false, NULL},
                    "%.30s ×%" PRIu64, p->why[i].text, p->why[i].n);
    y += p->n_whys > 1 ? ROW * (p->n_whys - 1) : 0;
    if (!is_known(from, to)) {
        y += ROW;
        shapes_text(&r->shapes, REASONS, y, LEFT_AT,
                    (struct letters){r->small, colour, true, NULL},
                    "not in Figure 4");
    }
    return y + 21;
}

double roles_list(struct roles *r, double y, double width)
{
    char never[400] = "";
    y += 8;
    for (int from = START; from >= FOLLOWER; from--)
        for (int to = FOLLOWER; to <= DOWN; to++) {
            const struct passage *p = &r->passage[from][to];
            if (p->n > 0)
                y = draw_step(r, (enum place)from, (enum place)to, y);
            else if (is_known((enum place)from, (enum place)to))
                snprintf(never + strlen(never), sizeof never - strlen(never),
                         "%s%s to %s", never[0] != '\0' ? "   ·   " : "never: ",
                         from == START ? "start" : roles_place[from].name,
                         roles_place[to].name);
        }
    struct letters quiet = {r->small, PAINT_QUIET, false, NULL};
    if (never[0] != '\0')
        y = shapes_parts(&r->shapes, 4, y, width, quiet, never);
    return roles_shares(r, 34, y + 10, width - 40);
}
