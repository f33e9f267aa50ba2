// test_check_contract.c -- answers that Figure 2 does not give, and the ones
// that it does.
#include "test.h"

#include "check_fixture.h"

// ------------------------------------------------------ terms

static void test_all2_a_newer_term_is_passed_over(void **state)
{
    (void)state;
    elects(0, 2, 2);
    arrive(APPEND_ENTRIES(0, 1, .term = 2));
    STEP(1, .kind = TRACE_TERM, .from = 0, .to = 1);
    answer_append(1, false);
    assert_wrong_answer("newer-term-ignored", "ALL.2");
    begin_story();
    elects(0, 2, 2);
    heartbeat(0, 1, 2);
    assert_sound();
}

// S2 stands in term 1 when S1 asks it for a vote of term 2.
static void test_all2_a_newer_term_but_still_a_candidate(void **state)
{
    (void)state;
    for (int steps_down = 0; steps_down <= 1; steps_down++) {
        begin_story();
        stand(1, 1);
        stand(0, 2);
        arrive(ASK_VOTE(0, 1, .term = 2));
        take_term(1, 2);
        if (steps_down)
            follow(1, 2);
        vote(1, 0, 2);
        answer_vote(2, true);
        if (steps_down)
            assert_sound();
        else
            assert_wrong_answer("no-step-down", "ALL.2");
    }
}

static void test_all2_answered_with_another_term(void **state)
{
    (void)state;
    for (uint64_t term = 0; term <= 1; term++) {
        begin_story();
        stand(0, 1);
        arrive(ASK_VOTE(0, 1, .term = 1));
        vote(1, 0, 1);
        answer_vote(term, true);
        if (term == 1)
            assert_sound();
        else
            assert_wrong_answer("replied-wrong-term", "ALL.2");
    }
}

// ------------------------------------------------------ votes

// S1 asks in term 2; S2 is in that term already and has given its vote to so
// many, or none (TRACE_NONE).
static void ask_after_vote_for(int voted_for)
{
    begin_story();
    stand(0, 2);
    take_term(1, 2);
    if (voted_for != TRACE_NONE)
        vote(1, voted_for, 2);
    arrive(ASK_VOTE(0, 1, .term = 2));
}

static void test_rv1_a_vote_for_an_old_term(void **state)
{
    (void)state;
    for (int grants = 0; grants <= 1; grants++) {
        begin_story();
        stand(0, 1);
        take_term(1, 2);
        arrive(ASK_VOTE(0, 1, .term = 1));
        answer_vote(2, grants);
        if (grants)
            assert_wrong_answer("voted-in-old-term", "RV.1");
        else
            assert_sound();
    }
}

static void test_rv2_a_second_vote_granted(void **state)
{
    (void)state;
    ask_after_vote_for(2);
    answer_vote(2, true);
    assert_wrong_answer("voted-twice", "RV.2");
    ask_after_vote_for(2);
    answer_vote(2, false);
    assert_sound();
    ask_after_vote_for(0); // asked twice
    answer_vote(2, true);
    assert_sound();
}

static void test_rv2_a_vote_granted_and_not_remembered(void **state)
{
    (void)state;
    ask_after_vote_for(TRACE_NONE);
    answer_vote(2, true);
    assert_wrong_answer("vote-not-recorded", "RV.2");
    ask_after_vote_for(TRACE_NONE);
    vote(1, 0, 2);
    answer_vote(2, true);
    assert_sound();
}

static void test_rv2_a_vote_refused_without_a_reason(void **state)
{
    (void)state;
    ask_after_vote_for(TRACE_NONE);
    answer_vote(2, false);
    assert_wrong_answer("vote-refused", "RV.2");
}

// The rule that the handler itself names is the one that it got wrong.
static void test_rv1_a_vote_refused_by_a_rule(void **state)
{
    (void)state;
    ask_after_vote_for(TRACE_NONE);
    refuse_by("RV.1");
    answer_vote(2, false);
    assert_wrong_answer("vote-refused", "RV.1");
}

// Another thread has changed the state in between: nothing is said.
static void test_rv2_a_vote_refused_for_what_came_between(void **state)
{
    (void)state;
    ask_after_vote_for(TRACE_NONE);
    STEP(1, .kind = TRACE_VOTE, .term = 2, .voted_for = 1,
         .cause = arrived() - 1);
    answer_vote(2, false);
    assert_sound();
}

// S1 asks with a log of a second entry of this term; S2's log ends with an
// entry of term 2 at index 2.
static void ask_with_log(uint64_t last_log_index, uint64_t last_log_term,
                         bool grants)
{
    begin_story();
    stand(0, 3);
    take_term(1, 3);
    appends(1, 1, 1, "x");
    appends(1, 2, 2, "x");
    for (uint64_t index = 1; index <= last_log_index; index++)
        appends(0, index, index < last_log_index ? 1 : last_log_term, "x");
    arrive(ASK_VOTE(0, 1, .term = 3, .last_log_index = last_log_index,
                    .last_log_term = last_log_term));
    answer_vote(3, grants);
}

static void test_rv2_a_log_that_is_behind(void **state)
{
    (void)state;
    ask_with_log(3, 1, true);
    assert_wrong_answer("voted-for-old-log", "RV.2");
    ask_with_log(1, 1, true);
    assert_wrong_answer("voted-for-old-log", "RV.2");
    ask_with_log(3, 1, false);
    assert_sound();
    ask_with_log(1, 1, false);
    assert_sound();
}

static void test_rv2_a_log_that_is_as_up_to_date(void **state)
{
    (void)state;
    ask_with_log(2, 2, false);
    assert_wrong_answer("vote-refused", "RV.2");
    ask_with_log(1, 3, false);
    assert_wrong_answer("vote-refused", "RV.2");
}

// ------------------------------------------------------ InstallSnapshot

// S1 leads term 1 and has made a snapshot of two entries; S2, in this term,
// has a log that ends at the second and is committed up to an index.
static void make_snapshot(uint64_t term, uint64_t commit_index)
{
    begin_story();
    elects(0, 2, 1);
    take_term(1, term);
    for (uint64_t index = 1; index <= 2; index++)
        for (int server = 0; server < 3; server++)
            appends(server, index, 1, "x");
    commit(0, 0, 2);
    if (commit_index > 0)
        commit(1, 0, commit_index);
    STEP(0, .kind = TRACE_COMPACT, .index = 2, .entry_term = 1);
}

#define SEND_SNAPSHOT(is_done)                                                 \
    arrive(INSTALL_SNAPSHOT(                                                   \
        0, 1, .term = 1, .last_included_index = 2, .last_included_term = 1,    \
        .offset = 1, .data = {(const uint8_t *)"abc", 3}, .done = (is_done)))

static void install(void)
{
    STEP(1, .kind = TRACE_INSTALL, .index = 2, .entry_term = 1);
}

static void test_is1_a_snapshot_of_an_old_term(void **state)
{
    (void)state;
    for (int installs = 0; installs <= 1; installs++) {
        make_snapshot(2, 0);
        SEND_SNAPSHOT(true);
        if (installs)
            install();
        answer_install(2, 0);
        if (installs)
            assert_wrong_answer("old-term-accepted", "IS.1");
        else
            assert_sound();
    }
}

static void test_is7_a_whole_snapshot_is_not_installed(void **state)
{
    (void)state;
    make_snapshot(1, 1);
    SEND_SNAPSHOT(true);
    answer_install(1, 4);
    assert_wrong_answer("snapshot-not-installed", "IS.7");
    make_snapshot(1, 1);
    SEND_SNAPSHOT(true);
    install();
    answer_install(1, 4);
    assert_sound();
}

// A chunk is missing, or chunks are to come, or all of it is committed.
static void test_is7_a_snapshot_need_not_be_installed(void **state)
{
    (void)state;
    make_snapshot(1, 1);
    SEND_SNAPSHOT(true);
    answer_install(1, 3);
    assert_sound();
    make_snapshot(1, 1);
    SEND_SNAPSHOT(false);
    answer_install(1, 4);
    assert_sound();
    make_snapshot(1, 2);
    SEND_SNAPSHOT(true);
    answer_install(1, 4);
    assert_sound();
}

static void test_every_property_of_answers_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {"ALL.2 newer-term-ignored",
                                      "ALL.2 no-step-down",
                                      "ALL.2 replied-wrong-term",
                                      "RV.1 voted-in-old-term",
                                      "RV.2 voted-twice",
                                      "RV.2 voted-for-old-log",
                                      "RV.2 vote-not-recorded",
                                      "RV.2 vote-refused",
                                      "RV.1 vote-refused",
                                      "IS.1 old-term-accepted",
                                      "IS.7 snapshot-not-installed",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_all2_a_newer_term_is_passed_over),
        STORY(test_all2_a_newer_term_but_still_a_candidate),
        STORY(test_all2_answered_with_another_term),
        STORY(test_rv1_a_vote_for_an_old_term),
        STORY(test_rv2_a_second_vote_granted),
        STORY(test_rv2_a_vote_granted_and_not_remembered),
        STORY(test_rv2_a_vote_refused_without_a_reason),
        STORY(test_rv1_a_vote_refused_by_a_rule),
        STORY(test_rv2_a_vote_refused_for_what_came_between),
        STORY(test_rv2_a_log_that_is_behind),
        STORY(test_rv2_a_log_that_is_as_up_to_date),
        STORY(test_is1_a_snapshot_of_an_old_term),
        STORY(test_is7_a_whole_snapshot_is_not_installed),
        STORY(test_is7_a_snapshot_need_not_be_installed),
        STORY(test_every_property_of_answers_was_broken),
    };
    return cmocka_run_group_tests_name("check_contract", tests, NULL, NULL) !=
           0;
}
