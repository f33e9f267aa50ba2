// html.c -- see cover.h: the page, sources and all, in light and in dark.
#include "cover.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<style>\n"
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--quiet:#59636e;"
    "--rule:#d1d9e0;--band:#f6f8fa;--no:#ffe3e0;--half:#fff3cd;--mark:#b42318;"
    "--some:#8a6100;--bar:#2f6f4f}\n"
    "@media(prefers-color-scheme:dark){:root{--ground:#16191d;--ink:#e3e7eb;"
    "--quiet:#9aa4af;--rule:#3a424b;--band:#1f2429;--no:#48201d;--half:#43370f;"
    "--mark:#ff9b92;--some:#f0c75e;--bar:#63b58b}}\n"
    "body{margin:0 auto;max-width:1180px;padding:16px;background:var(--ground);"
    "color:var(--ink);font:15px/1.45 system-ui,Helvetica,Arial,sans-serif}\n"
    "h1{font-size:21px;margin:0 0 4px}h2{font-size:17px;margin:28px 0 6px}\n"
    "p{margin:4px 0;max-width:76ch}.q{color:var(--quiet)}\n"
    "a{color:inherit}table{border-collapse:collapse}\n"
    ".all td,.all th{padding:3px 14px 3px 0;border-bottom:1px solid "
    "var(--rule);text-align:left;white-space:nowrap}\n"
    ".all .n{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".bar{display:inline-block;width:90px;height:9px;border:1px solid "
    "var(--rule);margin-right:8px;vertical-align:1px}"
    ".bar i{display:block;height:100%;background:var(--bar)}\n"
    ".src{width:100%;font:13px/1.35 ui-monospace,Menlo,Consolas,monospace}\n"
    ".src td{padding:0 8px;vertical-align:top}\n"
    ".src .no,.src .n{text-align:right;color:var(--quiet);white-space:nowrap;"
    "user-select:none}\n"
    ".src .code{white-space:pre;width:100%;overflow-wrap:anywhere}\n"
    ".src .who{color:var(--quiet);white-space:nowrap;font-size:12px}\n"
    "tr.never td{background:var(--no)}tr.half td{background:var(--half)}\n"
    ".x{color:var(--mark);font-weight:bold}.h{color:var(--some);"
    "font-weight:bold}\n"
    ".hint{white-space:normal;font:13px/1.4 system-ui,Helvetica,Arial,"
    "sans-serif}\n"
    "summary{cursor:pointer}code{font-size:13px}\n"
    "</style>\n";

static void put(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n && text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c >= ' ' || c == '\t')
            fputc(c, out);
    }
}

static void put_share(FILE *out, struct cover_share share)
{
    char percent[16];
    cover_percent(share, percent);
    fprintf(out,
            "<td><span class=\"bar\"><i style=\"width:%zu%%\"></i></span>"
            "<td class=\"n\">%s<td class=\"n q\">%zu of %zu",
            share.n > 0 ? 100 * share.n_reached / share.n : 0, percent,
            share.n_reached, share.n);
}

static void put_row(FILE *out, const char *name, const char *link,
                    struct cover_totals totals)
{
    fputs("<tr><td>", out);
    if (link != NULL)
        fprintf(out, "<a href=\"#%s\">", link);
    put(out, name, strlen(name));
    fputs(link != NULL ? "</a>" : "", out);
    put_share(out, totals.lines);
    put_share(out, totals.branches);
    put_share(out, totals.functions);
    fputs("</tr>\n", out);
}

static void put_by(FILE *out, const struct cover_reached *by)
{
    fprintf(out, "%s, seed %" PRIu64, by->first.scenario, by->first.seed);
    if (by->first.crash_at > 0)
        fprintf(out, ", crash at %" PRIu64, by->first.crash_at);
}

static size_t n_taken(const struct cover_line *line)
{
    size_t n = 0;
    for (size_t i = 0; i < line->n_branches; i++)
        n += line->branch[i].by.n_runs > 0;
    return n;
}

// What hovering over the branches says.
static void put_branches(FILE *out, const struct cover_line *line)
{
    size_t taken = n_taken(line);
    if (line->n_branches == 0)
        return;
    fputs("<span title=\"", out);
    for (size_t i = 0; i < line->n_branches; i++) {
        const struct cover_branch *branch = &line->branch[i];
        fprintf(out, "%sway %zu: ", i > 0 ? "\n" : "", i + 1);
        if (branch->by.n_runs == 0) {
            fputs("never taken", out);
            continue;
        }
        fprintf(out, "%" PRIu64 " runs, first ", branch->by.n_runs);
        put_by(out, &branch->by);
    }
    fprintf(out, "\"%s>%zu/%zu%s</span>",
            taken < line->n_branches ? " class=\"h\"" : "", taken,
            line->n_branches, taken < line->n_branches ? " !" : "");
}

static void put_line(FILE *out, size_t file, unsigned number,
                     const struct cover_line *line, const char *text, size_t n,
                     const char *hint_before)
{
    bool never = line != NULL && line->by.n_runs == 0;
    bool half = line != NULL && !never && n_taken(line) < line->n_branches;
    fprintf(out, "<tr id=\"f%zu-%u\"%s><td class=\"no\">%u<td class=\"n\">",
            file, number,
            never  ? " class=\"never\""
            : half ? " class=\"half\""
                   : "",
            number);
    if (never)
        fputs("<span class=\"x\">never</span>", out);
    else if (line != NULL)
        fprintf(out, "%" PRIu64, line->by.n_runs);
    fputs("<td class=\"n\">", out);
    if (line != NULL && !never)
        put_branches(out, line);
    fputs("<td class=\"code\">", out);
    put(out, text, n);
    fputs("<td class=\"who\">", out);
    if (line != NULL && !never)
        put_by(out, &line->by);
    fputs("</tr>\n", out);
    if (line == NULL || line->hint == NULL ||
        (hint_before != NULL && strcmp(hint_before, line->hint) == 0))
        return;
    fputs("<tr class=\"never\"><td colspan=\"3\"><td class=\"hint\""
          " colspan=\"2\">",
          out);
    put(out, line->hint, strlen(line->hint));
    fputs("</tr>\n", out);
}

static void put_source(FILE *out, const struct cover *cover, size_t number)
{
    const struct cover_file *file = &cover->file[number];
    char *source = cover_source(cover, file);
    size_t next = 0;
    unsigned at = 1;
    fprintf(out, "<h2 id=\"f%zu\">", number);
    put(out, file->name, strlen(file->name));
    fputs("</h2>\n<table class=\"src\"><tr class=\"q\"><td class=\"no\">line"
          "<td class=\"n\">runs<td class=\"n\">ways<td><td class=\"who\">first "
          "reached"
          " by</tr>\n",
          out);
    for (const char *text = source; text != NULL && *text != '\0'; at++) {
        size_t n = strcspn(text, "\n");
        while (next < file->n_lines && file->line[next].number < at)
            next++;
        bool here = next < file->n_lines && file->line[next].number == at;
        put_line(out, number, at, here ? &file->line[next] : NULL, text, n,
                 here && next > 0 ? file->line[next - 1].hint : NULL);
        text += n + (text[n] == '\n');
    }
    fputs("</table>\n", out);
    free(source);
}

static void put_about(FILE *out, const struct cover *cover,
                      const struct cover_about *about)
{
    fputs("<title>Coverage of ", out);
    put(out, about->raft, strlen(about->raft));
    fputs("</title></head>\n<body><h1>Coverage of ", out);
    put(out, about->raft, strlen(about->raft));
    fprintf(out,
            "</h1>\n<p>%" PRIu64
            " runs. A line counts the runs that reached it; its ways are the"
            " branches taken, of all that leave it. To repeat a run:"
            " <code>glassraft run SCENARIO --seed SEED",
            cover->n_runs);
    put(out, about->options, strlen(about->options));
    fputs("</code></p>\n<p class=\"q\">Runs that failed, crashed or were"
          " stopped count like all others.</p>\n",
          out);
}

void cover_html(const struct cover *cover, const struct cover_about *about,
                FILE *out)
{
    fputs(head, out);
    put_about(out, cover, about);
    fputs("<table class=\"all\"><tr><th>file<th colspan=\"3\">lines"
          "<th colspan=\"3\">branches<th colspan=\"3\">functions</tr>\n",
          out);
    for (size_t i = 0; i < cover->n_files; i++) {
        char link[32];
        snprintf(link, sizeof link, "f%zu", i);
        put_row(out, cover->file[i].name, link,
                cover_totals_of(&cover->file[i]));
    }
    put_row(out, "all", NULL, cover_totals(cover));
    fputs("</table>\n", out);
    if (about->links)
        fputs("<p><a href=\"figure2.html\">Figure 2: which rules acted</a>"
              " &middot; <a href=\"curve.svg\">How many seeds are"
              " enough?</a></p>\n",
              out);
    for (size_t i = 0; i < cover->n_files; i++)
        put_source(out, cover, i);
    fputs("</body></html>\n", out);
}
