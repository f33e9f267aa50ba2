// test_check_liveness.c -- clusters that do not go on, and why; and some that
// only need a little time.
#include "test.h"

#include "check_fixture.h"

enum { MS = 1000 };

// Takes no part, so that nothing is said of it.
static void leave(int server)
{
    STEP(server, .kind = TRACE_DISCONNECT);
}

// ------------------------------------------------------ progress

// S2 has acknowledged two entries to S1, its leader, which has committed so
// many and sends a heartbeat.
static uint64_t hold_two(uint64_t commit_index)
{
    begin_story();
    leave(2);
    uint64_t leads = replicates(2);
    uint64_t msg = APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = 2,
                                  .prev_log_term = 1);
    receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = true);
    hear(msg);
    commit(0, 0, commit_index);
    APPEND_ENTRIES(0, 1, .term = 1);
    return leads;
}

static void test_l4_a_majority_without_a_commit(void **state)
{
    (void)state;
    uint64_t leads = hold_two(1);
    wait_us(150 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    assert_hindered("L.4", SHOWN(leads), OF(0), "has not committed entry 2");
    hold_two(2);
    wait_us(250 * MS);
    assert_not_hindered();
}

static void test_all1_committed_and_not_applied(void **state)
{
    (void)state;
    leave(1);
    leave(2);
    replicates(2);
    commit(0, 0, 1);
    apply(0, 1, 1, "x");
    commit(0, 1, 2);
    wait_us(150 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    assert_hindered("ALL.1", NO_EVENT, OF(0), "has applied only up to 1");
    apply(0, 2, 1, "x");
    wait_us(250 * MS);
    assert_not_hindered();
}

static void test_is8_installed_and_not_applied(void **state)
{
    (void)state;
    leave(0);
    replicates(1);
    commit(0, 0, 1);
    apply(0, 1, 1, "x");
    STEP(1, .kind = TRACE_INSTALL, .index = 2, .entry_term = 1);
    wait_us(150 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    assert_hindered("IS.8", NO_EVENT, OF(1), "has not given it to its service");
    STEP(1, .kind = TRACE_APPLY, .index = 2, .ok = true);
    wait_us(250 * MS);
    assert_not_hindered();
}

// ------------------------------------------------------ replication

// S1 leads and has four entries, of which S2 has none.
static uint64_t lead_with_four(void)
{
    begin_story();
    leave(2);
    uint64_t leads = elects(0, 1, 1);
    for (uint64_t index = 1; index <= 4; index++)
        appends(0, index, 1, "x");
    return leads;
}

static void probe(uint64_t prev_log_index)
{
    uint64_t msg =
        APPEND_ENTRIES(0, 1, .term = 1, .prev_log_index = prev_log_index,
                       .prev_log_term = prev_log_index > 0 ? 1 : 0);
    receive(msg);
    ANSWER_APPEND(msg, .term = 1, .success = prev_log_index == 0);
    hear(msg);
}

static void test_l3_next_index_does_not_go_back(void **state)
{
    (void)state;
    uint64_t leads = lead_with_four();
    probe(4);
    probe(4);
    assert_not_hindered();
    probe(4); // sent, received, answered, heard
    assert_hindered("L.3", SHOWN(leads, story_last() - 3, story_last()), OF(0),
                    "does not move next_index back");
}

// How far it has come: nothing was sent; a transfer begins again and again.
static void test_progress_ends_at_an_exchange(void **state)
{
    (void)state;
    lead_with_four();
    assert_progress("L.3", "Entry 1 (term 1) is the first that not all of them"
                           " have applied; 1 of 3 hold it. In this term S1 has"
                           " sent S2 no entries, whose log ends at 0.");
    for (int i = 0; i < 3; i++)
        INSTALL_SNAPSHOT(0, 1, .term = 1, .last_included_index = 2,
                         .last_included_term = 1, .done = false);
    assert_progress("IS.3", "S1 has begun 3 times to send S2 its snapshot");
}

// Nobody leads: what became of the last election, server by server.
static void test_progress_ends_at_an_election(void **state)
{
    (void)state;
    begin_story();
    stand(0, 1);
    uint64_t msg = ASK_VOTE(0, 1, .term = 1);
    receive(msg);
    assert_progress("F.1", "S1 asked for votes in term 1");
    assert_progress("F.1", "S2 got the request and did not answer. S3 was not"
                           " asked.");
}

// A vote whose answer is on its way is not the candidate's yet.
static void test_progress_counts_votes_that_were_heard(void **state)
{
    (void)state;
    begin_story();
    stand(0, 1);
    uint64_t msg = call_for_vote(0, 1, 1);
    assert_progress("F.2", "S2 voted for it, but its answer has not arrived.");
    hear(msg);
    assert_progress("C.2", "S2 voted for it. S3 was not asked. With its own"
                           " that would be a majority, and it did not lead.");
}

// S2's snapshot covers what S1 says, so S2 has it.
static void test_ae2_a_follower_refuses_what_its_snapshot_covers(void **state)
{
    (void)state;
    lead_with_four();
    STEP(1, .kind = TRACE_INSTALL, .index = 2, .entry_term = 1);
    STEP(1, .kind = TRACE_APPLY, .index = 2, .term = 1, .ok = true);
    probe(1);
    probe(1);
    assert_not_hindered();
    probe(1);
    assert_hindered("AE.2", NO_EVENT, OF(1), "its snapshot covers");
}

static void test_l3_next_index_goes_back_slowly(void **state)
{
    (void)state;
    uint64_t leads = lead_with_four();
    probe(4);
    probe(3);
    probe(2);
    assert_hindered("L.3", SHOWN(leads, story_last() - 3, story_last()), OF(0),
                    "moves next_index back too slowly");
    lead_with_four();
    probe(4);
    probe(3);
    uint64_t msg =
        APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({.term = 1}));
    receive(msg);
    appends(1, 1, 1, "x");
    ANSWER_APPEND(msg, .term = 1, .success = true);
    hear(msg);
    probe(2);
    assert_not_hindered();
}

static void test_l1_no_heartbeats(void **state)
{
    (void)state;
    leave(2);
    uint64_t leads = elects(0, 1, 1);
    wait_us(450 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    assert_hindered("L.1", SHOWN(leads), OF(0),
                    "is not sending heartbeats to S2");
    APPEND_ENTRIES(0, 1, .term = 1);
    assert_not_hindered();
}

static void test_l3_heartbeats_without_entries(void **state)
{
    (void)state;
    uint64_t leads = lead_with_four();
    wait_us(250 * MS);
    probe(0);
    assert_hindered("L.3", SHOWN(leads), OF(0), "has sent it no entries");
    APPEND_ENTRIES(0, 1, .term = 1, .entries = ENTRIES({.term = 1}));
    assert_not_hindered();
}

// ------------------------------------------------------ elections

static void test_c4_a_candidate_gives_up(void **state)
{
    (void)state;
    leave(1);
    leave(2);
    uint64_t stands = stand(0, 1);
    wait_us(1450 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    assert_hindered("C.4", SHOWN(stands), OF(0),
                    "has not started another election");
    time_out(0, 1500 * MS);
    stand(0, 2);
    assert_not_hindered();
}

static void test_f2_a_follower_does_not_time_out(void **state)
{
    (void)state;
    elects(2, 1, 1);
    leave(2);
    wait_us(1450 * MS);
    assert_not_hindered();
    wait_us(100 * MS);
    uint64_t boot = 1; // of S1
    assert_hindered("F.2", SHOWN(boot), OF(0), "has not timed out");
}

static void test_f2_timeouts_too_short_to_be_led(void **state)
{
    (void)state;
    wait_us(110 * MS);
    time_out(0, 109 * MS);
    assert_hindered("F.2", NO_EVENT, OF(0), "must outlast");
    begin_story();
    wait_us(110 * MS);
    time_out(0, 110 * MS);
    assert_not_hindered();
}

static void test_f2_elections_without_a_winner(void **state)
{
    (void)state;
    stand(0, 1);
    stand(1, 2);
    assert_not_hindered();
    stand(2, 3);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "3 elections in a row");
    vote(0, 2, 3);
    lead(2, 3);
    assert_not_hindered();
}

static void test_c1_candidates_ask_nobody(void **state)
{
    (void)state;
    uint64_t first = stand(0, 1);
    stand(1, 2);
    stand(2, 3);
    wait_us(40 * MS);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "3 elections in a row");
    wait_us(20 * MS);
    assert_hindered("C.1", SHOWN(first), OF(0), "sent no RequestVote");
    ASK_VOTE(2, 0, .term = 3, .candidate_id = 2);
    ASK_VOTE(1, 0, .term = 2, .candidate_id = 1);
    ASK_VOTE(0, 1, .term = 1, .candidate_id = 0);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "3 elections in a row");
}

static void test_c2_a_candidate_does_not_count(void **state)
{
    (void)state;
    stand(0, 1);
    ASK_VOTE(0, 1, .term = 1, .candidate_id = 0);
    stand(0, 2);
    ASK_VOTE(0, 1, .term = 2, .candidate_id = 0);
    uint64_t third = stand(0, 3);
    uint64_t msg = call_for_vote(0, 1, 3);
    wait_us(300 * MS);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "3 elections in a row");
    hear(msg);
    assert_hindered("C.2", SHOWN(third), OF(0), "did not become leader");
    lead(0, 3);
    assert_not_hindered();
}

// S1 hears of its majority, and gives the election up for a newer term.
static uint64_t win_and_leave(uint64_t after_us)
{
    begin_story();
    stand(0, 1);
    stand(0, 2);
    uint64_t heard = hear(call_for_vote(0, 1, 2));
    wait_us(after_us);
    stand(2, 3);
    take_term(0, 3);
    follow(0, 3);
    return heard;
}

static void test_c2_a_majority_is_left_behind(void **state)
{
    (void)state;
    win_and_leave(40 * MS);
    assert_hindered("F.2", NO_EVENT, NO_SERVER, "3 elections in a row");
    uint64_t heard = win_and_leave(60 * MS);
    assert_hindered("C.2", SHOWN(heard), OF(0), "did not become leader");
    hear(call_for_vote(2, 0, 3));
    lead(2, 3);
    assert_not_hindered();
}

static void test_every_diagnosis_was_made(void **state)
{
    (void)state;
    static const char *const all[] = {"L.4 has not committed entry 2",
                                      "ALL.1 has applied only up to 1",
                                      "IS.8 has not given it to its service",
                                      "L.3 does not move next_index back",
                                      "AE.2 its snapshot covers",
                                      "L.3 moves next_index back too slowly",
                                      "L.1 is not sending heartbeats to S2",
                                      "L.3 has sent it no entries",
                                      "C.4 has not started another election",
                                      "F.2 has not timed out",
                                      "F.2 must outlast",
                                      "F.2 3 elections in a row",
                                      "C.1 sent no RequestVote",
                                      "C.2 did not become leader",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_l4_a_majority_without_a_commit),
        STORY(test_all1_committed_and_not_applied),
        STORY(test_is8_installed_and_not_applied),
        STORY(test_l3_next_index_does_not_go_back),
        STORY(test_ae2_a_follower_refuses_what_its_snapshot_covers),
        STORY(test_l3_next_index_goes_back_slowly),
        STORY(test_progress_ends_at_an_exchange),
        STORY(test_progress_ends_at_an_election),
        STORY(test_progress_counts_votes_that_were_heard),
        STORY(test_l1_no_heartbeats),
        STORY(test_l3_heartbeats_without_entries),
        STORY(test_c4_a_candidate_gives_up),
        STORY(test_f2_a_follower_does_not_time_out),
        STORY(test_f2_timeouts_too_short_to_be_led),
        STORY(test_f2_elections_without_a_winner),
        STORY(test_c1_candidates_ask_nobody),
        STORY(test_c2_a_candidate_does_not_count),
        STORY(test_c2_a_majority_is_left_behind),
        STORY(test_every_diagnosis_was_made),
    };
    return cmocka_run_group_tests_name("check_liveness", tests, NULL, NULL) !=
           0;
}
