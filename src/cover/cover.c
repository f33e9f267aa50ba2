// cover.c -- see cover.h: counts runs.
#include "inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static void reach(struct cover_reached *by, const struct cover_run *run)
{
    by->n_seeds += by->n_runs == 0 || by->last_seed != run->seed;
    by->last_seed = run->seed;
    if (by->n_runs++ == 0)
        by->first = *run;
}

// Once in a run, however many blocks it has.
static void reach_line(struct cover *cover, struct place at,
                       const struct cover_run *run)
{
    struct cover_inside *in = cover->inside;
    struct cover_line *line = &cover->file[at.file].line[at.line];
    uint64_t *stamp = &in->stamp[at.file][at.line];
    if (*stamp == cover->n_runs)
        return;
    *stamp = cover->n_runs;
    in->was_new |= line->by.n_runs == 0;
    reach(&line->by, run);
}

// A branch of a function in a header may belong to several files.
static void take_branch(struct cover *cover, const struct part *part, size_t a,
                        const struct cover_run *run)
{
    struct cover_inside *in = cover->inside;
    struct branch_at at = part->branch[a];
    if (at.file < 0 || in->count[a] <= 0)
        return;
    struct cover_branch *branch =
        &cover->file[at.file].line[at.line].branch[at.number];
    branch->n_taken += (uint64_t)in->count[a];
    if (branch->stamp == cover->n_runs)
        return;
    branch->stamp = cover->n_runs;
    in->was_new |= branch->by.n_runs == 0;
    reach(&branch->by, run);
}

static bool any(const uint64_t *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value[i] != 0)
            return true;
    return false;
}

static bool is_there(const struct cover *cover, const struct part *part,
                     const struct cover_stop *stopped)
{
    return stopped != NULL && part->named.file >= 0 &&
           strcmp(part->function->name, stopped->function) == 0 &&
           strcmp(cover->file[part->named.file].name, stopped->file) == 0;
}

// A line has several blocks: it stopped in the first that the counts allow.
static void solve(struct cover *cover, const struct part *part,
                  const uint64_t *counters, const struct cover_stop *stopped)
{
    const struct gcno_function *f = part->function;
    int64_t *count = cover->inside->count;
    for (size_t i = 0; is_there(cover, part, stopped) && i < f->n_lines; i++)
        if (f->lines[i].line == stopped->line &&
            flow_solve(&part->flow, f, counters, f->lines[i].block, count))
            return;
    flow_solve(&part->flow, f, counters, 0, count);
}

static void add_part(struct cover *cover, const struct part *part,
                     const struct cover_run *run, const uint64_t *counters,
                     const struct cover_stop *stopped)
{
    struct cover_inside *in = cover->inside;
    const struct gcno_function *f = part->function;
    if (part->at < 0 || (!any(counters + part->at, part->flow.n_counters) &&
                         !is_there(cover, part, stopped)))
        return;
    solve(cover, part, counters + part->at, stopped);
    memset(in->entered, 0, f->n_blocks);
    for (size_t a = 0; a < f->n_arcs; a++)
        if (in->count[a] > 0)
            in->entered[f->arc[a].from] = in->entered[f->arc[a].to] = true;
    for (size_t i = 0; i < f->n_lines; i++)
        if (in->entered[f->lines[i].block] && part->line[i].file >= 0)
            reach_line(cover, part->line[i], run);
    for (size_t a = 0; a < f->n_arcs; a++)
        take_branch(cover, part, a, run);
    if (part->named.file < 0)
        return;
    struct cover_function *function =
        &cover->file[part->named.file].function[part->named.line];
    if (function->stamp != cover->n_runs)
        reach(&function->by, run);
    function->stamp = cover->n_runs;
}

void cover_add(struct cover *cover, const struct cover_run *run,
               const uint64_t *counters, const struct cover_stop *stopped)
{
    struct cover_inside *in = cover->inside;
    cover->n_runs++;
    in->was_new = false;
    for (size_t i = 0; i < cover->n_counters; i++)
        in->sum[i] += counters[i];
    for (size_t u = 0; u < in->n_units; u++)
        for (size_t i = 0; i < in->unit[u].gcno.n_functions; i++)
            add_part(cover, &in->unit[u].part[i], run, counters, stopped);
}

bool cover_was_new(const struct cover *cover)
{
    return cover->inside->was_new;
}

static void count(struct cover_share *share, const struct cover_reached *by)
{
    share->n++;
    share->n_reached += by->n_runs > 0;
}

struct cover_totals cover_totals_of(const struct cover_file *file)
{
    struct cover_totals totals = {0};
    for (size_t i = 0; i < file->n_functions; i++)
        count(&totals.functions, &file->function[i].by);
    for (size_t i = 0; i < file->n_lines; i++) {
        const struct cover_line *line = &file->line[i];
        count(&totals.lines, &line->by);
        for (size_t b = 0; b < line->n_branches; b++)
            count(&totals.branches, &line->branch[b].by);
    }
    return totals;
}

static void sum(struct cover_share *to, const struct cover_share *more)
{
    to->n += more->n;
    to->n_reached += more->n_reached;
}

struct cover_totals cover_totals(const struct cover *cover)
{
    struct cover_totals all = {0};
    for (size_t i = 0; i < cover->n_files; i++) {
        struct cover_totals one = cover_totals_of(&cover->file[i]);
        sum(&all.lines, &one.lines);
        sum(&all.branches, &one.branches);
        sum(&all.functions, &one.functions);
    }
    return all;
}

static const uint64_t *sums_of(void *context, size_t function)
{
    const struct saved *saved = context;
    const struct part *part = &saved->unit->part[function];
    return part->at >= 0 ? saved->sum + part->at : NULL;
}

static bool copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    bool good = in != NULL && out != NULL;
    for (size_t n = 1; good && n > 0;) {
        n = fread(bytes, 1, sizeof bytes, in);
        good = fwrite(bytes, 1, n, out) == n;
    }
    if (in != NULL)
        fclose(in);
    return (out == NULL || fclose(out) == 0) && good;
}

bool cover_save_counters(const struct cover *cover, const char *folder,
                         char error[300])
{
    char path[4096], notes[4096];
    for (size_t u = 0; u < cover->inside->n_units; u++) {
        struct unit *unit = &cover->inside->unit[u];
        struct saved saved = {unit, cover->inside->sum};
        snprintf(notes, sizeof notes, "%.3000s/%.200s.gcno",
                 cover->inside->notes, unit->name);
        snprintf(path, sizeof path, "%.3000s/%.200s.gcno", folder, unit->name);
        bool good = copy_file(notes, path);
        snprintf(path, sizeof path, "%.3000s/%.200s.gcda", folder, unit->name);
        FILE *out = fopen(path, "wb");
        good = out != NULL &&
               gcno_write_counters(&unit->gcno, sums_of, &saved, out) && good;
        if ((out != NULL && fclose(out) != 0) || !good) {
            snprintf(error, 300, "%.250s: cannot be written", path);
            return false;
        }
    }
    return true;
}
