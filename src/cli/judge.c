// judge.c -- see judge.h.
#include "judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "base/save.h"
#include "check/findings.h"

enum { PROGRESS_EVERY = 1 << 16 };

static void show_progress(uint64_t n_events, time_t began, const char *path)
{
    if (n_events % PROGRESS_EVERY == 0 && time(NULL) > began + 1 &&
        isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s: %" PRIu64 " events\033[K", path, n_events);
}

static void end_progress(uint64_t n_events, time_t began)
{
    if (n_events >= PROGRESS_EVERY && time(NULL) > began + 1 &&
        isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

// A finding that the run itself has written down.
static void note_finding(struct judgement *j, const struct trace_event *event)
{
    struct check_finding *found = &j->found;
    snprintf(j->property, sizeof j->property, "%s", event->what);
    snprintf(j->tag, sizeof j->tag, "%s", event->tag != NULL ? event->tag : "");
    snprintf(found->text, sizeof found->text, "%s", event->text);
    found->property = j->property;
    found->tag = j->tag;
    found->n_events = found->n_servers = 0;
    size_t most = sizeof found->events / sizeof found->events[0];
    for (size_t i = 0; i < event->n_shown && i < most; i++)
        found->events[found->n_events++] = event->events[i];
    if (event->node >= 0)
        found->servers[found->n_servers++] = event->node;
    j->finding = found;
    j->recorded = true;
}

static void note(struct judgement *j, const struct trace_event *event)
{
    j->us = event->us;
    j->seen |= UINT64_C(1) << event->kind;
    j->n_unknown += event->kind == TRACE_UNKNOWN;
    if (event->kind == TRACE_FINDING && j->finding == NULL)
        note_finding(j, event);
    if (event->kind == TRACE_VERDICT)
        snprintf(j->verdict, sizeof j->verdict, "%s", event->what);
    else
        j->n_events++;
}

// What the checker has found, at the event that stands in that line.
static void take_finding(struct judgement *j, const struct check *check,
                         size_t line)
{
    const struct check_finding *finding = check_finding(check);
    if (finding == NULL)
        return;
    bool recorded = j->recorded;
    j->found = *finding;
    snprintf(j->property, sizeof j->property, "%s", finding->property);
    snprintf(j->tag, sizeof j->tag, "%s", finding->tag);
    j->found.property = j->property;
    j->found.tag = j->tag;
    j->finding = &j->found;
    j->recorded = recorded;
    j->line = line;
}

static void judge(struct judgement *j, struct trace_reader *reader,
                  struct check *check)
{
    struct trace_event event;
    enum trace_status status;
    time_t began = time(NULL);
    size_t line = 0; // of the last event but the verdict
    trace_want(reader, ~(UINT64_C(1) << TRACE_STATE));
    while ((status = trace_read(reader, &event)) == TRACE_OK) {
        note(j, &event);
        show_progress(j->n_events, began, j->path);
        if (event.kind != TRACE_VERDICT)
            line = trace_reader_line(reader);
        if (!check_step(check, &event))
            break;
    }
    end_progress(j->n_events, began);
    check_clients(check, 0);
    take_finding(j, check, line);
    if (status == TRACE_BAD)
        snprintf(j->error, sizeof j->error, "%s", trace_reader_error(reader));
    j->n_areas = check_areas(check, j->area, JUDGEMENT_AREAS);
}

void judge_file(struct judgement *j, const char *path, uint64_t without)
{
    *j = (struct judgement){.path = strcmp(path, "-") == 0 ? "(standard input)"
                                                           : path};
    struct trace_reader *reader = trace_open(path, j->error, sizeof j->error);
    if (reader == NULL)
        return;
    j->head = *trace_reader_header(reader);
    j->header = &j->head;
    struct check *check = check_make(j->head.n_servers);
    if (j->head.real)
        check_untimed(check);
    if (j->head.members_change)
        check_members_change(check);
    for (int kind = 1; kind < TRACE_N_KINDS; kind++)
        if ((without >> kind & 1) != 0)
            check_without(check, (enum trace_kind)kind);
    if (without != 0)
        check_partial(check);
    judge(j, reader, check);
    bool torn = check_is_torn(check) && j->finding == NULL;
    uint64_t n_missing = check_n_missing(check);
    check_free(check);
    trace_close(reader);
    // Kinds that were filtered out are as good as named.
    // Real ones, and those from elsewhere, never had some of them.
    uint64_t filtered = 0;
    if (torn && !j->head.real)
        filtered = check_filtered(j->seen, j->head.n_servers, n_missing);
    if (filtered != 0 && strcmp(path, "-") != 0)
        judge_file(j, path, filtered);
}

// ------------------------------------------------------ a finding is written

static void put_finding(FILE *out, const struct judgement *j)
{
    const struct check_finding *finding = j->finding;
    // The number of the event before it, as a keyframe has it: no other is
    // free.
    struct trace_event event = {
        .n = finding->found_n != 0 ? finding->found_n : finding->events[0],
        .us = j->us,
        .node = finding->n_servers > 0 ? finding->servers[0] : TRACE_NONE,
        .kind = TRACE_FINDING,
        .what = finding->property,
        .tag = finding->tag,
        .text = finding->text,
        .events = finding->events,
        .n_shown = finding->n_events};
    char line[8192];
    trace_format(&event, line, sizeof line);
    fprintf(out, "%s\n", line);
}

static bool copy(FILE *in, FILE *out, const struct judgement *j)
{
    char *line = NULL;
    size_t room = 0, n_lines = 0;
    ssize_t n;
    bool good = true;
    while (good && (n = getline(&line, &room, in)) > 0) {
        good = fwrite(line, 1, (size_t)n, out) == (size_t)n;
        if (++n_lines != j->line)
            continue;
        if (line[n - 1] != '\n')
            fputc('\n', out);
        put_finding(out, j);
    }
    free(line);
    return good && !ferror(in) && !ferror(out);
}

bool judge_write(const struct judgement *j, const char *to)
{
    FILE *in = fopen(j->path, "r");
    struct save save;
    bool good = in != NULL;
    if (good) {
        good = save_begin(&save, to);
        good = save_end(&save, good && copy(in, save.out, j));
    }
    if (!good)
        fprintf(stderr, "glassraft: %s: %s\n", in == NULL ? j->path : to,
                strerror(errno));
    if (in != NULL)
        fclose(in);
    return good;
}

// ------------------------------------------------------------ before drawing

static char temporary[200]; // with a finding, or ""

static void remove_temporary(void)
{
    unlink(temporary);
}

static bool make_temporary(void)
{
    const char *folder = getenv("TMPDIR");
    snprintf(temporary, sizeof temporary, "%.150s/glassraft-judged-XXXXXX",
             folder != NULL && folder[0] == '/' ? folder : "/tmp");
    int file = mkstemp(temporary);
    if (file < 0) {
        fprintf(stderr, "glassraft: %s: %s\n", temporary, strerror(errno));
        temporary[0] = '\0';
        return false;
    }
    close(file);
    atexit(remove_temporary);
    return true;
}

// A run of ours was judged while it ran, and wrote down what was found.
static bool is_judged(const char *path)
{
    char error[300];
    uint64_t ends = UINT64_C(1) << TRACE_FINDING | UINT64_C(1) << TRACE_VERDICT;
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    if (reader == NULL)
        return true; // whoever draws it says why
    bool ours = trace_reader_header(reader)->raft[0] != '\0', found = false;
    struct trace_event event;
    trace_want(reader, ends);
    while (!found && trace_read(reader, &event) == TRACE_OK)
        found = event.kind == TRACE_FINDING ||
                (ours && event.kind == TRACE_VERDICT);
    trace_close(reader);
    return found;
}

void judge_before_drawing(const char *command, const char *path)
{
    static struct judgement j;
    if (path == NULL || strcmp(path, "-") == 0 || temporary[0] != '\0' ||
        is_judged(path))
        return;
    judge_file(&j, path, 0);
    if (j.header == NULL || j.finding == NULL)
        return;
    if (!make_temporary() || !judge_write(&j, temporary))
        return;
    trace_read_instead(path, temporary);
    fprintf(stderr,
            "glassraft %s: %s was not judged; glassraft check finds %s [%s] at"
            " event %" PRIu64 "\n",
            command, path, finding_headline(j.property), j.tag,
            j.finding->events[0]);
}
