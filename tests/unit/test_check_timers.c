// test_check_timers.c -- elections that begin too early, too late, or against
// a leader that is there.
#include "test.h"

#include "check_fixture.h"

enum { MS = 1000 };

static void test_f2_a_leader_times_out(void **state)
{
    (void)state;
    uint64_t leads = elects(0, 1, 1);
    wait_us(200 * MS);
    uint64_t times_out = time_out(0, 200 * MS);
    assert_broken("leader-timed-out", "F.2", SHOWN(times_out, leads), OF(0));
    begin_story();
    elects(0, 1, 1);
    take_term(0, 2);
    follow(0, 2);
    wait_us(200 * MS);
    time_out(0, 200 * MS);
    assert_sound();
}

// ------------------------------------------------------ heartbeats

// S1 leads with S2's vote, since the event that is given.
static uint64_t elect_by_messages(void)
{
    begin_story();
    stand(0, 1);
    call_for_vote(0, 1, 1);
    return lead(0, 1);
}

// The leader is alive: the other follower hears from it.
static void test_l1_a_leader_sends_nothing(void **state)
{
    (void)state;
    uint64_t leads = elect_by_messages();
    wait_us(100 * MS);
    APPEND_ENTRIES(0, 2, .term = 1);
    wait_us(100 * MS);
    uint64_t times_out = time_out(1, 200 * MS);
    assert_broken("no-heartbeats", "L.1", SHOWN(times_out, leads), OF(1, 0));
    elect_by_messages();
    heartbeat(0, 1, 1); // the last one
    wait_us(100 * MS);
    APPEND_ENTRIES(0, 2, .term = 1);
    wait_us(100 * MS);
    times_out = time_out(1, 200 * MS);
    assert_broken("no-heartbeats", "L.1", SHOWN(times_out, leads), OF(1, 0));
}

static void test_l1_what_a_leader_sends_is_lost(void **state)
{
    (void)state;
    elect_by_messages();
    wait_us(100 * MS);
    APPEND_ENTRIES(0, 1, .term = 1);
    wait_us(100 * MS);
    time_out(1, 200 * MS);
    assert_sound();
}

// A leader that nobody hears may be down.
static void test_l1_a_leader_that_says_nothing_at_all(void **state)
{
    (void)state;
    elect_by_messages();
    wait_us(200 * MS);
    time_out(1, 200 * MS);
    assert_sound();
}

static void test_l1_a_leader_cannot_send(void **state)
{
    (void)state;
    static const enum trace_kind faults[] = {TRACE_CRASH, TRACE_PAUSE};
    for (int i = 0; i < 2; i++) {
        elect_by_messages();
        wait_us(100 * MS);
        APPEND_ENTRIES(0, 2, .term = 1);
        STEP(0, .kind = faults[i], .ok = true);
        wait_us(100 * MS);
        time_out(1, 200 * MS);
        assert_sound();
    }
}

// A leader of a short time need not have sent anything yet.
static void test_l1_a_leader_since_the_wait_began(void **state)
{
    (void)state;
    stand(0, 1);
    call_for_vote(0, 1, 1);
    wait_us(100 * MS);
    lead(0, 1);
    APPEND_ENTRIES(0, 2, .term = 1);
    wait_us(100 * MS);
    time_out(1, 200 * MS);
    assert_sound();
}

// ------------------------------------------------------ the timer

static void test_f2_an_election_without_a_timeout(void **state)
{
    (void)state;
    uint64_t boot = 3; // of S3
    wait_us(50 * MS);
    uint64_t times_out = time_out(2, 49 * MS);
    assert_broken("election-too-early", "F.2", SHOWN(times_out, boot), OF(2));
    begin_story();
    wait_us(50 * MS);
    time_out(2, 50 * MS);
    assert_sound();
}

// Where real time passes, or a clock runs wild, nothing is said of timers.
static void test_f2_timers_that_are_not_judged(void **state)
{
    (void)state;
    check_untimed(story_check());
    time_out(2, 1 * MS);
    assert_sound();
    begin_story();
    STEP(2, .kind = TRACE_CLOCK, .to = 2000);
    time_out(2, 1 * MS);
    assert_sound();
    begin_story();
    STEP(2, .kind = TRACE_PAUSE, .ok = true);
    time_out(2, 1 * MS);
    assert_sound();
}

// The leader of term 1 sends S2 what is lost.
static void send_in_vain(void)
{
    wait_us(50 * MS);
    APPEND_ENTRIES(0, 1, .term = 1);
    wait_us(50 * MS);
}

// S2 hears from its leader, but the timeout after that says it has waited so
// long.
static uint64_t time_out_after_a_heartbeat(uint64_t waited_us, uint64_t *reply)
{
    elect_by_messages();
    wait_us(100 * MS);
    heartbeat(0, 1, 1);
    *reply = story_last();
    send_in_vain();
    return time_out(1, waited_us);
}

static void test_f2_not_set_back_by_the_leader(void **state)
{
    (void)state;
    uint64_t reply;
    uint64_t times_out = time_out_after_a_heartbeat(200 * MS, &reply);
    assert_broken("timer-not-reset", "F.2", SHOWN(times_out, reply), OF(1));
    time_out_after_a_heartbeat(101 * MS, &reply);
    assert_sound();
}

// S2 has voted for so many when S3 asks for its vote; how long it says to have
// waited when it times out 100 ms later.
static uint64_t time_out_after_an_answer(bool grants, uint64_t waited_us,
                                         uint64_t *reply)
{
    begin_story();
    stand(0, 1);
    stand(2, 1);
    if (!grants)
        vote(1, 0, 1);
    wait_us(100 * MS);
    uint64_t msg = ASK_VOTE(2, 1, .term = 1);
    receive(msg);
    if (grants)
        vote(1, 2, 1);
    *reply = ANSWER_VOTE(msg, .term = 1, .vote_granted = grants);
    wait_us(100 * MS);
    return time_out(1, waited_us);
}

static void test_f2_not_set_back_by_a_vote(void **state)
{
    (void)state;
    uint64_t reply;
    uint64_t times_out = time_out_after_an_answer(true, 200 * MS, &reply);
    assert_broken("timer-not-reset", "F.2", SHOWN(times_out, reply), OF(1));
    time_out_after_an_answer(true, 101 * MS, &reply);
    assert_sound();
}

static void test_f2_set_back_without_a_reason(void **state)
{
    (void)state;
    uint64_t reply, asked, boot = 2; // of S2
    uint64_t times_out = time_out_after_an_answer(false, 101 * MS, &reply);
    asked = reply - 1; // it came when the timer must have been set back
    assert_broken("timer-reset", "F.2", SHOWN(times_out, asked), OF(1));
    assert_says("It reset its timer when S3's RequestVote of term 1");
    times_out = time_out_after_an_answer(false, 150 * MS, &reply);
    assert_broken("timer-reset", "F.2", SHOWN(times_out, boot), OF(1));
    time_out_after_an_answer(false, 205 * MS, &reply);
    assert_sound();
}

// A newer term in a reply makes a follower, and sets nothing back.
static void test_f2_set_back_by_a_reply(void **state)
{
    (void)state;
    begin_story();
    stand(1, 1);
    take_term(2, 3);
    uint64_t msg = ASK_VOTE(1, 2, .term = 1);
    receive(msg);
    ANSWER_VOTE(msg, .term = 3);
    take_term(1, 2);
    follow(1, 2);
    wait_us(200 * MS);
    uint64_t heard = hear(msg);
    take_term(1, 3);
    wait_us(100 * MS);
    uint64_t times_out = time_out(1, 101 * MS);
    assert_broken("timer-reset", "F.2", SHOWN(times_out, heard), OF(1));
    assert_says("when S3's reply to its RequestVote brought the newer term 3");
}

// S1 has led for 200 ms, its last heartbeat 50 ms ago, when it is deposed;
// 100 ms later it says to have waited for so long.
static uint64_t time_out_after_a_reign(uint64_t waited_us, uint64_t *deposed)
{
    begin_story();
    elects(0, 2, 1);
    wait_us(150 * MS);
    heartbeat(0, 1, 1);
    wait_us(50 * MS);
    take_term(0, 2);
    *deposed = follow(0, 2);
    wait_us(100 * MS);
    return time_out(0, waited_us);
}

// What it heard before its reign is long ago, and no reason to stand again.
static void test_f2_a_deposed_leader_has_not_waited(void **state)
{
    (void)state;
    uint64_t deposed, times_out = time_out_after_a_reign(300 * MS, &deposed);
    assert_broken("timer-not-reset", "F.2", SHOWN(times_out, deposed), OF(0));
    time_out_after_a_reign(101 * MS, &deposed); // since it was deposed
    assert_sound();
    time_out_after_a_reign(151 * MS, &deposed); // since its last heartbeat
    assert_sound();
}

// The old leader is not heard any more: its message sets nothing back.
static void test_f2_set_back_by_an_old_leader(void **state)
{
    (void)state;
    for (uint64_t waited_ms = 101; waited_ms <= 206; waited_ms += 105) {
        begin_story();
        elects(0, 2, 1);
        take_term(1, 2);
        wait_us(100 * MS);
        uint64_t msg = APPEND_ENTRIES(0, 1, .term = 1);
        uint64_t came = receive(msg);
        ANSWER_APPEND(msg, .term = 2, .success = false);
        wait_us(100 * MS);
        uint64_t times_out = time_out(1, waited_ms * MS);
        if (waited_ms > 200) {
            assert_sound();
            continue;
        }
        assert_broken("timer-reset", "F.2", SHOWN(times_out, came), OF(1));
        assert_says("when S1's AppendEntries of the older term 1");
    }
}

// What is still being handled may have set the timer back already.
static void test_f2_set_back_by_what_is_being_handled(void **state)
{
    (void)state;
    uint64_t boot = 2; // of S2
    for (int handled = 0; handled <= 1; handled++) {
        begin_story();
        elects(0, 1, 1);
        wait_us(100 * MS);
        uint64_t msg = APPEND_ENTRIES(0, 1, .term = 1);
        receive(ASK_VOTE(0, 2, .term = 1)); // at another server
        if (handled)
            receive(msg);
        send_in_vain();
        uint64_t times_out = time_out(1, 99 * MS);
        if (handled)
            assert_sound();
        else
            assert_broken("timer-reset", "F.2", SHOWN(times_out, boot), OF(1));
    }
}

static void test_every_property_of_timers_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {
        "F.2 leader-timed-out", "L.1 no-heartbeats", "F.2 election-too-early",
        "F.2 timer-not-reset",  "F.2 timer-reset",   NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_f2_a_leader_times_out),
        STORY(test_l1_a_leader_sends_nothing),
        STORY(test_l1_what_a_leader_sends_is_lost),
        STORY(test_l1_a_leader_that_says_nothing_at_all),
        STORY(test_l1_a_leader_cannot_send),
        STORY(test_l1_a_leader_since_the_wait_began),
        STORY(test_f2_an_election_without_a_timeout),
        STORY(test_f2_timers_that_are_not_judged),
        STORY(test_f2_not_set_back_by_the_leader),
        STORY(test_f2_not_set_back_by_a_vote),
        STORY(test_f2_set_back_by_a_reply),
        STORY(test_f2_set_back_without_a_reason),
        STORY(test_f2_a_deposed_leader_has_not_waited),
        STORY(test_f2_set_back_by_an_old_leader),
        STORY(test_f2_set_back_by_what_is_being_handled),
        STORY(test_every_property_of_timers_was_broken),
    };
    return cmocka_run_group_tests_name("check_timers", tests, NULL, NULL) != 0;
}
