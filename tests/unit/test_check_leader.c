// test_check_leader.c -- what candidates and leaders may send, believe and
// commit.
#include "test.h"

#include "check_fixture.h"

// S2 says that it has S1's entries of term 1 up to the index; gives the
// number of the message, whose reply has not arrived yet.
static uint64_t acknowledge(uint64_t index)
{
    uint64_t msg = APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = index,
                                  .prev_log_term = index > 0 ? 1 : 0);
    receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = true);
    return msg;
}

// ------------------------------------------------------ candidates

static void test_c1_votes_asked_by_a_follower(void **state)
{
    (void)state;
    elects(1, 2, 1);
    take_term(0, 1);
    ASK_VOTE(0, 2, .term = 1);
    assert_broken("request-without-election", "C.1", SHOWN(story_sent()),
                  OF(0));
}

static void test_c1_votes_asked_in_a_term_to_come(void **state)
{
    (void)state;
    uint64_t stands = stand(0, 1);
    ASK_VOTE(0, 2, .term = 1);
    assert_sound();
    ASK_VOTE(0, 2, .term = 2);
    assert_broken("request-without-election", "C.1",
                  SHOWN(story_sent(), stands), OF(0));
}

// Whoever stood in a term may still ask when it knows a later one.
static void test_c1_votes_asked_too_late(void **state)
{
    (void)state;
    stand(0, 1);
    take_term(0, 2);
    follow(0, 2);
    ASK_VOTE(0, 2, .term = 1);
    assert_sound();
}

static void test_c1_no_vote_for_itself(void **state)
{
    (void)state;
    vote(1, 2, 1);
    take_term(0, 1);
    uint64_t stands =
        STEP(0, .kind = TRACE_ROLE, .to_role = TRACE_CANDIDATE, .term = 1);
    ASK_VOTE(0, 2, .term = 1);
    assert_broken("no-own-vote", "C.1", SHOWN(story_sent(), stands), OF(0));
    begin_story();
    vote(1, 2, 1);
    stand(0, 1);
    ASK_VOTE(0, 2, .term = 1);
    assert_sound();
}

static void test_c1_votes_asked_for_another_log(void **state)
{
    (void)state;
    for (uint64_t index = 1; index <= 3; index++)
        for (uint64_t term = 1; term <= 2; term++) {
            begin_story();
            take_term(0, 2);
            appends(0, 1, 1, "x");
            appends(0, 2, 1, "x");
            uint64_t stands = stand(0, 3);
            ASK_VOTE(0, 2, .term = 3, .last_log_index = index,
                     .last_log_term = term);
            if (index == 2 && term == 1)
                assert_sound();
            else
                assert_broken("wrong-log-in-request", "C.1",
                              SHOWN(story_sent(), stands), OF(0));
        }
}

// ------------------------------------------------------ who speaks as leader

static void test_all2_leads_a_term_it_did_not_win(void **state)
{
    (void)state;
    elects(0, 1, 1);
    elects(2, 1, 2);
    uint64_t took = STEP(0, .kind = TRACE_TERM, .from = 1, .to = 2);
    APPEND_ENTRIES(0, 1, .term = 1); // of the past
    assert_sound();
    APPEND_ENTRIES(0, 1, .term = 2);
    assert_broken("led-unwon-term", "ALL.2", SHOWN(story_sent(), took),
                  OF(0, 2));
}

static void test_l1_sent_as_a_leader_that_it_is_not(void **state)
{
    (void)state;
    elects(0, 1, 1);
    INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 1,
                     .last_included_term = 1);
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_sound();
    uint64_t stands = stand(2, 2);
    APPEND_ENTRIES(2, 1, .term = 2);
    assert_broken("sent-by-non-leader", "L.1", SHOWN(story_sent(), stands),
                  OF(2));
    begin_story();
    elects(0, 1, 1);
    INSTALL_SNAPSHOT(2, 1, .term = 1, .last_included_index = 1,
                     .last_included_term = 1);
    assert_broken("sent-by-non-leader", "L.1", SHOWN(story_sent()), OF(2, 0));
}

static void test_is5_a_snapshot_of_nothing(void **state)
{
    (void)state;
    elects(0, 1, 1);
    INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 0);
    assert_broken("snapshot-of-nothing", "IS.5", SHOWN(story_sent()), OF(0, 1));
}

// ------------------------------------------------------ what it shows

// S1 leads term 2 with an entry of term 1 and one of term 2; gives the number
// of its role.
static uint64_t lead_term_2(void)
{
    begin_story();
    replicates(1);
    uint64_t leads = elects(0, 1, 2);
    appends(0, 2, 2, "x");
    return leads;
}

static void test_p2_an_entry_sent_with_a_newer_term(void **state)
{
    (void)state;
    lead_term_2();
    APPEND_ENTRIES(0, 2, .term = 2,
                   .entries = ENTRIES({.term = 1}, {.term = 2}));
    assert_sound();
    uint64_t leads = lead_term_2();
    APPEND_ENTRIES(0, 2, .term = 2,
                   .entries = ENTRIES({.term = 2}, {.term = 2}));
    assert_broken("leader-append-only", "P.2", SHOWN(story_sent(), leads),
                  OF(0, 2));
}

static void test_p2_an_entry_before_the_new_ones_has_a_newer_term(void **state)
{
    (void)state;
    uint64_t leads = lead_term_2();
    APPEND_ENTRIES(0, 2, .term = 2, .prev_log_index = 1, .prev_log_term = 2);
    assert_broken("leader-append-only", "P.2", SHOWN(story_sent(), leads),
                  OF(0, 2));
}

static void test_l3_a_wrong_prev_log_term(void **state)
{
    (void)state;
    lead_term_2();
    APPEND_ENTRIES(0, 2, .term = 2, .prev_log_index = 1, .prev_log_term = 1);
    APPEND_ENTRIES(0, 2, .term = 2, .prev_log_index = 2, .prev_log_term = 2);
    assert_sound();
    APPEND_ENTRIES(0, 2, .term = 2, .prev_log_index = 2, .prev_log_term = 1);
    assert_broken("wrong-prev-log-term", "L.3", SHOWN(story_sent()), OF(0, 2));
}

static void test_l3_entries_from_behind_the_log(void **state)
{
    (void)state;
    lead_term_2();
    APPEND_ENTRIES(0, 2, .term = 2, .prev_log_index = 3, .prev_log_term = 2);
    assert_broken("next-index-out-of-range", "L.3", SHOWN(story_sent()),
                  OF(0, 2));
}

// ------------------------------------------------------ what it believes

#define NEXT(index)                                                            \
    STEP(0, .kind = TRACE_NEXT, .peer = 1, .from = 3, .to = (index))
#define MATCH(before, after)                                                   \
    STEP(0, .kind = TRACE_MATCH, .peer = 1, .from = (before), .to = (after))

static void test_l3_next_index_out_of_range(void **state)
{
    (void)state;
    replicates(2);
    NEXT(1);
    NEXT(3);
    assert_sound();
    uint64_t beyond = NEXT(4);
    assert_broken("next-index-out-of-range", "L.3", SHOWN(beyond), OF(0, 1));
    begin_story();
    replicates(2);
    uint64_t zero = NEXT(0);
    assert_broken("next-index-out-of-range", "L.3", SHOWN(zero), OF(0, 1));
}

// A leader that counts a command as its own has appended it.
static void test_l2_counts_what_it_has_not_appended(void **state)
{
    (void)state;
    for (int appended = 0; appended < 2; appended++) {
        begin_story();
        replicates(2);
        uint64_t start = STEP(0, .kind = TRACE_START, .index = 3, .term = 1,
                              .ok = true, .command = "z");
        if (appended > 0)
            appends(0, 3, 1, "z");
        uint64_t next = STEP(0, .kind = TRACE_NEXT, .peer = 0, .from = 3,
                             .to = 4, .cause = start);
        if (appended > 0)
            assert_sound();
        else
            assert_broken("command-at-wrong-index", "L.2", SHOWN(next, start),
                          OF(0));
    }
}

static void test_l3_next_index_below_match_index(void **state)
{
    (void)state;
    replicates(2);
    uint64_t heard = hear(acknowledge(2));
    MATCH(0, 1);
    NEXT(2);
    MATCH(1, 2);
    NEXT(3);
    assert_sound();
    uint64_t below = NEXT(2);
    assert_broken("next-index-too-low", "L.3", SHOWN(below, heard), OF(0, 1));
}

static void test_l3_match_index_falls(void **state)
{
    (void)state;
    replicates(2);
    MATCH(0, 2);
    assert_sound();
    uint64_t falls = MATCH(2, 1);
    assert_broken("match-index-backwards", "L.3", SHOWN(falls), OF(0, 1));
}

static void test_l3_match_index_beyond_what_was_acknowledged(void **state)
{
    (void)state;
    replicates(2);
    hear(acknowledge(1));
    MATCH(0, 1);
    assert_sound();
    acknowledge(2); // not heard yet
    uint64_t wrong = MATCH(1, 2);
    assert_broken("match-index-too-high", "L.3", SHOWN(wrong), OF(0, 1));
}

// ------------------------------------------------------ what it commits

static void test_l4_a_commit_that_stands_on_no_majority(void **state)
{
    (void)state;
    replicates(1);
    commit(0, 0, 1);
    appends(0, 2, 1, "x");
    assert_sound();
    uint64_t early = commit(0, 1, 2);
    assert_broken("commit-without-majority", "L.4", SHOWN(early), OF(0));
}

static void test_l4_a_commit_that_no_majority_has_acknowledged(void **state)
{
    (void)state;
    replicates(2);
    hear(acknowledge(1));
    commit(0, 0, 1);
    assert_sound();
    acknowledge(2); // not heard yet
    uint64_t early = commit(0, 1, 2);
    assert_broken("commit-without-majority", "L.4", SHOWN(early), OF(0));
}

// S1's own copy counts when it is saved.
static void test_l4_a_commit_before_its_own_copy_is_saved(void **state)
{
    (void)state;
    for (uint64_t saved = 0; saved <= 1; saved++) {
        begin_story();
        replicates(1);
        hear(acknowledge(1));
        persists(1, 1, 0, 1, 1);
        persists(0, 1, 0, saved, saved);
        uint64_t committed = commit(0, 0, 1);
        if (saved == 1)
            assert_sound();
        else
            assert_broken("commit-without-majority", "L.4", SHOWN(committed),
                          OF(0));
    }
}

static void test_l4_a_commit_of_an_older_term(void **state)
{
    (void)state;
    lead_term_2();
    appends(1, 2, 2, "x");
    commit(0, 0, 2);
    assert_sound();
    lead_term_2();
    uint64_t older = commit(0, 0, 1);
    assert_broken("commit-of-older-term", "L.4", SHOWN(older), OF(0));
}

// S2 has acknowledged two entries; S1 has committed so many when it sends
// something again after a while.
static void commit_slowly(uint64_t committed, uint64_t us)
{
    begin_story();
    replicates(2);
    hear(acknowledge(2));
    commit(0, 0, 1);
    acknowledge(2);
    if (committed > 1)
        commit(0, 1, committed);
    wait_us(us);
    APPEND_ENTRIES(0, 2, .term = 1);
}

static void test_l4_a_majority_without_a_commit(void **state)
{
    (void)state;
    commit_slowly(1, 2000000);
    assert_broken("majority-not-committed", "L.4", SHOWN(story_sent()), OF(0));
    commit_slowly(2, 2000000);
    assert_sound();
    commit_slowly(1, 1900000);
    assert_sound();
}

static void test_every_property_of_leaders_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {"IS.5 snapshot-of-nothing",
                                      "L.2 command-at-wrong-index",
                                      "C.1 request-without-election",
                                      "C.1 no-own-vote",
                                      "C.1 wrong-log-in-request",
                                      "ALL.2 led-unwon-term",
                                      "L.1 sent-by-non-leader",
                                      "P.2 leader-append-only",
                                      "L.3 wrong-prev-log-term",
                                      "L.3 next-index-out-of-range",
                                      "L.3 next-index-too-low",
                                      "L.3 match-index-backwards",
                                      "L.3 match-index-too-high",
                                      "L.4 commit-without-majority",
                                      "L.4 commit-of-older-term",
                                      "L.4 majority-not-committed",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_c1_votes_asked_by_a_follower),
        STORY(test_c1_votes_asked_in_a_term_to_come),
        STORY(test_c1_votes_asked_too_late),
        STORY(test_c1_no_vote_for_itself),
        STORY(test_c1_votes_asked_for_another_log),
        STORY(test_all2_leads_a_term_it_did_not_win),
        STORY(test_l1_sent_as_a_leader_that_it_is_not),
        STORY(test_is5_a_snapshot_of_nothing),
        STORY(test_p2_an_entry_sent_with_a_newer_term),
        STORY(test_p2_an_entry_before_the_new_ones_has_a_newer_term),
        STORY(test_l3_a_wrong_prev_log_term),
        STORY(test_l3_entries_from_behind_the_log),
        STORY(test_l3_next_index_out_of_range),
        STORY(test_l2_counts_what_it_has_not_appended),
        STORY(test_l3_next_index_below_match_index),
        STORY(test_l3_match_index_falls),
        STORY(test_l3_match_index_beyond_what_was_acknowledged),
        STORY(test_l4_a_commit_that_stands_on_no_majority),
        STORY(test_l4_a_commit_that_no_majority_has_acknowledged),
        STORY(test_l4_a_commit_before_its_own_copy_is_saved),
        STORY(test_l4_a_commit_of_an_older_term),
        STORY(test_l4_a_majority_without_a_commit),
        STORY(test_every_property_of_leaders_was_broken),
    };
    return cmocka_run_group_tests_name("check_leader", tests, NULL, NULL) != 0;
}
