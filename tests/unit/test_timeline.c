// test_timeline.c -- what holds for every timeline, whatever its trace.
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "replay/model.h"
#include "viz/draw/causes.h"
#include "viz/draw/window.h"
#include "viz/draw/scene.h"
#include "viz_fixture.h"

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (; (text = strstr(text, word)) != NULL; text++)
        n++;
    return n;
}

// -------------------------------------------------------- the window itself

// What is drawn of a window does not depend on what else was read.
static void test_a_part_draws_as_the_whole(void **state)
{
    (void)state;
    static const struct part_asked asked[] = {
        {.since = true, .until = true, .from_us = 3700000, .to_us = 4700000},
        {.around = 1500, .radius = 100},
        {.around = 1012, .radius = 4},
        {.term = 3},
        {.act = 8},
        {.last = 300},
        {.filter = {.index = 12}},
        {.act = 7, .filter = {.chosen = true, .server = {[1] = true}}},
    };
    struct trace_file whole;
    write_tour(&whole, 7);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct part part;
        assert_true(part_load(&part, temporary(), &asked[i], PART_READABLE, 0));
        assert_true(part.window.first > 1);
        struct text small = timeline(&part.trace, &part.window);
        struct text large = timeline(&whole, &part.window);
        size_t same = 0;
        while (same < small.n && small.at[same] == large.at[same])
            same++;
        if (same < small.n || small.n != large.n)
            fail_msg("window %zu: the whole has \"%.200s\", the part has"
                     " \"%.200s\"",
                     i, large.at + same, small.at + same);
        assert_true(count(small.at, " -> m") > 0);
        free(small.at);
        free(large.at);
        part_unload(&part);
    }
    trace_unload(&whole);
    unlink(temporary());
}

// The state that a window begins with is that of the whole trace there.
static void test_state_is_carried_in(void **state)
{
    (void)state;
    struct trace_file whole;
    write_tour(&whole, 7);
    for (uint64_t n = 900; n < 2000; n += 149) {
        struct part_asked asked = {.around = n, .radius = 1};
        struct part part;
        struct model model, known;
        assert_true(part_load(&part, temporary(), &asked, PART_READABLE, 0));
        part_model(&model, &part.trace, n);
        part_model(&known, &whole, n);
        char *text = model_json(&model), *other = model_json(&known);
        assert_string_equal(text, other);
        free(text);
        free(other);
        model_free(&model);
        model_free(&known);
        part_unload(&part);
    }
    trace_unload(&whole);
    unlink(temporary());
}

// A message on its way at the window's edges is drawn on both sides of them.
static void test_messages_cross_the_edges(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    size_t n_crossing = 0;
    for (size_t i = 300; i < trace.n_events && n_crossing < 20; i++) {
        const struct trace_event *e = &trace.event[i];
        size_t sent =
            e->kind == TRACE_RECV ? causes_sending(&trace, i) : SIZE_MAX;
        if (sent == SIZE_MAX || sent + 2 >= i)
            continue;
        char name[40];
        snprintf(name, sizeof name, "[id=\"m%" PRIu64 "\"", e->msg);
        struct viz_window late = {.first = trace.event[i].n - 1,
                                  .heartbeats = true,
                                  .last = trace.event[i].n + 20},
                          early = {.first = trace.event[sent].n,
                                   .heartbeats = true,
                                   .last = trace.event[i].n - 1};
        struct text one = timeline(&trace, &late),
                    other = timeline(&trace, &early);
        assert_non_null(strstr(one.at, name));
        assert_non_null(strstr(other.at, name));
        free(one.at);
        free(other.at);
        n_crossing++;
    }
    assert_int_equal(n_crossing, 20);
    trace_unload(&trace);
}

// ---------------------------------------------------------------- the layout

struct place {
    bool known;
    double y;
};

// Where each event's own element stands (id="ev...").
static struct place *find_places(const char *dot, uint64_t last)
{
    struct place *place = calloc(last + 1, sizeof *place);
    assert_non_null(place);
    for (const char *at = dot; (at = strstr(at, "id=\"ev")) != NULL; at++) {
        uint64_t n = strtoull(at + 6, NULL, 10);
        const char *begin = at, *pos;
        while (begin > dot && *begin != '[')
            begin--;
        double x, y;
        pos = strstr(begin, "pos=\"");
        assert_non_null(pos);
        assert_int_equal(sscanf(pos, "pos=\"%lf,%lf", &x, &y), 2);
        assert_true(n <= last);
        if (place[n].known)
            fail_msg("event %" PRIu64 " has two elements of its id", n);
        place[n] = (struct place){true, -y};
    }
    return place;
}

// Dots of messages: no event stands above one that happened before it.
static void test_time_runs_downwards(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct trace_file trace;
        load_tour(&trace, seed);
        struct viz_window all = {.heartbeats = true, .most = 10000};
        struct text dot = timeline(&trace, &all);
        uint64_t last = trace.event[trace.n_events - 1].n;
        struct place *place = find_places(dot.at, last);
        size_t n_pairs = 0;
        for (size_t i = 0; i < trace.n_events; i++) {
            const struct trace_event *e = &trace.event[i];
            bool dot_of = e->kind == TRACE_RECV || e->kind == TRACE_REPLY_RECV;
            if (!dot_of || !place[e->n].known || !place[e->cause].known)
                continue;
            n_pairs++;
            if (place[e->n].y < place[e->cause].y - 0.11)
                fail_msg("event %" PRIu64 " stands above its cause", e->n);
        }
        assert_true(n_pairs > 300);
        free(place);
        free(dot.at);
        trace_unload(&trace);
    }
}

struct rectangle {
    double left, top, right, bottom;
};

static bool overlap(struct rectangle a, struct rectangle b)
{
    return a.left < b.right - 0.1 && b.left < a.right - 0.1 &&
           a.top < b.bottom - 0.1 && b.top < a.bottom - 0.1;
}

// Lanes are the rectangles of these widths around a lane's middle.
static size_t find_lanes(const char *dot, struct rectangle *out, size_t most)
{
    size_t n = 0;
    for (const char *at = dot; (at = strstr(at, "[bb=\"")) != NULL; at++) {
        double left, bottom, right, top;
        assert_int_equal(
            sscanf(at, "[bb=\"%lf,%lf,%lf,%lf", &left, &bottom, &right, &top),
            4);
        int width = (int)(right - left + 0.5);
        if ((width == 8 || width == 14 || width == 22) && n < most)
            out[n++] = (struct rectangle){left, -top, right, -bottom};
    }
    return n;
}

static size_t find_labels(const char *dot, struct rectangle *out, size_t most)
{
    size_t n = 0;
    for (const char *at = dot; (at = strstr(at, " [shape=box")) != NULL; at++) {
        double width, height, x, y;
        const char *size = strstr(at, "fixedsize=shape, width=");
        const char *pos = strstr(at, "pos=\""), *end = strchr(at, '\n');
        if (size == NULL || size > end || pos == NULL || n == most ||
            sscanf(size, "fixedsize=shape, width=%lf, height=%lf", &width,
                   &height) != 2 ||
            sscanf(pos, "pos=\"%lf,%lf", &x, &y) != 2)
            continue;
        out[n++] = (struct rectangle){x - 36 * width, -y - 36 * height,
                                      x + 36 * width, -y + 36 * height};
    }
    return n;
}

static void test_labels_keep_off_the_lanes(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    static struct rectangle lane[MOST], label[MOST];
    struct trace_file trace;
    load_tour(&trace, 5);
    for (int act = 1; act <= 8; act++) {
        struct viz_window window = {0};
        const char *text;
        assert_true(viz_act(&trace, act, &window, &text));
        struct text dot = timeline(&trace, &window);
        size_t n_lanes = find_lanes(dot.at, lane, MOST);
        size_t n_labels = find_labels(dot.at, label, MOST);
        assert_true(n_lanes >= 5 && n_labels > 5);
        for (size_t i = 0; i < n_labels; i++)
            for (size_t k = 0; k < n_lanes; k++)
                // A band's text may: it says what is not drawn there.
                if (overlap(label[i], lane[k]) &&
                    label[i].bottom - label[i].top < 17)
                    fail_msg("act %d: the label at %.1f,%.1f lies on a lane",
                             act, label[i].left, label[i].top);
        free(dot.at);
    }
    trace_unload(&trace);
}

// ----------------------------------------------------------- what it says

// A number with commas behind a word of the foot; 0 when it is not there.
static size_t number_before(const char *foot, const char *word)
{
    const char *at = strstr(foot, word);
    size_t value = 0, unit = 1;
    for (; at != NULL && at > foot; at--) {
        char c = at[-1];
        if (c >= '0' && c <= '9') {
            value += unit * (size_t)(c - '0');
            unit *= 10;
        } else if (c != ',')
            break;
    }
    return value;
}

static void test_the_foot_adds_up(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    static const int budgets[] = {10, 40, 80, 300, 2000};
    for (size_t i = 0; i < sizeof budgets / sizeof budgets[0]; i++)
        for (int ends = 0; ends < 2; ends++) {
            struct viz_window window = {.most = budgets[i], .ends = ends};
            struct text dot = timeline(&trace, &window);
            const char *foot = strstr(dot.at, "showing ");
            assert_non_null(foot);
            size_t shown = number_before(foot, " of ");
            size_t all = number_before(foot, " messages");
            size_t sum = shown + number_before(foot, " heartbeat") +
                         number_before(foot, " retr") +
                         number_before(foot, " in folded") +
                         number_before(foot, ends ? " before the budget"
                                                  : " beyond the budget");
            assert_int_equal(sum, all);
            assert_true(shown <= (size_t)budgets[i]);
            // Each one drawn is one arrow.
            assert_int_equal(count(dot.at, "edgetooltip=\"#"), shown);
            free(dot.at);
        }
    trace_unload(&trace);
}

struct pages {
    size_t n, n_arrows;
    int last;
    char *all;
    size_t length;
    FILE *out;
};

static bool take_page(void *context, int page, int n_pages, const char *dot,
                      size_t n)
{
    struct pages *pages = context;
    assert_int_equal(page, pages->last + 1);
    assert_int_equal(strlen(dot), n);
    pages->last = page;
    pages->n = (size_t)n_pages;
    fwrite(dot, 1, n, pages->out);
    return true;
}

// Pages together show each event once and each message at least once.
static void test_pages(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    struct viz_window all = {.most = 10000};
    struct pages pages = {0};
    pages.out = must_stream(&pages.all, &pages.length);
    assert_true(viz_timeline_pages(&trace, &all, take_page, &pages));
    fclose(pages.out);
    assert_true(pages.n > 3);
    assert_int_equal(pages.last, pages.n);
    assert_int_equal(count(pages.all, "digraph timeline"), pages.n);
    uint64_t last = trace.event[trace.n_events - 1].n;
    free(find_places(pages.all, last)); // no id twice
    struct scene scene;
    scene_make(&scene, &trace, &all);
    for (size_t i = 0; i < scene.n_messages; i++) {
        const struct scene_message *m = &scene.message[i];
        char name[40];
        snprintf(name, sizeof name, "[id=\"m%" PRIu64 "%s\"", m->msg,
                 m->reply ? "r" : "");
        assert_int_equal(count(pages.all, name) > 0, m->fate == SCENE_DRAWN);
    }
    scene_free(&scene);
    // No event is drawn on two pages.
    struct text whole = timeline(&trace, &all);
    const char *dot = "shape=point, width=0.05";
    assert_int_equal(count(pages.all, dot), count(whole.at, dot));
    free(whole.at);
    free(pages.all);
    trace_unload(&trace);
}

// Only what is outside the past is dimmed.
static void test_past_dims_the_rest(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 3);
    struct viz_window window = {.last = 380, .look = {.past = 372}};
    struct causes causes;
    struct text dot = timeline(&trace, &window);
    assert_true(causes_make(&causes, &trace, 372));
    size_t n_lit = 0, n_dim = 0;
    for (const char *at = dot.at;
         (at = strstr(at, "shape=point, width=0.05")) != NULL; at++) {
        const char *id = strstr(at, "tooltip=\"n:"), *end = strchr(at, ']');
        assert_true(id != NULL && id < end);
        size_t place = causes_position(&trace, strtoull(id + 11, NULL, 10));
        bool dim = strstr(at, "21\"") != NULL && strstr(at, "21\"") < id;
        // A dot is lit when its whole message is in the past.
        if (!dim)
            assert_true(causes.past[place]);
        n_dim += dim;
        n_lit += !dim;
    }
    assert_true(n_lit > 50 && n_dim > 3);
    causes_free(&causes);
    free(dot.at);
    trace_unload(&trace);
}

static void test_filter_judges_events(void **state)
{
    (void)state;
    struct trace_event
        vote = {.kind = TRACE_RECV, .node = 1, .from = 2, .rpc = "RequestVote"},
        commit = {.kind = TRACE_COMMIT, .node = 0, .from = 4, .to = 7},
        act = {.kind = TRACE_ACT, .node = TRACE_NONE};
    struct viz_filter all = {0}, votes = {.rpcs = 1u << VIZ_VOTES},
                      appends = {.rpcs = 1u << VIZ_APPENDS},
                      kinds = {.kinds = UINT64_C(1) << TRACE_COMMIT},
                      third = {.chosen = true, .server = {[2] = true}},
                      in = {.index = 7}, out = {.index = 4};
    assert_true(viz_shows(&all, &vote) && viz_shows(&all, &commit));
    assert_true(viz_shows(&votes, &vote) && !viz_shows(&appends, &vote));
    assert_true(viz_shows(&kinds, &commit) && !viz_shows(&kinds, &vote));
    // A message is shown by either end, an event by its server.
    assert_true(viz_shows(&third, &vote) && !viz_shows(&third, &commit));
    assert_true(viz_shows(&in, &commit) && !viz_shows(&out, &commit));
    assert_true(viz_shows(&kinds, &act) && viz_shows(&third, &act));
}

static void test_filters(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    struct viz_window votes = {.filter = {.rpcs = 1u << VIZ_VOTES,
                                          .kinds = UINT64_MAX}},
                      two = {.filter = {.chosen = true,
                                        .server = {[0] = true, [4] = true}}};
    struct text dot = timeline(&trace, &votes);
    assert_true(count(dot.at, "class=\"RequestVote") > 20);
    assert_int_equal(count(dot.at, "class=\"AppendEntries"), 0);
    free(dot.at);
    dot = timeline(&trace, &two);
    assert_non_null(strstr(dot.at, "\ns4 [shape=box"));
    assert_null(strstr(dot.at, "\ns1 [shape=box"));
    free(dot.at);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_draws_as_the_whole),
        cmocka_unit_test(test_state_is_carried_in),
        cmocka_unit_test(test_messages_cross_the_edges),
        cmocka_unit_test(test_time_runs_downwards),
        cmocka_unit_test(test_labels_keep_off_the_lanes),
        cmocka_unit_test(test_the_foot_adds_up),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_past_dims_the_rest),
        cmocka_unit_test(test_filter_judges_events),
        cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
