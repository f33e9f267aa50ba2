// artifacts.c -- see artifacts.h.
#include "artifacts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/save.h"
#include "check/findings.h"
#include "selectors.h"

// Failures of a scenario that are drawn, messages in a timeline, events shown
// behind the finding.
enum { MOST_DRAWN = 3, MESSAGES = 40, BEHIND = 5 };

bool leave_begin(struct leave *leave)
{
    const char *text = getenv("GLASSRAFT_VIZ");
    static const char *const names[] = {"never", "fail", "always"};
    *leave = (struct leave){.when = LEAVE_FAIL};
    for (int i = 0; text != NULL && i < 3; i++)
        if (strcmp(text, names[i]) == 0) {
            leave->when = (enum leave_when)i;
            return true;
        }
    if (text == NULL || text[0] == '\0')
        return true;
    fprintf(stderr,
            "glassraft: GLASSRAFT_VIZ=%s: expected never, fail or always\n",
            text);
    return false;
}

static bool has_dot(void)
{
    const char *path = getenv("PATH");
    for (size_t n; path != NULL && *path != '\0'; path += n) {
        char program[4096];
        n = strcspn(path, ":");
        snprintf(program, sizeof program, "%.*s/dot", (int)(n < 4000 ? n : 0),
                 path);
        if (access(program, X_OK) == 0)
            return true;
        n += path[n] == ':';
    }
    return false;
}

// One artifact after the other, until one cannot be written.
struct desk {
    const struct trace_file *trace;
    const struct trace_event *finding; // NULL: the end of the trace
    const char *path, *folder;         // of the trace; for what is left
    bool dot, good;
    struct lab_left *left;
};

// Ends the text in a memory stream and saves it; gives its path or "". A name
// without a type is a picture's.
static void save(struct desk *desk, const char *name, FILE *out, char **text,
                 size_t *n, char path[200])
{
    fclose(out);
    bool picture = strchr(name, '.') == NULL;
    snprintf(path, 200, "%.150s/%s%s", desk->folder, name,
             !picture    ? ""
             : desk->dot ? ".svg"
                         : ".dot");
    struct selectors to = {.output = path};
    desk->good = selectors_save(&to, *text, *n, picture) == EXIT_GOOD;
    if (!desk->good)
        path[0] = '\0';
    free(*text);
    *text = NULL;
}

static FILE *begin(char **text, size_t *n)
{
    FILE *out = must_stream(text, n);
    return out;
}

static void leave_story(struct desk *desk)
{
    char *text = NULL, error[200];
    size_t n = 0;
    struct viz_why asked = {0};
    FILE *out = begin(&text, &n);
    int told = viz_why_text(desk->trace, &asked, out, error, sizeof error);
    if (told < 0) {
        // Nothing was committed and nothing found: there is no story.
        fclose(out);
        free(text);
        return;
    }
    desk->left->n_facts = (uint64_t)told;
    if (desk->finding == NULL ||
        !viz_why_look(desk->trace, desk->left->look, sizeof desk->left->look))
        desk->left->look[0] = '\0';
    save(desk, "story.txt", out, &text, &n, desk->left->story);
}

// What clients saw, where the run has some.
static void leave_history(struct desk *desk)
{
    char *text = NULL;
    size_t n = 0;
    const struct viz_window window = {.first = 0};
    const struct viz_history asked = {.most = 0};
    FILE *out = begin(&text, &n);
    if (viz_history(desk->trace, &window, &asked, out)) {
        save(desk, "history", out, &text, &n, desk->left->picture[0]);
        return;
    }
    fclose(out);
    free(text);
}

// Clients are judged when all is over: what led to a wrong answer is before
// that answer.
static uint64_t last_shown(const struct trace_event *finding)
{
    bool clients = finding_is(finding->what, FINDING_LINEARIZABILITY);
    return (clients && finding->n_shown > 0 ? finding->events[0] : finding->n) +
           BEHIND;
}

static void leave_timeline(struct desk *desk)
{
    char *text = NULL;
    size_t n = 0;
    struct viz_window window = {.most = MESSAGES, .ends = true};
    if (desk->finding != NULL)
        window.last = last_shown(desk->finding);
    FILE *out = begin(&text, &n);
    viz_timeline(desk->trace, &window, out);
    save(desk, "timeline", out, &text, &n, desk->left->picture[1]);
}

// The logs right after the event that broke the rule.
static void leave_log(struct desk *desk)
{
    char *text = NULL;
    size_t n = 0;
    const struct trace_event *finding = desk->finding;
    uint64_t at = finding == NULL         ? 0
                  : finding->n_shown == 0 ? finding->n
                                          : finding->events[0];
    FILE *out = begin(&text, &n);
    viz_log(desk->trace, at, NULL, out);
    save(desk, "log", out, &text, &n, desk->left->picture[2]);
}

// Of a very long run the last events that a page holds.
static void leave_page(struct desk *desk)
{
    char *text = NULL, error[400];
    size_t n = 0;
    FILE *out = begin(&text, &n);
    if (viz_page(out, desk->path, NULL, true, error, sizeof error)) {
        save(desk, "index.html", out, &text, &n, desk->left->picture[3]);
        return;
    }
    fprintf(stderr, "glassraft: %s\n", error);
    fclose(out);
    free(text);
    desk->good = false;
}

// Of a run without a Raft only messages can be shown: no causes by rules, and
// no logs.
static bool leave_all(const struct trace_file *trace, const char *path,
                      const char *folder, bool dot, bool raft,
                      struct lab_left *left)
{
    struct desk desk = {trace, NULL, path, folder, dot, true, left};
    for (size_t i = 0; i < trace->n_events && desk.finding == NULL; i++)
        if (trace->event[i].kind == TRACE_FINDING)
            desk.finding = &trace->event[i];
    if (raft)
        leave_story(&desk);
    if (desk.good && raft)
        leave_history(&desk);
    if (desk.good)
        leave_timeline(&desk);
    if (desk.good && raft)
        leave_log(&desk);
    if (desk.good)
        leave_page(&desk);
    return desk.good;
}

static void tell_no_dot(void)
{
    fprintf(stderr, "glassraft: dot: not found; pictures are left as DOT"
                    " text; install graphviz to have them drawn\n");
}

// How many failures of this scenario came before.
static int count(struct leave *leave, const struct lab_scenario *scenario)
{
    for (int i = 0; i < leave->n_seen; i++)
        if (leave->seen[i].scenario == scenario)
            return leave->seen[i].n_failed++;
    if (leave->n_seen == CHOOSE_MOST)
        return MOST_DRAWN;
    leave->seen[leave->n_seen].scenario = scenario;
    leave->seen[leave->n_seen++].n_failed = 1;
    return 0;
}

// A run that is not deterministic has no story of its own: two runs differ.
static bool is_due(struct leave *leave, const struct lab_run *run,
                   const struct lab_result *result)
{
    if (leave->broken || result->trace[0] == '\0' || run->out == NULL ||
        finding_is(result->property, FINDING_DETERMINISM) ||
        (result->passed && leave->when != LEAVE_ALWAYS))
        return false;
    int before = result->passed ? 0 : count(leave, run->scenario);
    if (before == MOST_DRAWN && leave->when != LEAVE_NEVER)
        fprintf(stderr,
                "glassraft: %s: the first %d failures have a story and"
                " pictures; of others ask `glassraft why TRACE`\n",
                run->scenario->name, MOST_DRAWN);
    return before < MOST_DRAWN;
}

// A sandboxed run cannot look up its places: here its finding gets them.
static void name_places(struct trace_file *trace,
                        const struct lab_result *result)
{
    for (size_t i = 0; i < trace->n_events; i++) {
        struct trace_event *event = &trace->event[i];
        if (event->kind != TRACE_FINDING)
            continue;
        if (event->text != NULL && strstr(event->text, "{+0x") != NULL)
            event->text = result->text;
        if (result->stack[0] != '\0')
            event->why = result->stack;
    }
}

// Where to look is said without pictures, too.
static void say_look(const struct trace_file *trace, const struct lab_run *run,
                     struct lab_left *left)
{
    bool found = false;
    for (size_t i = 0; i < trace->n_events; i++)
        found |= trace->event[i].kind == TRACE_FINDING;
    if (run->scenario->rpcs != NULL || !found ||
        !viz_why_look(trace, left->look, sizeof left->look))
        left->look[0] = '\0';
}

void leave_run(struct leave *leave, const struct lab_run *run,
               struct lab_result *result)
{
    if (!is_due(leave, run, result))
        return;
    if (!lab_run_folder(run, result->folder, sizeof result->folder)) {
        leave->broken = true;
        return;
    }
    struct trace_file trace;
    bool never = leave->when == LEAVE_NEVER, dot = never || has_dot();
    if (!dot && !leave->no_dot)
        tell_no_dot();
    leave->no_dot = !dot;
    if (trace_load(&trace, result->trace)) {
        name_places(&trace, result);
        if (never)
            say_look(&trace, run, &result->left);
        else
            leave->broken =
                !leave_all(&trace, result->trace, result->folder, dot,
                           run->scenario->rpcs == NULL, &result->left);
    } else
        fprintf(stderr, "glassraft: %s\n", trace.error);
    trace_unload(&trace);
}

// A trace that was judged by us alone has no finding in it: it gets one, right
// behind the event that broke the rule.
static void add_finding(struct trace_file *trace,
                        const struct check_finding *finding)
{
    size_t at = 0;
    uint64_t n = finding->found_n != 0 ? finding->found_n : finding->events[0];
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_FINDING && event->text != NULL &&
            strcmp(event->text, finding->text) == 0)
            return;
        if (event->kind != TRACE_VERDICT &&
            (finding->n_events == 0 || event->n <= n))
            at = i + 1;
    }
    trace->n_events = at + 1;
    trace->event =
        must_realloc(trace->event, trace->n_events * sizeof *trace->event);
    trace->event[at] =
        (struct trace_event){.n = n + 1,
                             .us = at > 0 ? trace->event[at - 1].us : 0,
                             .kind = TRACE_FINDING,
                             .node = TRACE_NONE,
                             .what = finding->property,
                             .tag = finding->tag,
                             .text = finding->text,
                             .events = finding->events,
                             .n_shown = finding->n_events};
}

bool leave_finding(const char *path, const struct check_finding *finding,
                   const char *folder, struct lab_left *left)
{
    struct trace_file trace;
    *left = (struct lab_left){.n_facts = 0};
    if (!save_folder(folder)) {
        fprintf(stderr, "glassraft: %s: %s\n", folder, strerror(errno));
        return false;
    }
    bool dot = has_dot(), good = trace_load(&trace, path);
    if (!dot)
        tell_no_dot();
    if (good) {
        add_finding(&trace, finding);
        good = leave_all(&trace, path, folder, dot, true, left);
    } else
        fprintf(stderr, "glassraft: %s\n", trace.error);
    trace_unload(&trace);
    return good;
}
