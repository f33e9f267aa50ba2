// test_viz_diff.c -- two traces: what is equal, what is not, side by side.
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "viz/diff/diff.h"
#include "viz_fixture.h"

static struct viz_diff between(const struct trace_file *a,
                               const struct trace_file *b)
{
    return (struct viz_diff){
        .trace = {a, b}, .name = {"a.jsonl", "b.jsonl"}, .times = true};
}

static struct text draw(const struct viz_diff *asked, bool *equal)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    *equal = viz_diff(asked, out);
    fclose(out);
    return text;
}

// A shallow copy, whose events can be changed; end with free_copy().
static struct trace_file copy_of(const struct trace_file *trace)
{
    struct trace_file copy = *trace;
    copy.event = malloc(trace->n_events * sizeof *copy.event);
    assert_non_null(copy.event);
    memcpy(copy.event, trace->event, trace->n_events * sizeof *copy.event);
    return copy;
}

static size_t first_difference(const struct viz_diff *asked)
{
    struct diff diff;
    diff_make(&diff, asked);
    size_t first = diff.first;
    assert_int_equal(diff.equal,
                     first == diff.side[0].n && first == diff.side[1].n);
    diff_free(&diff);
    return first;
}

// Numbers of events and messages shift when anything is added to a trace.
static void test_numbers_do_not_count(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    struct trace_file copy = copy_of(&trace);
    for (size_t i = 0; i < copy.n_events; i++) {
        copy.event[i].n += 1000;
        copy.event[i].cause += 1000;
        copy.event[i].msg += copy.event[i].msg > 0 ? 77 : 0;
    }
    struct viz_diff asked = between(&trace, &copy);
    bool equal;
    assert_drawable(draw(&asked, &equal));
    assert_true(equal);
    asked.text = true;
    struct text text = draw(&asked, &equal);
    assert_non_null(strstr(text.at, "events are equal."));
    free(text.at);
    free(copy.event);
    trace_unload(&trace);
}

static void change(struct trace_event *event, int what)
{
    if (what == 0)
        event->us++;
    else if (what == 1)
        event->node++;
    else if (what == 2)
        event->kind = event->kind == TRACE_KILL ? TRACE_CRASH : TRACE_KILL;
    else
        event->rule = event->rule != NULL ? NULL : "X.1";
}

static void test_any_change_is_found(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    struct trace_file copy = copy_of(&trace);
    for (size_t at = 0; at < trace.n_events; at += 97)
        for (int what = 0; what < 4; what++) {
            change(&copy.event[at], what);
            struct viz_diff asked = between(&trace, &copy);
            assert_int_equal(first_difference(&asked), at);
            asked.times = false;
            assert_int_equal(first_difference(&asked),
                             what == 0 ? trace.n_events : at);
            copy.event[at] = trace.event[at];
        }
    free(copy.event);
    trace_unload(&trace);
}

// An event that only one side has is one row; all others stand in pairs.
static void test_sides_are_aligned(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    size_t at = trace.n_events / 2;
    while (trace.event[at].kind != TRACE_COMMIT)
        at++;
    struct trace_file copy = copy_of(&trace);
    memmove(&copy.event[at], &copy.event[at + 1],
            (copy.n_events - at - 1) * sizeof *copy.event);
    copy.n_events--;
    struct viz_diff asked = between(&trace, &copy);
    struct diff diff;
    diff_make(&diff, &asked);
    assert_int_equal(diff.first, at);
    assert_ptr_equal(diff.row[0].event[0], &trace.event[at]);
    int n_equal = 0;
    for (size_t i = 1; i < diff.n_rows; i++) {
        n_equal += diff.row[i].mark == '=';
        assert_true(diff.row[i].mark == '=' || i > 35);
    }
    assert_true(n_equal >= 35);
    diff_free(&diff);
    asked.text = true;
    bool equal;
    struct text text = draw(&asked, &equal);
    assert_false(equal);
    free(text.at);
    free(copy.event);
    trace_unload(&trace);
}

static void test_only_what_is_asked_for(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    struct trace_file copy = copy_of(&trace);
    for (size_t i = 0; i < copy.n_events; i++)
        if (copy.event[i].kind == TRACE_PERSIST)
            copy.event[i].bytes++;
    struct viz_diff asked = between(&trace, &copy);
    bool equal;
    free(draw(&asked, &equal).at);
    assert_false(equal);
    asked.filter.kinds = 1ull << TRACE_ROLE | 1ull << TRACE_COMMIT;
    free(draw(&asked, &equal).at);
    assert_true(equal);
    free(copy.event);
    trace_unload(&trace);
}

// What a slide says that it leaves out and what it tells are all events behind
// the fork.
static void test_a_slide_counts_what_it_leaves_out(void **state)
{
    (void)state;
    struct trace_file trace[2];
    load_tour(&trace[0], 5);
    load_tour(&trace[1], 6);
    struct viz_diff asked = between(&trace[0], &trace[1]);
    asked.room.format = viz_format("slide");
    bool equal;
    size_t fork = first_difference(&asked), n_told = 2;
    struct text text = draw(&asked, &equal);
    for (const char *at = text.at; (at = strstr(at, "label=\"+")) != NULL; at++)
        n_told++;
    const char *said = strstr(text.at, "label=\"Not drawn: ");
    size_t a, b;
    assert_non_null(said);
    assert_int_equal(sscanf(said,
                            "label=\"Not drawn: %zu later events of A, %zu of",
                            &a, &b),
                     2);
    assert_true(n_told > 4);
    assert_int_equal(a + b + n_told,
                     trace[0].n_events + trace[1].n_events - 2 * fork);
    free(text.at);
    trace_unload(&trace[0]);
    trace_unload(&trace[1]);
}

static void draw_both(const struct trace_file *a, const struct trace_file *b)
{
    for (int way = 0; way < 4; way++) {
        struct viz_diff asked = way % 2 != 0 ? between(a, b) : between(b, a);
        bool equal;
        asked.times = way < 2;
        assert_drawable(draw(&asked, &equal));
        asked.text = true;
        struct text text = draw(&asked, &equal);
        assert_true(text.n > 0);
        for (const char *c = text.at; *c != '\0'; c++)
            assert_true(*c == '\n' || (unsigned char)*c >= ' ');
        free(text.at);
    }
}

static void test_any_two_traces(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 9};
    static const char *const commands[] = {"x=1", "\\\"];x->y;//", "</B>>];",
                                           "\\u001b[2J", "\\\\N\\\\G\\\\"};
    struct trace_file tour, other, none;
    load_tour(&tour, 1);
    load_tour(&other, 2);
    draw_both(&tour, &other);
    other.n_events /= 3;
    draw_both(&tour, &other);
    write_trace(3, "x", 0);
    assert_true(trace_load(&none, temporary()));
    draw_both(&none, &tour);
    for (int i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++) {
            struct trace_file trace;
            write_trace(sizes[i], commands[k], 3);
            assert_true(trace_load(&trace, temporary()));
            draw_both(&trace, k == 0 ? &tour : &none);
            trace_unload(&trace);
        }
    unlink(temporary());
    trace_unload(&none);
    trace_unload(&tour);
    trace_unload(&other);
}

// The height at which a picture has an event, negative downwards; false: the
// event has no dot of its own.
static bool height_of(const char *dot, int side, uint64_t n, double *height)
{
    char name[40];
    snprintf(name, sizeof name, "id=\"%cev%" PRIu64 "\"", "ab"[side], n);
    const char *at = strstr(dot, name);
    if (at == NULL)
        return false;
    const char *line = at, *pos = NULL;
    while (line > dot && line[-1] != '[')
        line--;
    if (strncmp(line, "shape=point", 11) != 0)
        return false; // a label, which may have had to move
    for (const char *c = line; c < at; c++)
        if (strncmp(c, "pos=\"", 5) == 0)
            pos = strchr(c, ',') + 1;
    assert_non_null(pos);
    *height = strtod(pos, NULL);
    return true;
}

// What happened later after the fork, in whichever run, never stands higher.
static void test_times_are_aligned(void **state)
{
    (void)state;
    struct trace_file trace[2];
    load_tour(&trace[0], 5);
    load_tour(&trace[1], 7);
    struct viz_diff asked = between(&trace[0], &trace[1]);
    bool equal;
    struct text text = draw(&asked, &equal);
    struct {
        uint64_t us;
        double y;
    } dot[400];
    size_t n = 0, of[2] = {0, 0};
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < trace[side].n_events && n < 400; i++) {
            const struct trace_event *e = &trace[side].event[i];
            dot[n].us = e->us;
            if (height_of(text.at, side, e->n, &dot[n].y)) {
                n++;
                of[side]++;
            }
        }
    assert_true(of[0] >= 5 && of[1] >= 5);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (dot[i].us < dot[k].us)
                assert_true(dot[i].y >= dot[k].y);
    free(text.at);
    trace_unload(&trace[0]);
    trace_unload(&trace[1]);
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        n++;
    return n;
}

// Of a run that lacks one commit the drawing has that commit, and no message.
static void test_only_what_differs_is_drawn(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    size_t at = trace.n_events / 2;
    while (trace.event[at].kind != TRACE_COMMIT)
        at++;
    struct trace_file copy = copy_of(&trace);
    memmove(&copy.event[at], &copy.event[at + 1],
            (copy.n_events - at - 1) * sizeof *copy.event);
    copy.n_events--;
    struct viz_diff asked = between(&trace, &copy);
    bool equal;
    struct text text = draw(&asked, &equal);
    assert_int_equal(count(text.at, "label=\"✓ commit"), 1);
    assert_int_equal(count(text.at, "arrowhead=normal"), 0);
    assert_int_equal(count(text.at, "label=\"logs at the fork"), 2);
    assert_int_equal(count(text.at, "an entry in the other run"), 0);
    free(text.at);
    free(copy.event);
    trace_unload(&trace);
}

// Entries that only one run has are framed there, and their places here.
static void test_other_logs_are_framed(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 5);
    struct trace_file copy = copy_of(&trace);
    size_t at = 0;
    while (trace.event[at].kind != TRACE_APPEND)
        at++;
    copy.event[at].kind = TRACE_PERSIST;
    copy.event[at].n_entries = 0;
    struct viz_diff asked = between(&trace, &copy);
    asked.most = 4;
    bool equal;
    struct text text = draw(&asked, &equal);
    assert_true(count(text.at, "an entry in the other run") >= 1);
    free(text.at);
    free(copy.event);
    trace_unload(&trace);
}

// Two traces of which the second leaves the first's way, to the letter.
static void test_known_pictures(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    struct trace_file copy = copy_of(&trace);
    size_t at = 0;
    while (copy.event[at].kind != TRACE_VOTE || copy.event[at].node == 0)
        at++;
    copy.event[at].voted_for = 1;
    struct viz_diff asked = between(&trace, &copy);
    bool equal;
    compare(draw(&asked, &equal), "tests/golden/diff.dot");
    asked.text = true;
    compare(draw(&asked, &equal), "tests/golden/diff.txt");
    assert_false(equal);
    free(copy.event);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pictures),
        cmocka_unit_test(test_numbers_do_not_count),
        cmocka_unit_test(test_any_change_is_found),
        cmocka_unit_test(test_sides_are_aligned),
        cmocka_unit_test(test_only_what_is_asked_for),
        cmocka_unit_test(test_a_slide_counts_what_it_leaves_out),
        cmocka_unit_test(test_times_are_aligned),
        cmocka_unit_test(test_only_what_differs_is_drawn),
        cmocka_unit_test(test_other_logs_are_framed),
        cmocka_unit_test(test_any_two_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
