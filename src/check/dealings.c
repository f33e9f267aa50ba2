// dealings.c -- a leader and a peer that lacks what the leader has: what goes
// wrong between them.
//
// One diagnosis for all Rafts: what a leader has sent and heard is known from
// its own events, or, of one that tells nothing of itself, from the messages.
// A finding wants it proved by repetition; how far progress has come
// (progress.c) is told at once.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "silent.h"

enum { FEW_REFUSALS = 3 };

// What a leader sends a peer, for those who wait for it.
void check_sent(struct check *check, const struct trace_event *event,
                const struct flight *flight)
{
    const struct facts *args = &flight->args;
    struct view *view = &check->server[event->node].view[flight->to];
    view->sent_us = event->us;
    if (args->n_entries > 0 || args->rpc == FACTS_INSTALL)
        view->entries_us = event->us;
    if (args->rpc == FACTS_APPEND) {
        view->told_commit = args->leader_commit;
        return;
    }
    if (args->begin == 0) {
        view->n_begun++;
        view->begun_us = event->us;
        view->begun_n = event->n;
    }
    if (args->done)
        view->n_begun = 0;
}

void check_refused(struct view *view, const struct flight *flight,
                   const struct facts_reply *reply,
                   const struct trace_event *event)
{
    const struct facts *args = &flight->args;
    bool row = view->n_refused > 0, late = flight->sent_n < view->refused_send;
    if (!row)
        view->n_ours = view->rose_to = 0;
    if (row && !late && args->index > view->refused_index) {
        view->rose_from = view->refused_index;
        view->rose_to = args->index;
    }
    view->n_ours +=
        reply->conflict_term > 0 && reply->conflict_term == args->index_term;
    view->n_refused++;
    view->n_same = view->refused_index == args->index ? view->n_same + 1 : 1;
    view->refused_index = args->index;
    view->refused_us = event->us;
    view->refused_n = event->n;
    view->refused_send = flight->sent_n;
}

// What is between the two.
struct dealings {
    struct check *check;
    struct view view;
    bool speaks;            // the leader tells of itself
    int leader, peer;       // as people count them
    uint64_t last;          // the end of the leader's log, as far as it is sure
    uint64_t led_n, led_us; // it leads since
    // How far a snapshot covers the peer's log, and the leader's; the last that
    // the peer has acknowledged.
    uint64_t covered, leader_covered, installed;
    uint64_t soon_us, recent_us; // patience
};

static struct dealings between(struct check *check, int leader, int peer)
{
    const struct judged *judged = &check->server[leader];
    struct dealings d = {.check = check,
                         .speaks = check->silent->speaks,
                         .leader = leader + 1,
                         .peer = peer + 1};
    if (d.speaks) {
        d.view = judged->view[peer];
        d.last = model_last_index(&check->model.server[leader]);
        d.led_n = judged->role_event;
        d.led_us = judged->role_us;
        d.covered = check->model.server[peer].snapshot_index;
        // Unless the peer has acknowledged as much.
        uint64_t refused = d.view.refused_index;
        if (d.view.acked < refused && d.view.acked_before < refused)
            d.leader_covered = check->model.server[leader].snapshot_index;
        d.soon_us = SOON_US;
        d.recent_us = BEATS_US;
        return d;
    }
    const struct silent_server *server = &check->silent->server[leader];
    const struct silent_peer *told = &server->peer[peer];
    d.view = told->view;
    d.last = server->sure;
    d.led_n = server->led_n;
    d.covered = check->silent->server[peer].disk.snapshot_index;
    d.leader_covered = server->disk.snapshot_index;
    d.installed = told->installed;
    d.soon_us = d.recent_us = 2 * BEATS_US;
    return d;
}

// A finding with up to two events besides the leader's election, 0 for none.
static bool says(const struct dealings *d, const char *tag, uint64_t one,
                 uint64_t two, const char *text)
{
    struct check_finding *finding = &d->check->diagnosis;
    check_lies(d->check, tag, d->leader - 1, d->led_n, "%s", text);
    if (one != 0)
        finding->events[finding->n_events++] = one;
    if (two != 0)
        finding->events[finding->n_events++] = two;
    return true;
}

// What a snapshot has to do with refusals that have no end.
static const char *of_snapshot(const struct dealings *d, char text[160])
{
    uint64_t index = d->view.refused_index;
    text[0] = '\0';
    if (d->view.n_same < FEW_REFUSALS)
        return text;
    if (index > 0 && d->leader_covered >= index && d->installed >= index)
        snprintf(text, 160,
                 ", where S%d's snapshot ends, and S%d has acknowledged a"
                 " snapshot up to %" PRIu64,
                 d->leader, d->peer, d->installed);
    else if (index > 0 && d->leader_covered >= index)
        snprintf(text, 160,
                 ", where S%d's snapshot ends, which S%d has not acknowledged",
                 d->leader, d->peer);
    return text;
}

// [L.3] [AE.2] The peer says no, again and again.
static bool refuses(const struct dealings *d)
{
    const struct view *view = &d->view;
    char begin[160], text[600], more[160], snapshot[160];
    snprintf(begin, sizeof begin,
             "S%d has refused S%d's AppendEntries %" PRIu64
             " times in a row, the last %" PRIu64 " with prev_log_index"
             " %" PRIu64,
             d->peer, d->leader, view->n_refused, view->n_same,
             view->refused_index);
    if (view->refused_index > 0 && view->refused_index <= d->covered)
        return check_lies(d->check, "AE.2", d->peer - 1, 0,
                          "%s, although its snapshot covers everything up to"
                          " %" PRIu64 ".",
                          begin, d->covered);
    const char *how =
        view->n_same >= FEW_REFUSALS
            ? "does not move next_index back to where the logs agree"
            : "moves next_index back too slowly";
    // No refused entry can be of the term that the leader has there.
    if (view->n_ours >= FEW_REFUSALS)
        snprintf(more, sizeof more,
                 "; %" PRIu64 " of these replies give as conflict_term the term"
                 " of the leader's own entry there",
                 view->n_ours);
    else if (view->rose_to > 0)
        snprintf(more, sizeof more,
                 ", and moved it forward once more, from %" PRIu64
                 " to %" PRIu64 ", with nothing acknowledged between",
                 view->rose_from + 1, view->rose_to + 1);
    else
        more[0] = '\0';
    snprintf(text, sizeof text, "%s%s: S%d %s%s.", begin,
             of_snapshot(d, snapshot), d->leader, how, more);
    return says(d, "L.3", view->refused_send, view->refused_n, text);
}

// "since 3.412 s", or that it has not been at all.
static const char *since(uint64_t us, char text[40])
{
    snprintf(text, 40, us > 0 ? "since %.3f s" : "in this term",
             check_seconds(us));
    return text;
}

bool check_left_behind(struct check *check, int leader, int peer, uint64_t us)
{
    const struct dealings d = between(check, leader, peer);
    const struct view *view = &d.view;
    uint64_t sent_us = view->sent_us > d.led_us ? view->sent_us : d.led_us;
    uint64_t fed_us = view->entries_us > d.led_us ? view->entries_us : d.led_us;
    bool hears = us < view->heard_us + d.recent_us;
    char text[400], when[40];
    if (hears && d.last > view->acked &&
        (view->n_begun >= FEW_REFUSALS || view->n_again >= 2 * FEW_REFUSALS))
        return says(&d, check_say_dealings(check, leader, peer, text),
                    view->heard_n, view->begun_n, text);
    if (view->n_refused >= FEW_REFUSALS && us < view->refused_us + d.recent_us)
        return refuses(&d);
    if (d.speaks && us > sent_us + BEATS_US) {
        snprintf(text, sizeof text,
                 "S%d, leader of term %" PRIu64
                 " since %.3f s, is not sending heartbeats to S%d.",
                 d.leader, check->model.server[leader].term,
                 check_seconds(d.led_us), d.peer);
        return says(&d, "L.1", 0, 0, text);
    }
    if (d.last <= view->acked || !hears || us < fed_us + d.soon_us)
        return false;
    snprintf(text, sizeof text,
             "S%d has acknowledged S%d's entries only up to %" PRIu64
             ". S%d's log %s %" PRIu64 ", but S%d has sent it no entries %s.",
             d.peer, d.leader, view->acked, d.leader,
             d.speaks ? "ends at" : "has entry", d.last, d.leader,
             since(view->entries_us, when));
    return says(&d, "L.3", 0, 0, text);
}

const char *check_say_dealings(struct check *check, int leader, int peer,
                               char text[400])
{
    const struct dealings d = between(check, leader, peer);
    const struct view *view = &d.view;
    char when[40] = "has not answered in this term";
    if (view->heard_us > 0)
        snprintf(when, sizeof when, "answered last at %.3f s",
                 check_seconds(view->heard_us));
    if (view->n_begun > 1)
        snprintf(text, 400,
                 "S%d has begun %" PRIu64 " times to send S%d its snapshot, the"
                 " last time at %.3f s, and has not sent the end of it: it has"
                 " to go on where the answer says.",
                 d.leader, view->n_begun, d.peer,
                 check_seconds(view->begun_us));
    else if (view->entries_us == 0)
        snprintf(text, 400,
                 "In this term S%d has sent S%d no entries, whose log ends at"
                 " %" PRIu64 ".",
                 d.leader, d.peer,
                 model_last_index(&check->model.server[peer]));
    else if (view->n_refused > 0)
        snprintf(text, 400,
                 "S%d has refused %" PRIu64
                 " of S%d's AppendEntries in a row, the last with"
                 " prev_log_index %" PRIu64 " at %.3f s (event %" PRIu64 ").",
                 d.peer, view->n_refused, d.leader, view->refused_index,
                 check_seconds(view->refused_us), view->refused_n);
    else if (view->n_again > 1)
        snprintf(text, 400,
                 "S%d sends S%d entries that it has, up to %" PRIu64
                 ": %" PRIu64 " times in a row it has acknowledged them, and"
                 " has got no newer ones.",
                 d.leader, d.peer, view->acked, view->n_again);
    else
        snprintf(text, 400,
                 "S%d sent S%d entries last at %.3f s; S%d has acknowledged up"
                 " to %" PRIu64 ", and %s.",
                 d.leader, d.peer, check_seconds(view->entries_us), d.peer,
                 view->acked, when);
    return view->n_begun > 1 ? "IS.3" : "L.3";
}
