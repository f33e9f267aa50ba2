// test_stepper.c -- scripts as text, and what their actions do to a cluster.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/runner.h"
#include "replay/model.h"
#include "stepper/script.h"

// Each action means the same when it is written and read again.
static void test_actions_come_back_from_their_text(void **state)
{
    static const char *const lines[] = {
        "timeout S1",
        "heartbeat S3",
        "clock S2 50",
        "deliver S1>S2 AppendEntries 3",
        "deliver S1>S2 AppendEntries 3 reply",
        "deliver all",
        "lose S2>S1 RequestVote reply",
        "double S1>S3 InstallSnapshot 12",
        "hold S1>S2 AppendEntries 3 reply",
        "command S1 set x  to 1",
        "crash S1",
        "crash S1 before save 2",
        "crash S1 after save 1",
        "restart S1",
        "pause S1",
        "resume S1",
        "cut S1 S2",
        "heal",
        "snapshot S1 7",
        "stall S1 before lock 3",
        "proceed S1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct step_action action;
        char error[STEP_LINE] = "", line[STEP_LINE];
        if (!step_parse(lines[i], 3, &action, error))
            fail_msg("%s: %s", lines[i], error);
        step_format(&action, line);
        assert_string_equal(line, lines[i]);
        assert_true(step_same(&action, &action));
    }
}

static void test_what_is_no_action_is_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "timeout",
        "timeout S4",
        "timeout S0",
        "timeout S1 S2",
        "deliver S1>S1 AppendEntries 1",
        "deliver S1 S2 AppendEntries 1",
        "deliver S1>S2",
        "deliver S1>S2 AppendEntries 0",
        "deliver S1>S2 AppendEntries x",
        "deliver S1>S2 AppendEntries 1 answer",
        "deliver S1>S2 ThisIsAMethodWithAVeryLongName 1",
        "double S1>S2 AppendEntries",
        "double S1>S2 AppendEntries 1 reply",
        "command S1",
        "crash S1 before save",
        "crash S1 at save 1",
        "crash S1 before save 0",
        "cut S1",
        "heal S1",
        "snapshot S1 -1",
        "stall S1",
        "stall S1 before lock 0",
        "stall S1 after lock 1",
        "a b c d e f g h i j k l",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct step_action action;
        char error[STEP_LINE] = "";
        if (step_parse(lines[i], 3, &action, error))
            fail_msg("taken: %s", lines[i]);
        assert_true(error[0] != '\0');
    }
}

// Runs a script on the reference and gives the cluster at its end.
static void play(const char *text, bool passes, struct model *model)
{
    char path[] = "/tmp/test_stepper-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct lab_run run = {.scenario = script_scenario("test", text),
                          .seed = 1,
                          .script = text,
                          .path = "test",
                          .trace = path};
    struct lab_result result;
    struct trace_file trace;
    assert_non_null(run.scenario);
    lab_run_one(&run, &result);
    if (result.passed != passes)
        fail_msg("%s: %s", text, result.text);
    assert_true(trace_load(&trace, path));
    model_init(model, trace.header.n_servers);
    // The end of the lab kills servers that have not crashed.
    for (size_t i = 0; i < trace.n_events; i++) {
        const struct trace_event *event = &trace.event[i];
        if (event->kind == TRACE_KILL && model->server[event->node].up)
            break;
        model_step(model, event);
    }
    trace_unload(&trace);
    remove(path);
}

#define ELECTED                                                                \
    "timeout S1\ndeliver S1>S2 RequestVote 1\n"                                \
    "deliver S1>S2 RequestVote 1 reply\n"

static void test_a_majority_elects_and_commits(void **state)
{
    struct model model;
    (void)state;
    play(ELECTED, true, &model);
    assert_int_equal(model.server[0].role, TRACE_LEADER);
    assert_int_equal(model.server[2].term, 0); // its request is in flight
    model_free(&model);
    play(ELECTED "deliver all\ncommand S1 x=1\ndeliver all\n", true, &model);
    assert_int_equal(model.server[0].commit_index, 1);
    assert_int_equal(model_last_index(&model.server[2]), 1);
    assert_int_equal(model.server[2].commit_index, 0);
    model_free(&model);
    play(ELECTED "deliver all\ncommand S1 x=1\ndeliver all\n"
                 "heartbeat S1\ndeliver all\n",
         true, &model);
    assert_int_equal(model.server[2].commit_index, 1);
    model_free(&model);
}

static void test_what_is_lost_does_not_arrive_but_doubles_do(void **state)
{
    struct model model;
    (void)state;
    play("timeout S1\nlose S1>S2 RequestVote 1\n", true, &model);
    assert_int_equal(model.server[1].term, 0);
    model_free(&model);
    play("timeout S1\nlose S1>S2 RequestVote 1\ndouble S1>S2 RequestVote 1\n",
         true, &model);
    assert_int_equal(model.server[1].term, 1);
    assert_int_equal(model.server[0].role, TRACE_CANDIDATE); // unanswered
    model_free(&model);
    play("timeout S1\nhold S1>S2 RequestVote 1\nhold S1>S3 RequestVote 1\n"
         "deliver all\n",
         true, &model);
    assert_int_equal(model.server[1].term, 0);
    model_free(&model);
}

static void test_crashes_leave_what_was_saved(void **state)
{
    struct model model;
    (void)state;
    play("crash S1 before save 1\ntimeout S1\nrestart S1\n", true, &model);
    assert_int_equal(model.server[0].term, 0);
    assert_int_equal(model.server[0].inc, 1);
    model_free(&model);
    play("crash S1 after save 1\ntimeout S1\nrestart S1\n", true, &model);
    assert_int_equal(model.server[0].term, 1);
    assert_int_equal(model.server[0].voted_for, 0);
    model_free(&model);
}

static void test_cuts_and_pauses_stop_what_they_name(void **state)
{
    struct model model;
    (void)state;
    play("cut S1 S2\ntimeout S1\ndeliver all\n", true, &model);
    assert_int_equal(model.server[1].term, 0);
    assert_int_equal(model.server[0].role, TRACE_LEADER); // by S3's vote
    model_free(&model);
    play("cut S1 S2\nheal\ntimeout S1\ndeliver all\n", true, &model);
    assert_int_equal(model.server[1].term, 1);
    model_free(&model);
    play("pause S2\ntimeout S1\ndeliver all\n", true, &model);
    assert_int_equal(model.server[1].term, 0);
    model_free(&model);
    play("pause S2\ntimeout S1\ndeliver all\nresume S2\n", true, &model);
    assert_int_equal(model.server[1].term, 1);
    model_free(&model);
}

static void test_snapshots_travel(void **state)
{
    struct model model;
    (void)state;
    play(ELECTED "deliver all\ncut S1 S3\ncommand S1 x=1\ndeliver all\n"
                 "snapshot S1 1\nheal\nheartbeat S1\ndeliver all\n"
                 "heartbeat S1\ndeliver all\n",
         true, &model);
    assert_int_equal(model.server[0].snapshot_index, 1);
    assert_int_equal(model.server[2].snapshot_index, 1);
    model_free(&model);
}

// Settings stand before the first action, and are written again.
static void test_settings_come_back_from_their_text(void **state)
{
    static const char text[] = "servers 4\nentries 1\nchunk 64\nheal\n";
    static const char *const wrong[] = {"entries 0", "chunk", "entries x",
                                        "heal\nentries 2"};
    struct script script;
    char error[300];
    (void)state;
    assert_true(script_parse("test", text, &script, error));
    char *again = script_format(&script);
    assert_string_equal(again, text);
    free(again);
    script_free(&script);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(script_parse("test", wrong[i], &script, error));
}

// S3 lacks two entries, and each message holds one.
static void test_messages_hold_no_more_entries_than_a_script_says(void **state)
{
    struct model model;
    (void)state;
    play("entries 1\n" ELECTED "deliver all\ncut S1 S3\ncommand S1 x=1\n"
         "command S1 x=2\ndeliver all\nheal\nheartbeat S1\n"
         "deliver S1>S3 AppendEntries\n",
         true, &model);
    assert_true(model_last_index(&model.server[2]) < 2);
    model_free(&model);
}

// The thread that handles the request waits before it has done anything, and
// another request is faster.
static void test_a_stalled_thread_is_late(void **state)
{
    struct model model;
    (void)state;
    play("timeout S1\ntimeout S2\nstall S3 before lock 1\n"
         "deliver S1>S3 RequestVote 1\ndeliver S2>S3 RequestVote 1\n"
         "proceed S3\n",
         true, &model);
    assert_int_equal(model.server[2].voted_for, 1);
    model_free(&model);
    play("timeout S1\nstall S3 before lock 1\ndeliver S1>S3 RequestVote 1\n"
         "crash S3\nrestart S3\nproceed S3\n",
         true, &model);
    assert_int_equal(model.server[2].term, 0);
    model_free(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions_come_back_from_their_text),
        cmocka_unit_test(test_what_is_no_action_is_refused),
        cmocka_unit_test(test_a_majority_elects_and_commits),
        cmocka_unit_test(test_what_is_lost_does_not_arrive_but_doubles_do),
        cmocka_unit_test(test_crashes_leave_what_was_saved),
        cmocka_unit_test(test_cuts_and_pauses_stop_what_they_name),
        cmocka_unit_test(test_snapshots_travel),
        cmocka_unit_test(test_settings_come_back_from_their_text),
        cmocka_unit_test(test_messages_hold_no_more_entries_than_a_script_says),
        cmocka_unit_test(test_a_stalled_thread_is_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
