// test_lab_liars.c -- the harness on servers that lie: each of its questions
// gets a wrong answer, and must say so.
//
// This file is the Raft of its runs: servers that elect nobody, call nobody,
// and claim what the test wants. Each test is a story that must pass or fail
// with these words.
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "labs/suites/story.h"
#include "harness/runner.h"
#include "base/thread.h"
#include "base/die.h"
#include "wire/figure2.h"

enum { N = 3 };

struct raft {
    struct raft_config config;
    struct crew crew;
    pthread_mutex_t mutex;
    raft_index last; // guarded by mutex
};

// What the servers claim.
static struct {
    raft_term term[N];
    bool leads[N];
    bool takes;   // raft_start() says yes
    bool answers; // raft_handle() says yes, with one byte
    // Does what it wants with a command that a server was given, in a thread
    // of that server; and at birth, with index 0.
    void (*act)(struct raft *rf, raft_index index);
} lie;

// ------------------------------------------------- raft.h, by these servers

const struct message_rpc *const raft_rpcs = figure2_rpcs;

static void act(void *self, struct errand errand)
{
    struct raft *rf = self;
    if (errand.number == 0)
        sleep_ms(10); // the story may start commands before
    if (lie.act != NULL)
        lie.act(rf, errand.number);
}

static struct raft *liar[N];

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *rf = must_calloc(1, sizeof *rf);
    rf->config = *config;
    liar[config->me] = rf;
    crew_init(&rf->crew, config->trace);
    must(pthread_mutex_init(&rf->mutex, NULL), "pthread_mutex_init");
    crew_send(&rf->crew, "liar", act, rf, (struct errand){0});
    return rf;
}

bool raft_start(struct raft *rf, const void *command, size_t n_bytes,
                raft_index *index, raft_term *term)
{
    (void)command, (void)n_bytes;
    *term = lie.term[rf->config.me];
    if (!lie.takes || !lie.leads[rf->config.me])
        return false;
    pthread_mutex_lock(&rf->mutex);
    *index = ++rf->last;
    pthread_mutex_unlock(&rf->mutex);
    crew_send(&rf->crew, "liar", act, rf, (struct errand){.number = *index});
    return true;
}

void raft_get_state(struct raft *rf, raft_term *term, bool *is_leader)
{
    *term = lie.term[rf->config.me];
    *is_leader = lie.leads[rf->config.me];
}

void raft_snapshot(struct raft *rf, raft_index index, const void *bytes,
                   size_t n_bytes)
{
    (void)rf, (void)index, (void)bytes, (void)n_bytes;
}

bool raft_handle(struct raft *rf, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    (void)rf, (void)method, (void)args, (void)n_args;
    if (!lie.answers)
        return false;
    *reply = must_calloc(1, 1);
    *n_reply = 1;
    return true;
}

void raft_kill(struct raft *rf)
{
    (void)rf;
}

void raft_free(struct raft *rf)
{
    crew_end(&rf->crew);
    pthread_mutex_destroy(&rf->mutex);
    free(rf);
}

static void apply(struct raft *rf, raft_index index, const char *command)
{
    struct raft_message message = {.index = index,
                                   .term = 1,
                                   .bytes = command,
                                   .n_bytes = strlen(command)};
    rf->config.apply(rf->config.context, &message);
}

// ---------------------------------------------------------------- the runs

static void assert_run_of(void (*story)(struct lab *lab), bool unchecked,
                          const char *property, const char *words)
{
    struct lab_scenario scenario = {.name = "liars",
                                    .title = "Liars",
                                    .run = story,
                                    .n_servers = N,
                                    .snapshots = true};
    struct lab_run run = {
        .scenario = &scenario, .seed = 9, .unchecked = unchecked};
    struct lab_result result;
    lab_run_one(&run, &result);
    if (words == NULL) {
        if (!result.passed)
            fail_msg("failed: %s %s", result.property, result.text);
        return;
    }
    assert_false(result.passed);
    // What a scenario misses may have a reason that the checker knows.
    if (property != NULL)
        assert_string_equal(result.property, property);
    if (strstr(result.text, words) == NULL)
        fail_msg("\"%s\" not in: %s", words, result.text);
}

// These liars send no messages: who applies something has it from nowhere, and
// what the harness says of it is heard without the checker alone.
static void assert_run(void (*story)(struct lab *lab), const char *property,
                       const char *words)
{
    assert_run_of(story, lie.act != NULL, property, words);
}

// Sets the claims: terms of S1, S2, S3, and who leads (a bit for each).
static void claim(raft_term one, raft_term two, raft_term three, int leaders)
{
    memset(&lie, 0, sizeof lie);
    lie.term[0] = one;
    lie.term[1] = two;
    lie.term[2] = three;
    for (int i = 0; i < N; i++)
        lie.leads[i] = (leaders >> i & 1) != 0;
}

static void expect_s2(struct lab *lab)
{
    if (lab_check_one_leader(lab) != 1)
        lab_fail(lab, "not S2");
}

static void test_one_leader(void **unused)
{
    (void)unused;
    claim(3, 3, 3, 2);
    assert_run(expect_s2, NULL, NULL);
    claim(2, 3, 3, 3); // S1 led an older term and does not know yet
    assert_run(expect_s2, NULL, NULL);
    claim(3, 3, 2, 3);
    assert_run(expect_s2, NULL, "term 3 has two leaders, S1 and S2");
    claim(3, 3, 3, 0);
    assert_run(expect_s2, NULL, "within five seconds, but there was none");
}

static void cut_off(struct lab *lab)
{
    lab_disconnect(lab, 1);
    lab_check_one_leader(lab);
}

static void test_a_leader_that_is_cut_off_does_not_count(void **unused)
{
    (void)unused;
    claim(3, 3, 3, 2);
    assert_run(cut_off, NULL, "there was none");
    claim(3, 3, 3, 3);
    assert_run(cut_off, NULL, NULL);
}

static void same_terms(struct lab *lab)
{
    if (lab_check_terms(lab) != 3)
        lab_fail(lab, "not term 3");
}

static void test_terms(void **unused)
{
    (void)unused;
    claim(3, 3, 3, 0);
    assert_run(same_terms, NULL, NULL);
    claim(3, 4, 3, 0);
    assert_run(same_terms, NULL, "S1 is in term 3 and S2 in term 4");
}

static void nobody(struct lab *lab)
{
    lab_disconnect(lab, 2);
    lab_check_no_leader(lab);
}

static void test_no_leader(void **unused)
{
    (void)unused;
    claim(3, 3, 3, 4); // S3 believes in itself, alone
    assert_run(nobody, NULL, NULL);
    claim(3, 3, 3, 1);
    assert_run(nobody, NULL, "S1 leads term 3 without a majority");
}

static void agree(struct lab *lab)
{
    one(lab, number(7), 3);
}

static void agree_at_once(struct lab *lab)
{
    one_at_once(lab, number(7), 3);
}

static void apply_everywhere(struct raft *rf, raft_index index)
{
    (void)rf;
    for (int i = 0; i < N && index > 0; i++)
        apply(liar[i], index, "7");
}

static void apply_at_two(struct raft *rf, raft_index index)
{
    (void)rf;
    for (int i = 0; i < 2 && index > 0; i++)
        apply(liar[i], index, "7");
}

static void apply_another(struct raft *rf, raft_index index)
{
    (void)rf;
    for (int i = 0; i < N && index > 0; i++)
        apply(liar[i], index, "8");
}

static void test_agreement(void **unused)
{
    (void)unused;
    claim(1, 1, 1, 0);
    assert_run(agree, NULL, "within ten seconds: no server accepted it");
    claim(1, 1, 1, 1); // S1 leads, and takes nothing
    assert_run(agree, "liveness",
               "S1 leads term 1, but raft_start() has refused");
    lie.takes = true; // and nobody ever applies it
    assert_run(agree, NULL,
               "S1 was the last to accept it, at index 5; 0 servers");
    assert_run(agree_at_once, NULL,
               "\"7\" was accepted at index 1, but 3 servers");
    lie.act = apply_everywhere;
    assert_run(agree, NULL, NULL);
    assert_run(agree_at_once, NULL, NULL);
    lie.act = apply_at_two;
    assert_run(agree, NULL, "no agreement on \"7\" by 3 servers");
    lie.act = apply_another;
    assert_run(agree, "applied-unknown-command", "\"8\" (term 1)");
}

static void test_what_no_message_brings(void **unused)
{
    (void)unused;
    claim(1, 1, 1, 1);
    lie.takes = true;
    lie.act = apply_everywhere;
    assert_run_of(agree, false, "came-by-no-message",
                  "S2 applied \"7\" as entry 1 of term 1, which no message"
                  " brought");
}

// Lets the servers apply what somebody has started, or asked to start.
static void start_all(struct lab *lab)
{
    static const char *const commands[] = {"a", "b", "c", "late"};
    raft_index index;
    raft_term term;
    for (int i = 0; i < 4; i++)
        lab_start(lab, 2, commands[i], strlen(commands[i]), &index, &term);
}

static void wait_a_second(struct lab *lab)
{
    start_all(lab);
    lab_sleep_ms(lab, 1000);
}

static void apply_by_name(struct raft *rf, raft_index index)
{
    static const char *const names[N] = {"a", "b", "c"};
    if (index == 0)
        apply(rf, 1, names[rf->config.me]);
}

static void apply_with_a_gap(struct raft *rf, raft_index index)
{
    (void)index;
    if (rf->config.me == 1) {
        apply(rf, 1, "a");
        apply(rf, 3, "c");
    }
}

static void apply_again(struct raft *rf, raft_index index)
{
    (void)index;
    if (rf->config.me == 1) {
        apply(rf, 1, "a");
        apply(rf, 1, "a");
    }
}

static void apply_in_another_term(struct raft *rf, raft_index index)
{
    struct raft_message message = {.index = 1,
                                   .term = 1 + (raft_term)rf->config.me,
                                   .bytes = "a",
                                   .n_bytes = 1};
    (void)index;
    rf->config.apply(rf->config.context, &message);
}

static void give_a_strange_snapshot(struct raft *rf, raft_index index)
{
    struct raft_message message = {
        .is_snapshot = true, .index = 9, .term = 1, .bytes = "?", .n_bytes = 1};
    (void)index;
    if (rf->config.me == 2)
        rf->config.apply(rf->config.context, &message);
}

static void test_services(void **unused)
{
    (void)unused;
    claim(1, 1, 1, 1);
    lie.act = apply_by_name;
    assert_run(wait_a_second, "state-machine-safety", "index 1");
    lie.act = apply_in_another_term;
    assert_run(wait_a_second, "state-machine-safety", "index 1");
    lie.act = apply_with_a_gap;
    assert_run(wait_a_second, NULL,
               "S2 applied index 3, but the next index to apply was 2");
    lie.act = apply_again;
    assert_run(wait_a_second, NULL,
               "S2 applied index 1, but the next index to apply was 2");
    lie.act = give_a_strange_snapshot;
    assert_run(wait_a_second, NULL, "that no service ever created");
}

static void give_up(struct lab *lab)
{
    lab_sleep_ms(lab, 10);
    if (wait_for(lab, 1, 3, 2, NULL))
        lab_fail(lab, "waited although term 2 is over");
}

static void wait_in_vain(struct lab *lab)
{
    wait_for(lab, 1, 3, 0, NULL);
}

static void count_appliers(struct lab *lab)
{
    struct value value;
    one(lab, number(7), 2);
    if (n_committed(lab, 1, &value) != 2 || !same(value, number(7)))
        lab_fail(lab, "not 2 servers with 7");
    if (n_committed(lab, 2, NULL) != 0)
        lab_fail(lab, "index 2 was never applied");
    check_index(lab, 5, 6);
}

static void test_waiting_and_counting(void **unused)
{
    (void)unused;
    claim(1, 3, 1, 1);
    assert_run(give_up, NULL, NULL);
    claim(1, 1, 1, 1);
    assert_run(wait_in_vain, NULL, "index 1");
    lie.takes = true;
    lie.act = apply_at_two;
    assert_run(count_appliers, NULL, "index 5");
}

// ----------------------------------------------------------- after the kill

// Saves and applies three times each, a second after its birth.
static void act_late(struct raft *rf, raft_index index)
{
    const struct raft_saved saved = {.state = "x", .n_state = 1};
    sleep_ms(1000);
    for (int i = 0; i < 3 && index == 0; i++) {
        rf->config.save(rf->config.context, &saved);
        apply(rf, (raft_index)i + 1, "late");
    }
}

static void crash_s2(struct lab *lab)
{
    start_all(lab);
    lab_sleep_ms(lab, 500);
    lab_crash(lab, 1);
    lab_sleep_ms(lab, 2000);
}

// raft.h allows the one save and the one apply that were about to begin.
static void test_what_a_killed_server_does_is_counted(void **unused)
{
    (void)unused;
    struct lab_scenario scenario = {
        .name = "killed", .title = "Killed", .run = crash_s2, .n_servers = N};
    struct lab_run run = {.scenario = &scenario, .seed = 9, .unchecked = true};
    struct lab_result result;
    claim(1, 1, 1, 0);
    lie.act = act_late;
    lab_run_one(&run, &result);
    if (!result.passed)
        fail_msg("failed: %s %s", result.property, result.text);
    assert_int_equal(result.prices.late_saved, 2);
    assert_int_equal(result.prices.late_applied, 2);
    assert_int_equal(result.prices.late_answered, 0);
    lie.answers = true; // and all of them answer when they are killed
    lab_run_one(&run, &result);
    assert_int_equal(result.prices.late_answered, N);
    lie.act = NULL;
    lie.answers = false;
    lab_run_one(&run, &result);
    assert_int_equal(result.prices.late_saved, 0);
    assert_int_equal(result.prices.late_applied, 0);
    assert_int_equal(result.prices.late_answered, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_leader),
        cmocka_unit_test(test_a_leader_that_is_cut_off_does_not_count),
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_no_leader),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_what_no_message_brings),
        cmocka_unit_test(test_services),
        cmocka_unit_test(test_what_a_killed_server_does_is_counted),
        cmocka_unit_test(test_waiting_and_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
