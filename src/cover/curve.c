// curve.c -- see curve.h.
#include "curve.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

const char *const curve_name[CURVE_KINDS] = {
    [CURVE_STATES] = "states",           [CURVE_RULES] = "rules",
    [CURVE_TRANSITIONS] = "transitions", [CURVE_LINES] = "lines",
    [CURVE_BRANCHES] = "branches",
};

// Seeds that met a thing, and the last of them; seeds are numbered from 1.
struct seen {
    uint64_t key;
    size_t n_seeds, last;
};

struct curve_inside {
    uint64_t seed;
    struct seen *state; // open addressing; n_seeds 0 = empty
    size_t room, n_states;
    struct seen rule[RULES_N], transition[MET_TRANSITIONS];
    size_t n_rules, n_transitions;
    const struct cover *cover;
};

struct curve *curve_make(void)
{
    struct curve *curve = must_calloc(1, sizeof *curve);
    curve->inside = must_calloc(1, sizeof *curve->inside);
    curve->inside->room = 1024;
    curve->inside->state =
        must_calloc(curve->inside->room, sizeof *curve->inside->state);
    curve->most[CURVE_RULES] = RULES_N;
    curve->most[CURVE_TRANSITIONS] = MET_TRANSITIONS;
    return curve;
}

void curve_free(struct curve *curve)
{
    free(curve->inside->state);
    free(curve->inside);
    free(curve->met);
    free(curve);
}

static void see(struct seen *seen, size_t number, size_t *n)
{
    if (seen->last == number)
        return;
    *n += seen->n_seeds == 0;
    seen->n_seeds++;
    seen->last = number;
}

static struct seen *find(struct curve_inside *in, uint64_t key)
{
    size_t at = key % in->room;
    while (in->state[at].n_seeds > 0 && in->state[at].key != key)
        at = (at + 1) % in->room;
    in->state[at].key = key;
    return &in->state[at];
}

static void grow(struct curve_inside *in)
{
    struct seen *old = in->state;
    size_t n = in->room;
    in->room *= 2;
    in->state = must_calloc(in->room, sizeof *in->state);
    for (size_t i = 0; i < n; i++)
        if (old[i].n_seeds > 0)
            *find(in, old[i].key) = old[i];
    free(old);
}

// Where the curve stands behind the seed that is the last so far.
static void note_point(struct curve *curve)
{
    struct curve_inside *in = curve->inside;
    size_t *now = curve->met[curve->n_seeds - 1];
    now[CURVE_STATES] = in->n_states;
    now[CURVE_RULES] = in->n_rules;
    now[CURVE_TRANSITIONS] = in->n_transitions;
    now[CURVE_LINES] = now[CURVE_BRANCHES] = 0;
    if (in->cover == NULL)
        return;
    struct cover_totals totals = cover_totals(in->cover);
    now[CURVE_LINES] = totals.lines.n_reached;
    now[CURVE_BRANCHES] = totals.branches.n_reached;
    curve->most[CURVE_LINES] = totals.lines.n;
    curve->most[CURVE_BRANCHES] = totals.branches.n;
}

static void begin_seed(struct curve *curve, uint64_t seed)
{
    if (curve->n_seeds > 0)
        note_point(curve);
    curve->inside->seed = seed;
    curve->met =
        must_realloc(curve->met, ++curve->n_seeds * sizeof *curve->met);
    memset(curve->met[curve->n_seeds - 1], 0, sizeof curve->met[0]);
}

void curve_add(struct curve *curve, uint64_t seed, const struct met *met,
               const struct cover *cover)
{
    struct curve_inside *in = curve->inside;
    if (curve->n_seeds == 0 || seed != in->seed)
        begin_seed(curve, seed);
    size_t number = curve->n_seeds;
    in->cover = cover;
    curve->covers = cover != NULL;
    curve->lost |= met->n_lost > 0;
    for (size_t i = 0; i < MET_STATES; i++) {
        if (met->state[i] == 0)
            continue;
        if (in->n_states * 2 > in->room)
            grow(in);
        see(find(in, met->state[i]), number, &in->n_states);
    }
    for (int i = 0; i < RULES_N; i++)
        if (rules_count(&met->rules, i) > 0)
            see(&in->rule[i], number, &in->n_rules);
    for (int i = 0; i < MET_TRANSITIONS; i++)
        if (met->transition[i] > 0)
            see(&in->transition[i], number, &in->n_transitions);
}

static size_t once(const struct seen *seen, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += seen[i].n_seeds == 1;
    return count;
}

static void count_lines(struct curve *curve)
{
    const struct cover *cover = curve->inside->cover;
    for (size_t f = 0; cover != NULL && f < cover->n_files; f++)
        for (size_t l = 0; l < cover->file[f].n_lines; l++) {
            const struct cover_line *line = &cover->file[f].line[l];
            curve->once[CURVE_LINES] += line->by.n_seeds == 1;
            for (size_t b = 0; b < line->n_branches; b++)
                curve->once[CURVE_BRANCHES] += line->branch[b].by.n_seeds == 1;
        }
}

void curve_end(struct curve *curve)
{
    struct curve_inside *in = curve->inside;
    if (curve->n_seeds == 0)
        return;
    note_point(curve);
    curve->once[CURVE_STATES] = once(in->state, in->room);
    curve->once[CURVE_RULES] = once(in->rule, RULES_N);
    curve->once[CURVE_TRANSITIONS] = once(in->transition, MET_TRANSITIONS);
    count_lines(curve);
    in->cover = NULL;
}

size_t curve_flat(const struct curve *curve, enum curve_kind kind)
{
    size_t at = curve->n_seeds;
    while (at > 1 && curve->met[at - 2][kind] == curve->met[at - 1][kind])
        at--;
    return curve->n_seeds - at;
}

double curve_next(const struct curve *curve, enum curve_kind kind)
{
    return curve->n_seeds > 1
               ? (double)curve->once[kind] / (double)curve->n_seeds
               : -1;
}

void curve_line(const struct curve *curve, char *out, size_t n)
{
    size_t seeds = curve->n_seeds;
    if (n > 0)
        out[0] = '\0';
    if (seeds < 2)
        return;
    const size_t *now = curve->met[seeds - 1];
    size_t last = seeds / 2;
    size_t added =
        now[CURVE_STATES] - curve->met[seeds - last - 1][CURVE_STATES];
    snprintf(
        out, n,
        "%zu seeds met %s%zu state%s and %zu of %d rules; the last %zu added"
        " %zu state%s, one more would add about %.1f",
        seeds, curve->lost ? "more than " : "", now[CURVE_STATES],
        now[CURVE_STATES] == 1 ? "" : "s", now[CURVE_RULES], RULES_N, last,
        added, added == 1 ? "" : "s", curve_next(curve, CURVE_STATES));
}

static bool is_told(size_t n, size_t n_seeds)
{
    size_t power = 1;
    while (power * 10 <= n)
        power *= 10;
    return n == n_seeds || n == power || n == 2 * power || n == 5 * power;
}

static int kinds_of(const struct curve *curve)
{
    return curve->covers ? CURVE_KINDS : CURVE_LINES;
}

void curve_text(const struct curve *curve, FILE *out)
{
    int kinds = kinds_of(curve);
    fprintf(out, "%-20s", "seeds");
    for (int k = 0; k < kinds; k++)
        fprintf(out, " %11s", curve_name[k]);
    fputc('\n', out);
    for (size_t i = 1; i <= curve->n_seeds; i++) {
        if (!is_told(i, curve->n_seeds))
            continue;
        fprintf(out, "%-20zu", i);
        for (int k = 0; k < kinds; k++)
            fprintf(out, " %11zu", curve->met[i - 1][k]);
        fputc('\n', out);
    }
    fprintf(out, "%-20s", "nothing new for");
    for (int k = 0; k < kinds; k++)
        fprintf(out, " %11zu", curve_flat(curve, (enum curve_kind)k));
    fprintf(out, "\n%-20s", "one more would add");
    for (int k = 0; k < kinds; k++)
        if (curve->n_seeds > 1)
            fprintf(out, " %11.2f", curve_next(curve, (enum curve_kind)k));
        else
            fprintf(out, " %11s", "?");
    fprintf(out, "\n%-20s", "there are");
    for (int k = 0; k < kinds; k++)
        if (curve->most[k] > 0)
            fprintf(out, " %11zu", curve->most[k]);
        else
            fprintf(out, " %11s", "?");
    fputc('\n', out);
}
