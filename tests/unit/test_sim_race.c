// test_sim_race.c -- what a race detector and a call under a lock look like:
// reported by name and place, the same for the same seed.
#define _GNU_SOURCE
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/runner.h"
#include "net/net.h"
#include "base/thread.h"

// What a run says on stderr, besides its result.
struct said {
    struct lab_result result;
    char text[16 * 1024];
};

static void run(void (*story)(struct lab *lab), struct said *said)
{
    struct lab_scenario scenario = {
        .name = "broken", .title = "Broken", .run = story, .n_servers = 3};
    struct lab_run run = {.scenario = &scenario, .seed = 42};
    FILE *file = tmpfile();
    int before = dup(2);
    assert_non_null(file);
    dup2(fileno(file), 2);
    lab_run_one(&run, &said->result);
    dup2(before, 2);
    close(before);
    rewind(file);
    size_t n = fread(said->text, 1, sizeof said->text - 1, file);
    said->text[n] = '\0';
    fclose(file);
}

static unsigned count;

static void *bump_the_count(void *unused)
{
    (void)unused;
    for (int i = 0; i < 10; i++) {
        count++; // no lock
        sched_yield();
    }
    return NULL;
}

static void race(struct lab *lab)
{
    pthread_t first, second;
    lab_sleep_ms(lab, 5);
    pthread_create(&first, NULL, bump_the_count, NULL);
    pthread_setname_np(first, "first");
    pthread_create(&second, NULL, bump_the_count, NULL);
    pthread_setname_np(second, "second");
    pthread_join(first, NULL);
    pthread_join(second, NULL);
}

// Where ThreadSanitizer's report differs from run to run: process and memory.
static void blank_numbers(char *text)
{
    for (char *at = text; (at = strstr(at, "0x")) != NULL;)
        for (at += 2; strspn(at, "0123456789abcdef") > 0; at++)
            *at = '-';
    for (char *at = text; (at = strstr(at, "pid=")) != NULL;) {
        size_t n = strspn(at += 4, "0123456789");
        memmove(at, at + n, strlen(at + n) + 1);
    }
}

static void test_a_race_is_reported_by_name_and_place(void **state)
{
    (void)state;
    static struct said one, two;
    run(race, &one);
#ifdef __SANITIZE_THREAD__
    run(race, &two);
    assert_false(one.result.passed);
    assert_string_equal(one.result.property, "data-race");
    static const char *const words[] = {"no lock keeps them apart",
                                        "first ",
                                        "second ",
                                        " 4 bytes in",
                                        "bump_the_count at test_sim_race.c",
                                        "virtual time 0.005"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(one.result.text, words[i]) == NULL)
            fail_msg("no \"%s\" in: %s", words[i], one.result.text);
    assert_string_equal(one.result.text, two.result.text);
    // ThreadSanitizer's own words are for a file, unless they are asked for.
    assert_null(strstr(one.text, "ThreadSanitizer"));
    setenv("GLASSRAFT_SANITIZER", "raw", 1);
    run(race, &one);
    run(race, &two);
    unsetenv("GLASSRAFT_SANITIZER");
    assert_string_equal(one.result.property, "data-race");
    assert_non_null(strstr(one.text, "WARNING: ThreadSanitizer: data race"));
    assert_non_null(strstr(one.text, "'second'"));
    assert_non_null(strstr(one.text, " at virtual time 5"));
    assert_non_null(strstr(one.text, "replay: glassraft run broken --seed"));
    blank_numbers(one.text);
    blank_numbers(two.text);
    assert_string_equal(one.text, two.text);
#else
    // Nobody looks for races here, and simulated threads take turns.
    assert_true(one.result.passed);
    (void)two;
    (void)blank_numbers;
#endif
}

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;

static bool echo(void *context, const char *method, const uint8_t *args,
                 size_t n_args, uint8_t **reply, size_t *n_reply)
{
    (void)context, (void)method;
    *reply = malloc(n_args + 1);
    memcpy(*reply, args, n_args);
    *n_reply = n_args;
    return *reply != NULL;
}

static void call_under_the_lock(struct net_end *end)
{
    uint8_t *reply;
    size_t n;
    pthread_mutex_lock(&state_lock);
    if (net_call(end, "Echo", (const uint8_t *)"hi", 2, &reply, &n))
        free(reply);
    pthread_mutex_unlock(&state_lock);
}

static void locked_call(struct lab *lab)
{
    struct net_config config = {.n_nodes = 2, .seed = 1};
    struct net *net = net_make(&config);
    struct net_end *end = net_make_end(net, 0);
    (void)lab;
    net_add_server(net, "echo", 1, (struct net_handler){echo, NULL});
    net_connect(end, "echo");
    net_enable(end, true);
    call_under_the_lock(end);
    net_free(net);
}

static void test_a_call_under_a_lock_is_named(void **state)
{
    (void)state;
    static struct said said;
    run(locked_call, &said);
    assert_false(said.result.passed);
    assert_string_equal(said.result.property, "blocked-with-lock");
    if (strstr(said.result.text, "call_under_the_lock") == NULL)
        fail_msg("no name in: %s", said.result.text);
    assert_non_null(strstr(said.result.text, "test_sim_race.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_race_is_reported_by_name_and_place),
        cmocka_unit_test(test_a_call_under_a_lock_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
