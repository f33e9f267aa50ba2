// contract.c -- an answer by Figure 2, from the state that the request found.
//
// A handler's answer depends on the request and on the server's state alone.
// Where nothing else touched that state between the receipt and the reply,
// both are known, and the answer is judged by the receiver's rules. Where
// another thread came between, nothing is said.
#include <inttypes.h>
#include <string.h>

#include "internal.h"

// What a judgement is about.
struct judgement {
    struct check *check;
    const struct trace_event *event; // the reply
    const struct flight *flight;
    const struct facts *args;
    const struct facts_reply *reply;
    const struct before *before;
    const struct model_server *after;
    int me, from; // as people count them
};

#define BROKEN(j, finding, tag, ...)                                           \
    check_broken((j)->check, (j)->event, finding, tag, (j)->flight->from,      \
                 (j)->flight->recv_n, __VA_ARGS__)

// §6: may the voter ignore this request, its term, too, since it has heard
// the leader of its term within an election timeout, by its own clock?
static bool may_ignore(const struct judgement *j)
{
    return j->args->rpc == FACTS_VOTE && !j->reply->yes &&
           j->before->role == TRACE_FOLLOWER &&
           j->args->term > j->before->term &&
           check_within_timeout(j->check, j->event->node,
                                j->check->server[j->event->node].followed_us,
                                j->flight->recv_us);
}

// [ALL.2] A newer term is followed, by everybody, and answered with.
static bool follows(const struct judgement *j)
{
    bool newer = j->args->term > j->before->term && !may_ignore(j);
    if (newer && j->after->term < j->args->term)
        return BROKEN(j, FINDING_NEWER_TERM_IGNORED, "ALL.2",
                      "S%d, in term %" PRIu64 ", replied to S%d's %s of term"
                      " %" PRIu64 " without adopting that term.",
                      j->me, j->before->term, j->from, j->event->rpc,
                      j->args->term);
    if (newer && j->after->role != TRACE_FOLLOWER)
        return BROKEN(j, FINDING_NO_STEP_DOWN, "ALL.2",
                      "S%d adopted term %" PRIu64 " from S%d's %s but"
                      " remained a %s.",
                      j->me, j->args->term, j->from, j->event->rpc,
                      trace_role_name(j->after->role));
    if (j->reply->term != j->after->term)
        return BROKEN(j, FINDING_REPLIED_WRONG_TERM, "ALL.2",
                      "S%d is in term %" PRIu64 " but replied to S%d's %s with"
                      " term %" PRIu64 ".",
                      j->me, j->after->term, j->from, j->event->rpc,
                      j->reply->term);
    return true;
}

static const char *rule_of_refusal(const struct judgement *j, const char *rule)
{
    return j->flight->refused_by[0] != '\0' ? j->flight->refused_by : rule;
}

// [RV.1] [RV.2] Refused, granted, and each of them when it must be.
static bool judge_vote(const struct judgement *j)
{
    const struct facts *args = j->args;
    const struct before *before = j->before;
    bool old = args->term < before->term;
    bool fresh = args->term > before->term;
    int vote = fresh ? TRACE_NONE : before->voted_for;
    bool up_to_date = args->index_term != before->last_term
                          ? args->index_term > before->last_term
                          : args->index >= before->last_index;
    if (j->reply->yes && old)
        return BROKEN(j, FINDING_VOTED_IN_OLD_TERM, "RV.1",
                      "S%d, in term %" PRIu64 ", granted S%d a vote in term"
                      " %" PRIu64 ".",
                      j->me, before->term, j->from, args->term);
    if (j->reply->yes && vote != TRACE_NONE && vote != j->flight->from)
        return BROKEN(j, FINDING_VOTED_TWICE, "RV.2",
                      "S%d granted S%d its vote in term %" PRIu64
                      ", but it had already granted that vote to S%d.",
                      j->me, j->from, args->term, vote + 1);
    if (j->reply->yes && !up_to_date)
        return BROKEN(j, FINDING_VOTED_FOR_OLD_LOG, "RV.2",
                      "S%d granted S%d its vote in term %" PRIu64
                      " although S%d's log is more up to date: it ends at index"
                      " %" PRIu64 " (term %" PRIu64 "), S%d's at index"
                      " %" PRIu64 " (term %" PRIu64 ").",
                      j->me, j->from, args->term, j->me, before->last_index,
                      before->last_term, j->from, args->index,
                      args->index_term);
    if (j->reply->yes && j->after->voted_for != j->flight->from)
        return BROKEN(j, FINDING_VOTE_NOT_RECORDED, "RV.2",
                      "S%d granted S%d its vote in term %" PRIu64
                      ", but its voted_for is not S%d.",
                      j->me, j->from, args->term, j->from);
    // A vote that was given may be given again, or be passed over.
    if (!j->reply->yes && !old && vote == TRACE_NONE && up_to_date &&
        !may_ignore(j))
        return BROKEN(j, FINDING_VOTE_REFUSED, rule_of_refusal(j, "RV.2"),
                      "S%d refused S%d a vote in term %" PRIu64
                      " although it had not voted in that term and S%d's log"
                      " (up to index %" PRIu64 ", term %" PRIu64
                      ") was at least as up to date as its own (up to index"
                      " %" PRIu64 ", term %" PRIu64 ").",
                      j->me, j->from, args->term, j->from, args->index,
                      args->index_term, before->last_index, before->last_term);
    return true;
}

// [C.3] Whoever hears the leader of its term stands for election no more.
static bool yields(const struct judgement *j)
{
    if (j->args->term < j->before->term || j->after->role != TRACE_CANDIDATE)
        return true;
    return BROKEN(j, FINDING_CANDIDATE_STAYED, "C.3",
                  "S%d remained a candidate in term %" PRIu64
                  " after hearing from S%d, the leader of that term.",
                  j->me, j->args->term, j->from);
}

// [AE.1] Nothing of an old term's message is used.
static bool ignores(const struct judgement *j)
{
    if (j->reply->yes)
        return BROKEN(j, FINDING_OLD_TERM_ACCEPTED, "AE.1",
                      "S%d, in term %" PRIu64 ", accepted S%d's AppendEntries"
                      " of term %" PRIu64 ".",
                      j->me, j->before->term, j->from, j->args->term);
    if (j->after->commit_index != j->before->commit_index ||
        model_last_index(j->after) != j->before->last_index)
        return BROKEN(j, FINDING_OLD_TERM_ACCEPTED, "AE.1",
                      "S%d, in term %" PRIu64 ", changed its %s on S%d's"
                      " AppendEntries of term %" PRIu64 ".",
                      j->me, j->before->term,
                      j->after->commit_index != j->before->commit_index
                          ? "commit_index"
                          : "log",
                      j->from, j->args->term);
    return true;
}

// [AE.2] Success means that the entry before the new ones is there.
static bool matches(const struct judgement *j)
{
    uint64_t index = j->args->index;
    if (j->reply->yes && !j->before->matches)
        return BROKEN(
            j, FINDING_ACCEPTED_UNMATCHED, "AE.2",
            "S%d accepted S%d's AppendEntries although its log (up to"
            " index %" PRIu64 ") has no entry %" PRIu64 " of term %" PRIu64 ".",
            j->me, j->from, j->before->last_index, index, j->args->index_term);
    if (!j->reply->yes && j->before->matches &&
        index >= j->before->snapshot_index)
        return BROKEN(j, FINDING_REFUSED_MATCHING, rule_of_refusal(j, "AE.2"),
                      "S%d refused S%d's AppendEntries of term %" PRIu64
                      " although it has the previous entry (index"
                      " %" PRIu64 ", term %" PRIu64 ").",
                      j->me, j->from, j->args->term, index,
                      j->args->index_term);
    return true;
}

// [AE.3] [AE.4] After a success the log holds the entries, has lost what
// conflicted and all behind it, and nothing else.
static bool stores(const struct judgement *j)
{
    uint64_t first = j->args->index + 1,
             end = j->args->index + j->args->n_entries;
    for (uint64_t index = first; index <= end; index++) {
        uint64_t term = facts_term(&j->check->terms, j->args, index - first);
        if (term != 0 && index > j->after->snapshot_index &&
            model_term_at(j->after, index) != term)
            return BROKEN(j, FINDING_ACKNOWLEDGED_UNSTORED, "AE.4",
                          "S%d acknowledged S%d's entry %" PRIu64
                          " of term %" PRIu64 ", but does not have it.",
                          j->me, j->from, index, term);
    }
    uint64_t last = j->before->conflict != 0 || end > j->before->last_index
                        ? end
                        : j->before->last_index;
    uint64_t have = model_last_index(j->after);
    if (have > last && j->before->conflict != 0)
        return BROKEN(j, FINDING_CONFLICT_KEPT, "AE.3",
                      "S%d's entry %" PRIu64 " conflicted with S%d's, but S%d"
                      " kept its entries after that, up to index %" PRIu64 ".",
                      j->me, j->before->conflict, j->from, j->me, have);
    if (have > last)
        return BROKEN(j, FINDING_APPENDED_TWICE, "AE.4",
                      "S%d's log grew to index %" PRIu64
                      " on S%d's AppendEntries, which carried entries"
                      " %" PRIu64 " to %" PRIu64 ".",
                      j->me, have, j->from, first, end);
    return true;
}

// [AE.5] Only up to the last entry of the message is the log known to be the
// leader's.
static bool commits(const struct judgement *j)
{
    uint64_t last = j->args->index + j->args->n_entries;
    uint64_t limit =
        j->args->leader_commit < last ? j->args->leader_commit : last;
    if (!j->reply->yes || limit < j->before->commit_index)
        limit = j->before->commit_index;
    if (j->after->commit_index <= limit)
        return true;
    if (!j->reply->yes)
        return BROKEN(j, FINDING_COMMIT_BY_REFUSED_MESSAGE, "AE.5",
                      "S%d moved its commit_index to %" PRIu64
                      " on an AppendEntries from S%d that it refused.",
                      j->me, j->after->commit_index, j->from);
    return BROKEN(j, FINDING_COMMIT_BEYOND_MESSAGE, "AE.5",
                  "S%d moved its commit_index to %" PRIu64
                  " on S%d's AppendEntries, whose last new entry is %" PRIu64
                  " and whose leader_commit is %" PRIu64 ".",
                  j->me, j->after->commit_index, j->from, last,
                  j->args->leader_commit);
}

static bool judge_append(const struct judgement *j)
{
    if (j->args->term < j->before->term)
        return ignores(j);
    if (!yields(j) || !matches(j) || !commits(j))
        return false;
    return !j->reply->yes || stores(j);
}

// [IS.1] to [IS.8]; what of the log stays is told by the next persist.
static bool judge_install(const struct judgement *j)
{
    bool installed = j->after->snapshot_index != j->before->snapshot_index;
    if (j->args->term < j->before->term && installed)
        return BROKEN(j, FINDING_OLD_TERM_ACCEPTED, "IS.1",
                      "S%d, in term %" PRIu64 ", installed S%d's snapshot"
                      " of term %" PRIu64 ".",
                      j->me, j->before->term, j->from, j->args->term);
    if (j->args->term < j->before->term)
        return true;
    bool whole = j->args->done && j->reply->tells_stored &&
                 j->reply->stored >= j->args->end;
    if (whole && j->args->index > j->before->commit_index &&
        j->after->snapshot_index < j->args->index)
        return BROKEN(j, FINDING_SNAPSHOT_NOT_INSTALLED, "IS.7",
                      "S%d received all of S%d's snapshot up to index %" PRIu64
                      ", and its commit_index was %" PRIu64
                      ", but it did not install the snapshot.",
                      j->me, j->from, j->args->index, j->before->commit_index);
    return yields(j);
}

static bool judge(const struct judgement *j)
{
    const struct check *check = j->check;
    const uint64_t *n = check->n_of_kind;
    bool logs = n[TRACE_APPEND] > 0 || !check->entries_sent;
    bool snapshots = n[TRACE_INSTALL] > 0 || n[TRACE_COMPACT] > 0;
    if (!follows(j))
        return false;
    switch (j->args->rpc) {
    case FACTS_VOTE:
        return n[TRACE_VOTE] == 0 || judge_vote(j);
    case FACTS_APPEND:
        return !logs || judge_append(j);
    case FACTS_INSTALL:
        return !snapshots || judge_install(j);
    case FACTS_OTHER:
        break;
    }
    return true;
}

// [AE.3] [AE.5] What a follower may commit by a message that it accepts.
static bool commits_what_it_carries(struct check *check,
                                    const struct trace_event *event,
                                    const struct flight *flight)
{
    const struct facts *args = &flight->args;
    const struct model_server *server = &check->model.server[event->node];
    uint64_t last = args->index + args->n_entries;
    uint64_t term =
        event->to > args->index
            ? facts_term(&check->terms, args, event->to - args->index - 1)
            : 0;
    uint64_t ours = model_term_at(server, event->to);
    if (term != 0 && ours != 0 && ours != term)
        return check_broken(
            check, event, FINDING_CONFLICT_KEPT, "AE.3", flight->from,
            flight->recv_n,
            "S%d committed its entry %" PRIu64 " of term %" PRIu64
            " on S%d's AppendEntries, which carried an entry of term"
            " %" PRIu64 " there: its own entry conflicts, and must be deleted"
            " with all that follow it.",
            event->node + 1, event->to, ours, flight->from + 1, term);
    if (event->to <= last && event->to <= args->leader_commit)
        return true;
    return check_broken(
        check, event, FINDING_COMMIT_BEYOND_MESSAGE, "AE.5", flight->from,
        flight->recv_n,
        "S%d moved its commit_index to %" PRIu64
        " on S%d's AppendEntries, whose last new entry is %" PRIu64
        " and whose leader_commit is %" PRIu64 ".",
        event->node + 1, event->to, flight->from + 1, last,
        args->leader_commit);
}

bool check_accepted(struct check *check, const struct trace_event *event)
{
    const struct flight *flight = check_handling(check, event->n);
    const struct model_server *server = &check->model.server[event->node];
    if (flight == NULL || flight->args.rpc != FACTS_APPEND ||
        !flight->args.whole || flight->to != event->node || !server->booted ||
        server->role == TRACE_LEADER)
        return true;
    const struct facts *args = &flight->args;
    // Of a commit the answer tells more, unless a property is broken by then.
    bool commits = event->kind == TRACE_COMMIT;
    if (commits && !check->broken && event->to <= model_last_index(server))
        return true;
    if (args->index >= server->snapshot_index &&
        model_term_at(server, args->index) != args->index_term)
        return check_broken(
            check, event, FINDING_ACCEPTED_UNMATCHED, "AE.2", flight->from,
            flight->recv_n,
            "S%d %s entry %" PRIu64 " on S%d's AppendEntries although its log"
            " (up to index %" PRIu64 ") has no entry %" PRIu64
            " of term %" PRIu64 ".",
            event->node + 1, commits ? "committed up to" : "appended",
            commits ? event->to : event->index, flight->from + 1,
            model_last_index(server), args->index, args->index_term);
    return !commits || commits_what_it_carries(check, event, flight);
}

bool check_contract(struct check *check, const struct trace_event *event)
{
    if (event->kind != TRACE_REPLY)
        return true;
    struct flight *flight = check_flight(check, event->msg);
    const struct model_server *after = &check->model.server[event->node];
    if (flight == NULL || !flight->handled || flight->confused ||
        flight->to != event->node || !after->up || !after->booted ||
        flight->from < 0 || check->n_of_kind[TRACE_TERM] == 0)
        return true;
    const struct facts_reply *reply = check_reply(flight, event);
    if (reply == NULL || !reply->whole || !flight->args.whole)
        return true;
    struct judgement j = {.check = check,
                          .event = event,
                          .flight = flight,
                          .args = &flight->args,
                          .reply = reply,
                          .before = &flight->before,
                          .after = after,
                          .me = event->node + 1,
                          .from = flight->from + 1};
    if (judge(&j))
        return true;
    check_show(check, flight->sent_n);
    return false;
}
