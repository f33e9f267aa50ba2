// test_export_perfetto.c -- Chrome trace events, by the rules of that format.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "viz/draw/viz.h"
#include "viz_fixture.h"

enum { ROLE = 1 };

struct item {
    char phase;
    uint64_t ts, dur, id;
    int pid, tid;
    const char *name;
};

struct items {
    cJSON *root;
    struct item *item;
    size_t n;
};

static const struct viz_window all = {0};

static struct text export(const struct trace_file *trace,
                          const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    viz_perfetto(trace, window, out);
    fclose(out);
    return text;
}

static uint64_t number(const cJSON *event, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, name);
    if (!cJSON_IsNumber(item) || item->valuedouble < 0)
        fail_msg("%s is no number", name);
    return (uint64_t)item->valuedouble;
}

static struct item read_item(const cJSON *event)
{
    const cJSON *phase = cJSON_GetObjectItemCaseSensitive(event, "ph");
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(event, "name");
    assert_true(cJSON_IsString(phase) && cJSON_IsString(name));
    struct item item = {.phase = phase->valuestring[0],
                        .ts = number(event, "ts"),
                        .pid = (int)number(event, "pid"),
                        .tid = (int)number(event, "tid"),
                        .name = name->valuestring};
    assert_non_null(strchr("XsfiCM", item.phase));
    if (item.phase == 'X')
        item.dur = number(event, "dur");
    if (item.phase == 's' || item.phase == 'f')
        item.id = number(event, "id");
    if (strchr("CMXi", item.phase) != NULL)
        assert_true(
            cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(event, "args")));
    return item;
}

static struct items load(struct text text)
{
    struct items items = {NULL, NULL, 0};
    const char *end;
    items.root = cJSON_ParseWithOpts(text.at, &end, false);
    assert_non_null(items.root);
    assert_string_equal(end, "\n");
    const cJSON *list =
        cJSON_GetObjectItemCaseSensitive(items.root, "traceEvents");
    assert_true(cJSON_IsArray(list));
    items.item =
        calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *items.item);
    const cJSON *event;
    cJSON_ArrayForEach(event, list) items.item[items.n++] = read_item(event);
    free(text.at);
    return items;
}

static void drop(struct items *items)
{
    cJSON_Delete(items->root);
    free(items->item);
}

// By track, then by time; the longer slice first.
static int by_place(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    if (x->tid != y->tid)
        return x->tid < y->tid ? -1 : 1;
    if (x->ts != y->ts)
        return x->ts < y->ts ? -1 : 1;
    return x->dur > y->dur ? -1 : x->dur < y->dur;
}

static size_t pick(const struct items *items, const char *phases,
                   struct item *out)
{
    size_t n = 0;
    for (size_t i = 0; i < items->n; i++)
        if (strchr(phases, items->item[i].phase) != NULL)
            out[n++] = items->item[i];
    qsort(out, n, sizeof *out, by_place);
    return n;
}

// Slices of a track lie inside each other or apart.
static void check_nesting(const struct items *items)
{
    struct item *slice = calloc(items->n + 1, sizeof *slice);
    size_t n = pick(items, "X", slice), depth = 0;
    uint64_t *end = calloc(n + 1, sizeof *end);
    for (size_t i = 0; i < n; i++) {
        bool same = i > 0 && slice[i].pid == slice[i - 1].pid &&
                    slice[i].tid == slice[i - 1].tid;
        depth = same ? depth : 0;
        while (depth > 0 && end[depth - 1] <= slice[i].ts)
            depth--;
        uint64_t ends = slice[i].ts + slice[i].dur;
        if (depth > 0 && ends > end[depth - 1])
            fail_msg("%s at %zu overlaps another slice", slice[i].name,
                     (size_t)slice[i].ts);
        assert_true(slice[i].tid != ROLE || depth == 0 || slice[i].dur == 0);
        end[depth++] = ends;
    }
    free(end);
    free(slice);
}

static int by_id(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return (x->phase == 'f') - (y->phase == 'f');
}

static bool has_slice(const struct item *slice, size_t n,
                      const struct item *end)
{
    for (size_t i = 0; i < n; i++)
        if (slice[i].pid == end->pid && slice[i].tid == end->tid &&
            slice[i].ts <= end->ts && end->ts < slice[i].ts + slice[i].dur)
            return true;
    return false;
}

// Each flow has one beginning and one end, later, and both touch a slice.
static size_t check_flows(const struct items *items)
{
    struct item *flow = calloc(items->n + 1, sizeof *flow);
    struct item *slice = calloc(items->n + 1, sizeof *slice);
    size_t n = pick(items, "sf", flow), n_slices = pick(items, "X", slice);
    qsort(flow, n, sizeof *flow, by_id);
    assert_int_equal(n % 2, 0);
    for (size_t i = 0; i < n; i += 2) {
        assert_int_equal(flow[i].id, flow[i + 1].id);
        assert_int_equal(flow[i].phase, 's');
        assert_int_equal(flow[i + 1].phase, 'f');
        assert_true(flow[i].ts <= flow[i + 1].ts);
        assert_true(flow[i].pid != flow[i + 1].pid);
        if (i % 16 == 0)
            assert_true(has_slice(slice, n_slices, &flow[i]) &&
                        has_slice(slice, n_slices, &flow[i + 1]));
    }
    free(flow);
    free(slice);
    return n / 2;
}

static void check_names(const struct items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        bool named = false;
        for (size_t k = 0; k < items->n && !named; k++)
            named = items->item[k].phase == 'M' &&
                    items->item[k].pid == items->item[i].pid &&
                    strcmp(items->item[k].name, "process_name") == 0;
        assert_true(named);
        i += i > 200 ? items->n / 50 : 0;
    }
}

static size_t count_kind(const struct trace_file *trace, enum trace_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n += trace->event[i].kind == kind;
    return n;
}

// Roles that servers took while they were up.
static size_t count_roles(const struct trace_file *trace)
{
    bool up[TRACE_MAX_SERVERS] = {false};
    size_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->node < 0)
            continue;
        if (event->kind == TRACE_BOOT)
            up[event->node] = true;
        if (event->kind == TRACE_CRASH || event->kind == TRACE_KILL)
            up[event->node] = false;
        n += event->kind == TRACE_BOOT ||
             (event->kind == TRACE_ROLE && up[event->node] &&
              event->from_role != event->to_role);
    }
    return n;
}

static size_t count_items(const struct items *items, char phase, int tid,
                          const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < items->n; i++)
        n += items->item[i].phase == phase &&
             (tid == 0 || items->item[i].tid == tid) &&
             (name == NULL || strcmp(items->item[i].name, name) == 0);
    return n;
}

static void check(const struct trace_file *trace,
                  const struct viz_window *window)
{
    struct items items = load(export(trace, window));
    check_nesting(&items);
    check_names(&items);
    size_t n_flows = check_flows(&items);
    if (window == &all) {
        size_t n_receipts =
            count_kind(trace, TRACE_RECV) + count_kind(trace, TRACE_REPLY_RECV);
        assert_int_equal(n_flows, n_receipts);
        // A slice for each role that a server had.
        assert_int_equal(count_items(&items, 'X', ROLE, NULL),
                         count_roles(trace));
        assert_int_equal(count_items(&items, 'i', 0, "timeout"),
                         count_kind(trace, TRACE_TIMEOUT));
        assert_int_equal(count_items(&items, 'i', 0, "crash"),
                         count_kind(trace, TRACE_CRASH));
        assert_true(count_items(&items, 'C', 0, "commit_index") >=
                    count_kind(trace, TRACE_COMMIT));
    }
    drop(&items);
}

static void test_scenarios(void **state)
{
    (void)state;
    static const char *const names[] = {"tour",           "snapshot-install",
                                        "cluster-of-one", "restart-storm",
                                        "backup",         "figure-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct trace_file trace;
        load_scenario(&trace, names[i], i + 1);
        check(&trace, &all);
        uint64_t n = trace.n_events;
        struct viz_window middle = {.first = n / 3, .last = n / 2};
        check(&trace, &middle);
        struct viz_window some = {
            .filter = {.chosen = true, .server = {true, true}}};
        check(&trace, &some);
        trace_unload(&trace);
    }
}

// What begins before a window is a slice from its beginning on.
static void test_a_window_carries_roles_in(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    struct viz_window window = {0};
    const char *name;
    assert_true(viz_act(&trace, 3, &window, &name));
    struct items items = load(export(&trace, &window));
    uint64_t begins = UINT64_MAX;
    for (size_t i = 0; i < trace.n_events; i++)
        if (trace.event[i].n == window.first)
            begins = trace.event[i].us;
    size_t n_leaders = 0, n_roles = 0;
    for (size_t i = 0; i < items.n; i++) {
        const struct item *item = &items.item[i];
        bool role = item->phase == 'X' && item->tid == ROLE;
        n_roles += role && item->ts == begins;
        n_leaders +=
            role && item->ts == begins && strcmp(item->name, "leader") == 0;
        if (item->phase != 'M')
            assert_true(item->ts >= begins);
    }
    assert_int_equal(n_roles, 5);
    assert_int_equal(n_leaders, 1);
    drop(&items);
    trace_unload(&trace);
}

static void test_hostile_and_empty(void **state)
{
    (void)state;
    static const char *const commands[] = {"\\\"}]}", "\\\\\\\"", "\\u0000a",
                                           "\\u2028", "</script>"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct trace_file trace;
        struct viz_window none = {.first = 90, .last = 91};
        write_trace(3, commands[i], 4);
        assert_true(trace_load(&trace, temporary()));
        struct items items = load(export(&trace, &all));
        assert_int_equal(count_items(&items, 'i', 0, "start"),
                         count_kind(&trace, TRACE_START));
        drop(&items);
        check(&trace, &none);
        trace_unload(&trace);
    }
    unlink(temporary());
}

static void test_known_export(void **state)
{
    (void)state;
    struct trace_file trace;
    struct viz_window window = {.first = 28, .last = 60};
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    compare(export(&trace, &window), "tests/golden/perfetto.json");
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios),
        cmocka_unit_test(test_a_window_carries_roles_in),
        cmocka_unit_test(test_hostile_and_empty),
        cmocka_unit_test(test_known_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
