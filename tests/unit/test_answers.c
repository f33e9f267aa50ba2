// test_answers.c -- answers to clients, as the judge of a whole trace tells it.
#include "test.h"

#include <string.h>

#include "check/check.h"

enum { SERVERS = 3 };

// A client's operation that nobody else interrupts, from event n on.
static void judged(struct check *check, uint64_t n, const char *call,
                   const char *value)
{
    bool get = strcmp(call, "get") == 0;
    struct trace_event event = {.n = n,
                                .us = 1000 * n,
                                .node = TRACE_NONE,
                                .kind = TRACE_INVOKE,
                                .client = 1,
                                .operation = n,
                                .what = call,
                                .key = "a",
                                .text = get ? NULL : value};
    assert_true(check_step(check, &event));
    event.n++;
    event.us += 1000;
    event.kind = TRACE_RETURN;
    event.result = "ok";
    event.text = get ? value : NULL;
    assert_true(check_step(check, &event));
}

static const char *why_not(struct check *check)
{
    struct check_area area[CHECK_AREAS + SERVERS];
    size_t n = check_areas(check, area, CHECK_AREAS + SERVERS);
    for (size_t i = 0; i < n; i++)
        if (strcmp(area[i].name, "answers to clients") == 0)
            return area[i].because;
    return "no such area";
}

static void test_the_judge_has_the_last_word(void **state)
{
    (void)state;
    struct check *check = check_make(SERVERS);
    assert_null(check_clients(check, 0));
    assert_string_equal(why_not(check), "no such area");
    judged(check, 1, "put", "1");
    judged(check, 3, "put", "2");
    assert_null(check_clients(check, 0));
    judged(check, 5, "get", "1");
    const struct check_finding *finding = check_clients(check, 0);
    assert_non_null(finding);
    assert_ptr_equal(finding, check_finding(check));
    assert_string_equal(finding->property, "linearizability");
    assert_string_equal(finding->tag, "");
    assert_int_equal(finding->events[0], 6);
    assert_int_equal(finding->n_events, 3);
    assert_int_equal(finding->found_n, 6);
    assert_null(why_not(check));
    check_free(check);
}

// A search that gives up is a finding of its own.
static void test_undecided_is_told(void **state)
{
    (void)state;
    struct check *check = check_make(SERVERS);
    judged(check, 1, "put", "1");
    judged(check, 3, "get", "1");
    const struct check_finding *finding = check_clients(check, 1);
    assert_non_null(finding);
    assert_string_equal(finding->property, "not-decided");
    assert_string_equal(finding->text,
                        "The operations on key a are too many at once: not"
                        " decided within 2 configurations.");
    check_free(check);
}

static void test_what_is_missing_may_explain(void **state)
{
    (void)state;
    struct check *torn = check_make(SERVERS), *late = check_make(SERVERS);
    judged(torn, 1, "put", "1");
    judged(torn, 9, "get", "7");
    assert_null(check_clients(torn, 0));
    assert_string_equal(why_not(torn), "numbers are missing amid the trace");
    check_free(torn);
    judged(late, 5, "get", "7");
    assert_null(check_clients(late, 0));
    assert_string_equal(why_not(late), "the trace does not begin with event 1");
    check_free(late);
    // Who names what was left out answers for the rest.
    struct check *named = check_make(SERVERS);
    check_without(named, TRACE_BOOT);
    judged(named, 5, "get", "7");
    assert_non_null(check_clients(named, 0));
    check_free(named);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_judge_has_the_last_word),
        cmocka_unit_test(test_undecided_is_told),
        cmocka_unit_test(test_what_is_missing_may_explain),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL) != 0;
}
