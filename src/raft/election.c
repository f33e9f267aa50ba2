// election.c -- §5.2: the election timer, RequestVote, and the three roles.
//
//              times out,               grants from
//              starts election          a majority
//   follower ------------> candidate ----------------> leader
//      ^  become_candidate     |       become_leader      |
//      +-----------------------+--------------------------+
//        become_follower: a newer term, or this term's leader
#include "server.h"

// The timer is a time that the thread looks at after short, constant sleeps:
// no timer object to cancel, and nothing to get wrong when it is reset. A
// timeout outlasts a few lost heartbeats in a row (§5.6).
enum { ELECTION_TICK_MS = 15, ELECTION_MIN_MS = 300, ELECTION_MAX_MS = 600 };

static uint64_t set_role(struct raft *rf, enum trace_role role,
                         const char *rule, const char *why) LOCKED
{
    enum trace_role from = rf->role;
    rf->role = role;
    return EMIT(rf, TRACE_ROLE, .from_role = from, .to_role = role,
                .term = rf->current_term, .rule = rule, .why = why);
}

// A new term comes with a vote to give.
static void set_term(struct raft *rf, raft_term term, const char *rule,
                     const char *why) LOCKED
{
    EMIT(rf, TRACE_TERM, .from = rf->current_term, .to = term, .rule = rule,
         .why = why);
    rf->current_term = term;
    rf->voted_for = rf->leader = NOBODY;
    rf->changed++;
}

static void vote_for(struct raft *rf, int candidate, const char *rule) LOCKED
{
    EMIT(rf, TRACE_VOTE, .term = rf->current_term, .voted_for = candidate,
         .rule = rule);
    rf->voted_for = candidate;
    rf->changed++;
}

// Within a term the vote stays as it is: only a newer term frees it. The
// timer of a leader has stood still; it begins anew.
void become_follower(struct raft *rf, raft_term term, const char *rule,
                     const char *why)
{
    if (rf->role == TRACE_LEADER)
        reset_timer(rf);
    if (term > rf->current_term)
        set_term(rf, term, rule, why);
    if (rf->role != TRACE_FOLLOWER)
        set_role(rf, TRACE_FOLLOWER, rule, why);
}

// [C.1] On conversion to candidate: a new term, the own vote, a fresh timer.
// Its requests are the caller's to send, once all of this is durable.
static void become_candidate(struct raft *rf) LOCKED
{
    set_term(rf, rf->current_term + 1, "C.1", "election timeout");
    vote_for(rf, rf->config.me, "C.1");
    because(rf, set_role(rf, TRACE_CANDIDATE, "C.1", "election timeout"));
    rf->n_votes = 1;
    reset_timer(rf);
}

// [C.2] Votes from a majority make a leader, who knows nothing of the others'
// logs yet: match_index starts at 0, also where an earlier leadership left
// something, and next_index just behind the own log.
static void become_leader(struct raft *rf) LOCKED
{
    raft_index last = log_last_index(&rf->log);
    because(rf, set_role(rf, TRACE_LEADER, "C.2", "majority of votes"));
    for (int peer = 0; peer < rf->config.n_peers; peer++) {
        rf->peers[peer] = (struct peer){.n_calls = rf->peers[peer].n_calls,
                                        .patience_ms = PATIENCE_MS};
        set_next(rf, peer, last + 1);
    }
    match_advance(rf, rf->config.me, last); // durable since the own vote was
    replicate(rf, true);                    // [L.1]
}

// [ALL.2] Whoever sees a newer term, in a request or a reply, follows it.
void follow_term(struct raft *rf, raft_term term)
{
    if (term > rf->current_term)
        become_follower(rf, term, "ALL.2", "newer term");
}

// A timeout drawn anew each time keeps split votes rare (§5.2).
void reset_timer(struct raft *rf)
{
    rf->random = rf->random * 6364136223846793005u + 1442695040888963407u;
    rf->election_timeout_ms =
        ELECTION_MIN_MS +
        (rf->random >> 33) % (ELECTION_MAX_MS - ELECTION_MIN_MS + 1);
    if (rf->config.election_ms > 0)
        rf->election_timeout_ms =
            rf->election_timeout_ms * rf->config.election_ms / ELECTION_MIN_MS;
    rf->last_heard_ms = now_ms();
}

static void request_vote_thread(void *self, struct errand errand)
{
    struct raft *rf = self;
    struct request_vote_reply reply;
    lock(rf);
    struct request_vote_args args = {.term = errand.term,
                                     .candidate_id = (uint64_t)rf->config.me,
                                     .last_log_index = log_last_index(&rf->log),
                                     .last_log_term = log_last_term(&rf->log)};
    bool runs = still(rf, TRACE_CANDIDATE, errand.term);
    unlock(rf);
    bool answered =
        runs &&
        stub_call(rf->config.call, rf->config.context, errand.peer,
                  stub_request(&raft_rpcs[RPC_REQUEST_VOTE], &args), &reply);
    lock(rf);
    rf->peers[errand.peer].n_calls--;
    if (answered)
        handle_vote_reply(rf, errand.term, &reply);
    unlock(rf);
}

// Counts a vote for the election of this term, and only for that one.
void handle_vote_reply(struct raft *rf, raft_term term,
                       const struct request_vote_reply *reply)
{
    follow_term(rf, reply->term);
    if (!still(rf, TRACE_CANDIDATE, term) || !reply->vote_granted)
        return;
    rf->n_votes++;
    if (majority(rf, rf->n_votes))
        become_leader(rf);
}

// [F.2] [C.4] Nothing heard for a whole timeout: stand for election. Returns
// the new term, or 0 when there is no need.
raft_term start_election(struct raft *rf)
{
    uint64_t waited_ms = now_ms() - rf->last_heard_ms;
    if (rf->killed || rf->role == TRACE_LEADER ||
        waited_ms < rf->election_timeout_ms)
        return 0;
    const char *rule = rf->role == TRACE_CANDIDATE ? "C.4" : "F.2";
    because(rf, EMIT(rf, TRACE_TIMEOUT, .term = rf->current_term,
                     .waited_us = waited_ms * 1000, .rule = rule));
    become_candidate(rf);
    return rf->current_term;
}

// [C.1] Asks each in a thread of its own; a cluster of one has nobody to ask.
static void request_votes(struct raft *rf) LOCKED
{
    for (int peer = 0; peer < rf->config.n_peers; peer++) {
        struct errand errand = {.peer = peer, .term = rf->current_term};
        if (peer == rf->config.me || rf->peers[peer].n_calls == MAX_CALLS)
            continue;
        rf->peers[peer].n_calls++;
        crew_send(&rf->crew, "request vote", request_vote_thread, rf, errand);
    }
    if (majority(rf, rf->n_votes))
        become_leader(rf);
}

void election_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    for (bool alive = true; alive;) {
        sleep_ms(ELECTION_TICK_MS);
        because(rf, 0);
        lock(rf);
        raft_term term = start_election(rf);
        alive = !rf->killed;
        unlock(rf);
        // The own vote must be durable before anybody is asked for another.
        if (term == 0 || !persist(rf))
            continue;
        lock(rf);
        if (still(rf, TRACE_CANDIDATE, term))
            request_votes(rf);
        unlock(rf);
    }
}

// §5.4.1: is the candidate's log at least as up-to-date as ours? The later
// last term wins; with equal terms, the longer log.
static bool up_to_date(const struct raft *rf,
                       const struct request_vote_args *args) LOCKED
{
    raft_term last_log_term = log_last_term(&rf->log);
    if (args->last_log_term != last_log_term)
        return args->last_log_term > last_log_term;
    return args->last_log_index >= log_last_index(&rf->log);
}

struct request_vote_reply
handle_request_vote(struct raft *rf, const struct request_vote_args *args)
{
    int candidate = (int)args->candidate_id;
    follow_term(rf, args->term);
    struct request_vote_reply reply = {.term = rf->current_term};
    // [RV.1] A candidate of an old term gets a no, and our term.
    if (args->term < rf->current_term)
        return refuse(rf, "RV.1", "old term"), reply;
    // [RV.2] One vote a term, and none to a log that lacks what ours has. The
    // same candidate may ask again: our answer may have been lost.
    if (rf->voted_for != NOBODY && rf->voted_for != candidate)
        return refuse(rf, "RV.2", "has voted"), reply;
    if (!up_to_date(rf, args))
        return refuse(rf, "RV.2", "older log"), reply;
    if (rf->voted_for == NOBODY)
        vote_for(rf, candidate, "RV.2");
    reset_timer(rf);
    reply.vote_granted = true;
    return reply;
}
