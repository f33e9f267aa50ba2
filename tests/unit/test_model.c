// test_model.c -- the reducer, rule by rule.
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "random_events.h"
#include "replay/model.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

static const struct trace_entry log_a[] = {
    {1, 1, "a"}, {1, 1, "b"}, {2, 1, "c"}, {2, 1, "d"}};

// A model of three servers of which S1 has booted with the log above.
static void booted(struct model *model)
{
    model_init(model, 3);
    struct trace_event boot = {.kind = TRACE_BOOT,
                               .n = 1,
                               .term = 2,
                               .voted_for = 1,
                               .entries = log_a,
                               .n_entries = 4};
    model_step(model, &boot);
}

static void step(struct model *model, struct trace_event event)
{
    event.n = model->n + 1;
    model_step(model, &event);
}

#define STEP(model, ...) step(model, (struct trace_event){.kind = __VA_ARGS__})

static void test_boot_restores(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    const struct model_server *server = &model.server[0];
    assert_true(server->up && server->booted);
    assert_int_equal(server->term, 2);
    assert_int_equal(server->voted_for, 1);
    assert_int_equal(model_last_index(server), 4);
    assert_int_equal(model_term_at(server, 3), 2);
    assert_int_equal(model_term_at(server, 5), 0);
    assert_string_equal(model_entry(server, 2)->command, "b");
    assert_false(model.server[1].up);
    model_free(&model);
}

static void test_truncate_and_append(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    struct model_server *server = &model.server[0];
    struct trace_entry entry = {5, 1, "z"};
    STEP(&model, TRACE_TRUNCATE, .index = 3);
    assert_int_equal(model_last_index(server), 2);
    STEP(&model, TRACE_APPEND, .index = 3, .entries = &entry, .n_entries = 1);
    assert_int_equal(model_last_index(server), 3);
    assert_int_equal(model_term_at(server, 3), 5);
    model_free(&model);
}

static void test_compact_keeps_what_follows(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    struct model_server *server = &model.server[0];
    STEP(&model, TRACE_COMPACT, .index = 3, .entry_term = 2);
    assert_int_equal(server->snapshot_index, 3);
    assert_int_equal(model_last_index(server), 4);
    assert_null(model_entry(server, 3));
    assert_int_equal(model_term_at(server, 3), 2);
    assert_string_equal(model_entry(server, 4)->command, "d");
    model_free(&model);
}

// [IS.6] keeps the rest of a log that agrees, [IS.7] discards one that does
// not.
static void test_is6_install_keeps_only_a_log_that_agrees(void **state)
{
    (void)state;
    for (uint64_t term = 2; term <= 3; term++) {
        struct model model;
        booted(&model);
        struct model_server *server = &model.server[0];
        STEP(&model, TRACE_INSTALL, .index = 3, .entry_term = term);
        assert_int_equal(model_last_index(server), term == 2 ? 4 : 3);
        assert_int_equal(server->snapshot_index, 3);
        assert_int_equal(server->snapshot_term, term);
        assert_int_equal(server->commit_index, 3);
        assert_int_equal(server->last_applied, 3);
        model_free(&model);
    }
}

static void test_a_crash_forgets_what_is_volatile(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    struct model_server *server = &model.server[0];
    STEP(&model, TRACE_ROLE, .to_role = TRACE_LEADER, .term = 2);
    STEP(&model, TRACE_NEXT, .peer = 1, .from = 1, .to = 5);
    STEP(&model, TRACE_COMMIT, .to = 4);
    STEP(&model, TRACE_APPLY, .index = 4);
    assert_int_equal(model_leader(&model), 0);
    assert_int_equal(server->next_index[1], 5);
    assert_int_equal(server->commit_index, 4);
    STEP(&model, TRACE_CRASH, .node = 0);
    assert_false(server->up);
    assert_int_equal(model_leader(&model), -1);
    assert_int_equal(server->commit_index, 0);
    assert_int_equal(server->next_index[1], 0);
    assert_int_equal(model_last_index(server), 4);
    model_free(&model);
}

// [C.2] Figure 2: "reinitialized after election".
static void test_c2_a_new_leader_knows_no_match(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    struct model_server *server = &model.server[0];
    STEP(&model, TRACE_ROLE, .to_role = TRACE_LEADER, .term = 2);
    STEP(&model, TRACE_MATCH, .peer = 1, .to = 4);
    STEP(&model, TRACE_ROLE, .to_role = TRACE_FOLLOWER, .term = 3);
    assert_int_equal(server->match_index[1], 4);
    STEP(&model, TRACE_ROLE, .to_role = TRACE_LEADER, .term = 4);
    assert_int_equal(server->match_index[1], 0);
    model_free(&model);
}

static void test_words_of_the_dead_change_nothing(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    STEP(&model, TRACE_RESTART, .inc = 1);
    STEP(&model, TRACE_BOOT, .inc = 1, .term = 2, .voted_for = TRACE_NONE);
    STEP(&model, TRACE_KILL, .inc = 0);
    assert_true(model.server[0].up);
    STEP(&model, TRACE_KILL, .inc = 1);
    assert_false(model.server[0].up);
    model_free(&model);
}

// Traces of others may tell no boots.
static void test_a_server_that_speaks_is_up(void **state)
{
    (void)state;
    struct model model;
    model_init(&model, 3);
    STEP(&model, TRACE_RECV, .node = 1, .msg = 1);
    assert_true(model.server[1].up);
    STEP(&model, TRACE_CRASH, .node = 1);
    assert_false(model.server[1].up);
    STEP(&model, TRACE_RESTART, .node = 1, .inc = 1);
    assert_false(model.server[1].up);
    STEP(&model, TRACE_APPLY, .node = 1, .inc = 0, .index = 1);
    assert_false(model.server[1].up);
    STEP(&model, TRACE_APPLY, .node = 1, .inc = 1, .index = 1);
    assert_true(model.server[1].up);
    assert_false(model.server[2].up);
    model_free(&model);
}

static void test_flights_take_off_and_land(void **state)
{
    (void)state;
    struct model model;
    booted(&model);
    STEP(&model, TRACE_SEND, .msg = 7, .to = 1, .node = 0);
    STEP(&model, TRACE_SEND, .msg = 7, .to = 1, .node = 0, .ok = true);
    STEP(&model, TRACE_SEND, .msg = 8, .to = 2, .node = 0);
    assert_int_equal(model.n_flights, 3);
    STEP(&model, TRACE_RECV, .msg = 7, .node = 1);
    assert_int_equal(model.n_flights, 2);
    STEP(&model, TRACE_REPLY, .msg = 7, .to = 0, .node = 1);
    STEP(&model, TRACE_DROP, .msg = 7, .leg = "reply", .node = TRACE_NONE);
    assert_int_equal(model.n_flights, 2);
    STEP(&model, TRACE_DROP, .msg = 7, .leg = "request", .node = TRACE_NONE);
    assert_int_equal(model.n_flights, 1);
    assert_int_equal(model.flight[0].msg, 8);
    model_free(&model);
}

static void test_partitions_come_and_heal(void **state)
{
    (void)state;
    struct model model;
    const int groups[] = {0, 1, 1};
    booted(&model);
    STEP(&model, TRACE_PARTITION, .node = TRACE_NONE, .groups = groups,
         .n_groups = 3);
    assert_true(model.partitioned);
    assert_int_equal(model.server[2].group, 1);
    STEP(&model, TRACE_HEAL, .node = TRACE_NONE);
    assert_false(model.partitioned);
    assert_int_equal(model.server[2].group, 0);
    model_free(&model);
}

// From any moment on, a restored model and a copy do what the original does.
static void test_a_restored_model_goes_on_alike(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random_events r = {.state = seed};
        struct model all, copy, restored;
        model_init(&all, RANDOM_SERVERS);
        for (int i = 0; i < 400; i++) {
            struct trace_event event = random_event(
                &r, (enum trace_kind)random_below(&r, TRACE_FINDING));
            event.n = all.n + 1;
            event.inc = (int)random_below(&r, 2);
            if (i == 200) {
                char *json = model_json(&all);
                assert_true(model_restore(&restored, json));
                model_copy(&copy, &all);
                free(json);
            }
            model_step(&all, &event);
            if (i >= 200) {
                model_step(&copy, &event);
                model_step(&restored, &event);
            }
        }
        char *json[] = {model_json(&all), model_json(&copy),
                        model_json(&restored)};
        assert_string_equal(json[0], json[1]);
        assert_string_equal(json[0], json[2]);
        for (int i = 0; i < 3; i++)
            free(json[i]);
        model_free(&all);
        model_free(&copy);
        model_free(&restored);
        free(r.encoded);
    }
}

static void test_bad_text_restores_nothing(void **state)
{
    (void)state;
    struct model model;
    assert_false(model_restore(&model, ""));
    assert_false(model_restore(&model, "{}"));
    assert_false(model_restore(&model, "{\"servers\":[{}]}"));
    assert_false(model_restore(&model, "[1,2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_restores),
        cmocka_unit_test(test_truncate_and_append),
        cmocka_unit_test(test_compact_keeps_what_follows),
        cmocka_unit_test(test_is6_install_keeps_only_a_log_that_agrees),
        cmocka_unit_test(test_a_crash_forgets_what_is_volatile),
        cmocka_unit_test(test_c2_a_new_leader_knows_no_match),
        cmocka_unit_test(test_words_of_the_dead_change_nothing),
        cmocka_unit_test(test_a_server_that_speaks_is_up),
        cmocka_unit_test(test_flights_take_off_and_land),
        cmocka_unit_test(test_partitions_come_and_heal),
        cmocka_unit_test(test_a_restored_model_goes_on_alike),
        cmocka_unit_test(test_bad_text_restores_nothing),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL) != 0;
}
