// durability.c -- what a server promised is in its persister when the promise
// leaves it, and a restart finds what was persisted.
//
// A persist tells the term, the vote, and how the log ends. It is matched with
// one of the states that the server had since the last one: what it changed
// later is not saved.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "internal.h"

static bool equals(const struct image *one, const struct image *two)
{
    return one->term == two->term && one->voted_for == two->voted_for &&
           (one->snapshot_index == two->snapshot_index || one->vague ||
            two->vague) &&
           one->last_index == two->last_index &&
           (one->last_term == two->last_term || one->last_term == 0 ||
            two->last_term == 0);
}

static struct image in_memory(const struct check *check, int node)
{
    const struct model_server *model = &check->model.server[node];
    uint64_t last = model_last_index(model);
    return (struct image){.term = model->term,
                          .last_index = last,
                          .last_term = model_term_at(model, last),
                          .snapshot_index = model->snapshot_index,
                          .voted_for = model->voted_for};
}

// A change comes: what was in memory before it may be what is being saved.
// `low` is the lowest index of the log that the change touches.
static void remember(struct check *check, const struct trace_event *event,
                     uint64_t low)
{
    struct judged *server = &check->server[event->node];
    if (server->n_unsaved == N_UNSAVED) {
        server->n_unsaved = 0;
        server->unsaved_lost = true;
    }
    server->unsaved = must_grow(server->unsaved, server->n_unsaved,
                                &server->unsaved_room, sizeof *server->unsaved);
    struct image *image = &server->unsaved[server->n_unsaved++];
    *image = in_memory(check, event->node);
    image->low = low; // of the change that comes, not of this state
    image->event = event->n;
    image->kind = event->kind;
}

// What a snapshot replaces: nothing, where the log has its last entry; else
// all that is not committed.
static uint64_t lowest_installed(const struct check *check,
                                 const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    if (model_term_at(server, event->index) == event->entry_term)
        return UINT64_MAX;
    return server->commit_index + 1;
}

// Is what the log had up to index at event n on the disk? A snapshot that came
// later takes nothing back from the disk, even if it is not saved itself.
static bool was_saved(const struct check *check, int server, uint64_t index,
                      uint64_t n)
{
    const struct judged *judged = &check->server[server];
    if (check->n_of_kind[TRACE_PERSIST] == 0 || judged->unsaved_lost)
        return true;
    for (size_t i = 0; i < judged->n_unsaved; i++) {
        const struct image *image = &judged->unsaved[i];
        bool later = image->kind == TRACE_INSTALL && image->event > n;
        if (image->low <= index && !later)
            return false;
    }
    return judged->disk.last_index >= index;
}

bool check_was_saving(const struct check *check, int server, uint64_t index)
{
    const struct judged *judged = &check->server[server];
    for (size_t i = 0; i < judged->n_unsaved; i++)
        if (judged->unsaved[i].low <= index)
            return judged->disk.event > judged->unsaved[i].event;
    return false;
}

bool check_is_durable(const struct check *check, int server, uint64_t index)
{
    return was_saved(check, server, index, UINT64_MAX);
}

// "a vote for S2", "no vote"
static const char *vote_text(int voted_for, char out[24])
{
    if (voted_for < 0)
        return "no vote";
    snprintf(out, 24, "a vote for S%d", voted_for + 1);
    return out;
}

const char *check_snapshot_text(uint64_t index, char out[CHECK_SNAPSHOT])
{
    if (index == 0)
        return "no snapshot";
    snprintf(out, CHECK_SNAPSHOT, "a snapshot up to index %" PRIu64, index);
    return out;
}

static const char *differs_in(const struct image *one, const struct image *two)
{
    if (one->term != two->term)
        return "ALL.2";
    return one->voted_for != two->voted_for ? "RV.2" : "AE.4";
}

// The rule behind a save that differs: a snapshot that cut the log wrongly, or
// what Figure 2 wants to be persistent.
static const char *rule_of_save(const struct judged *server,
                                const struct image *now,
                                const struct image *saved)
{
    const char *rule = differs_in(now, saved);
    for (size_t i = 0; i < server->n_unsaved && strcmp(rule, "AE.4") == 0; i++)
        if (server->unsaved[i].kind == TRACE_INSTALL ||
            server->unsaved[i].kind == TRACE_COMPACT)
            return saved->last_index < now->last_index ? "IS.6" : "IS.7";
    // Another last entry at the same index: it was overwritten, not cut.
    bool replaced = now->last_index == saved->last_index &&
                    now->last_term != saved->last_term;
    return replaced && strcmp(rule, "AE.4") == 0 ? "AE.3" : rule;
}

// ... in words, where the saved log is too short.
static const char *by_snapshot(const struct judged *server,
                               const struct image *now,
                               const struct image *saved)
{
    bool kept = saved->last_index > now->last_index;
    for (size_t i = 0; i < server->n_unsaved; i++)
        if (server->unsaved[i].kind == TRACE_INSTALL)
            return kept ? ", after installing a snapshot, and kept what"
                          " its log had after that"
                        : ", after installing a snapshot";
    if (rule_of_save(server, now, saved)[0] != 'I')
        return "";
    return saved->last_index == 0
               ? ", after discarding its whole log for a snapshot"
               : ", after discarding part of its log for a snapshot";
}

// A new term, saved with the vote that was given in the one before.
static const char *by_old_vote(const struct image *disk,
                               const struct image *now,
                               const struct image *saved, char text[64])
{
    text[0] = '\0';
    if (saved->term == now->term && disk->term < saved->term &&
        saved->voted_for >= 0 && saved->voted_for == disk->voted_for &&
        now->voted_for != saved->voted_for)
        snprintf(text, 64, ", the vote of term %" PRIu64, disk->term);
    return text;
}

// All that was saved is gone: term, vote, log and snapshot.
static bool is_wiped(const struct image *disk, const struct image *found)
{
    return disk->term > 0 && disk->last_index > 0 && found->term == 0 &&
           found->voted_for < 0 && found->last_index == 0;
}

// A boot finds what was saved last, or what was being saved in the crash.
static bool boot(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    struct image found = {.term = event->term,
                          .last_index = event->index + event->n_entries,
                          .last_term = event->entry_term,
                          .snapshot_index = event->index,
                          .voted_for = event->voted_for,
                          .event = event->n};
    if (event->n_entries > 0)
        found.last_term = event->entries[event->n_entries - 1].term;
    struct image last = in_memory(check, event->node);
    bool good = !server->saves || server->unsaved_lost ||
                equals(&server->disk, &found) || equals(&last, &found);
    for (size_t i = 0; i < server->n_unsaved; i++)
        good |= equals(&server->unsaved[i], &found);
    char one[CHECK_SNAPSHOT], two[24];
    if (!good && is_wiped(&server->disk, &found))
        return check_broken(
            check, event, FINDING_RESTARTED_WITH_WRONG_STATE, "", TRACE_NONE,
            server->disk.event,
            "S%d restarted with nothing: no term, no vote, no log. It had saved"
            " term %" PRIu64 ", %s and a log up to %" PRIu64
            ": its disk was wiped in between, or it did not read it.",
            event->node + 1, server->disk.term,
            vote_text(server->disk.voted_for, two), server->disk.last_index);
    if (!good && found.snapshot_index < server->disk.snapshot_index)
        return check_broken(
            check, event, FINDING_SNAPSHOT_LOST_AT_RESTART, "IS.8", TRACE_NONE,
            server->disk.event,
            "S%d restarted with %s and a log up to index %" PRIu64
            ", but it had saved a snapshot up to index %" PRIu64
            " and a log up to %" PRIu64 ".",
            event->node + 1, check_snapshot_text(found.snapshot_index, one),
            found.last_index, server->disk.snapshot_index,
            server->disk.last_index);
    if (!good)
        return check_broken(
            check, event, FINDING_RESTARTED_WITH_WRONG_STATE,
            differs_in(&server->disk, &found), TRACE_NONE, server->disk.event,
            "S%d restarted in term %" PRIu64 " with %s and a log up to"
            " %" PRIu64 " (term %" PRIu64 "), but it had saved term %" PRIu64
            ", %s and a log up to %" PRIu64 " (term %" PRIu64 ").",
            event->node + 1, found.term, vote_text(found.voted_for, one),
            found.last_index, found.last_term, server->disk.term,
            vote_text(server->disk.voted_for, two), server->disk.last_index,
            server->disk.last_term);
    if (check->n_of_kind[TRACE_PERSIST] == 0 &&
        !check_keeps_term(check, event, found.term))
        return false;
    server->disk = found;
    server->saves = true;
    server->n_unsaved = 0;
    server->unsaved_lost = false;
    return true;
}

// The last compaction since the last save that had a newer one before it; 0.
static uint64_t compacted_back(const struct judged *server,
                               const struct image *now)
{
    for (size_t i = server->n_unsaved; i > 0; i--) {
        const struct image *image = &server->unsaved[i - 1];
        const struct image *then = i < server->n_unsaved ? image + 1 : now;
        if (image->kind == TRACE_COMPACT &&
            image->snapshot_index == then->snapshot_index)
            return image->event;
    }
    return 0;
}

// [IS.5] An older snapshot has taken the place of a newer one.
static bool goes_back(struct check *check, const struct trace_event *event,
                      const struct image *now)
{
    if (event->from >= now->snapshot_index ||
        (event->from == 0 && event->snapshot_bytes > 0))
        return true;
    char text[CHECK_SNAPSHOT];
    uint64_t back = compacted_back(&check->server[event->node], now);
    return check_broken(
        check, event, FINDING_SAVED_WRONG_STATE, "IS.5", TRACE_NONE, back,
        "S%d saved %s and a log up to index %" PRIu64
        " at %.3f s, but it had a snapshot up to index %" PRIu64
        " already: only a newer one may take its place.%s",
        event->node + 1, check_snapshot_text(event->from, text), event->index,
        check_seconds(event->us), now->snapshot_index,
        back != 0 ? " It was compacting its log for a snapshot of its service."
                  : "");
}

// The persisted image against the states that the server had: the newest that
// it equals is what was saved.
static bool persist(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    struct image now = in_memory(check, event->node);
    struct image saved = {.term = event->term,
                          .last_index = event->index,
                          .last_term = event->entry_term,
                          .snapshot_index = event->from,
                          .vague =
                              event->from == 0 && event->snapshot_bytes > 0,
                          .voted_for = event->voted_for,
                          .event = event->n};
    char one[24], two[24], old[64];
    size_t n_older = equals(&now, &saved) ? server->n_unsaved : SIZE_MAX;
    for (size_t i = 0; i < server->n_unsaved; i++)
        if (n_older == SIZE_MAX &&
            equals(&server->unsaved[server->n_unsaved - 1 - i], &saved))
            n_older = server->n_unsaved - 1 - i;
    const char *rule = rule_of_save(server, &now, &saved);
    const char *what = now.term != saved.term             ? "terms"
                       : now.voted_for != saved.voted_for ? "votes"
                       : rule[0] == 'I' ? "logs after the snapshot"
                                        : "logs";
    if (n_older == SIZE_MAX && !server->unsaved_lost &&
        check->model.server[event->node].booted &&
        !equals(&server->disk, &saved) &&
        (!goes_back(check, event, &now) ||
         !check_broken(
             check, event, FINDING_SAVED_WRONG_STATE, rule, TRACE_NONE,
             server->n_unsaved > 0 ? server->unsaved[0].event : 0,
             "S%d saved term %" PRIu64 ", %s%s and a log up to %" PRIu64
             " (term %" PRIu64
             ") at %.3f s%s, but in memory it had term %" PRIu64
             ", %s and a log up to %" PRIu64 " (term %" PRIu64 "): the %s"
             " differ.",
             event->node + 1, saved.term, vote_text(saved.voted_for, one),
             by_old_vote(&server->disk, &now, &saved, old), saved.last_index,
             saved.last_term, check_seconds(event->us),
             by_snapshot(server, &now, &saved), now.term,
             vote_text(now.voted_for, two), now.last_index, now.last_term,
             what)))
        return false;
    if (server->snapshot_bytes > 0 && event->snapshot_bytes == 0)
        return check_broken(
            check, event, FINDING_SAVED_WITHOUT_SNAPSHOT, "IS.5", TRACE_NONE, 0,
            "S%d saved its state at %.3f s without the snapshot that it had"
            " saved before; its log begins after index %" PRIu64 ".",
            event->node + 1, check_seconds(event->us), now.snapshot_index);
    server->snapshot_bytes = event->snapshot_bytes;
    server->disk = saved;
    server->saves = true;
    if (n_older == SIZE_MAX)
        return true;
    server->unsaved_lost = false; // those were older
    server->n_unsaved -= n_older;
    memmove(server->unsaved, server->unsaved + n_older,
            server->n_unsaved * sizeof server->unsaved[0]);
    return true;
}

// [C.1] A candidate's term and its own vote are saved before it asks.
static bool send(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    const struct judged *server = &check->server[event->node];
    if (flight == NULL || !flight->args.whole ||
        check->n_of_kind[TRACE_PERSIST] == 0 ||
        !check->model.server[event->node].up ||
        !(server->saves || check->model.server[event->node].booted))
        return true;
    uint64_t term = flight->args.term;
    bool votes = flight->args.rpc == FACTS_VOTE;
    if (server->saves && (server->disk.term > term ||
                          (server->disk.term == term &&
                           (!votes || server->disk.voted_for == event->node))))
        return true;
    // Neither in memory nor on its disk.
    if (votes && server->disk.term == term && server->disk.voted_for < 0 &&
        check->model.server[event->node].term == term &&
        check->model.server[event->node].voted_for < 0)
        return check_broken(check, event, FINDING_NO_OWN_VOTE, "C.1",
                            TRACE_NONE, server->disk.event,
                            "S%d requested votes in term %" PRIu64
                            " at %.3f s without voting for itself: it saved"
                            " that term with no vote.",
                            event->node + 1, term, check_seconds(event->us));
    return check_broken(
        check, event, FINDING_SENT_BEFORE_SAVING, "C.1", TRACE_NONE,
        server->disk.event,
        "S%d sent %s for term %" PRIu64 " at %.3f s before saving that term%s.",
        event->node + 1, event->rpc, term, check_seconds(event->us),
        votes ? " and its own vote" : "");
}

// [RV.2] [AE.4] A vote, an entry, a term that are answered for are saved.
static bool reply(struct check *check, const struct trace_event *event)
{
    const struct judged *server = &check->server[event->node];
    const struct flight *flight = check_flight(check, event->msg);
    const struct facts_reply *facts = check_reply(flight, event);
    if (facts == NULL || !facts->whole ||
        check->n_of_kind[TRACE_PERSIST] == 0 ||
        !check->model.server[event->node].up ||
        !(server->saves || check->model.server[event->node].booted))
        return true;
    const struct facts *args = &flight->args;
    int from = flight->from;
    double now = check_seconds(event->us);
    if (server->disk.term < facts->term)
        return check_broken(check, event, FINDING_REPLIED_BEFORE_SAVING,
                            "ALL.2", TRACE_NONE, server->disk.event,
                            "S%d replied in term %" PRIu64
                            " at %.3f s before saving that term.",
                            event->node + 1, facts->term, now);
    if (server->disk.term != facts->term ||
        !(facts->yes || args->rpc == FACTS_INSTALL))
        return true;
    if (args->rpc == FACTS_VOTE && server->disk.voted_for != from)
        return check_broken(check, event, FINDING_REPLIED_BEFORE_SAVING, "RV.2",
                            from, server->disk.event,
                            "S%d granted its vote in term %" PRIu64
                            " to S%d at %.3f s before saving that vote.",
                            event->node + 1, facts->term, from + 1, now);
    const struct model_server *model = &check->model.server[event->node];
    uint64_t index = args->index + args->n_entries;
    bool entries = args->rpc == FACTS_APPEND;
    uint64_t term = model_term_at(model, index);
    bool snapshot = args->rpc == FACTS_INSTALL && args->done &&
                    model->snapshot_index == args->index;
    if (args->whole && args->term == facts->term &&
        model->term == facts->term && (entries || snapshot) &&
        !was_saved(check, event->node, index,
                   entries ? flight->recv_n : UINT64_MAX))
        return check_broken(
            check, event, FINDING_REPLIED_BEFORE_SAVING,
            entries ? "AE.4" : "IS.5", from, server->disk.event,
            "S%d acknowledged S%d's %s up to %" PRIu64
            " at %.3f s, but its log changes up to there were not yet saved"
            " (saved log: up to %" PRIu64 "%s).",
            event->node + 1, from + 1, entries ? "entries" : "snapshot", index,
            now, server->disk.last_index,
            entries && server->disk.last_index >= index &&
                    server->disk.last_term < term
                ? ", with another entry there"
                : "");
    return true;
}

// Votes that a candidate has heard of, for [C.2].
static void reply_recv(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    const struct facts_reply *facts = check_reply(flight, event);
    struct judged *server = &check->server[event->node];
    uint64_t term = check->model.server[event->node].term;
    if (facts == NULL || flight->args.rpc != FACTS_VOTE ||
        flight->args.term != term || flight->to < 0)
        return;
    if (server->heard_term != term) {
        server->heard_term = term;
        server->heard = server->refused = server->enough_us = 0;
    }
    if (!facts->yes) {
        server->refused |= 1ull << (flight->to % 64);
        return;
    }
    server->heard |= 1ull << (flight->to % 64);
    uint64_t votes = server->heard | 1ull << (event->node % 64);
    if (server->enough_us == 0 &&
        __builtin_popcountll(votes) >= check_majority(check)) {
        server->enough_us = event->us;
        server->enough_event = event->n;
    }
}

bool check_durability(struct check *check, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_BOOT:
        return boot(check, event);
    case TRACE_PERSIST:
        return persist(check, event);
    case TRACE_APPEND:
    case TRACE_TRUNCATE:
        remember(check, event, event->index);
        return true;
    case TRACE_INSTALL:
        remember(check, event, lowest_installed(check, event));
        return true;
    case TRACE_TERM:
    case TRACE_VOTE:
    case TRACE_COMPACT:
        remember(check, event, UINT64_MAX);
        return true;
    case TRACE_SEND:
        return send(check, event);
    case TRACE_REPLY:
        return reply(check, event);
    case TRACE_REPLY_RECV:
        reply_recv(check, event);
        return true;
    default:
        return true;
    }
}
