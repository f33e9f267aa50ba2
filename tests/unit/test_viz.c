// test_viz.c -- pictures: known ones to the letter, and what holds for all.
//
// After a wanted change: GLASSRAFT_GOLDEN=write build/opt/tests/test_viz
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "viz/draw/scene.h"
#include "random_events.h"
#include "viz_fixture.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

enum { N_TOURS = 4, N_ACTS = 8 };

static struct text columns(const struct trace_file *trace,
                           const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    viz_columns(trace, window, NULL, out);
    fclose(out);
    return text;
}

static void test_figure_8(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, "tests/golden/figure-8.jsonl"));
    size_t n;
    compare(film(&trace, &n), "tests/golden/film.dot");
    assert_int_equal(n, 5); // as the figure has them
    trace_unload(&trace);
}

static void test_known_pictures(void **state)
{
    (void)state;
    struct trace_file trace;
    struct viz_window all = {0}, beats = {.heartbeats = true};
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    compare(timeline(&trace, &all), "tests/golden/timeline.dot");
    compare(timeline(&trace, &beats), "tests/golden/heartbeats.dot");
    compare(logs(&trace, 0), "tests/golden/log.dot");
    compare(columns(&trace, &all), "tests/golden/columns.txt");
    trace_unload(&trace);
}

// ------------------------------------------------------- what holds for all

// Each message of the window is drawn, or counted in the foot.
static void check_counts(const struct trace_file *trace,
                         const struct viz_window *window)
{
    struct scene scene;
    size_t n_sent = 0, n_carried = 0, n[SCENE_N_FATES] = {0}, n_bands = 0;
    scene_make(&scene, trace, window);
    for (size_t i = scene.begin; i < scene.end; i++)
        n_sent += trace->event[i].kind == TRACE_SEND ||
                  trace->event[i].kind == TRACE_REPLY;
    for (size_t i = 0; i < scene.n_messages; i++) {
        n[scene.message[i].fate]++;
        n_carried += !scene_begins_in(&scene, &scene.message[i]);
    }
    assert_int_equal(n_sent + n_carried, scene.n_messages);
    assert_int_equal(n_carried, scene.before.n_flights);
    for (int fate = 0; fate < SCENE_N_FATES; fate++)
        assert_int_equal(n[fate], scene.n_fate[fate]);
    for (size_t i = 0; i < scene.n_folds; i++)
        n_bands += scene.fold[i].n_messages;
    assert_int_equal(n_bands, n[SCENE_ROUND]);
    assert_true(n[SCENE_DRAWN] > 0);
    assert_true(n[SCENE_DRAWN] <= 300);
    scene_free(&scene);
}

struct rectangle {
    double left, top, right, bottom;
};

// Labels ("t12 [shape=box, ...") as the text says that they will stand.
static size_t find_labels(const char *dot, struct rectangle *out, size_t most)
{
    size_t n = 0;
    for (const char *at = dot; (at = strstr(at, "\nt")) != NULL && n < most;) {
        double width, height, x, y;
        at += 2;
        const char *box = strstr(at, " [shape=box");
        const char *size = strstr(at, "shape, width=");
        const char *pos = strstr(at, "pos=\"");
        const char *end = strchr(at, '\n');
        if (box == NULL || size == NULL || pos == NULL || end == NULL ||
            box > end ||
            sscanf(size, "shape, width=%lf, height=%lf", &width, &height) !=
                2 ||
            sscanf(pos, "pos=\"%lf,%lf", &x, &y) != 2)
            continue;
        out[n++] = (struct rectangle){x - 36 * width, -y - 36 * height,
                                      x + 36 * width, -y + 36 * height};
    }
    return n;
}

static void check_labels(const char *dot)
{
    static struct rectangle label[2000];
    size_t n = find_labels(dot, label, sizeof label / sizeof label[0]);
    assert_true(n > 3);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            double width = label[i].right < label[k].right
                               ? label[i].right - label[k].left
                               : label[k].right - label[i].left;
            double height = label[i].bottom < label[k].bottom
                                ? label[i].bottom - label[k].top
                                : label[k].bottom - label[i].top;
            if (width > 0.1 && height > 0.1)
                fail_msg("labels overlap at %.1f,%.1f", label[i].left,
                         label[i].top);
        }
}

// Time runs downwards along each message ("m12a [... pos" to "m12b [... pos").
static void check_arrows(const char *dot)
{
    int n = 0;
    for (const char *at = dot; (at = strstr(at, "\nm")) != NULL;) {
        double x, from, to;
        at += 2;
        const char *first = strstr(at, "pos=\"");
        const char *second = first != NULL ? strstr(first + 1, "pos=\"") : NULL;
        if (second == NULL || sscanf(first, "pos=\"%lf,%lf", &x, &from) != 2 ||
            sscanf(second, "pos=\"%lf,%lf", &x, &to) != 2)
            continue;
        n++;
        if (to > from)
            fail_msg("message at y %.1f arrives at %.1f, before", from, to);
    }
    assert_true(n > 0);
}

static void test_tours(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_TOURS; seed++) {
        struct trace_file trace;
        load_tour(&trace, seed);
        for (int act = 1; act <= N_ACTS; act++) {
            struct viz_window window = {0};
            const char *text;
            assert_true(viz_act(&trace, act, &window, &text));
            check_counts(&trace, &window);
            struct text dot = timeline(&trace, &window);
            check_labels(dot.at);
            check_arrows(dot.at);
            free(dot.at);
        }
        trace_unload(&trace);
    }
}

static bool take_page(void *context, int page, int n_pages, const char *dot,
                      size_t n)
{
    (void)context;
    assert_true(page >= 1 && page <= n_pages);
    assert_drawable((struct text){strdup(dot), n});
    return true;
}

static void test_any_number_of_servers(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 9};
    for (int i = 0; i < 3; i++)
        for (int n = 0; n <= 3; n += 3) {
            struct trace_file trace;
            struct viz_window all = {0}, none = {.first = 90, .last = 91},
                              steps = {.look = {true, true, 1, "note"}};
            write_trace(sizes[i], "x=1", n);
            assert_true(trace_load(&trace, temporary()));
            assert_drawable(timeline(&trace, &all));
            assert_drawable(timeline(&trace, &none));
            assert_drawable(timeline(&trace, &steps));
            assert_drawable(logs(&trace, 0));
            size_t n_tables;
            assert_drawable(film(&trace, &n_tables));
            assert_true(viz_timeline_pages(&trace, &all, take_page, NULL));
            free(columns(&trace, &all).at);
            trace_unload(&trace);
        }
    unlink(temporary());
}

static void test_hostile_commands(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "\\\"];x->y;//", "</B>>];", "<script>", "&lt;&#0;",         "\\\\",
        "\\u0007",       "\\n\\t",  "\\N\\G",   "ääääääääääääääää", "#FF0000"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct trace_file trace;
        struct viz_window all = {0};
        // JSON wants its own escapes doubled.
        write_trace(3,
                    commands[i][0] == '\\' && commands[i][1] == 'N'
                        ? "\\\\N\\\\G"
                        : commands[i],
                    2);
        assert_true(trace_load(&trace, temporary()));
        assert_true(trace.error[0] == '\0');
        assert_drawable(timeline(&trace, &all));
        assert_drawable(logs(&trace, 0));
        size_t n_tables;
        assert_drawable(film(&trace, &n_tables));
        trace_unload(&trace);
    }
    unlink(temporary());
}

static void test_nonsense_is_drawn_too(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random_events r = {.state = seed};
        assert_true(random_run(&r, 80, temporary()));
        struct trace_file trace;
        struct viz_window all = {.heartbeats = seed % 2 == 0};
        assert_true(trace_load(&trace, temporary()));
        struct text dot = timeline(&trace, &all);
        if (seed % 10 == 0)
            assert_drawable(dot);
        else
            free(dot.at);
        struct viz_window some = {
            .first = 1 + random_below(&r, 80),
            .last = 1 + random_below(&r, 80),
            .most = 1 + (int)random_below(&r, 20),
            .ends = seed % 3 == 0,
            .filter = {.index = random_below(&r, 3),
                       .chosen = seed % 4 == 0,
                       .server = {true}},
            .look = {true, seed % 5 == 0, random_below(&r, 80), "x"}};
        dot = timeline(&trace, &some);
        if (seed % 10 == 5)
            assert_drawable(dot);
        else
            free(dot.at);
        free(logs(&trace, 40).at);
        free(columns(&trace, &all).at);
        trace_unload(&trace);
    }
    unlink(temporary());
}

static int worth(const struct trace_file *trace, uint64_t after, uint64_t until)
{
    int n_cut = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n_cut += trace->event[i].kind == TRACE_TRUNCATE &&
                 trace->event[i].n > after && trace->event[i].n <= until;
    return n_cut;
}

// Of too many eras those stay in which entries were cut, and the last one.
static void test_film_shows_what_changes(void **state)
{
    (void)state;
    for (int seed = 1; seed <= 4; seed++) {
        struct trace_file trace;
        load_tour(&trace, seed);
        const struct viz_window whole = {.first = 0};
        uint64_t all[64], some[3];
        size_t n = viz_film_moments(&trace, &whole, all, 64);
        assert_in_range(n, 5, 64);
        assert_int_equal(viz_film_moments(&trace, &whole, some, 3), n);
        assert_true(some[0] < some[1] && some[1] < some[2]);
        assert_int_equal(some[2], all[n - 1]);
        int kept = 0, most = 0;
        for (size_t i = 0; i < n; i++) {
            int cut = worth(&trace, i > 0 ? all[i - 1] : 0, all[i]);
            most = cut > most ? cut : most;
            if (all[i] == some[0] || all[i] == some[1] || all[i] == some[2])
                kept = cut > kept ? cut : kept;
        }
        assert_true(most > 0);
        assert_int_equal(kept, most);
        trace_unload(&trace);
    }
}

// Without values the leader stands first, then the others with letters.
static void test_terms_only(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    struct text text = {NULL, 0};
    FILE *out = open_memstream(&text.at, &text.n);
    uint64_t moment = 0;
    for (size_t i = 0; i < trace.n_events && moment == 0; i++)
        if (trace.event[i].kind == TRACE_COMMIT)
            moment = trace.event[i].n;
    viz_log(&trace, moment, &(struct viz_look){.terms_only = true}, out);
    fclose(out);
    const char *leader = strstr(text.at, "leader for term");
    const char *first = strstr(text.at, "(a) S");
    assert_non_null(leader);
    assert_true(first != NULL && leader < first);
    assert_non_null(strstr(text.at, "(d) S"));
    assert_null(strstr(text.at, "(e) S"));
    assert_null(strstr(text.at, "x=1"));
    assert_drawable(text);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pictures),
        cmocka_unit_test(test_film_shows_what_changes),
        cmocka_unit_test(test_terms_only),
        cmocka_unit_test(test_figure_8),
        cmocka_unit_test(test_tours),
        cmocka_unit_test(test_any_number_of_servers),
        cmocka_unit_test(test_hostile_commands),
        cmocka_unit_test(test_nonsense_is_drawn_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
