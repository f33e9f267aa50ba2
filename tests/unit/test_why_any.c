// test_why_any.c -- any event of any trace has a story that holds together.
#include "test.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viz/why/why.h"
#include "random_events.h"
#include "viz_fixture.h"
#include "why_fixture.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

// Causes come before effects, every needed fact leads to a goal by needed
// links, and nothing is told twice.
static void check_graph(const struct why *why)
{
    for (size_t i = 0; i < why->n_links; i++) {
        const struct why_link *link = &why->link[i];
        assert_true(link->cause != link->effect);
        assert_non_null(why_find(why, link->cause));
        assert_non_null(why_find(why, link->effect));
    }
    for (size_t i = 0; i < why->n_facts; i++) {
        const struct why_fact *fact = &why->fact[i];
        bool leads = fact->goal;
        assert_true(i == 0 || why->fact[i - 1].at < fact->at);
        assert_string_not_equal(fact->text, "");
        assert_string_not_equal(fact->label, "");
        for (size_t k = 0; k < why->n_links; k++)
            leads |= why->link[k].cause == fact->at && why->link[k].needed &&
                     why_find(why, why->link[k].effect)->needed;
        assert_int_equal(leads, fact->needed);
        assert_int_equal(fact->step > 0, fact->needed);
    }
    assert_true(why->all || why->n_facts <= 60);
}

static void check_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' && *at != '\n')
            fail_msg("a control character %d in: %.80s", *at, at);
}

static void check_every_event(const struct trace_file *trace, size_t step)
{
    for (size_t i = 0; i < trace->n_events; i += step) {
        struct viz_why asked = {.event = trace->event[i].n, .all = i % 2 == 1};
        if (asked.event == 0)
            continue;
        struct why why = why_made(trace, asked);
        check_graph(&why);
        why_free(&why);
        char *text = why_ask(trace, asked, TEXT);
        check_text(text);
        free(text);
        char *json = why_ask(trace, asked, JSON);
        cJSON *object = cJSON_Parse(json);
        assert_non_null(object);
        cJSON_Delete(object);
        free(json);
        char *dot = why_ask(trace, asked, GRAPH);
        check_text(dot);
        if (i % 50 == 0)
            assert_drawable((struct text){dot, strlen(dot)});
        else
            free(dot);
    }
}

static void test_every_event_of_runs_has_a_story(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct trace_file trace;
        load_tour(&trace, seed);
        check_every_event(&trace, 7);
        // A correct run has nothing that goes against a rule.
        struct why why = why_made(&trace, (struct viz_why){.all = true});
        for (size_t i = 0; i < why.n_facts; i++)
            assert_string_equal(why.fact[i].doubt, "");
        why_free(&why);
        trace_unload(&trace);
    }
}

static void keep(void *context, const struct trace_event *event)
{
    char line[4096];
    assert_true(trace_format(event, line, sizeof line) < sizeof line);
    fprintf(context, "%s\n", line);
}

// Hostile texts, and events in an order that no Raft could make.
static void test_random_events_do_no_harm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random_events random = {.state = seed};
        FILE *out = fopen(temporary(), "w");
        assert_non_null(out);
        fputs("{\"ev\":\"trace\",\"v\":1,\"scenario\":\"s\",\"seed\":\"0x1\","
              "\"servers\":5,\"mode\":\"sim\",\"glassraft\":\"0.1.0\"}\n",
              out);
        for (uint64_t n = 1; n <= 200; n++) {
            enum trace_kind kind =
                1 + (enum trace_kind)random_below(&random, TRACE_FINDING);
            struct trace_event event = random_event(&random, kind);
            event.n = n;
            event.us = n;
            event.inc = 0;
            event.cause = random_below(&random, n);
            if (random_below(&random, 2) == 0)
                event.rpc = random_below(&random, 2) == 0 ? "RequestVote"
                                                          : "AppendEntries";
            keep(out, &event);
        }
        fclose(out);
        free(random.encoded);
        struct trace_file trace;
        assert_true(trace_load(&trace, temporary()));
        assert_string_equal(trace.error, "");
        assert_int_equal(trace.n_events, 200);
        unlink(temporary());
        check_every_event(&trace, 1);
        char look[400];
        (void)viz_why_look(&trace, look, sizeof look);
        check_text(look);
        trace_unload(&trace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_of_runs_has_a_story),
        cmocka_unit_test(test_random_events_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
