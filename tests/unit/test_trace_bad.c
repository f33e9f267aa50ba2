// test_trace_bad.c -- traces that are none get a clear error, never a crash.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "replay/model.h"
#include "trace/trace.h"

#define HEADER                                                                 \
    "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"s\",\"seed\":\"0x1\","           \
    "\"servers\":3,\"mode\":\"sim\",\"glassraft\":\"0.1.0\"}\n"
#define KILL "{\"n\":1,\"us\":5,\"node\":0,\"ev\":\"kill\"}\n"

struct bad {
    const char *text, *error; // what follows "t:"
    int n_good;               // events before the error
};

static const struct bad bads[] = {
    {"", "1: empty, expected the header of a trace", 0},
    {"{\"ev\":\"kill\"}\n", "1: not a trace, expected {\"ev\":\"trace\",...}",
     0},
    {"{\"ev\":\"trace\",\"v\":2}\n", "1: version 2 of the format, expected 1",
     0},
    {"{\"ev\":\"trace\",\"v\":1,\"servers\":0}\n",
     "1: 0 servers, expected 1 to 256", 0},
    {"hello\n", "1: no JSON at byte 1, expected one object", 0},
    {HEADER KILL "{\"n\":2,\"us\"",
     "3: the file ends inside a line, expected a JSON object", 1},
    {HEADER KILL "{} x\n", "3: no JSON at byte 4, expected one object", 1},
    {HEADER KILL "[]\n", "3: no JSON at byte 3, expected one object", 1},
    {HEADER "{\"n\":1,\"us\":5}\n",
     "2: field \"ev\" is missing, expected the kind of the event, a string", 0},
    {HEADER "{\"n\":\"1\",\"us\":5,\"ev\":\"kill\"}\n",
     "2: field \"n\" is a string, expected a whole number from 0 to 10^15 - 1",
     0},
    {HEADER "{\"n\":1,\"us\":1.5,\"ev\":\"kill\"}\n",
     "2: field \"us\" is a number, expected a whole number from 0 to 10^15 - 1",
     0},
    {HEADER KILL KILL, "3: field \"n\" is 1, expected more than 1", 1},
    {HEADER KILL "{\"n\":2,\"us\":4,\"ev\":\"kill\"}\n",
     "3: field \"us\" is 4, expected 5 or more", 1},
    {HEADER "{\"n\":1,\"us\":5,\"node\":3,\"ev\":\"kill\"}\n",
     "2: field \"node\" is 3, expected a server 0 to 2", 0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"kill\",\"cause\":1}\n",
     "2: field \"cause\" is 1, expected less than 1", 0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"truncate\"}\n",
     "2: field \"index\" is missing, expected a whole number from 0 to "
     "10^15 - 1",
     0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"role\",\"from\":\"king\"}\n",
     "2: field \"from\" is another text, expected \"follower\", \"candidate\" "
     "or \"leader\"",
     0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"append\",\"index\":1,"
            "\"entries\":[1]}\n",
     "2: field \"entries\" is a number, expected objects in it", 0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"partition\",\"groups\":[0]}\n",
     "2: field \"groups\" is an array, expected a group's number for each "
     "server",
     0},
    {HEADER "{\"n\":1,\"us\":5,\"ev\":\"note\",\"text\":\"\xff\"}\n",
     "2: byte 35 is no text, expected UTF-8", 0},
};

static void test_bad_traces_are_told_by_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        char error[512], expected[512];
        struct trace_event event;
        snprintf(expected, sizeof expected, "t:%s", bads[i].error);
        struct trace_reader *reader = trace_open_memory(
            "t", bads[i].text, strlen(bads[i].text), error, sizeof error);
        int n_good = 0;
        if (reader != NULL) {
            enum trace_status status;
            while ((status = trace_read(reader, &event)) == TRACE_OK)
                n_good++;
            assert_int_equal(status, TRACE_BAD);
            assert_int_equal(trace_read(reader, &event), TRACE_BAD);
            snprintf(error, sizeof error, "%s", trace_reader_error(reader));
        }
        assert_string_equal(error, expected);
        assert_int_equal(n_good, bads[i].n_good);
        trace_close(reader);
    }
}

static void test_unknown_kinds_and_fields_are_skipped(void **state)
{
    (void)state;
    const char text[] =
        HEADER "{\"n\":1,\"us\":5,\"node\":2,\"ev\":\"sneeze\",\"loud\":true}\n"
               "{\"n\":4,\"us\":6,\"node\":1,\"ev\":\"kill\",\"why\":[{}]}";
    char error[512];
    struct trace_event event;
    struct trace_reader *reader =
        trace_open_memory("t", text, strlen(text), error, sizeof error);
    assert_int_equal(trace_read(reader, &event), TRACE_OK);
    assert_int_equal(event.kind, TRACE_UNKNOWN);
    assert_int_equal(event.node, 2);
    assert_int_equal(trace_read(reader, &event), TRACE_OK);
    assert_int_equal(event.kind, TRACE_KILL);
    assert_int_equal(event.n, 4);
    assert_int_equal(trace_read(reader, &event), TRACE_END);
    trace_close(reader);
}

static void test_a_file_that_is_not_there(void **state)
{
    (void)state;
    struct trace_file file;
    assert_false(trace_load(&file, "/no/such.jsonl"));
    assert_string_equal(file.error, "/no/such.jsonl:0: No such file or "
                                    "directory, expected a trace");
    trace_unload(&file);
}

static void test_what_stands_before_a_bad_line_is_loaded(void **state)
{
    (void)state;
    char path[] = "/tmp/glassraft-test-XXXXXX";
    FILE *out = fdopen(mkstemp(path), "w");
    fputs(HEADER KILL "{\"n\":2", out);
    fclose(out);
    struct trace_file file;
    assert_true(trace_load(&file, path));
    assert_int_equal(file.n_events, 1);
    assert_false(file.has_verdict);
    assert_non_null(strstr(file.error, ":3: the file ends inside a line"));
    trace_unload(&file);
    unlink(path);
}

// The file has a hole of 1 GB; the reader gives up long before its end.
static void test_a_line_of_a_gigabyte_is_refused(void **state)
{
    (void)state;
    char path[] = "/tmp/glassraft-test-XXXXXX", error[512];
    int file = mkstemp(path);
    FILE *out = fdopen(file, "w");
    fputs(HEADER, out);
    fflush(out);
    assert_int_equal(ftruncate(file, 1 << 30), 0);
    fclose(out);
    struct trace_reader *reader = trace_open(path, error, sizeof error);
    assert_non_null(reader);
    struct trace_event event;
    assert_int_equal(trace_read(reader, &event), TRACE_BAD);
    assert_non_null(strstr(trace_reader_error(reader),
                           ":2: line too long, expected at most 16 MiB"));
    trace_close(reader);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    assert_in_range(usage.ru_maxrss, 0, 512 * 1024); // KiB
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_traces_are_told_by_line),
        cmocka_unit_test(test_unknown_kinds_and_fields_are_skipped),
        cmocka_unit_test(test_a_file_that_is_not_there),
        cmocka_unit_test(test_what_stands_before_a_bad_line_is_loaded),
        cmocka_unit_test(test_a_line_of_a_gigabyte_is_refused),
    };
    return cmocka_run_group_tests_name("trace_bad", tests, NULL, NULL) != 0;
}
