// test_check_spoken.c -- why a cluster does not go on whose Raft tells messages
// alone.
#include "test.h"

#include "check_fixture.h"

enum { MS = 1000 };

// ------------------------------------------------------ elections

static void test_f2_nobody_asks_for_votes(void **state)
{
    (void)state;
    wait_us(1490 * MS);
    assert_not_hindered();
    wait_us(10 * MS);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "has sent a RequestVote");
    ASK_VOTE(0, 1, .term = 1);
    assert_not_hindered();
}

static void test_f1_nobody_answers(void **state)
{
    (void)state;
    uint64_t msg = ASK_VOTE(0, 1, .term = 1), asks = story_sent();
    assert_not_hindered();
    receive(msg);
    assert_hindered("F.1", SHOWN(asks), NO_SERVER, "got no reply");
    ANSWER_VOTE(msg, .term = 1, .vote_granted = true);
    assert_not_hindered();
}

static void test_rv2_nobody_votes(void **state)
{
    (void)state;
    uint64_t msg = ASK_VOTE(0, 1, .term = 1), asks = story_sent();
    receive(msg);
    ANSWER_VOTE(msg, .term = 1);
    assert_hindered("RV.2", SHOWN(asks), NO_SERVER,
                    "No server grants its vote");
    msg = ASK_VOTE(0, 2, .term = 1);
    receive(msg);
    ANSWER_VOTE(msg, .term = 1, .vote_granted = true);
    assert_not_hindered();
}

// S1 gets S2's vote of term 1; gives the number of the first request.
static uint64_t is_elected(void)
{
    uint64_t msg = ASK_VOTE(0, 1, .term = 1), asks = story_sent();
    receive(msg);
    ANSWER_VOTE(msg, .term = 1, .vote_granted = true);
    hear(msg);
    return asks;
}

static void test_c2_a_majority_and_no_leader(void **state)
{
    (void)state;
    uint64_t asks = is_elected();
    wait_us(190 * MS);
    assert_not_hindered();
    wait_us(20 * MS);
    ASK_VOTE(2, 0, .term = 9); // others have run since
    assert_hindered("C.2", SHOWN(asks), OF(0), "a majority of votes");
    APPEND_ENTRIES(0, 1, .term = 9, .entries = ENTRIES({.term = 1}));
    assert_not_hindered();
}

static void test_f2_terms_without_a_leader(void **state)
{
    (void)state;
    is_elected();
    APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({.term = 1}));
    for (uint64_t term = 2; term <= 4; term++) {
        assert_not_hindered();
        ASK_VOTE(1, 2, .term = term);
    }
    assert_hindered("F.2", SHOWN(story_sent()), NO_SERVER, "up to term 4");
    APPEND_ENTRIES(1, 2, .term = 4);
    assert_not_hindered();
}

static void test_c4_a_candidate_runs_once(void **state)
{
    (void)state;
    uint64_t msg = ASK_VOTE(0, 1, .term = 1), asks = story_sent();
    receive(msg);
    ANSWER_VOTE(msg, .term = 1, .vote_granted = true); // it is lost
    wait_us(1490 * MS);
    assert_not_hindered();
    wait_us(20 * MS);
    assert_hindered("C.4", SHOWN(asks), OF(0), "no other election since");
    ASK_VOTE(0, 1, .term = 2);
    assert_not_hindered();
}

// ------------------------------------------------------ replication

static void test_l1_a_leader_falls_silent(void **state)
{
    (void)state;
    is_elected();
    APPEND_ENTRIES(0, 1, .term = 1);
    uint64_t leads = story_sent();
    APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({.term = 1}));
    wait_us(490 * MS);
    assert_not_hindered();
    wait_us(20 * MS);
    assert_hindered("L.1", SHOWN(leads), OF(0), "has sent no AppendEntries");
}

static void test_l3_no_entries(void **state)
{
    (void)state;
    is_elected();
    APPEND_ENTRIES(0, 1, .term = 1);
    uint64_t leads = story_sent();
    assert_hindered("L.3", SHOWN(leads), OF(0), "none has carried an entry");
    APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({.term = 1}));
    assert_not_hindered();
}

static void test_every_diagnosis_was_made(void **state)
{
    (void)state;
    static const char *const all[] = {"F.2 has sent a RequestVote",
                                      "F.1 got no reply",
                                      "RV.2 No server grants its vote",
                                      "C.2 a majority of votes",
                                      "F.2 up to term 4",
                                      "C.4 no other election since",
                                      "L.1 has sent no AppendEntries",
                                      "L.3 none has carried an entry",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_f2_nobody_asks_for_votes),
        STORY(test_f1_nobody_answers),
        STORY(test_rv2_nobody_votes),
        STORY(test_c2_a_majority_and_no_leader),
        STORY(test_f2_terms_without_a_leader),
        SILENT(test_c4_a_candidate_runs_once),
        STORY(test_l1_a_leader_falls_silent),
        STORY(test_l3_no_entries),
        STORY(test_every_diagnosis_was_made),
    };
    return cmocka_run_group_tests_name("check_spoken", tests, NULL, NULL) != 0;
}
