// tally.c -- see tally.h.
#include "tally.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

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
        fprintf(out, "  failed first: 0x%" PRIx64, line->first_failed);
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
