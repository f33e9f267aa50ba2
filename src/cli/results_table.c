// results_table.c -- see results_table.h.
#include "results_table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "check/findings.h"
#include "labs/suites/course.h"

static struct tally_line *find(struct tally *tally, const char *scenario)
{
    for (int i = 0; i < tally->n_lines; i++)
        if (strcmp(tally->line[i].name, scenario) == 0)
            return &tally->line[i];
    if (tally->n_lines == TALLY_MOST)
        return &tally->line[TALLY_MOST - 1];
    struct tally_line *line = &tally->line[tally->n_lines++];
    *line = (struct tally_line){.n_runs = 0};
    snprintf(line->name, sizeof line->name, "%s", scenario);
    return line;
}

void tally_add(struct tally *tally, const char *scenario, uint64_t seed,
               bool passed, uint64_t virtual_us, uint64_t real_us)
{
    struct tally_line *line = find(tally, scenario);
    if (!passed && (line->n_failed == 0 || seed < line->first_failed))
        line->first_failed = seed;
    if (real_us > line->slowest_us || line->n_runs == 0) {
        line->slowest_us = real_us;
        line->slowest_seed = seed;
    }
    line->n_runs++;
    line->n_failed += !passed;
    line->virtual_us += virtual_us;
    line->real_us += real_us;
    tally->n_passed += passed;
    tally->n_failed += !passed;
}

void tally_draws(struct tally *tally, const char *scenario,
                 uint64_t n_drawn_again, bool not_set_up)
{
    struct tally_line *line = find(tally, scenario);
    line->n_drawn_again += n_drawn_again;
    line->n_not_set_up += not_set_up;
}

static void print_draws(const struct tally_line *line, FILE *out)
{
    if (line->n_drawn_again > 0)
        fprintf(out, "    drawn again: %" PRIu64, line->n_drawn_again);
    if (line->n_not_set_up > 0)
        fprintf(out, ", not set up: %" PRIu64, line->n_not_set_up);
}

uint64_t tally_failed(struct tally *tally, const char *scenario)
{
    return find(tally, scenario)->n_failed;
}

void tally_explain(struct tally *tally, const char *scenario, uint64_t seed,
                   const char *property, const char *tag)
{
    struct tally_line *line = find(tally, scenario);
    if (line->first_failed == seed)
        snprintf(line->why, sizeof line->why, "%.50s%s%.12s%s",
                 finding_headline(property), tag[0] != '\0' ? " [" : "", tag,
                 tag[0] != '\0' ? "]" : "");
}

// Chance of at most k failures in n runs at that rate.
static double at_most(uint64_t k, uint64_t n, double rate)
{
    double sum = 0;
    for (uint64_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
                   lgamma((double)(n - i) + 1) + (double)i * log(rate) +
                   (double)(n - i) * log1p(-rate));
    return sum;
}

double tally_bound(uint64_t n_failed, uint64_t n_runs)
{
    double low = 0, high = 1;
    if (n_runs == 0 || n_failed == n_runs)
        return 100;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (at_most(n_failed, n_runs, middle) > 0.05)
            low = middle;
        else
            high = middle;
    }
    return 100 * high;
}

static void print_line(const struct tally_line *line, FILE *out)
{
    fprintf(out,
            "%-34s %7" PRIu64 " %7" PRIu64
            "  < %6.2f %% %10.1f %8.2f %8.1f  0x%" PRIx64,
            line->name, line->n_runs, line->n_failed,
            tally_bound(line->n_failed, line->n_runs),
            (double)line->virtual_us / 1e6, (double)line->real_us / 1e6,
            (double)line->slowest_us / 1e3, line->slowest_seed);
    if (line->n_failed > 0)
        fprintf(out, "  first failing seed: 0x%" PRIx64, line->first_failed);
    print_draws(line, out);
    fputc('\n', out);
}

void tally_print(const struct tally *tally, FILE *out)
{
    if (tally->n_lines > 0)
        fprintf(out, "%-34s %7s %7s  %10s %10s %8s %8s  %s\n", "scenario",
                "runs", "failed", "rate, 95 %", "virtual s", "real s",
                "worst ms", "seed");
    for (int i = 0; i < tally->n_lines; i++)
        print_line(&tally->line[i], out);
    fprintf(out, "%" PRIu64 " passed, %" PRIu64 " failed\n", tally->n_passed,
            tally->n_failed);
}

// Of a part's scenarios, how many have passed with all their seeds.
static int print_part(const struct tally *tally, const struct course_part *part,
                      FILE *out)
{
    int n_passed = 0;
    for (int i = 0; i < tally->n_lines; i++) {
        const struct tally_line *line = &tally->line[i];
        const struct course_task *task = part->tasks;
        while (task->scenario != NULL &&
               strcmp(task->scenario, line->name) != 0)
            task++;
        if (task->scenario == NULL)
            continue;
        n_passed += line->n_failed == 0;
        fprintf(out, "  %-34s %4" PRIu64 " of %" PRIu64, line->name,
                line->n_runs - line->n_failed, line->n_runs);
        if (line->n_failed > 0)
            fprintf(out, "    seed 0x%" PRIx64 ": %s", line->first_failed,
                    line->why);
        print_draws(line, out);
        fputc('\n', out);
    }
    return n_passed;
}

void tally_print_lab(const struct tally *tally, const struct course_lab *lab,
                     FILE *out)
{
    int n_passed = 0;
    fprintf(out, "lab %u, %s: seeds passed\n", lab->number, lab->title);
    for (const struct course_part *part = lab->parts; part->name != NULL;
         part++)
        n_passed += print_part(tally, part, out);
    fprintf(out, "%d of %d scenarios passed with all their seeds\n", n_passed,
            tally->n_lines);
    fprintf(out, "%" PRIu64 " passed, %" PRIu64 " failed\n", tally->n_passed,
            tally->n_failed);
}
