// viz_fixture.c -- see viz_fixture.h.
#include "test.h"

#include "viz_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "labs/suites/suites.h"

static struct text read_file(const char *path)
{
    struct text text = {NULL, 0};
    FILE *in = fopen(path, "r");
    FILE *out = must_stream(&text.at, &text.n);
    for (int c; in != NULL && (c = getc(in)) != EOF;)
        putc(c, out);
    if (in != NULL)
        fclose(in);
    fclose(out);
    return text;
}

struct text timeline(const struct trace_file *trace,
                     const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    viz_timeline(trace, window, out);
    fclose(out);
    return text;
}

struct text logs(const struct trace_file *trace, uint64_t event)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    viz_log(trace, event, NULL, out);
    fclose(out);
    return text;
}

struct text film(const struct trace_file *trace, size_t *n)
{
    enum { MOST = 6 };
    struct viz_window all = {0};
    uint64_t event[MOST];
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    *n = viz_film_moments(trace, &all, event, MOST);
    viz_film(trace, event, *n < MOST ? *n : MOST, NULL, out);
    fclose(out);
    return text;
}

void compare(struct text text, const char *path)
{
    const char *mode = getenv("GLASSRAFT_GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fwrite(text.at, 1, text.n, out);
        fclose(out);
    }
    struct text known = read_file(path);
    size_t same = 0, line = 1;
    while (same < text.n && same < known.n && text.at[same] == known.at[same])
        line += text.at[same++] == '\n';
    if (same != text.n || same != known.n)
        fail_msg("%s:%zu: the picture differs from here on", path, line);
    free(known.at);
    free(text.at);
}

const char *temporary(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/glassraft-viz-%d.jsonl", (int)getpid());
    return path;
}

const struct lab_scenario *find_scenario(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        for (int i = 0; suite->tables[i] != NULL; i++)
            for (const struct lab_scenario *s = suite->tables[i];
                 s->name != NULL; s++)
                if (strcmp(s->name, name) == 0)
                    return s;
    fail_msg("there is no scenario %s", name);
    return NULL;
}

static void write_scenario(struct trace_file *trace, const char *name,
                           uint64_t seed)
{
    struct lab_run run = {
        .scenario = find_scenario(name), .seed = seed, .trace = temporary()};
    struct lab_result result;
    lab_run_one(&run, &result);
    assert_true(result.passed);
    assert_true(trace_load(trace, run.trace));
}

void load_scenario(struct trace_file *trace, const char *name, uint64_t seed)
{
    write_scenario(trace, name, seed);
    unlink(temporary());
}

void write_tour(struct trace_file *trace, uint64_t seed)
{
    write_scenario(trace, "tour", seed);
}

void load_tour(struct trace_file *trace, uint64_t seed)
{
    load_scenario(trace, "tour", seed);
}

void assert_drawable(struct text dot)
{
    FILE *child =
        popen("said=$(dot -Tsvg -o /dev/null 2>&1) && test -z \"$said\"", "w");
    assert_non_null(child);
    assert_int_equal(fwrite(dot.at, 1, dot.n, child), dot.n);
    assert_int_equal(pclose(child), 0);
    free(dot.at);
}

void write_trace(int n_servers, const char *command, int n)
{
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out,
            "{\"ev\":\"trace\",\"v\":1,\"glassraft\":\"0\",\"scenario\":\"%s\","
            "\"seed\":\"0x1\","
            "\"mode\":\"sim\",\"servers\":%d}\n",
            command, n_servers);
    for (int i = 1; i <= n; i++) {
        fprintf(out,
                "{\"n\":%d,\"us\":%d,\"node\":%d,\"ev\":\"start\",\"index\":%d,"
                "\"term\":1,\"accepted\":true,\"command\":\"%s\"}\n",
                2 * i - 1, i * 900, i % n_servers, i, command);
        fprintf(
            out,
            "{\"n\":%d,\"us\":%d,\"node\":%d,\"ev\":\"append\",\"index\":%d,"
            "\"entries\":[{\"term\":1,\"command\":\"%s\",\"bytes\":8}]}\n",
            2 * i, i * 900, i % n_servers, i, command);
    }
    fclose(out);
}
