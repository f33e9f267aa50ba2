// test_export.c -- exports for ShiViz and Mermaid, by rules of their readers.
#include "test.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/die.h"
#include "viz/draw/viz.h"
#include "viz_fixture.h"

typedef size_t export_fn(const struct trace_file *trace,
                         const struct viz_window *window, FILE *out);

static struct text export(export_fn *write, const struct trace_file *trace,
                          const struct viz_window *window)
{
    struct text text = {NULL, 0};
    FILE *out = must_stream(&text.at, &text.n);
    write(trace, window, out);
    fclose(out);
    return text;
}

static const struct viz_window all = {0};

// ------------------------------------------------------------------- ShiViz

enum { N_HOSTS = 12 };

// What the reader knows: hosts as it met them, and the clock of each event.
struct shiviz {
    char name[N_HOSTS][16];
    uint32_t own[N_HOSTS], highest[N_HOSTS], latest[N_HOSTS][N_HOSTS];
    uint32_t (*clock)[N_HOSTS]; // by the event's number
    size_t n_events;
};

static int host_of(struct shiviz *s, const char *name)
{
    int i = 0;
    while (i < N_HOSTS - 1 && s->name[i][0] != '\0' &&
           strcmp(s->name[i], name) != 0)
        i++;
    snprintf(s->name[i], sizeof s->name[i], "%s", name);
    return i;
}

// The second line of an event: host {"host":n, ...}.
static void read_clock(struct shiviz *s, const char *line, uint64_t n)
{
    const char *space = strchr(line, ' ');
    assert_non_null(space);
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)(space - line), line);
    int host = host_of(s, name);
    const char *end;
    cJSON *clock = cJSON_ParseWithOpts(space + 1, &end, true);
    assert_true(cJSON_IsObject(clock));
    const cJSON *entry;
    cJSON_ArrayForEach(entry, clock)
    {
        assert_null(strchr(entry->string, ' '));
        int k = host_of(s, entry->string);
        uint32_t value = (uint32_t)entry->valuedouble;
        assert_true(value >= s->latest[host][k]); // knowledge is never lost
        s->latest[host][k] = s->clock[n][k] = value;
        s->highest[k] = value > s->highest[k] ? value : s->highest[k];
    }
    assert_int_equal(s->latest[host][host], s->own[host] + 1);
    s->own[host]++;
    cJSON_Delete(clock);
}

// Follows the text as ShiViz does, by pairs of lines.
static struct shiviz read_shiviz(char *text, size_t n_numbers)
{
    struct shiviz s = {.n_events = 0};
    s.clock = calloc(n_numbers + 1, sizeof *s.clock);
    for (char *line = text; *line != '\0';) {
        char *second = strchr(line, '\n');
        assert_non_null(second);
        *second++ = '\0';
        char *end = strchr(second, '\n');
        assert_non_null(end);
        *end = '\0';
        unsigned long n;
        assert_int_equal(sscanf(line, "#%lu ", &n), 1);
        assert_true(n <= n_numbers);
        for (const char *c = line; *c != '\0'; c++)
            assert_true((unsigned char)*c >= ' ');
        read_clock(&s, second, n);
        s.n_events++;
        line = end + 1;
    }
    for (int i = 0; i < N_HOSTS; i++)
        assert_true(s.highest[i] <= s.own[i]); // no event that does not exist
    return s;
}

// A receipt knows all that its sending knew.
static size_t check_causes(const struct shiviz *s,
                           const struct trace_file *trace)
{
    size_t n = 0;
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        bool arrives = event->kind == TRACE_RECV ||
                       event->kind == TRACE_REPLY_RECV ||
                       event->kind == TRACE_DROP;
        bool shown = false, sent = false;
        for (int k = 0; arrives && k < N_HOSTS; k++) {
            shown = shown || s->clock[event->n][k] > 0;
            sent = sent || s->clock[event->cause][k] > 0;
        }
        if (!shown || !sent)
            continue;
        n++;
        for (int k = 0; k < N_HOSTS; k++)
            assert_true(s->clock[event->n][k] >= s->clock[event->cause][k]);
    }
    return n;
}

static size_t check_shiviz(const struct trace_file *trace,
                           const struct viz_window *window)
{
    struct text text = export(viz_shiviz, trace, window);
    size_t most = 0;
    for (size_t i = 0; i < trace->n_events; i++)
        most = trace->event[i].n > most ? trace->event[i].n : most;
    struct shiviz s = read_shiviz(text.at, most);
    size_t n_causes = check_causes(&s, trace), n_events = s.n_events;
    free(s.clock);
    free(text.at);
    assert_true(n_events == 0 || n_causes > 0 || trace->header.n_servers == 1 ||
                n_events < 50);
    return n_events;
}

static const char *const scenarios[] = {
    "tour",           "figure-8",       "snapshot-install", "restart-storm",
    "twice-and-late", "cluster-of-one", "backup",           "deaf-server",
};
enum { N_SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static void test_shiviz_rules(void **state)
{
    (void)state;
    for (int i = 0; i < N_SCENARIOS; i++) {
        struct trace_file trace;
        load_scenario(&trace, scenarios[i], (uint64_t)i + 1);
        // The verdict has a line, keyframes have none.
        assert_int_equal(check_shiviz(&trace, &all), trace.n_events);
        uint64_t n = trace.n_events;
        struct viz_window middle = {.first = n / 3, .last = 2 * n / 3};
        check_shiviz(&trace, &middle);
        struct viz_window votes = {
            .filter = {.chosen = true, .server = {true, false, true}}};
        assert_true(check_shiviz(&trace, &votes) <= n);
        trace_unload(&trace);
    }
}

// ------------------------------------------------------------------ Mermaid

static bool is_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '#') {
            size_t digits = strspn(text + 1, "0123456789");
            if (digits == 0 || text[1 + digits] != ';')
                return false;
            text += digits + 1;
        } else if (!isalnum((unsigned char)*text) &&
                   strchr(" .,_=+-()[]/@'!?", *text) == NULL)
            return false;
    }
    return true;
}

// Is it the name of one of the servers? Moves behind it.
static bool read_server(const char **at, int n_servers)
{
    char *end;
    if (**at != 'S')
        return false;
    long n = strtol(*at + 1, &end, 10);
    *at = end;
    return n >= 1 && n <= n_servers;
}

static bool read_arrow(const char **at)
{
    static const char *const arrows[] = {"->>", "-->>", "-x",
                                         "--x", "-)",   "--)"};
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
        size_t n = strlen(arrows[i]);
        if (strncmp(*at, arrows[i], n) == 0 && (*at)[n] == 'S') {
            *at += n;
            return true;
        }
    }
    return false;
}

enum line { BAD, PARTICIPANT, NOTE, MESSAGE };

static enum line read_line(const char *line, int n_servers)
{
    if (strncmp(line, "    ", 4) != 0)
        return BAD;
    const char *at = line + 4;
    if (strncmp(at, "participant ", 12) == 0) {
        at += 12;
        return read_server(&at, n_servers) && *at == '\0' ? PARTICIPANT : BAD;
    }
    enum line kind = MESSAGE;
    if (strncmp(at, "Note over ", 10) == 0) {
        at += 10;
        kind = NOTE;
        if (!read_server(&at, n_servers))
            return BAD;
        if (*at == ',' && (at++, !read_server(&at, n_servers)))
            return BAD;
    } else if (!read_server(&at, n_servers) || !read_arrow(&at) ||
               !read_server(&at, n_servers))
        return BAD;
    return strncmp(at, ": ", 2) == 0 && is_text(at + 2) ? kind : BAD;
}

// Checks every line; the number of messages.
static size_t check_mermaid(const struct trace_file *trace,
                            const struct viz_window *window)
{
    struct text text = export(viz_mermaid, trace, window);
    size_t count[MESSAGE + 1] = {0};
    char *rest = NULL, *line = strtok_r(text.at, "\n", &rest);
    if (line != NULL) {
        assert_string_equal(line, "sequenceDiagram");
        assert_true(text.n < VIZ_MERMAID_BYTES);
        while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
            enum line kind = read_line(line, trace->header.n_servers);
            if (kind == BAD)
                fail_msg("no line of Mermaid: %s", line);
            count[kind]++;
        }
        assert_int_equal(count[PARTICIPANT], trace->header.n_servers);
        assert_true(count[MESSAGE] <= VIZ_MERMAID_MOST);
    }
    free(text.at);
    return count[MESSAGE];
}

static void test_mermaid_lines(void **state)
{
    (void)state;
    size_t n_drawn = 0, n_refused = 0;
    for (int i = 0; i < N_SCENARIOS; i++) {
        struct trace_file trace;
        load_scenario(&trace, scenarios[i], (uint64_t)i + 1);
        for (uint64_t n = 1; n + 100 < trace.n_events; n += 700) {
            struct viz_window window = {.first = n, .last = n + 99};
            size_t n_messages = check_mermaid(&trace, &window);
            n_drawn += n_messages;
            n_refused += n_messages == 0;
        }
        trace_unload(&trace);
    }
    assert_true(n_drawn > 300);
    assert_true(n_refused > 0);
}

// All arrows of an election, the lost ones too; more than 60 are refused.
static void test_mermaid_of_the_tour(void **state)
{
    (void)state;
    struct trace_file trace;
    load_tour(&trace, 7);
    struct viz_window window = {0};
    const char *name;
    assert_true(viz_act(&trace, 1, &window, &name));
    struct text text = export(viz_mermaid, &trace, &window);
    assert_non_null(strstr(text.at, "    S3-xS5: RequestVote, term 1, lost\n"));
    assert_non_null(strstr(text.at, "    Note over S3: candidate of term 1\n"));
    free(text.at);
    text = export(viz_mermaid, &trace, &all);
    assert_int_equal(text.n, 0);
    free(text.at);
    assert_true(viz_mermaid(&trace, &all, stderr) > VIZ_MERMAID_MOST);
    trace_unload(&trace);
}

// ----------------------------------------------------------------- for both

static void test_hostile_texts(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "S1 {\\\"S1\\\":1}",     "; end",
        "%%{init: {}}%%",        "<b>#quot;",
        "a\\nS1->>S2: x",        "\\u2028\\u2029",
        "\\u00e9\\ud83d\\ude00", "$$x$$"};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct trace_file trace;
        write_trace(3, commands[i], 5);
        assert_true(trace_load(&trace, temporary()));
        assert_string_equal(trace.error, "");
        assert_int_equal(check_shiviz(&trace, &all), trace.n_events);
        check_mermaid(&trace, &all);
        struct text text = export(viz_mermaid, &trace, &all);
        assert_non_null(strstr(text.at, "Note over S1: client "));
        assert_null(strstr(text.at, "%%"));
        free(text.at);
        trace_unload(&trace);
    }
    unlink(temporary());
}

static void test_empty_window(void **state)
{
    (void)state;
    static const int sizes[] = {1, 2, 9};
    for (int i = 0; i < 3; i++) {
        struct trace_file trace;
        struct viz_window none = {.first = 90, .last = 91};
        write_trace(sizes[i], "x", 3);
        assert_true(trace_load(&trace, temporary()));
        assert_int_equal(check_shiviz(&trace, &none), 0);
        assert_int_equal(check_mermaid(&trace, &none), 0);
        check_mermaid(&trace, &all);
        trace_unload(&trace);
    }
    unlink(temporary());
}

static void test_known_exports(void **state)
{
    (void)state;
    struct trace_file trace;
    struct viz_window window = {.first = 28, .last = 90};
    assert_true(trace_load(&trace, "tests/golden/agree.jsonl"));
    compare(export(viz_shiviz, &trace, &window), "tests/golden/shiviz.txt");
    compare(export(viz_mermaid, &trace, &window), "tests/golden/mermaid.txt");
    trace_unload(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shiviz_rules),
        cmocka_unit_test(test_mermaid_lines),
        cmocka_unit_test(test_mermaid_of_the_tour),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_empty_window),
        cmocka_unit_test(test_known_exports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
