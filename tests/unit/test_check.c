// test_check.c -- the five properties of Figure 3, each broken once and nearly.
#include "test.h"

#include <string.h>

#include "check_fixture.h"

static void test_a_sound_run_passes(void **state)
{
    (void)state;
    replicates(1);
    commit(0, 0, 1);
    apply(0, 1, 1, "x");
    assert_sound();
}

static void test_p1_two_leaders_in_a_term(void **state)
{
    (void)state;
    uint64_t first = elects(0, 1, 1);
    stand(2, 1);
    uint64_t second = lead(2, 1);
    assert_broken("election-safety", "P.1", SHOWN(second, first), OF(2, 0));
}

static void test_p1_two_leaders_in_two_terms(void **state)
{
    (void)state;
    elects(0, 1, 1);
    elects(2, 1, 2);
    assert_sound();
}

static void test_p2_a_leader_cuts_its_log(void **state)
{
    (void)state;
    uint64_t leads = replicates(1);
    uint64_t cut = truncate_at(0, 1);
    assert_broken("leader-append-only", "P.2", SHOWN(cut, leads), OF(0));
}

static void test_p2_a_leader_of_the_past_cuts_its_log(void **state)
{
    (void)state;
    replicates(1);
    take_term(0, 2);
    follow(0, 2);
    truncate_at(0, 1);
    assert_sound();
}

static void test_p3_one_index_and_term_two_commands(void **state)
{
    (void)state;
    elects(0, 1, 1);
    uint64_t first = appends(0, 1, 1, "x");
    uint64_t other = appends(1, 1, 1, "y");
    assert_broken("log-matching", "P.3", SHOWN(other, first), OF(1, 0));
}

static void test_p3_one_index_two_terms_two_commands(void **state)
{
    (void)state;
    elects(0, 1, 1);
    appends(0, 1, 1, "x");
    take_term(1, 2);
    appends(1, 1, 2, "y");
    assert_sound();
}

// S1 and S2 get the same second entry, behind entries of these terms.
static void test_p3_one_entry_two_predecessors(void **state)
{
    (void)state;
    for (uint64_t before = 1; before <= 2; before++) {
        begin_story();
        elects(0, 1, 2);
        appends(0, 1, 1, "x");
        uint64_t first = appends(0, 2, 2, "x");
        appends(1, 1, before, "x");
        uint64_t other = appends(1, 2, 2, "x");
        if (before == 1)
            assert_sound();
        else
            assert_broken("log-matching", "P.3", SHOWN(other, first), OF(1, 0));
    }
}

// What a server finds in its persister is compared like what it appends.
static void test_p3_a_start_with_another_command(void **state)
{
    (void)state;
    for (int other = 0; other <= 1; other++) {
        begin_story();
        elects(0, 1, 1);
        appends(1, 1, 1, "x");
        uint64_t first = appends(1, 2, 1, "x");
        STEP(1, .kind = TRACE_CRASH);
        const struct trace_entry entries[] = {{1, 1, "x"},
                                              {1, 1, {other ? 'y' : 'x'}}};
        uint64_t boot = STEP(1, .kind = TRACE_BOOT, .term = 1, .voted_for = 0,
                             .entries = entries, .n_entries = 2);
        if (other)
            assert_broken("log-matching", "P.3", SHOWN(boot, first), OF(1));
        else
            assert_sound();
    }
}

static void test_p4_a_leader_lacks_a_committed_entry(void **state)
{
    (void)state;
    replicates(1);
    uint64_t committed = commit(0, 0, 1);
    uint64_t leads = elects(2, 1, 2);
    assert_broken("leader-completeness", "P.4", SHOWN(leads, committed),
                  OF(2, 0));
}

static void test_p4_a_leader_lacks_what_is_not_committed(void **state)
{
    (void)state;
    replicates(1);
    elects(2, 1, 2);
    assert_sound();
}

static void test_p4_a_leader_has_the_committed_entry(void **state)
{
    (void)state;
    replicates(1);
    commit(0, 0, 1);
    take_term(2, 1);
    appends(2, 1, 1, "x");
    elects(2, 1, 2);
    assert_sound();
}

// An entry of the same index, but of a term that was not committed.
static void test_p4_a_leader_has_another_entry(void **state)
{
    (void)state;
    elects(0, 1, 2);
    appends(0, 1, 2, "x");
    appends(1, 1, 2, "x");
    uint64_t committed = commit(0, 0, 1);
    take_term(2, 1);
    appends(2, 1, 1, "y");
    uint64_t leads = elects(2, 1, 3);
    assert_broken("leader-completeness", "P.4", SHOWN(leads, committed),
                  OF(2, 0));
}

// Only the leaders of later terms must have what was committed.
static void test_p4_a_late_leader_of_an_earlier_term(void **state)
{
    (void)state;
    stand(2, 1);
    vote(1, 2, 1);
    elects(0, 1, 2);
    appends(0, 1, 2, "x");
    appends(1, 1, 2, "x");
    commit(0, 0, 1);
    lead(2, 1);
    assert_sound();
}

// S2 has compacted what is committed, crashes, and takes the term of its
// snapshot for this.
static void test_is5_a_restored_snapshot_has_its_term(void **state)
{
    (void)state;
    for (uint64_t term = 0; term <= 1; term++) {
        begin_story();
        replicates(1);
        uint64_t first = commit(0, 0, 1);
        commit(1, 0, 1);
        STEP(1, .kind = TRACE_COMPACT, .index = 1, .entry_term = 1);
        STEP(1, .kind = TRACE_PERSIST, .term = 1, .voted_for = 0, .from = 1,
             .index = 1, .entry_term = 1);
        STEP(1, .kind = TRACE_CRASH);
        uint64_t boot = STEP(1, .kind = TRACE_BOOT, .term = 1, .voted_for = 0,
                             .index = 1, .entry_term = term);
        if (term == 1)
            assert_sound();
        else
            assert_broken("snapshot-with-wrong-term", "IS.5",
                          SHOWN(boot, first), OF(1));
    }
}

static void test_p5_two_entries_committed_at_an_index(void **state)
{
    (void)state;
    for (uint64_t term = 1; term <= 2; term++) {
        begin_story();
        replicates(1);
        uint64_t first = commit(0, 0, 1);
        take_term(2, 2);
        appends(2, 1, term, term == 1 ? "x" : "y");
        uint64_t other = commit(2, 0, 1);
        if (term == 1)
            assert_sound();
        else
            assert_broken("state-machine-safety", "P.5", SHOWN(other, first),
                          OF(2, 0));
    }
}

// S1 and S2 have committed an entry; S1 applied "x" of term 1.
static void tell_two_applies(uint64_t term, const char *command)
{
    begin_story();
    replicates(1);
    commit(0, 0, 1);
    commit(1, 0, 1);
    uint64_t first = apply(0, 1, 1, "x");
    uint64_t other = apply(1, 1, term, command);
    if (term != 1) // S2's log has an entry of term 1 there
        assert_broken("applied-other-entry", "ALL.1", SHOWN(other), OF(1));
    else if (strcmp(command, "x") == 0)
        assert_sound();
    else
        assert_broken("state-machine-safety", "P.5", SHOWN(other, first),
                      OF(1, 0));
}

static void test_p5_two_entries_applied_at_an_index(void **state)
{
    (void)state;
    tell_two_applies(1, "y");
    tell_two_applies(2, "x");
    tell_two_applies(1, "x");
}

static void test_coverage_tells_what_was_not_judged(void **state)
{
    (void)state;
    struct check_area area[CHECK_AREAS + 3];
    size_t n_areas = check_areas(story_check(), area, CHECK_AREAS + 3);
    assert_in_range(n_areas, 8, CHECK_AREAS);
    for (size_t i = 0; i < n_areas; i++)
        if (strcmp(area[i].name, "State Machine Safety") == 0)
            assert_string_equal(area[i].missing, "apply");
}

static void test_every_property_of_safety_was_broken(void **state)
{
    (void)state;
    static const char *const all[] = {"P.1 election-safety",
                                      "P.2 leader-append-only",
                                      "P.3 log-matching",
                                      "P.4 leader-completeness",
                                      "IS.5 snapshot-with-wrong-term",
                                      "P.5 state-machine-safety",
                                      "ALL.1 applied-other-entry",
                                      NULL};
    assert_all_found(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(test_a_sound_run_passes),
        STORY(test_p1_two_leaders_in_a_term),
        STORY(test_p1_two_leaders_in_two_terms),
        STORY(test_p2_a_leader_cuts_its_log),
        STORY(test_p2_a_leader_of_the_past_cuts_its_log),
        STORY(test_p3_one_index_and_term_two_commands),
        STORY(test_p3_one_index_two_terms_two_commands),
        STORY(test_p3_one_entry_two_predecessors),
        STORY(test_p3_a_start_with_another_command),
        STORY(test_p4_a_leader_lacks_a_committed_entry),
        STORY(test_p4_a_leader_lacks_what_is_not_committed),
        STORY(test_p4_a_leader_has_the_committed_entry),
        STORY(test_p4_a_leader_has_another_entry),
        STORY(test_p4_a_late_leader_of_an_earlier_term),
        STORY(test_is5_a_restored_snapshot_has_its_term),
        STORY(test_p5_two_entries_committed_at_an_index),
        STORY(test_p5_two_entries_applied_at_an_index),
        STORY(test_coverage_tells_what_was_not_judged),
        STORY(test_every_property_of_safety_was_broken),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL) != 0;
}
