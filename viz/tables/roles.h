// roles.h -- what the pictures of roles share: how often each was taken.
#ifndef GLASSRAFT_TABLES_ROLES_H
#define GLASSRAFT_TABLES_ROLES_H

#include "viz/draw/shapes.h"
#include "viz/draw/spans.h"

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
    struct viz_room room;
    double small; // the type of reasons and times
};

// Name and looks of a role, and where its box stands.
struct role_place {
    const char *name;
    double x, y;
    const char *looks, *ink;
};
extern const struct role_place roles_place[START];

// Adds the time in each place, of one server or (-1) of all.
void roles_sum_time(const struct spans *spans, int only, uint64_t us[N_PLACES]);
double roles_percent(uint64_t part, uint64_t whole);

// roles_list.c: the steps as a list, for a column; the time of each server, in
// bars of that width. Both give the y below.
double roles_list(struct roles *r, double y, double width);
double roles_shares(struct roles *r, double left, double top, double width);

#endif
