// why_saved.c -- what was saved and what was lost: restarts, snapshots,
// promises.
#include <inttypes.h>

#include "why.h"

// Has something to do with whether the log has the entry: it is stored, cut
// off, or the server begins again.
static bool stores_or_loses(const struct trace_event *event, const void *index)
{
    return why_holds(event, index) || event->kind == TRACE_BOOT ||
           (event->kind == TRACE_TRUNCATE &&
            event->index <= *(const uint64_t *)index);
}

// The server held the entry that the finding is about, and lost it.
void why_explain_loss(struct why *why, size_t at)
{
    int node = why->trace->event[at].node;
    size_t last = why->index > 0
                      ? why_last(why, node, at, stores_or_loses, &why->index)
                      : SIZE_MAX;
    if (last == SIZE_MAX || why_holds(&why->trace->event[last], &why->index))
        return;
    if (why_last(why, node, last, why_holds, &why->index) != SIZE_MAX)
        why_rests(why, at, last, WHY_NEAR, true);
}

static bool saves_or_grows(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_PERSIST || event->kind == TRACE_APPEND ||
           event->kind == TRACE_TRUNCATE || event->kind == TRACE_BOOT;
}

// The save behind it shows what became of the log.
static void doubt_install(const struct why *why,
                          const struct model_server *server,
                          struct why_fact *fact)
{
    const struct trace_event *install = &why->trace->event[fact->at];
    size_t next = why_next(why, install->node, fact->at, saves_or_grows, NULL);
    const struct trace_event *save =
        next != SIZE_MAX ? &why->trace->event[next] : NULL;
    bool keeps = model_term_at(server, install->index) == install->entry_term &&
                 model_last_index(server) > install->index;
    uint64_t end = keeps ? model_last_index(server) : install->index;
    if (install->index < server->commit_index)
        DOUBT("IS.5",
              "S%d had committed up to %" PRIu64
              ": an older snapshot takes it back.",
              install->node + 1, server->commit_index);
    else if (save != NULL && save->kind == TRACE_PERSIST && save->index != end)
        DOUBT(keeps ? "IS.6" : "IS.7",
              "The log should end at %" PRIu64 " now; the next save, event"
              " %" PRIu64 ", has one that ends at %" PRIu64 ".",
              end, save->n, save->index);
}

// A restart that finds less than there was: lost on the way to the disk, or
// never saved. Nothing is wrong with it if nobody was told.
static void doubt_boot(const struct why *why, const struct model_server *before,
                       struct why_fact *fact)
{
    const struct trace_event *boot = &why->trace->event[fact->at];
    const char *lost = NULL;
    if (!before->booted || (!fact->goal && why->index == 0))
        return;
    if (boot->term < before->term)
        lost = "its term";
    else if (boot->term == before->term && boot->voted_for != before->voted_for)
        lost = "its vote";
    else if (boot->index + boot->n_entries < model_last_index(before))
        lost = "the end of its log";
    if (lost != NULL)
        DOUBT("persistent state", "It has lost %s.", lost);
}

// Does anybody's disk play a part? It does not for who has not learnt yet to
// save, as long as no server comes back.
static bool disks_matter(const struct why *why)
{
    for (size_t i = 0; i < why->trace->n_events; i++)
        if (why->trace->event[i].kind == TRACE_PERSIST ||
            why->trace->event[i].kind == TRACE_RESTART)
            return true;
    return false;
}

// What a message promises must have been saved before it left.
static void doubt_promise(const struct why *why,
                          const struct model_server *server,
                          struct why_fact *fact)
{
    const struct trace_event *event = &why->trace->event[fact->at];
    uint64_t term = why_number(event, "term");
    const struct trace_event *saved = NULL;
    for (size_t i = fact->at; i > 0 && saved == NULL; i--) {
        const struct trace_event *e = &why->trace->event[i - 1];
        if (e->node == event->node && e->kind == TRACE_PERSIST)
            saved = e;
        if (e->node == event->node && e->kind == TRACE_BOOT)
            break;
    }
    const char *tag = event->kind == TRACE_SEND ? "C.1" : "AE.4";
    if (saved == NULL && server->term > 0 && term == server->term &&
        disks_matter(why))
        DOUBT(tag, "Nothing of term %" PRIu64 " was saved when it left.", term);
    else if (saved != NULL && saved->term < term)
        DOUBT(tag,
              "The last save, event %" PRIu64 ", was of term %" PRIu64
              ": a crash now would make S%d forget what it says here.",
              saved->n, saved->term, event->node + 1);
    else if (saved != NULL && saved->term == term &&
             saved->voted_for != server->voted_for)
        DOUBT("RV.2",
              "The last save, event %" PRIu64
              ", has not its vote: a crash now would let it vote again.",
              saved->n);
    else if (saved != NULL && saved->index < model_last_index(server))
        DOUBT("AE.4",
              "The last save, event %" PRIu64 ", has the log up to %" PRIu64
              " only: a crash now would lose what is acknowledged.",
              saved->n, saved->index);
}

void why_doubt_saved(const struct why *why, const struct model_server *server,
                     struct why_fact *fact)
{
    switch (why->trace->event[fact->at].kind) {
    case TRACE_BOOT:
        doubt_boot(why, server, fact);
        break;
    case TRACE_INSTALL:
        doubt_install(why, server, fact);
        break;
    case TRACE_SEND:
    case TRACE_REPLY:
        doubt_promise(why, server, fact);
        break;
    default:
        break;
    }
}
