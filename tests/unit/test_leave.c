// test_leave.c -- what a failing run leaves beside its trace.
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "labs/suites/suites.h"
#include "cli/artifacts.h"

enum { SEED = 7 };

static char out[64];

// A run of the tour whose trace is that of an agreement, and of it only the
// first half and a finding, when it has failed.
struct sample {
    struct lab_run run;
    struct lab_result result;
    char trace[100];
};

static void write_trace(const char *path, bool failed)
{
    char line[1000];
    FILE *in = fopen("tests/golden/agree.jsonl", "r");
    FILE *to = fopen(path, "w");
    assert_non_null(in);
    assert_non_null(to);
    for (int i = 0; fgets(line, sizeof line, in) && (i < 90 || !failed); i++)
        fputs(line, to);
    if (failed)
        fputs("{\"n\":90,\"us\":400008,\"ev\":\"finding\",\"property\":\"p\","
              "\"tag\":\"L.4\",\"text\":\"S1 is wrong.\",\"events\":[75]}\n",
              to);
    fclose(in);
    fclose(to);
}

static void make(struct sample *s, bool failed)
{
    *s = (struct sample){
        .run = {.scenario = &tour_scenarios[0], .seed = SEED, .out = out},
        .result = {.passed = !failed, .n_shown = 1, .events = {75}}};
    snprintf(s->trace, sizeof s->trace, "%s/trace.jsonl", out);
    snprintf(s->result.trace, sizeof s->result.trace, "%s", s->trace);
    snprintf(s->result.property, sizeof s->result.property, "p");
    snprintf(s->result.text, sizeof s->result.text, "S1 is wrong.");
    write_trace(s->trace, failed);
}

static bool exists(const char *name)
{
    char path[200];
    struct stat file;
    snprintf(path, sizeof path, "%s/tour-%x/%s", out, SEED, name);
    return stat(path, &file) == 0 && file.st_size > 0;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(out, sizeof out, "/tmp/glassraft-leave-XXXXXX");
    unsetenv("GLASSRAFT_VIZ");
    return mkdtemp(out) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", out);
    return system(command);
}

static void test_a_failure_leaves_story_and_pictures(void **state)
{
    (void)state;
    struct sample s;
    struct leave leave;
    make(&s, true);
    assert_true(leave_begin(&leave));
    leave_run(&leave, &s.run, &s.result);
    assert_true(exists("story.txt"));
    assert_true(exists("timeline.svg"));
    assert_true(exists("log.svg"));
    assert_true(exists("index.html"));
    char *text = NULL;
    size_t n = 0;
    FILE *report = must_stream(&text, &n);
    lab_print_failure(report, &s.run, &s.result);
    fclose(report);
    char expected[400];
    snprintf(expected, sizeof expected,
             "  story    %s/tour-7/story.txt      (8 facts that led there)\n"
             "  picture  %s/tour-7/timeline.svg   log.svg   index.html\n",
             out, out);
    assert_non_null(strstr(text, expected));
    assert_non_null(strstr(text, "  look     [L.4] event "));
    free(text);
    report = must_stream(&text, &n);
    lab_print_json(report, &s.run, &s.result);
    fclose(report);
    assert_non_null(strstr(text, "/tour-7/story.txt\""));
    assert_non_null(strstr(text, "/tour-7/log.svg\""));
    free(text);
}

static void test_passing_runs_leave_nothing_unless_asked(void **state)
{
    (void)state;
    struct sample s;
    struct leave leave;
    make(&s, false);
    assert_true(leave_begin(&leave));
    leave_run(&leave, &s.run, &s.result);
    assert_false(exists("story.txt"));
    setenv("GLASSRAFT_VIZ", "always", 1);
    assert_true(leave_begin(&leave));
    leave_run(&leave, &s.run, &s.result);
    assert_true(exists("story.txt"));
    assert_string_not_equal(s.result.left.picture[1], "");
}

static void test_never_means_never(void **state)
{
    (void)state;
    struct sample s;
    struct leave leave;
    make(&s, true);
    setenv("GLASSRAFT_VIZ", "never", 1);
    assert_true(leave_begin(&leave));
    leave_run(&leave, &s.run, &s.result);
    assert_false(exists("story.txt"));
    assert_string_equal(s.result.left.story, "");
    setenv("GLASSRAFT_VIZ", "sometimes", 1);
    assert_false(leave_begin(&leave));
}

// The first three failures of a scenario; those of another are counted apart.
static void test_only_the_first_failures_are_drawn(void **state)
{
    (void)state;
    struct sample s;
    struct leave leave;
    assert_true(leave_begin(&leave));
    for (int i = 1; i <= 5; i++) {
        make(&s, true);
        s.run.seed = (uint64_t)i;
        leave_run(&leave, &s.run, &s.result);
        assert_int_equal(s.result.left.story[0] != '\0', i <= 3);
    }
    struct lab_scenario other = tour_scenarios[0];
    other.name = "other";
    make(&s, true);
    s.run.scenario = &other;
    leave_run(&leave, &s.run, &s.result);
    assert_string_not_equal(s.result.left.story, "");
}

static void test_without_dot_the_text_is_left(void **state)
{
    (void)state;
    struct sample s;
    struct leave leave;
    char path[4096];
    make(&s, true);
    snprintf(path, sizeof path, "%s", getenv("PATH"));
    setenv("PATH", "/nowhere:/nowhere/else", 1);
    assert_true(leave_begin(&leave));
    leave_run(&leave, &s.run, &s.result);
    setenv("PATH", path, 1);
    assert_true(exists("timeline.dot"));
    assert_true(exists("log.dot"));
    assert_false(exists("timeline.svg"));
    assert_true(exists("index.html"));
}

// A disk that takes no more than 3,000 bytes a file: the story fits, the
// pictures do not, and no half of one stays.
static void test_a_full_disk_leaves_nothing_half_written(void **state)
{
    (void)state;
    struct sample s;
    make(&s, true);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct leave leave;
        struct rlimit small = {3000, 3000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        bool good = leave_begin(&leave);
        leave_run(&leave, &s.run, &s.result);
        good = good && leave.broken && exists("story.txt") &&
               !exists("timeline.svg") && !exists("timeline.svg.part") &&
               !exists("timeline.svg.part.dot") && !exists("index.html") &&
               s.result.left.picture[1][0] == '\0';
        _exit(good ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

// A trace that knows of no finding gets the checker's.
static void test_a_checked_trace_is_explained(void **state)
{
    (void)state;
    struct sample s;
    struct lab_left left;
    struct check_finding finding = {.property = "commit",
                                    .tag = "L.4",
                                    .text = "S1 is wrong.",
                                    .events = {75},
                                    .n_events = 1};
    char folder[100], path[120], line[200] = "";
    make(&s, false);
    snprintf(folder, sizeof folder, "%s/tour-7", out);
    assert_true(leave_finding(s.trace, &finding, folder, &left));
    snprintf(path, sizeof path, "%s/story.txt", folder);
    assert_string_equal(left.story, path);
    FILE *story = fopen(path, "r");
    assert_non_null(story);
    assert_non_null(fgets(line, sizeof line, story));
    fclose(story);
    assert_string_equal(line, "commit [L.4]\n");
    assert_true(exists("timeline.svg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_failure_leaves_story_and_pictures, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(
            test_passing_runs_leave_nothing_unless_asked, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(test_never_means_never, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_only_the_first_failures_are_drawn,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_without_dot_the_text_is_left,
                                        make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(
            test_a_full_disk_leaves_nothing_half_written, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(test_a_checked_trace_is_explained,
                                        make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
