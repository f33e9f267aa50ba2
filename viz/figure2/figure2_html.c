// figure2_html.c -- see figure2.h: the page.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "figure2.h"
#include "viz/draw/paint.h"
#include "check/rule_book.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Figure 2 and Figure 13: which rules acted</title>\n<style>\n"
    ":root{color-scheme:light dark;--ground:#fff;--ink:#1b1f24;--quiet:#59636e;"
    "--rule:#d1d9e0;--band:#eef1f4;--no:#fbebdd;--mark:#a34100;--bar:#8a8a8a}\n"
    "@media(prefers-color-scheme:dark){:root{--ground:#16191d;--ink:#e3e7eb;"
    "--quiet:#9aa4af;--rule:#3a424b;--band:#242a31;--no:#43290f;--mark:#ffb077;"
    "--bar:#7d8791}}\n"
    "body{margin:0 auto;max-width:1240px;padding:16px;background:var(--ground);"
    "color:var(--ink);font:15px/1.4 system-ui,Helvetica,Arial,sans-serif}\n"
    "h1{font-size:20px;margin:0 0 6px}p{margin:3px 0}\n"
    "main{columns:2 520px;column-gap:20px;margin-top:14px}\n"
    "section{break-inside:avoid;border:1px solid var(--rule);margin:0 0 14px}\n"
    "h2{font-size:15px;margin:0;padding:5px 8px;background:var(--band)}\n"
    ".r{padding:5px 8px;border-top:1px solid var(--rule)}"
    ".r.never{background:var(--no)}\n"
    ".r>b{display:inline-block;width:50px}.r>p{margin:1px 0 1px 54px;"
    "font-size:13px;color:var(--quiet)}\n"
    ".c{display:grid;grid-template-columns:18px 100px 90px 1fr;gap:8px;"
    "margin-left:30px;align-items:center;font-size:13px}\n"
    ".c i{display:block;height:8px;background:var(--bar)}"
    ".c span{text-align:right;font-variant-numeric:tabular-nums}"
    ".c em{font-style:normal;color:var(--quiet)}\n"
    ".n{color:var(--mark);font-weight:bold}.q{color:var(--quiet)}\n"
    "</style></head>\n<body><h1>Figure 2 and Figure 13: which rules acted, and"
    " how often</h1>\n";

static void put_count(const struct figure2_side *side, int number, int n_sides,
                      int rule, FILE *out)
{
    const struct figure2_count *count = &side->rule[rule];
    fputs("<div class=\"c\"><b>", out);
    if (n_sides > 1)
        fputc('A' + number, out);
    if (count->n == 0) {
        bool hidden = rules_is_hidden(!side->silent, rule);
        fprintf(out,
                "</b><div class=\"%s\" style=\"grid-column:2/-1\">%s"
                "</div></div>\n",
                hidden ? "q" : "n",
                hidden ? "? messages cannot show it" : "&#10007; never");
        return;
    }
    double part = (1 + log10((double)count->n)) / 7;
    fprintf(out,
            "</b><div><i style=\"width:%d%%\"></i></div><span>%" PRIu64
            "</span><em>in %" PRIu64 " run%s",
            (int)(100 * (part < 1 ? part : 1)), count->n, count->n_traces,
            count->n_traces == 1 ? " of " : "s, most in one of ");
    paint_html(out, count->most);
    if (count->place[0] != '\0')
        fputs("; ", out);
    paint_html(out, count->place);
    fputs("</em></div>\n", out);
}

static void put_rule(const struct figure2_side *side, int n_sides, int rule,
                     FILE *out)
{
    const struct paper_rule *paper = paper_rule(rules_rule[rule].tag);
    bool never = false;
    for (int i = 0; i < n_sides; i++)
        never |= side[i].rule[rule].n == 0 &&
                 !rules_is_hidden(!side[i].silent, rule);
    fprintf(out, "<div class=\"r%s\"><b>%s</b> ", never ? " never" : "",
            rules_rule[rule].tag);
    paint_html(out, rules_rule[rule].about);
    fputs("<p>", out);
    if (paper != NULL)
        paint_html(out, paper->says);
    fputs("</p>\n", out);
    for (int i = 0; i < n_sides; i++)
        put_count(&side[i], i, n_sides, rule, out);
    fputs("</div>\n", out);
}

static void put_head(const struct figure2_side *side, int n_sides, FILE *out)
{
    fputs(head, out);
    for (int i = 0; i < n_sides; i++) {
        int acted = 0, hidden = 0;
        for (int r = 0; r < RULES_N; r++) {
            acted += side[i].rule[r].n > 0;
            hidden +=
                side[i].rule[r].n == 0 && rules_is_hidden(!side[i].silent, r);
        }
        fprintf(out, "<p><b>%s</b> ", n_sides == 1 ? "" : i == 0 ? "A" : "B");
        paint_html(out, side[i].name);
        fprintf(out,
                "%s, %" PRIu64 " trace%s: %d of %d rules acted, <span"
                " class=\"n\">%d never</span>",
                side[i].silent ? " (no trace calls)" : "", side[i].n_traces,
                side[i].n_traces == 1 ? "" : "s", acted, RULES_N,
                RULES_N - acted - hidden);
        if (hidden > 0)
            fprintf(out, ", %d that messages cannot show", hidden);
        fputs("</p>\n", out);
    }
}

void figure2_html(const struct figure2_side *side, int n_sides, FILE *out)
{
    static const enum rules_box order[] = {
        RULES_VOTE,      RULES_APPEND,     RULES_INSTALL, RULES_ALL,
        RULES_FOLLOWERS, RULES_CANDIDATES, RULES_LEADERS};
    put_head(side, n_sides, out);
    fputs("<main>\n", out);
    for (size_t b = 0; b < sizeof order / sizeof order[0]; b++) {
        fputs("<section><h2>", out);
        paint_html(out, rules_box[order[b]]);
        fputs("</h2>\n", out);
        for (int i = 0; i < RULES_N; i++)
            if (rules_rule[i].box == order[b])
                put_rule(side, n_sides, i, out);
        fputs("</section>\n", out);
    }
    fputs("</main></body></html>\n", out);
}
