// fold.c -- what a reader need not see again: retries, and plain rounds.
//
// Heartbeats without news are out already (scene.c). A request that is lost
// again and again on the same way is drawn once, with the number of tries. A
// run of rounds in which a leader takes a command and replicates it, and
// nothing else happens, is drawn by its first and its last round and a band
// that says what lies between, and whether it was committed. Roles, terms,
// votes, refusals, truncations, snapshots and faults are never folded.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "scene.h"

// Rounds that are worth a band, besides the first and the last.
enum { FEWEST_ROUNDS = 2 };

static bool goes_this_way(const struct scene_message *m, int from, int to)
{
    return (m->from == from && m->to == to) || (m->from == to && m->to == from);
}

// The request that this one repeats, after nothing but losses on their way.
static struct scene_message *first_try(struct scene *scene, size_t at)
{
    const struct scene_message *m = &scene->message[at];
    for (size_t i = at; i > 0; i--) {
        struct scene_message *other = &scene->message[i - 1];
        if (!goes_this_way(other, m->from, m->to))
            continue;
        if (other->lost && other->from != m->from)
            continue;
        if (!other->lost || other->reply || other->term != m->term ||
            strcmp(other->rpc, m->rpc) != 0)
            return NULL;
        if (other->fate == SCENE_DRAWN)
            return other;
    }
    return NULL;
}

static void fold_retries(struct scene *scene)
{
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *m = &scene->message[i];
        if (m->fate != SCENE_DRAWN || m->reply || !m->lost)
            continue;
        struct scene_message *first = first_try(scene, i);
        if (first == NULL)
            continue;
        first->n_retries++;
        scene_hide(scene, m, SCENE_RETRY);
    }
}

// Does this event belong to a plain round, or to nothing that is drawn?
static bool is_plain(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TIMEOUT:
    case TRACE_ROLE:
    case TRACE_TERM:
    case TRACE_VOTE:
    case TRACE_REFUSE:
    case TRACE_TRUNCATE:
    case TRACE_COMPACT:
    case TRACE_INSTALL:
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_BOOT:
    case TRACE_PAUSE:
    case TRACE_CLOCK:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
    case TRACE_LINK:
    case TRACE_PARTITION:
    case TRACE_HEAL:
    case TRACE_NETWORK:
    case TRACE_FINDING:
    case TRACE_ACT:
        return false;
    default:
        return true;
    }
}

// Marks positions of events that break a run: those above, and the sending of
// a message that is drawn and lost, or refused.
static bool *find_breaks(const struct scene *scene)
{
    size_t n = scene->end - scene->begin;
    bool *breaks = must_calloc(n + 1, sizeof *breaks);
    const struct trace_event *event = scene->trace->event;
    uint64_t index = scene->window->filter.index;
    for (size_t i = 0; i < n; i++) {
        const struct trace_event *e = &event[scene->begin + i];
        bool chosen = index > 0 && e->kind == TRACE_COMMIT && e->from < index &&
                      index <= e->to;
        breaks[i] = !is_plain(e) || chosen;
    }
    for (size_t i = 0; i < scene->n_messages; i++) {
        const struct scene_message *m = &scene->message[i];
        if (m->fate == SCENE_DRAWN && scene_begins_in(scene, m) &&
            (m->lost || m->no || strcmp(m->rpc, "RequestVote") == 0))
            breaks[(size_t)(m->sent - event) - scene->begin] = true;
    }
    return breaks;
}

static void hide(struct scene *scene, struct scene_fold *fold)
{
    const struct trace_event *event = scene->trace->event;
    for (size_t i = fold->first; i < fold->end; i++)
        scene->folded[i - scene->begin] = true;
    for (size_t i = 0; i < scene->n_messages; i++) {
        struct scene_message *m = &scene->message[i];
        if (m->fate != SCENE_DRAWN || m->guilty || !scene_begins_in(scene, m))
            continue;
        size_t at = (size_t)(m->sent - event);
        if (at < fold->first || at >= fold->end)
            continue;
        scene_hide(scene, m, SCENE_ROUND);
        fold->n_messages++;
    }
}

// How far the leader has committed these entries within the fold. Only what it
// commits is replicated: a majority has it.
static uint64_t committed_within(const struct scene *scene,
                                 const struct scene_fold *fold)
{
    uint64_t committed = 0;
    for (size_t i = fold->first; i < fold->end; i++) {
        const struct trace_event *event = &scene->trace->event[i];
        if (event->kind == TRACE_COMMIT && event->node == fold->leader &&
            event->to >= fold->from)
            committed = event->to < fold->to ? event->to : fold->to;
    }
    return committed;
}

const char *scene_say_fold(const struct scene_fold *fold, char *out, size_t n)
{
    bool one = fold->from == fold->to;
    int at = snprintf(out, n, one ? "entry %" PRIu64 : "entries %" PRIu64,
                      fold->from);
    if (!one)
        at += snprintf(out + at, n - (size_t)at, "..%" PRIu64, fold->to);
    if (fold->committed == fold->to)
        snprintf(out + at, n - (size_t)at, " replicated and committed");
    else if (fold->committed > 0)
        snprintf(out + at, n - (size_t)at,
                 " taken by S%d, committed up to %" PRIu64, fold->leader + 1,
                 fold->committed);
    else
        snprintf(out + at, n - (size_t)at, " taken by S%d, not committed",
                 fold->leader + 1);
    return out;
}

static void add_fold(struct scene *scene, const size_t *start, size_t n)
{
    const struct trace_event *event = scene->trace->event;
    if (n < FEWEST_ROUNDS + 2)
        return;
    scene->fold =
        must_realloc(scene->fold, (scene->n_folds + 1) * sizeof *scene->fold);
    struct scene_fold *fold = &scene->fold[scene->n_folds++];
    *fold = (struct scene_fold){.first = start[1],
                                .end = start[n - 1],
                                .n_rounds = n - 2,
                                .from = event[start[1]].index,
                                .to = event[start[n - 2]].index,
                                .leader = event[start[0]].node};
    fold->committed = committed_within(scene, fold);
    hide(scene, fold);
}

static void fold_rounds(struct scene *scene)
{
    const struct trace_event *event = scene->trace->event;
    bool *breaks = find_breaks(scene);
    size_t *start = must_calloc(scene->end - scene->begin + 1, sizeof *start);
    size_t n = 0;
    for (size_t i = scene->begin; i < scene->end; i++) {
        bool begins = event[i].kind == TRACE_START && event[i].ok;
        bool other = begins && n > 0 && event[i].node != event[start[0]].node;
        if (breaks[i - scene->begin] || other) {
            add_fold(scene, start, n);
            n = 0;
        }
        if (begins)
            start[n++] = i;
    }
    add_fold(scene, start, n);
    free(start);
    free(breaks);
}

void scene_fold(struct scene *scene, size_t most)
{
    enum { COMFORTABLE = 80, CROWDED = 160 }; // messages that a page can show
    size_t above = (size_t)scene->window->fold_above;
    size_t aim = above > 0 ? above : COMFORTABLE;
    aim = most < aim ? most : aim;
    scene->folded =
        must_calloc(scene->end - scene->begin + 1, sizeof *scene->folded);
    fold_retries(scene);
    if (scene->n_fate[SCENE_DRAWN] > aim)
        fold_rounds(scene);
    scene->crowded = scene->n_fate[SCENE_DRAWN] > CROWDED;
}

void scene_hide(struct scene *scene, struct scene_message *message,
                enum scene_fate fate)
{
    if (message->guilty && fate != SCENE_FILTERED)
        return;
    scene->n_fate[message->fate]--;
    message->fate = fate;
    scene->n_fate[fate]++;
}

bool scene_begins_in(const struct scene *scene, const struct scene_message *m)
{
    return m->sent != NULL && m->sent >= &scene->trace->event[scene->begin];
}
