// test_viz_truth.c -- pictures assert nothing that the events do not show.
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "replay/model.h"
#include "viz/log/log.h"
#include "viz/draw/window.h"
#include "viz_fixture.h"

#define HEADER                                                                 \
    "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"other\",\"seed\":\"1\","         \
    "\"servers\":3,\"mode\":\"real\",\"glassraft\":\"other 2.1\"}\n"

// ---------------------------------------------------------------- the bands

// Has a leader that took this entry committed it, in the same term?
static bool was_committed(const struct trace_file *trace, uint64_t index)
{
    uint64_t taken[TRACE_MAX_SERVERS] = {0}; // in which term
    uint64_t term[TRACE_MAX_SERVERS] = {0};
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_TERM)
            term[event->node] = event->to;
        if (event->kind == TRACE_START && event->ok && event->index == index)
            taken[event->node] = event->term;
        if (event->kind == TRACE_COMMIT && event->to >= index &&
            taken[event->node] > 0 && taken[event->node] == term[event->node])
            return true;
    }
    return false;
}

// The claims of a timeline's bands: their number, all true.
static size_t check_bands(const struct trace_file *trace, const char *dot)
{
    size_t n = 0;
    for (const char *at = dot; (at = strstr(at, " rounds, ")) != NULL; at++) {
        const char *begin = at;
        while (strncmp(begin, "label=\"", 7) != 0)
            begin--;
        uint64_t from = 0, to = 0;
        assert_int_equal(
            sscanf(begin, "label=\"entries %" SCNu64 "..%" SCNu64, &from, &to),
            2);
        bool all = strstr(begin, "replicated and committed") != NULL &&
                   strstr(begin, "replicated and committed") < at;
        if (all && !was_committed(trace, to))
            fail_msg("%.*s: never committed", (int)(at - begin), begin);
        n++;
    }
    return n;
}

static void test_bands_say_committed_where_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool folds; // surely
    } runs[] = {{"figure-7", true},
                {"figure-8-unreliable", true},
                {"commit-no-further", false},
                {"steady-stream", false},
                {"backup", true}};
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        struct trace_file trace;
        struct viz_window all = {.fold_above = 1};
        load_scenario(&trace, runs[i].name, 1);
        struct text text = timeline(&trace, &all);
        size_t n = check_bands(&trace, text.at);
        assert_true(n > 0 || !runs[i].folds);
        free(text.at);
        trace_unload(&trace);
    }
}

// An uncommitted run of commands is said to be one.
static void test_bands_say_what_was_not_committed(void **state)
{
    (void)state;
    struct trace_file trace;
    struct viz_window all = {.fold_above = 1};
    load_scenario(&trace, "figure-7", 1);
    struct text text = timeline(&trace, &all);
    assert_non_null(strstr(text.at, "taken by S7, not committed"));
    free(text.at);
    trace_unload(&trace);
}

// ------------------------------------------------------------------ the logs

#define LINE(n, rest)                                                          \
    "{\"n\":" #n ",\"us\":" #n ",\"node\":0,\"ev\":" rest "}\n"

static void load_text(struct trace_file *trace, const char *text)
{
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_true(trace_load(trace, temporary()));
    unlink(temporary());
}

// A next_index that is where an earlier leadership left it is not told anew.
static void test_next_index_is_of_this_leadership(void **state)
{
    (void)state;
    struct trace_file trace;
    struct model model;
    load_text(
        &trace,
        HEADER LINE(1, "\"term\",\"from\":0,\"to\":1") LINE(
            2, "\"role\",\"from\":\"candidate\",\"to\":\"leader\",\"term\":1")
            LINE(3, "\"next\",\"peer\":1,\"from\":0,\"to\":1")
                LINE(4, "\"next\",\"peer\":2,\"from\":0,\"to\":1")
                    LINE(5, "\"append\",\"index\":1,\"entries\":[{\"term\":1}]")
                        LINE(6, "\"next\",\"peer\":2,\"from\":1,\"to\":2") LINE(
                            7, "\"role\",\"from\":\"leader\",\"to\":"
                               "\"follower\",\"term\":1")
                            LINE(8, "\"role\",\"from\":\"candidate\",\"to\":"
                                    "\"leader\",\"term\":2"));
    part_model(&model, &trace, 7);
    assert_int_equal(model.server[0].next_index[1], 1);
    model_free(&model);
    part_model(&model, &trace, 8);
    assert_int_equal(model.server[0].next_index[1], 2);
    assert_int_equal(model.server[0].next_index[2], 2);
    model_free(&model);
    trace_unload(&trace);
}

// Entries behind the leader's last differ from it.
static void test_what_the_leader_lacks_differs(void **state)
{
    (void)state;
    struct trace_file trace;
    struct model model;
    size_t n_beyond = 0;
    load_scenario(&trace, "figure-7", 1);
    model_init(&model, trace.header.n_servers);
    for (size_t i = 0; i < trace.n_events; i++) {
        model_step(&model, &trace.event[i]);
        int leader = model_leader(&model);
        for (int s = 0; leader >= 0 && s < model.n_servers; s++) {
            uint64_t last = model_last_index(&model.server[s]);
            if (last <= model_last_index(&model.server[leader]))
                continue;
            assert_true(log_differs(&model, s, last));
            assert_false(log_differs(&model, s, last + 1));
            n_beyond++;
        }
    }
    assert_true(n_beyond > 0);
    model_free(&model);
    trace_unload(&trace);
}

// ------------------------------------------------------------------- losses

// A message to or from a server that has crashed is not "unplugged".
static void test_losses_have_their_true_reason(void **state)
{
    (void)state;
    static const char *const names[] = {"persist-1", "tour", "restart-storm",
                                        "snapshot-install-crash"};
    size_t n_dead = 0, n_unplugged = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct trace_file trace;
        bool down[TRACE_MAX_SERVERS] = {false};
        load_scenario(&trace, names[i], 1);
        for (size_t k = 0; k < trace.n_events; k++) {
            const struct trace_event *e = &trace.event[k];
            if (e->kind == TRACE_CRASH || e->kind == TRACE_RESTART)
                down[e->node] = e->kind == TRACE_CRASH;
            if (e->kind != TRACE_DROP || strcmp(e->leg, "request") != 0)
                continue;
            if (strcmp(e->why, "unplugged") == 0) {
                assert_false(down[e->from] || down[e->to]);
                n_unplugged++;
            }
            n_dead += strcmp(e->why, "dead") == 0;
        }
        trace_unload(&trace);
    }
    assert_true(n_dead > 0 && n_unplugged > 0);
}

// -------------------------------------------------- servers not there yet

static void test_before_its_first_event_a_server_is_not_down(void **state)
{
    (void)state;
    static const char text[] = HEADER
        "{\"n\":1,\"us\":1000,\"node\":0,\"ev\":\"term\",\"from\":0,\"to\":1}\n"
        "{\"n\":2,\"us\":1000,\"node\":0,\"ev\":\"role\",\"from\":\"follower\","
        "\"to\":\"candidate\",\"term\":1}\n"
        "{\"n\":3,\"us\":900000,\"node\":1,\"ev\":\"term\",\"from\":0,"
        "\"to\":1}\n";
    FILE *out;
    struct trace_file trace;
    load_text(&trace, text);
    struct viz_window all = {0};
    char *strip = NULL;
    size_t n = 0;
    out = must_stream(&strip, &n);
    viz_strip(&trace, &all, out);
    fclose(out);
    assert_null(strstr(strip, " down, term"));
    free(strip);
    struct text drawn = logs(&trace, 2);
    assert_null(strstr(drawn.at, "down"));
    assert_non_null(strstr(drawn.at, "no event yet"));
    free(drawn.at);
    drawn = timeline(&trace, &all);
    assert_null(strstr(drawn.at, "style=dotted, penwidth=1.6"));
    free(drawn.at);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bands_say_committed_where_it_was),
        cmocka_unit_test(test_bands_say_what_was_not_committed),
        cmocka_unit_test(test_next_index_is_of_this_leadership),
        cmocka_unit_test(test_what_the_leader_lacks_differs),
        cmocka_unit_test(test_losses_have_their_true_reason),
        cmocka_unit_test(test_before_its_first_event_a_server_is_not_down),
    };
    return cmocka_run_group_tests_name("viz_truth", tests, NULL, NULL) != 0;
}
