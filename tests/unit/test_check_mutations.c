// test_check_mutations.c -- sound traces with something left out, or with
// names that we do not know: nobody is accused.
//
// Each mutation leaves out whole kinds of events, any of them, and perhaps
// what ties events together; or single events, up to three in a row of a kind,
// or of any kinds. What is judged of the rest may be little; it is
// never a finding.
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labs/suites/suites.h"
#include "random_events.h"
#include "check/check.h"
#include "harness/runner.h"

static struct random_events dice = {.state = 77};

// Runs that together have every kind of event.
static const struct {
    const char *scenario;
    uint64_t seed;
} runs[] = {
    {"tour", 1},
    {"tour", 2},
    {"initial-election", 1},
    {"basic-agree", 1},
    {"persist-2", 3},
    {"figure-7", 1},
    {"figure-8-committed", 1},
    {"drifting-clocks", 1},
    {"paused-leader", 1},
    {"snapshot-all-crash", 1},
    {"snapshot-in-chunks", 2},
    {"tail-beyond-snapshot", 1},
    {"snapshot-before-suffix", 1},
    {"unreliable-agree", 1},
    {"twice-and-late", 1},
    {"restart-storm", 1},
};
enum { N_RUNS = sizeof runs / sizeof runs[0] };
// Sanitizers are slow, and need not see all of them.
#define EACH (strcmp(GLASSRAFT_CONFIG, "opt") == 0 ? 130 : 6)

// Other names for what messages and their fields are called.
static const char *const names[][2] = {
    {"\"RequestVote\"", "\"request_vote\""},
    {"\"AppendEntries\"", "\"Append\""},
    {"\"InstallSnapshot\"", "\"Snapshot\""},
    {"\"vote_granted\"", "\"granted\""},
    {"\"success\"", "\"ok\""},
    {"\"prev_log_index\"", "\"prevLogIndex\""},
    {"\"last_log_term\"", "\"lastLogTerm\""},
    {"\"leader_commit\"", "\"leaderCommit\""},
    {"\"bytes_stored\"", "\"stored\""},
    {"\"last_included_index\":", "\"lastIndex\":"},
};
enum { N_NAMES = sizeof names / sizeof names[0] };

static char *text, *changed;
static size_t n_text, n_changed;

static void load(size_t run)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/glassraft-mutations-%d", (int)getpid());
    const struct lab_scenario *scenario = suites_find(runs[run].scenario);
    assert_non_null(scenario);
    struct lab_run lab = {
        .scenario = scenario, .seed = runs[run].seed, .trace = path};
    struct lab_result result;
    lab_run_one(&lab, &result);
    assert_true(result.passed);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    n_text = (size_t)ftell(in);
    rewind(in);
    text = malloc(n_text + 1);
    changed = malloc(2 * n_text + 1);
    assert_true(text != NULL && changed != NULL);
    assert_int_equal(fread(text, 1, n_text, in), n_text);
    text[n_text] = '\0';
    fclose(in);
    unlink(path);
}

static void unload(void)
{
    free(text);
    free(changed);
}

// Into `changed`: the text, with all the bits' names replaced. Only messages
// are touched: a boot's fields have names that are no question.
static void rename_all(unsigned which)
{
    const char *at = text;
    char *out = changed;
    while (*at != '\0') {
        const char *end = strchr(at, '\n') + 1;
        bool message =
            strstr(at, "\"rpc\":") != NULL && strstr(at, "\"rpc\":") < end;
        while (at < end) {
            size_t i = message && *at == '"' ? 0 : N_NAMES;
            for (; i < N_NAMES; i++)
                if ((which >> i & 1) != 0 &&
                    strncmp(at, names[i][0], strlen(names[i][0])) == 0)
                    break;
            if (i == N_NAMES) {
                *out++ = *at++;
                continue;
            }
            at += strlen(names[i][0]);
            out = stpcpy(out, names[i][1]);
        }
    }
    *out = '\0';
    n_changed = (size_t)(out - changed);
}

// How a trace is mutated.
struct mutation {
    uint64_t without; // bits of kinds
    bool cause;       // left out
    bool args;        // left out
    bool renumber;    // without holes
    int numbers;      // of messages: as they are, or one of three other ways
    unsigned names;
    // Of events: the first that is left out, and how many; of one kind, or of
    // any.
    enum trace_kind of; // TRACE_UNKNOWN: any
    bool named;         // the kinds without, by hand
    uint64_t first, n;
};

#define BIT(kind)   (1ull << TRACE_##kind)
#define LOG_KINDS   (BIT(APPEND) | BIT(TRUNCATE) | BIT(COMPACT) | BIT(INSTALL))
#define CLOCK_KINDS (BIT(PAUSE) | BIT(CLOCK))

static struct mutation random_mutation(void)
{
    struct mutation m = {0};
    uint64_t how = random_below(&dice, 10);
    if (how < 5) // one to three kinds
        for (uint64_t n = 1 + random_below(&dice, 3); n > 0; n--)
            m.without |= 2ull << random_below(&dice, TRACE_N_KINDS - 1);
    else if (how < 9) // about half of them, or a quarter
        m.without = random_below(&dice, UINT64_MAX) &
                    (how < 7 ? UINT64_MAX : random_below(&dice, UINT64_MAX));
    // Numbers without holes say that kinds which belong together are told
    // together, and what befalls clocks.
    m.renumber = random_below(&dice, 4) == 0;
    if (m.renumber) {
        m.without &= ~CLOCK_KINDS;
        m.without |= (m.without & LOG_KINDS) != 0 ? LOG_KINDS : 0;
        if ((m.without & (LOG_KINDS | BIT(TERM) | BIT(VOTE))) != 0)
            m.without |= BIT(BOOT);
        if ((m.without & BIT(PERSIST)) != 0)
            m.without |= BIT(SAVED);
    }
    m.named = random_below(&dice, 2) == 0;
    m.cause = random_below(&dice, 4) == 0;
    m.args = random_below(&dice, 8) == 0;
    if (random_below(&dice, 3) == 0)
        m.names = 1u << random_below(&dice, N_NAMES);
    else if (random_below(&dice, 6) == 0)
        m.names = (unsigned)random_below(&dice, 1u << N_NAMES);
    return m;
}

static void print_mutation(size_t run, const struct mutation *m)
{
    fprintf(stderr, "%s seed %" PRIu64 ":%s%s%s, without", runs[run].scenario,
            runs[run].seed, m->cause ? " no cause" : "",
            m->args ? " no args" : "",
            m->renumber ? " renumbered"
            : m->named  ? " named"
                        : "");
    for (int kind = 1; kind < TRACE_N_KINDS; kind++)
        if ((m->without >> kind & 1) != 0)
            fprintf(stderr, " %s", trace_kinds[kind].name);
    for (size_t i = 0; i < N_NAMES; i++)
        if ((m->names >> i & 1) != 0)
            fprintf(stderr, ", %s", names[i][1]);
    if (m->n > 0)
        fprintf(stderr, " %s from the %" PRIu64 "th on, %" PRIu64,
                m->of != TRACE_UNKNOWN ? trace_kinds[m->of].name : "events",
                m->first + 1, m->n);
    fprintf(stderr, "\n");
}

// The old numbers of the events so far.
static uint64_t old_n[1 << 16];
static uint64_t n_numbers;

static void renumber(struct trace_event *event)
{
    uint64_t low = 0, high = n_numbers;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (old_n[middle] < event->cause)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < n_numbers && old_n[low] == event->cause;
    event->cause = found ? low + 1 : 0;
    assert_true(n_numbers < sizeof old_n / sizeof old_n[0]);
    old_n[n_numbers++] = event->n;
    event->n = n_numbers;
}

static struct mutation leave_single_out(uint64_t n_lines)
{
    struct mutation m = {.n = 1 + random_below(&dice, 3)};
    if (random_below(&dice, 3) > 0)
        m.of = (enum trace_kind)(1 + random_below(&dice, TRACE_N_KINDS - 1));
    m.first =
        random_below(&dice, m.of == TRACE_UNKNOWN         ? n_lines
                            : random_below(&dice, 2) == 0 ? 8
                                                          : 1 + n_lines / 20);
    return m;
}

// Other tracers number messages with gaps, by server and count, or downwards.
static uint64_t number_of_message(const struct mutation *m, uint64_t msg)
{
    const uint64_t as[] = {msg, msg * 4096, (msg % 5) << 32 | msg / 5,
                           1000000000000000 - msg};
    return msg != 0 ? as[m->numbers] : 0;
}

// Judges `changed`; false for a finding.
static bool judge(size_t run, const struct mutation *m)
{
    char error[512];
    struct trace_event event;
    struct trace_reader *reader =
        trace_open_memory("m", changed, n_changed, error, sizeof error);
    assert_non_null(reader);
    n_numbers = 0;
    uint64_t n_seen = 0;
    struct check *check = check_make(trace_reader_header(reader)->n_servers);
    for (int kind = 1; m->named && kind < TRACE_N_KINDS; kind++)
        if ((m->without >> kind & 1) != 0)
            check_without(check, (enum trace_kind)kind);
    while (trace_read(reader, &event) == TRACE_OK) {
        if ((m->without >> event.kind & 1) != 0 || event.kind == TRACE_STATE)
            continue;
        n_seen += m->of == TRACE_UNKNOWN || m->of == event.kind;
        if ((m->of == TRACE_UNKNOWN || m->of == event.kind) &&
            n_seen > m->first && n_seen <= m->first + m->n)
            continue;
        if (m->cause)
            event.cause = 0;
        if (m->renumber)
            renumber(&event);
        event.msg = number_of_message(m, event.msg);
        if (m->args)
            event.args = (struct trace_message){0};
        if (!check_step(check, &event))
            break;
    }
    assert_string_equal(trace_reader_error(reader), "");
    const struct check_finding *finding = check_finding(check);
    if (finding != NULL) {
        print_mutation(run, m);
        fprintf(stderr, "  event %" PRIu64 ": %s [%s]: %s\n",
                finding->events[0], finding->property, finding->tag,
                finding->text);
    }
    check_free(check);
    trace_close(reader);
    return finding == NULL;
}

static void test_what_is_left_out_accuses_nobody(void **state)
{
    (void)state;
    int n_accused = 0;
    for (size_t run = 0; run < N_RUNS; run++) {
        load(run);
        for (int i = 0; i < EACH; i++) {
            struct mutation m = random_mutation();
            rename_all(m.names);
            n_accused += !judge(run, &m);
        }
        unload();
    }
    assert_int_equal(n_accused, 0);
}

static void test_single_events_left_out_accuse_nobody(void **state)
{
    (void)state;
    int n_accused = 0;
    for (size_t run = 0; run < N_RUNS; run++) {
        load(run);
        uint64_t n_lines = 0;
        for (size_t i = 0; i < n_text; i++)
            n_lines += text[i] == '\n';
        rename_all(0);
        for (int i = 0; i < EACH; i++) {
            struct mutation m = leave_single_out(n_lines);
            n_accused += !judge(run, &m);
        }
        unload();
    }
    assert_int_equal(n_accused, 0);
}

static void test_numbers_of_messages_accuse_nobody(void **state)
{
    (void)state;
    int n_accused = 0;
    for (size_t run = 0; run < N_RUNS; run++) {
        load(run);
        rename_all(0);
        for (int numbers = 1; numbers < 4; numbers++)
            n_accused += !judge(run, &(struct mutation){.numbers = numbers});
        unload();
    }
    assert_int_equal(n_accused, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_left_out_accuses_nobody),
        cmocka_unit_test(test_single_events_left_out_accuse_nobody),
        cmocka_unit_test(test_numbers_of_messages_accuse_nobody),
    };
    return cmocka_run_group_tests_name("check_mutations", tests, NULL, NULL) !=
           0;
}
