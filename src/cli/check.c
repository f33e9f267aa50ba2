// check.c -- glassraft check: judges traces, event by event.
//
// A trace is read once and forgotten as it goes by; what stays in memory grows
// with the cluster and its log.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/plain.h"
#include "check_history.h"
#include "cli.h"
#include "judge.h"
#include "artifacts.h"

struct command {
    bool json, history;
    const char *explain; // a folder for story and pictures, or NULL
    const char *output;  // a file for the judged trace, or NULL
    uint64_t without;    // bits of kinds
};

// The verdict, on standard output; a trace may be called what it likes.
static void tell(const struct judgement *j, bool json)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    if (json)
        judgement_print_json(out, j);
    else if (j->header != NULL)
        judgement_print(out, j);
    fclose(out);
    plain_output(text, n, false);
    fwrite(text, 1, n, stdout);
    free(text);
}

static int check_file(const char *path, const struct command *c)
{
    static struct judgement j;
    judge_file(&j, path, c->without);
    if (j.error[0] != '\0')
        fprintf(stderr, "glassraft: %s%s\n", j.error,
                j.n_events > 0 ? "; the events before it are judged" : "");
    bool wrote =
        c->output == NULL || j.header == NULL || judge_write(&j, c->output);
    // What is drawn is the trace with the finding in it.
    const char *drawn = c->output != NULL ? c->output : path;
    if (c->explain != NULL && j.finding != NULL && wrote) {
        judge_before_drawing("check", drawn);
        wrote = leave_finding(drawn, j.finding, c->explain, &j.left);
    }
    tell(&j, c->json);
    return j.error[0] != '\0' || !wrote ? EXIT_USAGE
           : j.finding != NULL          ? EXIT_FINDING
                                        : EXIT_GOOD;
}

// Kinds of events between commas.
static uint64_t read_kinds(struct options *o)
{
    const char *text = options_value(o);
    uint64_t kinds = 0;
    while (!o->failed) {
        char word[32];
        size_t n = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(n < 31 ? n : 31), text);
        int kind = 1;
        while (kind < TRACE_N_KINDS &&
               strcmp(trace_kinds[kind].name, word) != 0)
            kind++;
        if (kind == TRACE_N_KINDS) {
            fprintf(stderr,
                    "glassraft check: --without %s: expected kinds of events,"
                    " such as commit,apply\n",
                    word);
            o->failed = true;
            break;
        }
        kinds |= UINT64_C(1) << kind;
        if (text[n] == '\0')
            break;
        text += n + 1;
    }
    return kinds;
}

static void print_help(void)
{
    printf(
        "usage: glassraft check TRACE ... [OPTIONS]\n\n"
        "Judges traces by the five properties of Figure 3 and the rules of"
        " Figure 2, each\nup to the first event that breaks one; - is"
        " standard input. What a trace lacks\nthe events for is named"
        " and not judged.\n\n"
        "  --without KIND,...  ignore events of these kinds\n"
        "  -o JUDGED           write the trace with the finding after the event"
        " that\n                      shows it, for pictures and other "
        "readers\n"
        "  --explain FOLDER    write the story, pictures and page of a finding"
        " there,\n                      like those of a failing run\n"
        "  --json              print one JSON object per trace\n\n"
        "--json prints for each trace: trace, scenario, seed, mode,"
        " servers, events,\nunknown (events of unknown kinds),"
        " us, verdict (the run's own: pass,\nfail or null), good, judged"
        " (names), not_judged ({area, missing: a kind, or\nbecause: a reason}),"
        " and, where they apply, finding ({property, headline,\ntag,"
        " text, events, servers, replay}) and error. Servers are numbered"
        " from 0,\nas in traces.\n\n"
        "Exit code 0: nothing broken, 1: something is, 2: a trace cannot be"
        " read (to its\nend). Of several traces the worst counts.\n\n"
        "--history: the files are histories of what clients asked and were"
        " answered, one\nevent per line, and are judged for linearizability:"
        " could the answers have\ncome from one machine? Two forms are read:\n"
        "  {:process 3, :type :invoke, :f :append, :key \"k\", :value"
        " \"x\"}\n"
        "  INFO  jepsen.util - 3  :invoke  :write  4\n"
        "For an illegal history it prints one sentence and the operations that"
        " show it.\n\n"
        "example: glassraft check out/demo/trace.jsonl\n"
        "         glassraft check --history clients.txt\n");
}

// Options that concern one file cannot do with several, or with none.
static bool fits(const struct command *c, const char **traces, int n_traces)
{
    const char *name = c->explain != NULL  ? "--explain"
                       : c->output != NULL ? "-o"
                                           : NULL;
    if (n_traces == 0) {
        fprintf(stderr, "glassraft check: no trace given\n");
        return false;
    }
    if (name == NULL || (n_traces == 1 && strcmp(traces[0], "-") != 0))
        return true;
    fprintf(stderr, "glassraft check: %s takes exactly one trace\n", name);
    return false;
}

int cli_check(int argc, char **argv)
{
    struct command c = {.json = false};
    int n_traces = 0, worst = EXIT_GOOD;
    struct options o = options_begin(argc, argv, "check");
    const char **traces = must_calloc((size_t)argc, sizeof *traces);
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            print_help();
            free(traces);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--json"))
            c.json = true;
        else if (options_is(&o, "--history"))
            c.history = true;
        else if (options_is(&o, "--explain"))
            c.explain = options_value(&o);
        else if (options_is(&o, "-o"))
            c.output = options_value(&o);
        else if (options_is(&o, "--without"))
            c.without |= read_kinds(&o);
        else if (options_rest(&o))
            traces[n_traces++] = arg;
    }
    if (o.failed || !fits(&c, traces, n_traces)) {
        free(traces);
        return EXIT_USAGE;
    }
    for (int i = 0; i < n_traces; i++) {
        int result = c.history ? check_history(traces[i], c.json)
                               : check_file(traces[i], &c);
        worst = result > worst ? result : worst;
    }
    free(traces);
    return worst;
}
