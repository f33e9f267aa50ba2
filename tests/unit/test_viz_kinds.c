// test_viz_kinds.c -- strip, roles and terms: known ones, and what they count.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "viz/draw/spans.h"
#include "viz_fixture.h"

enum kind { STRIP, ROLES, TERMS, TERMS_TSV, TERMS_JSON, N_KINDS };

static struct text draw(enum kind kind, const struct trace_file *trace,
                        const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    if (kind == STRIP)
        viz_strip(trace, window, out);
    else if (kind == ROLES)
        viz_roles(trace, window, out);
    else
        viz_terms(trace, window, (enum viz_table)(kind - TERMS), out);
    fclose(out);
    return text;
}

static const struct viz_window all = {0};

// Writes lines behind a header to temporary() and loads them; %n in a line is
// its number, from 1 on.
static void load_lines(struct trace_file *trace, int n_servers,
                       const char *const *line)
{
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out,
            "{\"ev\":\"trace\",\"v\":1,\"glassraft\":\"0\",\"scenario\":\"s\","
            "\"seed\":\"0x1\",\"mode\":\"sim\",\"servers\":%d}\n",
            n_servers);
    for (int i = 0; line[i] != NULL; i++)
        fprintf(out, "{\"n\":%d,%s}\n", i + 1, line[i]);
    fclose(out);
    assert_true(trace_load(trace, temporary()));
    assert_string_equal(trace->error, "");
    unlink(temporary());
}

#define BOOT                                                                   \
    "\"ev\":\"boot\",\"term\":0,\"voted_for\":null,"                           \
    "\"last_included_index\":0,\"last_included_term\":0,\"entries\":[]"
#define AT(us, node, rest) "\"us\":" us ",\"node\":" node "," rest
#define ROLE(from, to, term)                                                   \
    "\"ev\":\"role\",\"from\":\"" from "\",\"to\":\"" to "\",\"term\":" term
#define TERM(from, to)   "\"ev\":\"term\",\"from\":" from ",\"to\":" to
#define VOTE(term, whom) "\"ev\":\"vote\",\"term\":" term ",\"voted_for\":" whom
#define ENTRY(index, term)                                                     \
    "\"ev\":\"append\",\"index\":" index ",\"entries\":[{\"term\":" term       \
    ",\"command\":\"x\",\"bytes\":1}]"
#define COMMIT(from, to) "\"ev\":\"commit\",\"from\":" from ",\"to\":" to

static void test_known_pictures(void **state)
{
    (void)state;
    struct trace_file trace;
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    compare(draw(STRIP, &trace, &all), "tests/golden/strip.dot");
    compare(draw(ROLES, &trace, &all), "tests/golden/roles.dot");
    compare(draw(TERMS, &trace, &all), "tests/golden/terms.txt");
    trace_unload(&trace);
}

// ------------------------------------------------------------ any trace at all

static void draw_all(const struct trace_file *trace)
{
    const struct viz_window none = {.first = 9000, .last = 9001};
    for (int kind = 0; kind < N_KINDS; kind++) {
        struct text whole = draw((enum kind)kind, trace, &all);
        struct text empty = draw((enum kind)kind, trace, &none);
        assert_true(whole.n > 0 && empty.n > 0);
        if (kind <= ROLES) {
            assert_drawable(whole);
            assert_drawable(empty);
        } else {
            free(whole.at);
            free(empty.at);
        }
    }
}

static void test_any_number_of_servers(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 9};
    for (int i = 0; i < 3; i++)
        for (int n = 0; n <= 3; n += 3) {
            struct trace_file trace;
            write_trace(sizes[i], "x=1", n);
            assert_true(trace_load(&trace, temporary()));
            draw_all(&trace);
            trace_unload(&trace);
        }
    unlink(temporary());
}

// Names, acts and reasons come from anybody's trace.
static void test_hostile_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        "\\\"];x->y;//",      "</B>>];",
        "<script>&lt;&#0;",   "\\\\N\\\\G\\\\",
        "\\u0007\\u001b[31m", "\xF0\x9F\x92\xA5"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct trace_file trace;
        char act[200], role[200], finding[200];
        snprintf(act, sizeof act, "\"us\":5,\"ev\":\"act\",\"text\":\"%s\"",
                 words[i]);
        snprintf(
            role, sizeof role,
            AT("7", "0", ROLE("follower", "leader", "1")) ",\"why\":\"%s\"",
            words[i]);
        snprintf(finding, sizeof finding,
                 "\"us\":8,\"ev\":\"finding\",\"property\":\"%s\",\"text\":"
                 "\"\"",
                 words[i]);
        const char *const lines[] = {AT("1", "0", BOOT), act, role, finding,
                                     NULL};
        load_lines(&trace, 2, lines);
        draw_all(&trace);
        trace_unload(&trace);
    }
}

static void test_a_cut_trace(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 2);
    size_t n = trace.n_events;
    for (int part = 1; part <= 5; part++) {
        trace.n_events = n * (size_t)part / 7;
        draw_all(&trace);
    }
    trace_unload(&trace);
}

// ------------------------------------------------------------------- the spans

static void check_life(const struct spans *spans, const struct life *life)
{
    assert_true(life->n > 0);
    assert_int_equal(life->span[0].from_us, spans->from_us);
    assert_int_equal(life->span[life->n - 1].to_us, spans->to_us);
    for (size_t i = 1; i < life->n; i++) {
        assert_int_equal(life->span[i].from_us, life->span[i - 1].to_us);
        assert_true(life->span[i].from_us < life->span[i].to_us ||
                    i == life->n - 1);
    }
}

static void test_spans_have_no_gap(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct trace_file trace;
        load_tour(&trace, seed);
        const struct viz_window windows[] = {{0},
                                             {.first = 300, .last = 900},
                                             {.first = 700},
                                             {.last = 40},
                                             {.first = 300,
                                              .last = 900,
                                              .from_us = trace.event[290].us,
                                              .to_us = trace.event[910].us}};
        for (int i = 0; i < 5; i++) {
            struct spans spans;
            spans_make(&spans, &trace, &windows[i]);
            assert_true(i < 4 || (spans.from_us == windows[i].from_us &&
                                  spans.to_us == windows[i].to_us));
            for (int server = 0; server < spans.n_servers; server++)
                check_life(&spans, &spans.server[server]);
            uint64_t end = spans.from_us;
            for (size_t k = 0; k < spans.n_reigns; k++) {
                assert_int_equal(spans.reign[k].from_us, end);
                end = spans.reign[k].to_us;
            }
            assert_int_equal(end, spans.to_us);
            spans_free(&spans);
        }
        trace_unload(&trace);
    }
}

// A leader that reaches no majority does not lead.
static void test_time_without_a_leader(void **state)
{
    (void)state;
    const char *const lines[] = {
        AT("0", "0", BOOT),
        AT("0", "1", BOOT),
        AT("0", "2", BOOT),
        AT("1000", "0", TERM("0", "1")),
        AT("1000", "0", ROLE("follower", "candidate", "1")),
        AT("1500", "0", ROLE("candidate", "leader", "1")),
        "\"us\":3000,\"ev\":\"partition\",\"groups\":[0,1,1]",
        "\"us\":3700,\"ev\":\"heal\"",
        AT("4000", "0", "\"ev\":\"pause\",\"paused\":true"),
        AT("4020", "0", "\"ev\":\"pause\",\"paused\":false"),
        "\"us\":5000,\"ev\":\"link\",\"from\":0,\"to\":1,\"up\":false",
        "\"us\":6000,\"ev\":\"link\",\"from\":2,\"to\":0,\"up\":false",
        "\"us\":6300,\"ev\":\"heal\"",
        AT("7000", "1", "\"ev\":\"disconnect\""),
        AT("7100", "2", "\"ev\":\"crash\""),
        AT("7104", "1", "\"ev\":\"connect\""),
        AT("8000", "0", "\"ev\":\"crash\""),
        AT("8000", "0", "\"ev\":\"kill\""),
        AT("9000", "1", TERM("0", "2")),
        NULL};
    struct trace_file trace;
    struct spans spans;
    load_lines(&trace, 3, lines);
    spans_make(&spans, &trace, &all);
    assert_int_equal(spans.to_us, 9000);
    assert_int_equal(spans_leaderless_us(&spans),
                     1500 + 700 + 20 + 300 + 4 + 1000);
    spans_free(&spans);
    trace_unload(&trace);
}

// However often the servers change, the strip stays as small as it is wide.
static void test_a_strip_is_bounded(void **state)
{
    (void)state;
    enum { CHANGES = 60000, WIDE = 960 };
    static struct trace_event event[CHANGES];
    struct trace_file trace = {
        .header = {.n_servers = 2}, .event = event, .n_events = CHANGES};
    for (size_t i = 0; i < CHANGES; i++)
        event[i] = (struct trace_event){
            .n = i + 1,
            .us = i * 20000,
            .node = (int)(i / 2 % 2),
            .kind = i < 4        ? TRACE_BOOT
                    : i % 2 != 0 ? TRACE_ROLE
                                 : TRACE_TERM,
            .to = i,
            .to_role = i / 4 % 2 != 0 ? TRACE_LEADER : TRACE_FOLLOWER};
    struct text dot = draw(STRIP, &trace, &all);
    int n = 0;
    for (const char *at = dot.at; (at = strstr(at, "\n")) != NULL; at++)
        n++;
    assert_in_range(n, WIDE, 6 * WIDE);
    free(dot.at);
}

// ------------------------------------------------------------------- the roles

static void test_what_figure_4_does_not_have(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        bool known;
    } steps[] = {
        {"follower", "candidate", true}, {"candidate", "candidate", true},
        {"candidate", "leader", true},   {"candidate", "follower", true},
        {"leader", "follower", true},    {"follower", "leader", false},
        {"leader", "candidate", false},  {"leader", "leader", false},
        {"follower", "follower", false},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct trace_file trace;
        char role[200];
        snprintf(role, sizeof role,
                 "\"us\":7,\"node\":0,\"ev\":\"role\",\"from\":\"%s\","
                 "\"to\":\"%s\",\"term\":1,\"why\":\"because\"",
                 steps[i].from, steps[i].to);
        const char *const lines[] = {AT("1", "0", BOOT), role, role, NULL};
        load_lines(&trace, 1, lines);
        struct text dot = draw(ROLES, &trace, &all);
        assert_non_null(strstr(dot.at, "because ×2"));
        assert_int_equal(strstr(dot.at, "not in Figure 4") == NULL,
                         steps[i].known);
        free(dot.at);
        trace_unload(&trace);
    }
}

// ------------------------------------------------------------------- the terms

static double number_of(const cJSON *term, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(term, name));
}

static void test_terms_are_counted(void **state)
{
    (void)state;
    const char *const lines[] = {
        AT("0", "0", BOOT),
        AT("0", "1", BOOT),
        AT("0", "2", BOOT),
        AT("100", "0", TERM("0", "1")), // a split vote
        AT("100", "0", ROLE("follower", "candidate", "1")),
        AT("100", "0", VOTE("1", "0")),
        AT("150", "1", TERM("0", "1")),
        AT("150", "1", ROLE("follower", "candidate", "1")),
        AT("150", "1", VOTE("1", "1")),
        AT("900", "0", TERM("1", "2")), // S1 wins
        AT("900", "0", ROLE("candidate", "candidate", "2")),
        AT("900", "0", VOTE("2", "0")),
        AT("950", "2", TERM("0", "2")),
        AT("950", "2", VOTE("2", "0")),
        AT("960", "2", VOTE("2", "0")), // said twice, counted once
        AT("990", "0", ROLE("candidate", "leader", "2")),
        AT("1000", "0", ENTRY("1", "2")),
        AT("1001", "0", ENTRY("2", "2")),
        AT("1005", "2", ENTRY("1", "2")), // a follower's copy
        AT("1010", "0", COMMIT("0", "1")),
        AT("1011", "2", COMMIT("0", "1")),
        AT("2000", "0", "\"ev\":\"crash\""),
        AT("3000", "1", TERM("1", "3")),
        AT("3001", "1", ROLE("candidate", "leader", "3")),
        AT("3002", "2", ROLE("follower", "leader", "3")), // a broken Raft
        NULL};
    struct trace_file trace;
    load_lines(&trace, 3, lines);
    struct text text = draw(TERMS_JSON, &trace, &all);
    cJSON *terms = cJSON_Parse(text.at);
    assert_int_equal(cJSON_GetArraySize(terms), 3);
    const cJSON *split = cJSON_GetArrayItem(terms, 0);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(split, "winner")));
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(split, "why")),
                        "nobody got 2 of 3 votes");
    assert_int_equal(number_of(split, "ended_us"), 900);
    const cJSON *won = cJSON_GetArrayItem(terms, 1);
    const cJSON *who =
        cJSON_GetArrayItem(cJSON_GetObjectItem(won, "candidates"), 0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(who, "votes_of")),
                     2);
    assert_int_equal(number_of(won, "winner"), 0);
    assert_int_equal(number_of(won, "began_us"), 900);
    assert_int_equal(number_of(won, "elected_us"), 990);
    assert_int_equal(number_of(won, "appended"), 2);
    assert_int_equal(number_of(won, "committed"), 1);
    assert_int_equal(number_of(won, "ended_us"), 2000);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(won, "why")),
                        "S1 crashed");
    cJSON_Delete(terms);
    free(text.at);
    text = draw(TERMS_TSV, &trace, &all);
    assert_non_null(strstr(text.at, "\n3\t3000\t\tS2 AND S3\t3001\t"));
    free(text.at);
    text = draw(TERMS, &trace, &all);
    assert_non_null(strstr(text.at, "  S1 2  ")); // two voters
    free(text.at);
    const struct viz_window third = {.first = 23};
    text = draw(TERMS, &trace, &third);
    assert_null(strstr(text.at, "S1 crashed"));
    assert_non_null(strstr(text.at, "S2 AND S3"));
    free(text.at);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_pictures),
        cmocka_unit_test(test_any_number_of_servers),
        cmocka_unit_test(test_hostile_words),
        cmocka_unit_test(test_a_cut_trace),
        cmocka_unit_test(test_spans_have_no_gap),
        cmocka_unit_test(test_time_without_a_leader),
        cmocka_unit_test(test_a_strip_is_bounded),
        cmocka_unit_test(test_what_figure_4_does_not_have),
        cmocka_unit_test(test_terms_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
