// join.c -- glassraft join: traces of single servers as one.
#include "replay/join.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/plain.h"
#include "cli.h"

static const char help[] =
    "usage: glassraft join TRACE... [-o FILE]\n\n"
    "Joins the traces of single servers, each with its own clock and numbers,\n"
    "into one. Each file keeps its order. A message is received after it was\n"
    "sent; caller and msg tell which message it is. Clocks decide only "
    "between\n"
    "events that no message orders, and are shifted against each other as far\n"
    "as messages allow.\n\n"
    "  -o FILE          write to FILE (default: standard output)\n\n"
    "example: glassraft join out/node0.jsonl out/node1.jsonl -o "
    "out/all.jsonl\n";

static void tell(const struct join_tally *t, size_t n_files)
{
    fprintf(stderr,
            "glassraft join: %zu files, %zu events, %zu messages with both"
            " ends; clocks %.3f s apart\n",
            n_files, t->n_events, t->n_messages, (double)t->apart_us / 1e6);
    if (t->drifts)
        fputs("glassraft join: no one difference of the clocks fits all"
              " messages; times were raised where a receipt would have come"
              " first\n",
              stderr);
    if (t->n_loose > 0)
        fprintf(stderr,
                "glassraft join: %zu file%s share%s no message with the first:"
                " where %s events stand among the others, clocks alone say\n",
                t->n_loose, t->n_loose == 1 ? "" : "s",
                t->n_loose == 1 ? "s" : "", t->n_loose == 1 ? "its" : "their");
    if (t->n_unsent > 0)
        fprintf(stderr, "glassraft join: %zu receipts have no sending\n",
                t->n_unsent);
    if (t->n_causes_lost > 0)
        fprintf(stderr,
                "glassraft join: %zu causes name no event of their file and"
                " are left out\n",
                t->n_causes_lost);
    if (t->n_left_out > 0)
        fprintf(stderr,
                "glassraft join: %zu verdicts and keyframes of single files"
                " are left out\n",
                t->n_left_out);
}

static int join(const char *const *path, size_t n, const char *output)
{
    struct join_tally tally;
    char error[300], *text = NULL;
    size_t n_bytes = 0;
    FILE *out = must_stream(&text, &n_bytes);
    bool good = join_traces(path, n, out, &tally, error, sizeof error);
    fclose(out);
    plain_output(text, n_bytes, false);
    if (!good)
        fprintf(stderr, "glassraft join: %s\n", error);
    else
        good = options_output(output, text, n_bytes);
    if (good)
        tell(&tally, n);
    free(text);
    return good ? EXIT_GOOD : EXIT_USAGE;
}

int cli_join(int argc, char **argv)
{
    struct options o = options_begin(argc, argv, "join");
    const char **path = must_calloc((size_t)argc + 1, sizeof *path);
    const char *output = NULL;
    size_t n = 0;
    int status = -1;
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            status = EXIT_GOOD;
            break;
        }
        if (options_is(&o, "-o"))
            output = options_value(&o);
        else if (options_rest(&o))
            path[n++] = arg;
    }
    if (status < 0 && !o.failed && n < 2)
        fputs("glassraft join: expected two or more traces; see"
              " `glassraft join --help`\n",
              stderr);
    if (status < 0)
        status = o.failed || n < 2 ? EXIT_USAGE : join(path, n, output);
    free(path);
    return status;
}
