// why_doubt.c -- what in a fact goes against a rule, by the state before it.
//
// A story should point at the step that went wrong, which is often not the
// one at which a property broke. Nothing here is a verdict: a doubt says what
// the rule wants and what the trace shows.
#include <inttypes.h>
#include <string.h>

#include "../src/trace/fields.h"
#include "paper.h"
#include "why.h"

static const struct trace_event *request_of(const struct why *why,
                                            const struct why_fact *fact)
{
    size_t send = why_request(why, fact->at);
    return send != SIZE_MAX ? &why->trace->event[send] : NULL;
}

static bool is(const struct trace_event *event, const char *rpc)
{
    return event != NULL && event->rpc != NULL && strcmp(event->rpc, rpc) == 0;
}

// A candidate's log does not change: it has to be what the request says.
static bool doubt_request(const struct model_server *candidate,
                          const struct trace_event *asked,
                          struct why_fact *fact)
{
    uint64_t last = model_last_index(candidate);
    uint64_t index = why_number(asked, "last_log_index");
    uint64_t term = why_number(asked, "last_log_term");
    if (candidate->role != TRACE_CANDIDATE ||
        candidate->term != why_number(asked, "term") ||
        (index == last && term == model_term_at(candidate, last)))
        return false;
    DOUBT("C.1",
          "S%d's request said that its log ends at %" PRIu64 " (term %" PRIu64
          "); by the trace it ends at %" PRIu64 " (term %" PRIu64 ").",
          asked->node + 1, index, term, last, model_term_at(candidate, last));
    return true;
}

static void doubt_vote(const struct why *why, const struct model *model,
                       struct why_fact *fact)
{
    const struct trace_event *vote = &why->trace->event[fact->at];
    const struct model_server *voter = &model->server[vote->node];
    const struct trace_event *asked = request_of(why, fact);
    if (voter->term == vote->term && voter->voted_for >= 0 &&
        voter->voted_for != vote->voted_for) {
        DOUBT("RV.2", "In this term S%d had voted for S%d already.",
              vote->node + 1, voter->voted_for + 1);
        return;
    }
    if (!is(asked, "RequestVote") || vote->voted_for == vote->node ||
        doubt_request(&model->server[asked->node], asked, fact))
        return;
    uint64_t index = why_number(asked, "last_log_index");
    uint64_t term = why_number(asked, "last_log_term");
    uint64_t last = model_last_index(voter);
    uint64_t last_term = model_term_at(voter, last);
    if (term < last_term)
        DOUBT("RV.2",
              "S%d's log ends in term %" PRIu64 ", S%d's in the older term"
              " %" PRIu64 ": the answer had to be no.",
              vote->node + 1, last_term, vote->voted_for + 1, term);
    else if (term == last_term && index < last)
        DOUBT("RV.2",
              "Both logs end in term %" PRIu64 ", and S%d's is longer"
              " (%" PRIu64 " against %" PRIu64 "): the answer had to be no.",
              term, vote->node + 1, last, index);
}

static void doubt_role(const struct why *why, const struct model_server *server,
                       struct why_fact *fact)
{
    const struct trace_event *role = &why->trace->event[fact->at];
    if (role->to_role != TRACE_LEADER)
        return;
    if (server->role != TRACE_CANDIDATE)
        DOUBT("C.2", "S%d was no candidate when it became leader.",
              role->node + 1);
    else if (fact->n_other < (uint64_t)why->n_servers / 2 + 1)
        DOUBT("C.2",
              "By the trace S%d had heard of %" PRIu64
              " votes in this term; a majority is %d.",
              role->node + 1, fact->n_other, why->n_servers / 2 + 1);
}

// [AE.2] The message had to be refused, whatever it led to.
static bool doubt_match(const struct model_server *server,
                        const struct trace_event *asked, struct why_fact *fact,
                        int node)
{
    uint64_t index = why_number(asked, "prev_log_index");
    uint64_t term = why_number(asked, "prev_log_term");
    if (index <= server->snapshot_index || model_term_at(server, index) == term)
        return false;
    uint64_t last = model_last_index(server);
    if (index > last)
        DOUBT("AE.2",
              "The message built on entry %" PRIu64 " (term %" PRIu64
              "), but S%d's log ended at %" PRIu64 ": the answer had to be no.",
              index, term, node + 1, last);
    else
        DOUBT("AE.2",
              "The message built on entry %" PRIu64 " of term %" PRIu64
              ", but S%d's entry %" PRIu64 " is of term %" PRIu64
              ": the answer had to be no.",
              index, term, node + 1, index, model_term_at(server, index));
    return true;
}

enum { MOST_ENTRIES = 256 };

// The term of an entry that a message carries, 0 when it has it not.
static uint64_t carried(const struct trace_event *asked, uint64_t index)
{
    struct trace_entry entry[MOST_ENTRIES];
    size_t n = trace_message_entries(&asked->args, entry, MOST_ENTRIES);
    uint64_t first = why_number(asked, "prev_log_index") + 1;
    n = n < MOST_ENTRIES ? n : MOST_ENTRIES;
    return index >= first && index - first < n ? entry[index - first].term : 0;
}

static void doubt_follower_commit(const struct why *why,
                                  const struct model_server *server,
                                  struct why_fact *fact)
{
    const struct trace_event *commit = &why->trace->event[fact->at];
    const struct trace_event *asked = request_of(why, fact);
    if (commit->to > model_last_index(server)) {
        DOUBT("AE.5",
              "S%d has no entry %" PRIu64 ": its log ended at %" PRIu64 ".",
              commit->node + 1, commit->to, model_last_index(server));
        if (is(asked, "AppendEntries")) {
            fact->doubt[0] = '\0';
            if (!doubt_match(server, asked, fact, commit->node))
                DOUBT("AE.5",
                      "S%d has no entry %" PRIu64 ": its log ended at"
                      " %" PRIu64 ".",
                      commit->node + 1, commit->to, model_last_index(server));
        }
        return;
    }
    if (!is(asked, "AppendEntries") ||
        doubt_match(server, asked, fact, commit->node))
        return;
    uint64_t last = why_number(asked, "prev_log_index") +
                    trace_message_entries(&asked->args, NULL, 0);
    uint64_t theirs = carried(asked, commit->to);
    uint64_t ours = model_term_at(server, commit->to);
    if (commit->to > last)
        DOUBT("AE.5",
              "The message vouched for the log only up to %" PRIu64
              "; what S%d holds behind that may be stale.",
              last, commit->node + 1);
    else if (theirs != 0 && ours != 0 && theirs != ours)
        DOUBT("AE.3",
              "The message carried entry %" PRIu64 " of term %" PRIu64
              "; S%d's, by the trace, is of term %" PRIu64
              " and was neither cut nor replaced by an append.",
              commit->to, theirs, commit->node + 1, ours);
}

static bool starts_role(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_ROLE && event->to_role == TRACE_LEADER;
}

static bool matches(const struct trace_event *event, const void *peer)
{
    return event->kind == TRACE_MATCH && event->peer == *(const int *)peer;
}

// What a leader knew of a peer in an earlier term counts no more.
static bool doubt_old_match(const struct why *why, struct why_fact *fact,
                            int peer)
{
    int node = why->trace->event[fact->at].node;
    size_t role = why_last(why, node, fact->at, starts_role, NULL);
    size_t match = why_last(why, node, fact->at, matches, &peer);
    if (role == SIZE_MAX || match == SIZE_MAX || match > role)
        return false;
    DOUBT("L.4",
          "S%d counts S%d by a match_index that is older (event %" PRIu64
          ") than its election (event %" PRIu64
          "): a new leader knows nothing and starts at 0 (election.c,"
          " become_leader).",
          node + 1, peer + 1, why->trace->event[match].n,
          why->trace->event[role].n);
    return true;
}

// A commit on a client's command alone, before any answer.
static void name_client(const struct why *why, struct why_fact *fact)
{
    for (size_t i = 0; i < why->n_links; i++) {
        const struct trace_event *copy = &why->trace->event[why->link[i].cause];
        if (why->link[i].effect == fact->at && copy->kind == TRACE_APPEND &&
            copy->n == why->trace->event[fact->at].cause)
            why_put(fact->doubt, sizeof fact->doubt,
                    " It came with the client's command (raft.c, raft_start),"
                    " not with an answer.");
    }
}

static void doubt_commit(const struct why *why, const struct model *model,
                         struct why_fact *fact)
{
    const struct trace_event *commit = &why->trace->event[fact->at];
    const struct model_server *leader = &model->server[commit->node];
    if (leader->role != TRACE_LEADER) {
        doubt_follower_commit(why, leader, fact);
        return;
    }
    uint64_t term = model_term_at(leader, commit->to);
    if (term != leader->term) {
        DOUBT("L.4",
              "Entry %" PRIu64 " is of term %" PRIu64 ", S%d leads term"
              " %" PRIu64 ": copies of an older term's entry prove nothing, a"
              " later leader may still overwrite it (Figure 8).",
              commit->to, term, commit->node + 1, leader->term);
        return;
    }
    int n_counted = 0;
    for (int i = 0; i < why->n_servers; i++) {
        const struct model_server *server = &model->server[i];
        bool counted =
            i == commit->node || leader->match_index[i] >= commit->to;
        n_counted += counted;
        if (counted && server->snapshot_index < commit->to &&
            model_term_at(server, commit->to) != term) {
            if (!doubt_old_match(why, fact, i))
                DOUBT("L.4",
                      "S%d counts S%d, which has no entry %" PRIu64
                      " of term %" PRIu64 ": its log ends at %" PRIu64 ".",
                      commit->node + 1, i + 1, commit->to, term,
                      model_last_index(server));
            return;
        }
    }
    if (n_counted < why->n_servers / 2 + 1) {
        DOUBT("L.4", "That is %d of %d servers, no majority.", n_counted,
              why->n_servers);
        name_client(why, fact);
    }
}

static void doubt_truncate(const struct why *why,
                           const struct model_server *server,
                           struct why_fact *fact)
{
    const struct trace_event *cut = &why->trace->event[fact->at];
    const struct trace_event *asked = request_of(why, fact);
    uint64_t term = model_term_at(server, cut->index);
    if (server->role == TRACE_LEADER)
        DOUBT("P.2", "S%d leads term %" PRIu64 ": a leader never cuts its log.",
              cut->node + 1, server->term);
    else if (is(asked, "AppendEntries") &&
             doubt_match(server, asked, fact, cut->node))
        return;
    else if (is(asked, "AppendEntries") && carried(asked, cut->index) == term)
        DOUBT("AE.3",
              "The message carries the same entry %" PRIu64 " (term %" PRIu64
              "): no conflict, nothing to cut.",
              cut->index, term);
    else if (is(asked, "AppendEntries") && carried(asked, cut->index) == 0)
        DOUBT("AE.3",
              "The message has no entry %" PRIu64
              ": what it does not speak of stays.",
              cut->index);
    else if (cut->index <= server->commit_index)
        DOUBT("AE.3",
              "S%d had committed up to %" PRIu64
              ": either that commit or this cut is wrong.",
              cut->node + 1, server->commit_index);
}

// A client was told where its command would stand.
static void doubt_promised_index(const struct why *why, struct why_fact *fact)
{
    const struct trace_event *append = &why->trace->event[fact->at];
    for (size_t i = 0; i < why->n_links; i++) {
        const struct trace_event *start =
            &why->trace->event[why->link[i].cause];
        if (why->link[i].effect == fact->at && start->kind == TRACE_START &&
            start->n == append->cause && start->index != append->index)
            DOUBT("L.2",
                  "The client was told index %" PRIu64
                  ", the command stands at %" PRIu64
                  ": something came in between.",
                  start->index, append->index);
    }
}

static void doubt_append(const struct why *why,
                         const struct model_server *server,
                         struct why_fact *fact)
{
    const struct trace_event *append = &why->trace->event[fact->at];
    const struct trace_event *asked = request_of(why, fact);
    if (is(asked, "AppendEntries")) {
        doubt_match(server, asked, fact, append->node);
        return;
    }
    bool command = append->rule != NULL && strcmp(append->rule, "L.2") == 0;
    if (!command || append->n_entries == 0)
        return;
    if (server->role != TRACE_LEADER)
        DOUBT("L.2",
              "S%d took a client's command into its log as a %s of term"
              " %" PRIu64 ".",
              append->node + 1, trace_role_name(server->role), server->term);
    else if (append->entries[0].term != server->term)
        DOUBT("L.2",
              "The entry got term %" PRIu64 "; S%d leads term %" PRIu64 ".",
              append->entries[0].term, append->node + 1, server->term);
    else
        doubt_promised_index(why, fact);
}

static void doubt_apply(const struct why *why,
                        const struct model_server *server,
                        struct why_fact *fact)
{
    const struct trace_event *apply = &why->trace->event[fact->at];
    uint64_t due = server->last_applied + 1;
    if (!apply->ok && apply->index > due)
        DOUBT("ALL.1",
              "Index %" PRIu64 " was due: %" PRIu64
              " committed entries are skipped.",
              due, apply->index - due);
    else if (!apply->ok && apply->index < due)
        DOUBT("ALL.1", "It had applied up to %" PRIu64 " already.", due - 1);
    else if (apply->index > server->commit_index &&
             apply->index > server->snapshot_index)
        DOUBT("ALL.1", "S%d's commit_index is only %" PRIu64 ".",
              apply->node + 1, server->commit_index);
}

// Adds the code that was at work.
static void name_handler(const struct why *why, struct why_fact *fact)
{
    size_t answer = why_receipt(why, fact->at, TRACE_REPLY_RECV);
    size_t got =
        answer != SIZE_MAX ? answer : why_receipt(why, fact->at, TRACE_RECV);
    const char *code =
        got != SIZE_MAX
            ? paper_handler(why->trace->event[got].rpc, answer != SIZE_MAX)
            : NULL;
    if (code != NULL)
        why_put(fact->doubt, sizeof fact->doubt, " It handled %s %s (%s).",
                answer != SIZE_MAX ? "an answer to" : "a call of",
                why->trace->event[got].rpc, code);
}

static bool ends_role(const struct trace_event *event, const void *unused)
{
    (void)unused;
    return event->kind == TRACE_ROLE || event->kind == TRACE_TIMEOUT ||
           event->kind == TRACE_TERM || event->kind == TRACE_BOOT;
}

static void doubt_term(const struct why *why, const struct model_server *server,
                       struct why_fact *fact)
{
    const struct trace_event *term = &why->trace->event[fact->at];
    size_t next = why_next(why, term->node, fact->at, ends_role, NULL);
    bool ends = next != SIZE_MAX &&
                why->trace->event[next].kind == TRACE_ROLE &&
                why->trace->event[next].to_role == TRACE_FOLLOWER;
    if (term->to <= server->term)
        DOUBT("ALL.2", "S%d was in term %" PRIu64 ": terms only grow.",
              term->node + 1, server->term);
    else if (server->role != TRACE_FOLLOWER && !ends)
        DOUBT("ALL.2",
              "S%d was %s of term %" PRIu64
              " and did not become a follower: it goes on as %s of a term in"
              " which nobody elected it.",
              term->node + 1, trace_role_name(server->role), server->term,
              trace_role_name(server->role));
    if (fact->doubt[0] != '\0')
        name_handler(why, fact);
}

static void doubt_view(const struct why *why, const struct model *model,
                       struct why_fact *fact)
{
    const struct trace_event *view = &why->trace->event[fact->at];
    const struct model_server *leader = &model->server[view->node];
    const struct trace_event *asked = request_of(why, fact);
    if (view->kind == TRACE_NEXT) {
        if (view->to < 1 || view->to > model_last_index(leader) + 1)
            DOUBT("L.3", "S%d's log ends at %" PRIu64 ".", view->node + 1,
                  model_last_index(leader));
        return;
    }
    if (view->to < view->from)
        DOUBT("L.3",
              "What S%d is once known to hold it keeps: an old answer"
              " must not take it back.",
              view->peer + 1);
    else if (is(asked, "AppendEntries") &&
             view->to > why_number(asked, "prev_log_index") +
                            trace_message_entries(&asked->args, NULL, 0))
        DOUBT("L.3", "The answer vouches only for what the request held.");
    else if (view->peer >= 0 && view->peer < why->n_servers &&
             model->server[view->peer].snapshot_index < view->to &&
             model_term_at(&model->server[view->peer], view->to) !=
                 model_term_at(leader, view->to))
        DOUBT("L.3", "S%d does not hold S%d's entry %" PRIu64 ".",
              view->peer + 1, view->node + 1, view->to);
}

void why_doubt(const struct why *why, const struct model *model,
               struct why_fact *fact)
{
    const struct trace_event *event = &why->trace->event[fact->at];
    if (event->node < 0 || event->node >= why->n_servers)
        return;
    const struct model_server *server = &model->server[event->node];
    switch (event->kind) {
    case TRACE_VOTE:
        doubt_vote(why, model, fact);
        break;
    case TRACE_ROLE:
        doubt_role(why, server, fact);
        break;
    case TRACE_COMMIT:
        doubt_commit(why, model, fact);
        break;
    case TRACE_TRUNCATE:
        doubt_truncate(why, server, fact);
        break;
    case TRACE_APPEND:
        doubt_append(why, server, fact);
        break;
    case TRACE_APPLY:
        doubt_apply(why, server, fact);
        break;
    case TRACE_TERM:
        doubt_term(why, server, fact);
        break;
    case TRACE_MATCH:
    case TRACE_NEXT:
        doubt_view(why, model, fact);
        break;
    default:
        why_doubt_saved(why, server, fact);
        break;
    }
}
