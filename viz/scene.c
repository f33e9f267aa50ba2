// scene.c -- see scene.h.
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "../src/trace/die.h"

enum { MOST_MESSAGES = 300, MAX_MSG = 50000000 };

static struct scene_message *add(struct scene *scene)
{
    if (scene->n_messages == scene->room) {
        scene->room = scene->room > 0 ? 2 * scene->room : 256;
        scene->message =
            must_realloc(scene->message, scene->room * sizeof *scene->message);
    }
    struct scene_message *message = &scene->message[scene->n_messages++];
    memset(message, 0, sizeof *message);
    return message;
}

// The latest leg of a call that has not ended yet.
static struct scene_message *find(struct scene *scene, uint64_t msg, bool reply)
{
    for (size_t i = scene->n_messages; i > 0; i--) {
        struct scene_message *m = &scene->message[i - 1];
        if (m->msg == msg && m->reply == reply && m->received == NULL &&
            !m->lost)
            return m;
    }
    return NULL;
}

static uint64_t number(const struct trace_event *event, const char *name)
{
    uint64_t value = 0;
    trace_message_number(&event->args, name, &value);
    return value;
}

static void sent(struct scene *scene, const struct trace_event *event)
{
    struct scene_message *m = add(scene);
    m->sent = event;
    m->reply = event->kind == TRACE_REPLY;
    m->from = event->node;
    m->to = (int)event->to;
    m->msg = event->msg;
    m->rpc = event->rpc != NULL ? event->rpc : "";
    m->term = number(event, "term");
    size_t n = trace_message_entries(&event->args, NULL, 0);
    if (n > 0) {
        m->first = number(event, "prev_log_index") + 1;
        m->last = m->first + n - 1;
    }
    bool yes = false;
    bool says = trace_message_bool(&event->args, "success", &yes) ||
                trace_message_bool(&event->args, "vote_granted", &yes);
    m->yes = m->reply && says && yes;
    m->no = m->reply && says && !yes;
    m->heartbeat = !m->reply && strcmp(m->rpc, "AppendEntries") == 0 && n == 0;
}

static void ended(struct scene *scene, const struct trace_event *event)
{
    bool reply = event->kind == TRACE_REPLY_RECV ||
                 (event->kind == TRACE_DROP && event->leg != NULL &&
                  strcmp(event->leg, "reply") == 0);
    struct scene_message *m = find(scene, event->msg, reply);
    if (m == NULL)
        return;
    m->lost = event->kind == TRACE_DROP;
    m->why = event->why;
    m->received = event;
}

// A reply to a heartbeat is a heartbeat, unless it refuses: then both are
// the beginning of a repair.
static void pair_heartbeats(struct scene *scene)
{
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *reply = &scene->message[i];
        if (!reply->reply)
            continue;
        for (size_t k = i; k > 0; k--) {
            struct scene_message *m = &scene->message[k - 1];
            if (m->msg != reply->msg || m->reply)
                continue;
            reply->first = m->first;
            reply->last = m->last;
            reply->heartbeat = m->heartbeat && !reply->no;
            m->heartbeat = reply->heartbeat;
            break;
        }
    }
}

void scene_make(struct scene *scene, const struct trace_file *trace,
                const struct viz_window *window)
{
    *scene = (struct scene){.trace = trace, .end = trace->n_events};
    size_t most = window->most > 0 ? (size_t)window->most : MOST_MESSAGES;
    size_t n_drawn = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (window->first > 0 && event->n < window->first) {
            scene->begin = i + 1;
            continue;
        }
        if ((window->last > 0 && event->n > window->last) || n_drawn >= most) {
            scene->end = i;
            break;
        }
        if (event->kind == TRACE_SEND || event->kind == TRACE_REPLY) {
            sent(scene, event);
            struct scene_message *m = &scene->message[scene->n_messages - 1];
            n_drawn += !m->heartbeat && !m->reply;
        } else if (event->kind == TRACE_RECV || event->kind == TRACE_DROP ||
                   event->kind == TRACE_REPLY_RECV)
            ended(scene, event);
    }
    pair_heartbeats(scene);
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *m = &scene->message[i];
        bool outside = m->from < 0 || m->to < 0 ||
                       m->from >= trace->header.n_servers ||
                       m->to >= trace->header.n_servers;
        m->hidden = outside || (m->heartbeat && !window->heartbeats);
        scene->n_hidden += m->hidden;
    }
    scene_fold(scene);
}

void scene_free(struct scene *scene)
{
    free(scene->message);
    free(scene->folded);
    free(scene->fold);
}

bool viz_act(const struct trace_file *trace, int k, struct viz_window *window,
             const char **text)
{
    bool found = false, down[TRACE_MAX_SERVERS] = {false};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_CRASH || event->kind == TRACE_RESTART)
            down[(unsigned)event->node % TRACE_MAX_SERVERS] =
                event->kind == TRACE_CRASH;
        // The harness ends the servers when the story is over.
        bool over = event->kind == TRACE_KILL &&
                    !down[(unsigned)event->node % TRACE_MAX_SERVERS];
        if (event->kind != TRACE_ACT && !(found && over))
            continue;
        if (found) {
            window->last = event->n - 1;
            return true;
        }
        if (--k == 0) {
            found = true;
            window->first = event->n;
            window->last = 0;
            *text = event->text != NULL ? event->text : "";
        }
    }
    return found;
}
