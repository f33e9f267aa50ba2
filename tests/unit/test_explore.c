// test_explore.c -- all lists of actions within small bounds.
#include "test.h"

#include "sim/sim.h"
#include "stepper/explore.h"

static struct explore_report look(struct explore_plan plan)
{
    struct explore_report report;
    plan.memory = 64 << 20;
    plan.run.seed = plan.run.seed > 0 ? plan.run.seed : 1;
    plan.n_workers = plan.n_workers > 0 ? plan.n_workers : 1;
    explore(&plan, &report);
    script_free(&report.script);
    return report;
}

static const struct step_bound two = {
    .n_servers = 2, .terms = 2, .log = 2, .commands = 1};
static const struct step_bound crashing = {.n_servers = 2,
                                           .terms = 1,
                                           .log = 2,
                                           .commands = 1,
                                           .crashes = 1,
                                           .doubles = 1};

static void test_the_reference_is_complete_without_a_finding(void **state)
{
    (void)state;
    struct explore_report report =
        look((struct explore_plan){.bound = two, .interchangeable = true});
    assert_int_equal(report.end, EXPLORE_COMPLETE);
    assert_true(report.n_states > 100 && report.depth > 10);
    assert_int_equal(report.n_frontier, 0);
}

static void test_the_number_of_workers_changes_nothing(void **state)
{
    (void)state;
    struct explore_plan plan = {.bound = crashing, .n_workers = 1};
    struct explore_report one = look(plan);
    plan.n_workers = 3;
    struct explore_report three = look(plan);
    assert_int_equal(one.end, EXPLORE_COMPLETE);
    assert_int_equal(one.n_states, three.n_states);
    assert_int_equal(one.n_transitions, three.n_transitions);
    assert_int_equal(one.depth, three.depth);
    assert_int_equal(one.models, three.models);
}

// What is checked of servers that share no memory holds of the reference, also
// where crashes and stalls are to come.
static void test_the_reference_shares_no_memory(void **state)
{
    const struct step_bound bounds[] = {
        {.n_servers = 3, .terms = 1, .log = 1, .commands = 1, .crashes = 1},
        {.n_servers = 3, .terms = 2, .crashes = 1, .losses = 1},
        {.n_servers = 3, .terms = 2, .crashes = 1, .preempts = 2}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct explore_plan plan = {.bound = bounds[i], .most_states = 20};
        assert_int_equal(look(plan).end, EXPLORE_ENOUGH);
    }
}

// Stalled threads are part of a state, and the reference is right with them.
static const struct step_bound late = {
    .n_servers = 2, .terms = 1, .log = 1, .commands = 1, .preempts = 1};

static void test_threads_that_stall_break_nothing(void **state)
{
    (void)state;
    struct step_bound punctual = late;
    punctual.preempts = 0;
    struct explore_report none = look((struct explore_plan){.bound = punctual});
    struct explore_report one = look((struct explore_plan){.bound = late});
    assert_int_equal(none.end, EXPLORE_COMPLETE);
    assert_int_equal(one.end, EXPLORE_COMPLETE);
    assert_true(one.n_states > 2 * none.n_states);
}

// Each state by model that one notion meets, the other meets as well.
static void test_the_two_notions_of_state_agree(void **state)
{
    (void)state;
    const struct step_bound bounds[] = {two, crashing, late};
    for (int i = 0; i < 3; i++) {
        struct explore_plan plan = {.bound = bounds[i]};
        struct explore_report model = look(plan);
        plan.by_history = true;
        struct explore_report history = look(plan);
        assert_int_equal(model.end, EXPLORE_COMPLETE);
        assert_int_equal(history.end, EXPLORE_COMPLETE);
        assert_true(history.n_states > model.n_states);
        assert_int_equal(history.n_models, model.n_models);
        assert_int_equal(history.models, model.models);
    }
}

// A Raft without trace calls has no model: it is told apart by history.
static void test_silent_rafts_are_told_apart_by_history(void **state)
{
    (void)state;
    struct step_bound small = {.n_servers = 2, .terms = 1, .commands = 0};
    struct explore_report report =
        look((struct explore_plan){.bound = small, .run = {.mute = true}});
    assert_int_equal(report.end, EXPLORE_COMPLETE);
    assert_true(report.by_history);
}

static void test_a_bound_of_memory_is_no_completeness(void **state)
{
    (void)state;
    struct explore_plan plan = {.bound = two, .n_workers = 1, .memory = 1};
    struct explore_report report;
    plan.run.seed = 1;
    plan.bound.n_servers = 3;
    explore(&plan, &report);
    assert_int_equal(report.end, EXPLORE_FULL);
    assert_true(report.full);
}

// The first states, then lists by chance: as many, whoever tries them.
static void test_limits_by_number_give_one_report(void **state)
{
    (void)state;
    struct explore_plan plan = {
        .bound = crashing, .n_workers = 1, .most_states = 50, .most_walks = 20};
    struct explore_report one = look(plan);
    plan.n_workers = 3;
    struct explore_report three = look(plan);
    assert_int_equal(one.end, EXPLORE_ENOUGH);
    assert_int_equal(one.n_walks, 20);
    assert_int_equal(one.n_states, three.n_states);
    assert_int_equal(one.n_frontier, three.n_frontier);
    assert_int_equal(one.n_transitions, three.n_transitions);
    assert_int_equal(one.n_walks, three.n_walks);
}

static bool at_once(void *context)
{
    (void)context;
    return true;
}

static void test_what_is_stopped_is_not_complete(void **state)
{
    (void)state;
    struct explore_plan plan = {.bound = two, .stopped = at_once};
    plan.bound.terms = 5;
    plan.bound.commands = 5;
    plan.bound.n_servers = 3;
    assert_int_equal(look(plan).end, EXPLORE_STOPPED);
}

static void test_what_cannot_be_loaded_is_said(void **state)
{
    (void)state;
    struct explore_plan plan = {.bound = two, .run = {.raft = "/nowhere.so"}};
    struct explore_report report = look(plan);
    assert_int_equal(report.end, EXPLORE_BROKEN);
    assert_true(report.text[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_is_complete_without_a_finding),
        cmocka_unit_test(test_the_number_of_workers_changes_nothing),
        cmocka_unit_test(test_the_reference_shares_no_memory),
        cmocka_unit_test(test_threads_that_stall_break_nothing),
        cmocka_unit_test(test_the_two_notions_of_state_agree),
        cmocka_unit_test(test_silent_rafts_are_told_apart_by_history),
        cmocka_unit_test(test_a_bound_of_memory_is_no_completeness),
        cmocka_unit_test(test_limits_by_number_give_one_report),
        cmocka_unit_test(test_what_is_stopped_is_not_complete),
        cmocka_unit_test(test_what_cannot_be_loaded_is_said),
    };
    if (sim_is_sanitized()) // whose memory cannot go back
        return 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
