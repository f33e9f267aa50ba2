// silent_log.c -- logs, as messages show them.
//
// A server's log has the entries that it acknowledged, and those that it sent
// as a leader or took from a client, until a leader's message that may have
// cut them has reached it. By Log Matching an entry of an index and a term has
// one predecessor, whoever shows it.
#include <inttypes.h>

#include "silent.h"

// A request for what a peer has acknowledged was made before, until then.
enum { RESENDS_US = 300000 };

bool silent_term_at(const struct silent_server *server, uint64_t index,
                    uint64_t *term)
{
    *term = 0;
    if (index == 0)
        return true;
    if (index > server->sure || server->log[index % SILENT_LOG].index != index)
        return false;
    *term = server->log[index % SILENT_LOG].term;
    return true;
}

void silent_claim(struct silent_server *server, uint64_t index, uint64_t term,
                  uint64_t n)
{
    uint64_t before;
    if (index == 0)
        return;
    if (!silent_term_at(server, index, &before) || before != term) {
        server->log[index % SILENT_LOG].index = index;
        server->log[index % SILENT_LOG].term = term;
        server->log[index % SILENT_LOG].n = n;
        server->log[index % SILENT_LOG].taken = false;
    }
    if (index <= server->sure)
        return;
    server->sure = index;
    server->sure_n = n;
}

void silent_forget_from(struct silent_server *server, uint64_t index)
{
    if (server->sure < index)
        return;
    for (uint64_t i = index; i <= server->sure && i < index + SILENT_LOG; i++)
        server->log[i % SILENT_LOG].index = 0;
    server->sure = index - 1;
    if (server->kept > server->sure)
        server->kept = server->sure;
    if (server->sure_at_save > server->sure)
        server->sure_at_save = server->sure;
}

static uint64_t end_of(const struct facts *args)
{
    return args->index + args->n_entries;
}

// ------------------------------------------------------------ at the follower

// What a leader's request may cut, is not known any more from here on: the
// first entry that conflicts with one of it, or that may.
static void may_cut(struct silent_server *me, const struct facts *args,
                    const struct facts_terms *terms)
{
    uint64_t term;
    if (args->index > 0 && args->index <= me->sure &&
        !(silent_term_at(me, args->index, &term) && term == args->index_term))
        silent_forget_from(me, args->index);
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i;
        if (index > me->sure)
            return;
        if (silent_term_at(me, index, &term) &&
            term == facts_term(terms, args, i))
            continue;
        silent_forget_from(me, index);
        return;
    }
}

static void has_been_sent(const struct silent_case *c)
{
    uint64_t before = c->args->index_term;
    for (uint64_t i = 0; i < c->args->n_entries; i++) {
        uint64_t index = c->args->index + 1 + i;
        uint64_t term = facts_term(&c->check->terms, c->args, i);
        bool fresh;
        if (term == 0) { // forgotten: it may have been any
            c->me->sent_unknown = true;
            return;
        }
        struct table_cell *cell =
            table_at(&c->silent->entries, index, term, &fresh);
        if (fresh)
            cell->first = before;
        cell->second |= 1ull << c->event->node;
        before = term;
    }
}

void silent_receive(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    const struct facts *args = c->args;
    uint64_t term;
    if (args->term < me->term) {
        if (args->rpc == FACTS_APPEND)
            me->old_us = c->event->us;
        return; // [AE.1] [IS.1]
    }
    me->leader_us = c->event->us;
    me->n_requests++;
    if (args->rpc == FACTS_INSTALL || args->n_entries > 0)
        me->changed_n = c->event->n;
    if (args->term > me->leader_term)
        me->leader_term = args->term;
    if (args->rpc == FACTS_APPEND) {
        has_been_sent(c);
        may_cut(me, args, &c->check->terms);
    } else if (args->index > me->given) {
        me->snapshots = true;
        if (args->index != me->snapshot_index)
            me->snapshot_us = c->event->us;
        me->snapshot_n = c->event->n;
        me->snapshot_index = args->index;
        // [IS.7] Unless it has the snapshot's last entry, all of it goes.
        if (!silent_term_at(me, args->index, &term) || term != args->index_term)
            silent_forget_from(me, 1);
    }
    if (me->n_pending < SILENT_PENDING)
        me->pending[me->n_pending++] = c->event->msg;
}

// Nobody has ever sent it the entry, though others were sent it; and its term
// had another leader in this run, so that it has it from nowhere else.
static bool never_had(const struct silent_case *c)
{
    uint64_t index = c->args->index, term = c->args->index_term;
    const struct table_cell *cell =
        table_find(&c->silent->entries, index, term);
    const struct table_cell *led = table_find(&c->silent->led, term + 1, 0);
    return cell != NULL && !c->me->snapshots && !c->me->sent_unknown &&
           silent_tells(c, TRACE_RECV) && led != NULL &&
           led->server != c->event->node &&
           (cell->second >> c->event->node & 1) == 0;
}

// [AE.2] A yes means that the entry before the new ones is there.
static bool accepted(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    uint64_t term;
    const struct facts *args = c->args;
    // Another request may have brought it meanwhile.
    bool lacks = c->receipt->lacks && me->n_requests == c->receipt->n_requests;
    if (args->term == me->leader_term && (lacks || never_had(c)))
        return silent_broken(
            c, FINDING_ACCEPTED_UNMATCHED, "AE.2", c->flight->from,
            c->receipt->n,
            "S%d accepted S%d's AppendEntries although its log has no entry"
            " %" PRIu64 " of term %" PRIu64 "%s.",
            c->event->node + 1, c->flight->from + 1, args->index,
            args->index_term,
            lacks ? "" : ": no server had sent it that entry");
    if (args->term != me->leader_term)
        return true; // the next leader may have cut it already
    silent_claim(me, args->index, args->index_term, c->event->n);
    uint64_t end = args->index;
    for (; end < end_of(args); end++) {
        term = facts_term(&c->check->terms, args, end - args->index);
        if (term == 0)
            break; // forgotten
        silent_claim(me, end + 1, term, c->event->n);
    }
    if (end > me->kept)
        me->kept = end;
    return true;
}

bool silent_judge_append(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct facts *args = c->args;
    uint64_t term;
    if (c->reply->yes)
        return accepted(c);
    uint64_t compacted = me->snapshots ? me->given : 0;
    if (c->reply->term != args->term || args->term != me->leader_term ||
        !c->receipt->has || args->index < compacted ||
        !silent_term_at(me, args->index, &term) || term != args->index_term)
        return true;
    bool cut = me->disk.n > 0 && me->disk.last_index < args->index;
    return silent_broken(
        c, cut ? FINDING_TRUNCATED_WITHOUT_CONFLICT : FINDING_REFUSED_MATCHING,
        cut               ? "AE.3"
        : args->index > 0 ? "AE.2"
                          : "AE.1", // all logs have the entry before the first
        c->flight->from, c->receipt->n,
        "S%d refused S%d's AppendEntries of term %" PRIu64
        " although it had the previous entry (index %" PRIu64 ", term %" PRIu64
        "), and no leader has overwritten that.",
        c->event->node + 1, c->flight->from + 1, args->term, args->index,
        args->index_term);
}

// ------------------------------------------------------------ at the leader

// [L.2] [L.3] What a leader has behind the log that it was elected with is of
// its own term.
static bool is_its_own(const struct silent_case *c, uint64_t index,
                       uint64_t term)
{
    const struct silent_server *me = c->me;
    const struct silent_run *run = &me->run[me->led_term % SILENT_RUNS];
    if (run->term != me->led_term || index <= run->index ||
        term == me->led_term)
        return true;
    return silent_broken(
        c, FINDING_NEXT_INDEX_OUT_OF_RANGE, "L.3", c->flight->to, run->n,
        "S%d sent S%d entry %" PRIu64 " as one of term %" PRIu64
        ", but its log ended at index %" PRIu64
        " when it requested votes in term %" PRIu64
        ": its entries after that are of this term.",
        c->event->node + 1, c->flight->to + 1, index, term, run->index,
        me->led_term);
}

static bool shown(const struct silent_case *c, uint64_t index, uint64_t term,
                  bool before)
{
    const struct silent_server *me = c->me;
    uint64_t known;
    if (!is_its_own(c, index, term))
        return false;
    if (!silent_term_at(me, index, &known) || known == term) {
        silent_claim(c->me, index, term, c->event->n);
        return true;
    }
    uint64_t earlier = me->log[index % SILENT_LOG].n;
    bool restamped = index > 0 && known < term && term == me->led_term;
    if (before && !restamped)
        return silent_broken(
            c, FINDING_WRONG_PREV_LOG_TERM, "L.3", c->flight->to, earlier,
            "S%d told S%d that its entry %" PRIu64 " is of term %" PRIu64
            ", but it is of term %" PRIu64 ".",
            c->event->node + 1, c->flight->to + 1, index, term, known);
    return silent_broken(c, FINDING_LEADER_APPEND_ONLY, "P.2", c->flight->to,
                         earlier,
                         "S%d, leader of term %" PRIu64
                         ", sent S%d entry %" PRIu64 " with term %" PRIu64
                         ", but it had an entry of term %" PRIu64 " there.",
                         c->event->node + 1, me->led_term, c->flight->to + 1,
                         index, term, known);
}

// [P.3] An entry of this index and term has one predecessor.
static bool matches(const struct silent_case *c, uint64_t index, uint64_t term,
                    uint64_t before)
{
    bool fresh;
    struct table_cell *cell =
        table_at(&c->silent->entries, index, term, &fresh);
    if (fresh) {
        cell->first = before;
        cell->event = c->event->n;
        cell->server = c->event->node;
    }
    cell->second |= 1ull << c->event->node;
    if (cell->first == before)
        return true;
    return silent_broken(
        c, FINDING_LOG_MATCHING, "P.3", cell->server, cell->event,
        "S%d sent entry %" PRIu64 " of term %" PRIu64
        " after an entry of term %" PRIu64
        ", but S%d had it after an entry of term %" PRIu64 ".",
        c->event->node + 1, index, term, before, cell->server + 1, cell->first);
}

// [L.3] What a peer has acknowledged long ago is not sent to it again.
static bool resends(const struct silent_case *c)
{
    const struct silent_server *me = c->me;
    const struct silent_peer *peer = &me->peer[c->flight->to];
    uint64_t us = peer->us > me->disk.us ? peer->us : me->disk.us;
    if (us < me->still_us)
        us = me->still_us;
    if (c->args->n_entries == 0 || end_of(c->args) > peer->view.acked ||
        c->check->untimed || me->own_clock || c->event->us < us + RESENDS_US)
        return true;
    return silent_broken(
        c, FINDING_NEXT_INDEX_TOO_LOW, "L.3", c->flight->to, me->led_n,
        "S%d sent S%d entries %" PRIu64 " to %" PRIu64
        " at %.3f s, but by %.3f s S%d had acknowledged entries up to"
        " %" PRIu64 ": next_index fell to match_index or below.",
        c->event->node + 1, c->flight->to + 1, c->args->index + 1,
        end_of(c->args), check_seconds(c->event->us), check_seconds(peer->us),
        c->flight->to + 1, peer->view.acked);
}

bool silent_judge_entries(const struct silent_case *c)
{
    const struct facts *args = c->args;
    uint64_t before = args->index_term;
    if (args->n_entries > 0)
        c->me->peer[c->flight->to].view.entries_us = c->event->us;
    if (c->me->leader_term > args->term)
        return true; // made before it heard of another leader
    if (!shown(c, args->index, args->index_term, true))
        return false;
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t term = facts_term(&c->check->terms, args, i);
        uint64_t index = args->index + 1 + i;
        if (term == 0)
            return true; // forgotten
        if (!shown(c, index, term, false) || !matches(c, index, term, before))
            return false;
        before = term;
    }
    return resends(c);
}

// ------------------------------------------------------------ commands

// [L.2] A command gets a place of its own, at the end of the leader's log.
bool silent_judge_taken(const struct silent_case *c)
{
    struct silent_server *me = c->me;
    uint64_t index = c->event->index, term = c->event->term, known;
    if (me->leader_term > term || index == 0)
        return true;
    bool twice = false;
    if (silent_term_at(me, index, &known)) {
        twice = known == term && me->log[index % SILENT_LOG].taken;
        if (known != term || twice)
            return silent_broken(
                c, FINDING_COMMAND_AT_WRONG_INDEX, "L.2", TRACE_NONE,
                me->log[index % SILENT_LOG].n,
                twice ? "S%d told two clients that their commands are at index"
                        " %" PRIu64 ", in term %" PRIu64 "."
                      : "S%d told a client that its command is at index"
                        " %" PRIu64 " in term %" PRIu64
                        ", but it has an entry of another term there.",
                c->event->node + 1, index, term);
    }
    me->changed_n = c->event->n;
    silent_claim(me, index, term, c->event->n);
    me->log[index % SILENT_LOG].taken = true;
    return true;
}
