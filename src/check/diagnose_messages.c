// diagnose_messages.c -- why a cluster does not go on, by what its messages
// say.
//
// A Raft that tells no roles is followed by its messages alone: who asked for
// votes, who was given them, who speaks as the leader. Like liveness.c, nothing
// here makes a run fail, save a term that a crash has taken away.
#include <inttypes.h>

#include "silent.h"

// After a restart: no message of the life before.
enum { LATE_US = 50000 };

// Does it hear too few servers to be elected, as the scenario wants it?
static bool is_cut_off(const struct check *check, int node)
{
    const struct model *model = &check->model;
    int n = 0;
    for (int i = 0; i < model->n_servers; i++)
        n += i == node || (model->server[i].connected &&
                           model->server[i].group == model->server[node].group);
    return !model->server[node].connected || n < check_majority(check);
}

// A request leaves. A newer term, or another leader of it, begins anew.
static void sent(struct check *check, const struct trace_event *event,
                 const struct facts *args)
{
    struct spoken *spoken = &check->spoken;
    if (args->rpc == FACTS_VOTE) {
        spoken->n_asked++;
        if (args->term <= spoken->asked_term || is_cut_off(check, event->node))
            return;
        spoken->asked_term = args->term;
        spoken->candidate = event->node;
        spoken->voters = 1ull << (event->node % 64);
        spoken->asked_n = event->n;
        spoken->asked_us = event->us;
        return;
    }
    if (args->rpc != FACTS_APPEND || args->term < spoken->led_term)
        return;
    if (args->term > spoken->led_term) {
        spoken->led_term = args->term;
        spoken->leader = event->node;
        spoken->led_n = event->n;
        spoken->leader_commit = 0;
    }
    spoken->sent_us = event->us;
    if (args->leader_commit > spoken->leader_commit)
        spoken->leader_commit = args->leader_commit;
}

// A reply arrives.
static void heard(struct check *check, const struct trace_event *event)
{
    struct spoken *spoken = &check->spoken;
    const struct flight *flight = check_flight(check, event->msg);
    const struct facts_reply *reply = check_reply(flight, event);
    if (reply == NULL || !reply->yes || flight->to < 0)
        return;
    const struct facts *args = &flight->args;
    if (args->rpc == FACTS_VOTE && args->term == spoken->asked_term &&
        event->node == spoken->candidate) {
        spoken->voters |= 1ull << (flight->to % 64);
        int n = __builtin_popcountll(spoken->voters);
        if (n == check_majority(check) && spoken->won_term < args->term) {
            spoken->won_term = args->term;
            spoken->winner = event->node;
            spoken->won_n = spoken->asked_n;
            spoken->won_us = event->us;
        }
    }
}

bool check_keeps_term(struct check *check, const struct trace_event *event,
                      uint64_t term)
{
    const struct judged *server = &check->server[event->node];
    if (term >= server->promised_term ||
        (check->without >> TRACE_PERSIST & 1) != 0)
        return true;
    return check_broken(
        check, event, FINDING_RESTARTED_WITHOUT_TERM, "ALL.2", TRACE_NONE,
        server->promised_n,
        "S%d crashed after it had sent a message of term %" PRIu64
        ", but after its restart it is in term %" PRIu64
        ": current_term, voted_for and the log must survive a crash.",
        event->node + 1, server->promised_term, term);
}

// The newest term in a message of the server's own. What one of its threads
// had on its way in the crash leaves without a delay.
static void spoke(struct check *check, const struct trace_event *event,
                  uint64_t term)
{
    struct judged *server = &check->server[event->node];
    if (term > server->spoken_term) {
        server->spoken_term = term;
        server->spoken_n = event->n;
    }
    if (server->pause_us == 0 && event->us >= server->restart_us + LATE_US &&
        check->n_of_kind[TRACE_PERSIST] == 0)
        (void)check_keeps_term(check, event, term);
}

static bool runs_in(const struct check *check, int node, uint64_t term)
{
    const struct silent_server *server = &check->silent->server[node];
    return term > 0 && server->run[term % SILENT_RUNS].term == term;
}

static void listen(struct check *check, const struct trace_event *event,
                   const struct flight *flight)
{
    struct spoken *spoken = &check->spoken;
    const struct facts_reply *reply = check_reply(flight, event);
    bool votes = flight->args.rpc == FACTS_VOTE;
    switch (event->kind) {
    case TRACE_SEND:
        sent(check, event, &flight->args);
        spoke(check, event, flight->args.term);
        break;
    case TRACE_RECV:
        spoken->n_received += votes;
        break;
    case TRACE_REPLY:
        spoken->n_answered += votes;
        spoken->n_granted += votes && reply != NULL && reply->yes;
        spoken->n_rivals +=
            votes && runs_in(check, event->node, flight->args.term);
        if (reply != NULL && reply->whole)
            spoke(check, event, reply->term);
        break;
    case TRACE_REPLY_RECV:
        heard(check, event);
        break;
    default:
        break;
    }
}

void check_listen(struct check *check, const struct trace_event *event)
{
    struct judged *server = &check->server[event->node];
    const struct flight *flight = check_flight(check, event->msg);
    if (event->kind == TRACE_CRASH) {
        server->promised_term = server->spoken_term;
        server->promised_n = server->spoken_n;
    } else if (event->kind == TRACE_RESTART)
        server->restart_us = event->us;
    else if (flight != NULL && flight->args.whole)
        listen(check, event, flight);
}

bool check_nobody_asks(struct check *check, uint64_t us)
{
    if (check->spoken.n_asked > 0 || check->model.n_servers == 1 ||
        us < ELECTION_US || check->n_of_kind[TRACE_ROLE] > 0)
        return false;
    return check_lies(check, "F.2", TRACE_NONE, 0,
                      "No server has sent a RequestVote: either no election"
                      " timer has fired, or servers do not ask for votes when"
                      " it does.");
}

// [C.4] A candidate is due again after one timeout, whatever the others do.
static bool stands_no_more(struct check *check, uint64_t us)
{
    if (check->silent->speaks)
        return false; // followed no further since somebody told something
    for (int i = 0; i < check->model.n_servers; i++) {
        const struct silent_server *server = &check->silent->server[i];
        uint64_t since_us = server->ran_us;
        const uint64_t others[] = {server->reset_us, server->leader_us,
                                   server->life_us, server->led_us};
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            since_us = others[k] > since_us ? others[k] : since_us;
        if (since_us > server->ran_us || server->ran_us == 0 ||
            us < since_us + ELECTION_US ||
            us < server->still_us + ELECTION_US || server->own_clock ||
            !check_takes_part(check, i) || is_cut_off(check, i))
            continue;
        return check_lies(check, "C.4", i, server->ran_n,
                          "S%d asked for votes in term %" PRIu64
                          " at %.3f s, and has begun no other election since.",
                          i + 1, server->ran_term,
                          check_seconds(server->ran_us));
    }
    return false;
}

// Votes are asked for, and nobody speaks as the leader of a term so new.
static bool election_fails(struct check *check, uint64_t us)
{
    const struct spoken *spoken = &check->spoken;
    if (spoken->n_received > 0 && spoken->n_answered == 0)
        return check_lies(check, "F.1", TRACE_NONE, spoken->asked_n,
                          "%" PRIu64 " RequestVote%s arrived but got no reply.",
                          spoken->n_received,
                          spoken->n_received == 1 ? "" : "s");
    if (spoken->n_answered > 0 && spoken->n_granted == 0 &&
        2 * spoken->n_rivals > spoken->n_answered)
        return check_lies(check, "F.2", TRACE_NONE, spoken->asked_n,
                          "All %" PRIu64
                          " RequestVote replies refused the vote, mostly from"
                          " servers that were candidates in the same term."
                          " Choose a new random timeout, from a wide range,"
                          " for every election.",
                          spoken->n_answered);
    if (spoken->n_answered > 0 && spoken->n_granted == 0)
        return check_lies(check, "RV.2", TRACE_NONE, spoken->asked_n,
                          "No server grants its vote: %s%" PRIu64
                          " RequestVote repl%s refused it.",
                          spoken->n_answered == 1 ? "the " : "all ",
                          spoken->n_answered,
                          spoken->n_answered == 1 ? "y" : "ies");
    bool many = spoken->asked_term - spoken->led_term >= FEW_ELECTIONS;
    if (spoken->won_term > spoken->led_term &&
        (many || us - spoken->won_us > SOON_US))
        return check_lies(check, "C.2", spoken->winner, spoken->won_n,
                          "S%d knew of a majority of votes for it in term"
                          " %" PRIu64
                          " at %.3f s, but no AppendEntries of that term has"
                          " been sent: it does not lead, or sends no"
                          " heartbeats.",
                          spoken->winner + 1, spoken->won_term,
                          check_seconds(spoken->won_us));
    if (stands_no_more(check, us))
        return true;
    if (!many)
        return false;
    return check_lies(check, "F.2", TRACE_NONE, spoken->asked_n,
                      "Servers requested votes up to term %" PRIu64
                      ", but the last term with a leader is %" PRIu64
                      ". Choose a new random timeout, from a wide range, for"
                      " every election.",
                      spoken->asked_term, spoken->led_term);
}

bool check_by_messages(struct check *check, uint64_t us, bool commands)
{
    const struct spoken *spoken = &check->spoken;
    if (check->n_of_kind[TRACE_ROLE] > 0 || spoken->n_asked == 0)
        return false;
    if (spoken->asked_term > spoken->led_term)
        return election_fails(check, us) || check_silent_unloaded(check, us);
    if (!check_takes_part(check, spoken->leader) && stands_no_more(check, us))
        return true;
    if (us - spoken->sent_us > BEATS_US)
        return check_lies(check, "L.1", spoken->leader, spoken->led_n,
                          "S%d, the leader of term %" PRIu64
                          " by its messages, has sent no AppendEntries since"
                          " %.3f s.",
                          spoken->leader + 1, spoken->led_term,
                          check_seconds(spoken->sent_us));
    if (commands && !check->entries_sent)
        return check_lies(check, "L.3", spoken->leader, spoken->led_n,
                          "S%d, the leader of term %" PRIu64
                          " by its messages, sends AppendEntries, but none"
                          " has carried an entry yet.",
                          spoken->leader + 1, spoken->led_term);
    return check_silent_stuck(check, us);
}
