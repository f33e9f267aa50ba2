// raft_fixture.c -- see raft_fixture.h.
#include "raft_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static bool no_answer(void *context, int peer, const char *method,
                      const uint8_t *args, size_t n_args, uint8_t **reply,
                      size_t *n_reply)
{
    (void)context, (void)peer, (void)method, (void)args, (void)n_args;
    (void)reply, (void)n_reply;
    return false;
}

static bool remember(void *context, const struct raft_saved *saved)
{
    struct fixture *fixture = context;
    if (saved->n_same > fixture->n_state || saved->n_same > saved->n_state ||
        (saved->n_same > 0 &&
         memcmp(saved->state, fixture->state, saved->n_same) != 0))
        fixture->lies = true;
    if (saved->same_snapshot &&
        (saved->n_snapshot != fixture->n_snapshot ||
         (saved->n_snapshot > 0 &&
          memcmp(saved->snapshot, fixture->snapshot, saved->n_snapshot) != 0)))
        fixture->lies = true;
    fixture->n_new = saved->n_state - saved->n_same;
    fixture->same_snapshot = saved->same_snapshot;
    free(fixture->state);
    free(fixture->snapshot);
    fixture->state = must_copy(saved->state, saved->n_state);
    fixture->n_state = saved->n_state;
    fixture->snapshot = must_copy(saved->snapshot, saved->n_snapshot);
    fixture->n_snapshot = saved->n_snapshot;
    fixture->n_saves++;
    return true;
}

static void ignore(void *context, const struct raft_message *message)
{
    (void)context, (void)message;
}

void fixture_make(struct fixture *fixture, int n_peers, int me)
{
    fixture->config.n_peers = n_peers;
    fixture->config.me = me;
    fixture->config.context = fixture;
    fixture->config.call = no_answer;
    fixture->config.save = remember;
    fixture->config.apply = ignore;
    fixture->config.seed = 7;
    fixture->rf = server_new(&fixture->config);
}

void fixture_reboot(struct fixture *fixture)
{
    raft_free(fixture->rf);
    fixture->config.saved =
        (struct raft_saved){.state = fixture->state,
                            .n_state = fixture->n_state,
                            .snapshot = fixture->snapshot,
                            .n_snapshot = fixture->n_snapshot};
    fixture->rf = server_new(&fixture->config);
}

void fixture_free(struct fixture *fixture)
{
    raft_free(fixture->rf);
    free(fixture->state);
    free(fixture->snapshot);
    *fixture = (struct fixture){0};
}

void fixture_log(struct fixture *fixture, const raft_term *terms,
                 raft_term current_term)
{
    struct raft *rf = fixture->rf;
    lock(rf);
    become_follower(rf, current_term, "ALL.2", "test");
    for (; *terms > 0; terms++) {
        struct message_entry entry = {*terms, {(const uint8_t *)"x", 1}};
        append(rf, (struct message_entries){&entry, 1}, "AE.4");
    }
    unlock(rf);
}

void fixture_candidate(struct fixture *fixture)
{
    struct raft *rf = fixture->rf;
    lock(rf);
    rf->last_heard_ms -= rf->election_timeout_ms + 1;
    start_election(rf);
    unlock(rf);
}

void fixture_leader(struct fixture *fixture)
{
    struct raft *rf = fixture->rf;
    fixture_candidate(fixture);
    lock(rf);
    struct request_vote_reply yes = {rf->current_term, true};
    for (int i = 0; i < rf->config.n_peers / 2; i++)
        handle_vote_reply(rf, yes.term, &yes);
    unlock(rf);
}

struct request_vote_reply fixture_vote(struct fixture *fixture, raft_term term,
                                       uint64_t candidate_id,
                                       raft_index last_log_index,
                                       raft_term last_log_term)
{
    struct request_vote_args args = {term, candidate_id, last_log_index,
                                     last_log_term};
    lock(fixture->rf);
    struct request_vote_reply reply = handle_request_vote(fixture->rf, &args);
    unlock(fixture->rf);
    return reply;
}

struct append_entries_reply
fixture_append(struct fixture *fixture, raft_term term,
               raft_index prev_log_index, raft_term prev_log_term,
               const raft_term *terms, raft_index leader_commit)
{
    struct message_entry entry[16];
    size_t n = 0;
    for (; terms[n] > 0; n++)
        entry[n] = (struct message_entry){terms[n], {(const uint8_t *)"y", 1}};
    struct append_entries_args args = {
        term, 1, prev_log_index, prev_log_term, {entry, n}, leader_commit};
    lock(fixture->rf);
    struct append_entries_reply reply =
        handle_append_entries(fixture->rf, &args);
    unlock(fixture->rf);
    return reply;
}

void fixture_append_reply(struct fixture *fixture, int peer, raft_term term,
                          raft_index prev_log_index, size_t n,
                          struct append_entries_reply reply)
{
    struct append_entries_args args = {
        .term = term, .prev_log_index = prev_log_index, .entries = {NULL, n}};
    lock(fixture->rf);
    handle_append_reply(fixture->rf, peer, &args, &reply);
    unlock(fixture->rf);
}
