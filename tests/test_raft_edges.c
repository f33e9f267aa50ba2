// test_raft_edges.c -- what a service may do wrong, and life after death.
#include "test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raft_fixture.h"

#ifdef GLASSRAFT_COVERAGE
void __gcov_dump(void);
#else
static void __gcov_dump(void)
{
}
#endif

enum { DIED = 7 };

static void on_abort(int signal)
{
    (void)signal;
    __gcov_dump();
    _exit(DIED);
}

// Runs body in a child; its words on stderr must contain `words`.
static void assert_dies(void (*body)(void), const char *words)
{
    int ends[2], status = 0;
    char said[400] = "";
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, on_abort);
        dup2(ends[1], 2);
        body();
        _exit(0);
    }
    close(ends[1]);
    size_t n = 0;
    for (ssize_t got; (got = read(ends[0], said + n, sizeof said - 1 - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), DIED);
    if (strstr(said, words) == NULL)
        fail_msg("\"%s\" not in: %s", words, said);
}

static void boot_from_garbage(void)
{
    struct fixture f = {0};
    f.config.saved.state = "\xff\xff\xff";
    f.config.saved.n_state = 3;
    fixture_make(&f, 3, 0);
}

static void snapshot_too_far(void)
{
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    raft_snapshot(f.rf, 1, "s", 1);
}

static void test_saved_state_that_is_none_is_named(void **unused)
{
    (void)unused;
    assert_dies(boot_from_garbage, "the saved state cannot be decoded");
}

static void test_a_snapshot_of_what_was_not_applied_is_named(void **unused)
{
    (void)unused;
    assert_dies(snapshot_too_far, "index 1 is not applied yet");
}

static void test_the_dead_lead_take_and_save_nothing(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    raft_index index;
    raft_term term;
    bool leads;
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    fixture_leader(&f);
    raft_get_state(f.rf, &term, &leads);
    assert_true(leads);
    lock(f.rf);
    f.rf->commit_index = f.rf->last_applied = 2;
    unlock(f.rf);
    raft_kill(f.rf);
    int n_saves = f.n_saves;
    raft_get_state(f.rf, &term, &leads);
    assert_false(leads);
    assert_false(raft_start(f.rf, "x", 1, &index, &term));
    raft_snapshot(f.rf, 2, "s", 1);
    assert_int_equal(f.rf->log.last_included_index, 0);
    assert_int_equal(f.n_saves, n_saves);
    fixture_free(&f);
}

static void test_only_a_leader_sends_its_snapshot(void **unused)
{
    (void)unused;
    struct fixture f = {0};
    fixture_make(&f, 3, 0);
    fixture_log(&f, (const raft_term[]){1, 1, 0}, 1);
    assert_false(send_snapshot(f.rf, 1, 1));
    fixture_leader(&f);
    assert_false(send_snapshot(f.rf, 1, f.rf->current_term)); // has none
    assert_false(send_snapshot(f.rf, 1, 1));                  // an old term
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saved_state_that_is_none_is_named),
        cmocka_unit_test(test_a_snapshot_of_what_was_not_applied_is_named),
        cmocka_unit_test(test_the_dead_lead_take_and_save_nothing),
        cmocka_unit_test(test_only_a_leader_sends_its_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
