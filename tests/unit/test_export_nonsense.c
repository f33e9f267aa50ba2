// test_export_nonsense.c -- exports of traces that no Raft could write.
#include "test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "viz/draw/viz.h"
#include "random_events.h"
#include "viz_fixture.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

enum { N_DAMAGED = 40 };
enum { SHIVIZ, PERFETTO, MERMAID, TLA, TLA_SPLIT, N_FORMATS };

static struct text export(int format, const struct trace_file *trace,
                          const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    if (format == SHIVIZ)
        viz_shiviz(trace, window, out);
    else if (format == PERFETTO)
        viz_perfetto(trace, window, out);
    else if (format == MERMAID)
        viz_mermaid(trace, window, out);
    else {
        struct viz_tla *tla = viz_tla_begin(trace, window);
        while (viz_tla_next(tla, format == TLA ? 0 : 100, out))
            continue;
        viz_tla_end(tla);
    }
    fclose(out);
    return text;
}

// Each line is a JSON object.
static void check_lines(char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        cJSON *object = cJSON_Parse(line);
        assert_true(cJSON_IsObject(object));
        cJSON_Delete(object);
    }
}

static void check_all(const struct trace_file *trace,
                      const struct viz_window *window)
{
    for (int format = 0; format < N_FORMATS; format++) {
        struct text text = export(format, trace, window);
        if (format == PERFETTO) {
            cJSON *root = cJSON_Parse(text.at);
            assert_non_null(root);
            cJSON_Delete(root);
        }
        if (format >= TLA)
            check_lines(text.at);
        free(text.at);
    }
}

static void test_random_events(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random_events r = {.state = seed};
        assert_true(random_run(&r, 120, temporary()));
        struct trace_file trace;
        const struct viz_window all = {0}, middle = {.first = 40, .last = 90};
        assert_true(trace_load(&trace, temporary()));
        check_all(&trace, &all);
        check_all(&trace, &middle);
        trace_unload(&trace);
    }
    unlink(temporary());
}

// A server there is, an event that was: what the reader does not refuse.
static int lesser_digit(struct random_events *r, char digit)
{
    uint64_t most = digit < '4' ? (uint64_t)(digit - '0') : 4;
    return most == 0 ? '0' : '1' + (int)random_below(r, most);
}

// A line of a real trace with a digit changed here and there: other servers,
// terms, messages and causes, but neither another number nor another time.
static void put_changed(struct random_events *r, const char *line, FILE *out)
{
    const char *kind = strstr(line, "\"ev\"");
    const char *node = strstr(line, "\"node\"");
    const char *from = node != NULL && node < kind ? node : kind;
    bool changes = from != NULL && random_below(r, 8) == 0 &&
                   strstr(line, "\"ev\":\"trace\"") == NULL;
    for (const char *c = line; *c != '\0'; c++)
        if (changes && c > from && isdigit((unsigned char)*c) &&
            !isalnum((unsigned char)c[-1]) && random_below(r, 3) == 0)
            fputc(lesser_digit(r, *c), out);
        else
            fputc(*c, out);
}

// Some lines are changed, some are lost.
static void damage(const char *path, uint64_t seed)
{
    struct random_events r = {.state = seed};
    char line[20000];
    size_t n = 0;
    FILE *in = fopen(path, "r"), *out = fopen(temporary(), "w");
    assert_true(in != NULL && out != NULL);
    while (fgets(line, sizeof line, in) != NULL) {
        uint64_t fate = n++ > 0 ? random_below(&r, 40) : 9;
        if (fate > 1)
            put_changed(&r, line, out);
    }
    fclose(in);
    fclose(out);
}

static void test_damaged_traces(void **state)
{
    (void)state;
    char whole[80];
    size_t n_events = 0;
    struct trace_file trace;
    write_tour(&trace, 3);
    trace_unload(&trace);
    snprintf(whole, sizeof whole, "%s.whole", temporary());
    assert_int_equal(rename(temporary(), whole), 0);
    for (uint64_t seed = 1; seed <= N_DAMAGED; seed++) {
        const struct viz_window all = {0}, middle = {.first = 60, .last = 400};
        damage(seed % 2 == 0 ? "tests/golden/figure-8.jsonl" : whole, seed);
        assert_true(trace_load(&trace, temporary()));
        n_events += trace.n_events;
        check_all(&trace, &all);
        check_all(&trace, &middle);
        trace_unload(&trace);
    }
    // Most of them are read far beyond their first damage.
    assert_true(n_events > N_DAMAGED * 200);
    unlink(temporary());
    unlink(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_events),
        cmocka_unit_test(test_damaged_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
