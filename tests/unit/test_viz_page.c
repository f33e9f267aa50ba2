// test_viz_page.c -- what stands in the page: the lines of the trace as they
// are, of a part also the state at its beginning, and never too much.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "replay/model.h"
#include "viz/draw/viz.h"
#include "viz_fixture.h"

static const char opening[] = "<script type=\"application/x-ndjson\">\n";

static struct text page_of(const char *path, const struct viz_window *window,
                           bool fit)
{
    struct text text = {NULL, 0};
    char error[400];
    FILE *out = must_stream(&text.at, &text.n);
    if (!viz_page(out, path, window, fit, error, sizeof error))
        fail_msg("%s", error);
    fclose(out);
    return text;
}

// As strstr(); under a sanitizer that one measures the rest of the text each
// time.
static const char *find(const char *text, const char *end, const char *word)
{
    size_t n = strlen(word);
    for (; text + n <= end; text++)
        if (*text == *word && memcmp(text, word, n) == 0)
            return text;
    return NULL;
}

// The trace in a page: what its script elements of that type hold.
static char *trace_in(const struct text *page)
{
    char *trace = calloc(1, page->n + 1);
    assert_non_null(trace);
    size_t n = 0;
    const char *end = page->at + page->n;
    for (const char *at = page->at; (at = find(at, end, opening)) != NULL;) {
        at += sizeof opening - 1;
        const char *close = find(at, end, "</script>");
        assert_non_null(close);
        memcpy(trace + n, at, (size_t)(close - at));
        n += (size_t)(close - at);
    }
    return trace;
}

static void write_lines(const char *const *line, int n)
{
    FILE *file = fopen(temporary(), "wb");
    assert_non_null(file);
    fprintf(file, "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"s\",\"seed\":"
                  "\"0x1\",\"servers\":3,\"mode\":\"sim\","
                  "\"glassraft\":\"0\"}\n");
    for (int i = 0; i < n; i++)
        fprintf(file, "%s\n", line[i]);
    assert_int_equal(fclose(file), 0);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    const char *end = text + strlen(text);
    while ((text = find(text, end, word)) != NULL) {
        n++;
        text++;
    }
    return n;
}

static void test_what_ends_a_script_is_kept_apart(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"n\":1,\"us\":1,\"ev\":\"note\",\"text\":\"</script><!-- x\"}",
        "{\"n\":2,\"us\":2,\"ev\":\"note\",\"text\":\"<\\\\/ <b> <\\\\\\\\!\"}",
        "{\"n\":3,\"us\":3,\r\"ev\":\"note\",\"text\":\"plain\"}",
    };
    write_lines(lines, 3);
    struct text page = page_of(temporary(), NULL, false);
    char *trace = trace_in(&page);
    assert_non_null(strstr(trace, "\"<\\/script><\\!-- x\""));
    assert_non_null(strstr(trace, "\"<\\\\\\/ <b> <\\\\\\\\\\!\""));
    assert_null(strstr(trace, "</"));
    assert_null(strstr(trace, "<!"));
    assert_non_null(strstr(trace, "\"us\":3, \"ev\""));
    free(trace);
    free(page.at);
}

static void test_a_whole_trace_is_there_without_keyframes(void **state)
{
    (void)state;
    struct trace_file tour;
    write_tour(&tour, 7);
    struct text page = page_of(temporary(), NULL, false);
    char *trace = trace_in(&page);
    // The verdict and all events; the header has no "us".
    assert_int_equal(count(trace, "\"us\":"), tour.n_events);
    assert_int_equal(count(trace, "\"ev\":\"state\""), 0);
    assert_int_equal(count(trace, "\"ev\":\"verdict\""), 1);
    // The colours are those of all pictures.
    assert_non_null(strstr(page.at, "\"ink\":\"#333333\""));
    assert_non_null(strstr(page.at, "[\"#0072B2\",\"#00598C\",\"#FFFFFF\"]"));
    assert_null(strstr(page.at, "@paint@"));
    free(trace);
    free(page.at);
    trace_unload(&tour);
}

// The keyframe in a part equals the state before it, and each message that is
// on its way there stands before it as it was sent.
static void test_a_part_carries_the_state_in(void **state)
{
    (void)state;
    struct trace_file tour;
    write_tour(&tour, 7);
    for (uint64_t first = 2; first < 2000; first += 333) {
        struct viz_window window = {.first = first, .last = first + 50};
        struct text page = page_of(temporary(), &window, false);
        char *trace = trace_in(&page),
             *line = strstr(trace, "\"ev\":\"state\"");
        assert_non_null(line);
        struct model model;
        model_init(&model, tour.header.n_servers);
        for (size_t i = 0; i < tour.n_events && tour.event[i].n < first; i++)
            model_step(&model, &tour.event[i]);
        char *json = model_json(&model);
        assert_non_null(strstr(line, json));
        assert_int_equal(count(trace, "\"us\":"),
                         (int)model.n_flights + 51 + 2);
        char next[40];
        snprintf(next, sizeof next, "\n{\"n\":%d,", (int)first);
        assert_non_null(strstr(line, next));
        free(json);
        model_free(&model);
        free(trace);
        free(page.at);
    }
    trace_unload(&tour);
}

// Of too many events none are shown, or, with fit, the last ones.
static void test_too_many_events(void **state)
{
    (void)state;
    enum { MANY = 200100 };
    write_lines(NULL, 0);
    FILE *file = fopen(temporary(), "ab");
    assert_non_null(file);
    for (int n = 1; n <= MANY; n++)
        fprintf(file, "{\"n\":%d,\"us\":%d,\"ev\":\"note\",\"text\":\"x\"}\n",
                n, n);
    assert_int_equal(fclose(file), 0);
    struct text text = {NULL, 0};
    char error[400] = "";
    FILE *out = must_stream(&text.at, &text.n);
    assert_false(viz_page(out, temporary(), NULL, false, error, sizeof error));
    fclose(out);
    free(text.at);
    assert_non_null(strstr(error, "200100 events"));
    assert_non_null(strstr(error, "--last"));
    struct text page = page_of(temporary(), NULL, true);
    char *trace = trace_in(&page);
    assert_int_equal(count(trace, "\"note\""), 200000);
    assert_non_null(strstr(trace, "{\"n\":200100,"));
    assert_null(strstr(trace, "{\"n\":100,\"us\":100,\"ev\":\"note\""));
    free(trace);
    free(page.at);
}

static void test_foreign_lines(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{ \"ev\" : \"note\", \"text\" : \"first\", \"us\" : 1, \"n\" : 5 }",
        "",
        "{\"us\":2,\"n\":6,\"ev\":\"telepathy\",\"to\":[1,2]}",
        "{\"ev\":\"verdict\",\"us\":3,\"result\":\"pass\",\"events\":2}",
        "{\"n\":7,\"us\":4,\"ev\":\"no",
    };
    write_lines(lines, 5);
    struct text page = page_of(temporary(), NULL, false);
    char *trace = trace_in(&page);
    assert_non_null(strstr(trace, lines[0]));
    assert_non_null(strstr(trace, lines[2]));
    assert_non_null(strstr(trace, lines[3]));
    assert_null(strstr(trace, "\"ev\":\"no"));
    free(trace);
    free(page.at);
}

static void test_no_such_file(void **state)
{
    (void)state;
    char error[400] = "";
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_false(
        viz_page(out, "/nowhere/x.jsonl", NULL, true, error, sizeof error));
    assert_string_equal(error, "/nowhere/x.jsonl: No such file or directory");
    assert_false(viz_page(out, "/", NULL, true, error, sizeof error));
    fclose(out);
}

static int clean_up(void **state)
{
    (void)state;
    unlink(temporary());
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_ends_a_script_is_kept_apart),
        cmocka_unit_test(test_a_whole_trace_is_there_without_keyframes),
        cmocka_unit_test(test_a_part_carries_the_state_in),
        cmocka_unit_test(test_too_many_events),
        cmocka_unit_test(test_foreign_lines),
        cmocka_unit_test(test_no_such_file),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up) != 0;
}
