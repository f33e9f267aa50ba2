// test_check_sound.c -- what correct Rafts of other designs do: no judge may
// call it wrong, and what looks like it and is wrong is still found.
#include "test.h"

#include "check_fixture.h"

enum { MS = 1000 };

// S1 leads term 1 with S2's vote, and hears S2 until ms before it steps down.
// Gives the number of the first of the two; the second is the last event.
static uint64_t alone_for(uint64_t ms)
{
    begin_story();
    uint64_t leads = elects(0, 1, 1);
    wait_us(200 * MS);
    hear(heartbeat(0, 1, 1));
    wait_us(ms * MS);
    follow(0, 1);
    return leads;
}

static void test_all2_a_leader_that_no_majority_answers(void **state)
{
    (void)state;
    alone_for(150);
    assert_sound();
    uint64_t leads = alone_for(50);
    assert_broken("stepped-down", "ALL.2", SHOWN(story_last(), leads), OF(0));
}

static void test_all2_a_leader_that_nobody_could_answer_yet(void **state)
{
    (void)state;
    uint64_t leads = elects(0, 1, 1);
    wait_us(50 * MS);
    uint64_t follows = follow(0, 1);
    assert_broken("stepped-down", "ALL.2", SHOWN(follows, leads), OF(0));
}

// S1 stands in term 1; S2, or S2 and S3, refuse it their votes.
static uint64_t refused_by(int n)
{
    begin_story();
    for (int voter = 1; voter < 3; voter++) {
        take_term(voter, 1);
        vote(voter, voter, 1);
    }
    stand(0, 1);
    for (int voter = 1; voter <= n; voter++) {
        uint64_t msg = ASK_VOTE(0, voter, .term = 1);
        receive(msg);
        ANSWER_VOTE(msg, .term = 1);
        hear(msg);
    }
    return follow(0, 1);
}

static void test_c3_a_candidate_whom_a_majority_refuses(void **state)
{
    (void)state;
    refused_by(2);
    assert_sound();
    stand(0, 2);
    wait_us(150 * MS); // it has waited for votes
    follow(0, 2);
    assert_sound();
}

// S2 hears S1, the leader of term 1, and ms later is asked by S3 for a vote of
// term 2, which it passes over.
static void passes_over(uint64_t ms)
{
    begin_story();
    elects(0, 2, 1);
    take_term(1, 1);
    heartbeat(0, 1, 1);
    wait_us(ms * MS);
    stand(2, 2);
    uint64_t msg = ASK_VOTE(2, 1, .term = 2, .candidate_id = 2);
    receive(msg);
    ANSWER_VOTE(msg, .term = 1);
}

// §6: who hears a leader need not be disturbed.
static void test_all2_a_voter_that_hears_a_leader(void **state)
{
    (void)state;
    passes_over(200);
    assert_sound();
    passes_over(1200);
    assert_broken("newer-term-ignored", "ALL.2",
                  SHOWN(story_last(), story_last() - 1, story_sent()),
                  OF(1, 2));
}

// S1 stands; its vote is durable 80 ms later; it stands again 200 ms after.
// Gives the number of the first timeout; the second is the last event.
static uint64_t stands_again(bool saves, uint64_t waited_ms)
{
    begin_story();
    stand(1, 1); // messages are told
    call_for_vote(1, 2, 1);
    wait_us(300 * MS);
    uint64_t first = time_out(0, 300 * MS);
    stand(0, 1);
    wait_us(80 * MS);
    if (saves)
        persists(0, 1, 0, 0, 0);
    wait_us(200 * MS);
    time_out(0, waited_ms * MS);
    return first;
}

static void test_f2_a_candidate_waits_from_its_saved_vote(void **state)
{
    (void)state;
    stands_again(true, 280); // since its timeout
    assert_sound();
    stands_again(true, 200); // since its vote was saved
    assert_sound();
    uint64_t first = stands_again(false, 200);
    assert_broken("timer-reset", "F.2", SHOWN(story_last(), first), OF(0));
}

// Whom the scenario has cut off is not the leader's to serve.
static void test_l1_a_peer_that_is_cut_off(void **state)
{
    (void)state;
    uint64_t leads = elects(0, 1, 1);
    hear(heartbeat(0, 1, 1));
    wait_us(600 * MS);
    hear(heartbeat(0, 1, 1));
    assert_hindered("L.1", SHOWN(leads), OF(0),
                    "is not sending heartbeats to S3");
    check_leave_out(story_check(), 1u << 2);
    assert_not_hindered();
}

// S1 takes many commands while its disk is at the first of them, and counts on
// that one only when it is saved.
static void test_l4_many_commands_during_a_save(void **state)
{
    (void)state;
    static const int many[] = {1, 15, 16, 17, 300, 20000};
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        for (uint64_t to = 1; to <= 2; to++) {
            begin_story();
            elects(0, 1, 1);
            persists(0, 1, 0, 0, 0);
            appends(0, 1, 1, "x");
            for (int n = 0; n < many[i]; n++)
                appends(0, 2 + (uint64_t)n, 1, "x");
            appends(1, 1, 1, "x");
            appends(1, 2, 1, "x");
            persists(1, 1, 0, 2, 1);
            uint64_t msg = APPEND_ENTRIES(
                0, 1, .term = 1, .entries = ENTRIES({.term = 1}, {.term = 1}));
            receive(msg);
            ANSWER_APPEND(msg, .term = 1, .success = true);
            hear(msg);
            persists(0, 1, 0, 1, 1);
            uint64_t commits = commit(0, 0, to);
            if (to == 1 || many[i] == 20000)
                assert_sound(); // of so many, what is saved is not known
            else
                assert_broken("commit-without-majority", "L.4", SHOWN(commits),
                              OF(0));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_all2_a_leader_that_no_majority_answers),
        STORY(test_all2_a_leader_that_nobody_could_answer_yet),
        STORY(test_c3_a_candidate_whom_a_majority_refuses),
        STORY(test_all2_a_voter_that_hears_a_leader),
        STORY(test_f2_a_candidate_waits_from_its_saved_vote),
        STORY(test_l1_a_peer_that_is_cut_off),
        STORY(test_l4_many_commands_during_a_save),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
