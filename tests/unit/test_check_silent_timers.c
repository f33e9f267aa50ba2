// test_check_silent_timers.c -- election timers of Rafts that tell nothing of
// themselves.
#include "test.h"

#include <string.h>

#include "silent_fixture.h"

enum { MS = 1000 };

static void test_f2_an_election_without_a_timeout(void **state)
{
    (void)state;
    silent_leads();
    arrive(APPEND_ENTRIES(0, 1, .term = 1));
    answer_append(1, true);
    uint64_t heard = story_last();
    wait_us(85 * MS);
    ASK_VOTE(1, 2, .term = 2);
    assert_broken("timer-not-reset", "F.2", SHOWN(story_sent(), heard), OF(1));
    begin_silent_story();
    silent_leads();
    arrive(APPEND_ENTRIES(0, 1, .term = 1));
    answer_append(1, true);
    wait_us(90 * MS);
    ASK_VOTE(1, 2, .term = 2);
    assert_sound();
}

static void test_f2_a_server_that_does_not_stand(void **state)
{
    (void)state;
    saves(0, 1, 0, 0, 0);
    saves(1, 1, TRACE_NONE, 1, 1);
    wait_us(2480 * MS);
    arrive(ASK_VOTE(0, 1, .term = 1));
    answer_vote(1, false);
    assert_sound();
    wait_us(20 * MS);
    arrive(ASK_VOTE(0, 1, .term = 1));
    answer_vote(1, false);
    assert_broken("timer-reset", "F.2", SHOWN(story_last(), arrived()), OF(1));
    begin_silent_story();
    saves(0, 1, 0, 0, 0);
    saves(1, 1, TRACE_NONE, 1, 1);
    wait_us(2480 * MS);
    STEP(1, .kind = TRACE_PAUSE, .ok = false); // it stood still
    wait_us(20 * MS);
    arrive(ASK_VOTE(0, 1, .term = 1));
    answer_vote(1, false);
    assert_sound();
}

static void test_f2_a_slow_server_is_not_judged(void **state)
{
    (void)state;
    check_untimed(story_check());
    silent_asks(0, 1, 1, 0, 0, true);
    ASK_VOTE(1, 2, .term = 2);
    assert_sound();
    begin_silent_story();
    STEP(1, .kind = TRACE_CLOCK, .to = 4000);
    silent_asks(0, 1, 1, 0, 0, true);
    ASK_VOTE(1, 2, .term = 2);
    assert_sound();
}

// What leaves right after a restart may be of the life before.
static void test_c2_votes_are_asked_for_right_after_a_restart(void **state)
{
    (void)state;
    for (int untimed = 0; untimed < 2; untimed++) {
        begin_silent_story();
        if (untimed)
            check_untimed(story_check());
        restarts(0);
        wait_us(10 * MS);
        silent_asks(0, 1, 1, 0, 0, true);
        ASK_VOTE(2, 1, .term = 1);
        wait_us(70 * MS);
        APPEND_ENTRIES(0, 1, .term = 1);
        assert_sound();
    }
    // Judged where time stands still.
    begin_silent_story();
    check_untimed(story_check());
    restarts(0);
    wait_us(10 * MS);
    ASK_VOTE(0, 1, .term = 1);
    uint64_t asked = story_sent();
    silent_asks(2, 1, 1, 0, 0, true);
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_broken("leader-without-majority", "C.2", SHOWN(story_sent(), asked),
                  OF(0));
}

// An election at each look at the timer. Saves that last longer than a timeout
// may bring two of them close together.
static void test_f2_an_election_at_each_look(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (uint64_t term = 1; term <= 4; term++) {
        assert_sound();
        wait_us(15 * MS);
        before = story_sent();
        ASK_VOTE(1, 2, .term = term);
    }
    assert_broken("timer-not-reset", "F.2", SHOWN(story_sent(), before), OF(1));
    assert_says("in the 4th election within ");
    begin_silent_story();
    for (uint64_t term = 1; term <= 9; term++) {
        wait_us(term % 3 == 0 ? 100 * MS : 15 * MS);
        ASK_VOTE(1, 2, .term = term);
    }
    assert_sound();
}

// A leader by its own vote alone, which it has saved, has asked nobody.
static void test_c2_no_vote_but_its_own(void **state)
{
    (void)state;
    saves(1, 0, TRACE_NONE, 0, 0);
    uint64_t saved = saves(0, 1, 0, 0, 0);
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_broken("leader-without-majority", "C.2", SHOWN(story_sent(), saved),
                  OF(0));
    assert_says("with no vote but its own");
    // Messages of other names may have brought the votes.
    begin_silent_story();
    saves(1, 0, TRACE_NONE, 0, 0);
    saves(0, 1, 0, 0, 0);
    STEP(0, .kind = TRACE_SEND, .msg = 900, .peer = 1, .rpc = "Elect");
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_sound();
}

static void test_every_rule_is_found(void **state)
{
    (void)state;
    static const char *const rules[] = {"C.2 leader-without-majority",
                                        "F.2 timer-reset",
                                        "F.2 timer-not-reset", NULL};
    assert_all_found(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SILENT(test_f2_an_election_without_a_timeout),
        SILENT(test_f2_a_server_that_does_not_stand),
        SILENT(test_f2_a_slow_server_is_not_judged),
        SILENT(test_c2_votes_are_asked_for_right_after_a_restart),
        SILENT(test_f2_an_election_at_each_look),
        SILENT(test_c2_no_vote_but_its_own),
        cmocka_unit_test(test_every_rule_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
