// test_check_partial.c -- traces that tell only part of a run: sound ones are
// never called broken, and what was not judged is said.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/suites/suites.h"
#include "random_events.h"
#include "check/check.h"
#include "harness/runner.h"

static struct random_events dice = {.state = 9};

static void load(struct trace_file *trace, const struct lab_scenario *table,
                 const char *name, uint64_t seed)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/glassraft-partial-%d", (int)getpid());
    while (table->name != NULL && strcmp(table->name, name) != 0)
        table++;
    assert_non_null(table->name);
    struct lab_run run = {.scenario = table, .seed = seed, .trace = path};
    struct lab_result result;
    lab_run_one(&run, &result);
    assert_true(result.passed);
    assert_true(trace_load(trace, path));
    unlink(path);
}

// Kinds that change a log are told together or not at all; so is what a server
// restores, with its changes.
#define LOG_KINDS                                                              \
    (1ull << TRACE_APPEND | 1ull << TRACE_TRUNCATE | 1ull << TRACE_COMPACT |   \
     1ull << TRACE_INSTALL)

#define SAVED_KINDS                                                            \
    (LOG_KINDS | 1ull << TRACE_BOOT | 1ull << TRACE_TERM | 1ull << TRACE_VOTE)

// In virtual time what befalls a server is told.
#define FAULT_KINDS                                                            \
    (1ull << TRACE_CRASH | 1ull << TRACE_RESTART | 1ull << TRACE_KILL |        \
     1ull << TRACE_PAUSE | 1ull << TRACE_CLOCK)

static uint64_t random_kinds(void)
{
    uint64_t kinds = random_below(&dice, UINT64_MAX);
    if (random_below(&dice, 2) == 0)
        kinds |= random_below(&dice, UINT64_MAX);
    if ((kinds >> TRACE_BOOT & 1) != 0)
        return kinds | SAVED_KINDS;
    return random_below(&dice, 2) == 0 ? kinds | LOG_KINDS : kinds & ~LOG_KINDS;
}

static void judge_parts(const struct trace_file *trace, int n_parts)
{
    for (int i = 0; i < n_parts; i++) {
        uint64_t kinds = random_kinds();
        bool args = random_below(&dice, 4) > 0;
        bool timed = random_below(&dice, 2) == 0;
        struct check *check = check_make(trace->header.n_servers);
        if (timed)
            kinds |= FAULT_KINDS;
        else
            check_untimed(check);
        for (size_t at = 0; at < trace->n_events; at++) {
            struct trace_event event = trace->event[at];
            if ((kinds >> event.kind & 1) == 0)
                continue;
            if (!args)
                event.args = (struct trace_message){0};
            if (!check_step(check, &event))
                break;
        }
        const struct check_finding *finding = check_finding(check);
        if (finding != NULL) {
            fprintf(stderr, "kinds told:");
            for (int kind = 1; kind < TRACE_N_KINDS; kind++)
                if ((kinds >> kind & 1) != 0)
                    fprintf(stderr, " %s", trace_kinds[kind].name);
            fail_msg("\nargs %d, event %d: %s: %s", args,
                     (int)finding->events[0], finding->property, finding->text);
        }
        check_free(check);
    }
}

static void test_parts_of_sound_traces_are_sound(void **state)
{
    (void)state;
    struct trace_file trace;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        load(&trace, tour_scenarios, "tour", seed);
        judge_parts(&trace, 400);
        trace_unload(&trace);
        load(&trace, persistence_scenarios, "persist-2", seed);
        judge_parts(&trace, 200);
        trace_unload(&trace);
    }
    load(&trace, snapshots_scenarios, "snapshot-all-crash", 1);
    judge_parts(&trace, 100);
    trace_unload(&trace);
}

// ------------------------------------------------------ traces by hand

#define HEADER                                                                 \
    "{\"ev\":\"trace\",\"v\":1,\"scenario\":\"other\",\"seed\":\"1\","         \
    "\"servers\":5,\"mode\":\"real\",\"glassraft\":\"other 2.1\"}\n"

static struct check_area area[CHECK_AREAS + 3];
static size_t n_areas;

static int n_servers = 3; // instead of the header's
static bool members_change;

// Judges the text; gives the finding's tag, or "" for none.
static const char *judge(const char *text)
{
    static char tag[16];
    char error[512];
    struct trace_event event;
    struct trace_reader *reader =
        trace_open_memory("t", text, strlen(text), error, sizeof error);
    assert_non_null(reader);
    struct check *check = check_make(n_servers);
    if (members_change)
        check_members_change(check);
    while (trace_read(reader, &event) == TRACE_OK)
        if (!check_step(check, &event))
            break;
    assert_string_equal(trace_reader_error(reader), "");
    const struct check_finding *finding = check_finding(check);
    snprintf(tag, sizeof tag, "%s", finding != NULL ? finding->tag : "");
    n_areas = check_areas(check, area, CHECK_AREAS + 3);
    check_free(check);
    trace_close(reader);
    return tag;
}

static void assert_missing(const char *name, const char *missing)
{
    for (size_t i = 0; i < n_areas; i++) {
        if (strcmp(area[i].name, name) != 0)
            continue;
        if (missing == NULL)
            assert_null(area[i].missing);
        else
            assert_string_equal(area[i].missing, missing);
        return;
    }
    fail_msg("nothing is said of %s", name);
}

static void assert_because(const char *name, const char *reason)
{
    for (size_t i = 0; i < n_areas; i++)
        if (strcmp(area[i].name, name) == 0) {
            assert_null(area[i].missing);
            assert_string_equal(area[i].because, reason);
            return;
        }
    fail_msg("nothing is said of %s", name);
}

static void test_messages_alone(void **state)
{
    (void)state;
    assert_string_equal(
        judge(HEADER
              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"send\",\"msg\":1,\"to\":1,"
              "\"rpc\":\"AppendEntries\",\"args\":{\"term\":3,"
              "\"prev_log_index\":4,\"prev_log_term\":2}}\n"
              "{\"n\":2,\"us\":2,\"node\":1,\"ev\":\"recv\",\"msg\":1,"
              "\"from\":0,\"rpc\":\"AppendEntries\"}\n"
              "{\"n\":3,\"us\":3,\"node\":1,\"ev\":\"reply\",\"msg\":1,"
              "\"to\":0,\"rpc\":\"AppendEntries\",\"args\":{\"term\":3,"
              "\"success\":true}}\n"
              "{\"n\":4,\"us\":4,\"node\":0,\"ev\":\"reply_recv\",\"msg\":1,"
              "\"from\":1,\"rpc\":\"AppendEntries\"}\n"),
        "");
    assert_missing("Election Safety", "role");
    assert_missing("durability", "persist");
}

// No boots, spaces after the colons, kinds that nobody knows.
static void test_two_leaders_of_others(void **state)
{
    (void)state;
    const char *text = HEADER
        "{\"n\": 1, \"us\": 5, \"node\": 0, \"ev\": \"role\", \"from\": "
        "\"candidate\", \"to\": \"leader\", \"term\": 4}\n"
        "{\"n\": 2, \"us\": 6, \"node\": 1, \"ev\": \"lease\", \"ms\": 3}\n"
        "{\"n\": 3, \"us\": 7, \"node\": 1, \"ev\": \"role\", \"from\": "
        "\"candidate\", \"to\": \"leader\", \"term\": 4}\n";
    assert_string_equal(judge(text), "P.1");
    assert_missing("Election Safety", NULL);
    assert_missing("votes", "vote");
}

static void test_two_commands_at_an_index(void **state)
{
    (void)state;
    assert_string_equal(judge(HEADER
                              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"x\"}\n"
                              "{\"n\":2,\"us\":2,\"node\":2,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"y\"}\n"),
                        "P.5");
    assert_missing("applies", "commit");
}

// Without boots nobody knows what a server came back with.
static void test_a_server_that_tells_no_boot_is_lost(void **state)
{
    (void)state;
    assert_string_equal(judge(HEADER
                              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"x\"}\n"
                              "{\"n\":2,\"us\":2,\"node\":0,\"ev\":\"crash\"}\n"
                              "{\"n\":3,\"us\":3,\"node\":0,\"inc\":1,"
                              "\"ev\":\"apply\",\"index\":5,\"term\":1}\n"),
                        "");
    assert_missing("S1 since it was taken down", "boot");
    // The same step of a server that was not taken down.
    assert_string_equal(judge(HEADER
                              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"x\"}\n"
                              "{\"n\":2,\"us\":3,\"node\":0,\"ev\":\"apply\","
                              "\"index\":5,\"term\":1}\n"),
                        "ALL.1");
}

// Of a number that is missing nobody knows what it was: perhaps the apply.
static void test_a_torn_trace_accuses_nobody(void **state)
{
    (void)state;
    assert_string_equal(judge(HEADER
                              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"x\"}\n"
                              "{\"n\":3,\"us\":3,\"node\":0,\"ev\":\"apply\","
                              "\"index\":3,\"term\":1,\"command\":\"z\"}\n"),
                        "");
    assert_because("terms", "numbers are missing amid the trace");
    // Two events that contradict each other do so whatever stood between.
    assert_string_equal(judge(HEADER
                              "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"x\"}\n"
                              "{\"n\":5,\"us\":2,\"node\":2,\"ev\":\"apply\","
                              "\"index\":1,\"term\":1,\"command\":\"y\"}\n"),
                        "P.5");
}

// An election of S1 by S2 in a cluster of five, of which three are there.
#define ELECTION                                                               \
    "{\"n\":1,\"us\":1,\"node\":0,\"ev\":\"term\",\"from\":0,\"to\":1}\n"      \
    "{\"n\":2,\"us\":1,\"node\":0,\"ev\":\"role\",\"from\":\"follower\","      \
    "\"to\":\"candidate\",\"term\":1}\n"                                       \
    "{\"n\":3,\"us\":1,\"node\":0,\"ev\":\"vote\",\"term\":1,\"voted_for\":0}" \
    "\n"                                                                       \
    "{\"n\":4,\"us\":2,\"node\":2,\"ev\":\"term\",\"from\":0,\"to\":1}\n"      \
    "{\"n\":5,\"us\":2,\"node\":1,\"ev\":\"term\",\"from\":0,\"to\":1}\n"      \
    "{\"n\":6,\"us\":2,\"node\":1,\"ev\":\"vote\",\"term\":1,\"voted_for\":0}" \
    "\n"
#define ELECTED                                                                \
    "{\"n\":9,\"us\":3,\"node\":0,\"ev\":\"role\",\"from\":\"candidate\","     \
    "\"to\":\"leader\",\"term\":1}\n"
#define OTHERS                                                                 \
    "{\"n\":7,\"us\":3,\"node\":3,\"ev\":\"term\",\"from\":0,\"to\":1}\n"      \
    "{\"n\":8,\"us\":3,\"node\":4,\"ev\":\"term\",\"from\":0,\"to\":1}\n"

// A server belongs to the cluster from its first event on.
static void test_servers_that_come_later(void **state)
{
    (void)state;
    n_servers = 5;
    assert_string_equal(judge(HEADER ELECTION ELECTED), "");
    assert_string_equal(judge(HEADER ELECTION OTHERS ELECTED), "C.2");
    n_servers = 3;
}

// Who says that servers leave is not judged by majorities.
static void test_servers_that_leave(void **state)
{
    (void)state;
    n_servers = 5;
    members_change = true;
    assert_string_equal(judge(HEADER ELECTION OTHERS ELECTED), "");
    bool said = false;
    for (size_t i = 0; i < n_areas; i++)
        said |= strcmp(area[i].name, "commits") == 0 &&
                (area[i].missing != NULL || area[i].because != NULL);
    assert_true(said);
    n_servers = 3;
    members_change = false;
}

// A kind that was left out explains what does not fit, where numbers say that
// something was left out.
static void test_an_overwritten_entry_without_its_truncate(void **state)
{
    (void)state;
#define ENTRY(n, term)                                                         \
    "{\"n\":" #n ",\"us\":" #n ",\"node\":0,\"ev\":\"append\",\"index\":1,"    \
    "\"entries\":[{\"term\":" #term ",\"command\":\"x\"}]}\n"
    assert_string_equal(judge(HEADER ENTRY(1, 1) ENTRY(2, 2)), "AE.4");
    assert_string_equal(judge(HEADER ENTRY(1, 1) ENTRY(3, 2)), "");
    assert_because("log changes", "numbers are missing amid the trace");
}

// The page for people tells what each judge needs.
static void test_the_page_names_what_is_judged(void **state)
{
    (void)state;
    static char page[1 << 16], row[128];
    FILE *in = fopen("src/trace/TRACE.md", "r");
    assert_non_null(in);
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    fclose(in);
    judge(HEADER);
    assert_true(n_areas > 0);
    for (size_t i = 0; i < n_areas; i++) {
        snprintf(row, sizeof row, "\n| %.47s", area[i].name);
        const char *at = strstr(page, row);
        if (at == NULL)
            fail_msg("%s: not on the page", area[i].name);
        at = strstr(at + 3, "| ") + 2;
        assert_memory_equal(at, area[i].missing, strlen(area[i].missing));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_of_sound_traces_are_sound),
        cmocka_unit_test(test_messages_alone),
        cmocka_unit_test(test_two_leaders_of_others),
        cmocka_unit_test(test_two_commands_at_an_index),
        cmocka_unit_test(test_a_server_that_tells_no_boot_is_lost),
        cmocka_unit_test(test_a_torn_trace_accuses_nobody),
        cmocka_unit_test(test_servers_that_come_later),
        cmocka_unit_test(test_servers_that_leave),
        cmocka_unit_test(test_an_overwritten_entry_without_its_truncate),
        cmocka_unit_test(test_the_page_names_what_is_judged),
    };
    return cmocka_run_group_tests_name("check_partial", tests, NULL, NULL) != 0;
}
