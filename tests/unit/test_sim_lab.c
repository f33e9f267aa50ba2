// test_sim_lab.c -- programs that are broken on purpose, as the runner sees
// them: each failure is named, and the next run goes on.
#define _GNU_SOURCE
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/internal.h"
#include "harness/runner.h"
#include "base/thread.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static volatile bool first_was_locked; // no call before it is the last one

static void *lock_the_other_way(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&second);
    for (int i = 0; i < 3000; i++)
        sched_yield();
    pthread_mutex_lock(&first);
    pthread_mutex_unlock(&first);
    pthread_mutex_unlock(&second);
    return NULL;
}

static void deadlock(struct lab *lab)
{
    pthread_t thread;
    (void)lab;
    pthread_create(&thread, NULL, lock_the_other_way, NULL);
    pthread_setname_np(thread, "other");
    pthread_mutex_lock(&first);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    pthread_mutex_lock(&second);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
    pthread_join(thread, NULL);
}

// The tool that a program locks with, as most have one: what matters is who
// called it.
__attribute__((noinline)) static void my_lock(pthread_mutex_t *mutex)
{
    if (pthread_mutex_lock(mutex) != 0)
        abort();
}

__attribute__((noinline)) static void first_caller(void)
{
    my_lock(&first);
    first_was_locked = true;
}

__attribute__((noinline)) static void second_caller(void)
{
    my_lock(&first);
    first_was_locked = false;
}

static void relock(struct lab *lab)
{
    (void)lab;
    first_caller();
    second_caller();
}

__attribute__((noinline)) static void undertaker(pthread_mutex_t *mutex)
{
    pthread_mutex_destroy(mutex);
    first_was_locked = false;
}

__attribute__((noinline)) static void latecomer(pthread_mutex_t *mutex)
{
    my_lock(mutex);
    first_was_locked = true;
}

static void lock_the_destroyed(struct lab *lab)
{
    pthread_mutex_t mutex;
    (void)lab;
    pthread_mutex_init(&mutex, NULL);
    undertaker(&mutex);
    latecomer(&mutex);
}

static void unlock_by_stranger(struct lab *lab)
{
    pthread_mutex_unlock(&first);
    lab_check_one_leader(lab);
}

static void sleep_locked(struct lab *lab)
{
    pthread_mutex_lock(&first);
    lab_sleep_ms(lab, 10);
    pthread_mutex_unlock(&first);
}

static void *end_locked_thread(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&first);
    return NULL;
}

static void end_locked(struct lab *lab)
{
    pthread_t thread;
    (void)lab;
    pthread_create(&thread, NULL, end_locked_thread, NULL);
    pthread_join(thread, NULL);
}

static void spin(struct lab *lab)
{
    (void)lab;
    for (volatile unsigned i = 0;; i = i + 1)
        continue;
}

static void aborts(struct lab *lab)
{
    (void)lab;
    abort();
}

// The machine shall see it, not a sanitizer.
__attribute__((no_sanitize("undefined"), no_sanitize("address"))) static void
null(struct lab *lab)
{
    (void)lab;
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static int (*volatile again)(int n);

static int grow(int n)
{
    volatile char room[512];
    room[n % 512] = (char)n;
    int deeper = n < 100000 ? again(n + 1) : 0;
    return deeper + room[(n + 1) % 512];
}

static void overflow(struct lab *lab)
{
    again = grow;
    lab_note(lab, "%d", grow(1));
}

static void quits(struct lab *lab)
{
    (void)lab;
    exit(0);
}

static void good(struct lab *lab)
{
    lab_check_one_leader(lab);
}

static void answers(struct lab *lab, uint64_t n, const char *call,
                    const char *value)
{
    struct trace_operation op = {
        .client = 1, .number = n, .call = call, .key = "a", .value = value};
    bool get = strcmp(call, "get") == 0;
    op.value = get ? NULL : value;
    trace_invoke(lab->trace, &op);
    trace_return(lab->trace, &op, "ok", get ? value : NULL, 0);
}

// A service that forgets: nothing else is wrong with the run.
static void forgets(struct lab *lab)
{
    lab_check_one_leader(lab);
    answers(lab, 1, "put", "1");
    answers(lab, 2, "put", "2");
    answers(lab, 3, "get", "1");
}

// The same, and then the scenario waits in vain.
static void forgets_and_stops(struct lab *lab)
{
    forgets(lab);
    lab_fail(lab, "nothing was answered");
}

static struct lab_result run(void (*story)(struct lab *lab))
{
    struct lab_scenario scenario = {
        .name = "broken", .title = "Broken", .run = story, .n_servers = 3};
    struct lab_run run = {.scenario = &scenario, .seed = 42};
    struct lab_result result;
    lab_run_one(&run, &result);
    return result;
}

static void assert_says(const struct lab_result *result, const char *words)
{
    if (strstr(result->text, words) == NULL)
        fail_msg("\"%s\" not in: %s %s", words, result->property, result->text);
}

// AddressSanitizer takes these signals for itself; the run fails all the same.
static void assert_says_unless_sanitized(const struct lab_result *result,
                                         const char *words)
{
#ifndef __SANITIZE_ADDRESS__
    assert_says(result, words);
#else
    assert_false(result->passed);
    (void)words;
#endif
}

static void test_deadlock_names_threads_and_places(void **state)
{
    (void)state;
    struct lab_result result = run(deadlock);
    assert_false(result.passed);
    assert_non_null(strstr(result.property, "deadlock"));
    assert_says(&result, "lock_the_other_way");
    assert_says(&result, "test_sim_lab.c");
}

static void test_relock(void **state)
{
    (void)state;
    struct lab_result result = run(relock);
    assert_string_equal(result.property, "locked-twice");
    assert_says(&result, "my_lock at test_sim_lab.c");
    assert_says(&result, "second_caller at test_sim_lab.c");
    assert_says(&result, "the mutex was locked in");
    assert_says(&result, "first_caller at test_sim_lab.c");
}

static void test_a_destroyed_mutex_is_named_with_its_callers(void **state)
{
    (void)state;
    struct lab_result result = run(lock_the_destroyed);
    assert_string_equal(result.property, "thread-misuse");
    assert_says(&result, "uses a mutex that was destroyed");
    assert_says(&result, "latecomer at test_sim_lab.c");
    assert_says(&result, "the mutex was destroyed in");
    assert_says(&result, "undertaker at test_sim_lab.c");
}

static void test_unlock_by_stranger(void **state)
{
    (void)state;
    struct lab_result result = run(unlock_by_stranger);
    assert_string_equal(result.property, "unlock-without-lock");
    assert_says(&result, "unlock_by_stranger");
}

static void test_sleep_with_a_mutex(void **state)
{
    (void)state;
    struct lab_result result = run(sleep_locked);
    assert_string_equal(result.property, "blocked-with-lock");
}

static void test_end_with_a_mutex(void **state)
{
    (void)state;
    struct lab_result result = run(end_locked);
    assert_false(result.passed);
    assert_says(&result, "end_locked_thread");
}

static void test_spin_is_named(void **state)
{
    (void)state;
    struct lab_result result = run(spin);
    assert_string_equal(result.property, "thread-never-blocks");
    assert_says(&result, "spin");
}

static void test_abort_null_and_overflow(void **state)
{
    (void)state;
    struct lab_result result = run(aborts);
    assert_false(result.passed);
    assert_string_equal(result.property, "crash");
    assert_says(&result, "abort");
    result = run(null);
    assert_false(result.passed);
    assert_says_unless_sanitized(&result, "NULL");
    result = run(overflow);
    assert_false(result.passed);
    assert_says_unless_sanitized(&result, "stack overflow");
}

static void test_exit_is_no_pass(void **state)
{
    (void)state;
    struct lab_result result = run(quits);
    assert_false(result.passed);
}

static void test_the_next_run_goes_on(void **state)
{
    (void)state;
    struct lab_result result = run(good);
    assert_true(result.passed);
}

static void test_same_seed_same_hash(void **state)
{
    (void)state;
    struct lab_result one = run(good), two = run(good);
    assert_true(one.hash == two.hash);
    assert_true(one.n_events == two.n_events);
    assert_true(one.n_events > 20);
}

static void test_a_scenario_says_how_many_calls_are_too_many(void **state)
{
    (void)state;
    struct lab_scenario scenario = {
        .name = "busy", .title = "Busy", .run = good, .n_servers = 3};
    struct lab_run run = {.scenario = &scenario, .seed = 42};
    struct lab_result result;
    scenario.most_calls_s = 1;
    lab_run_one(&run, &result);
    assert_false(result.passed);
    assert_string_equal(result.property, "calls-without-end");
    assert_says(&result, "1 calls within one second");
    scenario.most_calls_s = 1000000;
    lab_run_one(&run, &result);
    assert_true(result.passed);
}

static void never(struct lab *lab)
{
    lab_not_set_up(lab, "S1 leads no more");
}

// Every draw has numbers of its own.
static void sometimes(struct lab *lab)
{
    if (lab_random(lab, 3) > 0)
        lab_not_set_up(lab, "bad luck");
}

static void sometimes_wrong(struct lab *lab)
{
    sometimes(lab);
    lab_fail(lab, "it is wrong");
}

static void test_a_schedule_that_is_never_set_up(void **state)
{
    (void)state;
    struct lab_result result = run(never);
    assert_true(result.passed);
    assert_true(result.not_set_up);
    assert_int_equal(result.n_drawn_again, 5);
    assert_string_equal(result.text, "S1 leads no more");
}

static void test_a_schedule_is_drawn_until_it_is_set_up(void **state)
{
    (void)state;
    struct lab_scenario scenario = {
        .name = "luck", .title = "Luck", .run = sometimes, .n_servers = 3};
    unsigned n_again = 0, n_never = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct lab_run luck = {.scenario = &scenario, .seed = seed};
        struct lab_result result, twice;
        lab_run_one(&luck, &result);
        lab_run_one(&luck, &twice);
        assert_true(result.passed);
        assert_int_equal(result.n_drawn_again, twice.n_drawn_again);
        assert_int_equal(result.hash, twice.hash);
        n_again += result.n_drawn_again;
        n_never += result.not_set_up;
    }
    assert_in_range(n_again, 10, 70); // of 40 that are expected
    assert_in_range(n_never, 0, 8);
}

static void test_a_failure_of_a_later_draw_is_one(void **state)
{
    (void)state;
    struct lab_scenario scenario = {.name = "wrong",
                                    .title = "Wrong",
                                    .run = sometimes_wrong,
                                    .n_servers = 3};
    unsigned n_failed = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct lab_run luck = {.scenario = &scenario, .seed = seed};
        struct lab_result result;
        lab_run_one(&luck, &result);
        assert_true(result.passed == result.not_set_up);
        n_failed += !result.passed;
    }
    assert_in_range(n_failed, 5, 10);
}

static void test_wrong_answers_fail_a_run(void **state)
{
    (void)state;
    struct lab_result result = run(forgets);
    assert_false(result.passed);
    assert_string_equal(result.property, "linearizability");
    assert_says(&result, "get a returned 1 although put a=2 had ended");
    assert_int_equal(result.n_shown, 3);
    result = run(forgets_and_stops);
    assert_string_equal(result.property, "linearizability");
    assert_says(&result, "nothing was answered.\n");
    assert_says(&result, "get a returned 1 although put a=2 had ended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_answers_fail_a_run),
        cmocka_unit_test(test_deadlock_names_threads_and_places),
        cmocka_unit_test(test_relock),
        cmocka_unit_test(test_a_destroyed_mutex_is_named_with_its_callers),
        cmocka_unit_test(test_unlock_by_stranger),
        cmocka_unit_test(test_sleep_with_a_mutex),
        cmocka_unit_test(test_end_with_a_mutex),
        cmocka_unit_test(test_spin_is_named),
        cmocka_unit_test(test_abort_null_and_overflow),
        cmocka_unit_test(test_exit_is_no_pass),
        cmocka_unit_test(test_the_next_run_goes_on),
        cmocka_unit_test(test_same_seed_same_hash),
        cmocka_unit_test(test_a_scenario_says_how_many_calls_are_too_many),
        cmocka_unit_test(test_a_schedule_that_is_never_set_up),
        cmocka_unit_test(test_a_schedule_is_drawn_until_it_is_set_up),
        cmocka_unit_test(test_a_failure_of_a_later_draw_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
