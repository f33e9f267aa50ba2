// test_check_durability.c -- what was saved, what a restart finds, and what
// may leave a server only when it is saved.
#include "test.h"

#include "check_fixture.h"

// ------------------------------------------------------ restarts

// S1 saves term 1 and an entry; then it takes over term 2 and votes for S3,
// but crashes before it is known to have saved that. Gives the number of the
// persist, and that of the boot in *boot.
static uint64_t restart(uint64_t term, int voted_for, uint64_t n_entries,
                        uint64_t *boot)
{
    static const struct trace_entry entries[] = {{1, 1, "x"}, {2, 1, "y"}};
    begin_story();
    take_term(0, 1);
    appends(0, 1, 1, "x");
    uint64_t saved = persists(0, 1, TRACE_NONE, 1, 1);
    take_term(0, 2);
    vote(0, 2, 2);
    STEP(0, .kind = TRACE_CRASH);
    *boot = STEP(0, .kind = TRACE_BOOT, .term = term, .voted_for = voted_for,
                 .entries = entries, .n_entries = n_entries);
    return saved;
}

// What is on its way to the disk in a crash may arrive, or not.
static void test_restart_with_what_was_or_was_being_saved(void **state)
{
    (void)state;
    uint64_t boot;
    restart(1, TRACE_NONE, 1, &boot);
    assert_sound();
    restart(2, TRACE_NONE, 1, &boot);
    assert_sound();
    restart(2, 2, 1, &boot);
    assert_sound();
}

static void assert_restart_broken(uint64_t term, int voted_for,
                                  uint64_t n_entries, const char *tag)
{
    uint64_t boot, saved = restart(term, voted_for, n_entries, &boot);
    assert_broken("restarted-with-wrong-state", tag, SHOWN(boot, saved), OF(0));
}

// S2 asks in term 2 and crashes; nothing is told of saves.
static uint64_t crash_in_term_2(void)
{
    begin_story();
    ASK_VOTE(1, 0, .term = 2);
    uint64_t asks = story_sent();
    STEP(1, .kind = TRACE_CRASH);
    STEP(1, .kind = TRACE_RESTART);
    return asks;
}

static void test_all2_restart_in_an_older_term_without_saves(void **state)
{
    (void)state;
    uint64_t asks = crash_in_term_2();
    uint64_t boot = STEP(1, .kind = TRACE_BOOT, .voted_for = TRACE_NONE);
    assert_broken("restarted-without-term", "ALL.2", SHOWN(boot, asks), OF(1));
}

// The same of a server that tells messages alone: what its older life had on
// its way is none of the new one's.
static void test_all2_messages_of_an_older_term_after_a_restart(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        uint64_t asks = crash_in_term_2();
        wait_us(late != 0 ? 50000 : 40000);
        ASK_VOTE(1, 0, .term = 2);
        ASK_VOTE(1, 0, .term = 1);
        if (late == 0)
            assert_sound();
        else
            assert_broken("restarted-without-term", "ALL.2",
                          SHOWN(story_sent(), asks), OF(1));
    }
}

static void test_all2_restart_in_another_term(void **state)
{
    (void)state;
    assert_restart_broken(0, TRACE_NONE, 1, "ALL.2");
    assert_restart_broken(2, 2, 2, "ALL.2");
    assert_restart_broken(2, 1, 1, "ALL.2");
}

static void test_rv2_restart_with_another_vote(void **state)
{
    (void)state;
    assert_restart_broken(1, 2, 1, "RV.2");
}

static void test_ae4_restart_with_another_log(void **state)
{
    (void)state;
    assert_restart_broken(1, TRACE_NONE, 0, "AE.4");
    assert_restart_broken(1, TRACE_NONE, 2, "AE.4");
}

// Which of the rules it was that kept nothing, nobody can say.
static void test_restart_with_nothing_has_no_rule(void **state)
{
    (void)state;
    assert_restart_broken(0, TRACE_NONE, 0, "");
}

// ------------------------------------------------------ saves

// S1 is in term 1 and has voted for S2; gives the number of the new term.
static uint64_t vote_in_term_1(void)
{
    begin_story();
    uint64_t term = STEP(0, .kind = TRACE_TERM, .to = 1);
    vote(0, 1, 1);
    return term;
}

static void test_all2_saved_another_term(void **state)
{
    (void)state;
    uint64_t term = vote_in_term_1();
    uint64_t saved = persists(0, 2, 1, 0, 0);
    assert_broken("saved-wrong-state", "ALL.2", SHOWN(saved, term), OF(0));
}

static void test_rv2_saved_another_vote(void **state)
{
    (void)state;
    uint64_t term = vote_in_term_1();
    uint64_t saved = persists(0, 1, 2, 0, 0);
    assert_broken("saved-wrong-state", "RV.2", SHOWN(saved, term), OF(0));
}

static void test_ae4_saved_another_log(void **state)
{
    (void)state;
    uint64_t term = vote_in_term_1();
    uint64_t saved = persists(0, 1, 1, 1, 1);
    assert_broken("saved-wrong-state", "AE.4", SHOWN(saved, term), OF(0));
}

// A save tells what the server was when it began.
static void test_saved_what_it_was(void **state)
{
    (void)state;
    vote_in_term_1();
    persists(0, 0, TRACE_NONE, 0, 0);
    persists(0, 1, TRACE_NONE, 0, 0);
    persists(0, 1, 1, 0, 0);
    persists(0, 1, 1, 0, 0);
    assert_sound();
    uint64_t back = persists(0, 1, TRACE_NONE, 0, 0);
    assert_broken("saved-wrong-state", "RV.2", SHOWN(back), OF(0));
}

// ------------------------------------------------------ requests

static void test_c1_votes_asked_before_the_term_is_saved(void **state)
{
    (void)state;
    uint64_t saved = persists(0, 0, TRACE_NONE, 0, 0);
    stand(0, 1);
    ASK_VOTE(0, 1, .term = 1);
    assert_broken("sent-before-saving", "C.1", SHOWN(story_sent(), saved),
                  OF(0));
}

static void test_c1_votes_asked_before_its_own_is_saved(void **state)
{
    (void)state;
    stand(0, 1);
    uint64_t saved = persists(0, 1, TRACE_NONE, 0, 0);
    ASK_VOTE(0, 1, .term = 1);
    assert_broken("sent-before-saving", "C.1", SHOWN(story_sent(), saved),
                  OF(0));
    begin_story();
    stand(0, 1);
    persists(0, 1, 0, 0, 0);
    ASK_VOTE(0, 1, .term = 1);
    assert_sound();
}

static void test_c1_led_before_the_term_is_saved(void **state)
{
    (void)state;
    for (uint64_t term = 0; term <= 1; term++) {
        begin_story();
        elects(0, 1, 1);
        uint64_t saved = persists(0, term, TRACE_NONE, 0, 0);
        APPEND_ENTRIES(0, 1, .term = 1);
        if (term == 1)
            assert_sound();
        else
            assert_broken("sent-before-saving", "C.1",
                          SHOWN(story_sent(), saved), OF(0));
    }
}

// ------------------------------------------------------ answers

// S2 grants S1 its vote of term 1; so much of that it has saved before.
// Gives the number of the persist, and that of the reply in *replies.
static uint64_t grant(uint64_t term, int voted_for, uint64_t *replies)
{
    begin_story();
    stand(0, 1);
    persists(0, 1, 0, 0, 0);
    uint64_t msg = ASK_VOTE(0, 1, .term = 1);
    receive(msg);
    vote(1, 0, 1);
    uint64_t saved = persists(1, term, voted_for, 0, 0);
    *replies = ANSWER_VOTE(msg, .term = 1, .vote_granted = true);
    return saved;
}

static void test_all2_answered_before_the_term_is_saved(void **state)
{
    (void)state;
    uint64_t replies, saved = grant(0, TRACE_NONE, &replies);
    assert_broken("replied-before-saving", "ALL.2", SHOWN(replies, saved),
                  OF(1));
}

static void test_rv2_granted_before_the_vote_is_saved(void **state)
{
    (void)state;
    uint64_t replies, saved = grant(1, TRACE_NONE, &replies);
    assert_broken("replied-before-saving", "RV.2", SHOWN(replies, saved),
                  OF(1, 0));
    grant(1, 0, &replies);
    assert_sound();
}

// A refusal promises a term only.
static void test_rv2_refused_before_a_vote_is_saved(void **state)
{
    (void)state;
    stand(0, 1);
    persists(0, 1, 0, 0, 0);
    vote(1, 2, 1);
    persists(1, 1, TRACE_NONE, 0, 0);
    uint64_t msg = ASK_VOTE(0, 1, .term = 1);
    receive(msg);
    ANSWER_VOTE(msg, .term = 1, .vote_granted = false);
    assert_sound();
}

// S1 leads term 1; all have saved that.
static uint64_t lead_durably(void)
{
    begin_story();
    elects(0, 1, 1);
    persists(0, 1, 0, 0, 0);
    return persists(1, 1, 0, 0, 0);
}

// S2 gets S1's entry of a term, in place of one that it may have, and
// acknowledges it. `saved` is its last persist before that.
static void acknowledge(uint64_t term, bool replaces, bool saves,
                        uint64_t saved)
{
    appends(0, 1, term, "x");
    uint64_t msg =
        APPEND_ENTRIES(0, 1, .term = term, .entries = ENTRIES({.term = term}));
    receive(msg);
    if (replaces)
        truncate_at(1, 1);
    appends(1, 1, term, "x");
    if (saves)
        persists(1, term, 0, 1, term);
    uint64_t replies = ANSWER_APPEND(msg, .term = term, .success = true);
    if (saves)
        assert_sound();
    else
        assert_broken("replied-before-saving", "AE.4", SHOWN(replies, saved),
                      OF(1, 0));
}

static void test_ae4_acknowledged_before_the_entries_are_saved(void **state)
{
    (void)state;
    acknowledge(1, false, false, lead_durably());
    acknowledge(1, false, true, lead_durably());
}

// What was saved ends at the same index, but is of another term.
static void test_ae4_acknowledged_before_a_new_entry_is_saved(void **state)
{
    (void)state;
    for (int saves = 0; saves <= 1; saves++) {
        begin_story();
        elects(0, 1, 2);
        persists(0, 2, 0, 0, 0);
        appends(1, 1, 1, "y");
        acknowledge(2, true, saves, persists(1, 2, 0, 1, 1));
    }
}

// What the message does not speak of need not be saved.
static void test_ae4_a_heartbeat_answered_before_a_save(void **state)
{
    (void)state;
    lead_durably();
    appends(0, 1, 1, "x");
    appends(1, 1, 1, "x");
    uint64_t msg = APPEND_ENTRIES(0, 1, .term = 1);
    receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = true);
    assert_sound();
}

static void test_is5_acknowledged_before_the_snapshot_is_saved(void **state)
{
    (void)state;
    for (int saves = 0; saves <= 1; saves++) {
        uint64_t saved = lead_durably();
        uint64_t msg =
            INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 2,
                             .last_included_term = 1, .done = true);
        receive(msg);
        STEP(1, .kind = TRACE_INSTALL, .index = 2, .entry_term = 1);
        if (saves)
            STEP(1, .kind = TRACE_PERSIST, .term = 1, .from = 2, .index = 2,
                 .entry_term = 1, .snapshot_bytes = 9);
        uint64_t replies = ANSWER_INSTALL(msg, .term = 1);
        if (saves)
            assert_sound();
        else
            assert_broken("replied-before-saving", "IS.5",
                          SHOWN(replies, saved), OF(1, 0));
    }
}

// A snapshot arrives beside entries that are saved and acknowledged: the disk
// holds what was promised. Entries that come behind the snapshot need it there.
static void test_is7_a_snapshot_arrives_beside_entries(void **state)
{
    (void)state;
    for (int late = 0; late <= 1; late++) {
        uint64_t saved = lead_durably();
        appends(0, 1, 1, "x");
        uint64_t entries =
            APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({1, {NULL, 0}}));
        if (!late) {
            receive(entries);
            appends(1, 1, 1, "x");
            saved = persists(1, 1, 0, 1, 1);
        }
        uint64_t msg =
            INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 2,
                             .last_included_term = 1, .done = true);
        receive(msg);
        STEP(1, .kind = TRACE_INSTALL, .index = 2, .entry_term = 1);
        if (late)
            receive(entries);
        uint64_t replies = ANSWER_APPEND(entries, .term = 1, .success = true);
        if (late)
            assert_broken("replied-before-saving", "AE.4",
                          SHOWN(replies, saved), OF(1, 0));
        else
            assert_sound();
    }
}

static void test_every_property_of_durability_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {
        "ALL.2 restarted-with-wrong-state", " restarted-with-wrong-state",
        "ALL.2 restarted-without-term",     "RV.2 restarted-with-wrong-state",
        "AE.4 restarted-with-wrong-state",  "ALL.2 saved-wrong-state",
        "RV.2 saved-wrong-state",           "AE.4 saved-wrong-state",
        "C.1 sent-before-saving",           "ALL.2 replied-before-saving",
        "RV.2 replied-before-saving",       "AE.4 replied-before-saving",
        "IS.5 replied-before-saving",       NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_restart_with_what_was_or_was_being_saved),
        STORY(test_all2_restart_in_another_term),
        STORY(test_all2_restart_in_an_older_term_without_saves),
        STORY(test_all2_messages_of_an_older_term_after_a_restart),
        STORY(test_rv2_restart_with_another_vote),
        STORY(test_ae4_restart_with_another_log),
        STORY(test_restart_with_nothing_has_no_rule),
        STORY(test_all2_saved_another_term),
        STORY(test_rv2_saved_another_vote),
        STORY(test_ae4_saved_another_log),
        STORY(test_saved_what_it_was),
        STORY(test_c1_votes_asked_before_the_term_is_saved),
        STORY(test_c1_votes_asked_before_its_own_is_saved),
        STORY(test_c1_led_before_the_term_is_saved),
        STORY(test_all2_answered_before_the_term_is_saved),
        STORY(test_rv2_granted_before_the_vote_is_saved),
        STORY(test_rv2_refused_before_a_vote_is_saved),
        STORY(test_ae4_acknowledged_before_the_entries_are_saved),
        STORY(test_ae4_acknowledged_before_a_new_entry_is_saved),
        STORY(test_ae4_a_heartbeat_answered_before_a_save),
        STORY(test_is5_acknowledged_before_the_snapshot_is_saved),
        STORY(test_is7_a_snapshot_arrives_beside_entries),
        STORY(test_every_property_of_durability_was_broken),
    };
    return cmocka_run_group_tests_name("check_durability", tests, NULL, NULL) !=
           0;
}
