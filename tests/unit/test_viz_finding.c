// test_viz_finding.c -- pictures of runs that failed show where and why.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viz/draw/window.h"
#include "viz_fixture.h"

// S1 votes for S2, is cut off and comes back, and votes for S3.
static const char story[] =
    "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"two-votes\",\"seed\":\"0x1\","
    "\"servers\":3,\"mode\":\"sim\",\"glassraft\":\"0.1.0\"}\n"
    "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"boot\",\"term\":1,"
    "\"voted_for\":null,\"last_included_index\":0,\"last_included_term\":0,"
    "\"entries\":[]}\n"
    "{\"n\":2,\"us\":2,\"node\":0,\"ev\":\"connect\"}\n"
    "{\"n\":3,\"us\":1000,\"node\":0,\"ev\":\"vote\",\"term\":1,"
    "\"voted_for\":1,\"rule\":\"RV.2\"}\n"
    "{\"n\":4,\"us\":2000,\"node\":0,\"ev\":\"disconnect\"}\n"
    "{\"n\":5,\"us\":3000,\"node\":0,\"ev\":\"connect\"}\n"
    "{\"n\":6,\"us\":9000,\"node\":0,\"ev\":\"vote\",\"term\":1,"
    "\"voted_for\":2,\"rule\":\"RV.2\"}\n";
static const char finding[] =
    "{\"n\":7,\"us\":9000,\"ev\":\"finding\",\"property\":\"one vote a term\","
    "\"tag\":\"RV.2\",\"text\":\"S1 voted for S3 in term 1, in which it had"
    " voted for S2, which is more than any server may do in any one term of"
    " any Raft, however long a line of text it takes to say so.\\n"
    "a second line\",\"events\":[6]}\n";
static const char verdict[] =
    "{\"ev\":\"verdict\",\"result\":\"fail\",\"text\":\"S3 leads, too.\","
    "\"events\":7,\"us\":9000}\n";

static struct text draw(const char *second, const char *third, bool brief)
{
    struct trace_file trace;
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out, "%s%s%s", story, second, third);
    fclose(out);
    assert_true(trace_load(&trace, temporary()));
    unlink(temporary());
    const struct viz_window window = {.look = {.brief = brief}};
    struct text dot = timeline(&trace, &window);
    trace_unload(&trace);
    return dot;
}

static size_t count(const struct text *dot, const char *word)
{
    size_t n = 0;
    for (const char *at = dot->at; (at = strstr(at, word)) != NULL; at++)
        n++;
    return n;
}

// The event is ringed and said, which a vote is not otherwise; the foot has the
// first line of the finding, broken where the picture ends.
static void test_a_finding_is_told(void **state)
{
    (void)state;
    struct text dot = draw(finding, verdict, false);
    assert_int_equal(count(&dot, "event 6 shows it"), 1);
    assert_int_equal(count(&dot, "label=\"votes for S3\""), 1);
    assert_int_equal(count(&dot, "votes for S2"), 0);
    assert_int_equal(count(&dot, "label=\"one vote a term [RV.2]\""), 1);
    assert_int_equal(count(&dot, "label=\"S1 voted for S3 in term 1, in which"),
                     1);
    assert_int_equal(count(&dot, "a second line\""), 0);
    assert_int_equal(count(&dot, "say so.\" + "), 1);
    assert_int_equal(count(&dot, "any server may do in any one term of any"
                                 " Raft, however long a line of text"),
                     3); // on the line: hovering; read out; in a whole line
    assert_int_equal(count(&dot, "S3 leads, too."), 0);
    assert_drawable(dot);
}

// Without a finding a failed run's own words stand there.
static void test_a_verdict_is_told_where_nothing_was_found(void **state)
{
    (void)state;
    struct text dot = draw("", verdict, false);
    assert_int_equal(count(&dot, "label=\"the run fails\""), 1);
    assert_int_equal(count(&dot, "label=\"S3 leads, too.\""), 1);
    assert_drawable(dot);
    static const char passed[] =
        "{\"ev\":\"verdict\",\"result\":\"pass\",\"events\":6,\"us\":9000}\n";
    dot = draw("", passed, false);
    assert_int_equal(count(&dot, "the run fails"), 0);
    assert_drawable(dot);
}

// A brief picture has no title and no legend, but the finding's name.
static void test_brief(void **state)
{
    (void)state;
    struct text dot = draw(finding, verdict, false);
    assert_int_equal(count(&dot, "label=\"two-votes, seed"), 1);
    assert_int_equal(count(&dot, "pale = follower"), 1);
    assert_int_equal(count(&dot, ", 0.0 ms to 9.0 ms"), 1);
    free(dot.at);
    dot = draw(finding, verdict, true);
    assert_int_equal(count(&dot, "label=\"two-votes, seed"), 0);
    assert_int_equal(count(&dot, "pale = follower"), 0);
    assert_int_equal(count(&dot, ", 0.0 ms to 9.0 ms"), 0);
    assert_int_equal(count(&dot, "label=\"one vote a term [RV.2]\""), 1);
    assert_int_equal(count(&dot, "label=\"votes for S3\""), 1);
    assert_drawable(dot);
}

// That a new server is plugged in is no news; that it comes back is.
static void test_only_who_was_cut_off_is_connected(void **state)
{
    (void)state;
    struct text dot = draw(finding, verdict, false);
    assert_int_equal(count(&dot, "label=\"S1 is cut off"), 1);
    assert_int_equal(count(&dot, "S1 is connected"), 1);
    free(dot.at);
}

// The way to a finding fits a screen, unless more is asked for.
static void test_the_way_to_a_finding_is_short(void **state)
{
    (void)state;
    static const int asked[] = {0, 300}, shown[] = {60, 300};
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out, "%s%s%s", story, finding, verdict);
    fclose(out);
    for (int i = 0; i < 2; i++) {
        const struct part_asked of = {.finding = true, .budget = asked[i]};
        struct part part;
        assert_true(part_load(&part, temporary(), &of, PART_READABLE, 0));
        assert_int_equal(part.window.most, shown[i]);
        part_unload(&part);
    }
    unlink(temporary());
}

// The logs at a finding tell it, also when it names no event as its proof.
static void test_logs_tell_the_finding(void **state)
{
    (void)state;
    static const char bare[] =
        "{\"n\":7,\"us\":9000,\"ev\":\"finding\",\"property\":\"crash\","
        "\"tag\":\"\",\"text\":\"S1 broke it.\\nfar below\"}\n";
    struct trace_file trace;
    FILE *out = fopen(temporary(), "w");
    assert_non_null(out);
    fprintf(out, "%s%s%s", story, bare, verdict);
    fclose(out);
    assert_true(trace_load(&trace, temporary()));
    unlink(temporary());
    struct text there = logs(&trace, 7), before = logs(&trace, 6);
    assert_int_equal(count(&there, "S1 broke it."), 1);
    assert_int_equal(count(&there, "far below"), 0);
    assert_int_equal(count(&before, "S1 broke it."), 0);
    free(there.at);
    free(before.at);
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_finding_is_told),
        cmocka_unit_test(test_a_verdict_is_told_where_nothing_was_found),
        cmocka_unit_test(test_brief),
        cmocka_unit_test(test_only_who_was_cut_off_is_connected),
        cmocka_unit_test(test_the_way_to_a_finding_is_short),
        cmocka_unit_test(test_logs_tell_the_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
