// test_trace_scan.c -- the scanner sees in a line what the parser sees in it,
// or leaves it alone.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_events.h"
#include "two_ways.h"

MESSAGE_DEFINE(sample_args, SAMPLE_ARGS);

enum { ROOM = 8192 };

// What the lines below are read after.
static const struct parse after = {
    .n_servers = RANDOM_SERVERS, .n = 4, .us = 6};

static struct random_events dice;

// A random event of that kind as a line.
static size_t random_line(enum trace_kind kind, char line[ROOM])
{
    struct trace_event event = random_event(&dice, kind);
    event.n = 5 + random_below(&dice, 3);
    event.us = 6 + random_below(&dice, 3);
    event.inc = (int)random_below(&dice, 3);
    event.cause = random_below(&dice, 7);
    return trace_format(&event, line, ROOM);
}

static bool is_plain(const char *line)
{
    bool escapes = strchr(line, '\\') != NULL;
    for (; *line != '\0'; line++)
        escapes |= (*line & 0x80) != 0;
    return !escapes;
}

static bool has_rare_fields(enum trace_kind kind)
{
    return kind == TRACE_PARTITION || kind == TRACE_FINDING ||
           kind == TRACE_STATE || kind == TRACE_VERDICT;
}

static void test_scanner_and_parser_agree(void **state)
{
    (void)state;
    char line[ROOM];
    int n_fast[TRACE_N_KINDS] = {0};
    dice = (struct random_events){.state = 3};
    for (int i = 0; i < 400 * TRACE_N_KINDS; i++) {
        enum trace_kind kind = (enum trace_kind)(i % TRACE_N_KINDS);
        size_t n = random_line(kind, line);
        enum two_ways ways = read_two_ways(&after, line, n);
        if (ways == WAYS_DIFFER)
            fail_msg("read in two ways: %s", line);
        n_fast[kind] += ways == WAYS_EQUAL;
        bool good = strstr(line, "\"cause\":6") == NULL &&
                    strstr(line, "\"cause\":5") == NULL;
        if (is_plain(line) && good && !has_rare_fields(kind) &&
            ways != WAYS_EQUAL)
            fail_msg("not taken: %s", line);
    }
    for (int kind = 0; kind < TRACE_N_KINDS; kind++)
        if (!has_rare_fields((enum trace_kind)kind))
            assert_in_range(n_fast[kind], 10, 400);
    free(dice.encoded);
}

// Bytes of JSON, and some that are none.
static char random_byte(void)
{
    static const char bytes[] = "{}[]:,\"\\0123456789.eE-+ntxf \t\x7f\xc3";
    return bytes[random_below(&dice, sizeof bytes)];
}

// One small change: a byte is other, gone or new, a piece is moved or doubled.
static size_t mutate(char *line, size_t n)
{
    size_t at = random_below(&dice, n), to = random_below(&dice, n);
    size_t piece = 1 + random_below(&dice, 12);
    if (at + piece > n)
        piece = n - at;
    switch (random_below(&dice, 5)) {
    case 0:
        line[at] = random_byte();
        break;
    case 1:
        line[at] = line[to];
        break;
    case 2:
        memmove(line + at, line + at + piece, n - at - piece);
        n -= piece;
        break;
    case 3:
        memmove(line + at + piece, line + at, n - at);
        n += piece;
        break;
    default:
        memmove(line + at + 1, line + at, n - at);
        line[at] = random_byte();
        n++;
    }
    line[n] = '\0';
    return n;
}

static void test_they_agree_on_what_went_wrong(void **state)
{
    (void)state;
    static char line[2 * ROOM];
    int n_fast = 0;
    dice = (struct random_events){.state = 4};
    for (int i = 0; i < 300000; i++) {
        size_t n = random_line((enum trace_kind)(i % TRACE_N_KINDS), line);
        for (uint64_t k = 1 + random_below(&dice, 3); k > 0 && n > 0; k--)
            n = mutate(line, n);
        enum two_ways ways = read_two_ways(&after, line, n);
        if (ways == WAYS_DIFFER)
            fail_msg("read in two ways: %s", line);
        n_fast += ways == WAYS_EQUAL;
    }
    // Enough of them are events still.
    assert_in_range(n_fast, 2000, 300000);
    free(dice.encoded);
}

#define START "{\"n\":5,\"us\":6,\"node\":1,\"ev\":"

// Lines at the border of what the scanner takes.
static const struct {
    const char *line;
    bool fast;
} borders[] = {
    {START "\"kill\"}", true},
    {START "\"kill\",\"rule\":\"AE.3\",\"cause\":3}", true},
    {"{ \"n\": 5, \"us\": 6, \"ev\": \"kill\", \"cause\": 4 }", true},
    {START "\"sneeze\"}", true},
    {START "\"sneeze\",\"loud\":true}", false},
    {START "\"kill\",\"cause\":5}", false},
    {START "\"kill\"} ", false},
    {START "\"kill\"}}", false},
    {START "\"kill\",\"n\":7}", false},
    {"{\"n\":4,\"us\":6,\"ev\":\"kill\"}", false},
    {"{\"n\":5,\"us\":5,\"ev\":\"kill\"}", false},
    {"{\"n\":05,\"us\":6,\"ev\":\"kill\"}", false},
    {"{\"n\":5.0,\"us\":6,\"ev\":\"kill\"}", false},
    {"{\"n\":5e0,\"us\":6,\"ev\":\"kill\"}", false},
    {"{\"n\":5,\"us\":6,\"node\":5,\"ev\":\"kill\"}", false},
    {"{\"n\":999999999999999,\"us\":6,\"ev\":\"kill\"}", true},
    {"{\"n\":1000000000000000,\"us\":6,\"ev\":\"kill\"}", false},
    {START "\"truncate\",\"index\":\"0x2a\"}", true},
    {START "\"truncate\",\"index\":\"0x\"}", false},
    {START "\"truncate\",\"index\":\"0x12345678123456789\"}", false},
    {START "\"vote\",\"term\":1,\"voted_for\":null}", true},
    {START "\"vote\",\"term\":1,\"voted_for\":nul}", false},
    {START "\"vote\",\"voted_for\":null,\"term\":1}", false},
    {START "\"note\",\"text\":\"a\\nb\"}", false},
    {START "\"send\",\"msg\":1,\"to\":0,\"rpc\":\"R\",\"args\":{}}", true},
    {START "\"send\",\"msg\":1,\"to\":0,\"rpc\":\"R\",\"args\":"
           "{\"term\":\"0x2a\",\"term\":3,\"done\":4,\"done\":true}}",
     true},
    {START "\"send\",\"msg\":1,\"to\":0,\"rpc\":\"R\",\"args\":{\"a\":null}}",
     false},
    {START "\"send\",\"msg\":1,\"to\":0,\"rpc\":\"R\",\"args\":{\"a\":[]}}",
     false},
};

// A message is shown through a small room on the stack.
static void test_a_long_text_is_left_to_the_parser(void **state)
{
    (void)state;
    char line[1024];
    for (int length = 254; length <= 257; length++) {
        int n = snprintf(line, sizeof line,
                         START "\"send\",\"msg\":1,\"to\":0,\"rpc\":\"R\","
                               "\"args\":{\"a\":\"%0*d\"}}",
                         length, 7);
        enum two_ways ways = read_two_ways(&after, line, (size_t)n);
        assert_int_equal(ways, length < 256 ? WAYS_EQUAL : WAYS_SLOW);
    }
}

static void test_lines_at_the_border(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof borders / sizeof borders[0]; i++) {
        const char *line = borders[i].line;
        enum two_ways ways = read_two_ways(&after, line, strlen(line));
        if (ways != (borders[i].fast ? WAYS_EQUAL : WAYS_SLOW))
            fail_msg("%d: %s", ways, line);
    }
}

static void test_every_kind_is_found_by_its_name(void **state)
{
    (void)state;
    for (int kind = TRACE_UNKNOWN + 1; kind < TRACE_N_KINDS; kind++) {
        const char *name = trace_kinds[kind].name;
        size_t n = strlen(name);
        assert_int_equal(scan_kind(name, n), kind);
        assert_int_equal(scan_kind(name, n - 1), TRACE_UNKNOWN);
    }
    assert_int_equal(scan_kind("kills", 5), TRACE_UNKNOWN);
    assert_int_equal(scan_kind("", 0), TRACE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scanner_and_parser_agree),
        cmocka_unit_test(test_they_agree_on_what_went_wrong),
        cmocka_unit_test(test_lines_at_the_border),
        cmocka_unit_test(test_a_long_text_is_left_to_the_parser),
        cmocka_unit_test(test_every_kind_is_found_by_its_name),
    };
    return cmocka_run_group_tests_name("trace_scan", tests, NULL, NULL) != 0;
}
