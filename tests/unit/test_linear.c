// test_linear.c -- the judge of histories: against all orders of small ones,
// by hand-made ones, and on recorded ones where they are at hand.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/history_file.h"
#include "check/linear.h"
#include "base/die.h"

// ------------------------------------------------- all orders, one by one

// Is there an order of the operations not yet in `used` that explains all
// answers, beginning with this value? Slow, and short enough to be believed.
static bool some_order(const struct linear_operation *op, size_t n,
                       unsigned used, const char *value)
{
    bool all = true;
    uint64_t first_return = UINT64_MAX;
    for (size_t i = 0; i < n; i++)
        if (!(used >> i & 1) && op[i].outcome != LINEAR_OPEN) {
            all = false;
            if (op[i].returned < first_return)
                first_return = op[i].returned;
        }
    if (all)
        return true;
    for (size_t i = 0; i < n; i++) {
        // Whatever returned before it was called comes before it.
        if (used >> i & 1 || op[i].called > first_return)
            continue;
        const struct linear_operation *o = &op[i];
        const char *wanted = o->value != NULL ? o->value : "";
        const char *expected = o->expected != NULL ? o->expected : "";
        bool met = strcmp(value, expected) == 0;
        char next[64];
        snprintf(next, sizeof next, "%s", value);
        if (o->kind == LINEAR_PUT || (o->kind == LINEAR_CAS && met))
            snprintf(next, sizeof next, "%s", wanted);
        if (o->kind == LINEAR_APPEND)
            snprintf(next, sizeof next, "%s%s", value, wanted);
        bool right =
            o->outcome == LINEAR_OPEN ||
            (o->kind == LINEAR_GET   ? strcmp(value, wanted) == 0
             : o->kind == LINEAR_CAS ? met == (o->outcome == LINEAR_DONE)
                                     : true);
        if (right && some_order(op, n, used | 1u << i, next))
            return true;
    }
    return false;
}

// ------------------------------------------------------ random histories

static uint64_t state;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

enum { CLIENTS = 4, MOST = 8 };
static const char *const VALUES[] = {"1", "2", "3", "12"};

// A machine that is sometimes wrong answers clients who call at random.
static size_t random_history(struct linear_operation *op)
{
    static char answer[MOST][64];
    char value[64] = "";
    size_t n = 0, running[CLIENTS], done[CLIENTS] = {0};
    for (size_t i = 0; i < CLIENTS; i++)
        running[i] = MOST;
    unsigned kinds = 1 + draw(7), wrong = draw(4);
    size_t most = 3 + draw(MOST - 2);
    for (uint64_t now = 1; now < 200; now++) {
        unsigned client = draw(CLIENTS);
        size_t i = running[client];
        if (i == MOST && n < most) {
            unsigned k = draw(4);
            enum linear_kind kind = k == 0 || kinds >> (k - 1) & 1
                                        ? (enum linear_kind)k
                                        : LINEAR_PUT;
            op[n] = (struct linear_operation){.client = client,
                                              .kind = kind,
                                              .key = "k",
                                              .value = VALUES[draw(4)],
                                              .called = now};
            if (kind == LINEAR_CAS)
                op[n].expected = VALUES[draw(4)];
            done[client] = 0;
            running[client] = n++;
        } else if (i != MOST && !done[client]) {
            struct linear_operation *o = &op[i];
            done[client] = 1;
            o->outcome = LINEAR_DONE;
            if (o->kind == LINEAR_GET) {
                snprintf(answer[i], sizeof answer[i], "%s", value);
                o->value = wrong && draw(2) == 0 ? VALUES[draw(4)] : answer[i];
            } else if (o->kind == LINEAR_CAS) {
                if (strcmp(value, o->expected) != 0)
                    o->outcome = LINEAR_REFUSED;
                else
                    strcpy(value, o->value);
            } else if (!wrong || draw(4) > 0) {
                if (o->kind == LINEAR_PUT)
                    value[0] = '\0';
                if (strlen(value) < 30)
                    strcat(value, o->value);
            }
        } else if (i != MOST && draw(3) > 0) {
            running[client] = MOST;
            op[i].returned = now;
            if (draw(6) == 0)
                op[i].outcome = LINEAR_OPEN;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (op[i].returned == 0)
            op[i].outcome = LINEAR_OPEN;
    return n;
}

// The order that is found is one: of a legal history, and only of one.
static void check_order(const struct linear_operation *op, size_t n, bool legal)
{
    size_t place[MOST], at[MOST + 1], n_placed = 0;
    char value[200] = "";
    assert_int_equal(linear_order(op, n, NULL, 0, place), legal);
    for (size_t i = 0; i < n; i++) {
        assert_true(!legal || place[i] > 0 || op[i].outcome == LINEAR_OPEN);
        n_placed += place[i] > 0;
        at[place[i]] = i;
    }
    for (size_t k = 1; k <= n_placed; k++) {
        const struct linear_operation *o = &op[at[k]];
        for (size_t later = k + 1; later <= n_placed; later++)
            assert_true(op[at[later]].outcome == LINEAR_OPEN ||
                        op[at[later]].returned > o->called);
        bool same = strcmp(value, o->kind == LINEAR_GET ? o->value
                                  : o->expected         ? o->expected
                                                        : "") == 0;
        if (o->outcome != LINEAR_OPEN && o->kind == LINEAR_GET)
            assert_true(same);
        if (o->outcome != LINEAR_OPEN && o->kind == LINEAR_CAS)
            assert_int_equal(same, o->outcome == LINEAR_DONE);
        if (o->kind == LINEAR_PUT || (o->kind == LINEAR_CAS && same))
            value[0] = '\0';
        if (o->kind != LINEAR_GET && (o->kind != LINEAR_CAS || same))
            strcat(value, o->value);
    }
}

static void test_agrees_with_all_orders(void **unused)
{
    (void)unused;
    unsigned n_legal = 0, n_illegal = 0;
    for (unsigned seed = 1; seed <= 20000; seed++) {
        state = seed * 0x9e3779b97f4a7c15u;
        struct linear_operation op[MOST];
        size_t n = random_history(op);
        bool legal = some_order(op, n, 0, "");
        struct linear_verdict verdict;
        enum linear_result result = linear_check(op, n, 0, &verdict);
        if (result != (legal ? LINEAR_LEGAL : LINEAR_ILLEGAL)) {
            for (size_t i = 0; i < n; i++) {
                char text[80];
                printf("%u: %2llu..%2llu %d %s\n", seed,
                       (unsigned long long)op[i].called,
                       (unsigned long long)op[i].returned, op[i].outcome,
                       linear_words(&op[i], text, sizeof text));
            }
            fail_msg("seed %u: all orders say %s", seed,
                     legal ? "legal" : "illegal");
        }
        n_legal += legal;
        n_illegal += !legal;
        check_order(op, n, legal);
        // What is shown is illegal alone, whatever the others did.
        if (!legal) {
            linear_explain(op, n, &verdict);
            struct linear_operation alone[MOST];
            bool shown[MOST] = {false};
            for (size_t i = 0; i < verdict.n_shown; i++)
                shown[verdict.shown[i]] = true;
            for (size_t i = 0; i < n; i++) {
                alone[i] = op[i];
                if (!shown[i]) {
                    if (op[i].outcome == LINEAR_REFUSED)
                        alone[i].kind = LINEAR_GET; // it wrote nothing
                    alone[i].outcome = LINEAR_OPEN;
                }
            }
            assert_true(verdict.n_shown > 0);
            assert_false(some_order(alone, n, 0, ""));
        }
        linear_clear(&verdict);
    }
    // Both kinds, or the test says nothing.
    assert_true(n_legal > 4000);
    assert_true(n_illegal > 4000);
}

// ------------------------------------------------------ histories by hand

// "1 put k 7 10 20": client, kind, key, value, call and return; "-" stands for
// the empty value, a return of 0 for none. A compare-and-set has "old>new",
// "old!new" when it was refused.
static struct history from_lines(const char *const *line, size_t n)
{
    struct history history = {must_calloc(n, sizeof *history.op), n, {0}};
    for (size_t i = 0; i < n; i++) {
        struct linear_operation *op = &history.op[i];
        char kind[8], key[8], value[40];
        unsigned long called, returned;
        assert_int_equal(sscanf(line[i], "%lu %7s %7s %39s %lu %lu",
                                &op->client, kind, key, value, &called,
                                &returned),
                         6);
        op->kind = kind[0] == 'g'   ? LINEAR_GET
                   : kind[0] == 'p' ? LINEAR_PUT
                   : kind[0] == 'a' ? LINEAR_APPEND
                                    : LINEAR_CAS;
        op->outcome = returned > 0 ? LINEAR_DONE : LINEAR_OPEN;
        char *middle = strpbrk(value, ">!");
        if (middle != NULL) {
            if (*middle == '!')
                op->outcome = LINEAR_REFUSED;
            *middle = '\0';
            op->expected = arena_text(&history.arena, value);
        }
        const char *written = middle != NULL ? middle + 1 : value;
        op->key = arena_text(&history.arena, key);
        op->value = strcmp(written, "-") == 0
                        ? NULL
                        : arena_text(&history.arena, written);
        op->called = op->called_us = called;
        op->returned = op->returned_us = returned;
    }
    return history;
}

static void judge(const char *const *line, size_t n, enum linear_result result,
                  size_t n_shown, const char *text)
{
    struct history history = from_lines(line, n);
    struct linear_verdict verdict;
    assert_int_equal(linear_check(history.op, n, 0, &verdict), result);
    linear_explain(history.op, n, &verdict);
    assert_string_equal(verdict.text, text);
    assert_int_equal(verdict.n_shown, n_shown);
    linear_clear(&verdict);
    history_clear(&history);
}
#define JUDGE(result, n_shown, text, ...)                                      \
    judge((const char *const[]){__VA_ARGS__},                                  \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), result, \
          n_shown, text)

static void test_a_stale_read_names_the_newer_put(void **unused)
{
    (void)unused;
    JUDGE(LINEAR_ILLEGAL, 3,
          "get a returned 1 although put a=2 had ended 3.000 ms before it"
          " began.",
          "1 put a 1 1000 2000", "1 put a 2 3000 4000", "2 get a 1 7000 8000",
          "3 put b 9 1500 2500", "3 get b 9 5000 6000");
    // At the same time both answers are right.
    JUDGE(LINEAR_LEGAL, 0, "", "1 put a 1 1000 2000", "1 put a 2 3000 7500",
          "2 get a 1 7000 8000");
}

static void test_a_value_comes_from_somebody(void **unused)
{
    (void)unused;
    JUDGE(LINEAR_ILLEGAL, 1, "get a returned 5, a value that nobody wrote.",
          "1 put a 1 1 2", "2 get a 5 3 4");
    JUDGE(LINEAR_ILLEGAL, 1,
          "get a returned 5 before anybody had asked to write this value.",
          "1 get a 5 1 2", "2 put a 5 3 4");
    // What was never answered may have happened.
    JUDGE(LINEAR_LEGAL, 0, "", "1 put a 5 1 0", "2 get a 5 3 4",
          "2 get a 5 5 6");
}

static void test_an_open_put_happens_once(void **unused)
{
    (void)unused;
    JUDGE(LINEAR_ILLEGAL, 3,
          "No order of these 3 operations on key a explains what they"
          " returned.",
          "1 put a 5 1 0", "2 get a 5 3 4", "2 put a 6 5 6", "2 get a 6 7 8",
          "2 get a 5 9 10");
    JUDGE(LINEAR_LEGAL, 0, "", "1 put a 5 1 0", "2 put a 6 5 6",
          "2 get a 6 7 8", "2 get a 5 9 10", "2 get a 5 11 12");
}

static void test_an_append_is_done_once_and_not_lost(void **unused)
{
    (void)unused;
    JUDGE(LINEAR_ILLEGAL, 2,
          "get a returned xyx: x stands in it 2 times and was appended once.",
          "1 append a x 1 5", "2 append a y 2 4", "2 get a xyx 6 7");
    JUDGE(LINEAR_ILLEGAL, 2,
          "get a returned y, without x, although append x to a had ended"
          " 0.001 ms before it began.",
          "1 append a x 1 5", "2 append a y 2 4", "2 get a y 6 7");
    JUDGE(LINEAR_LEGAL, 0, "", "1 append a x 1 5", "2 append a y 2 4",
          "2 get a yx 6 7");
}

static void test_compare_and_set_tells_what_was_there(void **unused)
{
    (void)unused;
    JUDGE(LINEAR_LEGAL, 0, "", "1 put a 1 1 2", "1 cas a 1>2 3 4",
          "2 cas a 1!3 5 6", "2 get a 2 7 8");
    JUDGE(LINEAR_ILLEGAL, 2,
          "No order of these 2 operations on key a explains what they"
          " returned.",
          "1 put a 1 1 2", "1 cas a 1>2 3 4", "2 cas a 1>3 5 6");
}

// ------------------------------------------------------------------- files

static bool read_text(const char *text, struct history *history, char *error)
{
    char path[] = "/tmp/glassraft-history-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    bool good = history_read(path, history, error, 300);
    const char *rest = good ? "" : strstr(error, path) + strlen(path);
    memmove(error, rest, strlen(rest) + 1);
    unlink(path);
    return good;
}

static void test_bad_files_are_named_by_line(void **unused)
{
    (void)unused;
    static const char *const BAD[][2] = {
        {"INFO  jepsen.util - 3 :invoke :read nil\nnonsense\n",
         ":2: expected an event"},
        {"INFO  jepsen.util - 3 :ok :read 4\n", ":1: this process has no call"},
        {"INFO  jepsen.util - 3 :invoke :read nil\n"
         "INFO  jepsen.util - 3 :invoke :read nil\n",
         ":2: this process has a call"},
        {"INFO  jepsen.util - 3 :invoke :cas 4\n", ":1: a :cas needs"},
        {"{:process 1, :type :invoke, :f :del, :key \"k\", :value nil}\n",
         ":1: an operation is"},
        {"{:process 1, :type :invoke, :f :get, :value nil}\n",
         ":1: expected an event"},
        {"{:process 99999999, :type :invoke, :f :get, :key \"k\"}\n",
         ":1: expected an event"},
        {"{:process\n", ":1: expected an event"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct history history;
        char error[300] = "";
        assert_false(read_text(BAD[i][0], &history, error));
        history_clear(&history);
        if (strncmp(error, BAD[i][1], strlen(BAD[i][1])) != 0)
            fail_msg("%s: %s", BAD[i][1], error);
    }
}

static void test_both_forms_are_read(void **unused)
{
    (void)unused;
    struct history history;
    char error[300] = "", text[200];
    assert_true(read_text(
        "{:process 0, :type :invoke, :f :append, :key \"k\", :value \"a b\"}\n"
        "{:process 1, :type :invoke, :f :get, :key \"k\", :value nil}\n"
        "{:process 1, :type :ok, :f :get, :key \"k\", :value \"a b\"}\n"
        "{:process 0, :type :ok, :f :append, :key \"k\", :value \"a b\"}\n",
        &history, error));
    assert_int_equal(history.n_ops, 2);
    assert_string_equal(linear_words(&history.op[1], text, sizeof text),
                        "get k returned a b");
    assert_int_equal(history.op[0].returned, 4);
    history_clear(&history);
    assert_true(read_text("INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n"
                          "INFO  jepsen.util - 1\t:invoke\t:write\t4\n"
                          "INFO  jepsen.util - 2\t:invoke\t:read\tnil\n"
                          "INFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n"
                          "INFO  jepsen.util - 1\t:info\t:write\t:timed-out\n"
                          "INFO  jepsen.util - 2\t:ok\t:read\tnil\n",
                          &history, error));
    assert_int_equal(history.n_ops, 3);
    assert_string_equal(linear_words(&history.op[0], text, sizeof text),
                        "compare-and-set register from 1 to 2 was refused");
    assert_string_equal(linear_words(&history.op[1], text, sizeof text),
                        "put register=4 (no answer)");
    assert_string_equal(linear_words(&history.op[2], text, sizeof text),
                        "get register returned nothing");
    history_clear(&history);
}

// Recorded histories with known verdicts, in a folder that is not part of the
// project: verdicts.tsv names file, operations, clients, linearizable.
static void test_recorded_histories(void **unused)
{
    (void)unused;
    const char *folder = getenv("GLASSRAFT_HISTORIES");
    if (folder == NULL)
        folder = "../shared/histories";
    char path[300], line[300], error[300];
    snprintf(path, sizeof path, "%s/verdicts.tsv", folder);
    FILE *list = fopen(path, "r");
    if (list == NULL) {
        print_message("skipped: no recorded histories in %s\n", folder);
        return;
    }
    assert_non_null(fgets(line, sizeof line, list));
    size_t n = 0;
    while (fgets(line, sizeof line, list) != NULL) {
        char name[100], legal[10];
        assert_int_equal(sscanf(line, "%99s %*s %*s %9s", name, legal), 2);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        struct history history;
        if (!history_read(path, &history, error, sizeof error))
            fail_msg("%s", error);
        struct linear_verdict verdict;
        linear_check(history.op, history.n_ops, 0, &verdict);
        if (verdict.result !=
            (strcmp(legal, "true") == 0 ? LINEAR_LEGAL : LINEAR_ILLEGAL))
            fail_msg("%s: linearizable is %s", name, legal);
        history_clear(&history);
        n++;
    }
    fclose(list);
    assert_true(n > 0);
}

// Many at once: the search ends by its budget, and does not call it legal.
static void test_a_budget_is_no_verdict(void **unused)
{
    (void)unused;
    enum { N = 14 };
    struct linear_operation op[N + 1];
    char value[N][4];
    for (size_t i = 0; i < N; i++) {
        snprintf(value[i], sizeof value[i], "%zu,", i);
        op[i] = (struct linear_operation){.client = i,
                                          .kind = LINEAR_CAS,
                                          .outcome = LINEAR_OPEN,
                                          .key = "k",
                                          .expected = i > 0 ? value[i - 1] : "",
                                          .value = value[i],
                                          .called = i + 1};
    }
    op[N] = (struct linear_operation){.client = N,
                                      .kind = LINEAR_GET,
                                      .outcome = LINEAR_DONE,
                                      .key = "k",
                                      .value = value[N - 1],
                                      .called = 100,
                                      .returned = 101};
    struct linear_verdict verdict;
    assert_int_equal(linear_check(op, N + 1, 5, &verdict), LINEAR_UNDECIDED);
    linear_explain(op, N + 1, &verdict);
    assert_string_equal(verdict.text, "The operations on key k are too many at"
                                      " once: not decided within 6"
                                      " configurations.");
    assert_int_equal(linear_check(op, N + 1, 0, &verdict), LINEAR_LEGAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_all_orders),
        cmocka_unit_test(test_a_stale_read_names_the_newer_put),
        cmocka_unit_test(test_a_value_comes_from_somebody),
        cmocka_unit_test(test_an_open_put_happens_once),
        cmocka_unit_test(test_an_append_is_done_once_and_not_lost),
        cmocka_unit_test(test_compare_and_set_tells_what_was_there),
        cmocka_unit_test(test_bad_files_are_named_by_line),
        cmocka_unit_test(test_both_forms_are_read),
        cmocka_unit_test(test_recorded_histories),
        cmocka_unit_test(test_a_budget_is_no_verdict),
    };
    return cmocka_run_group_tests_name("linear", tests, NULL, NULL) != 0;
}
