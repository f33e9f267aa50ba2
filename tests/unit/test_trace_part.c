// test_trace_part.c -- a part of a trace is what the whole trace has there.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "labs/suites/suites.h"
#include "random_events.h"
#include "harness/runner.h"
#include "replay/model.h"

static char path[64];
static struct trace_file whole;
static struct random_events dice = {.state = 5};

static const char *temporary(void)
{
    snprintf(path, sizeof path, "/tmp/glassraft-part-%d.jsonl", (int)getpid());
    return path;
}

static void trace_scenario(const char *name, uint64_t seed)
{
    const struct lab_scenario *const tables[] = {
        tour_scenarios, replication_scenarios, snapshots_scenarios};
    struct lab_run run = {.seed = seed, .trace = temporary()};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct lab_scenario *s = tables[i]; s->name != NULL; s++)
            if (strcmp(s->name, name) == 0)
                run.scenario = s;
    struct lab_result result;
    assert_non_null(run.scenario);
    lab_run_one(&run, &result);
    assert_true(result.passed);
}

// Rewrites the trace by a filter of the shell.
static void rewrite(const char *filter)
{
    char command[512];
    snprintf(command, sizeof command, "%s %s >%s.new && mv %s.new %s", filter,
             path, path, path, path);
    assert_int_equal(system(command), 0);
}

static bool is_kind(const struct trace_part *part,
                    const struct trace_event *event)
{
    return part->kinds == 0 || (part->kinds >> event->kind & 1) != 0;
}

static bool is_in(const struct trace_part *part,
                  const struct trace_event *event)
{
    return event->n >= part->first && event->us >= part->from_us &&
           (part->last == 0 || event->n <= part->last) &&
           (part->to_us == 0 || event->us <= part->to_us);
}

static void assert_same(const struct trace_event *one,
                        const struct trace_event *two)
{
    static char text[2][1 << 20];
    trace_format(one, text[0], sizeof text[0]);
    trace_format(two, text[1], sizeof text[1]);
    assert_string_equal(text[0], text[1]);
}

// The state of the whole trace before event[end], or after a part's first n
// events, as JSON.
static char *state_of(const struct trace_file *file, size_t end)
{
    struct model model;
    if (file->keyframe != NULL)
        assert_true(model_restore(&model, file->keyframe));
    else
        model_init(&model, file->header.n_servers);
    assert_int_equal(model.n, file->keyframe_n);
    for (size_t i = 0; i < end; i++)
        model_step(&model, &file->event[i]);
    char *json = model_json(&model);
    model_free(&model);
    return json;
}

static size_t first_in(const struct trace_file *file,
                       const struct trace_part *part)
{
    size_t i = 0;
    while (i < file->n_events && (file->event[i].n < part->first ||
                                  file->event[i].us < part->from_us))
        i++;
    return i;
}

static void compare_states(const struct trace_file *part_of,
                           const struct trace_part *part)
{
    size_t begin = first_in(&whole, part);
    const struct trace_event *last = &whole.event[begin > 0 ? begin - 1 : 0];
    // A part that ends before it begins is read to its end.
    if ((part->last > 0 && last->n > part->last) ||
        (part->to_us > 0 && last->us > part->to_us))
        return;
    char *state[] = {state_of(&whole, begin),
                     state_of(part_of, first_in(part_of, part))};
    assert_string_equal(state[0], state[1]);
    free(state[0]);
    free(state[1]);
}

// Loads the part and compares it with what the whole trace says of it.
static void compare(const struct trace_part *part, const char *name)
{
    struct trace_file file;
    assert_true(trace_load_part(&file, name, part));
    assert_string_equal(file.error, "");
    size_t at = part->kinds == 0 ? first_in(&file, part) : 0;
    for (size_t i = 0; i < whole.n_events; i++) {
        const struct trace_event *event = &whole.event[i];
        if (!is_in(part, event) || !is_kind(part, event))
            continue;
        assert_true(at < file.n_events);
        assert_same(event, &file.event[at++]);
    }
    assert_int_equal(at, file.n_events);
    if (part->kinds == 0)
        compare_states(&file, part);
    else
        assert_null(file.keyframe);
    trace_unload(&file);
}

// Below n.
static uint64_t chance(uint64_t n)
{
    return random_below(&dice, n);
}

static struct trace_part random_part(void)
{
    uint64_t n = whole.n_events, us = whole.event[n - 1].us;
    struct trace_part part = {0};
    if (chance(3) > 0)
        part.first = chance(n + 3);
    if (chance(2) > 0)
        part.last = part.first + chance(chance(2) ? 30 : n);
    if (chance(3) == 0)
        part.from_us = chance(us + 2);
    if (chance(4) == 0)
        part.to_us = part.from_us + chance(us);
    if (chance(2) == 0)
        part.kinds = chance(UINT64_MAX) & chance(UINT64_MAX);
    return part;
}

static uint64_t keyframe_before(uint64_t n)
{
    struct trace_part part = {.first = n, .last = n};
    struct trace_file file;
    assert_true(trace_load_part(&file, path, &part));
    n = file.keyframe_n;
    trace_unload(&file);
    return n;
}

static void compare_parts(int n_parts)
{
    assert_true(trace_load(&whole, path));
    assert_string_equal(whole.error, "");
    for (int i = 0; i < n_parts; i++) {
        struct trace_part part = random_part();
        compare(&part, path);
    }
    trace_unload(&whole);
}

static void test_parts_of_real_traces(void **state)
{
    (void)state;
    trace_scenario("tour", 7);
    compare_parts(300);
    trace_scenario("snapshot-all-crash", 3);
    compare_parts(150);
}

// Traces of others may have spaces, no keyframes, another order of fields.
static void test_parts_of_foreign_traces(void **state)
{
    (void)state;
    trace_scenario("tour", 8);
    rewrite("sed 's/,\"/, \"/g;s/\":/\": /g'");
    assert_true(keyframe_before(1500) > 0);
    compare_parts(100);
    rewrite("grep -v '\"ev\": \"state\"'");
    assert_true(keyframe_before(1500) == 0);
    compare_parts(50);
    rewrite("sed -E 's/^\\{(\"n\": [0-9]+), (\"us\": [0-9]+),/{\\2, \\1,/'");
    compare_parts(50);
}

// A keyframe that cannot be restored is as good as none.
static void test_a_keyframe_of_others_is_passed_over(void **state)
{
    (void)state;
    trace_scenario("tour", 8);
    rewrite("sed 's/\"model\":{\"n\"/\"model\":{\"m\"/'");
    compare_parts(50);
}

static void test_a_pipe_is_read_from_its_beginning(void **state)
{
    (void)state;
    char pipe[80], command[256];
    trace_scenario("tour", 9);
    assert_true(trace_load(&whole, path));
    snprintf(pipe, sizeof pipe, "%s.pipe", path);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    for (int i = 0; i < 10; i++) {
        struct trace_part part = random_part();
        snprintf(command, sizeof command, "cat %s >%s 2>/dev/null &", path,
                 pipe);
        assert_int_equal(system(command), 0);
        compare(&part, pipe);
    }
    unlink(pipe);
    trace_unload(&whole);
}

static void test_a_part_begins_at_the_nearest_keyframe(void **state)
{
    (void)state;
    trace_scenario("tour", 7);
    struct trace_part part = {.first = 1001, .last = 1002};
    struct trace_file file;
    assert_true(trace_load_part(&file, path, &part));
    assert_in_range(file.keyframe_n, 1, 1000);
    assert_int_equal(file.event[0].n, file.keyframe_n + 1);
    assert_false(file.has_verdict);
    trace_unload(&file);
}

// What is wrong is told by its line in the file, wherever reading began.
static void test_a_bad_line_in_a_part_is_told(void **state)
{
    (void)state;
    char error[128];
    trace_scenario("tour", 7);
    assert_true(trace_load(&whole, path));
    uint64_t n = whole.n_events;
    trace_unload(&whole);
    rewrite("sed '$s/.*/{\"n\":999999,\"us\":/'");
    struct trace_part part = {.first = n - 5};
    struct trace_file file;
    assert_true(trace_load_part(&file, path, &part));
    assert_true(file.keyframe_n > 0);
    char command[128];
    int n_lines = 0;
    snprintf(command, sizeof command, "grep -c '' %s", path);
    FILE *count = popen(command, "r");
    assert_int_equal(fscanf(count, "%d", &n_lines), 1);
    pclose(count);
    snprintf(error, sizeof error, "%s:%d: no JSON", path, n_lines);
    assert_memory_equal(file.error, error, strlen(error));
    assert_int_equal(file.event[file.n_events - 1].n, n - 1);
    trace_unload(&file);
}

// Whatever order a line's fields have.
static void test_only_wanted_kinds_come(void **state)
{
    (void)state;
    char error[512];
    struct trace_event event;
    enum trace_status status;
    trace_scenario("tour", 7);
    rewrite("sed -E 's/^\\{(\"n\":[0-9]+),(\"us\":[0-9]+),/{\\2,\\1,/'");
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    assert_non_null(reader);
    trace_want(reader, 1ull << TRACE_VOTE);
    int n = 0;
    for (; (status = trace_read(reader, &event)) == TRACE_OK; n++)
        assert_int_equal(event.kind, TRACE_VOTE);
    assert_int_equal(status, TRACE_END);
    assert_in_range(n, 3, 1000);
    trace_close(reader);
}

static int clean(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

#define TEST(name) cmocka_unit_test_teardown(name, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parts_of_real_traces),
        TEST(test_parts_of_foreign_traces),
        TEST(test_a_keyframe_of_others_is_passed_over),
        TEST(test_a_pipe_is_read_from_its_beginning),
        TEST(test_a_part_begins_at_the_nearest_keyframe),
        TEST(test_a_bad_line_in_a_part_is_told),
        TEST(test_only_wanted_kinds_come),
    };
    return cmocka_run_group_tests_name("trace_part", tests, NULL, NULL) != 0;
}
