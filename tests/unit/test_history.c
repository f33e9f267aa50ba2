// test_history.c -- the picture of what clients saw.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "check/linear.h"
#include "viz/draw/viz.h"

enum { MANY = 600 };

static char *picture;

static int forget(void **state)
{
    (void)state;
    free(picture);
    picture = NULL;
    return 0;
}

#define DRAWN(test) cmocka_unit_test_setup_teardown(test, NULL, forget)

// An operation from one line to another; to 0: it has no answer.
static struct linear_operation op(uint64_t client, enum linear_kind kind,
                                  const char *value, uint64_t from, uint64_t to)
{
    return (struct linear_operation){.client = client,
                                     .kind = kind,
                                     .outcome =
                                         to > 0 ? LINEAR_DONE : LINEAR_OPEN,
                                     .key = "a",
                                     .value = value,
                                     .called = from,
                                     .returned = to};
}

static bool draw(const struct linear_operation *history, size_t n,
                 struct viz_history asked)
{
    size_t size;
    forget(NULL);
    FILE *out = must_stream(&picture, &size);
    bool any = viz_history_text("clients.txt", history, n, &asked, out);
    fclose(out);
    return any;
}

static size_t count(const char *text)
{
    size_t n = 0;
    for (const char *at = picture; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

#define assert_shows(text) assert_true(count(text) > 0)
#define assert_lacks(text) assert_int_equal(count(text), 0)

static void test_a_legal_history_has_its_order(void **state)
{
    (void)state;
    const struct linear_operation history[] = {
        op(1, LINEAR_PUT, "1", 1, 4), op(2, LINEAR_GET, NULL, 2, 3),
        op(2, LINEAR_GET, "1", 5, 6), op(3, LINEAR_PUT, "9", 7, 0)};
    assert_true(draw(history, 4, (struct viz_history){.most = 0}));
    assert_shows("one machine could have given all answers");
    assert_shows("label=\"put a=1\"");
    assert_shows("label=\"get a → nothing\"");
    assert_shows("label=\"get a → 1\"");
    assert_shows("label=\"no answer\"");
    assert_shows("4 of 4 operations shown");
    // The first get came before the put, the second after it.
    assert_shows("number = its place in the order of its key");
    assert_shows("label=\"1\"");
    assert_shows("label=\"3\"");
    assert_lacks("label=\"4\"");
}

static void test_the_wrong_one_is_framed(void **state)
{
    (void)state;
    const struct linear_operation history[] = {
        op(1, LINEAR_PUT, "1", 1, 2), op(1, LINEAR_PUT, "2", 3, 4),
        op(2, LINEAR_GET, "1", 5, 6), op(3, LINEAR_GET, "2", 7, 8)};
    assert_true(draw(history, 4, (struct viz_history){.most = 0}));
    assert_shows("no machine could have given these answers");
    assert_shows(
        "get a returned 1 although put a=2 had ended before it began.");
    assert_int_equal(count("penwidth=2.4"), 1); // the wrong one
    assert_int_equal(count("penwidth=1.8"), 2); // those that prove it
    assert_int_equal(count("label=\"✕\""), 1);
    assert_shows("had ended before this began");
}

// What proves it is shown even where there is room for little more.
static void test_of_many_the_proof_is_shown(void **state)
{
    (void)state;
    static struct linear_operation history[MANY + 3];
    static char value[MANY][8];
    uint64_t line = 1;
    history[0] = op(1, LINEAR_PUT, "first", 1, 2);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(value[i], sizeof value[i], "v%zu", i);
        line += 2;
        history[i + 1] = op(1 + i % 5, LINEAR_PUT, value[i], line, line + 1);
    }
    history[MANY + 1] = op(9, LINEAR_GET, "first", line + 2, line + 3);
    assert_true(draw(history, MANY + 2, (struct viz_history){.most = 0}));
    assert_shows("label=\"put a=first\"");
    assert_shows("label=\"get a → first\"");
    assert_shows(" not shown\"");
    assert_shows("choose with --key, --client, --from, --most");
    assert_true(strlen(picture) < 60000);
    // And as many as are asked for.
    assert_true(draw(history, MANY + 2, (struct viz_history){.most = 9}));
    assert_shows("9 of 602 operations shown");
}

static void test_what_is_asked_for(void **state)
{
    (void)state;
    struct linear_operation history[] = {op(1, LINEAR_PUT, "1", 1, 2),
                                         op(2, LINEAR_PUT, "2", 3, 4)};
    const uint64_t client = 2, nobody = 7;
    history[1].key = "b";
    assert_true(draw(history, 2, (struct viz_history){.key = "b"}));
    assert_lacks("put a=1");
    assert_shows("put b=2");
    assert_true(draw(history, 2, (struct viz_history){.client = &client}));
    assert_lacks("label=\"C1\"");
    assert_shows("label=\"C2\"");
    assert_false(draw(history, 2, (struct viz_history){.client = &nobody}));
    assert_false(draw(history, 0, (struct viz_history){.most = 0}));
}

// Operations of one client that overlap stand in rows of their own.
static void test_overlapping_operations(void **state)
{
    (void)state;
    const struct linear_operation history[] = {op(1, LINEAR_PUT, "1", 1, 9),
                                               op(1, LINEAR_PUT, "2", 2, 3),
                                               op(1, LINEAR_PUT, "3", 4, 5)};
    assert_true(draw(history, 3, (struct viz_history){.most = 0}));
    assert_int_equal(count("label=\"C1\""), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DRAWN(test_a_legal_history_has_its_order),
        DRAWN(test_the_wrong_one_is_framed),
        DRAWN(test_of_many_the_proof_is_shown),
        DRAWN(test_what_is_asked_for),
        DRAWN(test_overlapping_operations),
    };
    return cmocka_run_group_tests_name("history", tests, NULL, NULL) != 0;
}
