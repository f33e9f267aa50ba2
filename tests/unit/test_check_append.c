// test_check_append.c -- answers to AppendEntries that Figure 2 does not give,
// and the ones that it does.
#include "test.h"

#include "check_fixture.h"

static void test_c3_a_candidate_against_a_leader(void **state)
{
    (void)state;
    for (int yields = 0; yields <= 1; yields++) {
        begin_story();
        elects(0, 2, 1);
        stand(1, 1);
        arrive(APPEND_ENTRIES(0, 1, .term = 1));
        if (yields)
            follow(1, 1);
        answer_append(1, true);
        if (yields)
            assert_sound();
        else
            assert_wrong_answer("candidate-stayed", "C.3");
    }
}

// S1 leads term 1 and sends an entry, but S2 is in term 2 by then.
static void send_of_an_old_term(void)
{
    begin_story();
    elects(0, 2, 1);
    appends(0, 1, 1, "x");
    appends(2, 1, 1, "x");
    commit(0, 0, 1);
    take_term(1, 2);
    appends(1, 1, 1, "x");
    arrive(APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 1,
                          .prev_log_term = 1, .leader_commit = 1));
}

static void test_ae1_an_old_term_is_accepted(void **state)
{
    (void)state;
    send_of_an_old_term();
    answer_append(2, true);
    assert_wrong_answer("old-term-accepted", "AE.1");
    send_of_an_old_term();
    answer_append(2, false);
    assert_sound();
}

static void test_ae1_an_old_term_is_refused_but_used(void **state)
{
    (void)state;
    send_of_an_old_term();
    commit(1, 0, 1);
    answer_append(2, false);
    assert_wrong_answer("old-term-accepted", "AE.1");
    send_of_an_old_term();
    appends(1, 2, 2, "y");
    answer_append(2, false);
    assert_wrong_answer("old-term-accepted", "AE.1");
}

// S1 leads term 2; its log and S3's are of terms 1, 2, 2, 2. S2 is in term 2,
// too, and has n entries: the first of term 1, the others of the given term.
static void two_logs(uint64_t n, uint64_t term)
{
    begin_story();
    elects(0, 2, 2);
    take_term(1, 2);
    appends(0, 1, 1, "x");
    appends(1, 1, 1, "x");
    appends(2, 1, 1, "x");
    for (uint64_t index = 2; index <= 4; index++) {
        appends(0, index, 2, "x");
        appends(2, index, 2, "x");
    }
    for (uint64_t index = 2; index <= n; index++)
        appends(1, index, term, term == 2 ? "x" : "y");
}

// S1 sends S2 the entry 2, of term 2.
#define SEND_2(...)                                                            \
    arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 1,                \
                          .prev_log_term = 1, .entries = ENTRIES({.term = 2}), \
                          __VA_ARGS__))

static void test_ae2_accepted_without_a_matching_entry(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 2; n++)
        for (int success = 0; success <= 1; success++) {
            two_logs(n, 1);
            arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 2,
                                  .prev_log_term = 2));
            answer_append(2, success);
            if (success)
                assert_wrong_answer("accepted-unmatched", "AE.2");
            else
                assert_sound();
        }
}

static void test_ae2_refused_although_the_entry_matches(void **state)
{
    (void)state;
    two_logs(2, 2);
    arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 2,
                          .prev_log_term = 2));
    answer_append(2, false);
    assert_wrong_answer("refused-matching", "AE.2");
    two_logs(2, 2);
    arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 2,
                          .prev_log_term = 2));
    refuse_by("AE.1");
    answer_append(2, false);
    assert_wrong_answer("refused-matching", "AE.1");
}

static void test_ae4_acknowledged_without_storing(void **state)
{
    (void)state;
    two_logs(1, 2);
    SEND_2();
    answer_append(2, true);
    assert_wrong_answer("acknowledged-unstored", "AE.4");
    two_logs(1, 2);
    SEND_2();
    appends(1, 2, 2, "x");
    answer_append(2, true);
    assert_sound();
}

static void test_ae3_acknowledged_with_a_conflicting_entry(void **state)
{
    (void)state;
    two_logs(2, 1);
    SEND_2();
    answer_append(2, true);
    assert_wrong_answer("acknowledged-unstored", "AE.4");
}

// S2 has all that is sent, and more of the same.
static void test_ae3_a_cut_without_a_conflict(void **state)
{
    (void)state;
    two_logs(3, 2);
    SEND_2();
    uint64_t cut = truncate_at(1, 3);
    assert_broken("truncated-without-conflict", "AE.3", SHOWN(cut, arrived()),
                  OF(1, 0));
    two_logs(3, 2);
    SEND_2();
    answer_append(2, true);
    assert_sound();
}

// S2's second entry conflicts, its first does not.
static void test_ae3_a_cut_before_the_conflict(void **state)
{
    (void)state;
    two_logs(3, 1);
    SEND_2();
    uint64_t cut = truncate_at(1, 1);
    assert_broken("truncated-without-conflict", "AE.3", SHOWN(cut, arrived()),
                  OF(1, 0));
}

// The entry before the new ones is another one here: that may go at once, and
// nothing before it.
static void test_ae3_a_cut_by_a_refused_message(void **state)
{
    (void)state;
    for (uint64_t index = 2; index >= 1; index--) {
        two_logs(3, 1);
        arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 2,
                              .prev_log_term = 2));
        uint64_t cut = truncate_at(1, index);
        if (index == 2)
            assert_sound();
        else
            assert_broken("truncated-without-conflict", "AE.3",
                          SHOWN(cut, arrived()), OF(1, 0));
    }
}

static void test_ae3_a_cut_without_a_message(void **state)
{
    (void)state;
    two_logs(3, 1);
    arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 1,
                          .prev_log_term = 1));
    answer_append(2, true);
    uint64_t cut = truncate_at(1, 2);
    assert_broken("truncated-without-message", "AE.3", SHOWN(cut), OF(1));
}

// S2's second entry conflicts; what follows it must go, too.
static void test_ae3_what_follows_a_conflict_is_kept(void **state)
{
    (void)state;
    for (int kept = 0; kept <= 1; kept++) {
        two_logs(3, 1);
        SEND_2();
        truncate_at(1, 2);
        appends(1, 2, 2, "x");
        if (kept)
            appends(1, 3, 2, "x");
        answer_append(2, true);
        if (kept)
            assert_wrong_answer("conflict-kept", "AE.3");
        else
            assert_sound();
    }
}

static void test_ae4_entries_appended_twice(void **state)
{
    (void)state;
    two_logs(1, 2);
    SEND_2();
    appends(1, 2, 2, "x");
    appends(1, 3, 2, "x");
    answer_append(2, true);
    assert_wrong_answer("appended-twice", "AE.4");
}

// S2 has three entries, gets the second again, and commits up to an index.
static void commit_by(uint64_t leader_commit, uint64_t index)
{
    two_logs(3, 2);
    commit(0, 0, 4);
    SEND_2(.leader_commit = leader_commit);
    commit(1, 0, index);
    answer_append(2, true);
}

static void test_ae5_a_commit_beyond_the_last_new_entry(void **state)
{
    (void)state;
    commit_by(4, 3);
    assert_wrong_answer("commit-beyond-message", "AE.5");
    commit_by(4, 2);
    assert_sound();
}

static void test_ae5_a_commit_beyond_leader_commit(void **state)
{
    (void)state;
    commit_by(1, 2);
    assert_wrong_answer("commit-beyond-message", "AE.5");
    commit_by(1, 1);
    assert_sound();
}

// The commit comes before the answer, and tells the same.
static void test_ae2_a_commit_without_a_matching_entry(void **state)
{
    (void)state;
    for (uint64_t prev = 1; prev <= 4; prev += 3) {
        two_logs(1, 2);
        commit(0, 0, 4);
        arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = prev,
                              .prev_log_term = prev > 1 ? 2 : 1,
                              .leader_commit = 4));
        commit(1, 0, prev);
        const struct check_finding *finding = check_finding(story_check());
        if (prev == 1) {
            assert_null(finding);
            continue;
        }
        assert_non_null(finding);
        assert_string_equal(finding->tag, "AE.2");
        assert_string_equal(finding->property, "accepted-unmatched");
        assert_int_equal(finding->n_events, 2);
    }
}

static void test_ae5_a_commit_by_a_refused_message(void **state)
{
    (void)state;
    for (int commits = 0; commits <= 1; commits++) {
        two_logs(1, 2);
        commit(0, 0, 4);
        arrive(APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 4,
                              .prev_log_term = 2, .leader_commit = 4));
        if (commits)
            commit(1, 0, 1);
        answer_append(2, false);
        if (commits)
            assert_wrong_answer("commit-by-refused-message", "AE.5");
        else
            assert_sound();
    }
}

static void test_every_property_of_append_answers_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {"C.3 candidate-stayed",
                                      "AE.1 old-term-accepted",
                                      "AE.2 accepted-unmatched",
                                      "AE.2 refused-matching",
                                      "AE.1 refused-matching",
                                      "AE.4 acknowledged-unstored",
                                      "AE.3 truncated-without-conflict",
                                      "AE.3 truncated-without-message",
                                      "AE.3 conflict-kept",
                                      "AE.4 appended-twice",
                                      "AE.5 commit-beyond-message",
                                      "AE.5 commit-by-refused-message",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_c3_a_candidate_against_a_leader),
        STORY(test_ae1_an_old_term_is_accepted),
        STORY(test_ae1_an_old_term_is_refused_but_used),
        STORY(test_ae2_accepted_without_a_matching_entry),
        STORY(test_ae2_refused_although_the_entry_matches),
        STORY(test_ae4_acknowledged_without_storing),
        STORY(test_ae3_acknowledged_with_a_conflicting_entry),
        STORY(test_ae3_a_cut_without_a_conflict),
        STORY(test_ae3_a_cut_before_the_conflict),
        STORY(test_ae3_a_cut_by_a_refused_message),
        STORY(test_ae3_a_cut_without_a_message),
        STORY(test_ae3_what_follows_a_conflict_is_kept),
        STORY(test_ae4_entries_appended_twice),
        STORY(test_ae5_a_commit_beyond_the_last_new_entry),
        STORY(test_ae5_a_commit_beyond_leader_commit),
        STORY(test_ae2_a_commit_without_a_matching_entry),
        STORY(test_ae5_a_commit_by_a_refused_message),
        STORY(test_every_property_of_append_answers_was_broken),
    };
    return cmocka_run_group_tests_name("check_append", tests, NULL, NULL) != 0;
}
