// import.c -- glassraft import: what other Rafts write, as a trace.
#include "import/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "cli.h"

static const char help[] =
    "usage: glassraft import --from FORM FILE [-o TRACE]\n\n"
    "Makes a trace of what another Raft writes about itself. Only what the"
    " lines prove\nbecomes an event; the rest is counted, and leaves a hole in"
    " the numbers of events,\nso that nothing is called broken that a missing"
    " line could explain.\n\n"
    "  --from etcd-ndjson  the lines of etcd's TLA+ traces (tla/example.ndjson"
    " in\n"
    "                      github.com/etcd-io/raft). Terms of entries follow"
    " from who\n"
    "                      appended them; commands are in no line. What a"
    " server knew to\n"
    "                      be committed when it began stands as its snapshot\n"
    "  --from dslogs       `time topic peer text` lines, such as 004210 VOTE S1"
    " ..., by\n"
    "                      a table of patterns\n"
    "  --patterns FILE     dslogs: more patterns, tried before the built-in"
    " ones\n"
    "  --list-patterns     print the built-in patterns, and how to write such a"
    " file\n"
    "  -o TRACE            where to, by default standard output\n\n"
    "example: glassraft import --from etcd-ndjson example.ndjson -o "
    "etcd.jsonl\n"
    "         glassraft check etcd.jsonl\n";

static void tell_unknown(const struct import_tally *t)
{
    if (t->n_unknown > 0)
        fprintf(stderr,
                "glassraft import: %zu line%s not understood, the first is"
                " line %zu\n",
                t->n_unknown, t->n_unknown == 1 ? "" : "s", t->first_unknown);
    if (t->n_other > 0)
        fprintf(stderr, "glassraft import: %zu other line%s passed over\n",
                t->n_other, t->n_other == 1 ? "" : "s");
}

static void tell(const struct import_tally *t)
{
    static const char me[] = "glassraft import: ";
    fprintf(stderr, "%s%zu lines, %d server%s, %zu events\n", me, t->n_lines,
            t->n_servers, t->n_servers == 1 ? "" : "s", t->n_events);
    tell_unknown(t);
    if (t->members)
        fprintf(stderr,
                "%smembers change: nothing is judged that needs a majority\n",
                me);
    if (t->no_logs)
        fprintf(stderr,
                "%sline %zu begins with entries whose terms no line shows:"
                " logs are left out\n",
                me, t->no_logs_at);
    if (t->n_unordered > 0)
        fprintf(stderr,
                "%s%zu lines have no time: the file's order counts, a"
                " microsecond a line\n",
                me, t->n_unordered);
    if (t->n_unsent > 0)
        fprintf(stderr,
                "%s%zu receipts of what no line sends: what they may have"
                " decided is not judged\n",
                me, t->n_unsent);
    if (t->n_doubtful > 0)
        fprintf(stderr, "%s%zu receipts fit several sendings or none: notes\n",
                me, t->n_doubtful);
    if (t->n_odd > 0)
        fprintf(
            stderr,
            "%s%zu lines contradict an earlier one of their server: notes\n",
            me, t->n_odd);
    if (t->shifted)
        fprintf(stderr, "%sservers count from S1 in a trace: S0 is S1\n", me);
    if (t->n_unasked > 0)
        fprintf(stderr,
                "%s%zu answers to no request at hand: only their receipts are"
                " told\n",
                me, t->n_unasked);
    if (t->n_partly > 0)
        fprintf(stderr,
                "%s%zu answer%s less than was sent: told without success\n", me,
                t->n_partly, t->n_partly == 1 ? " accepts" : "s accept");
    if (t->n_blind > 0)
        fprintf(stderr, "%s%zu messages whose entries' terms are not known\n",
                me, t->n_blind);
    if (t->n_unexplained > 0)
        fprintf(stderr,
                "%s%zu changes of a log that no line explains, the first in"
                " line %zu: that server's log is left out from there\n",
                me, t->n_unexplained, t->first_unexplained);
}

static int import(const char *from, const char *path, const char *patterns,
                  const char *output)
{
    struct import_tally tally = {0};
    char error[400], *text = NULL;
    size_t n_bytes = 0;
    FILE *out = must_stream(&text, &n_bytes);
    bool good =
        strcmp(from, "dslogs") == 0
            ? import_dslogs(path, patterns, out, &tally, error, sizeof error)
            : import_etcd(path, out, &tally, error, sizeof error);
    fclose(out);
    if (!good)
        fprintf(stderr, "glassraft import: %s\n", error);
    else
        good = options_output(output, text, n_bytes);
    if (good)
        tell(&tally);
    free(text);
    return good ? EXIT_GOOD : EXIT_USAGE;
}

static int wrong(const char *what)
{
    fprintf(stderr, "glassraft import: %s; see `glassraft import --help`\n",
            what);
    return EXIT_USAGE;
}

int cli_import(int argc, char **argv)
{
    struct options o = options_begin(argc, argv, "import");
    const char *path = NULL, *output = NULL, *from = NULL, *patterns = NULL;
    size_t n = 0;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--list-patterns")) {
            fputs(import_patterns, stdout);
            return EXIT_GOOD;
        }
        if (options_is(&o, "-o"))
            output = options_value(&o);
        else if (options_is(&o, "--from"))
            from = options_value(&o);
        else if (options_is(&o, "--patterns"))
            patterns = options_value(&o);
        else if (options_rest(&o)) {
            path = arg;
            n++;
        }
    }
    if (o.failed)
        return EXIT_USAGE;
    if (from == NULL ||
        (strcmp(from, "etcd-ndjson") != 0 && strcmp(from, "dslogs") != 0))
        return wrong("--from etcd-ndjson or --from dslogs?");
    if (n != 1)
        return wrong("which file? It takes one");
    if (patterns != NULL && strcmp(from, "dslogs") != 0)
        return wrong("--patterns is for --from dslogs");
    return import(from, path, patterns, output);
}
