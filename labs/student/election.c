// election.c -- §5.2: the election timer, RequestVote, and the three roles.
//
//              times out,               grants from
//              starts election          a majority
//   follower ------------> candidate ----------------> leader
//      ^  become_candidate     |       become_leader      |
//      +-----------------------+--------------------------+
//        become_follower: a newer term, or this term's leader
#include "server.h"

// The advice: the timer is a time that election_thread looks at after short,
// constant sleeps.
// Your code here (lab 1): the bounds of your election timeouts. They outlast a
// few lost heartbeats in a row (replication.c sends one each HEARTBEAT_MS), and
// a cluster that lost its leader has another within five seconds (§5.2,
// §5.6).
enum { ELECTION_TICK_MS = 15 };

uint64_t set_role(struct raft *rf, enum trace_role role, const char *rule,
                  const char *why) LOCKED
{
    enum trace_role from = rf->role;
    rf->role = role;
    return EMIT(rf, TRACE_ROLE, .from_role = from, .to_role = role,
                .term = rf->current_term, .rule = rule, .why = why);
}

// A new term comes with a vote to give.
void set_term(struct raft *rf, raft_term term, const char *rule,
              const char *why) LOCKED
{
    EMIT(rf, TRACE_TERM, .from = rf->current_term, .to = term, .rule = rule,
         .why = why);
    rf->current_term = term;
    rf->voted_for = rf->leader = NOBODY;
    rf->changed++;
}

void vote_for(struct raft *rf, int candidate, const char *rule) LOCKED
{
    EMIT(rf, TRACE_VOTE, .term = rf->current_term, .voted_for = candidate,
         .rule = rule);
    rf->voted_for = candidate;
    rf->changed++;
}

// To follower, in this term or a newer one. rule and why are for the trace:
// "ALL.2", "newer term", or "C.3", "leader of this term".
void become_follower(struct raft *rf, raft_term term, const char *rule,
                     const char *why)
{
    // Your code here (lab 1): [ALL.2] [C.3], §5.2. set_term() and set_role()
    // are ready above; which of them is due when?
    (void)rf, (void)term, (void)rule, (void)why;
}

// [C.1] To candidate. Who calls it sends the requests.
void become_candidate(struct raft *rf) LOCKED
{
    // Your code here (lab 1): [C.1], §5.2. Three of its four steps. The
    // term first: set_role() tells the trace in which term the role is taken.
    (void)rf;
}

// [C.2] To leader, with what Figure 2 says of a leader's state at the start.
void become_leader(struct raft *rf) LOCKED
{
    // Your code here (lab 1): [C.2] [L.1], §5.2. replicate() sends the first
    // heartbeats. Lab 2: next_index and match_index of each peer.
    (void)rf;
}

// Looks at the term of a request or a reply before anything else does.
void follow_term(struct raft *rf, raft_term term)
{
    // Your code here (lab 1): [ALL.2], §5.1.
    (void)rf, (void)term;
}

// The time of waiting begins again.
void reset_timer(struct raft *rf)
{
    // Your code here (lab 1): [F.2] [C.1], §5.2. last_heard_ms (see now_ms())
    // and election_timeout_ms. rf->random begins as this server's own seed:
    // draw from it, and a run with the same seed is the same run.
    (void)rf;
}

// One request to one peer, errand.peer, for the election of errand.term, in a
// thread of its own, since the call blocks until the outcome.
void request_vote_thread(void *self, struct errand errand)
{
    // Your code here (lab 1): [C.1], §5.2. Fill in the arguments under the
    // lock, call without it, take it again for the reply. What may have
    // happened meanwhile? A call of a peer, and its encoding:
    //     struct request_vote_args args = {.term = errand.term, ...};
    //     struct request_vote_reply reply;
    //     if (stub_call(rf->config.call, rf->config.context, errand.peer,
    //                   stub_request(&raft_rpcs[RPC_REQUEST_VOTE], &args),
    //                   &reply))
    //         ... an answer has come ...
    (void)self, (void)errand;
}

// A reply to the request of an election of that term.
void handle_vote_reply(struct raft *rf, raft_term term,
                       const struct request_vote_reply *reply)
{
    // Your code here (lab 1): [ALL.2] [C.2], §5.2. Does the vote count still?
    (void)rf, (void)term, (void)reply;
}

// Stands for election when it is time to. Returns the new term, or 0 when
// there is no need.
raft_term start_election(struct raft *rf)
{
    // Your code here (lab 1): [F.2] [C.4], §5.2. To trace it:
    //     because(rf, EMIT(rf, TRACE_TIMEOUT, .term = rf->current_term,
    //                      .waited_us = waited_ms * 1000, .rule = "F.2"));
    (void)rf;
    return 0;
}

// Asks all others at once.
void request_votes(struct raft *rf) LOCKED
{
    // Your code here (lab 1): [C.1], §5.2. A thread for each peer:
    //     struct errand errand = {.peer = peer, .term = rf->current_term};
    //     crew_send(&rf->crew, "request vote", request_vote_thread, rf,
    //               errand);
    // And a cluster of one, whom does it ask?
    (void)rf;
}

// Looks at the timer, for as long as the server lives.
void election_thread(void *self, struct errand unused)
{
    struct raft *rf = self;
    (void)unused;
    for (bool alive = true; alive;) {
        sleep_ms(ELECTION_TICK_MS);
        because(rf, 0);
        lock(rf);
        // Your code here (lab 1): [F.2] [C.1] [C.4], §5.2. start_election(),
        // then request_votes().
        // Lab 3: the new term and the own vote are durable before anybody is
        // asked for another; see persist(), which takes the lock itself.
        alive = !rf->killed;
        unlock(rf);
    }
}

// A candidate asks for our vote.
struct request_vote_reply
handle_request_vote(struct raft *rf, const struct request_vote_args *args)
{
    struct request_vote_reply reply = {0};
    // Your code here (lab 1): [ALL.2] [RV.1] [RV.2], §5.2. The reply as it is
    // says no; it needs our term, and reply.vote_granted = true for a yes.
    // vote_for() is ready above.
    // To trace a no: refuse(rf, "RV.1", "old term").
    // Lab 2: [RV.2] no vote for a log that is less up-to-date, §5.4.1.
    (void)rf, (void)args;
    return reply;
}
