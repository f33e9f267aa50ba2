// grounds.c -- what each kind of event rests on, in events.
//
// A commit rests on the answers that the judge counted, a leader on the votes
// that it counted, a follower's step on what the sender of the message rested
// on when that left. Receipts and sendings are only the way between these.
#include <string.h>

#include "base/die.h"
#include "record.h"

// It held the entry that was committed last, and lost it.
static void rests_on_loss(const struct now *now, int server, uint64_t term)
{
    const struct check *check = now->check;
    const struct model_server *model = &check->model.server[server];
    size_t n = check->n_terms;
    while (n > 0 && check->last_of_term[n - 1].in_term >= term)
        n--;
    if (n == 0)
        return;
    const struct committed *last = &check->last_of_term[n - 1];
    if (model->snapshot_index < last->index &&
        model_term_at(model, last->index) != last->term)
        rests_near(now, record_gone(now, server, last->index, last->term));
}

// --------------------------------------------------------------- messages

static struct grounds grounds_of(const struct now *now, uint64_t commit)
{
    const struct recorded *of = now->server;
    return (struct grounds){.msg = now->event->msg,
                            .role = of->role,
                            .led = of->led,
                            .term = of->term > of->role ? of->term : of->role,
                            .vote = of->vote,
                            .commit = record_commit(now, commit),
                            .compact = of->compacted};
}

static size_t slot_of(uint64_t msg)
{
    return msg % N_FLIGHTS;
}

// Which of a call's replies it was, by what the checker takes for it.
static struct grounds *reply_grounds(const struct now *now,
                                     const struct flight *flight,
                                     const struct facts_reply *facts)
{
    for (int i = 0; i < N_REPLIES; i++)
        if (facts == &flight->reply[i].facts)
            return &now->book->reply[N_REPLIES * slot_of(flight->msg) + i];
    return NULL;
}

static uint64_t reply_n(const struct flight *flight,
                        const struct facts_reply *facts)
{
    for (int i = 0; i < N_REPLIES; i++)
        if (facts == &flight->reply[i].facts)
            return flight->reply[i].n;
    return 0;
}

static void find_message(struct now *now)
{
    const struct origin *origin = now->origin =
        check_origin(now->check, now->event->n);
    bool answer = origin != NULL && origin->root_kind == TRACE_REPLY_RECV;
    bool request = origin != NULL && origin->root_kind == TRACE_RECV;
    now->flight =
        answer || request ? check_flight(now->check, origin->root_msg) : NULL;
    if (now->flight == NULL)
        return;
    const struct grounds *asker =
        &now->book->request[slot_of(now->flight->msg)];
    now->asker = asker->msg == now->flight->msg ? asker : NULL;
    struct evidence *of = &now->book->of[now->book->at];
    of->request = now->flight->sent_n;
    now->by_answer = answer;
    if (!answer)
        return;
    // The receipt knows which answer it was; what follows takes its word.
    const struct evidence *receipt = record_of(now->book, origin->root);
    if (origin->root == now->event->n) {
        const struct facts_reply *facts = check_reply(now->flight, now->event);
        of->answer = reply_n(now->flight, facts);
    } else if (receipt != NULL)
        of->answer = receipt->answer;
    for (int i = 0; i < N_REPLIES; i++)
        if (of->answer != 0 && now->flight->reply[i].n == of->answer)
            now->answerer =
                &now->book->reply[N_REPLIES * slot_of(now->flight->msg) + i];
}

static void sent(const struct now *now)
{
    const struct flight *flight = check_flight(now->check, now->event->msg);
    rests_far(now, now->server->role);
    if (flight == NULL || flight->sent_n != now->event->n)
        return;
    now->book->request[slot_of(flight->msg)] =
        grounds_of(now, flight->args.leader_commit);
}

// A promise that leaves, and what it promises.
static void replied(const struct now *now)
{
    const struct flight *flight = check_flight(now->check, now->event->msg);
    const struct facts_reply *facts = check_reply(flight, now->event);
    struct recorded *of = now->server;
    if (flight == NULL || facts == NULL)
        return;
    struct grounds *grounds = reply_grounds(now, flight, facts);
    if (grounds != NULL)
        *grounds = grounds_of(now, 0);
    if (flight->args.rpc == FACTS_VOTE && facts->yes &&
        of->vote_term == facts->term)
        rests_near(now, of->vote);
    if (flight->args.rpc == FACTS_APPEND)
        rests_near(now,
                   record_copy(now, now->event->node,
                               flight->args.index + flight->args.n_entries));
    if (now->asker != NULL)
        rests_near(now, flight->args.rpc == FACTS_VOTE ? now->asker->role
                                                       : now->asker->led);
}

// Who hears its leader waits anew.
static void received(const struct now *now)
{
    const struct flight *flight = now->flight;
    rests_near(now, flight != NULL ? flight->sent_n : 0);
    if (now->event->from >= (uint64_t)now->book->n_servers)
        return;
    int from = (int)now->event->from;
    now->server->lost[from] = 0;
    if (flight == NULL || flight->args.rpc == FACTS_VOTE ||
        flight->args.rpc == FACTS_OTHER || flight->args.term < now->model->term)
        return;
    now->server->leader = from;
    now->server->heard_us = now->event->us;
}

// Peers have acknowledged what the leader had committed before that.
static void counted_late(const struct now *now, int peer)
{
    const struct recorded *of = now->server;
    if (of->commit_n < of->led || of->acked[peer] < of->commit_to)
        return;
    uint64_t copy = record_copy(now, peer, of->commit_to);
    const struct evidence *stored_by = record_of(now->book, copy);
    // It was on its way when the leader committed.
    if (stored_by != NULL && stored_by->request <= of->commit_n)
        record_late(now->book, of->commit_n, copy);
}

static void answered(const struct now *now)
{
    const struct evidence *of = &now->book->of[now->book->at];
    const struct flight *flight = now->flight;
    rests_near(now, of->answer);
    if (flight == NULL || of->answer == 0 || flight->to < 0)
        return;
    int peer = flight->to;
    const struct check *check = now->check;
    const struct facts_reply *facts = check_reply(flight, now->event);
    const struct view *view = &check->server[now->event->node].view[peer];
    if (flight->args.rpc == FACTS_VOTE && facts->yes &&
        flight->args.term == now->model->term) {
        bool seen = now->answerer != NULL && now->answerer->vote != 0;
        now->server->votes[peer] = seen ? now->answerer->vote : of->answer;
    }
    if (now->model->role != TRACE_LEADER ||
        view->acked <= now->server->acked[peer])
        return;
    now->server->acked[peer] = view->acked;
    now->server->acks[peer] = of->answer;
    counted_late(now, peer);
}

// ------------------------------------------------------------ roles, votes

// The votes that the judge has counted for a candidate.
static void count_votes(const struct now *now)
{
    const struct judged *judged = &now->check->server[now->event->node];
    struct evidence *of = &now->book->of[now->book->at];
    uint64_t term = now->model->term;
    const uint64_t *told = now->check->n_of_kind;
    bool own = now->server->vote_term == term &&
               now->model->voted_for == now->event->node;
    of->known = now->book->n_servers == 1 ||
                (told[TRACE_SEND] > 0 && told[TRACE_VOTE] > 0 &&
                 now->check->told.fields);
    if (own)
        record_member(now, now->event->node);
    for (int i = 0; i < now->book->n_servers && judged->heard_term == term; i++)
        if (i != now->event->node && (judged->heard >> (i % 64) & 1) != 0)
            record_member(now, i);
}

static void elected(const struct now *now)
{
    struct evidence *of = &now->book->of[now->book->at];
    uint64_t term = now->event->term;
    rests_on_loss(now, now->event->node, term);
    count_votes(now);
    bool any = false;
    for (int i = 0; i < now->book->n_servers; i++) {
        const struct recorded *voter = &now->book->server[i];
        bool own = i == now->event->node;
        bool gave = voter->vote_term == term &&
                    now->check->model.server[i].voted_for == now->event->node;
        any |= evidence_has(&of->servers, i);
        if (evidence_has(&of->servers, i))
            rests_near(now, own ? voter->vote : now->server->votes[i]);
        else if (gave)
            record_late(now->book, now->event->n, voter->vote);
    }
    // Without any votes nothing else leads to the election.
    if (!any)
        rests_near(now, now->server->role);
    now->server->led = now->event->n;
    memset(now->server->acked, 0,
           (size_t)now->book->n_servers * sizeof(uint64_t));
}

// Another term is seen, in a request or in an answer: the sender had it.
static void changed_term(const struct now *now)
{
    const struct grounds *sender = now->by_answer ? now->answerer : now->asker;
    rests_far(now, sender != NULL ? sender->term : 0);
}

static bool by_timeout(const struct now *now)
{
    return now->origin != NULL && now->origin->root_kind == TRACE_TIMEOUT;
}

static void changed_role(const struct now *now)
{
    struct recorded *of = now->server;
    const struct trace_event *event = now->event;
    struct evidence *term = record_of(now->book, of->term);
    if (event->to_role == TRACE_LEADER)
        elected(now);
    else if (by_timeout(now))
        now->book->of[now->book->at].told_by = now->origin->root;
    else {
        changed_term(now);
        record_cause(now->book, of->role, EVIDENCE_OLD);
        // A newer term and the end of a role are one step.
        if (term != NULL && of->term > of->role && event->cause > 0 &&
            now->book->trace->event[term - now->book->of].cause == event->cause)
            term->told_by = event->n;
    }
    if (event->to_role == TRACE_CANDIDATE) {
        of->first_stood = of->n_stood++ == 0 ? event->n : of->first_stood;
        memset(of->votes, 0, (size_t)now->book->n_servers * sizeof *of->votes);
    } else
        of->n_stood = 0;
    if (event->from_role == TRACE_LEADER) {
        of->stepped_down = event->n;
        of->stepped_down_us = event->us;
    }
    of->role = event->n;
}

static void voted(const struct now *now)
{
    const struct trace_event *event = now->event;
    struct recorded *of = now->server;
    int to = event->voted_for;
    if (by_timeout(now))
        rests_near(now, now->origin->root);
    else if (now->flight != NULL && !now->by_answer && now->asker != NULL)
        rests_near(now, now->asker->role);
    if (to != event->node) {
        rests_on_loss(now, event->node, event->term);
        rests_near(now, of->vote_term == event->term ? of->vote : 0);
    }
    if (to >= 0 && to < now->book->n_servers && to != event->node &&
        now->check->model.server[to].role == TRACE_LEADER &&
        now->check->model.server[to].term == event->term)
        record_late(now->book, now->book->server[to].led, event->n);
    of->vote = event->n;
    of->vote_term = event->term;
}

static void record_server(struct now *now)
{
    const struct trace_event *event = now->event;
    switch (event->kind) {
    case TRACE_BOOT:
        record_boot(now);
        break;
    case TRACE_TIMEOUT:
        count_votes(now);
        record_silence(now->book, now->check, event);
        break;
    case TRACE_ROLE:
        changed_role(now);
        break;
    case TRACE_TERM:
        if (by_timeout(now))
            now->book->of[now->book->at].told_by = now->origin->root;
        else
            changed_term(now);
        now->server->term = event->n;
        break;
    case TRACE_VOTE:
        voted(now);
        break;
    case TRACE_SEND:
        sent(now);
        break;
    case TRACE_RECV:
        received(now);
        break;
    case TRACE_REPLY:
        replied(now);
        break;
    case TRACE_REPLY_RECV:
        answered(now);
        break;
    case TRACE_PERSIST:
        rests_far(now, event->cause);
        now->server->saved = event->n;
        break;
    case TRACE_CRASH:
        now->server->crashed = event->n;
        break;
    default:
        if (event->kind <= TRACE_REFUSE && event->kind != TRACE_START)
            record_log(now);
        if (event->kind == TRACE_REFUSE)
            rests_near(now, event->cause);
        break;
    }
}

void record_event(struct evidence_book *book, const struct check *check,
                  const struct trace_event *event)
{
    struct now now = {.book = book, .check = check, .event = event};
    if (event->kind >= TRACE_CRASH && event->kind <= TRACE_HEAL)
        record_fault(book, event);
    if (event->kind == TRACE_DROP)
        record_loss(book, event);
    if (event->node < 0 || event->node >= book->n_servers ||
        event->kind == TRACE_DROP)
        return;
    now.server = &book->server[event->node];
    now.model = &check->model.server[event->node];
    find_message(&now);
    record_server(&now);
}
