// test_viz_columns.c -- the text columns: width, colour, what is folded.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "viz/draw/words.h"
#include "viz_fixture.h"

static struct text columns(const struct trace_file *trace,
                           const struct viz_window *window, int width,
                           bool coloured)
{
    struct text text = {NULL, 0};
    struct viz_terminal terminal = {width, coloured};
    FILE *out = must_stream(&text.at, &text.n);
    viz_columns(trace, window, &terminal, out);
    fclose(out);
    return text;
}

static const struct viz_window all = {0};

// The longest line in characters.
static int longest(const char *text)
{
    int n = 0, most = 0;
    for (; *text != '\0'; text++) {
        n = *text == '\n' ? 0 : n + ((*text & 0xC0) != 0x80);
        most = n > most ? n : most;
    }
    return most;
}

static void test_lines_fit(void **state)
{
    (void)state;
    static const int widths[] = {60, 78, 100, 120, 160, 300};
    struct trace_file trace;
    load_tour(&trace, 3);
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct text text = columns(&trace, &all, widths[i], false);
        assert_in_range(longest(text.at), widths[i] * 2 / 5, widths[i]);
        assert_null(strstr(text.at, " \n"));
        free(text.at);
    }
    trace_unload(&trace);
    for (int n = 1; n <= 9; n += 4) {
        write_trace(n, "a-rather-long-command-of-a-client", 3);
        assert_true(trace_load(&trace, temporary()));
        struct text text = columns(&trace, &all, 80, false);
        assert_true(longest(text.at) <= 80);
        assert_non_null(strstr(text.at, "client a-rather"));
        free(text.at);
        trace_unload(&trace);
    }
    unlink(temporary());
}

// The number in front of these words, 0 if they are not there.
static int count_before(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    while (at != NULL && at > text && at[-1] >= '0' && at[-1] <= '9')
        at--;
    return at != NULL ? atoi(at) : 0;
}

// What is folded is counted, where it was and at the end, and can be seen.
static void test_folds_are_counted(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 1);
    struct text text = columns(&trace, &all, 0, false);
    int beats = 0, retries = 0;
    for (const char *at = text.at; (at = strstr(at, "... ")) != NULL; at++) {
        int n = 0;
        beats += sscanf(at, "... heartbeats ×%d", &n) == 1 ? n : 0;
        const char *again = strstr(at, "lost again ×");
        const char *end = strchr(at, '\n');
        if (again != NULL && again < end &&
            sscanf(again, "lost again ×%d", &n) == 1)
            retries += n;
    }
    assert_true(beats > 100 && retries > 4);
    assert_int_equal(count_before(text.at, " of heartbeats"), beats);
    assert_int_equal(count_before(text.at, " lost again ("), retries);
    free(text.at);
    const struct viz_window shown = {.heartbeats = true};
    text = columns(&trace, &shown, 0, false);
    assert_null(strstr(text.at, "heartbeats"));
    assert_null(strstr(text.at, "lost again"));
    free(text.at);
    trace_unload(&trace);
}

static void test_colour_is_only_added(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 1);
    struct text plain = columns(&trace, &all, 100, false);
    struct text coloured = columns(&trace, &all, 100, true);
    assert_null(strchr(plain.at, '\033'));
    char *to = coloured.at;
    int n = 0;
    for (const char *at = coloured.at; *at != '\0'; at++)
        if (*at == '\033') {
            at = strchr(at, 'm');
            n++;
        } else
            *to++ = *at;
    *to = '\0';
    assert_true(n > 100);
    assert_string_equal(coloured.at, plain.at);
    free(plain.at);
    free(coloured.at);
    trace_unload(&trace);
}

// No text of a trace reaches the terminal as a command to it.
static void test_hostile_text(void **state)
{
    (void)state;
    struct trace_file trace;
    write_trace(2, "\\u001b[2J\\u009b31m\\u0007\\u007f", 2);
    assert_true(trace_load(&trace, temporary()));
    struct text text = columns(&trace, &all, 0, false);
    for (const char *c = text.at; *c != '\0'; c++)
        assert_true(*c == '\n' || (unsigned char)*c >= ' ');
    assert_null(strchr(text.at, 0x7F));
    assert_null(strstr(text.at, "\xC2\x9B"));
    assert_non_null(strstr(text.at, "?[2J??31m??"));
    free(text.at);
    trace_unload(&trace);
    unlink(temporary());
}

static void test_filters(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 1);
    struct viz_window one = {.filter = {.chosen = true}};
    one.filter.server[2] = true;
    struct text text = columns(&trace, &one, 0, false);
    assert_non_null(strstr(text.at, "  S3\n"));
    assert_null(strstr(text.at, "S1  "));
    free(text.at);
    const struct viz_window kinds = {
        .filter = {.kinds = 1ull << TRACE_PERSIST}};
    text = columns(&trace, &kinds, 0, false);
    assert_non_null(strstr(text.at, "persist"));
    assert_null(strstr(text.at, "timeout"));
    free(text.at);
    const struct viz_window none = {.first = 90000, .last = 90001};
    text = columns(&trace, &none, 0, false);
    assert_non_null(strstr(text.at, "\n0 lines of 0 events\n"));
    free(text.at);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_fit),
        cmocka_unit_test(test_folds_are_counted),
        cmocka_unit_test(test_colour_is_only_added),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
