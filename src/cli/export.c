// export.c -- glassraft export: a trace in, a file for another tool out.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "selectors.h"

// ShiViz draws 5,000 events in about as many milliseconds; etcd's
// specification checks 1,500 lines in half a minute, 5,000 in two minutes.
enum { SHIVIZ_EVENTS = 5000, TLA_LINES = 1500, PATIENCE = 200000 };

enum format { NO_FORMAT, SHIVIZ, PERFETTO, MERMAID, TLA };

static const char *const formats[] = {NULL, "shiviz", "perfetto", "mermaid",
                                      "tla"};

struct request {
    struct selectors selectors;
    enum format format;
    bool split;
};

static const char usage[] =
    "usage: glassraft export --to FORMAT TRACE [OPTIONS]\n\n"
    "Writes a trace, or a part of it, for a third-party tool.\n\n"
    "  --to shiviz    vector clocks, two lines per event. Open\n"
    "                 https://bestchai.bitbucket.io/shiviz/, add the file; "
    "its\n"
    "                 default parser reads it. The lane `network` shows where\n"
    "                 messages are lost. 5,000 events unless a part is "
    "chosen.\n"
    "  --to perfetto  Chrome trace events. Open https://ui.perfetto.dev or\n"
    "                 chrome://tracing: roles and terms as slices, messages "
    "as\n"
    "                 arrows, commit_index and last_applied as curves.\n"
    "  --to mermaid   a sequence diagram of up to 60 messages. Put it into a\n"
    "                 ```mermaid block: GitHub and GitLab draw it.\n"
    "  --to tla       lines for etcd's TLA+ trace validation: in the folder\n"
    "                 tla/ of github.com/etcd-io/raft, run\n"
    "                 ./validate.sh -s ./Traceetcdraft.tla \\\n"
    "                   -c ./Traceetcdraft.cfg FILE.\n"
    "                 \"ts\" numbers the lines, for that script to sort them"
    " by.\n"
    "                 What the published specification does not follow is\n"
    "                 counted; viz/export/TLA.md says what to change in it, "
    "and\n"
    "                 why.\n"
    "  --split        TLA+: files of at most 1,500 lines, FILE.1, FILE.2 ...\n";

static const char example[] =
    "\nexample: glassraft export --to mermaid out/tour.jsonl --act 2\n"
    "         glassraft export --to perfetto out/tour.jsonl -o tour.json\n";

// --to names the format, or, with a number, the end of the part.
static bool read_format(struct request *r, struct options *o)
{
    const char *value = o->at + 1 < o->argc ? o->argv[o->at + 1] : "";
    if (value[0] >= '0' && value[0] <= '9')
        return false;
    options_value(o);
    for (int i = SHIVIZ; i <= TLA; i++)
        if (strcmp(value, formats[i]) == 0)
            r->format = (enum format)i;
    if (r->format == NO_FORMAT && !o->failed) {
        fprintf(stderr,
                "glassraft export: --to %s: expected shiviz, perfetto,"
                " mermaid or tla (or a time)\n",
                value);
        o->failed = true;
    }
    return true;
}

static bool refuse(struct options *o, const char *why)
{
    if (!o->failed)
        fprintf(stderr, "glassraft export: %s\n", why);
    o->failed = true;
    return false;
}

static bool judge(struct request *r, struct options *o)
{
    const struct viz_filter *filter = &r->selectors.asked.filter;
    if (r->format == NO_FORMAT)
        return refuse(o, "no tool given; add --to shiviz, perfetto, mermaid"
                         " or tla");
    if (r->split && r->format != TLA)
        return refuse(o, "--split goes with --to tla");
    if (r->split && r->selectors.output == NULL)
        return refuse(o, "--split needs -o FILE");
    if (r->format == TLA &&
        (filter->chosen || filter->kinds != 0 || filter->index != 0))
        return refuse(o, "--servers, --types and --index do not go with --to"
                         " tla: the specification wants every step");
    return true;
}

// ------------------------------------------------------------- what is written

// Of a trace that nobody chose a part of: the end that leads to the finding,
// or the beginning.
static void limit(struct part *part, const struct part_asked *asked)
{
    const struct trace_file *trace = &part->trace;
    bool chosen = asked->since || asked->until || asked->act > 0 ||
                  asked->term > 0 || asked->around > 0 || asked->finding ||
                  asked->last > 0 || asked->filter.index > 0;
    if (chosen || trace->n_events <= SHIVIZ_EVENTS)
        return;
    size_t end = SHIVIZ_EVENTS;
    for (size_t i = trace->n_events; i > 0; i--)
        if (trace->event[i - 1].kind == TRACE_FINDING && i > end)
            end = i;
    part->window.first = trace->event[end - SHIVIZ_EVENTS].n;
    part->window.last = trace->event[end - 1].n;
    fprintf(stderr,
            "glassraft export: %d of %zu events, up to event %" PRIu64
            "; choose with --from, --term, --around, --last ...\n",
            SHIVIZ_EVENTS, trace->n_events, part->window.last);
}

// Does a server commit an entry of an older term than that of a leader without
// it? It may: that leader is deposed and does not know it (Figure 8).
static bool overtakes(const struct model *model,
                      const struct trace_event *commit)
{
    const struct model_server *one = &model->server[commit->node];
    for (int i = 0; i < model->n_servers; i++) {
        const struct model_server *other = &model->server[i];
        uint64_t index = commit->from > other->snapshot_index
                             ? commit->from
                             : other->snapshot_index;
        while (other->up && other->role == TRACE_LEADER &&
               ++index <= commit->to && index <= model_last_index(one)) {
            uint64_t term = model_term_at(one, index);
            if (term < other->term && model_term_at(other, index) != term)
                return true;
        }
    }
    return false;
}

// Has a server committed what the one that it has voted for lacks? It may: that
// one lost the election, and the winner's entries are committed in its term.
static bool outvoted(const struct model *model, int node)
{
    const struct model_server *one = &model->server[node], *other;
    uint64_t index = one->commit_index;
    if (one->voted_for < 0 || one->voted_for >= model->n_servers)
        return false;
    other = &model->server[one->voted_for];
    return index > other->snapshot_index &&
           model_term_at(one, index) != model_term_at(other, index);
}

// What etcd's published specification cannot follow, besides what the export
// itself counts.
static void tell_limits(const struct part *part)
{
    const struct trace_file *trace = &part->trace;
    size_t n_answers = 0, n_overtaken = 0, n_outvoted = 0;
    struct model model;
    part_before(&model, trace, 0);
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool inside = event->n >= part->window.first &&
                      (part->window.last == 0 || event->n <= part->window.last);
        model_step(&model, event);
        n_answers += inside && event->kind == TRACE_REPLY_RECV &&
                     event->rpc != NULL &&
                     strcmp(event->rpc, "InstallSnapshot") == 0;
        if (!inside || event->kind != TRACE_COMMIT || event->node < 0)
            continue;
        n_overtaken += overtakes(&model, event);
        n_outvoted += outvoted(&model, event->node);
    }
    model_free(&model);
    if (n_answers > 0)
        fprintf(stderr,
                "glassraft export: %zu answer%s to snapshots: the published"
                " specification has no step for them\n",
                n_answers, n_answers == 1 ? "" : "s");
    if (n_overtaken > 0)
        fprintf(stderr,
                "glassraft export: %zu commit%s of an entry that a deposed"
                " leader of a newer term lacks (Figure 8): the published"
                " LeaderCompletenessInv does not allow it\n",
                n_overtaken, n_overtaken == 1 ? "" : "s");
    if (n_outvoted > 0)
        fprintf(stderr,
                "glassraft export: %zu commit%s of an entry that the server's"
                " candidate, who lost, lacks: VotesGrantedInv, for which"
                " Traceetcdraft.cfg does not ask, does not allow it\n",
                n_outvoted, n_outvoted == 1 ? "" : "s");
}

static void tell_tla(const struct viz_tla_tally *tally)
{
    if (tally->n_odd > 0)
        fprintf(stderr,
                "glassraft export: the published specification has no step"
                " for %zu of %zu lines; the first is event %" PRIu64 "\n",
                tally->n_odd, tally->n_lines, tally->first_odd);
    if (tally->n_cut > 0)
        fprintf(stderr,
                "glassraft export: %zu message%s sent before the file begins"
                " %s left out: the specification cannot follow what came of"
                " %s\n",
                tally->n_cut, tally->n_cut == 1 ? "" : "s",
                tally->n_cut == 1 ? "is" : "are",
                tally->n_cut == 1 ? "it" : "them");
    if (tally->n_known > 0)
        fprintf(stderr,
                "glassraft export: %zu server%s with a log at the beginning of"
                " a file: the published specification takes its entries for"
                " ones of term 1; see viz/export/TLA.md\n",
                tally->n_known, tally->n_known == 1 ? "" : "s");
    if (tally->n_duplicates + tally->n_restarts > 0)
        fprintf(stderr,
                "glassraft export: %zu restart%s and %zu duplicated message%s;"
                " viz/export/TLA.md says what takes them\n",
                tally->n_restarts, tally->n_restarts == 1 ? "" : "s",
                tally->n_duplicates, tally->n_duplicates == 1 ? "" : "s");
}

// One file, or with --split as many as it takes.
static int write_tla(const struct request *r, const struct part *part)
{
    char error[300];
    if (!viz_tla_takes(&part->trace, &part->window, error, sizeof error)) {
        fprintf(stderr, "glassraft export: %s\n", error);
        return EXIT_USAGE;
    }
    struct viz_tla *tla = viz_tla_begin(&part->trace, &part->window);
    int status = EXIT_GOOD;
    for (int i = 1; status == EXIT_GOOD; i++) {
        char *text = NULL, path[4096];
        size_t n = 0;
        FILE *out = must_stream(&text, &n);
        bool more = viz_tla_next(tla, r->split ? TLA_LINES : 0, out);
        fclose(out);
        struct selectors to = r->selectors;
        if (r->split) {
            snprintf(path, sizeof path, "%s.%d", r->selectors.output, i);
            to.output = path;
        }
        if (more)
            status = selectors_save(&to, text, n, false);
        free(text);
        if (!more)
            break;
    }
    struct viz_tla_tally tally = viz_tla_end(tla);
    if (status == EXIT_GOOD)
        tell_tla(&tally);
    if (status == EXIT_GOOD)
        tell_limits(part);
    return status;
}

static bool is_chosen(const struct part_asked *asked)
{
    return asked->since || asked->until || asked->act > 0 || asked->term > 0 ||
           asked->around > 0 || asked->finding || asked->last > 0 ||
           asked->filter.index > 0 || asked->filter.chosen ||
           asked->filter.kinds != 0;
}

// The same diagram of the first act that fits, where all of it does not; gives
// its number of messages.
static size_t draw_mermaid(const struct request *r, const struct part *part,
                           FILE *out)
{
    const char *text;
    struct viz_window window = part->window;
    size_t all = viz_mermaid(&part->trace, &window, out), n = all;
    bool fits = n <= VIZ_MERMAID_MOST && ftell(out) <= VIZ_MERMAID_BYTES;
    for (int k = 1; !fits && !is_chosen(&r->selectors.asked) &&
                    viz_act(&part->trace, k, &window, &text);
         k++) {
        rewind(out);
        n = viz_mermaid(&part->trace, &window, out);
        fits =
            n > 0 && n <= VIZ_MERMAID_MOST && ftell(out) <= VIZ_MERMAID_BYTES;
        if (fits)
            fprintf(stderr,
                    "glassraft export: %zu messages are too many for Mermaid;"
                    " this is act %d, %s\n",
                    all, k, text);
    }
    return fits ? n : all;
}

static int write_one(const struct request *r, struct part *part)
{
    char *text = NULL;
    size_t n = 0, n_messages = 0;
    FILE *out = must_stream(&text, &n);
    if (r->format == SHIVIZ) {
        limit(part, &r->selectors.asked);
        viz_shiviz(&part->trace, &part->window, out);
    } else if (r->format == PERFETTO)
        viz_perfetto(&part->trace, &part->window, out);
    else
        n_messages = draw_mermaid(r, part, out);
    fclose(out);
    int status = EXIT_USAGE;
    if (n_messages > VIZ_MERMAID_MOST)
        fprintf(stderr,
                "glassraft export: %zu messages, of which Mermaid shows %d"
                " well; choose with --act, --from, --around, --term, --types"
                " or --servers\n",
                n_messages, VIZ_MERMAID_MOST);
    else if (r->format == MERMAID && n > VIZ_MERMAID_BYTES)
        fprintf(stderr,
                "glassraft export: %zu characters, and Mermaid takes %d;"
                " choose a shorter time with --from, --to or --last\n",
                n, VIZ_MERMAID_BYTES);
    else
        status = selectors_save(&r->selectors, text, n, false);
    free(text);
    return status;
}

int cli_export(int argc, char **argv)
{
    struct request r = {.selectors = selectors_begin(PART_WHOLE)};
    struct options o = options_begin(argc, argv, "export");
    for (const char *arg; (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            printf("%s%s%s", usage, selectors_help, example);
            return EXIT_GOOD;
        }
        if (options_is(&o, "--to") && read_format(&r, &o))
            continue;
        if (selectors_read(&r.selectors, &o))
            continue;
        if (options_is(&o, "--split"))
            r.split = true;
        else if (options_rest(&o))
            selectors_trace(&r.selectors, &o, arg);
    }
    if (o.failed || !judge(&r, &o))
        return EXIT_USAGE;
    struct part part;
    int status;
    if (!selectors_load(&r.selectors, &o, 0, &part, &status))
        return status;
    // A large trace takes a while.
    bool told = part.trace.n_events > PATIENCE && isatty(STDERR_FILENO);
    if (told)
        fprintf(stderr, "\r%s: %zu events", r.selectors.trace,
                part.trace.n_events);
    int written = r.format == TLA ? write_tla(&r, &part) : write_one(&r, &part);
    if (told)
        fputs("\r\033[K", stderr);
    part_unload(&part);
    return written != EXIT_GOOD ? written : status;
}
