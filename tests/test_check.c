// test_check.c -- the checker on small traces that break one rule each.
#include "test.h"

#include <string.h>

#include "../src/check/check.h"

static struct check *check;
static uint64_t n;

static int setup(void **state)
{
    (void)state;
    n = 0;
    check = check_make(3);
    for (int server = 0; server < 3; server++) {
        struct trace_event boot = {.n = ++n,
                                   .kind = TRACE_BOOT,
                                   .node = server,
                                   .voted_for = TRACE_NONE};
        assert_true(check_step(check, &boot));
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    check_free(check);
    return 0;
}

static bool step(int server, struct trace_event event)
{
    event.n = ++n;
    event.us = n * 1000;
    event.node = server;
    return check_step(check, &event);
}

#define STEP(server, ...) step(server, (struct trace_event){__VA_ARGS__})

static void assert_broken(const char *tag, const char *property)
{
    const struct check_finding *finding = check_finding(check);
    assert_non_null(finding);
    assert_string_equal(finding->tag, tag);
    assert_string_equal(finding->property, property);
    assert_int_equal(finding->events[0], n);
}

// A server runs in a term and gets the votes of itself and another.
static void run_in(int server, int other, uint64_t term, uint64_t before)
{
    assert_true(STEP(server, .kind = TRACE_TERM, .from = before, .to = term));
    assert_true(STEP(server, .kind = TRACE_ROLE, .to_role = TRACE_CANDIDATE,
                     .term = term));
    assert_true(
        STEP(server, .kind = TRACE_VOTE, .term = term, .voted_for = server));
    if (other < 0)
        return;
    assert_true(STEP(other, .kind = TRACE_TERM, .from = before, .to = term));
    assert_true(
        STEP(other, .kind = TRACE_VOTE, .term = term, .voted_for = server));
}

static bool lead(int server, uint64_t term)
{
    return STEP(server, .kind = TRACE_ROLE, .from_role = TRACE_CANDIDATE,
                .to_role = TRACE_LEADER, .term = term);
}

static bool append(int server, uint64_t index, uint64_t term,
                   const char *command)
{
    struct trace_entry entry = {.term = term, .bytes = 1};
    strcpy(entry.command, command);
    return STEP(server, .kind = TRACE_APPEND, .index = index, .entries = &entry,
                .n_entries = 1);
}

static void test_a_sound_run_passes(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(append(0, 1, 1, "x"));
    assert_true(append(1, 1, 1, "x"));
    assert_true(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_true(
        STEP(0, .kind = TRACE_APPLY, .index = 1, .term = 1, .command = "x"));
    assert_null(check_finding(check));
}

static void test_p1_two_leaders_in_a_term(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(STEP(2, .kind = TRACE_TERM, .from = 0, .to = 1));
    assert_true(
        STEP(2, .kind = TRACE_ROLE, .to_role = TRACE_CANDIDATE, .term = 1));
    assert_false(lead(2, 1));
    assert_broken("P.1", "Election Safety");
}

static void test_p2_a_leader_cuts_its_log(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(append(0, 1, 1, "x"));
    assert_false(STEP(0, .kind = TRACE_TRUNCATE, .index = 1));
    assert_broken("P.2", "Leader Append-Only");
}

static void test_p3_one_index_and_term_two_commands(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(append(0, 1, 1, "x"));
    assert_false(append(1, 1, 1, "y"));
    assert_broken("P.3", "Log Matching");
}

static void test_p4_a_leader_lacks_a_committed_entry(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(append(0, 1, 1, "x"));
    assert_true(append(1, 1, 1, "x"));
    assert_true(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_true(STEP(2, .kind = TRACE_TERM, .from = 0, .to = 2));
    assert_true(
        STEP(2, .kind = TRACE_ROLE, .to_role = TRACE_CANDIDATE, .term = 2));
    assert_false(lead(2, 2));
    assert_broken("P.4", "Leader Completeness");
}

static void test_p5_one_index_two_commands_applied(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(append(0, 1, 1, "x"));
    assert_true(append(1, 1, 1, "x"));
    assert_true(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_true(STEP(1, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_true(
        STEP(0, .kind = TRACE_APPLY, .index = 1, .term = 1, .command = "x"));
    assert_false(
        STEP(1, .kind = TRACE_APPLY, .index = 1, .term = 1, .command = "y"));
    assert_broken("P.5", "State Machine Safety");
}

static void test_rv2_two_votes_in_a_term(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_false(STEP(1, .kind = TRACE_VOTE, .term = 1, .voted_for = 2));
    assert_broken("RV.2", "one vote a term");
}

static void test_c2_leader_without_a_majority(void **state)
{
    (void)state;
    run_in(0, -1, 1, 0);
    assert_false(lead(0, 1));
    assert_broken("C.2", "leader without a majority");
}

static void test_l4_commit_without_a_majority(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(lead(0, 1));
    assert_true(append(0, 1, 1, "x"));
    assert_false(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_broken("L.4", "commit without a majority");
}

static void test_l4_commit_of_an_older_term(void **state)
{
    (void)state;
    run_in(0, 1, 1, 0);
    assert_true(append(0, 1, 1, "x"));
    assert_true(append(1, 1, 1, "x"));
    run_in(0, 1, 2, 1);
    assert_true(lead(0, 2));
    assert_false(STEP(0, .kind = TRACE_COMMIT, .from = 0, .to = 1));
    assert_broken("L.4", "commit of an older term");
}

static void test_all1_applied_out_of_order(void **state)
{
    (void)state;
    assert_false(
        STEP(0, .kind = TRACE_APPLY, .index = 2, .term = 1, .command = "x"));
    assert_broken("ALL.1", "applied out of order");
}

static void test_all2_a_term_falls(void **state)
{
    (void)state;
    assert_true(STEP(0, .kind = TRACE_TERM, .from = 0, .to = 5));
    assert_false(STEP(0, .kind = TRACE_TERM, .from = 5, .to = 4));
    assert_broken("ALL.2", "current_term falls");
}

static void test_ae3_cut_without_a_conflict(void **state)
{
    (void)state;
    assert_true(STEP(1, .kind = TRACE_TERM, .from = 0, .to = 1));
    assert_true(append(1, 1, 1, "x"));
    assert_true(STEP(1, .kind = TRACE_TRUNCATE, .index = 1));
    assert_false(append(1, 1, 1, "x"));
    assert_broken("AE.3", "log cut without a conflict");
}

static void test_l3_match_index_falls(void **state)
{
    (void)state;
    assert_false(STEP(0, .kind = TRACE_MATCH, .peer = 1, .from = 3, .to = 2));
    assert_broken("L.3", "match_index falls");
}

// What is on its way to the disk in a crash may arrive, or not; nothing else.
static bool reboot_after_crash(uint64_t term, int voted_for, uint64_t n_entries)
{
    static const struct trace_entry entries[] = {{1, 1, "x"}, {2, 1, "y"}};
    return STEP(0, .kind = TRACE_TERM, .from = 0, .to = 1) &&
           append(0, 1, 1, "x") &&
           STEP(0, .kind = TRACE_PERSIST, .term = 1, .voted_for = -1,
                .index = 1) &&
           STEP(0, .kind = TRACE_TERM, .from = 1, .to = 2) &&
           STEP(0, .kind = TRACE_VOTE, .term = 2, .voted_for = 2) &&
           STEP(0, .kind = TRACE_CRASH) &&
           STEP(0, .kind = TRACE_BOOT, .inc = 1, .term = term,
                .voted_for = voted_for, .entries = entries,
                .n_entries = n_entries);
}

static void test_restart_with_what_was_being_saved(void **state)
{
    (void)state;
    assert_true(reboot_after_crash(2, 2, 1));
}

static void test_restart_with_what_was_saved(void **state)
{
    (void)state;
    assert_true(reboot_after_crash(1, -1, 1));
}

static void test_restart_with_what_never_was(void **state)
{
    (void)state;
    assert_false(reboot_after_crash(2, 2, 2));
    assert_broken("ALL.2", "restart from another state");
}

static void test_restart_without_a_memory(void **state)
{
    (void)state;
    assert_false(reboot_after_crash(0, -1, 0));
    assert_broken("ALL.2", "restart from another state");
}

static void test_restart_from_another_state(void **state)
{
    (void)state;
    assert_true(STEP(0, .kind = TRACE_TERM, .from = 0, .to = 3));
    assert_true(STEP(0, .kind = TRACE_VOTE, .term = 3, .voted_for = 1));
    assert_true(STEP(0, .kind = TRACE_PERSIST, .term = 3, .voted_for = 1));
    assert_true(STEP(0, .kind = TRACE_CRASH));
    assert_false(STEP(0, .kind = TRACE_BOOT, .inc = 1, .term = 3,
                      .voted_for = TRACE_NONE));
    assert_broken("RV.2", "restart from another state");
}

static void test_coverage_tells_what_was_not_judged(void **state)
{
    (void)state;
    struct check_area area[CHECK_AREAS + 3];
    size_t n_areas = check_areas(check, area, CHECK_AREAS + 3);
    assert_in_range(n_areas, 8, CHECK_AREAS);
    for (size_t i = 0; i < n_areas; i++)
        if (strcmp(area[i].name, "State Machine Safety") == 0)
            assert_string_equal(area[i].missing, "apply");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_sound_run_passes),
        TEST(test_p1_two_leaders_in_a_term),
        TEST(test_p2_a_leader_cuts_its_log),
        TEST(test_p3_one_index_and_term_two_commands),
        TEST(test_p4_a_leader_lacks_a_committed_entry),
        TEST(test_p5_one_index_two_commands_applied),
        TEST(test_rv2_two_votes_in_a_term),
        TEST(test_c2_leader_without_a_majority),
        TEST(test_l4_commit_without_a_majority),
        TEST(test_l4_commit_of_an_older_term),
        TEST(test_all1_applied_out_of_order),
        TEST(test_all2_a_term_falls),
        TEST(test_ae3_cut_without_a_conflict),
        TEST(test_l3_match_index_falls),
        TEST(test_restart_with_what_was_being_saved),
        TEST(test_restart_with_what_was_saved),
        TEST(test_restart_with_what_never_was),
        TEST(test_restart_without_a_memory),
        TEST(test_restart_from_another_state),
        TEST(test_coverage_tells_what_was_not_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
