// legality.c -- each transition by the rules of Figure 2.
#include <inttypes.h>
#include <string.h>

#include "internal.h"

// Below any election timeout that these labs allow.
enum { ALONE_US = 100000 };

static int bits(uint64_t mask)
{
    return __builtin_popcountll(mask);
}

// [RV.2] One vote a term, and only for a log that is not behind.
static bool vote(struct check *check, const struct trace_event *event)
{
    const struct model_server *voter = &check->model.server[event->node];
    if (event->voted_for < 0 || event->voted_for >= check->model.n_servers)
        return true;
    if (voter->term == event->term && voter->voted_for != TRACE_NONE &&
        voter->voted_for != event->voted_for)
        return check_broken(check, event, FINDING_VOTED_TWICE, "RV.2",
                            voter->voted_for, 0,
                            "S%d voted for S%d in term %" PRIu64
                            ", but it had already voted for S%d in that term.",
                            event->node + 1, event->voted_for + 1, event->term,
                            voter->voted_for + 1);
    struct judged *candidate = &check->server[event->voted_for];
    if (event->voted_for != event->node &&
        candidate->asked_term == event->term) {
        uint64_t last = model_last_index(voter);
        uint64_t term = model_term_at(voter, last);
        if (candidate->asked_last_term < term ||
            (candidate->asked_last_term == term &&
             candidate->asked_index < last))
            return check_broken(
                check, event, FINDING_VOTED_FOR_OLD_LOG, "RV.2",
                event->voted_for, 0,
                "S%d voted for S%d although S%d's log is more up to date: it"
                " ends at index %" PRIu64 " (term %" PRIu64
                "), S%d's at index %" PRIu64 " (term %" PRIu64 ").",
                event->node + 1, event->voted_for + 1, event->node + 1, last,
                term, event->voted_for + 1, candidate->asked_index,
                candidate->asked_last_term);
    }
    // A request of an earlier election may be answered late.
    if (event->term < candidate->given_term)
        return true;
    if (candidate->given_term != event->term) {
        candidate->given_term = event->term;
        candidate->given = 0;
    }
    candidate->given |= 1ull << (event->node % 64);
    return true;
}

// May a leader think that it has lost its majority? Not as long as one answers
// it, nor before one could.
static bool is_alone(const struct check *check, int leader, uint64_t us)
{
    const struct judged *judged = &check->server[leader];
    int n = 1;
    for (int peer = 0; peer < check->model.n_servers; peer++)
        n += peer != leader && judged->view[peer].heard_us + ALONE_US > us;
    return n < check_majority(check) && judged->role_us + ALONE_US <= us;
}

// May a candidate give its election up? When too many have refused it, or
// when it has waited for a while.
static bool is_lost(const struct check *check, int candidate, uint64_t us)
{
    const struct judged *judged = &check->server[candidate];
    uint64_t refused =
        judged->heard_term == judged->role_term ? judged->refused : 0;
    return bits(refused) > check->model.n_servers - check_majority(check) ||
           judged->role_us + ALONE_US <= us;
}

// [ALL.2] [C.3] Back to follower for a newer term, or for the leader of this
// one; and in the same term, with the vote kept, where it leads nobody (check
// quorum, dissertation 6.2) or has lost its election.
static bool step_down(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    const struct judged *judged = &check->server[event->node];
    if (check->n_of_kind[TRACE_TERM] == 0 || judged->role_event == 0 ||
        server->term != judged->role_term)
        return true;
    if (server->role == TRACE_LEADER &&
        !is_alone(check, event->node, event->us))
        return check_broken(check, event, FINDING_STEPPED_DOWN, "ALL.2",
                            TRACE_NONE, judged->role_event,
                            "S%d, leader of term %" PRIu64
                            ", became a follower in that same term at %.3f s.",
                            event->node + 1, server->term,
                            check_seconds(event->us));
    if (server->role == TRACE_CANDIDATE &&
        check_leader_of(check, server->term) == NULL &&
        !is_lost(check, event->node, event->us))
        return check_broken(check, event, FINDING_STEPPED_DOWN, "C.3",
                            TRACE_NONE, judged->role_event,
                            "S%d, a candidate in term %" PRIu64
                            ", became a follower at %.3f s, but that term has"
                            " no leader.",
                            event->node + 1, server->term,
                            check_seconds(event->us));
    return true;
}

// [C.2] A leader has the votes of a majority in its term.
static bool elected(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    if (event->from_role != TRACE_CANDIDATE)
        return check_broken(check, event, FINDING_LEADER_WITHOUT_ELECTION,
                            "C.2", TRACE_NONE, server->role_event,
                            "S%d became leader of term %" PRIu64
                            " without having been a candidate.",
                            event->node + 1, event->term);
    int n = server->given_term == event->term ? bits(server->given) : 0;
    if (check->n_of_kind[TRACE_VOTE] > 0 && n < check_majority(check))
        return check_broken(check, event, FINDING_LEADER_WITHOUT_MAJORITY,
                            "C.2", TRACE_NONE, server->role_event,
                            "S%d became leader of term %" PRIu64
                            " with only %d vote%s; a majority is %d.",
                            event->node + 1, event->term, n, n == 1 ? "" : "s",
                            check_majority(check));
    if (check->n_of_kind[TRACE_REPLY_RECV] == 0)
        return true;
    uint64_t heard = server->heard_term == event->term ? server->heard : 0;
    n = bits(heard | 1ull << (event->node % 64));
    const struct origin *origin = check_origin(check, event->n);
    bool replied = origin == NULL || origin->root == 0 ||
                   origin->root_kind == TRACE_REPLY_RECV;
    if (n < check_majority(check))
        return check_broken(check, event, FINDING_LEADER_WITHOUT_MAJORITY,
                            "C.2", TRACE_NONE, server->role_event,
                            "S%d became leader of term %" PRIu64
                            " after learning of only %d vote%s for it in that"
                            " term; a majority is %d.%s",
                            event->node + 1, event->term, n, n == 1 ? "" : "s",
                            check_majority(check),
                            replied ? "" : " No reply brought it there.");
    return true;
}

static bool role(struct check *check, const struct trace_event *event)
{
    if (event->to_role == TRACE_CANDIDATE)
        check->server[event->node].heard = check->server[event->node].refused =
            0;
    if (event->to_role == TRACE_FOLLOWER)
        return step_down(check, event);
    return event->to_role != TRACE_LEADER || elected(check, event);
}

// [L.2] Only a leader takes commands, for the term that it leads.
static bool start(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    if (!event->ok || check->n_of_kind[TRACE_ROLE] == 0 || !server->booted)
        return true;
    if (server->role == TRACE_LEADER && event->term == server->term)
        return true;
    return check_broken(check, event, FINDING_COMMAND_BY_NON_LEADER, "L.2",
                        TRACE_NONE, check->server[event->node].role_event,
                        "S%d, a %s in term %" PRIu64
                        ", accepted a command at index %" PRIu64
                        " for term %" PRIu64 ".",
                        event->node + 1, trace_role_name(server->role),
                        server->term, event->index, event->term);
}

static bool commit(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    // An installed snapshot has moved it already.
    bool installed = event->to <= server->snapshot_index;
    const struct judged *judged = &check->server[event->node];
    int me = event->node + 1;
    // Where nothing was told of this server's start, its first commit tells.
    if (!server->booted && judged->commit_us == 0)
        return true;
    if (event->from > server->commit_index && judged->commit_us == 0)
        return check_broken(
            check, event, FINDING_COMMIT_INDEX_OUTLIVED_RESTART, "ALL.1",
            TRACE_NONE, 0,
            "At its first commit S%d reported that its commit_index had been"
            " %" PRIu64 ", but commit_index is volatile: after its start it"
            " was %" PRIu64 ".",
            me, event->from, server->commit_index);
    if (event->from < judged->boot_index)
        return check_broken(
            check, event, FINDING_SNAPSHOT_LOST_AT_RESTART, "IS.8", TRACE_NONE,
            judged->boot_event,
            "S%d reported that its commit_index was %" PRIu64
            " before %.3f s, but it had restarted with a snapshot up to index"
            " %" PRIu64 ".",
            me, event->from, check_seconds(event->us), judged->boot_index);
    // An installed snapshot may have moved it without a commit of its own.
    bool moved = server->commit_index == server->snapshot_index &&
                 event->from < server->commit_index;
    if (event->to <= event->from ||
        (event->from != server->commit_index && !installed && !moved))
        return check_broken(
            check, event, FINDING_COMMIT_INDEX_WRONG, "AE.5", TRACE_NONE, 0,
            "S%d moved commit_index from %" PRIu64 " to %" PRIu64
            ", but it was %" PRIu64 " and must never go backwards.",
            me, event->from, event->to, server->commit_index);
    if (!check_accepted(check, event))
        return false;
    bool beyond = event->to > model_last_index(server);
    if (beyond)
        return check_broken(
            check, event, FINDING_COMMIT_BEYOND_LOG, "AE.5", TRACE_NONE, 0,
            "S%d committed up to index %" PRIu64
            ", but its log ends at %" PRIu64 ".",
            event->node + 1, event->to, model_last_index(server));
    if (server->role == TRACE_LEADER)
        return true; // check_leader()
    // commit_one() of this very event has just noted it.
    const struct table_cell *known =
        table_find(&check->committed, event->to, 0);
    if (known != NULL && known->event == event->n)
        return check_broken(
            check, event, FINDING_COMMIT_BEFORE_LEADER, "AE.5", TRACE_NONE, 0,
            "S%d committed entry %" PRIu64 ", but no leader had committed it.",
            event->node + 1, event->to);
    return true;
}

// [ALL.1] In order, without gap or repetition, and only what is committed.
static bool apply(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    const struct judged *judged = &check->server[event->node];
    // Nothing was told of this server's start.
    if (!server->booted && judged->apply_us == 0)
        return true;
    bool in_order = event->ok ? event->index >= server->last_applied
                              : event->index == server->last_applied + 1;
    if (!in_order)
        return check_broken(
            check, event, FINDING_APPLIED_OUT_OF_ORDER, "ALL.1", TRACE_NONE, 0,
            "S%d applied index %" PRIu64 ", but it had applied %sup to %" PRIu64
            ".",
            event->node + 1, event->index,
            event->index > server->last_applied ? "only " : "already ",
            server->last_applied);
    if (check->n_of_kind[TRACE_COMMIT] > 0 &&
        event->index > server->commit_index &&
        event->index > server->snapshot_index)
        return check_broken(
            check, event, FINDING_APPLIED_BEFORE_COMMIT, "ALL.1", TRACE_NONE, 0,
            "S%d applied index %" PRIu64
            ", but its commit_index is only %" PRIu64 "%s.",
            event->node + 1, event->index, server->commit_index,
            server->commit_index == judged->boot_index && judged->restart_us > 0
                ? ", as when it was restarted"
                : "");
    return true;
}

// [AE.3] Only a conflict cuts the log, and never what is committed.
static bool truncation(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    struct judged *judged = &check->server[event->node];
    if (event->index <= server->commit_index)
        return check_broken(check, event, FINDING_COMMITTED_ENTRY_TRUNCATED,
                            "AE.3", TRACE_NONE, 0,
                            "S%d truncated its log from index %" PRIu64
                            ", but it is committed up to %" PRIu64 ".",
                            event->node + 1, event->index,
                            server->commit_index);
    judged->cut_index = event->index;
    judged->cut_term = model_term_at(server, event->index);
    judged->cut_event = event->n;
    judged->cut_in = server->term;
    return true;
}

// [L.2] A command goes into the log where its client was told that it would,
// by a server that still leads.
static bool appended_for_client(struct check *check,
                                const struct trace_event *event,
                                const struct origin *origin)
{
    const struct model_server *server = &check->model.server[event->node];
    bool leads = server->role == TRACE_LEADER ||
                 check->n_of_kind[TRACE_ROLE] == 0 || !server->booted;
    if (leads && event->index == origin->root_msg)
        return true;
    if (!leads)
        return check_broken(
            check, event, FINDING_COMMAND_BY_NON_LEADER, "L.2", TRACE_NONE,
            origin->root,
            "S%d accepted a client's command as leader but appended it at index"
            " %" PRIu64 " as a %s in term %" PRIu64
            ": it checked its role and appended in two separate critical"
            " sections.",
            event->node + 1, event->index, trace_role_name(server->role),
            server->term);
    return check_broken(
        check, event, FINDING_COMMAND_AT_WRONG_INDEX, "L.2", TRACE_NONE,
        origin->root,
        "S%d told a client that its command is at index %" PRIu64
        ", but appended it at index %" PRIu64
        ": it chose the index and appended in two separate critical"
        " sections.",
        event->node + 1, origin->root_msg, event->index);
}

static bool append(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    struct judged *judged = &check->server[event->node];
    if (!check_accepted(check, event))
        return false;
    // Where nothing was told of its start, the first entry may be any.
    bool known = server->booted || model_last_index(server) > 0;
    if (known && event->index != model_last_index(server) + 1)
        return check_broken(
            check, event, FINDING_GAP_IN_LOG, "AE.4", TRACE_NONE, 0,
            "S%d appended at index %" PRIu64 ", but its log ends at %" PRIu64
            ".",
            event->node + 1, event->index, model_last_index(server));
    // The next leader may have what this one's log conflicts with.
    if (judged->cut_index == event->index && judged->cut_in == server->term &&
        event->n_entries > 0 && event->entries[0].term == judged->cut_term)
        return check_broken(check, event, FINDING_TRUNCATED_WITHOUT_CONFLICT,
                            "AE.3", TRACE_NONE, judged->cut_event,
                            "S%d deleted entry %" PRIu64 " (term %" PRIu64
                            ") and replaced it with an entry of the same"
                            " term.",
                            event->node + 1, event->index, judged->cut_term);
    judged->cut_index = 0;
    const struct origin *origin = check_origin(check, event->n);
    if (origin != NULL && origin->root_kind == TRACE_START &&
        !appended_for_client(check, event, origin))
        return false;
    if (event->n_entries > 0 &&
        event->entries[event->n_entries - 1].term > server->term)
        return check_broken(
            check, event, FINDING_ENTRY_OF_LATER_TERM, "AE.4", TRACE_NONE, 0,
            "S%d, in term %" PRIu64 ", appended an entry of term %" PRIu64 ".",
            event->node + 1, server->term,
            event->entries[event->n_entries - 1].term);
    return true;
}

bool check_legality(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    switch (event->kind) {
    case TRACE_TERM:
        if (event->to > event->from && (event->from == server->term ||
                                        (!server->booted && server->term == 0)))
            return true;
        return check_broken(
            check, event, FINDING_CURRENT_TERM_WRONG, "ALL.2", TRACE_NONE, 0,
            "S%d moved current_term from %" PRIu64 " to %" PRIu64
            ", but it was %" PRIu64 " and must never go backwards.",
            event->node + 1, event->from, event->to, server->term);
    case TRACE_VOTE:
        return vote(check, event);
    case TRACE_ROLE:
        return role(check, event);
    case TRACE_COMMIT:
        return commit(check, event);
    case TRACE_APPLY:
        return apply(check, event);
    case TRACE_TRUNCATE:
        return truncation(check, event);
    case TRACE_APPEND:
        return append(check, event);
    case TRACE_START:
        return start(check, event);
    default:
        return true;
    }
}
