// test_why_clients.c -- from a client's answer into the Raft, and drawn.
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz_fixture.h"
#include "why_fixture.h"

static struct trace_file trace;

static int setup(void **state)
{
    (void)state;
    load_scenario(&trace, "kv-one-client", 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    trace_unload(&trace);
    return 0;
}

// The last return of an append that was done.
static const struct trace_event *last_append(void)
{
    const struct trace_event *last = NULL;
    for (size_t i = 0; i < trace.n_events; i++) {
        const struct trace_event *e = &trace.event[i];
        if (e->kind == TRACE_RETURN && strcmp(e->what, "append") == 0 &&
            strcmp(e->result, "ok") == 0)
            last = e;
    }
    assert_non_null(last);
    assert_true(last->index > 0);
    return last;
}

// Each of these, one after the other.
static void assert_in_order(const char *text, const char *const *piece)
{
    for (; *piece != NULL; piece++) {
        const char *at = strstr(text, *piece);
        if (at == NULL)
            fail_msg("\"%s\" is not there, or not behind the others", *piece);
        text = at;
    }
}

static void test_an_answer_leads_to_its_entry(void **state)
{
    (void)state;
    const struct trace_event *end = last_append();
    char commits[80], applied[80];
    snprintf(commits, sizeof commits, " committed entry %" PRIu64, end->index);
    snprintf(applied, sizeof applied, " applied index %" PRIu64, end->index);
    char *story = why_ask(&trace, (struct viz_why){.event = end->n}, TEXT);
    assert_non_null(story);
    assert_in_order(story, (const char *const[]){
                               "C1's append ", " began.", " took C1's append ",
                               commits, applied, " answered C1's append ",
                               " ended: ok", NULL});
    free(story);
}

static void test_the_picture_is_drawable(void **state)
{
    (void)state;
    const struct viz_window whole = {.first = 0};
    const struct viz_history asked = {.most = 0};
    struct text text;
    FILE *out = must_stream(&text.at, &text.n);
    assert_true(viz_history(&trace, &whole, &asked, out));
    fclose(out);
    assert_non_null(
        strstr(text.at, "one machine could have given all answers"));
    assert_non_null(strstr(text.at, "label=\"leader\""));
    assert_non_null(strstr(text.at, ", entry "));
    assert_null(strstr(text.at, "no entry"));
    assert_drawable(text);
}

// A trace in which nobody asks anything has no such picture.
static void test_nothing_to_draw(void **state)
{
    (void)state;
    const struct viz_window whole = {.first = 0};
    const struct viz_history asked = {.key = "a key that nobody used"};
    struct text text;
    FILE *out = must_stream(&text.at, &text.n);
    assert_false(viz_history(&trace, &whole, &asked, out));
    fclose(out);
    assert_int_equal(text.n, 0);
    free(text.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_leads_to_its_entry),
        cmocka_unit_test(test_the_picture_is_drawable),
        cmocka_unit_test(test_nothing_to_draw),
    };
    return cmocka_run_group_tests_name("why clients", tests, setup, teardown) !=
           0;
}
