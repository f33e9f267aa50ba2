// rules.c -- glassraft rules: which rules of the paper a trace exercises.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../trace/die.h"
#include "../trace/trace.h"
#include "cli.h"

static const char help[] =
    "usage: glassraft rules TRACE... [--each]\n\n"
    "Counts how often each rule of Figures 2 and 13 acted, by its tag. Exit\n"
    "code 1 when a rule never did.\n\n"
    "  --each           a line `SCENARIO TAG COUNT` for each trace and rule\n\n"
    "example: glassraft rules out/demo/trace.jsonl\n";

static const struct {
    const char *tag, *about;
} rules[] = {
    {"ALL.1", "apply what is committed"},
    {"ALL.2", "follow a newer term"},
    {"F.1", "followers answer candidates and leaders"},
    {"F.2", "a follower's timeout starts an election"},
    {"C.1", "candidates: new term, own vote, requests to all"},
    {"C.2", "a majority of votes makes a leader"},
    {"C.3", "a leader of this term ends the election"},
    {"C.4", "a candidate's timeout starts another election"},
    {"L.1", "heartbeats"},
    {"L.2", "a command is appended, answered when applied"},
    {"L.3", "entries from next_index on; next and match"},
    {"L.4", "commit what a majority holds, of the own term"},
    {"RV.1", "no vote to an old term"},
    {"RV.2", "one vote a term, to an up-to-date log"},
    {"AE.1", "no to a leader of an old term"},
    {"AE.2", "no without the entry before"},
    {"AE.3", "a conflicting entry and all behind it go"},
    {"AE.4", "new entries are appended"},
    {"AE.5", "commit up to the last new entry"},
    {"IS.1", "no snapshot from an old term"},
    {"IS.2", "the first chunk begins a snapshot"},
    {"IS.3", "chunks go to their offset"},
    {"IS.4", "wait for more until done"},
    {"IS.5", "the whole snapshot is saved"},
    {"IS.6", "entries behind a matching one stay"},
    {"IS.7", "otherwise the whole log goes"},
    {"IS.8", "the state machine is reset from the snapshot"},
};

enum { N_RULES = sizeof rules / sizeof rules[0], MOST_MESSAGES = 4096 };

// What was sent and is not received yet, by the message's number.
struct sent {
    uint64_t msg;
    bool first_chunk, more_chunks, snapshot;
};

struct count {
    uint64_t n[N_RULES];
    struct sent sent[MOST_MESSAGES];
};

static void count_tag(struct count *count, const char *tag)
{
    for (int i = 0; i < N_RULES; i++)
        count->n[i] += strcmp(rules[i].tag, tag) == 0;
}

static void count_send(struct count *count, const struct trace_event *event)
{
    struct sent *sent = &count->sent[event->msg % MOST_MESSAGES];
    uint64_t offset = 0;
    bool done = false;
    *sent = (struct sent){.msg = event->msg};
    if (event->rpc == NULL)
        return;
    if (strcmp(event->rpc, "AppendEntries") == 0)
        count_tag(count, trace_message_entries(&event->args, NULL, 0) == 0
                             ? "L.1"
                             : "L.3");
    sent->snapshot = strcmp(event->rpc, "InstallSnapshot") == 0 &&
                     trace_message_number(&event->args, "offset", &offset) &&
                     trace_message_bool(&event->args, "done", &done);
    sent->first_chunk = sent->snapshot && offset == 0;
    sent->more_chunks = sent->snapshot && !done;
}

static void count_event(struct count *count, const struct trace_event *event)
{
    const struct sent *sent = &count->sent[event->msg % MOST_MESSAGES];
    bool same = sent->msg == event->msg;
    if (event->rule != NULL)
        count_tag(count, event->rule);
    if (event->kind == TRACE_SEND)
        count_send(count, event);
    else if (event->kind == TRACE_REPLY)
        count_tag(count, "F.1");
    else if (event->kind == TRACE_RECV && same && sent->snapshot) {
        count_tag(count, "IS.3");
        if (sent->first_chunk)
            count_tag(count, "IS.2");
        if (sent->more_chunks)
            count_tag(count, "IS.4");
    } else if (event->kind == TRACE_INSTALL)
        count_tag(count, "IS.5");
}

// Adds a trace's counts to total; false with a line on stderr.
static bool count_file(const char *path, bool each, uint64_t total[N_RULES])
{
    char error[300];
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    if (reader == NULL) {
        fprintf(stderr, "glassraft: %s\n", error);
        return false;
    }
    struct count *count = must_calloc(1, sizeof *count);
    struct trace_event event;
    enum trace_status status;
    while ((status = trace_read(reader, &event)) == TRACE_OK)
        count_event(count, &event);
    for (int i = 0; i < N_RULES; i++) {
        total[i] += count->n[i];
        if (each)
            printf("%s %s %" PRIu64 "\n", trace_reader_header(reader)->scenario,
                   rules[i].tag, count->n[i]);
    }
    if (status == TRACE_BAD)
        fprintf(stderr, "glassraft: %s\n", trace_reader_error(reader));
    free(count);
    trace_close(reader);
    return status != TRACE_BAD;
}

int cli_rules(int argc, char **argv)
{
    uint64_t total[N_RULES] = {0};
    bool each = false, good = true, complete = true;
    int n_traces = 0;
    struct options o = options_begin(argc, argv, "rules");
    for (int i = 1; i < argc; i++)
        each |= strcmp(argv[i], "--each") == 0;
    for (const char *arg; good && (arg = options_next(&o)) != NULL;) {
        if (options_is(&o, "--help")) {
            fputs(help, stdout);
            return EXIT_GOOD;
        }
        if (!options_is(&o, "--each") && options_rest(&o)) {
            n_traces++;
            good = count_file(arg, each, total);
        }
    }
    if (!o.failed && n_traces == 0)
        fprintf(stderr, "glassraft rules: which trace?\n");
    if (!good || o.failed || n_traces == 0)
        return EXIT_USAGE;
    for (int i = 0; i < N_RULES; i++) {
        complete &= total[i] > 0;
        if (!each)
            printf("%-6s %10" PRIu64 "  %s\n", rules[i].tag, total[i],
                   rules[i].about);
    }
    return complete ? EXIT_GOOD : EXIT_FINDING;
}
