// test_check_silent_saves.c -- saves and terms of Rafts that tell nothing of
// themselves.
#include "test.h"

#include "silent_fixture.h"

enum { MS = 1000 };

// ------------------------------------------------------ saves

// S1 and S2 have saved what they need for S2 to get S1's first entry.
static void saved(void)
{
    saves(0, 1, 0, 0, 0);
    saves(1, 1, 0, 0, 0);
    silent_leads();
}

static void test_c1_asks_before_it_is_saved(void **state)
{
    (void)state;
    uint64_t first = saves(0, 1, TRACE_NONE, 0, 0);
    ASK_VOTE(0, 1, .term = 1); // that may have been a past
    assert_sound();
    saves(2, 0, TRACE_NONE, 0, 0);
    ASK_VOTE(0, 2, .term = 2);
    assert_broken("sent-before-saving", "C.1", SHOWN(story_sent(), first),
                  OF(0));
}

static void test_c1_asks_without_its_own_vote(void **state)
{
    (void)state;
    ASK_VOTE(1, 2, .term = 1);
    uint64_t none = saves(0, 2, TRACE_NONE, 0, 0);
    ASK_VOTE(0, 1, .term = 2);
    assert_broken("sent-before-saving", "C.1", SHOWN(story_sent(), none),
                  OF(0));
    begin_silent_story();
    ASK_VOTE(1, 2, .term = 1);
    uint64_t other = saves(0, 2, 2, 0, 0);
    ASK_VOTE(0, 1, .term = 2);
    assert_broken("no-own-vote", "C.1", SHOWN(story_sent(), other), OF(0));
    assert_says("it saved that term with a vote for S3");
}

// S1 asks for S2's vote of term 1, with this on S2's disk; gives the number of
// that save.
static uint64_t asked_for_a_vote(uint64_t term)
{
    begin_silent_story();
    saves(0, 1, 0, 0, 0);
    uint64_t saved = saves(1, term, TRACE_NONE, 0, 0);
    arrive(ASK_VOTE(0, 1, .term = 1));
    saves(2, 0, TRACE_NONE, 0, 0);
    answer_vote(1, true);
    return saved;
}

static void test_answers_before_it_is_saved(void **state)
{
    (void)state;
    uint64_t saved = asked_for_a_vote(0);
    assert_broken("replied-before-saving", "ALL.2", SHOWN(story_last(), saved),
                  OF(1, 0));
    saved = asked_for_a_vote(1);
    assert_broken("replied-before-saving", "RV.2", SHOWN(story_last(), saved),
                  OF(1, 0));
}

static void test_ae4_acknowledges_before_it_is_saved(void **state)
{
    (void)state;
    saved();
    arrive(silent_sends(1, 1, 0, 0, 1));
    // As long, but of an older term: these entries were replaced.
    uint64_t other = saves(1, 1, 0, 2, 0);
    answer_append(1, true);
    assert_broken("replied-before-saving", "AE.4", SHOWN(story_last(), other),
                  OF(1, 0));
    begin_silent_story();
    saved();
    arrive(silent_sends(1, 1, 0, 0, 1));
    saves(1, 1, 0, 2, 1); // and one more that came meanwhile
    answer_append(1, true);
    assert_sound();
}

static void test_states_in_another_encoding_are_not_judged(void **state)
{
    (void)state;
    STEP(0, .kind = TRACE_SAVED, .voted_for = TRACE_NONE);
    STEP(1, .kind = TRACE_SAVED, .voted_for = TRACE_NONE);
    silent_leads();
    silent_stores(0);
    assert_sound();
}

static void test_labs_without_persistence_are_not_judged(void **state)
{
    (void)state;
    check_without(story_check(), TRACE_PERSIST);
    saves(0, 0, TRACE_NONE, 0, 0);
    saves(1, 0, TRACE_NONE, 0, 0);
    silent_leads();
    silent_stores(0);
    restarts(1);
    wait_us(500 * MS);
    silent_elected(2, 1, 1, 0, 0);
    assert_sound();
}

static void test_a_save_goes_back(void **state)
{
    (void)state;
    uint64_t newer = saves(1, 2, 0, 0, 0);
    saves(1, 2, 0, 0, 0);
    uint64_t n = saves(1, 1, 0, 0, 0);
    assert_broken("saved-wrong-state", "ALL.2", SHOWN(n, newer + 1), OF(1));
    begin_silent_story();
    newer = saves(1, 2, 0, 0, 0);
    n = saves(1, 2, TRACE_NONE, 0, 0);
    assert_broken("saved-wrong-state", "RV.2", SHOWN(n, newer), OF(1));
    begin_silent_story();
    saves(1, 2, 0, 0, 0);
    saves(1, 3, TRACE_NONE, 0, 0);
    saves(1, 3, 2, 0, 0);
    assert_sound();
}

static void test_ae4_a_save_without_what_was_acknowledged(void **state)
{
    (void)state;
    silent_leads();
    uint64_t stored = silent_stores(0);
    uint64_t n = saves(1, 1, 0, 0, 0);
    assert_broken("saved-wrong-state", "AE.4", SHOWN(n, stored), OF(1));
}

// A past of a term and a vote has no log that a first save could cut; one
// with a log has.
static void test_ae3_a_past_is_not_cut(void **state)
{
    (void)state;
    const uint64_t term = (1ull << 32) - 3, index = (1ull << 32) - 6;
    saves(1, term, 2, 0, 0);
    saves(1, term + 1, 1, 0, 0);
    assert_sound();
    begin_silent_story();
    uint64_t past = STEP(1, .kind = TRACE_SAVED, .ok = true, .term = term,
                         .voted_for = TRACE_NONE, .from = index, .index = index,
                         .entry_term = term - 2);
    uint64_t n = saves(1, term + 1, 1, 0, 0);
    assert_broken("saved-wrong-state", "IS.5", SHOWN(n, past), OF(1));
    assert_says("saved no snapshot and a log up to index 0");
}

// A log that was told is not cut, and no older snapshot takes the place of one,
// without a leader's message.
static void test_is5_an_older_snapshot_is_saved(void **state)
{
    (void)state;
    for (uint64_t from = 1; from <= 3; from++) {
        begin_silent_story();
        saved();
        uint64_t newer = STEP(1, .kind = TRACE_SAVED, .ok = true, .term = 1,
                              .to = story_last(), .voted_for = 0, .from = 2,
                              .index = 4, .entry_term = 1);
        uint64_t n = STEP(1, .kind = TRACE_SAVED, .ok = true, .term = 1,
                          .to = story_last(), .voted_for = 0, .from = from,
                          .index = from == 3 ? 4 : 3, .entry_term = 1);
        if (from == 3)
            assert_sound();
        else if (from == 2)
            assert_broken("truncated-without-message", "AE.3", SHOWN(n, newer),
                          OF(1));
        else
            assert_broken("saved-wrong-state", "IS.5", SHOWN(n, newer), OF(1));
    }
}

static void test_ae4_two_saves_at_a_time(void **state)
{
    (void)state;
    saved();
    uint64_t begun = story_last();
    arrive(silent_sends(1, 1, 0, 0, 1));
    uint64_t newer = saves(1, 1, 0, 1, 1);
    answer_append(1, true);
    uint64_t n = STEP(1, .kind = TRACE_SAVED, .ok = true, .to = begun,
                      .term = 1, .voted_for = 0);
    assert_broken("saved-wrong-state", "AE.4", SHOWN(n, newer), OF(1));
}

static void test_is6_a_snapshot_takes_what_follows_it(void **state)
{
    (void)state;
    saved();
    arrive(APPEND_ENTRIES(0, 1, .term = 1,
                          .entries = ENTRIES({.term = 1}, {.term = 1})));
    saves(1, 1, 0, 2, 1);
    answer_append(1, true);
    uint64_t msg = INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 1,
                                    .last_included_term = 1, .done = true);
    uint64_t got = receive(msg);
    STEP(1, .kind = TRACE_SAVED, .ok = true, .to = story_last(), .term = 1,
         .voted_for = 0, .index = 2, .entry_term = 1, .from = 1);
    assert_sound();
    uint64_t n =
        STEP(1, .kind = TRACE_SAVED, .ok = true, .to = story_last(), .term = 1,
             .voted_for = 0, .index = 1, .entry_term = 1, .from = 1);
    assert_broken("truncated-without-conflict", "AE.3", SHOWN(n, got - 2),
                  OF(1));
    begin_silent_story();
    saved();
    arrive(APPEND_ENTRIES(0, 1, .term = 1,
                          .entries = ENTRIES({.term = 1}, {.term = 1})));
    saves(1, 1, 0, 2, 1);
    answer_append(1, true);
    msg = INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 1,
                           .last_included_term = 1, .done = true);
    got = receive(msg);
    n = STEP(1, .kind = TRACE_SAVED, .ok = true, .to = story_last(), .term = 1,
             .voted_for = 0, .index = 1, .entry_term = 1, .from = 1);
    assert_broken("saved-wrong-state", "IS.6", SHOWN(n, got), OF(1));
}

// ------------------------------------------------------ terms

static void test_is5_a_snapshot_has_a_term(void **state)
{
    (void)state;
    silent_leads();
    INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 4,
                     .last_included_term = 1);
    assert_sound();
    INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 4);
    assert_broken("snapshot-with-wrong-term", "IS.5", SHOWN(story_sent()),
                  OF(0, 1));
}

static void test_l3_the_entry_before_has_a_term(void **state)
{
    (void)state;
    silent_leads();
    APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 4);
    assert_broken("wrong-prev-log-term", "L.3", SHOWN(story_sent()), OF(0, 1));
}

// Whoever stands for election begins a term that is newer than all in its log.
static void test_all2_a_term_older_than_its_log(void **state)
{
    (void)state;
    ASK_VOTE(0, 1, .term = 3, .last_log_index = 2, .last_log_term = 2);
    assert_sound();
    ASK_VOTE(1, 0, .term = 10, .last_log_index = 2, .last_log_term = 10);
    assert_broken("current-term-wrong", "ALL.2", SHOWN(story_sent()), OF(1));
}

static void test_every_rule_is_found(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "AE.3 truncated-without-conflict", "AE.3 truncated-without-message",
        "C.1 sent-before-saving",          "C.1 no-own-vote",
        "ALL.2 replied-before-saving",     "RV.2 replied-before-saving",
        "AE.4 replied-before-saving",      "ALL.2 saved-wrong-state",
        "RV.2 saved-wrong-state",          "AE.4 saved-wrong-state",
        "IS.5 saved-wrong-state",          "IS.6 saved-wrong-state",
        "IS.5 snapshot-with-wrong-term",   "ALL.2 current-term-wrong",
        "L.3 wrong-prev-log-term",         NULL};
    assert_all_found(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENT(test_c1_asks_before_it_is_saved),
        SILENT(test_c1_asks_without_its_own_vote),
        SILENT(test_answers_before_it_is_saved),
        SILENT(test_ae4_acknowledges_before_it_is_saved),
        SILENT(test_states_in_another_encoding_are_not_judged),
        SILENT(test_labs_without_persistence_are_not_judged),
        SILENT(test_a_save_goes_back),
        SILENT(test_ae4_a_save_without_what_was_acknowledged),
        SILENT(test_ae3_a_past_is_not_cut),
        SILENT(test_is5_an_older_snapshot_is_saved),
        SILENT(test_ae4_two_saves_at_a_time),
        SILENT(test_is6_a_snapshot_takes_what_follows_it),
        SILENT(test_is5_a_snapshot_has_a_term),
        SILENT(test_l3_the_entry_before_has_a_term),
        SILENT(test_all2_a_term_older_than_its_log),
        cmocka_unit_test(test_every_rule_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
