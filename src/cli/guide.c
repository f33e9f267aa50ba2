// guide.c -- see guide.h.
#include "guide.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "check/met.h"
#include "base/die.h"

// Runs of a round, and of a scenario's kept seeds those that stay.
enum { ROUND = 32, MOST_KEPT = 64, TRIES = 8 };

// Of a scenario that meets nothing new any more; one that always does so must
// leave something for the others.
static const double LEAST_WEIGHT = 0.25, MOST_WEIGHT = 8;

// Something met, and by how many runs of its scenario.
struct thing {
    uint64_t key; // 0 = empty
    uint64_t n_runs;
};

struct things {
    struct thing *at; // open addressing
    size_t room, n;
};

// A seed that met something new.
struct kept {
    uint64_t seed, n_new, n_used, virtual_us;
};

struct plot {
    uint64_t n_runs, n_once; // things that exactly one run has met
    uint64_t next;           // the seed in order that comes next
    struct kept kept[MOST_KEPT];
    int n_kept;
};

struct guide {
    int n;
    uint64_t random;
    struct plot plot[GUIDE_MOST_SCENARIOS];
    struct things met, run; // what was met; which runs there were
    struct guide_choice *round;
    size_t n_round, given;
    struct guide_sums sums;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    return random_pair(a, b) | 1; // never 0
}

static uint64_t draw(struct guide *guide, uint64_t n)
{
    return mix(guide->random++, 0x67756964) / 2 % n;
}

static struct thing *find(struct things *things, uint64_t key)
{
    size_t at = key % things->room;
    while (things->at[at].key != 0 && things->at[at].key != key)
        at = (at + 1) % things->room;
    return &things->at[at];
}

static void make_room(struct things *things)
{
    if (things->n * 2 < things->room)
        return;
    struct things old = *things;
    things->room = old.room > 0 ? old.room * 2 : 4096;
    things->at = must_calloc(things->room, sizeof *things->at);
    for (size_t i = 0; i < old.room; i++)
        if (old.at[i].key != 0)
            *find(things, old.at[i].key) = old.at[i];
    free(old.at);
}

// Counts it; how often it was there before.
static uint64_t note(struct things *things, uint64_t key)
{
    make_room(things);
    struct thing *thing = find(things, key);
    things->n += thing->key == 0;
    thing->key = key;
    return thing->n_runs++;
}

struct guide *guide_make(int n_scenarios, uint64_t first)
{
    struct guide *guide = must_calloc(1, sizeof *guide);
    guide->n = n_scenarios;
    guide->random = first << 20;
    for (int i = 0; i < n_scenarios; i++)
        guide->plot[i].next = first;
    return guide;
}

void guide_free(struct guide *guide)
{
    free(guide->met.at);
    free(guide->run.at);
    free(guide->round);
    free(guide);
}

// ------------------------------------------------------------- what they met

static void meet(struct guide *guide, struct plot *plot, uint64_t key,
                 uint64_t *n_new)
{
    uint64_t before = note(&guide->met, key);
    *n_new += before == 0;
    plot->n_once += before == 0;
    plot->n_once -= before == 1;
}

// A count as a power of two, from 1 on.
static uint64_t power_of(uint64_t count)
{
    uint64_t n = 0;
    for (; count > 0; count /= 2)
        n++;
    return n;
}

static uint64_t meet_all(struct guide *guide, int scenario,
                         const struct met *met)
{
    struct plot *plot = &guide->plot[scenario];
    uint64_t own = mix((uint64_t)scenario, 1), n_new = 0;
    for (size_t i = 0; i < MET_STATES; i++)
        if (met->state[i] != 0)
            meet(guide, plot, mix(own, met->state[i]), &n_new);
    for (int i = 0; i < MET_TRANSITIONS; i++)
        if (met->transition[i] > 0)
            meet(
                guide, plot,
                mix(own, mix((uint64_t)i + 1000, power_of(met->transition[i]))),
                &n_new);
    for (uint64_t a = 0; a < TRACE_N_KINDS; a++)
        for (uint64_t b = 0; b < TRACE_N_KINDS; b++)
            if (met->follows[a][b] > 0)
                meet(guide, plot, mix(own, mix(a << 8 | b, 4)), &n_new);
    for (int i = 0; i < RULES_N; i++)
        if (rules_count(&met->rules, i) > 0)
            meet(guide, plot,
                 mix(own, mix((uint64_t)i + 2000,
                              power_of(rules_count(&met->rules, i)))),
                 &n_new);
    return n_new;
}

// The kept seed that has brought least for what was spent on it makes room.
static struct kept *place_for(struct plot *plot)
{
    if (plot->n_kept < MOST_KEPT)
        return &plot->kept[plot->n_kept++];
    struct kept *least = &plot->kept[0];
    for (int i = 1; i < MOST_KEPT; i++)
        if (plot->kept[i].n_new * (least->n_used + 1) <
            least->n_new * (plot->kept[i].n_used + 1))
            least = &plot->kept[i];
    return least;
}

void guide_learn(struct guide *guide, const struct guide_choice *choice,
                 const struct lab_result *result, const struct met *met,
                 bool new_lines)
{
    struct lab_parts parts;
    struct plot *plot = &guide->plot[choice->scenario];
    bool composed = lab_parts_of(choice->seed, &parts);
    plot->n_runs++;
    guide->sums.n_runs++;
    guide->sums.n_composed += composed;
    uint64_t n_new = meet_all(guide, choice->scenario, met) + new_lines;
    if (n_new == 0)
        return;
    guide->sums.n_kept++;
    guide->sums.n_kept_composed += composed;
    *place_for(plot) = (struct kept){
        .seed = choice->seed, .n_new = n_new, .virtual_us = result->virtual_us};
}

// --------------------------------------------------------------- what is next

static double weight_of(const struct plot *plot)
{
    double rate = (double)plot->n_once / (double)plot->n_runs;
    return LEAST_WEIGHT + fmin(rate, MOST_WEIGHT);
}

static int draw_scenario(struct guide *guide)
{
    double sum = 0;
    for (int i = 0; i < guide->n; i++)
        sum += weight_of(&guide->plot[i]);
    double at = (double)draw(guide, 1u << 30) / (1u << 30) * sum;
    int last = guide->n - 1;
    for (int i = 0; i < last; i++) {
        at -= weight_of(&guide->plot[i]);
        if (at < 0)
            return i;
    }
    return last;
}

// The better of two kept seeds.
static struct kept *draw_kept(struct guide *guide, struct plot *plot)
{
    struct kept *a = &plot->kept[draw(guide, (uint64_t)plot->n_kept)];
    struct kept *b = &plot->kept[draw(guide, (uint64_t)plot->n_kept)];
    return a->n_new * (b->n_used + 1) > b->n_new * (a->n_used + 1) ? a : b;
}

static uint64_t draw_small(struct guide *guide)
{
    return 1 + draw(guide, LAB_MOST_PART);
}

// A kept seed with one of its streams exchanged, or all from some moment on.
static uint64_t compose(struct guide *guide, struct plot *plot)
{
    struct lab_parts parts;
    struct kept *kept = draw_kept(guide, plot);
    kept->n_used++;
    if (!lab_parts_of(kept->seed, &parts)) {
        for (int i = 0; i < LAB_STREAMS; i++)
            parts.seed[i] = kept->seed;
        if (draw(guide, 2) == 0)
            parts.until_ms = 1;
    }
    if (parts.until_ms > 0) {
        parts.until_ms = draw(guide, kept->virtual_us / 1000 + 1) + 1;
        parts.then = draw_small(guide);
    } else {
        parts.seed[draw(guide, LAB_STREAMS)] = draw_small(guide);
    }
    return lab_compose(&parts);
}

static bool draw_seed(struct guide *guide, struct plot *plot, uint64_t *seed)
{
    bool in_order = plot->next <= LAB_MOST_PART;
    if (plot->n_kept > 0 && (!in_order || draw(guide, 2) == 0))
        *seed = compose(guide, plot);
    else if (in_order)
        *seed = plot->next++;
    else
        return false;
    return true;
}

static void give(struct guide *guide, int scenario, uint64_t seed)
{
    guide->round[guide->n_round++] =
        (struct guide_choice){.scenario = scenario, .seed = seed};
}

static void choose_one(struct guide *guide)
{
    for (int i = 0; i < TRIES; i++) {
        int scenario = draw_scenario(guide);
        uint64_t seed;
        if (draw_seed(guide, &guide->plot[scenario], &seed) &&
            note(&guide->run, mix(mix((uint64_t)scenario, 2), seed)) == 0) {
            give(guide, scenario, seed);
            return;
        }
    }
}

// The first round is what a sweep begins with: each scenario once.
void guide_begin_round(struct guide *guide, uint64_t most)
{
    bool first = guide->round == NULL;
    size_t n = first ? (size_t)guide->n : ROUND;
    n = most < n ? (size_t)most : n;
    if (first)
        guide->round =
            must_calloc(ROUND + (size_t)guide->n, sizeof *guide->round);
    guide->n_round = guide->given = 0;
    for (size_t i = 0; i < n; i++)
        if (first)
            give(guide, (int)i, guide->plot[i].next++);
        else
            choose_one(guide);
}

bool guide_next(struct guide *guide, struct guide_choice *choice)
{
    if (guide->given == guide->n_round)
        return false;
    *choice = guide->round[guide->given++];
    return true;
}

struct guide_sums guide_sums(const struct guide *guide)
{
    return guide->sums;
}
