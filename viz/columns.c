// columns.c -- a text column for each server: for grep, diff and terminals.
#include <inttypes.h>
#include <string.h>

#include "scene.h"

enum { WIDTH = 22 };

static bool is_heartbeat(const struct scene *scene,
                         const struct trace_event *event)
{
    for (size_t i = 0; i < scene->n_messages; i++) {
        const struct scene_message *m = &scene->message[i];
        if (m->sent == event || m->received == event)
            return m->fate == SCENE_HEARTBEAT;
    }
    return false;
}

// What an event says in its column; false when it says nothing.
static bool describe(const struct trace_event *e, char *text, size_t n)
{
    switch (e->kind) {
    case TRACE_TIMEOUT:
        snprintf(text, n, "times out T%" PRIu64, e->term);
        return true;
    case TRACE_ROLE:
        snprintf(text, n, "%s T%" PRIu64, trace_role_name(e->to_role), e->term);
        return true;
    case TRACE_TERM:
        snprintf(text, n, "term %" PRIu64 " > %" PRIu64, e->from, e->to);
        return true;
    case TRACE_VOTE:
        snprintf(text, n, "votes S%d T%" PRIu64, e->voted_for + 1, e->term);
        return true;
    case TRACE_START:
        snprintf(text, n, "start %s @%" PRIu64, e->command ? e->command : "",
                 e->index);
        return true;
    case TRACE_APPEND:
        snprintf(text, n, "+%" PRIu64 "..%" PRIu64, e->index,
                 e->index + e->n_entries - 1);
        return true;
    case TRACE_TRUNCATE:
        snprintf(text, n, "-%" PRIu64 "..", e->index);
        return true;
    case TRACE_COMMIT:
        snprintf(text, n, "commit %" PRIu64, e->to);
        return true;
    case TRACE_APPLY:
        snprintf(text, n, "apply %" PRIu64 " %s", e->index,
                 e->ok                ? "snapshot"
                 : e->command != NULL ? e->command
                                      : "");
        return true;
    case TRACE_COMPACT:
        snprintf(text, n, "snapshot %" PRIu64, e->index);
        return true;
    case TRACE_INSTALL:
        snprintf(text, n, "installs %" PRIu64, e->index);
        return true;
    case TRACE_BOOT:
        snprintf(text, n, "boots T%" PRIu64, e->term);
        return true;
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
        snprintf(text, n, "* %s", trace_kinds[e->kind].name);
        return true;
    case TRACE_SEND:
        snprintf(text, n, "%s>S%d", e->rpc ? e->rpc : "", (int)e->to + 1);
        return true;
    case TRACE_RECV:
        snprintf(text, n, "S%d>%s", (int)e->from + 1, e->rpc ? e->rpc : "");
        return true;
    case TRACE_REPLY_RECV:
        snprintf(text, n, "answer of S%d", (int)e->from + 1);
        return true;
    default:
        return false;
    }
}

static bool describe_whole(const struct trace_event *e, char *text, size_t n)
{
    switch (e->kind) {
    case TRACE_ACT:
        snprintf(text, n, "=== %s", e->text ? e->text : "");
        return true;
    case TRACE_PARTITION:
    case TRACE_HEAL:
        snprintf(text, n, "*** %s", trace_kinds[e->kind].name);
        return true;
    case TRACE_FINDING:
        snprintf(text, n, "!!! %s %s: %s", e->what ? e->what : "",
                 e->tag ? e->tag : "", e->text ? e->text : "");
        return true;
    case TRACE_VERDICT:
        snprintf(text, n, "=== verdict: %s", e->what ? e->what : "");
        return true;
    default:
        return false;
    }
}

void viz_columns(const struct trace_file *trace,
                 const struct viz_window *window, FILE *out)
{
    struct viz_window all = *window;
    all.most = all.most > 0 ? all.most : 1 << 30;
    struct scene scene;
    scene_make(&scene, trace, &all);
    fprintf(out, "%8s %10s", "event", "ms");
    for (int s = 0; s < trace->header.n_servers; s++)
        fprintf(out, "  S%-*d", WIDTH - 2, s + 1);
    fputc('\n', out);
    for (size_t i = scene.begin; i < scene.end; i++) {
        const struct trace_event *e = &trace->event[i];
        char text[600];
        double ms = (double)e->us / 1000;
        if (describe_whole(e, text, sizeof text)) {
            fprintf(out, "%8" PRIu64 " %10.1f  %s\n", e->n, ms, text);
            continue;
        }
        if (e->node < 0 || e->node >= trace->header.n_servers ||
            is_heartbeat(&scene, e) || !describe(e, text, sizeof text))
            continue;
        text[WIDTH - 1] = '\0';
        fprintf(out, "%8" PRIu64 " %10.1f  %*s%s\n", e->n, ms,
                e->node * (WIDTH + 1), "", text);
    }
    fprintf(out, "%zu messages, %zu heartbeats folded\n", scene.n_messages,
            scene.n_fate[SCENE_HEARTBEAT]);
    scene_free(&scene);
}
