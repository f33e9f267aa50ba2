// test_export_tla.c -- lines for etcd's TLA+ specification, followed by a
// machine that was written from the specification's text.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "viz/draw/viz.h"
#include "tla_fixture.h"
#include "viz_fixture.h"

static const struct viz_window all = {0};

struct parts {
    struct text part[200];
    int n;
    struct viz_tla_tally tally;
};

static struct parts export(const struct trace_file *trace,
                           const struct viz_window *window, size_t most)
{
    struct parts parts = {.n = 0};
    struct viz_tla *tla = viz_tla_begin(trace, window);
    for (bool more = true; more && parts.n < 200;) {
        struct text *text = &parts.part[parts.n];
        FILE *out = must_stream(&text->at, &text->n);
        more = viz_tla_next(tla, most, out);
        fclose(out);
        parts.n += more;
        if (!more)
            free(text->at);
    }
    parts.tally = viz_tla_end(tla);
    return parts;
}

static void drop(struct parts *parts)
{
    for (int i = 0; i < parts->n; i++)
        free(parts->part[i].at);
}

static struct tla_verdict follow(const struct text *text, bool paper,
                                 const char *name)
{
    struct tla_verdict verdict = tla_follow(text->at, text->n, paper);
    if (paper && verdict.bad_line > 0)
        fail_msg("%s, line %zu (event %zu): %s", name, verdict.bad_line,
                 (size_t)verdict.bad_n, verdict.why);
    return verdict;
}

static size_t count(const struct trace_file *trace, enum trace_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        n += trace->event[i].kind == kind;
    return n;
}

// A whole trace is one of the specification's behaviours, where its followers
// obey [AE.5]; and as it was published, where the tally says so.
static void check_whole(const char *name, uint64_t seed)
{
    struct trace_file trace;
    load_scenario(&trace, name, seed);
    struct parts parts = export(&trace, &all, 0);
    assert_int_equal(parts.n, 1);
    assert_int_equal(parts.tally.n_cut, 0);
    struct tla_verdict paper = follow(&parts.part[0], true, name);
    assert_int_equal(paper.n_lines, parts.tally.n_lines);
    assert_int_equal(paper.n_restarts, parts.tally.n_restarts);
    assert_int_equal(paper.n_restarts, count(&trace, TRACE_RESTART));
    assert_true(paper.n_received >= count(&trace, TRACE_MATCH));
    assert_true(paper.n_elected > 0 && paper.n_committed > 0);
    struct tla_verdict published = follow(&parts.part[0], false, name);
    if (published.bad_line > 0 && parts.tally.n_odd == 0)
        fail_msg("%s, line %zu: %s, and nobody knew", name, published.bad_line,
                 published.why);
    drop(&parts);
    trace_unload(&trace);
}

static void test_scenarios(void **state)
{
    (void)state;
    static const char *const names[] = {
        "tour",           "figure-8",           "snapshot-install",
        "backup",         "crash-at-each-save", "twice-and-late",
        "cluster-of-one", "slow-disk",          "snapshot-in-chunks",
        "persist-2",      "paused-leader",      "restart-storm",
        "small-batches",  "compacted-voter",    "unreliable-agree",
        "cluster-of-four"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (uint64_t seed = 1; seed <= 3; seed += 2)
            check_whole(names[i], seed);
    // A snapshot of which the second copy changes nothing.
    check_whole("snapshot-twice", 5);
    // A server that died sends once more.
    check_whole("figure-7", 6);
}

// These need no variant at all.
static void test_the_published_specification(void **state)
{
    (void)state;
    static const char *const names[] = {"initial-election", "basic-agree",
                                        "backup", "leader-failure", "count"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct trace_file trace;
        load_scenario(&trace, names[i], 3);
        struct parts parts = export(&trace, &all, 0);
        assert_int_equal(parts.tally.n_odd, 0);
        assert_int_equal(parts.tally.n_duplicates, 0);
        struct tla_verdict verdict = follow(&parts.part[0], false, names[i]);
        assert_int_equal(verdict.bad_line, 0);
        drop(&parts);
        trace_unload(&trace);
    }
}

// A broken line is found: the machine can say no.
static void test_the_machine_says_no(void **state)
{
    (void)state;
    static const char *const broken[][2] = {
        {"\"name\":\"Ready\"", "\"name\":\"Steady\""},
        {"\"reject\":false", "\"reject\":true "},
        {"\"name\":\"BecomeCandidate\"", "\"name\":\"BecomeLeader\"   "},
        {"\"role\":\"StateLeader\"", "\"role\":\"StateFollow\""},
        {"\"index\":1,\"commit\":0", "\"index\":2,\"commit\":0"},
        {"\"commit\":1},\"role\":\"StateLeader\"",
         "\"commit\":2},\"role\":\"StateLeader\""}};
    struct trace_file trace;
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        struct parts parts = export(&trace, &all, 0);
        follow(&parts.part[0], true, "agree");
        char *at = strstr(parts.part[0].at, broken[i][0]);
        assert_non_null(at);
        memcpy(at, broken[i][1], strlen(broken[i][1]));
        assert_true(
            tla_follow(parts.part[0].at, parts.part[0].n, true).bad_line > 0);
        drop(&parts);
    }
    trace_unload(&trace);
}

// Files of a split stand for themselves.
static void test_split(void **state)
{
    (void)state;
    enum { MOST = 600 };
    static const char *const names[] = {
        "figure-8", "tour", "crash-at-each-save", "snapshot-install"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct trace_file trace;
        load_scenario(&trace, names[i], 1);
        struct parts parts = export(&trace, &all, MOST);
        assert_true(parts.n > 1);
        assert_int_equal(parts.tally.n_cut, 0);
        size_t n_lines = 0;
        for (int k = 0; k < parts.n; k++) {
            struct tla_verdict verdict = follow(&parts.part[k], true, names[i]);
            assert_true(verdict.n_lines <= MOST);
            n_lines += verdict.n_lines;
        }
        assert_int_equal(n_lines, parts.tally.n_lines);
        drop(&parts);
        trace_unload(&trace);
    }
}

// A part begins with every server as it is: where nothing is under way, no
// message waits to be sent, and no leader has heard of more than it commits.
// If there is no such place, messages are missing, and the tally says so.
static void test_windows(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {1, 3, 4, 5};
    size_t n_windows = 0, n_cut = 0;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        struct trace_file trace;
        load_scenario(&trace, "figure-8", seeds[i]);
        for (uint64_t n = 1; n + 1500 < trace.n_events; n += 97) {
            struct viz_window window = {.first = n, .last = n + 700};
            struct parts parts = export(&trace, &window, 0);
            n_windows++;
            n_cut += parts.tally.n_cut > 0;
            if (parts.tally.n_cut == 0) {
                struct tla_verdict verdict =
                    follow(&parts.part[0], true, "figure-8");
                assert_true(verdict.n_received > 5);
                assert_true(parts.tally.n_known > 0 || n < 300);
            }
            drop(&parts);
        }
        trace_unload(&trace);
    }
    assert_true(n_windows > 300 && n_cut < 4);
}

// Born old: the specification would have to make billions of entries.
static void test_a_log_without_end(void **state)
{
    (void)state;
    struct trace_file trace;
    char error[300];
    load_scenario(&trace, "figure-8", 1);
    assert_true(viz_tla_takes(&trace, &all, error, sizeof error));
    trace_unload(&trace);
    load_scenario(&trace, "figure-8", 2);
    assert_false(viz_tla_takes(&trace, &all, error, sizeof error));
    assert_non_null(strstr(error, "in term 4294967293 with a log up to"
                                  " 4294967290: the specification"));
    trace_unload(&trace);
}

static void test_small_and_hostile(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 9};
    for (int i = 0; i < 3; i++) {
        struct trace_file trace;
        struct viz_window none = {.first = 90, .last = 91};
        write_trace(sizes[i], "\\\"}\\n{", 3);
        assert_true(trace_load(&trace, temporary()));
        struct parts parts = export(&trace, &none, 0);
        drop(&parts);
        // Followers that append by themselves: nothing to say, nothing broken.
        parts = export(&trace, &all, 0);
        assert_int_equal(parts.n, 1);
        drop(&parts);
        trace_unload(&trace);
    }
    unlink(temporary());
}

static void test_known_lines(void **state)
{
    (void)state;
    struct trace_file trace;
    struct viz_window window = {.last = 70};
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    struct parts parts = export(&trace, &window, 0);
    assert_int_equal(parts.n, 1);
    compare(parts.part[0], "tests/golden/tla.ndjson");
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scenarios),
        cmocka_unit_test(test_the_published_specification),
        cmocka_unit_test(test_the_machine_says_no),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_a_log_without_end),
        cmocka_unit_test(test_small_and_hostile),
        cmocka_unit_test(test_known_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
