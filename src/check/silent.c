// silent.c -- what messages prove of a server, event by event.
#include "silent.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// After a restart: no message of the life before.
enum { LATE_US = 50000, STEP_US = 9000, MOST_SERVERS = 64 };

struct silent *silent_make(int n_servers)
{
    struct silent *silent = must_calloc(1, sizeof *silent);
    size_t n = (size_t)n_servers;
    silent->speaks = silent->blind = n_servers > MOST_SERVERS; // votes are bits
    silent->server = must_calloc(n, sizeof *silent->server);
    for (size_t i = 0; i < n; i++)
        silent->server[i].peer = must_calloc(n, sizeof(struct silent_peer));
    return silent;
}

void silent_free(struct silent *silent, int n_servers)
{
    for (int i = 0; i < n_servers; i++)
        free(silent->server[i].peer);
    free(silent->server);
    free(silent->receipt);
    free(silent->led.cell);
    free(silent->entries.cell);
    free(silent);
}

// ------------------------------------------------------------ life and death

static void die_down(const struct silent_case *c)
{
    c->me->down = true;
    silent_learn_pending(c);
    c->me->n_pending = 0;
}

// What it has sent as a leader may not have been on its disk.
static void start(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    me->down = false;
    me->life++;
    me->life_n = c->event->n;
    me->life_us = c->event->us;
    me->last_given = me->may_now = 0;
    me->given_us = c->event->us;
    me->snapshot_us = 0; // its service restores what is on the disk
    me->led_term = me->deposed_us = 0;
    me->changed_n = 0;
    me->reset_us = c->event->us;
    me->reset_n = c->event->n;
    me->reset_why = "had started";
    if ((c->check->without >> TRACE_PERSIST & 1) == 0) {
        silent_forget_from(me, me->kept + 1);
        return;
    }
    // Nothing has to survive a crash in these labs.
    silent_forget_from(me, 1);
    me->term = me->heard_term = me->leader_term = 0;
    memset(me->vote, 0, sizeof me->vote);
}

// Events of a life that is over may still come. What one of its threads had
// on its way in the crash leaves without a delay.
static bool is_late(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    bool sent = c->event->kind == TRACE_SEND;
    if (me->down)
        return true;
    if (me->life == 0)
        return false;
    if (sent) // where time stands still, actions are 10 ms apart
        return c->event->us <
               me->life_us + (c->check->untimed ? STEP_US : LATE_US);
    return c->event->kind == TRACE_REPLY_RECV && c->flight->sent_n < me->life_n;
}

// ------------------------------------------------------------ terms

static void show_term(const struct silent_case *c, uint64_t term)
{
    struct silent_server *me = c->me;
    if (term > me->term) {
        me->term = term;
        me->term_n = c->event->n;
        me->term_us = c->event->us;
    }
    if (me->led_term > 0 && term > me->led_term && me->deposed_us == 0) {
        me->deposed_us = c->event->us;
        me->deposed_n = c->event->n;
    }
}

// ------------------------------------------------------------ messages

static bool send(struct silent_case *c)
{
    bool good = c->args->rpc == FACTS_VOTE
                    ? silent_judge_timer(c) && silent_judge_asking(c)
                    : silent_judge_leading(c);
    bool entries = good && c->args->rpc == FACTS_APPEND &&
                   c->args->term == c->me->led_term;
    good = good &&
           (!entries || (silent_judge_entries(c) && silent_judge_commit(c)));
    good = good && silent_judge_promise(c);
    if (entries)
        c->me->led_us = c->event->us;
    show_term(c, c->args->term);
    return good;
}

// Its place, which may have another's; made when the first silent Raft speaks.
static struct silent_receipt *receipt_of(const struct silent_case *c)
{
    struct silent *silent = c->silent;
    if (silent->receipt == NULL)
        silent->receipt = must_calloc(N_FLIGHTS, sizeof *silent->receipt);
    return &silent->receipt[c->event->msg % N_FLIGHTS];
}

static void receive(struct silent_case *c)
{
    struct silent_server *me = c->me;
    struct silent_receipt *r = receipt_of(c);
    if (c->args->rpc == FACTS_VOTE)
        silent_be_asked(c);
    if (r->msg == c->event->msg)
        return; // another copy of it
    uint64_t term;
    *r = (struct silent_receipt){.msg = c->event->msg,
                                 .n = c->event->n,
                                 .us = c->event->us,
                                 .life = me->life,
                                 .term = me->term};
    if (me->sure > 0 && silent_term_at(me, me->sure, &r->last))
        r->sure = me->sure;
    bool known = c->args->rpc == FACTS_APPEND &&
                 silent_term_at(me, c->args->index, &term);
    r->has = known && term == c->args->index_term;
    r->lacks = known && term != c->args->index_term;
    if (c->args->rpc != FACTS_VOTE)
        silent_receive(c);
    r->n_requests = me->n_requests;
}

static bool reply(struct silent_case *c)
{
    if (c->reply == NULL || !c->reply->whole || c->receipt == NULL ||
        c->receipt->life != c->me->life)
        return true;
    bool good = silent_judge_answer(c);
    if (good && c->args->rpc == FACTS_APPEND)
        good = silent_judge_append(c);
    good = good && silent_judge_promise(c) && silent_judge_waiting(c);
    silent_reset_timer(c);
    if (c->args->rpc != FACTS_VOTE)
        silent_learn_commit(c);
    show_term(c, c->reply->term);
    return good;
}

static void hear(struct silent_case *c)
{
    struct silent_server *me = c->me;
    if (c->reply == NULL || !c->reply->whole || c->flight->to < 0)
        return;
    if (c->reply->term > me->heard_term) {
        me->heard_term = c->reply->term;
        me->heard_n = c->event->n;
        me->heard_us = c->event->us;
    }
    if (me->led_term > 0 && c->reply->term > me->led_term &&
        me->deposed_us == 0) {
        me->deposed_us = c->event->us;
        me->deposed_n = c->event->n;
    }
    if (c->args->rpc == FACTS_VOTE)
        silent_hear_vote(c);
    else
        silent_hear_ack(c);
}

// An answer that nobody can read may have been a vote, or a yes.
static void is_deaf(struct silent_case *c)
{
    const char *rpc = c->event->rpc;
    if (c->event->kind == TRACE_REPLY_RECV && rpc != NULL &&
        (strcmp(rpc, "RequestVote") == 0 || strcmp(rpc, "AppendEntries") == 0 ||
         strcmp(rpc, "InstallSnapshot") == 0) &&
        (c->flight == NULL || check_reply(c->flight, c->event) == NULL))
        c->me->deaf_n = c->event->n;
}

static bool message(struct silent_case *c)
{
    c->flight = check_flight(c->check, c->event->msg);
    is_deaf(c);
    c->silent->others |=
        c->flight == NULL || c->flight->args.rpc == FACTS_OTHER;
    if (c->flight == NULL || !c->flight->args.whole || c->flight->from < 0 ||
        c->flight->to < 0 || c->event->ok)
        return true;
    c->args = &c->flight->args;
    c->reply = check_reply(c->flight, c->event);
    struct silent_receipt *r = receipt_of(c);
    c->receipt = r->msg == c->event->msg ? r : NULL;
    if (is_late(c)) {
        // It may have asked for votes in its new life.
        if (c->event->kind == TRACE_SEND && !c->me->down)
            c->me->deaf_n = c->event->n;
        return true;
    }
    switch (c->event->kind) {
    case TRACE_SEND:
        return send(c);
    case TRACE_RECV:
        receive(c);
        return true;
    case TRACE_REPLY:
        return reply(c);
    default:
        hear(c);
        return true;
    }
}

static void slow_down(const struct silent_case *c)
{
    c->me->still_us = c->event->us;
    if (c->event->kind == TRACE_CLOCK)
        c->me->own_clock = c->event->to != 1000;
}

static bool judge(struct silent_case *c)
{
    switch (c->event->kind) {
    case TRACE_SEND:
    case TRACE_RECV:
    case TRACE_REPLY:
    case TRACE_REPLY_RECV:
        return message(c);
    case TRACE_CRASH:
        die_down(c);
        return true;
    case TRACE_RESTART:
        start(c);
        return true;
    case TRACE_PAUSE:
    case TRACE_CLOCK:
        slow_down(c);
        return true;
    case TRACE_TAKEN:
        return c->me->down || silent_judge_taken(c);
    case TRACE_SAVED:
        return c->me->down || silent_judge_saved(c);
    case TRACE_GIVEN:
        return c->me->down || silent_judge_given(c);
    default:
        return true;
    }
}

// Servers that tell of themselves have judges who see more and find it sooner.
// Whoever leaves out what would convict it is convicted in the end, by what its
// messages prove.
static bool hold_back(struct check *check)
{
    check->silent->held = check->finding;
    check->broken = false;
    return true;
}

bool check_silent(struct check *check, const struct trace_event *event)
{
    struct silent *silent = check->silent;
    if (event->kind >= TRACE_BOOT && event->kind <= TRACE_REFUSE) {
        silent->speaks = true;
        struct silent_server *me = &silent->server[event->node];
        if (event->kind == TRACE_BOOT && event->index > me->may_commit)
            me->may_commit = event->index; // a snapshot is of what is committed
        return true;
    }
    // A majority of members that change is not one of all servers.
    if (silent->blind || check->told.members_change ||
        silent->held.property != NULL)
        return true;
    struct silent_case c = {.check = check,
                            .silent = silent,
                            .event = event,
                            .me = &silent->server[event->node]};
    bool good = judge(&c);
    return good || (silent->speaks && hold_back(check));
}

void check_settle(struct check *check)
{
    // Where events are missing, what they would have shown is not known.
    if (check->broken || check->silent->held.property == NULL ||
        check->told.holes || check_is_torn(check))
        return;
    check->finding = check->silent->held;
    check->finding.found_n = check->model.n;
    check->broken = true;
}

bool check_is_silent(const struct check *check)
{
    return !check->silent->speaks;
}
