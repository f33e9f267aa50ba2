// test_audit.c -- the stories of runs, judged where no Raft has been.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "harness/story.h"
#include "random_events.h"
#include "trace/pack.h"

enum { N_SERVERS = 3, WORDS = 4096 };

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

static const struct sandbox sandbox = {.own = false};
static const struct lab_scenario scenario = {.name = "audited",
                                             .n_servers = N_SERVERS};
static const struct lab_milestones least = {"audited", 1, 2, 4, 8, 40};

static struct {
    int fd;
    uint64_t us;
    struct trace *trace;
} told;

static uint64_t now_us(void *context)
{
    (void)context;
    return told.us += 1000;
}

static void begin(void)
{
    struct trace_config config = {.scenario = "audited",
                                  .n_servers = N_SERVERS,
                                  .now_us = now_us,
                                  .spill = story_take};
    told.us = 0;
    told.fd = story_file();
    assert_true(told.fd >= 0);
    story_begin(told.fd);
    told.trace = trace_make(&config);
}

static void tell(int server, struct trace_event event)
{
    event.node = server;
    event.inc = TRACE_NONE;
    trace_emit(told.trace, &event);
}
#define TELL(server, ...) tell(server, (struct trace_event){__VA_ARGS__})

static void tell_scenario(int n_applies)
{
    TELL(TRACE_NONE, .kind = TRACE_ACT, .text = "it begins");
    TELL(TRACE_NONE, .kind = TRACE_CHECK, .what = "x", .text = "y", .ok = true);
    TELL(0, .kind = TRACE_CONNECT);
    for (int i = 0; i < n_applies; i++)
        TELL(0, .kind = TRACE_GIVEN, .index = (uint64_t)i + 1, .term = 1,
             .command = "x");
    told.us += 20000;
}

static void tell_two_votes(void)
{
    for (int i = 0; i < 2; i++)
        TELL(1, .kind = TRACE_VOTE, .term = 1, .voted_for = i);
}

static void end_well(void)
{
    TELL(TRACE_NONE, .kind = TRACE_VERDICT, .what = "pass", .text = "",
         .n_events = trace_n_events(told.trace) + 1);
    story_end();
}

// What the audit says of a run that said this of its end.
static struct lab_result audited(uint64_t n_events, uint64_t hash)
{
    struct lab_run run = {
        .scenario = &scenario, .sandbox = &sandbox, .audited = &least};
    struct lab_result result = {
        .passed = true, .figure2 = true, .n_events = n_events, .hash = hash};
    bool good = story_audit(&run, told.fd, &result);
    assert_int_equal(good, result.passed);
    close(told.fd);
    trace_free(told.trace);
    story_begin(-1);
    return result;
}

static struct lab_result audited_as_told(void)
{
    return audited(trace_n_events(told.trace), trace_hash(told.trace));
}

static void assert_forged(struct lab_result result, const char *words)
{
    assert_false(result.passed);
    assert_string_equal(result.property, "forged-result");
    if (strstr(result.text, words) == NULL)
        fail_msg("\"%s\" not in: %s", words, result.text);
}

static void test_a_story_of_the_scenario_passes(void **state)
{
    (void)state;
    begin();
    tell_scenario(1);
    end_well();
    struct lab_result result = audited_as_told();
    if (!result.passed)
        fail_msg("%s", result.text);
}

static void test_what_is_missing_is_told(void **state)
{
    (void)state;
    begin();
    tell_scenario(0);
    end_well();
    assert_forged(audited_as_told(), "0 applies");
    begin();
    end_well();
    assert_forged(audited_as_told(), "0 answers to what it asks");
}

static void test_the_end_is_as_the_run_says(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 3; wrong++) {
        begin();
        tell_scenario(1);
        if (wrong < 2)
            end_well();
        story_end();
        uint64_t n = trace_n_events(told.trace), hash = trace_hash(told.trace);
        assert_forged(audited(n + (wrong == 0), hash + (wrong == 1)),
                      "end in another way");
    }
}

static void test_a_broken_rule_is_found(void **state)
{
    (void)state;
    begin();
    for (int server = 0; server < N_SERVERS; server++)
        TELL(server, .kind = TRACE_BOOT, .voted_for = TRACE_NONE);
    TELL(1, .kind = TRACE_TERM, .from = 0, .to = 1);
    tell_two_votes();
    tell_scenario(1);
    end_well();
    struct lab_result result = audited_as_told();
    assert_false(result.passed);
    assert_string_equal(result.property, "voted-twice");
    assert_string_equal(result.tag, "RV.2");
}

// Bytes that are no records, behind good ones.
static void test_what_is_no_record_is_told(void **state)
{
    (void)state;
    static const uint64_t junk[][8] = {
        {8, 0, 3, 9, 9, 0, UINT64_MAX},    // of another number
        {UINT64_MAX, 0, 5, 9, 9, 0, 0, 0}, // longer than the file
        {8, 0, 5, 60000, 9, 0xffff, 0, 0}, // of no kind
        {0},                               // of no length
    };
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        begin();
        tell_scenario(1);
        story_end();
        assert_int_equal(write(told.fd, junk[i], sizeof junk[i]),
                         sizeof junk[i]);
        assert_forged(audited_as_told(), "are no events of a run");
    }
}

// ------------------------------------------------------------ records

// What is sound can be unpacked and shown, whatever was done to it.
static void test_records_by_anybody(void **state)
{
    (void)state;
    struct random_events r = {.state = 11};
    int n_sound = 0, n_bad = 0;
    char text[1 << 16];
    for (int i = 0; i < 20000; i++) {
        struct trace_event event =
            random_event(&r, (enum trace_kind)random_below(&r, TRACE_N_KINDS));
        event.inc = 0;
        // On the heap: a sanitizer sees the end of it.
        uint64_t *word = must_malloc(WORDS * sizeof *word);
        size_t n = pack_event(&event, word, WORDS);
        assert_true(pack_is_sound(word, n, RANDOM_SERVERS));
        assert_false(pack_is_sound(word, n - 1, RANDOM_SERVERS));
        word = must_realloc(word, n * sizeof *word);
        word[PACK_TYPE] = 0;
        for (uint64_t k = random_below(&r, 4); k > 0; k--) {
            uint64_t at = random_below(&r, n);
            word[at == PACK_TYPE ? PACK_SIZE : at] ^=
                random_below(&r, 2) == 0 ? 1ull << random_below(&r, 64)
                                         : random_below(&r, UINT64_MAX);
        }
        bool sound = pack_is_sound(word, n, RANDOM_SERVERS);
        if (sound) {
            unpack_event(word, &event);
            trace_format(&event, text, sizeof text);
        }
        n_sound += sound;
        n_bad += !sound;
        free(word);
    }
    free(r.encoded);
    assert_in_range(n_sound, 5000, 19000);
    assert_in_range(n_bad, 1000, 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_story_of_the_scenario_passes),
        cmocka_unit_test(test_what_is_missing_is_told),
        cmocka_unit_test(test_the_end_is_as_the_run_says),
        cmocka_unit_test(test_a_broken_rule_is_found),
        cmocka_unit_test(test_what_is_no_record_is_told),
        cmocka_unit_test(test_records_by_anybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
