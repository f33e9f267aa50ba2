// silent_saves.c -- what is on a disk when a promise leaves, by what the
// harness saw being saved.
//
// A server saves one state at a time, and makes the next when the last is on
// its disk. So what it had promised before a save was over is in every later
// one. States in an encoding of their own are not judged.
#include <inttypes.h>
#include <stdio.h>

#include "silent.h"

// Has the saved log an entry of this index and term, or may it have one?
static bool holds(const struct silent_image *disk, uint64_t index,
                  uint64_t term)
{
    if (index <= disk->snapshot_index)
        return true;
    return disk->last_index >= index && disk->last_term >= term &&
           (disk->last_index > index || disk->last_term == term);
}

static const char *vote_of(int voted_for, char out[24])
{
    if (voted_for < 0)
        return "no vote";
    snprintf(out, 24, "a vote for S%d", voted_for + 1);
    return out;
}

// [ALL.2] [RV.2] Of a term, and of the vote in it, no save goes back.
static bool keeps_vote(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct trace_event *event = c->event;
    const struct silent_image *disk = &me->disk;
    const struct silent_vote *vote = &me->vote[event->term % SILENT_VOTES];
    char one[24], two[24];
    int who = event->node + 1;
    if (event->term < me->term)
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "ALL.2", TRACE_NONE, me->term_n,
            "S%d saved term %" PRIu64
            " at %.3f s, but it had already been in term %" PRIu64 ".",
            who, event->term, check_seconds(event->us), me->term);
    bool same = disk->n > 0 && disk->term == event->term;
    if (disk->n > 0 && event->term < disk->term)
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "ALL.2", TRACE_NONE, disk->n,
            "S%d saved term %" PRIu64
            " at %.3f s over a newer state, of term %" PRIu64 ".",
            who, event->term, check_seconds(event->us), disk->term);
    if (same && disk->voted_for >= 0 && event->voted_for != disk->voted_for)
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "RV.2", event->voted_for, disk->n,
            "S%d saved %s for term %" PRIu64
            " at %.3f s over %s in that same term%s.",
            who, vote_of(event->voted_for, one), event->term,
            check_seconds(event->us), vote_of(disk->voted_for, two),
            disk->n < me->life_n ? ", in its first save since a restart" : "");
    const struct silent_asked *asked = &me->asked[event->term % SILENT_VOTES];
    uint64_t to = event->voted_for >= 0 ? 1ull << event->voted_for : 0;
    if (to != 0 && event->voted_for != event->node && !same &&
        c->silent->saves && silent_tells(c, TRACE_RECV) &&
        (asked->term != event->term || (asked->ever & to) == 0))
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "RV.2", event->voted_for, disk->n,
            "S%d saved %s for term %" PRIu64
            " at %.3f s, but S%d has not asked it for one in that term: a new"
            " term has no vote yet.",
            who, vote_of(event->voted_for, one), event->term,
            check_seconds(event->us), event->voted_for + 1);
    if (vote->n == 0 || vote->term != event->term ||
        vote->to == event->voted_for)
        return true;
    return silent_broken(c, FINDING_SAVED_WRONG_STATE, "RV.2", vote->to,
                         vote->n,
                         "S%d saved %s for term %" PRIu64
                         " at %.3f s, but its vote in that term is S%d's.",
                         who, vote_of(event->voted_for, one), event->term,
                         check_seconds(event->us), vote->to + 1);
}

// [IS.5] An older snapshot than that on the disk, or none, and this entry gone.
static bool lost_snapshot(const struct silent_case *c, uint64_t index,
                          uint64_t term)
{
    const struct silent_image *disk = &c->me->disk;
    const struct trace_event *event = c->event;
    char text[CHECK_SNAPSHOT];
    return silent_broken(
        c, FINDING_SAVED_WRONG_STATE, "IS.5", TRACE_NONE, disk->n,
        "S%d saved %s and a log up to index %" PRIu64
        " at %.3f s over a snapshot up to index %" PRIu64 " and entry %" PRIu64
        " of term %" PRIu64
        ", which are lost: only a newer snapshot may take a snapshot's place.",
        event->node + 1, check_snapshot_text(event->from, text), event->index,
        check_seconds(event->us), disk->snapshot_index, index, term);
}

// [AE.3] [AE.4] The saved log has what the last one had, when no leader's
// request has come since.
static bool keeps_saved(const struct silent_case *c)
{
    const struct silent_image *disk = &c->me->disk;
    const struct trace_event *event = c->event;
    struct silent_image now = {.last_index = event->index,
                               .last_term = event->entry_term,
                               .snapshot_index = event->from};
    if (disk->n == 0 || disk->last_index == 0 || !disk->quiet ||
        disk->n_requests != c->me->n_requests ||
        holds(&now, disk->last_index, disk->last_term))
        return true;
    bool overlap = event->to < disk->n; // two saves at a time
    if (!overlap && event->from < disk->snapshot_index)
        return lost_snapshot(c, disk->last_index, disk->last_term);
    bool compacted = !overlap && event->from > disk->snapshot_index;
    return silent_broken(
        c,
        overlap ? FINDING_SAVED_WRONG_STATE : FINDING_TRUNCATED_WITHOUT_MESSAGE,
        overlap     ? "AE.4"
        : compacted ? "IS.6"
                    : "AE.3",
        TRACE_NONE, disk->n,
        "S%d saved a log up to index %" PRIu64 " (term %" PRIu64
        ") at %.3f s over one up to index %" PRIu64 " (term %" PRIu64
        "): %s%s.",
        event->node + 1, event->index, event->entry_term,
        check_seconds(event->us), disk->last_index, disk->last_term,
        overlap ? "the older of two saves at a time came last"
                : "no leader's message has come between that could cut it",
        compacted ? "; meanwhile it has compacted it" : "");
}

// [AE.3] [AE.4] The saved log has what the server had when the save before
// this one was over, and what it has acknowledged since.
static bool keeps_log(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct trace_event *event = c->event;
    uint64_t index = me->sure_at_save > me->kept ? me->sure_at_save : me->kept;
    uint64_t term;
    struct silent_image now = {.last_index = event->index,
                               .last_term = event->entry_term,
                               .snapshot_index = event->from};
    if (index == 0 || !silent_term_at(me, index, &term) ||
        holds(&now, index, term))
        return true;
    uint64_t since = me->log[index % SILENT_LOG].n;
    bool had = me->disk.n > 0 && holds(&me->disk, index, term);
    if (had && event->to < me->disk.n)
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "AE.4", TRACE_NONE, me->disk.n,
            "S%d saved a log up to index %" PRIu64 " (term %" PRIu64
            ") at %.3f s over a newer one, with entry %" PRIu64
            " of term %" PRIu64 ": two saves at a time.",
            event->node + 1, event->index, event->entry_term,
            check_seconds(event->us), index, term);
    if (had && event->from < me->disk.snapshot_index)
        return lost_snapshot(c, index, term);
    if (had && me->snapshot_n > me->disk.n && event->from >= me->snapshot_index)
        return silent_broken(
            c, FINDING_SAVED_WRONG_STATE, "IS.6", TRACE_NONE, me->snapshot_n,
            "S%d saved a log up to index %" PRIu64 " (term %" PRIu64
            ") at %.3f s after it installed a snapshot up to %" PRIu64
            ", but without entry %" PRIu64 " of term %" PRIu64
            ", which comes after the snapshot and does not conflict with it.",
            event->node + 1, event->index, event->entry_term,
            check_seconds(event->us), me->snapshot_index, index, term);
    if (had)
        return silent_broken(
            c, FINDING_TRUNCATED_WITHOUT_CONFLICT, "AE.3", TRACE_NONE, since,
            "S%d saved a log up to index %" PRIu64 " (term %" PRIu64
            ") at %.3f s without entry %" PRIu64 " of term %" PRIu64
            ", which it had saved and no leader has overwritten.",
            event->node + 1, event->index, event->entry_term,
            check_seconds(event->us), index, term);
    return silent_broken(c, FINDING_SAVED_WRONG_STATE, "AE.4", TRACE_NONE,
                         since,
                         "S%d saved a log up to index %" PRIu64
                         " (term %" PRIu64 ") at %.3f s without entry %" PRIu64
                         " of term %" PRIu64 ", which it had.",
                         event->node + 1, event->index, event->entry_term,
                         check_seconds(event->us), index, term);
}

bool silent_judge_saved(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    const struct trace_event *event = c->event;
    // Before the first message it may be a past that servers come with.
    c->silent->saves |= c->silent->n_runs > 0;
    me->unknown_saves |= !event->ok;
    if (event->snapshot_bytes > 0)
        me->snapshots = true;
    if (event->ok && event->from > me->may_commit)
        me->may_commit = event->from; // only what is committed is compacted
    if ((c->check->without >> TRACE_PERSIST & 1) != 0 || me->unknown_saves)
        return true;
    if (!keeps_vote(c) || !keeps_saved(c) || !keeps_log(c))
        return false;
    me->disk = (struct silent_image){.n = event->n,
                                     .us = event->us,
                                     .term = event->term,
                                     .voted_for = event->voted_for,
                                     .last_index = event->index,
                                     .last_term = event->entry_term,
                                     .snapshot_index = event->from,
                                     .n_requests = me->n_requests,
                                     .quiet = me->n_pending == 0};
    if (event->voted_for == event->node)
        me->stood_us = event->us;
    me->sure_at_save = me->sure;
    silent_learn_held(c);
    return true;
}

// An answer left too early.
static bool unsaved(const struct silent_case *c, const char *tag,
                    const char *what)
{
    const struct silent_image *disk = &c->me->disk;
    char vote[24], saved[100] = "nothing";
    if (disk->n > 0)
        snprintf(saved, sizeof saved,
                 "term %" PRIu64 ", %s, a log up to %" PRIu64 " (term %" PRIu64
                 ")",
                 disk->term, vote_of(disk->voted_for, vote), disk->last_index,
                 disk->last_term);
    return silent_broken(
        c, FINDING_REPLIED_BEFORE_SAVING, tag, c->flight->from, disk->n,
        "S%d replied to S%d's %s of term %" PRIu64
        " at %.3f s before %s was saved; its disk had %s%s.",
        c->event->node + 1, c->flight->from + 1, c->event->rpc, c->args->term,
        check_seconds(c->event->us), what, saved,
        tag[0] == 'A' && tag[1] == 'E' &&
                disk->last_index >= c->args->index + c->args->n_entries
            ? ", with another entry there"
            : "");
}

// [C.1] A candidate's term and its own vote are saved before it asks.
static bool asks(const struct silent_case *c)
{
    const struct silent_image *disk = &c->me->disk;
    uint64_t term = c->args->term;
    bool votes = c->args->rpc == FACTS_VOTE;
    if (disk->n > 0 &&
        (disk->term > term ||
         (disk->term == term && (!votes || disk->voted_for == c->event->node))))
        return true;
    char vote[24];
    // It may have voted and not saved that; a vote for another is saved.
    if (disk->n > 0 && disk->term == term && disk->voted_for >= 0)
        return silent_broken(
            c, FINDING_NO_OWN_VOTE, "C.1", TRACE_NONE, disk->n,
            "S%d requested votes in term %" PRIu64
            " at %.3f s without voting for itself: it saved that term with %s.",
            c->event->node + 1, term, check_seconds(c->event->us),
            vote_of(disk->voted_for, vote));
    return silent_broken(
        c, FINDING_SENT_BEFORE_SAVING, "C.1", TRACE_NONE, disk->n,
        "S%d sent %s for term %" PRIu64 " at %.3f s before saving that term%s.",
        c->event->node + 1, c->event->rpc, term, check_seconds(c->event->us),
        votes ? " and its own vote" : "");
}

// [IS.5] Whoever says that all chunks are there has saved the snapshot, or has
// entries up to its end.
static bool installed(const struct silent_case *c)
{
    const struct facts *args = c->args;
    bool whole =
        args->done && c->reply->tells_stored && c->reply->stored >= args->end;
    if (!whole || c->me->disk.last_index >= args->index)
        return true;
    return unsaved(c, "IS.5", "the snapshot");
}

bool silent_judge_promise(const struct silent_case *c)
{
    const struct silent_image *disk = &c->me->disk;
    if (!silent_must_save(c))
        return true;
    if (c->event->kind == TRACE_SEND)
        return asks(c);
    const struct facts *args = c->args;
    if (c->reply->term > disk->term)
        return unsaved(c, "ALL.2", "that term");
    if (c->reply->term != disk->term || c->reply->term != args->term)
        return true;
    if (args->rpc == FACTS_INSTALL)
        return installed(c);
    if (!c->reply->yes)
        return true;
    if (args->rpc == FACTS_VOTE && disk->voted_for != c->flight->from)
        return unsaved(c, "RV.2", "the vote");
    if (args->rpc != FACTS_APPEND || args->n_entries == 0)
        return true;
    uint64_t last = facts_term(&c->check->terms, args, args->n_entries - 1);
    uint64_t index = args->index + args->n_entries;
    if (last == 0 || holds(disk, index, last))
        return true;
    return unsaved(c, "AE.4", "what it acknowledged");
}
