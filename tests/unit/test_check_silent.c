// test_check_silent.c -- votes, terms and elections of Rafts that tell nothing
// of themselves.
#include "test.h"

#include <string.h>

#include "silent_fixture.h"

enum { MS = 1000 };

// The leader's entries behind index reach the follower, and it says yes; gives
// the number of its answer.
static uint64_t stores(int leader, int follower, uint64_t term, uint64_t index,
                       uint64_t index_term, uint64_t entry_term)
{
    uint64_t msg = APPEND_ENTRIES(
        leader, follower, .term = term, .prev_log_index = index,
        .prev_log_term = index_term, .entries = ENTRIES({.term = entry_term}));
    receive(msg);
    uint64_t n = ANSWER_APPEND(msg, .term = term, .success = true);
    hear(msg);
    return n;
}

// ------------------------------------------------------ votes

static void test_rv2_one_vote_a_term(void **state)
{
    (void)state;
    uint64_t first = silent_asks(0, 1, 1, 0, 0, true);
    silent_asks(0, 1, 1, 0, 0, true);
    silent_asks(2, 1, 2, 0, 0, true);
    assert_sound();
    begin_silent_story();
    first = silent_asks(0, 1, 1, 0, 0, true);
    uint64_t second = silent_asks(2, 1, 1, 0, 0, true);
    assert_broken("voted-twice", "RV.2", SHOWN(second, first), OF(1, 0));
}

static void test_rv2_the_own_vote_is_one(void **state)
{
    (void)state;
    uint64_t granted = silent_asks(0, 1, 1, 0, 0, true);
    wait_us(500 * MS);
    ASK_VOTE(1, 2, .term = 1);
    assert_broken("voted-twice", "RV.2", SHOWN(story_sent(), granted),
                  OF(1, 0));
    begin_silent_story();
    ASK_VOTE(1, 2, .term = 1);
    uint64_t stood = story_sent();
    restarts(1);
    uint64_t n = silent_asks(0, 1, 1, 0, 0, true);
    assert_broken("voted-twice", "RV.2", SHOWN(n, stood), OF(1, 0));
}

static void test_rv1_a_vote_for_an_old_term(void **state)
{
    (void)state;
    uint64_t old = ASK_VOTE(0, 1, .term = 1), before = old;
    receive(before); // being handled when the newer one comes
    silent_asks(2, 1, 2, 0, 0, true);
    ANSWER_VOTE(before, .term = 2, .vote_granted = true);
    assert_sound();
    begin_silent_story();
    silent_asks(2, 1, 2, 0, 0, true);
    arrive(ASK_VOTE(0, 1, .term = 1));
    answer_vote(2, true);
    assert_broken("voted-in-old-term", "RV.1", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

static void test_rv2_a_vote_for_a_log_behind(void **state)
{
    (void)state;
    silent_leads();
    stores(0, 1, 1, 0, 0, 1);
    wait_us(500 * MS);
    silent_asks(2, 1, 2, 0, 0, false);
    silent_asks(0, 1, 3, 1, 1, true); // equal
    silent_asks(2, 1, 4, 1, 2, true); // shorter, with a newer term
    assert_sound();
    arrive(ASK_VOTE(2, 1, .term = 5, .last_log_index = 9));
    answer_vote(5, true);
    assert_broken("voted-for-old-log", "RV.2", SHOWN(story_last(), arrived()),
                  OF(1, 2));
}

static void test_what_a_leader_may_have_cut_is_not_known(void **state)
{
    (void)state;
    silent_leads();
    stores(0, 1, 1, 0, 0, 1);
    restarts(0); // it had sent its entry, not saved it
    wait_us(500 * MS);
    silent_asks(2, 0, 2, 0, 0, true);
    // Nobody knows what came of it.
    receive(APPEND_ENTRIES(2, 1, .term = 2, .entries = ENTRIES({.term = 2})));
    wait_us(500 * MS);
    silent_asks(0, 1, 3, 0, 0, true);
    assert_sound();
}

// S1 and S3 stand in term 2, in which S2 has not voted yet; its log has one
// entry.
static void two_candidates(void)
{
    begin_silent_story();
    wait_us(2000 * MS);
    saves(0, 2, 0, 0, 0);
    saves(2, 2, 2, 0, 0);
    saves(1, 2, TRACE_NONE, 1, 1);
}

static void test_rv2_an_owed_vote_is_refused(void **state)
{
    (void)state;
    two_candidates();
    arrive(ASK_VOTE(0, 1, .term = 2, .last_log_index = 1));
    answer_vote(2, false); // for its log
    uint64_t other =
        ASK_VOTE(2, 1, .term = 2, .last_log_index = 1, .last_log_term = 1);
    receive(other);
    arrive(ASK_VOTE(0, 1, .term = 2, .last_log_index = 1, .last_log_term = 1));
    answer_vote(2, false); // S3 may have it
    assert_sound();
    two_candidates();
    arrive(ASK_VOTE(2, 1, .term = 2));
    answer_vote(2, false);
    assert_sound();
    arrive(ASK_VOTE(0, 1, .term = 2, .last_log_index = 1, .last_log_term = 1));
    answer_vote(2, false);
    assert_broken("vote-refused", "RV.2", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

static void test_rv2_an_owed_vote_is_refused_while_it_saves(void **state)
{
    (void)state;
    wait_us(2000 * MS);
    saves(0, 2, 0, 0, 0);
    saves(1, 1, TRACE_NONE, 1, 1);
    arrive(ASK_VOTE(0, 1, .term = 2, .last_log_index = 1, .last_log_term = 1));
    saves(1, 2, TRACE_NONE, 1, 1);
    answer_vote(2, false);
    assert_broken("vote-refused", "RV.2", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

// S1 has asked for a vote of term 1; a vote of term 2 is another one.
static void test_rv2_a_vote_that_nobody_asked_for(void **state)
{
    (void)state;
    saves(0, 1, 0, 0, 0);
    saves(1, 0, TRACE_NONE, 0, 0);
    arrive(ASK_VOTE(0, 1, .term = 1));
    uint64_t before = saves(1, 1, 0, 0, 0);
    answer_vote(1, true);
    assert_sound();
    uint64_t n = saves(1, 2, 0, 0, 0);
    assert_broken("saved-wrong-state", "RV.2", SHOWN(n, before), OF(1, 0));
}

static void test_rv2_a_vote_refused_for_a_leader(void **state)
{
    (void)state;
    two_candidates();
    silent_asks(0, 2, 1, 0, 0, false);
    receive(APPEND_ENTRIES(0, 1, .term = 2)); // whatever comes of it
    arrive(ASK_VOTE(2, 1, .term = 2, .last_log_index = 1, .last_log_term = 1));
    answer_vote(2, false);
    assert_false(
        check_finding(story_check()) != NULL &&
        strcmp(check_finding(story_check())->property, "vote-refused") == 0);
}

// ------------------------------------------------------ terms

static void test_all2_the_answers_term_falls(void **state)
{
    (void)state;
    uint64_t before = ASK_VOTE(0, 1, .term = 1);
    receive(before);
    uint64_t newer = silent_asks(2, 1, 2, 0, 0, true);
    ANSWER_VOTE(before, .term = 1);
    assert_sound();
    receive(before = ASK_VOTE(0, 1, .term = 1));
    uint64_t n = ANSWER_VOTE(before, .term = 1);
    assert_broken("current-term-wrong", "ALL.2", SHOWN(n, newer), OF(1));
}

static void test_all2_an_answer_without_the_newer_term(void **state)
{
    (void)state;
    silent_leads();
    arrive(APPEND_ENTRIES(0, 1, .term = 1));
    answer_append(1, true);
    // Who has heard a leader so lately may pass over a candidate.
    silent_asks(2, 0, 2, 0, 0, false);
    arrive(ASK_VOTE(2, 1, .term = 3));
    answer_vote(1, false);
    assert_sound();
    wait_us(1100 * MS);
    arrive(ASK_VOTE(2, 1, .term = 3));
    answer_vote(1, false);
    assert_broken("newer-term-ignored", "ALL.2", SHOWN(story_last(), arrived()),
                  OF(1, 2));
}

static void test_all2_a_leader_goes_on(void **state)
{
    (void)state;
    silent_leads();
    uint64_t msg = APPEND_ENTRIES(0, 2, .term = 1);
    receive(msg);
    ANSWER_APPEND(msg, .term = 2);
    uint64_t learned = hear(msg);
    wait_us(990 * MS);
    APPEND_ENTRIES(0, 1, .term = 1); // made before, perhaps
    assert_sound();
    wait_us(20 * MS);
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_broken("newer-term-ignored", "ALL.2", SHOWN(story_sent(), learned),
                  OF(0));
}

static void test_ae1_an_old_message_is_accepted(void **state)
{
    (void)state;
    silent_leads();
    silent_asks(2, 1, 2, 0, 0, true);
    arrive(APPEND_ENTRIES(0, 1, .term = 1));
    answer_append(2, false);
    assert_sound();
    arrive(APPEND_ENTRIES(0, 1, .term = 1));
    answer_append(2, true);
    assert_broken("old-term-accepted", "AE.1", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

// ------------------------------------------------------ elections

static void test_a_candidate_shows_its_log(void **state)
{
    (void)state;
    silent_leads();
    uint64_t stored = stores(0, 1, 1, 0, 0, 1);
    wait_us(500 * MS);
    ASK_VOTE(1, 2, .term = 2, .last_log_index = 1, .last_log_term = 1);
    assert_sound();
    wait_us(500 * MS);
    ASK_VOTE(1, 2, .term = 3);
    assert_broken("truncated-without-conflict", "AE.3",
                  SHOWN(story_sent(), stored), OF(1));
    begin_silent_story();
    silent_leads();
    stored = stores(0, 1, 1, 0, 0, 1);
    restarts(1);
    wait_us(500 * MS);
    ASK_VOTE(1, 2, .term = 2);
    assert_broken("restarted-with-wrong-state", "AE.4",
                  SHOWN(story_sent(), stored), OF(1));
    assert_non_null(strstr(check_finding(story_check())->text,
                           " The trace tells of no save by any server."));
    begin_silent_story();
    silent_leads();
    stored = stores(0, 1, 1, 0, 0, 1);
    wait_us(500 * MS);
    ASK_VOTE(1, 2, .term = 2, .last_log_index = 7);
    assert_broken("wrong-log-in-request", "C.1", SHOWN(story_sent(), stored),
                  OF(1));
}

static void test_c2_a_leader_without_votes(void **state)
{
    (void)state;
    silent_asks(0, 1, 1, 0, 0, false);
    uint64_t msg = ASK_VOTE(0, 2, .term = 1), asked = story_sent() - 3;
    receive(msg);
    ANSWER_VOTE(msg, .term = 1, .vote_granted = true); // not there yet
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_broken("leader-without-majority", "C.2",
                  SHOWN(story_sent(), asked - 1), OF(0));
}

static void test_l1_a_leader_without_an_election(void **state)
{
    (void)state;
    silent_leads();
    silent_asks(2, 1, 2, 0, 0, false);
    APPEND_ENTRIES(1, 0, .term = 2);
    assert_broken("sent-by-non-leader", "L.1", SHOWN(story_sent()), OF(1));
}

// By a reply, a good while ago: it goes on as the leader of the newer term.
static void test_all2_a_leader_of_a_newer_term_that_it_heard_of(void **state)
{
    (void)state;
    silent_leads();
    uint64_t msg = APPEND_ENTRIES(0, 2, .term = 1);
    receive(msg);
    ANSWER_APPEND(msg, .term = 2);
    uint64_t heard = hear(msg);
    wait_us(100 * MS);
    APPEND_ENTRIES(0, 1, .term = 2);
    assert_broken("led-unwon-term", "ALL.2", SHOWN(story_sent(), heard), OF(0));
}

// S1 leads, both others answer it, and it stands for election at once.
static void test_f2_a_leader_stands_for_election(void **state)
{
    (void)state;
    for (int answers = 0; answers < 2; answers++) {
        begin_silent_story();
        silent_leads();
        uint64_t led = story_sent();
        uint64_t msg = APPEND_ENTRIES(0, 2, .term = 1);
        receive(msg);
        ANSWER_APPEND(msg, .term = 1, .success = true);
        if (answers > 0)
            hear(msg);
        ASK_VOTE(0, 1, .term = 2);
        if (answers > 0)
            assert_broken("leader-timed-out", "F.2", SHOWN(story_sent(), led),
                          OF(0));
        else
            assert_sound();
    }
}

static void test_all2_no_election_is_of_term_0(void **state)
{
    (void)state;
    ASK_VOTE(0, 1, .term = 4);
    uint64_t before = story_sent();
    ASK_VOTE(0, 1, .term = 0);
    assert_broken("current-term-wrong", "ALL.2", SHOWN(story_sent(), before),
                  OF(0));
}

static void test_c1_index_0_has_no_term(void **state)
{
    (void)state;
    ASK_VOTE(0, 1, .term = 1, .last_log_term = 1);
    assert_broken("wrong-log-in-request", "C.1", SHOWN(story_sent()), OF(0));
}

static void test_p1_two_leaders_of_a_term(void **state)
{
    (void)state;
    silent_leads();
    uint64_t first = story_sent();
    wait_us(500 * MS);
    silent_asks(1, 2, 2, 0, 0, true);
    APPEND_ENTRIES(1, 0, .term = 2);
    assert_sound();
    silent_asks(2, 0, 1, 0, 0, false);
    APPEND_ENTRIES(2, 0, .term = 1);
    assert_broken("election-safety", "P.1", SHOWN(story_sent(), first),
                  OF(2, 0));
}

static void test_p4_a_leader_without_a_committed_entry(void **state)
{
    (void)state;
    silent_leads();
    stores(0, 1, 1, 0, 0, 1);
    uint64_t given = STEP(0, .kind = TRACE_GIVEN, .index = 1, .term = 1);
    wait_us(500 * MS);
    uint64_t msg = ASK_VOTE(2, 0, .term = 2);
    receive(msg);
    ANSWER_VOTE(msg, .term = 2, .vote_granted = false);
    msg = ASK_VOTE(2, 1, .term = 2);
    story_reply(msg, &(struct request_vote_reply){2, true}); // it knew nothing
    hear(msg);
    APPEND_ENTRIES(2, 0, .term = 2);
    assert_broken("leader-completeness", "P.4", SHOWN(story_sent(), given),
                  OF(2, 0));
}

// By what it tells; and in the end by what it left out.
static void test_who_speaks_is_judged_by_messages_in_the_end(void **state)
{
    (void)state;
    uint64_t first = silent_asks(0, 1, 1, 0, 0, true);
    STEP(0, .kind = TRACE_TERM, .from = 0, .to = 1);
    uint64_t second = silent_asks(2, 1, 1, 0, 0, true);
    assert_sound();
    assert_non_null(check_clients(story_check(), 0));
    assert_broken("voted-twice", "RV.2", SHOWN(second, first), OF(1, 0));
}

static void test_every_rule_is_found(void **state)
{
    (void)state;
    static const char *const rules[] = {"RV.2 voted-twice",
                                        "RV.1 voted-in-old-term",
                                        "RV.2 voted-for-old-log",
                                        "RV.2 vote-refused",
                                        "RV.2 saved-wrong-state",
                                        "ALL.2 current-term-wrong",
                                        "F.2 leader-timed-out",
                                        "ALL.2 newer-term-ignored",
                                        "ALL.2 led-unwon-term",
                                        "AE.1 old-term-accepted",
                                        "AE.3 truncated-without-conflict",
                                        "AE.4 restarted-with-wrong-state",
                                        "C.1 wrong-log-in-request",
                                        "C.2 leader-without-majority",
                                        "L.1 sent-by-non-leader",
                                        "P.1 election-safety",
                                        "P.4 leader-completeness",
                                        NULL};
    assert_all_found(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENT(test_rv2_one_vote_a_term),
        SILENT(test_rv2_the_own_vote_is_one),
        SILENT(test_rv1_a_vote_for_an_old_term),
        SILENT(test_rv2_a_vote_for_a_log_behind),
        SILENT(test_what_a_leader_may_have_cut_is_not_known),
        SILENT(test_rv2_an_owed_vote_is_refused),
        SILENT(test_rv2_an_owed_vote_is_refused_while_it_saves),
        SILENT(test_rv2_a_vote_that_nobody_asked_for),
        SILENT(test_rv2_a_vote_refused_for_a_leader),
        SILENT(test_all2_the_answers_term_falls),
        SILENT(test_all2_an_answer_without_the_newer_term),
        SILENT(test_all2_a_leader_goes_on),
        SILENT(test_ae1_an_old_message_is_accepted),
        SILENT(test_a_candidate_shows_its_log),
        SILENT(test_c2_a_leader_without_votes),
        SILENT(test_l1_a_leader_without_an_election),
        SILENT(test_all2_a_leader_of_a_newer_term_that_it_heard_of),
        SILENT(test_f2_a_leader_stands_for_election),
        SILENT(test_all2_no_election_is_of_term_0),
        SILENT(test_c1_index_0_has_no_term),
        SILENT(test_p1_two_leaders_of_a_term),
        SILENT(test_p4_a_leader_without_a_committed_entry),
        SILENT(test_who_speaks_is_judged_by_messages_in_the_end),
        cmocka_unit_test(test_every_rule_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
