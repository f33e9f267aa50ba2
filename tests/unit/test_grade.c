// test_grade.c -- rubrics, points, and what ends up in reports.
#include "test.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/plain.h"
#include "base/text.h"
#include "grade/report.h"

// ------------------------------------------------------------------- texts

static void test_text_is_valid_utf8_without_controls(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } texts[] = {
        {"plain\n\ttext", "plain\n\ttext"},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        {"bad \xff\xc0\x80 \xed\xa0\x80.",
         "bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
         " \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd."},
        {"a\001\002\x7f\rb", "ab"},
        {"\033[31mred\033[0m \033]0;title\a end\033", "red  end"},
        {"\xe2\x80\xae turned \xef\xbf\xbe\xef\xbb\xbf", " turned "},
        {"cut \xc3", "cut \xef\xbf\xbd"},
        {"line\xe2\x80\xa8 none\xe2\x80\x8b\xe2\x81\xa0 tag\xf3\xa0\x81\x81.",
         "line none tag."},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char out[100];
        text_clean(texts[i].in, out, sizeof out);
        assert_string_equal(out, texts[i].out);
    }
}

static void test_an_output_keeps_its_length(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
        bool colours;
    } texts[] = {
        {"a\tb\nc\001d\x7f\r", "a\tb\nc?d??", true},
        {"caf\xc3\xa9 \xe2\x80\xa6 \xc2\xb7",
         "caf\xc3\xa9 \xe2\x80\xa6 \xc2\xb7", true},
        {"\xe2\x80\xae|\xe2\x81\xa6|\xef\xbb\xbf",
         "\xef\xbf\xbd|\xef\xbf\xbd|\xef\xbf\xbd", true},
        {"\xc2\x9b|\xd8\x9c", "\xc2\xbf|\xc2\xbf", true},
        {"\xe2\x80\xa9|\xf3\xa0\x81\x81|\xf0\x9f\x98\x80",
         "\xef\xbf\xbd|\xef\xbf\xbd?|\xf0\x9f\x98\x80", true},
        {"\033[1;31mred\033[0m \033[2J \033]0;x\a \033",
         "\033[1;31mred\033[0m ?[2J ?]0;x? ?", true},
        {"\033[31mred", "?[31mred", false},
        {"\xe2\x80", "\xe2\x80", true}, // cut: no mark
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s", texts[i].in);
        plain_output(text, strlen(text), texts[i].colours);
        assert_string_equal(text, texts[i].out);
    }
}

static void test_escapes_of_json_are_plain(void **state)
{
    (void)state;
    char text[] = "\\u202e \\\\u202e \\u001b \\u00e9 \\n \\u000a \\u20";
    plain_escapes(text, sizeof text - 1);
    assert_string_equal(text, "\\ufffd \\\\u202e \\ufffd \\u00e9 \\n \\u000a"
                              " \\u20");
}

static void test_numbers_become_whole_within_their_range(void **state)
{
    (void)state;
    assert_true(text_whole(0) == 0);
    assert_true(text_whole(-1) == 0 && text_whole(-1e30) == 0);
    assert_true(text_whole(1.9) == 1);
    assert_true(text_whole(9007199254740991.0) == 9007199254740991u);
    assert_true(text_whole(18446744073709551616.0) == UINT64_MAX);
    assert_true(text_whole(1e30) == UINT64_MAX);
    assert_true(text_whole(INFINITY) == UINT64_MAX);
    assert_true(text_whole(NAN) == 0);
}

static void test_text_is_cut_between_characters(void **state)
{
    (void)state;
    char out[12];
    text_clean("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", out, 12);
    assert_string_equal(out, "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9...");
    text_clean("12345678", out, 12);
    assert_string_equal(out, "12345678");
}

static void test_replacing_never_leaves_the_buffer(void **state)
{
    (void)state;
    char text[16] = "ab ab ab";
    text_replace(text, sizeof text, "ab", "abc");
    assert_string_equal(text, "abc abc abc");
    text_replace(text, sizeof text, "abc", "longer");
    assert_string_equal(text, "longer longer a");
    text_replace(text, sizeof text, "longer", "");
    assert_string_equal(text, "  a");
}

static char *csv_of(const char *text)
{
    char *out = NULL;
    size_t n = 0;
    FILE *file = must_stream(&out, &n);
    text_csv(file, text);
    fclose(file);
    return out;
}

static void test_csv_cells_are_quoted_and_no_formulas(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"a,b", "\"a,b\""},
                                           {"a\"b\n", "\"a\"\"b\n\""},
                                           {"=1+1", "\"'=1+1\""},
                                           {"@x", "\"'@x\""},
                                           {"", "\"\""}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *cell = csv_of(texts[i][0]);
        assert_string_equal(cell, texts[i][1]);
        free(cell);
    }
}

// ------------------------------------------------------------------ rubrics

static void test_each_lab_has_a_hundred_points(void **state)
{
    (void)state;
    char error[300];
    for (unsigned lab = 0; lab <= 5; lab++) {
        struct rubric rubric;
        assert_true(rubric_default(&rubric, lab, error));
        assert_int_equal(rubric_points(&rubric), 100);
        int sum = 0;
        for (int part = 0; part < rubric.n_parts; part++)
            sum += rubric_part_points(&rubric, part);
        assert_int_equal(sum, 100);
        rubric_free(&rubric);
    }
    struct rubric none;
    assert_false(rubric_default(&none, 6, error));
    assert_string_equal(error, "there is no lab 6 to grade");
}

static const char *save(const char *text)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/glassraft-rubric-%ld.json",
             (long)getpid());
    assert_true(text_write_file(path, text, strlen(text)));
    return path;
}

static void test_a_printed_rubric_is_read_back(void **state)
{
    (void)state;
    struct rubric rubric, again;
    char error[300], *text = NULL;
    size_t n = 0;
    assert_true(rubric_default(&rubric, 2, error));
    rubric.task[1].first = 7;
    rubric.task[1].last = 9;
    FILE *out = must_stream(&text, &n);
    rubric_print(&rubric, out);
    fclose(out);
    const char *path = save(text);
    assert_true(rubric_read(&again, path, 2, error));
    assert_true(rubric_hash(&rubric) == rubric_hash(&again));
    assert_int_equal(again.n_tasks, rubric.n_tasks);
    assert_int_equal(again.task[1].last, 9);
    rubric_free(&again);
    assert_false(rubric_read(&again, path, 3, error));
    assert_non_null(strstr(error, "is for lab 2, not for lab 3"));
    free(text);
    rubric_free(&rubric);
    unlink(path);
}

#define PART(task)                                                             \
    "{\"lab\": 1, \"parts\": [{\"name\": \"p\", \"scenarios\": [" task "]}]}"

static void test_a_wrong_rubric_says_what_is_wrong(void **state)
{
    (void)state;
    static const char *const rubrics[][2] = {
        {"{\n\"lab\": 1,\n oops}", "line 3: this is not JSON"},
        {"[]", "no JSON object"},
        {"{\"parts\": []}", "\"lab\": expected"},
        {"{\"lab\": 1}", "expected \"parts\""},
        {PART("{\"name\": \"no-such\", \"points\": 1}"), "no such scenario"},
        {PART("{\"name\": \"tour\"}"), "\"points\": expected"},
        {PART("{\"name\": \"tour\", \"points\": 1.5}"), "whole number"},
        {PART("{\"name\": \"tour\", \"points\": -1}"), "whole number"},
        {PART("{\"name\": \"tour\", \"points\": 1, \"seed\": \"1\"}"),
         "\"seed\" is not known"},
        {PART("{\"name\": \"tour\", \"points\": 1, \"seeds\": \"3..1\"}"),
         "expected \"A..B\""},
        {PART("{\"name\": \"tour\", \"points\": 1},"
              "{\"name\": \"tour\", \"points\": 1}"),
         "is listed twice"},
        {"{\"lab\": 1, \"parts\": [{\"name\": \"p\"}]}", "\"scenarios\""},
    };
    for (size_t i = 0; i < sizeof rubrics / sizeof rubrics[0]; i++) {
        struct rubric rubric;
        char error[300] = "";
        const char *path = save(rubrics[i][0]);
        assert_false(rubric_read(&rubric, path, 1, error));
        if (strstr(error, rubrics[i][1]) == NULL)
            fail_msg("%s: \"%s\" was expected", error, rubrics[i][1]);
        unlink(path);
    }
}

// ------------------------------------------------------------------- points

// A grade of lab 1's two parts; everything passed.
static struct grade make_grade(struct rubric *rubric)
{
    char error[300];
    assert_true(rubric_default(rubric, 1, error));
    static struct grade_plan plan;
    plan = (struct grade_plan){.rubric = rubric};
    struct grade grade = {
        .plan = &plan, .rubric = rubric, .built = true, .complete = true};
    grade.task = calloc((size_t)rubric->n_tasks, sizeof grade.task[0]);
    for (int i = 0; i < rubric->n_tasks; i++)
        grade.task[i] = (struct grade_task){
            .state = GRADE_PASSED, .n_seeds = 10, .n_run = 10};
    snprintf(grade.submission.name, sizeof grade.submission.name,
             "=<&\"'>,]]>#\\");
    return grade;
}

static void fail_task(struct grade *grade, int i, enum grade_kind kind)
{
    struct grade_task *task = &grade->task[i];
    task->state = GRADE_FAILED;
    task->n_failed = 2;
    task->first = (struct grade_finding){.kind = kind, .seed = 0xabc};
    snprintf(task->first.property, sizeof task->first.property, "a <rule>");
    snprintf(task->first.tag, sizeof task->first.tag, "P.1");
    static const char text[] = "S1 & S2 said \"]]>\"\n...\n  ---\n# ok\nok 1";
    task->first.text = memcpy(malloc(sizeof text), text, sizeof text);
    task->first.printed = memcpy(malloc(sizeof text), text, sizeof text);
}

static void end_grade(struct grade *grade, struct rubric *rubric)
{
    grade_free(grade);
    rubric_free(rubric);
}

static void test_a_late_scenario_costs_its_own_points(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    assert_int_equal(grade_points(&grade), 100);
    fail_task(&grade, 0, GRADE_OWN);
    assert_int_equal(grade_points(&grade), 100 - rubric.task[0].points);
    assert_int_equal(grade_zeroed_by(&grade, 0), -1);
    end_grade(&grade, &rubric);
}

static void test_a_broken_rule_of_safety_costs_its_part(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    fail_task(&grade, 1, GRADE_SAFETY);
    assert_int_equal(grade_part_points(&grade, 0), 0);
    assert_int_equal(grade_part_points(&grade, 1),
                     rubric_part_points(&rubric, 1));
    assert_int_equal(grade_zeroed_by(&grade, 0), 1);
    char *why = report_why(&grade, 0);
    assert_non_null(strstr(why, "re-election broke a rule of safety"));
    free(why);
    end_grade(&grade, &rubric);
}

static void test_what_was_not_run_has_no_points(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    grade.complete = false;
    grade.task[2].state = GRADE_NOT_RUN;
    assert_int_equal(grade_points(&grade), 100 - rubric.task[2].points);
    end_grade(&grade, &rubric);
}

static char *print(enum report_format format, const struct grade *grade)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    report_print(format, grade, out);
    fclose(out);
    return text;
}

static void test_a_secret_seed_is_not_told(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    fail_task(&grade, 0, GRADE_OWN);
    grade.task[0].first.secret = true;
    for (int reveal = 0; reveal < 2; reveal++) {
        grade.reveal = reveal == 1;
        for (int format = REPORT_TEXT; format <= REPORT_CSV; format++) {
            char *text = print((enum report_format)format, &grade);
            assert_true((strstr(text, "abc") != NULL) == grade.reveal);
            free(text);
        }
    }
    end_grade(&grade, &rubric);
}

// ------------------------------------------------------------------ reports

static void test_json_reports_hold_any_text(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    fail_task(&grade, 0, GRADE_SAFETY);
    static const enum report_format formats[] = {REPORT_JSON,
                                                 REPORT_GRADESCOPE};
    for (int i = 0; i < 2; i++) {
        char *text = print(formats[i], &grade);
        cJSON *whole = cJSON_Parse(text);
        assert_non_null(whole);
        const cJSON *points = cJSON_GetObjectItemCaseSensitive(
            whole, i == 0 ? "points" : "score");
        assert_int_equal(points->valueint, grade_points(&grade));
        assert_non_null(strstr(text, "S1 & S2 said \\\"]]>\\\""));
        cJSON_Delete(whole);
        free(text);
    }
    end_grade(&grade, &rubric);
}

static void test_junit_escapes_and_counts(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    fail_task(&grade, 0, GRADE_OWN);
    grade.task[1].state = GRADE_NOT_RUN;
    grade.complete = false;
    char *text = print(REPORT_JUNIT, &grade);
    char counts[200];
    snprintf(counts, sizeof counts,
             "name=\"=&lt;&amp;&quot;'&gt;,]]&gt;#\\ lab 1\""
             " tests=\"%d\" failures=\"1\" errors=\"1\"",
             rubric.n_tasks);
    assert_non_null(strstr(text, counts));
    assert_non_null(strstr(text, "<failure type=\"a &lt;rule&gt;\" message=\"S1"
                                 " &amp; S2 said &quot;]]&gt;&quot;&#10;"));
    assert_non_null(strstr(text, "<error type=\"no points\""));
    assert_non_null(strstr(text, "name=\"seed\" value=\"0xabc\""));
    assert_null(strstr(text, "]]>"));
    free(text);
    end_grade(&grade, &rubric);
}

// Lines that are read as TAP: nothing of a text is one.
static void test_tap_has_one_line_for_each_scenario(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    fail_task(&grade, 3, GRADE_OWN);
    char *text = print(REPORT_TAP, &grade);
    int n_ok = 0, n_not = 0;
    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        n_ok += strncmp(line, "ok ", 3) == 0;
        n_not += strncmp(line, "not ok ", 7) == 0;
    }
    assert_int_equal(n_ok, rubric.n_tasks - 1);
    assert_int_equal(n_not, 1);
    char plan[32];
    snprintf(plan, sizeof plan, "\n1..%d\n", rubric.n_tasks);
    assert_non_null(strstr(text, plan));
    free(text);
    end_grade(&grade, &rubric);
}

static void test_a_report_is_written_whole_or_not_at_all(void **state)
{
    (void)state;
    struct rubric rubric;
    struct grade grade = make_grade(&rubric);
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/tmp/glassraft-report-%ld", (long)getpid());
    assert_true(report_write(REPORT_CSV, &grade, path));
    char *written = text_read_file(path, 1 << 20, &n);
    char *expected = print(REPORT_CSV, &grade);
    assert_string_equal(written, expected);
    assert_null(text_read_file(path, 10, &n));
    assert_int_equal(errno, EFBIG);
    unlink(path);
    assert_false(report_write(REPORT_CSV, &grade, "/dev/null/report"));
    free(written);
    free(expected);
    end_grade(&grade, &rubric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_valid_utf8_without_controls),
        cmocka_unit_test(test_an_output_keeps_its_length),
        cmocka_unit_test(test_escapes_of_json_are_plain),
        cmocka_unit_test(test_numbers_become_whole_within_their_range),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_replacing_never_leaves_the_buffer),
        cmocka_unit_test(test_csv_cells_are_quoted_and_no_formulas),
        cmocka_unit_test(test_each_lab_has_a_hundred_points),
        cmocka_unit_test(test_a_printed_rubric_is_read_back),
        cmocka_unit_test(test_a_wrong_rubric_says_what_is_wrong),
        cmocka_unit_test(test_a_late_scenario_costs_its_own_points),
        cmocka_unit_test(test_a_broken_rule_of_safety_costs_its_part),
        cmocka_unit_test(test_what_was_not_run_has_no_points),
        cmocka_unit_test(test_a_secret_seed_is_not_told),
        cmocka_unit_test(test_json_reports_hold_any_text),
        cmocka_unit_test(test_junit_escapes_and_counts),
        cmocka_unit_test(test_tap_has_one_line_for_each_scenario),
        cmocka_unit_test(test_a_report_is_written_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
