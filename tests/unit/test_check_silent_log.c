// test_check_silent_log.c -- logs, commits and progress of Rafts that tell
// nothing of themselves.
#include "test.h"

#include "silent_fixture.h"

enum { MS = 1000 };

// ------------------------------------------------------ followers' logs

static void test_ae2_accepts_behind_another_entry(void **state)
{
    (void)state;
    silent_leads();
    silent_stores(0);
    silent_stores(1);
    restarts(0);
    wait_us(500 * MS);
    silent_elected(0, 2, 2, 1, 1); // without the entry 2 that it had not saved
    arrive(silent_sends(1, 2, 1, 1, 2));
    answer_append(2, true); // entry 2 of term 2 for that of term 1
    assert_sound();
    wait_us(500 * MS);
    silent_elected(2, 0, 3, 9, 2);
    arrive(APPEND_ENTRIES(2, 1, .term = 3, .prev_log_index = 2,
                          .prev_log_term = 1));
    answer_append(3, false);
    assert_sound();
    // The entry that it lacked was cut, and comes again.
    arrive(APPEND_ENTRIES(2, 1, .term = 3, .prev_log_index = 1,
                          .prev_log_term = 1, .entries = ENTRIES({.term = 1})));
    answer_append(3, true);
    wait_us(500 * MS);
    silent_elected(0, 2, 4, 9, 3);
    arrive(APPEND_ENTRIES(0, 1, .term = 4, .prev_log_index = 2,
                          .prev_log_term = 2));
    answer_append(4, true);
    assert_broken("accepted-unmatched", "AE.2", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

static void test_ae2_accepts_behind_what_it_never_got(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    silent_answers(silent_sends(2, 1, 0, 0, 1), 1, true);
    uint64_t msg = silent_sends(1, 1, 1, 1, 1); // S2 lacks entry 1
    silent_answers(msg, 1, false);
    assert_sound();
    arrive(silent_sends(1, 1, 1, 1, 1));
    answer_append(1, true);
    assert_broken("accepted-unmatched", "AE.2", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

static void test_ae2_refuses_what_matches(void **state)
{
    (void)state;
    silent_leads();
    uint64_t before = silent_sends(1, 1, 1, 1, 1);
    receive(before); // handled before entry 1 came
    silent_stores(0);
    ANSWER_APPEND(before, .term = 1);
    assert_sound();
    arrive(silent_sends(1, 1, 1, 1, 1));
    answer_append(1, false);
    assert_broken("refused-matching", "AE.2", SHOWN(story_last(), arrived()),
                  OF(1, 0));
}

// S2's entry of term 1 is on its disk; gives the number of its answer.
static uint64_t stores_and_saves(void)
{
    saves(1, 1, 0, 0, 0);
    saves(0, 1, 0, 0, 0);
    silent_leads();
    arrive(silent_sends(1, 1, 0, 0, 1));
    saves(1, 1, 0, 1, 1);
    answer_append(1, true);
    return story_last();
}

static void test_ae3_a_cut_that_was_saved(void **state)
{
    (void)state;
    stores_and_saves();
    uint64_t last = saves(1, 1, 0, 1, 1);
    assert_sound();
    uint64_t saved = saves(1, 1, 0, 0, 0);
    assert_broken("truncated-without-message", "AE.3", SHOWN(saved, last),
                  OF(1));
    begin_silent_story();
    uint64_t stored = stores_and_saves();
    receive(silent_sends(1, 1, 1, 1, 1)); // nothing in it conflicts
    saved = saves(1, 1, 0, 0, 0);
    assert_broken("truncated-without-conflict", "AE.3", SHOWN(saved, stored),
                  OF(1));
}

// What was saved and never shown to anybody may not go either, unless a leader
// has come that may cut it.
static void test_ae3_a_cut_of_what_nobody_saw(void **state)
{
    (void)state;
    uint64_t first = saves(0, 1, 0, 3, 1);
    uint64_t saved = saves(0, 1, 0, 2, 1);
    assert_broken("truncated-without-message", "AE.3", SHOWN(saved, first),
                  OF(0));
    begin_silent_story();
    saves(2, 2, 2, 0, 0);
    saves(1, 2, 2, 0, 0);
    saves(0, 1, 0, 3, 1);
    silent_elected(2, 1, 2, 0, 0);
    receive(APPEND_ENTRIES(2, 0, .term = 2, .entries = ENTRIES({.term = 2})));
    saves(0, 2, TRACE_NONE, 1, 2);
    assert_sound();
}

// ------------------------------------------------------ leaders' logs

static void test_l3_a_wrong_prev_log_term(void **state)
{
    (void)state;
    silent_elected(0, 1, 3, 1, 2);
    uint64_t asked = story_sent();
    APPEND_ENTRIES(0, 1, .term = 3, .prev_log_index = 1, .prev_log_term = 2);
    assert_sound();
    APPEND_ENTRIES(0, 1, .term = 3, .prev_log_index = 1, .prev_log_term = 1);
    assert_broken("wrong-prev-log-term", "L.3", SHOWN(story_sent(), asked),
                  OF(0, 1));
}

static void test_p2_an_entry_changes_its_term(void **state)
{
    (void)state;
    silent_elected(0, 1, 2, 1, 1);
    uint64_t first = story_sent();
    silent_sends(1, 2, 0, 0, 1);
    silent_sends(2, 2, 0, 0, 1);
    assert_sound();
    silent_sends(1, 2, 0, 0, 2);
    assert_broken("leader-append-only", "P.2", SHOWN(story_sent(), first),
                  OF(0, 1));
}

// Behind the log that it was elected with a leader has entries of its own.
static void test_l3_an_entry_that_it_cannot_have(void **state)
{
    (void)state;
    silent_elected(0, 1, 3, 1, 1);
    uint64_t asked = story_sent();
    silent_sends(1, 3, 1, 1, 3);
    assert_sound();
    APPEND_ENTRIES(0, 1, .term = 3, .prev_log_index = 4, .prev_log_term = 2);
    assert_broken("next-index-out-of-range", "L.3", SHOWN(story_sent(), asked),
                  OF(0, 1));
}

static void test_p3_an_entry_has_one_command(void **state)
{
    (void)state;
    struct message_bytes a = {(const uint8_t *)"a", 1};
    struct message_bytes b = {(const uint8_t *)"b", 1};
    silent_elected(0, 1, 1, 0, 0);
    APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({1, a}, {1, b}));
    uint64_t first = story_sent();
    APPEND_ENTRIES(0, 2, .term = 1, .entries = ENTRIES({1, a}, {1, b}));
    assert_sound();
    APPEND_ENTRIES(0, 2, .term = 1, .entries = ENTRIES({1, b}));
    assert_broken("log-matching", "P.3", SHOWN(story_sent(), first), OF(0));
    assert_says("both as leader of that term");
}

static void test_p3_an_entry_has_one_predecessor(void **state)
{
    (void)state;
    silent_elected(0, 1, 3, 2, 2);
    APPEND_ENTRIES(0, 1, .term = 3, .prev_log_index = 1, .prev_log_term = 1,
                   .entries = ENTRIES({.term = 2}));
    uint64_t first = story_sent();
    wait_us(500 * MS);
    silent_elected(2, 1, 4, 3, 2);
    APPEND_ENTRIES(2, 1, .term = 4, .prev_log_index = 1, .prev_log_term = 1,
                   .entries = ENTRIES({.term = 2}));
    assert_sound();
    APPEND_ENTRIES(2, 0, .term = 4, .prev_log_index = 1, .prev_log_term = 1);
    restarts(2); // it may have another log now
    wait_us(500 * MS);
    silent_elected(2, 1, 5, 3, 2);
    APPEND_ENTRIES(2, 1, .term = 5, .prev_log_index = 1, .prev_log_term = 2,
                   .entries = ENTRIES({.term = 2}));
    assert_broken("log-matching", "P.3", SHOWN(story_sent(), first), OF(2, 0));
}

static void test_l3_next_index_falls(void **state)
{
    (void)state;
    silent_leads();
    uint64_t led = story_sent();
    silent_stores(0);
    wait_us(200 * MS);
    silent_sends(1, 1, 0, 0, 1); // made before, perhaps
    assert_sound();
    wait_us(200 * MS);
    APPEND_ENTRIES(0, 1, .term = 1); // a heartbeat
    silent_sends(1, 1, 1, 1, 1);
    assert_sound();
    silent_sends(1, 1, 0, 0, 1);
    assert_broken("next-index-too-low", "L.3", SHOWN(story_sent(), led),
                  OF(0, 1));
}

static void test_l2_one_place_for_each_command(void **state)
{
    (void)state;
    silent_leads();
    uint64_t second = silent_takes(0, 2, 1); // told later than
    silent_takes(0, 1, 1);
    assert_sound();
    uint64_t third = silent_takes(0, 2, 1);
    assert_broken("command-at-wrong-index", "L.2", SHOWN(third, second), OF(0));
}

// ------------------------------------------------------ commits

static void test_l4_without_a_majority(void **state)
{
    (void)state;
    silent_leads();
    uint64_t led = story_sent();
    silent_takes(0, 1, 1);
    silent_takes(0, 2, 1);
    silent_stores(0);
    APPEND_ENTRIES(0, 2, .term = 1, .leader_commit = 1);
    silent_gives(0, 1, 1);
    assert_sound();
    APPEND_ENTRIES(0, 2, .term = 1, .leader_commit = 2);
    assert_broken("commit-without-majority", "L.4", SHOWN(story_sent(), led),
                  OF(0));
}

// What S3 answered to S1 is not told: it may have been a yes.
static void test_l4_an_answer_that_nobody_can_read(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    STEP(0, .kind = TRACE_REPLY_RECV, .msg = 60, .from = 2,
         .rpc = "AppendEntries");
    silent_gives(0, 1, 1);
    assert_sound();
}

static void test_l4_of_an_older_term(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    wait_us(500 * MS);
    silent_elected(0, 1, 2, 1, 1);
    uint64_t msg = APPEND_ENTRIES(0, 1, .term = 2, .prev_log_index = 1,
                                  .prev_log_term = 1);
    uint64_t led = story_sent();
    silent_answers(msg, 2, false);
    silent_answers(silent_sends(1, 2, 0, 0, 1), 2, true);
    assert_sound();
    uint64_t given = silent_gives(0, 1, 1);
    assert_broken("commit-of-older-term", "L.4", SHOWN(given, led), OF(0));
}

static void test_l4_along_with_an_entry_of_its_own(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    wait_us(500 * MS);
    silent_elected(0, 1, 2, 1, 1);
    silent_takes(0, 2, 2);
    silent_answers(silent_sends(1, 2, 0, 0, 1), 2, true);
    silent_answers(silent_sends(1, 2, 1, 1, 2), 2, true);
    silent_gives(0, 1, 1);
    silent_gives(0, 2, 2);
    assert_sound();
}

static void test_l4_the_own_copy_counts_when_it_is_saved(void **state)
{
    (void)state;
    saves(0, 1, 0, 0, 0);
    saves(1, 1, 0, 0, 0);
    silent_leads();
    uint64_t led = story_sent();
    arrive(silent_sends(1, 1, 0, 0, 1));
    saves(1, 1, 0, 1, 1);
    answer_append(1, true);
    hear(3); // the vote, the heartbeat, and this
    uint64_t given = silent_gives(0, 1, 1);
    assert_broken("commit-without-majority", "L.4", SHOWN(given, led), OF(0));
}

static void test_l4_commit_index_falls(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    silent_stores(0);
    APPEND_ENTRIES(0, 1, .term = 1, .leader_commit = 1);
    uint64_t told = story_sent();
    wait_us(900 * MS);
    APPEND_ENTRIES(0, 1, .term = 1); // made before, perhaps
    assert_sound();
    wait_us(200 * MS);
    APPEND_ENTRIES(0, 2, .term = 1); // no more than S3 is known to hold
    assert_sound();
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_broken("commit-index-wrong", "L.4", SHOWN(story_sent(), told),
                  OF(0, 1));
}

static void test_ae5_beyond_the_last_new_entry(void **state)
{
    (void)state;
    silent_leads();
    for (uint64_t index = 0; index < 2; index++)
        silent_stores(index);
    silent_answers(APPEND_ENTRIES(0, 1, .term = 1, .leader_commit = 2), 1,
                   true);
    silent_gives(1, 1, 1); // what it got before in this term vouches for it
    silent_gives(1, 2, 1);
    assert_sound();
    silent_answers(silent_sends(2, 1, 0, 0, 1), 1, true);
    uint64_t msg = APPEND_ENTRIES(0, 2, .term = 1, .prev_log_index = 1,
                                  .prev_log_term = 1, .leader_commit = 2);
    uint64_t got = receive(msg);
    silent_gives(2, 1, 1); // before it answers
    assert_sound();
    uint64_t given = silent_gives(2, 2, 1);
    assert_broken("commit-beyond-message", "AE.5", SHOWN(given, got), OF(2));
}

// ------------------------------------------------------ no progress

// What it took itself as a leader, nobody had to send it.
static void test_ae2_a_leader_of_the_past_has_its_entry(void **state)
{
    (void)state;
    silent_leads();
    STEP(0, .kind = TRACE_CRASH);
    silent_stores(0); // what was on its way in the crash
    STEP(0, .kind = TRACE_RESTART);
    wait_us(500 * MS);
    silent_elected(1, 2, 2, 1, 1);
    arrive(APPEND_ENTRIES(1, 0, .term = 2, .prev_log_index = 1,
                          .prev_log_term = 1, .entries = ENTRIES({.term = 2})));
    answer_append(2, true);
    assert_sound();
}

// S1 tells S2 of its commit; S2 says yes.
static void beats(uint64_t index)
{
    silent_answers(APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = index,
                                  .prev_log_term = index > 0,
                                  .leader_commit = index),
                   1, true);
}

static void test_all1_a_service_gets_nothing(void **state)
{
    (void)state;
    silent_leads();
    silent_takes(0, 1, 1);
    silent_stores(0);
    silent_gives(0, 1, 1);
    beats(1);
    wait_us(980 * MS);
    beats(1);
    assert_not_hindered();
    wait_us(20 * MS);
    beats(1);
    assert_hindered("ALL.1", NO_EVENT, OF(1), "may commit index 1");
    silent_gives(1, 1, 1);
    assert_not_hindered();
}

static void test_l3_a_peer_refuses_again_and_again(void **state)
{
    (void)state;
    silent_leads();
    uint64_t led = story_sent();
    for (int i = 0; i < 2; i++)
        silent_answers(silent_sends(1, 1, 5, 1, 1), 1, false);
    assert_not_hindered();
    uint64_t msg = silent_sends(1, 1, 5, 1, 1), sent = story_sent();
    uint64_t refused = silent_answers(msg, 1, false) + 1; // its receipt
    assert_hindered("L.3", SHOWN(led, sent, refused), OF(0),
                    "does not move next_index back");
}

static void test_l3_a_peer_gets_no_entries(void **state)
{
    (void)state;
    silent_leads();
    uint64_t led = story_sent();
    silent_takes(0, 1, 1);
    silent_answers(silent_sends(2, 1, 0, 0, 1), 1, true);
    silent_gives(0, 1, 1);
    APPEND_ENTRIES(0, 2, .term = 1, .prev_log_index = 1, .prev_log_term = 1,
                   .leader_commit = 1);
    beats(0);
    assert_not_hindered();
    wait_us(990 * MS);
    beats(0);
    assert_hindered("L.3", SHOWN(led), OF(0), "has sent it no entries");
}

// The leader may commit by its own copy and S2's, and does not.
static void test_l4_a_majority_and_no_commit(void **state)
{
    (void)state;
    silent_leads();
    uint64_t led = story_sent();
    silent_takes(0, 1, 1);
    silent_stores(0);
    wait_us(990 * MS);
    APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 1, .prev_log_term = 1);
    assert_not_hindered();
    wait_us(20 * MS);
    APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 1, .prev_log_term = 1);
    assert_hindered("L.4", SHOWN(led), OF(0), "that it counts its own copy");
    APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 1, .prev_log_term = 1,
                   .leader_commit = 1);
    silent_gives(0, 1, 1);
    assert_not_hindered();
}

static void test_every_rule_is_found(void **state)
{
    (void)state;
    static const char *const rules[] = {"AE.2 accepted-unmatched",
                                        "AE.2 refused-matching",
                                        "AE.3 truncated-without-conflict",
                                        "L.3 wrong-prev-log-term",
                                        "AE.3 truncated-without-message",
                                        "L.3 next-index-out-of-range",
                                        "P.2 leader-append-only",
                                        "P.3 log-matching",
                                        "L.3 next-index-too-low",
                                        "L.2 command-at-wrong-index",
                                        "L.4 commit-without-majority",
                                        "L.4 commit-of-older-term",
                                        "L.4 commit-index-wrong",
                                        "AE.5 commit-beyond-message",
                                        "ALL.1 may commit index 1",
                                        "L.3 does not move next_index back",
                                        "L.3 has sent it no entries",
                                        "L.4 that it counts its own copy",
                                        NULL};
    assert_all_found(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENT(test_ae2_a_leader_of_the_past_has_its_entry),
        SILENT(test_ae2_accepts_behind_another_entry),
        SILENT(test_ae2_accepts_behind_what_it_never_got),
        SILENT(test_ae2_refuses_what_matches),
        SILENT(test_ae3_a_cut_that_was_saved),
        SILENT(test_ae3_a_cut_of_what_nobody_saw),
        SILENT(test_l3_an_entry_that_it_cannot_have),
        SILENT(test_l3_a_wrong_prev_log_term),
        SILENT(test_p2_an_entry_changes_its_term),
        SILENT(test_p3_an_entry_has_one_command),
        SILENT(test_p3_an_entry_has_one_predecessor),
        SILENT(test_l3_next_index_falls),
        SILENT(test_l2_one_place_for_each_command),
        SILENT(test_l4_without_a_majority),
        SILENT(test_l4_an_answer_that_nobody_can_read),
        SILENT(test_l4_of_an_older_term),
        SILENT(test_l4_along_with_an_entry_of_its_own),
        SILENT(test_l4_the_own_copy_counts_when_it_is_saved),
        SILENT(test_l4_commit_index_falls),
        SILENT(test_ae5_beyond_the_last_new_entry),
        SILENT(test_all1_a_service_gets_nothing),
        SILENT(test_l3_a_peer_refuses_again_and_again),
        SILENT(test_l3_a_peer_gets_no_entries),
        SILENT(test_l4_a_majority_and_no_commit),
        cmocka_unit_test(test_every_rule_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
