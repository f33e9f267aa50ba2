// leader.c -- what a leader may send, believe of its peers, and commit.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

// So long may a leader leave uncommitted what a majority has acknowledged.
enum { COMMIT_WITHIN_US = 2000000 };

// Peers that have acknowledged the index, and the leader itself once its own
// entry is saved.
static int n_holders(const struct check *check, int leader, uint64_t index)
{
    int n = check_is_durable(check, leader, index);
    for (int peer = 0; peer < check->model.n_servers; peer++)
        n += peer != leader && check->server[leader].view[peer].acked >= index;
    return n;
}

uint64_t check_held(const struct check *check, int leader)
{
    const struct model_server *server = &check->model.server[leader];
    uint64_t best = 0;
    for (int peer = 0; peer < check->model.n_servers; peer++) {
        uint64_t index = peer == leader
                             ? model_last_index(server)
                             : check->server[leader].view[peer].acked;
        if (index > best && index > server->commit_index &&
            model_term_at(server, index) == server->term &&
            n_holders(check, leader, index) >= check_majority(check))
            best = index;
    }
    return best;
}

const char *check_say_held(const struct check *check, int leader,
                           char text[200])
{
    const struct judged *judged = &check->server[leader];
    const struct model_server *server = &check->model.server[leader];
    snprintf(text, 200,
             "S%d, leader of term %" PRIu64 ", has not committed entry %" PRIu64
             " although a majority (%d) has had it since %.3f s; its"
             " commit_index is %" PRIu64 "%s.",
             leader + 1, server->term, judged->held, check_majority(check),
             check_seconds(judged->held_us), server->commit_index,
             check->n_of_kind[TRACE_MATCH] > 0 &&
                     server->match_index[leader] < judged->held
                 ? ", and no event tells that it counts its own copy"
                 : "");
    return text;
}

// [L.4] What a majority holds is committed before long.
static bool commits_in_time(struct check *check,
                            const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    const struct model_server *server = &check->model.server[event->node];
    uint64_t index = check_held(check, event->node);
    if (index == 0 || index < judged->held || judged->held == 0 ||
        judged->held <= server->commit_index) {
        judged->held = index;
        judged->held_us = event->us;
        return true;
    }
    if (event->us - judged->held_us < COMMIT_WITHIN_US)
        return true;
    char text[200];
    return check_broken(check, event, FINDING_MAJORITY_NOT_COMMITTED, "L.4",
                        TRACE_NONE, 0, "%s",
                        check_say_held(check, event->node, text));
}

// [L.1] Only who was elected in a term speaks as its leader.
static bool leads(struct check *check, const struct trace_event *event,
                  const struct facts *args)
{
    const struct model_server *server = &check->model.server[event->node];
    const struct judged *judged = &check->server[event->node];
    const struct table_cell *leader = check_leader_of(check, args->term);
    if (leader != NULL && leader->server == event->node)
        return true;
    if (server->role == TRACE_LEADER)
        return check_broken(
            check, event, FINDING_LED_UNWON_TERM, "ALL.2",
            leader != NULL ? leader->server : TRACE_NONE,
            judged->term_event > judged->role_event ? judged->term_event
                                                    : judged->role_event,
            "S%d sent %s as leader of term %" PRIu64 " at %.3f s but had won"
            " only term %" PRIu64 ": it adopted the newer term without"
            " becoming a follower.",
            event->node + 1, event->rpc, args->term, check_seconds(event->us),
            judged->role_term);
    return check_broken(
        check, event, FINDING_SENT_BY_NON_LEADER, "L.1",
        leader != NULL ? leader->server : TRACE_NONE, judged->role_event,
        "S%d, a %s, sent %s at %.3f s as leader of term %" PRIu64
        ", a term it never led.",
        event->node + 1, trace_role_name(server->role), event->rpc,
        check_seconds(event->us), args->term);
}

// [P.2] A leader never overwrites what it has.
static bool restamped(struct check *check, const struct trace_event *event,
                      uint64_t index, uint64_t term)
{
    const struct model_server *server = &check->model.server[event->node];
    return check_broken(check, event, FINDING_LEADER_APPEND_ONLY, "P.2",
                        (int)event->to, check->server[event->node].role_event,
                        "S%d, leader of term %" PRIu64
                        ", sent S%d entry %" PRIu64 " with term %" PRIu64
                        ", but it had appended one of term %" PRIu64 " there.",
                        event->node + 1, server->term, (int)event->to + 1,
                        index, term, model_term_at(server, index));
}

// [L.3] The message shows the leader's own log.
static bool shows_its_log(struct check *check, const struct trace_event *event,
                          const struct facts *args)
{
    const struct model_server *server = &check->model.server[event->node];
    if (server->role != TRACE_LEADER || server->term != args->term ||
        args->index < server->snapshot_index)
        return true;
    if (args->index > model_last_index(server))
        return check_broken(check, event, FINDING_NEXT_INDEX_OUT_OF_RANGE,
                            "L.3", (int)event->to, 0,
                            "S%d sent S%d entries after index %" PRIu64
                            ", but its log ends at %" PRIu64 ".",
                            event->node + 1, (int)event->to + 1, args->index,
                            model_last_index(server));
    uint64_t term = model_term_at(server, args->index);
    bool own = args->index_term == server->term && args->index > 0;
    if (own && term < args->index_term)
        return restamped(check, event, args->index, args->index_term);
    if (term != args->index_term)
        return check_broken(
            check, event, FINDING_WRONG_PREV_LOG_TERM, "L.3", (int)event->to, 0,
            "S%d told S%d that its entry %" PRIu64 " is of term %" PRIu64
            ", but it is of term %" PRIu64 ".",
            event->node + 1, (int)event->to + 1, args->index, args->index_term,
            term);
    for (uint64_t i = 0; i < args->n_entries; i++) {
        uint64_t index = args->index + 1 + i;
        uint64_t sent = facts_term(&check->terms, args, i);
        if (sent != 0 && model_term_at(server, index) != sent)
            return restamped(check, event, index, sent);
    }
    return true;
}

// Index 0 has no term.
static bool log_end(struct check *check, const struct trace_event *event,
                    const struct facts *args)
{
    if (args->index > 0 || args->index_term == 0)
        return true;
    return check_broken(check, event, FINDING_WRONG_LOG_IN_REQUEST, "C.1",
                        TRACE_NONE, 0,
                        "S%d requested votes in term %" PRIu64
                        " with last_log_index 0 and last_log_term %" PRIu64
                        ": index 0 has no term.",
                        event->node + 1, args->term, args->index_term);
}

// [C.1] A candidate asks in the term that it runs in, for itself, and shows
// its own log.
static bool candidacy(struct check *check, const struct trace_event *event,
                      const struct facts *args)
{
    const struct model_server *server = &check->model.server[event->node];
    struct judged *judged = &check->server[event->node];
    int me = event->node + 1;
    judged->asked_term = args->term;
    judged->asked_index = args->index;
    judged->asked_last_term = args->index_term;
    if (!log_end(check, event, args))
        return false;
    if (check->n_of_kind[TRACE_ROLE] == 0)
        return true;
    if (args->term > judged->ran_term)
        return check_broken(check, event, FINDING_REQUEST_WITHOUT_ELECTION,
                            "C.1", TRACE_NONE, judged->role_event,
                            "S%d, a %s, sent RequestVote for term %" PRIu64
                            " at %.3f s without starting an election in that"
                            " term; its last election was in term %" PRIu64 ".",
                            me, trace_role_name(server->role), args->term,
                            check_seconds(event->us), judged->ran_term);
    if (server->role != TRACE_CANDIDATE || server->term != args->term)
        return true;
    if (check->n_of_kind[TRACE_VOTE] > 0 && server->voted_for != event->node)
        return check_broken(check, event, FINDING_NO_OWN_VOTE, "C.1",
                            TRACE_NONE, judged->role_event,
                            "S%d requested votes in term %" PRIu64
                            " at %.3f s without voting for itself.",
                            me, args->term, check_seconds(event->us));
    uint64_t last = model_last_index(server);
    uint64_t term = model_term_at(server, last);
    if (check->n_of_kind[TRACE_APPEND] > 0 &&
        (args->index != last || args->index_term != term))
        return check_broken(
            check, event, FINDING_WRONG_LOG_IN_REQUEST, "C.1", TRACE_NONE,
            judged->role_event,
            "S%d requested votes in term %" PRIu64
            " with last_log_index %" PRIu64 " and last_log_term %" PRIu64
            ", but its log ends at index %" PRIu64 " (term %" PRIu64 ").",
            me, args->term, args->index, args->index_term, last, term);
    return true;
}

static bool send(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_flight(check, event->msg);
    const struct model_server *server = &check->model.server[event->node];
    if (flight == NULL || !flight->args.whole || event->ok || !server->up)
        return true;
    const struct facts *args = &flight->args;
    if (args->rpc == FACTS_INSTALL && args->index == 0)
        return check_broken(check, event, FINDING_SNAPSHOT_OF_NOTHING, "IS.5",
                            (int)event->to, 0,
                            "S%d sent S%d a snapshot with a"
                            " last_included_index of 0, which covers nothing.",
                            event->node + 1, (int)event->to + 1);
    bool leads_it = server->role == TRACE_LEADER && server->term == args->term;
    if (leads_it && args->rpc != FACTS_VOTE && flight->to >= 0)
        check_sent(check, event, flight);
    if (!server->booted)
        return true;
    if (args->rpc == FACTS_VOTE)
        return candidacy(check, event, args);
    if (check->n_of_kind[TRACE_ROLE] == 0)
        return true;
    if (!leads(check, event, args) ||
        (args->rpc == FACTS_APPEND && check->n_of_kind[TRACE_APPEND] > 0 &&
         !shows_its_log(check, event, args)))
        return false;
    if (!leads_it)
        return true;
    return check->n_of_kind[TRACE_COMMIT] == 0 || commits_in_time(check, event);
}

// What a reply proves to the leader that gets it in the same term.
static void heard(struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    const struct flight *flight = check_flight(check, event->msg);
    struct judged *judged = &check->server[event->node];
    if (server->role != TRACE_LEADER ||
        event->from >= (uint64_t)check->model.n_servers)
        return;
    struct view *view = &judged->view[event->from];
    if (flight == NULL) { // sent too long ago to be remembered
        if (event->rpc == NULL || strcmp(event->rpc, "RequestVote") != 0)
            view->acked = model_last_index(server);
        return;
    }
    const struct facts *args = &flight->args;
    const struct facts_reply *reply = check_reply(flight, event);
    if (args->rpc == FACTS_VOTE || args->rpc == FACTS_OTHER || !args->whole ||
        args->term != server->term || reply == NULL || !reply->whole)
        return;
    view->heard_us = event->us;
    view->heard_n = event->n;
    uint64_t acked = 0;
    if (args->rpc == FACTS_APPEND && reply->yes)
        acked = args->index + args->n_entries;
    else if (args->rpc == FACTS_APPEND) {
        check_refused(view, flight, reply, event);
    } else if (args->done &&
               (!reply->tells_stored || reply->stored >= args->end))
        acked = args->index;
    if (acked == 0)
        return;
    view->n_refused = view->n_same = 0;
    if (acked > view->acked)
        view->n_again = 0;
    else if (args->n_entries > 0)
        view->n_again++;
    if (acked > view->acked) {
        view->acked = acked;
        view->acked_n = event->n;
    }
}

// Who has acknowledged as much only to an earlier leadership of the server.
static const char *of_earlier_term(const struct check *check,
                                   const struct trace_event *commit,
                                   char text[160])
{
    text[0] = '\0';
    for (int i = 0; i < check->model.n_servers && text[0] == '\0'; i++) {
        const struct view *view = &check->server[commit->node].view[i];
        if (i != commit->node && view->acked < commit->to &&
            view->acked_before >= commit->to)
            snprintf(text, 160,
                     " S%d acknowledged that much only in an earlier term that"
                     " S%d led: a new leader's match_index starts at 0.",
                     i + 1, commit->node + 1);
    }
    return text;
}

// How it came to count so many: a half, or not as its match_index says.
static const char *of_counting(const struct check *check, int n_holders,
                               const struct trace_event *commit, char text[80])
{
    const uint64_t *match = check->model.server[commit->node].match_index;
    int n = 1; // itself
    for (int i = 0; i < check->model.n_servers; i++)
        n += i != commit->node && match[i] >= commit->to;
    if (2 * n_holders == check->model.n_servers)
        return " Half of the servers is not a majority.";
    snprintf(text, 80, " By its own match_index, too, only %d hold it.", n);
    bool few = n < check_majority(check) && check->n_of_kind[TRACE_MATCH] > 0;
    return few ? text : "";
}

// [L.4] An entry of the leader's own term, on a majority that has said so.
static bool commit(struct check *check, const struct trace_event *event)
{
    const struct model_server *leader = &check->model.server[event->node];
    uint64_t term = model_term_at(leader, event->to);
    // What a handler commits is judged with its answer.
    const struct origin *origin = check_origin(check, event->n);
    if (leader->role != TRACE_LEADER ||
        (origin != NULL && origin->root_kind == TRACE_RECV))
        return true;
    if (term != leader->term)
        return check_broken(
            check, event, FINDING_COMMIT_OF_OLDER_TERM, "L.4", TRACE_NONE, 0,
            "S%d, leader of term %" PRIu64 ", moved commit_index to %" PRIu64
            ", an entry of term %" PRIu64
            ": it may still be overwritten (Figure 8).",
            event->node + 1, leader->term, event->to, term);
    char how[80], earlier[160];
    int n = 0;
    for (int i = 0; i < check->model.n_servers; i++) {
        const struct model_server *server = &check->model.server[i];
        n += server->snapshot_index >= event->to ||
             model_term_at(server, event->to) == term;
    }
    if (n < check_majority(check))
        return check_broken(
            check, event, FINDING_COMMIT_WITHOUT_MAJORITY, "L.4", TRACE_NONE, 0,
            "S%d committed entry %" PRIu64
            ", but only %d server%s it; a majority is %d.%s",
            event->node + 1, event->to, n, n == 1 ? " has" : "s have",
            check_majority(check), of_counting(check, n, event, how));
    if (check->n_of_kind[TRACE_REPLY_RECV] == 0)
        return true;
    bool saved = check_is_durable(check, event->node, event->to);
    n = n_holders(check, event->node, event->to);
    if (n >= check_majority(check))
        return true;
    return check_broken(
        check, event, FINDING_COMMIT_WITHOUT_MAJORITY, "L.4", TRACE_NONE, 0,
        "S%d committed entry %" PRIu64 " when only %d peer%s had acknowledged"
        " it%s; a majority is %d.%s%s",
        event->node + 1, event->to, n - saved, n - saved == 1 ? "" : "s",
        saved ? ", besides its own saved copy"
        : check_was_saving(check, event->node, event->to)
            ? " and its own copy was not yet saved (a save that had begun"
              " before has ended since)"
            : " and its own copy was not yet saved",
        check_majority(check), of_earlier_term(check, event, earlier),
        of_counting(check, n, event, how));
}

// [L.3] match_index only grows, and only by what the peer has acknowledged.
static bool match(struct check *check, const struct trace_event *event)
{
    const struct model_server *leader = &check->model.server[event->node];
    if (event->peer < 0 || event->peer >= check->model.n_servers)
        return true;
    if (event->to < event->from)
        return check_broken(
            check, event, FINDING_MATCH_INDEX_BACKWARDS, "L.3", event->peer, 0,
            "S%d moved match_index for S%d from %" PRIu64 " back to %" PRIu64
            ".",
            event->node + 1, event->peer + 1, event->from, event->to);
    if (leader->role != TRACE_LEADER || event->peer == event->node ||
        check->n_of_kind[TRACE_REPLY_RECV] == 0)
        return true;
    uint64_t acked = check->server[event->node].view[event->peer].acked;
    if (event->to <= acked)
        return true;
    return check_broken(
        check, event, FINDING_MATCH_INDEX_TOO_HIGH, "L.3", event->peer, 0,
        "S%d set match_index for S%d to %" PRIu64 ", but in term %" PRIu64
        " S%d has acknowledged entries only up to %" PRIu64 ".%s",
        event->node + 1, event->peer + 1, event->to, leader->term,
        event->peer + 1, acked,
        event->to == leader->snapshot_index && event->to > 0
            ? " That is where its snapshot ends."
            : "");
}

static bool next(struct check *check, const struct trace_event *event)
{
    const struct model_server *leader = &check->model.server[event->node];
    bool beyond = event->to > model_last_index(leader) + 1;
    const struct origin *origin = check_origin(check, event->n);
    if (beyond && event->peer == event->node && origin != NULL &&
        origin->root_kind == TRACE_START && event->to == origin->root_msg + 1)
        return check_broken(
            check, event, FINDING_COMMAND_AT_WRONG_INDEX, "L.2", TRACE_NONE,
            origin->root,
            "S%d told a client that its command is at index %" PRIu64
            " and counted it as stored, but its log ends at %" PRIu64 ".",
            event->node + 1, origin->root_msg, model_last_index(leader));
    if (event->to < 1 || beyond)
        return check_broken(check, event, FINDING_NEXT_INDEX_OUT_OF_RANGE,
                            "L.3", event->peer, 0,
                            "S%d set next_index for S%d to %" PRIu64
                            ", but its log ends at %" PRIu64 ".",
                            event->node + 1, event->peer + 1, event->to,
                            model_last_index(leader));
    if (leader->role != TRACE_LEADER || event->peer < 0 ||
        event->peer >= check->model.n_servers)
        return true;
    uint64_t known = leader->match_index[event->peer];
    const struct view *view = &check->server[event->node].view[event->peer];
    if (event->to > known || event->to > view->acked)
        return true;
    const struct flight *flight =
        origin != NULL && origin->root_kind == TRACE_REPLY_RECV
            ? check_flight(check, origin->root_msg)
            : NULL;
    char late[64] = "";
    if (flight != NULL && flight->sent_n < view->acked_n)
        snprintf(late, sizeof late, " on the reply to a message of %.3f s",
                 check_seconds(flight->sent_us));
    return check_broken(check, event, FINDING_NEXT_INDEX_TOO_LOW, "L.3",
                        event->peer, view->acked_n,
                        "S%d moved next_index for S%d back to %" PRIu64
                        "%s, although S%d has%s acknowledged entries up to"
                        " %" PRIu64 ".",
                        event->node + 1, event->peer + 1, event->to, late,
                        event->peer + 1, late[0] != '\0' ? " since then" : "",
                        known);
}

static void take_role(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    if (check->model.server[event->node].role == TRACE_LEADER &&
        event->us - judged->role_us > check->longest_us)
        check->longest_us = event->us - judged->role_us;
    judged->role_event = event->n;
    judged->role_us = event->us;
    judged->role_term = event->term;
    if (event->to_role == TRACE_CANDIDATE)
        judged->ran_term = event->term;
    if (event->to_role != TRACE_LEADER)
        return;
    judged->held = judged->held_us = 0;
    for (int i = 0; i < check->model.n_servers; i++) {
        struct view *view = &judged->view[i];
        uint64_t before =
            view->acked > view->acked_before ? view->acked : view->acked_before;
        *view = (struct view){.acked_before = before};
    }
}

bool check_leader(struct check *check, const struct trace_event *event)
{
    struct judged *judged = &check->server[event->node];
    switch (event->kind) {
    case TRACE_SEND:
        return send(check, event);
    case TRACE_REPLY_RECV:
        heard(check, event);
        return true;
    case TRACE_COMMIT:
        return commit(check, event);
    case TRACE_MATCH:
        return match(check, event);
    case TRACE_NEXT:
        return next(check, event);
    case TRACE_ROLE:
        take_role(check, event);
        return true;
    case TRACE_TERM:
        judged->term_event = event->n;
        return true;
    case TRACE_BOOT:
        judged->role_us = event->us;
        judged->ran_term = 0;
        memset(judged->view, 0,
               (size_t)check->model.n_servers * sizeof *judged->view);
        return true;
    case TRACE_PAUSE:
        judged->held_us = event->us;
        return true;
    default:
        return true;
    }
}
