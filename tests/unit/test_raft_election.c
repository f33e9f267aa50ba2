// test_raft_election.c -- §5.2 and §5.4.1, a test per rule.
#include "test.h"

#include <stdlib.h>

#include "raft_fixture.h"

static const raft_term no_terms[] = {0};

static void test_rv1_refuses_a_candidate_of_an_old_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, no_terms, 5);
    struct request_vote_reply reply = fixture_vote(&f, 4, 1, 9, 4);
    assert_false(reply.vote_granted);
    assert_int_equal(reply.term, 5);
    assert_int_equal(f.rf->voted_for, NOBODY);
    fixture_free(&f);
}

static void test_rv2_gives_one_vote_a_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_true(fixture_vote(&f, 1, 1, 0, 0).vote_granted);
    assert_false(fixture_vote(&f, 1, 2, 0, 0).vote_granted);
    // Its answer may have been lost: the same candidate may ask again.
    assert_true(fixture_vote(&f, 1, 1, 0, 0).vote_granted);
    assert_true(fixture_vote(&f, 2, 2, 0, 0).vote_granted);
    fixture_free(&f);
}

static void test_rv2_remembers_its_vote_across_a_crash(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_true(fixture_vote(&f, 1, 1, 0, 0).vote_granted);
    assert_true(persist(f.rf));
    fixture_reboot(&f);
    assert_int_equal(f.rf->current_term, 1);
    assert_false(fixture_vote(&f, 1, 2, 0, 0).vote_granted);
    fixture_free(&f);
}

static void test_rv2_votes_only_for_an_up_to_date_log(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (raft_term[]){1, 1, 3, 0}, 3);
    assert_false(fixture_vote(&f, 4, 1, 9, 2).vote_granted); // older term
    assert_false(fixture_vote(&f, 5, 1, 2, 3).vote_granted); // shorter
    assert_true(fixture_vote(&f, 6, 1, 3, 3).vote_granted);  // the same
    assert_true(fixture_vote(&f, 7, 1, 1, 4).vote_granted);  // newer term
    fixture_free(&f);
}

static void test_rv2_a_refusal_leaves_the_timer_alone(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (raft_term[]){1, 0}, 1);
    f.rf->last_heard_ms = 1;
    assert_false(fixture_vote(&f, 2, 1, 0, 0).vote_granted);
    assert_int_equal(f.rf->last_heard_ms, 1);
    assert_true(fixture_vote(&f, 2, 1, 1, 1).vote_granted);
    assert_int_not_equal(f.rf->last_heard_ms, 1);
    fixture_free(&f);
}

static void test_all2_follows_a_newer_term_in_a_request(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_leader(&f);
    assert_int_equal(f.rf->role, TRACE_LEADER);
    fixture_vote(&f, 9, 1, 0, 0);
    assert_int_equal(f.rf->role, TRACE_FOLLOWER);
    assert_int_equal(f.rf->current_term, 9);
    fixture_free(&f);
}

static void test_all2_follows_a_newer_term_in_a_reply(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_candidate(&f);
    lock(f.rf);
    struct request_vote_reply no = {9, false};
    handle_vote_reply(f.rf, 1, &no);
    unlock(f.rf);
    assert_int_equal(f.rf->role, TRACE_FOLLOWER);
    assert_int_equal(f.rf->current_term, 9);
    assert_int_equal(f.rf->voted_for, NOBODY);
    fixture_free(&f);
}

static void test_f2_starts_an_election_only_after_the_timeout(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 2);
    lock(f.rf);
    assert_int_equal(start_election(f.rf), 0);
    f.rf->last_heard_ms -= f.rf->election_timeout_ms;
    assert_int_equal(start_election(f.rf), 1);
    unlock(f.rf);
    assert_int_equal(f.rf->role, TRACE_CANDIDATE);
    fixture_free(&f);
}

// Draws 200 election timeouts; they lie in all of shortest to longest.
static void draws_between(uint64_t election_ms, uint64_t shortest,
                          uint64_t longest)
{
    struct fixture f = {.config.election_ms = election_ms};
    fixture_make(&f, 3, 0);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < 200; i++) {
        reset_timer(f.rf);
        uint64_t drawn = f.rf->election_timeout_ms;
        least = drawn < least ? drawn : least;
        most = drawn > most ? drawn : most;
    }
    uint64_t tenth = (longest - shortest) / 10;
    assert_in_range(least, shortest, shortest + tenth);
    assert_in_range(most, longest - tenth, longest);
    fixture_free(&f);
}

static void test_f2_timeouts_are_drawn_as_configured(void **unused)
{
    (void)unused;
    draws_between(0, 300, 600);
    draws_between(40, 40, 80);
    draws_between(3000, 3000, 6000);
}

static void test_c1_candidate_takes_a_new_term_and_its_own_vote(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 2);
    fixture_log(&f, no_terms, 4);
    uint64_t random = f.rf->random;
    fixture_candidate(&f);
    assert_int_equal(f.rf->current_term, 5);
    assert_int_equal(f.rf->voted_for, 2);
    assert_int_equal(f.rf->n_votes, 1);
    assert_int_not_equal(f.rf->random, random); // a fresh timeout was drawn
    fixture_free(&f);
}

static void test_c2_a_majority_makes_the_leader(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 5, 0);
    fixture_log(&f, (raft_term[]){1, 1, 0}, 1);
    fixture_candidate(&f);
    struct request_vote_reply yes = {2, true}, no = {2, false};
    lock(f.rf);
    handle_vote_reply(f.rf, 2, &yes);
    handle_vote_reply(f.rf, 2, &no);
    assert_int_equal(f.rf->role, TRACE_CANDIDATE);
    handle_vote_reply(f.rf, 2, &yes);
    unlock(f.rf);
    assert_int_equal(f.rf->role, TRACE_LEADER);
    assert_int_equal(f.rf->peers[1].next_index, 3);
    assert_int_equal(f.rf->peers[1].match_index, 0);
    fixture_free(&f);
}

static void test_c2_votes_of_an_older_election_do_not_count(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_candidate(&f);
    fixture_candidate(&f);
    struct request_vote_reply late = {1, true};
    lock(f.rf);
    handle_vote_reply(f.rf, 1, &late);
    unlock(f.rf);
    assert_int_equal(f.rf->role, TRACE_CANDIDATE);
    fixture_free(&f);
}

static void test_c3_candidate_follows_this_terms_leader(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_candidate(&f);
    assert_true(fixture_append(&f, 1, 0, 0, no_terms, 0).success);
    assert_int_equal(f.rf->role, TRACE_FOLLOWER);
    // The vote of this term stays given.
    assert_int_equal(f.rf->voted_for, 0);
    fixture_free(&f);
}

static void test_c3_hints_tell_the_leader_of_this_term(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    assert_int_equal(raft_leader(f.rf), NOBODY);
    fixture_append(&f, 2, 0, 0, no_terms, 0);
    assert_in_range(raft_leader(f.rf), 1, 2);
    f.rf->leader = 3 - f.rf->leader;
    int other = raft_leader(f.rf);
    fixture_append(&f, 1, 0, 0, no_terms, 0); // of an old term
    assert_int_equal(raft_leader(f.rf), other);
    fixture_vote(&f, 3, 1, 9, 9); // a newer term, and nobody leads it yet
    assert_int_equal(raft_leader(f.rf), NOBODY);
    f.rf->leader = 1;
    fixture_candidate(&f);
    assert_int_equal(raft_leader(f.rf), NOBODY);
    lock(f.rf);
    handle_vote_reply(f.rf, f.rf->current_term,
                      &(struct request_vote_reply){f.rf->current_term, true});
    unlock(f.rf);
    assert_int_equal(raft_leader(f.rf), 0);
    fixture_free(&f);
}

static void test_c4_candidate_stands_again_after_its_timeout(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_candidate(&f);
    fixture_candidate(&f);
    assert_int_equal(f.rf->current_term, 2);
    assert_int_equal(f.rf->n_votes, 1);
    fixture_free(&f);
}

static void test_l1_a_leader_does_not_time_out(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_leader(&f);
    fixture_candidate(&f);
    assert_int_equal(f.rf->role, TRACE_LEADER);
    assert_int_equal(f.rf->current_term, 1);
    assert_int_not_equal(f.rf->n_errands, 0); // it sent heartbeats
    fixture_free(&f);
}

// What it heard before its reign is no reason to stand again at once.
static void test_f2_a_deposed_leader_waits_a_whole_timeout(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (raft_term[]){1, 0}, 1);
    fixture_leader(&f);
    lock(f.rf);
    f.rf->last_heard_ms -= 2000;
    unlock(f.rf);
    uint64_t begin_ms = now_ms();
    assert_false(fixture_vote(&f, 5, 1, 0, 0).vote_granted); // an older log
    assert_int_equal(f.rf->role, TRACE_FOLLOWER);
    assert_true(f.rf->last_heard_ms >= begin_ms);
    lock(f.rf);
    assert_int_equal(start_election(f.rf), 0);
    unlock(f.rf);
    fixture_free(&f);
}

// One who never led has a timer that goes on.
static void test_f2_a_newer_term_leaves_a_follower_waiting(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (raft_term[]){1, 0}, 1);
    uint64_t heard_ms = f.rf->last_heard_ms -= 100;
    assert_false(fixture_vote(&f, 2, 1, 0, 0).vote_granted); // an older log
    assert_int_equal(f.rf->current_term, 2);
    assert_int_equal(f.rf->last_heard_ms, heard_ms);
    fixture_free(&f);
}

static void test_f1_answers_requests_and_nothing_else(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    struct request_vote_args args = {1, 1, 0, 0};
    size_t n, n_reply;
    uint8_t *bytes = message_encode(&request_vote_args_type, &args, &n);
    uint8_t *reply;
    struct request_vote_reply answer;
    assert_true(raft_handle(f.rf, "RequestVote", bytes, n, &reply, &n_reply));
    assert_true(
        message_decode(&request_vote_reply_type, reply, n_reply, &answer));
    assert_true(answer.vote_granted);
    assert_int_equal(f.n_saves, 1); // before the promise left
    free(reply);
    assert_false(raft_handle(f.rf, "Vote", bytes, n, &reply, &n_reply));
    assert_false(
        raft_handle(f.rf, "RequestVote", bytes, n - 1, &reply, &n_reply));
    raft_kill(f.rf);
    assert_false(raft_handle(f.rf, "RequestVote", bytes, n, &reply, &n_reply));
    free(bytes);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rv1_refuses_a_candidate_of_an_old_term),
        cmocka_unit_test(test_rv2_gives_one_vote_a_term),
        cmocka_unit_test(test_rv2_remembers_its_vote_across_a_crash),
        cmocka_unit_test(test_rv2_votes_only_for_an_up_to_date_log),
        cmocka_unit_test(test_rv2_a_refusal_leaves_the_timer_alone),
        cmocka_unit_test(test_all2_follows_a_newer_term_in_a_request),
        cmocka_unit_test(test_all2_follows_a_newer_term_in_a_reply),
        cmocka_unit_test(test_f1_answers_requests_and_nothing_else),
        cmocka_unit_test(test_f2_starts_an_election_only_after_the_timeout),
        cmocka_unit_test(test_f2_timeouts_are_drawn_as_configured),
        cmocka_unit_test(test_c1_candidate_takes_a_new_term_and_its_own_vote),
        cmocka_unit_test(test_c2_a_majority_makes_the_leader),
        cmocka_unit_test(test_c2_votes_of_an_older_election_do_not_count),
        cmocka_unit_test(test_c3_candidate_follows_this_terms_leader),
        cmocka_unit_test(test_c3_hints_tell_the_leader_of_this_term),
        cmocka_unit_test(test_c4_candidate_stands_again_after_its_timeout),
        cmocka_unit_test(test_l1_a_leader_does_not_time_out),
        cmocka_unit_test(test_f2_a_deposed_leader_waits_a_whole_timeout),
        cmocka_unit_test(test_f2_a_newer_term_leaves_a_follower_waiting),
    };
    return cmocka_run_group_tests_name("raft election", tests, NULL, NULL) != 0;
}
