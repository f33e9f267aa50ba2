// text.c -- see cover.h: tables for terminals and pull requests.
#include "cover.h"

#include <inttypes.h>
#include <string.h>

void cover_percent(struct cover_share share, char out[16])
{
    // Rounded down, so that only all is 100 %.
    unsigned tenths =
        share.n > 0 ? (unsigned)(1000 * share.n_reached / share.n) : 0;
    if (share.n == 0)
        snprintf(out, 16, "-");
    else if (tenths == 1000)
        snprintf(out, 16, "100 %%");
    else
        snprintf(out, 16, "%u.%u %%", tenths / 10 % 101, tenths % 10);
}

// Lines without code do not end a range.
void cover_unreached(const struct cover_file *file, char *out, size_t n)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < file->n_lines;) {
        size_t last = i;
        char range[48];
        if (file->line[i].by.n_runs > 0) {
            i++;
            continue;
        }
        while (last + 1 < file->n_lines && file->line[last + 1].by.n_runs == 0)
            last++;
        int length = snprintf(range, sizeof range, "%s%u", at > 0 ? ", " : "",
                              file->line[i].number);
        if (last > i)
            length += snprintf(range + length, sizeof range - (size_t)length,
                               "-%u", file->line[last].number);
        if (at + (size_t)length + 6 > n) {
            snprintf(out + at, n - at, "%s...", at > 0 ? ", " : "");
            return;
        }
        memcpy(out + at, range, (size_t)length + 1);
        at += (size_t)length;
        i = last + 1;
    }
}

static void print_share(FILE *out, struct cover_share share)
{
    char percent[16];
    cover_percent(share, percent);
    fprintf(out, "  %8s %5zu of %-5zu", percent, share.n_reached, share.n);
}

static void print_row(FILE *out, const char *name, struct cover_totals totals,
                      const char *unreached)
{
    fprintf(out, "%-20s", name);
    print_share(out, totals.lines);
    print_share(out, totals.branches);
    print_share(out, totals.functions);
    fprintf(out, "%s%s\n", unreached[0] != '\0' ? "  " : "", unreached);
}

void cover_text(const struct cover *cover, FILE *out)
{
    fprintf(out, "%-20s  %-22s  %-22s  %-22s  %s\n", "file", "lines",
            "branches", "functions", "lines that no run reached");
    for (size_t i = 0; i < cover->n_files; i++) {
        char unreached[200];
        cover_unreached(&cover->file[i], unreached, sizeof unreached);
        print_row(out, cover->file[i].name, cover_totals_of(&cover->file[i]),
                  unreached);
    }
    print_row(out, "all", cover_totals(cover), "");
}

static void mark_row(FILE *out, const char *name, struct cover_totals totals,
                     const char *unreached)
{
    const struct cover_share *shares[] = {&totals.lines, &totals.branches,
                                          &totals.functions};
    fprintf(out, "| %s |", name);
    for (int i = 0; i < 3; i++) {
        char percent[16];
        cover_percent(*shares[i], percent);
        fprintf(out, " %s (%zu of %zu) |", percent, shares[i]->n_reached,
                shares[i]->n);
    }
    fprintf(out, " %s |\n", unreached);
}

static void mark_hints(const struct cover *cover, FILE *out)
{
    bool any = false;
    for (size_t i = 0; i < cover->n_files; i++)
        for (size_t l = 0; l < cover->file[i].n_lines; l++) {
            const struct cover_line *line = &cover->file[i].line[l];
            const char *before = l > 0 ? line[-1].hint : NULL;
            if (line->hint == NULL ||
                (before != NULL && strcmp(before, line->hint) == 0))
                continue;
            if (!any)
                fprintf(out, "\nWhere no run came:\n\n");
            any = true;
            fprintf(out, "- `%s:%u` in `%s()`: %s\n", cover->file[i].name,
                    line->number, line->function, line->hint);
        }
}

void cover_markdown(const struct cover *cover, const struct cover_about *about,
                    FILE *out)
{
    fprintf(out,
            "### Coverage of `%s`: %" PRIu64 " runs\n\n"
            "| file | lines | branches | functions | lines that no run reached"
            " |\n| --- | ---: | ---: | ---: | --- |\n",
            about->raft, cover->n_runs);
    for (size_t i = 0; i < cover->n_files; i++) {
        char unreached[120];
        cover_unreached(&cover->file[i], unreached, sizeof unreached);
        mark_row(out, cover->file[i].name, cover_totals_of(&cover->file[i]),
                 unreached);
    }
    mark_row(out, "all", cover_totals(cover), "");
    mark_hints(cover, out);
}
