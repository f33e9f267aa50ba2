// diff_text.c -- where two traces part, as text: for terminals and mail.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "diff.h"
#include "viz/draw/paint.h"
#include "viz/draw/words.h"

enum { WORDS = 28 }; // characters of an event's words

static char letter(int side)
{
    return side == 0 ? 'A' : 'B';
}

static void write_side(const struct diff *diff, int side, FILE *out)
{
    const struct diff_side *s = &diff->side[side];
    char text[200];
    snprintf(text, sizeof text, "%s, seed %s", s->trace->header.scenario,
             s->trace->header.seed);
    say_harmless(text);
    fprintf(out, "%c  %s, %zu event%s: %s\n", letter(side), text, s->n,
            s->n == 1 ? "" : "s", s->name);
}

static void write_first(const struct diff *diff, int side, FILE *out)
{
    const struct trace_event *e = diff_first(diff, side);
    char text[240];
    if (e == NULL) {
        fprintf(out, "   %c is over\n", letter(side));
        return;
    }
    diff_tell(&diff->side[side], e, text, sizeof text);
    fprintf(out, "   %c event %" PRIu64 " at %.3f ms: %s\n", letter(side), e->n,
            (double)e->us / 1000, text);
}

static cJSON *parse(const struct trace_event *e)
{
    size_t n = trace_format(e, NULL, 0) + 1;
    char *text = must_malloc(n);
    trace_format(e, text, n);
    cJSON *object = cJSON_Parse(text);
    free(text);
    return object;
}

// Adds the fields of one that are not, or not so, in the other.
static void add_fields(const struct diff *diff, const cJSON *one,
                       const cJSON *other, bool missing_only, char *names,
                       size_t n)
{
    for (const cJSON *f = one != NULL ? one->child : NULL; f; f = f->next) {
        const cJSON *g = cJSON_GetObjectItemCaseSensitive(other, f->string);
        bool number = strcmp(f->string, "n") == 0 ||
                      strcmp(f->string, "cause") == 0 ||
                      strcmp(f->string, "msg") == 0 ||
                      (!diff->times && strcmp(f->string, "us") == 0);
        size_t used = strlen(names);
        if (!number &&
            (g == NULL || (!missing_only && !cJSON_Compare(f, g, cJSON_True))))
            snprintf(names + used, n - used, "%s%s", used > 0 ? ", " : "",
                     f->string);
    }
}

void diff_fields(const struct diff *diff, char *names, size_t n)
{
    const struct trace_event *a = diff_first(diff, 0), *b = diff_first(diff, 1);
    names[0] = '\0';
    if (a == NULL || b == NULL || a->kind != b->kind)
        return;
    cJSON *one = parse(a), *other = parse(b);
    add_fields(diff, one, other, false, names, n);
    add_fields(diff, other, one, true, names, n);
    cJSON_Delete(one);
    cJSON_Delete(other);
}

// Number, time and words of a fixed width; of no event, as many blanks.
static void write_event(const struct diff_side *side,
                        const struct trace_event *e, bool last, FILE *out)
{
    char text[160] = "";
    if (e == NULL) {
        fprintf(out, "%*s", last ? 0 : 7 + 11 + 2 + WORDS, "");
        return;
    }
    diff_say(side, e, text, sizeof text);
    int n = 0, cut = 0;
    for (int i = 0; text[i] != '\0'; i++) {
        n += (text[i] & 0xC0) != 0x80;
        if (n <= WORDS)
            cut = i + 1;
    }
    fprintf(out, "%7" PRIu64 " %10.3f  %.*s%*s", e->n, (double)e->us / 1000,
            cut, text, last || n >= WORDS ? 0 : WORDS - n, "");
}

void diff_text(const struct diff *diff, FILE *out)
{
    write_side(diff, 0, out);
    write_side(diff, 1, out);
    if (diff->equal) {
        fprintf(out, "\nAll %zu event%s equal%s.\n", diff->first,
                diff->first == 1 ? " is" : "s are",
                diff->times ? "" : ", times aside");
        return;
    }
    fprintf(out, "\nThe first %zu event%s equal%s. Then%s:\n", diff->first,
            diff->first == 1 ? " is" : "s are",
            diff->times ? "" : ", times aside",
            diff->only_time ? ", different in time only (--no-times looks"
                              " past that)"
                            : "");
    write_first(diff, 0, out);
    write_first(diff, 1, out);
    char names[120];
    diff_fields(diff, names, sizeof names);
    if (names[0] != '\0')
        fprintf(out, "   They differ in %s.\n", names);
    fprintf(out, "\n   %7s %10s  %-*s   %7s %10s  %s\n", "event", "A ms", WORDS,
            "", "event", "B ms", "");
    for (size_t i = 0; i < diff->n_rows; i++) {
        const struct diff_row *row = &diff->row[i];
        fprintf(out, "%c  ", row->mark);
        write_event(&diff->side[0], row->event[0], row->event[1] == NULL, out);
        if (row->event[1] != NULL)
            fputs("   ", out);
        write_event(&diff->side[1], row->event[1], true, out);
        fputc('\n', out);
    }
    fputs("=  equal   ~  but for the time   < >  only in A, only in B   |  "
          "different\n",
          out);
    struct diff_fact fact[DIFF_FACTS];
    size_t n = diff_facts(diff, fact);
    if (n > 0)
        fprintf(out, "\nIn the whole runs%16s %10s %10s\n", "", "A", "B");
    for (size_t i = 0; i < n; i++)
        fprintf(out, "   %-30s %10" PRIu64 " %10" PRIu64 "\n", fact[i].name,
                fact[i].of[0], fact[i].of[1]);
}

void diff_alt(const struct diff *diff, FILE *out)
{
    char sentence[700], text[2][240] = {"is over", "is over"};
    for (int side = 0; side < 2; side++)
        if (diff_first(diff, side) != NULL)
            diff_tell(&diff->side[side], diff_first(diff, side), text[side],
                      sizeof text[side]);
    if (diff->equal)
        snprintf(sentence, sizeof sentence, "All %zu events are equal.",
                 diff->first);
    else
        snprintf(sentence, sizeof sentence,
                 "The first %zu events are equal; then A: %s; B: %s.",
                 diff->first, text[0], text[1]);
    paint_alt(out, "Where two runs part", sentence);
}

static uint64_t count_of(const struct trace_file *trace, enum trace_kind kind)
{
    uint64_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n += trace->event[i].kind == kind;
    return n;
}

static uint64_t count_roles(const struct trace_file *trace,
                            enum trace_role role)
{
    uint64_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n += trace->event[i].kind == TRACE_ROLE &&
             trace->event[i].to_role == role;
    return n;
}

static uint64_t highest(const struct trace_file *trace, enum trace_kind kind)
{
    uint64_t most = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].kind == kind && trace->event[i].to > most)
            most = trace->event[i].to;
    return most;
}

size_t diff_facts(const struct diff *diff, struct diff_fact fact[DIFF_FACTS])
{
    static const struct {
        const char *name;
        enum { COUNT, ROLES, HIGHEST } how;
        int what;
    } known[] = {
        {"highest term", HIGHEST, TRACE_TERM},
        {"candidacies", ROLES, TRACE_CANDIDATE},
        {"elections won", ROLES, TRACE_LEADER},
        {"highest committed entry", HIGHEST, TRACE_COMMIT},
        {"messages sent", COUNT, TRACE_SEND},
        {"messages lost", COUNT, TRACE_DROP},
        {"logs cut back", COUNT, TRACE_TRUNCATE},
        {"snapshots received", COUNT, TRACE_INSTALL},
        {"crashes", COUNT, TRACE_CRASH},
        {"findings", COUNT, TRACE_FINDING},
    };
    size_t n = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        fact[n].name = known[i].name;
        for (int s = 0; s < 2; s++) {
            const struct trace_file *trace = diff->side[s].trace;
            int what = known[i].what;
            fact[n].of[s] = known[i].how == COUNT
                                ? count_of(trace, (enum trace_kind)what)
                            : known[i].how == ROLES
                                ? count_roles(trace, (enum trace_role)what)
                                : highest(trace, (enum trace_kind)what);
        }
        n += fact[n].of[0] != fact[n].of[1];
    }
    return n;
}

const struct trace_event *diff_first(const struct diff *diff, int side)
{
    const struct diff_side *s = &diff->side[side];
    return diff->first < s->n ? s->event[diff->first] : NULL;
}

void diff_say_left_out(const struct diff *diff, const uint64_t last[2],
                       bool without_counts, char *out, size_t n)
{
    size_t later[2] = {0, 0};
    for (int side = 0; side < 2; side++) {
        const struct diff_side *s = &diff->side[side];
        while (later[side] < s->n - diff->first &&
               s->event[s->n - 1 - later[side]]->n > last[side])
            later[side]++;
    }
    const char *counts =
        without_counts ? "the counts of the whole runs (--text has them)" : "";
    if (later[0] + later[1] > 0)
        snprintf(out, n,
                 "Not drawn: the last %zu events of A and %zu of B%s%s.",
                 later[0], later[1], without_counts ? "; " : "", counts);
    else
        snprintf(out, n, "%s%s%s", without_counts ? "Not drawn: " : "", counts,
                 without_counts ? "." : "");
}
