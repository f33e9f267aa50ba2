// test_check_legality.c -- transitions that Figure 2 does not allow, and some
// that it only just does.
#include "test.h"

#include "check_fixture.h"

// ------------------------------------------------------ terms and votes

static void test_all2_a_term_falls(void **state)
{
    (void)state;
    STEP(0, .kind = TRACE_TERM, .from = 0, .to = 5);
    STEP(0, .kind = TRACE_TERM, .from = 5, .to = 6);
    assert_sound();
    uint64_t falls = STEP(0, .kind = TRACE_TERM, .from = 6, .to = 5);
    assert_broken("current-term-wrong", "ALL.2", SHOWN(falls), OF(0));
}

static void test_all2_a_term_that_it_did_not_have(void **state)
{
    (void)state;
    STEP(0, .kind = TRACE_TERM, .from = 0, .to = 5);
    uint64_t jumps = STEP(0, .kind = TRACE_TERM, .from = 4, .to = 6);
    assert_broken("current-term-wrong", "ALL.2", SHOWN(jumps), OF(0));
}

static void test_rv2_two_votes_in_a_term(void **state)
{
    (void)state;
    vote(1, 0, 1);
    vote(1, 0, 1); // once more for the same
    vote(1, 2, 2); // of the next term
    assert_sound();
    uint64_t second = vote(1, 0, 2);
    assert_broken("voted-twice", "RV.2", SHOWN(second), OF(1, 2));
}

// S3, with n entries of a term, has the vote of S2, with its own.
static uint64_t vote_for_log(uint64_t n, uint64_t term, uint64_t voter_n,
                             uint64_t voter_term)
{
    begin_story();
    take_term(1, 2);
    take_term(2, 2);
    for (uint64_t index = 1; index <= n; index++)
        appends(2, index, term, "x");
    for (uint64_t index = 1; index <= voter_n; index++)
        appends(1, index, voter_term, "x");
    stand(2, 3);
    ASK_VOTE(2, 1, .term = 3, .candidate_id = 2, .last_log_index = n,
             .last_log_term = term);
    return vote(1, 2, 3);
}

static void test_rv2_a_vote_for_a_log_that_is_behind(void **state)
{
    (void)state;
    uint64_t shorter = vote_for_log(1, 1, 2, 1);
    assert_broken("voted-for-old-log", "RV.2", SHOWN(shorter), OF(1, 2));
    uint64_t older = vote_for_log(2, 1, 1, 2);
    assert_broken("voted-for-old-log", "RV.2", SHOWN(older), OF(1, 2));
}

static void test_rv2_a_vote_for_a_log_that_is_not_behind(void **state)
{
    (void)state;
    vote_for_log(2, 1, 2, 1);
    assert_sound();
    vote_for_log(1, 2, 2, 1); // shorter, of a later term
    assert_sound();
}

// ------------------------------------------------------ roles

static void test_all2_a_leader_steps_down_in_its_term(void **state)
{
    (void)state;
    uint64_t leads = elects(0, 1, 1);
    uint64_t follows = follow(0, 1);
    assert_broken("stepped-down", "ALL.2", SHOWN(follows, leads), OF(0));
    begin_story();
    elects(0, 1, 1);
    take_term(0, 3);
    follow(0, 3);
    assert_sound();
}

static void test_c3_a_candidate_gives_up_before_anyone_leads(void **state)
{
    (void)state;
    uint64_t stands = stand(0, 1);
    uint64_t follows = follow(0, 1);
    assert_broken("stepped-down", "C.3", SHOWN(follows, stands), OF(0));
    begin_story();
    stand(0, 1);
    elects(2, 1, 1);
    follow(0, 1);
    assert_sound();
}

static void test_c2_a_leader_that_was_no_candidate(void **state)
{
    (void)state;
    vote(0, 0, 1);
    vote(1, 0, 1);
    uint64_t leads = lead(0, 1);
    assert_broken("leader-without-election", "C.2", SHOWN(leads), OF(0));
    begin_story();
    elects(0, 1, 1);
    assert_sound();
}

static void test_c2_a_leader_without_a_majority(void **state)
{
    (void)state;
    vote(1, 0, 1);
    uint64_t stands = stand(0, 2); // the vote was of another term
    uint64_t leads = lead(0, 2);
    assert_broken("leader-without-majority", "C.2", SHOWN(leads, stands),
                  OF(0));
    begin_story();
    vote(1, 0, 2);
    stand(0, 2);
    lead(0, 2);
    assert_sound();
    begin_story();
    vote(1, 0, 2);
    stand(0, 2);
    vote(2, 0, 1); // a late one, of the election before
    lead(0, 2);
    assert_sound();
}

// S2 has granted S1 its votes of two terms, but S1 hears of one.
static uint64_t win_by_a_reply(bool late, uint64_t *leads)
{
    begin_story();
    stand(0, 1);
    uint64_t first = call_for_vote(0, 1, 1);
    uint64_t stands = stand(0, 2);
    uint64_t second = call_for_vote(0, 1, 2);
    hear(late ? first : second);
    *leads = lead(0, 2);
    return stands;
}

static void test_c2_votes_that_a_leader_has_not_heard_of(void **state)
{
    (void)state;
    uint64_t leads, stands = win_by_a_reply(true, &leads);
    assert_broken("leader-without-majority", "C.2", SHOWN(leads, stands),
                  OF(0));
    win_by_a_reply(false, &leads);
    assert_sound();
}

// ------------------------------------------------------ clients

#define START(server, ...)                                                     \
    STEP(server, .kind = TRACE_START, .command = "x", __VA_ARGS__)

static void test_l2_a_follower_takes_a_command(void **state)
{
    (void)state;
    elects(1, 2, 1);
    START(0, .index = 1, .ok = false);
    START(1, .index = 1, .term = 1, .ok = true);
    assert_sound();
    uint64_t takes = START(0, .index = 1, .term = 1, .ok = true);
    assert_broken("command-by-non-leader", "L.2", SHOWN(takes), OF(0));
}

static void test_l2_a_leader_takes_a_command_for_another_term(void **state)
{
    (void)state;
    uint64_t leads = elects(0, 1, 1);
    uint64_t takes = START(0, .index = 1, .term = 2, .ok = true);
    assert_broken("command-by-non-leader", "L.2", SHOWN(takes, leads), OF(0));
}

static uint64_t append_for(uint64_t start, uint64_t index)
{
    const struct trace_entry entry = {1, 1, "x"};
    return STEP(0, .kind = TRACE_APPEND, .index = index, .entries = &entry,
                .n_entries = 1, .cause = start);
}

static void test_l2_a_command_appended_after_stepping_down(void **state)
{
    (void)state;
    elects(0, 1, 1);
    uint64_t start = START(0, .index = 1, .term = 1, .ok = true);
    append_for(start, 1);
    start = START(0, .index = 2, .term = 1, .ok = true);
    assert_sound();
    take_term(0, 2);
    follow(0, 2);
    uint64_t appended = append_for(start, 2);
    assert_broken("command-by-non-leader", "L.2", SHOWN(appended, start),
                  OF(0));
}

static void test_l2_a_command_at_another_index(void **state)
{
    (void)state;
    elects(0, 1, 1);
    uint64_t one = START(0, .index = 1, .term = 1, .ok = true);
    uint64_t two = START(0, .index = 1, .term = 1, .ok = true);
    append_for(one, 1);
    assert_sound();
    uint64_t appended = append_for(two, 2);
    assert_broken("command-at-wrong-index", "L.2", SHOWN(appended, two), OF(0));
}

// ------------------------------------------------------ commits

// S1 leads and has committed two entries, which S2 has too.
static void commit_two(void)
{
    begin_story();
    replicates(2);
    commit(0, 0, 2);
}

static void test_ae5_commit_index_falls(void **state)
{
    (void)state;
    commit_two();
    commit(1, 0, 1);
    commit(1, 1, 2);
    assert_sound();
    uint64_t falls = commit(1, 2, 1);
    assert_broken("commit-index-wrong", "AE.5", SHOWN(falls), OF(1));
    commit_two();
    commit(1, 0, 1);
    uint64_t jumps = commit(1, 0, 2);
    assert_broken("commit-index-wrong", "AE.5", SHOWN(jumps), OF(1));
}

static void test_ae5_a_commit_beyond_the_log(void **state)
{
    (void)state;
    commit_two();
    uint64_t beyond = commit(1, 0, 3);
    assert_broken("commit-beyond-log", "AE.5", SHOWN(beyond), OF(1));
    commit_two();
    commit(1, 0, 2);
    assert_sound();
}

static void test_ae5_a_commit_before_the_leader(void **state)
{
    (void)state;
    replicates(2);
    commit(0, 0, 1);
    commit(1, 0, 1);
    assert_sound();
    uint64_t before = commit(1, 1, 2);
    assert_broken("commit-before-leader", "AE.5", SHOWN(before), OF(1));
}

// S2 starts anew; gives the number of its boot.
static uint64_t restart_from(uint64_t snapshot_index, uint64_t n_entries)
{
    static const struct trace_entry entries[] = {{1, 1, "x"}, {1, 1, "x"}};
    STEP(1, .kind = TRACE_CRASH);
    return STEP(1, .kind = TRACE_BOOT, .term = 1, .voted_for = 0,
                .index = snapshot_index,
                .entry_term = snapshot_index > 0 ? 1 : 0, .entries = entries,
                .n_entries = n_entries);
}

static void test_all1_a_commit_index_outlives_a_restart(void **state)
{
    (void)state;
    commit_two();
    commit(1, 0, 1);
    restart_from(0, 2);
    uint64_t outlived = commit(1, 1, 2);
    assert_broken("commit-index-outlived-restart", "ALL.1", SHOWN(outlived),
                  OF(1));
    commit_two();
    commit(1, 0, 1);
    restart_from(0, 2);
    commit(1, 0, 2);
    assert_sound();
}

static void test_is8_a_snapshot_forgotten_at_a_restart(void **state)
{
    (void)state;
    for (uint64_t from = 0; from <= 1; from++) {
        commit_two();
        commit(1, 0, 1);
        STEP(1, .kind = TRACE_COMPACT, .index = 1, .entry_term = 1);
        uint64_t boot = restart_from(1, 1);
        uint64_t first = commit(1, from, 2);
        if (from == 1)
            assert_sound();
        else
            assert_broken("snapshot-lost-at-restart", "IS.8",
                          SHOWN(first, boot), OF(1));
    }
}

static void test_all1_applied_out_of_order(void **state)
{
    (void)state;
    commit_two();
    apply(0, 1, 1, "x");
    apply(0, 2, 1, "x");
    assert_sound();
    uint64_t again = apply(0, 2, 1, "x");
    assert_broken("applied-out-of-order", "ALL.1", SHOWN(again), OF(0));
    commit_two();
    uint64_t gap = apply(0, 2, 1, "x");
    assert_broken("applied-out-of-order", "ALL.1", SHOWN(gap), OF(0));
}

static void test_all1_applied_before_commit(void **state)
{
    (void)state;
    replicates(2);
    commit(0, 0, 1);
    apply(0, 1, 1, "x");
    assert_sound();
    uint64_t early = apply(0, 2, 1, "x");
    assert_broken("applied-before-commit", "ALL.1", SHOWN(early), OF(0));
}

// ------------------------------------------------------ the log

static void test_ae3_a_committed_entry_is_cut(void **state)
{
    (void)state;
    commit_two();
    commit(1, 0, 1);
    truncate_at(1, 2);
    assert_sound();
    uint64_t cut = truncate_at(1, 1);
    assert_broken("committed-entry-truncated", "AE.3", SHOWN(cut), OF(1));
}

static void test_ae3_a_cut_without_a_conflict(void **state)
{
    (void)state;
    take_term(1, 2);
    appends(1, 1, 1, "x");
    uint64_t cut = truncate_at(1, 1);
    uint64_t again = appends(1, 1, 1, "x");
    assert_broken("truncated-without-conflict", "AE.3", SHOWN(again, cut),
                  OF(1));
    begin_story();
    take_term(1, 2);
    appends(1, 1, 1, "x");
    truncate_at(1, 1);
    appends(1, 1, 2, "y");
    assert_sound();
}

static void test_ae4_a_gap_in_the_log(void **state)
{
    (void)state;
    take_term(1, 1);
    appends(1, 1, 1, "x");
    assert_sound();
    uint64_t gap = appends(1, 3, 1, "x");
    assert_broken("gap-in-log", "AE.4", SHOWN(gap), OF(1));
}

static void test_ae4_an_entry_of_a_later_term(void **state)
{
    (void)state;
    take_term(1, 1);
    appends(1, 1, 1, "x");
    assert_sound();
    uint64_t later = appends(1, 2, 2, "x");
    assert_broken("entry-of-later-term", "AE.4", SHOWN(later), OF(1));
}

// Neither its memory nor its disk has the candidate's own vote.
static void test_c1_votes_asked_without_its_own(void **state)
{
    (void)state;
    take_term(0, 1);
    STEP(0, .kind = TRACE_ROLE, .to_role = TRACE_CANDIDATE, .term = 1);
    uint64_t saved = persists(0, 1, TRACE_NONE, 0, 0);
    ASK_VOTE(0, 1, .term = 1);
    assert_broken("no-own-vote", "C.1", SHOWN(story_sent(), saved), OF(0));
}

static void test_is5_compacted_with_another_term(void **state)
{
    (void)state;
    for (uint64_t term = 1; term <= 2; term++) {
        begin_story();
        replicates(1);
        uint64_t cut =
            STEP(0, .kind = TRACE_COMPACT, .index = 1, .entry_term = term);
        if (term == 1)
            assert_sound();
        else
            assert_broken("compacted-with-wrong-term", "IS.5", SHOWN(cut),
                          OF(0));
    }
}

static void test_every_property_of_legality_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {"ALL.2 current-term-wrong",
                                      "C.1 no-own-vote",
                                      "IS.5 compacted-with-wrong-term",
                                      "RV.2 voted-twice",
                                      "RV.2 voted-for-old-log",
                                      "ALL.2 stepped-down",
                                      "C.3 stepped-down",
                                      "C.2 leader-without-election",
                                      "C.2 leader-without-majority",
                                      "L.2 command-by-non-leader",
                                      "L.2 command-at-wrong-index",
                                      "AE.5 commit-index-wrong",
                                      "AE.5 commit-beyond-log",
                                      "AE.5 commit-before-leader",
                                      "ALL.1 commit-index-outlived-restart",
                                      "IS.8 snapshot-lost-at-restart",
                                      "ALL.1 applied-out-of-order",
                                      "ALL.1 applied-before-commit",
                                      "AE.3 committed-entry-truncated",
                                      "AE.3 truncated-without-conflict",
                                      "AE.4 gap-in-log",
                                      "AE.4 entry-of-later-term",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_all2_a_term_falls),
        STORY(test_all2_a_term_that_it_did_not_have),
        STORY(test_rv2_two_votes_in_a_term),
        STORY(test_rv2_a_vote_for_a_log_that_is_behind),
        STORY(test_rv2_a_vote_for_a_log_that_is_not_behind),
        STORY(test_all2_a_leader_steps_down_in_its_term),
        STORY(test_c3_a_candidate_gives_up_before_anyone_leads),
        STORY(test_c2_a_leader_that_was_no_candidate),
        STORY(test_c2_a_leader_without_a_majority),
        STORY(test_c2_votes_that_a_leader_has_not_heard_of),
        STORY(test_l2_a_follower_takes_a_command),
        STORY(test_l2_a_leader_takes_a_command_for_another_term),
        STORY(test_l2_a_command_appended_after_stepping_down),
        STORY(test_l2_a_command_at_another_index),
        STORY(test_ae5_commit_index_falls),
        STORY(test_ae5_a_commit_beyond_the_log),
        STORY(test_ae5_a_commit_before_the_leader),
        STORY(test_all1_a_commit_index_outlives_a_restart),
        STORY(test_is8_a_snapshot_forgotten_at_a_restart),
        STORY(test_all1_applied_out_of_order),
        STORY(test_all1_applied_before_commit),
        STORY(test_ae3_a_committed_entry_is_cut),
        STORY(test_ae3_a_cut_without_a_conflict),
        STORY(test_ae4_a_gap_in_the_log),
        STORY(test_ae4_an_entry_of_a_later_term),
        STORY(test_c1_votes_asked_without_its_own),
        STORY(test_is5_compacted_with_another_term),
        STORY(test_every_property_of_legality_was_broken),
    };
    return cmocka_run_group_tests_name("check_legality", tests, NULL, NULL) !=
           0;
}
