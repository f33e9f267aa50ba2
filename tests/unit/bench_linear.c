// bench_linear.c -- what judging the answers to clients costs.
//
// On recorded histories, where there are some (a folder with verdicts.tsv, in
// GLASSRAFT_HISTORIES), else on as many that are made here: clients who get,
// set and compare one register, and clients who append to keys of a store, in
// every second of which one answer is wrong.
#define _GNU_SOURCE
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/die.h"
#include "check/history_file.h"
#include "check/linear.h"

enum { N_HISTORIES = 72, MOST = 4000, MOST_CLIENTS = 50, VALUE = 4096 };

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void judge(const struct linear_operation *op, size_t n,
                  struct bench_linear *sum)
{
    struct linear_verdict verdict;
    double begin = cpu_ms();
    linear_check(op, n, 0, &verdict);
    double judged = cpu_ms();
    linear_explain(op, n, &verdict);
    double told = cpu_ms();
    linear_clear(&verdict);
    sum->n++;
    sum->total_ms += judged - begin;
    sum->told_ms += told - begin;
    if (judged - begin > sum->worst_ms)
        sum->worst_ms = judged - begin;
}

// ------------------------------------------------------------------- recorded

static bool recorded(struct bench_linear *sum)
{
    const char *folder = getenv("GLASSRAFT_HISTORIES");
    char path[400], line[300], name[100], error[300];
    snprintf(path, sizeof path, "%.200s/verdicts.tsv",
             folder != NULL ? folder : "");
    FILE *list = folder != NULL ? fopen(path, "r") : NULL;
    if (list == NULL)
        return false;
    while (fgets(line, sizeof line, list) != NULL) {
        struct history history;
        if (sscanf(line, "%99s", name) != 1)
            continue;
        snprintf(path, sizeof path, "%.200s/%s", folder, name);
        // The first line is the table's head.
        if (history_read(path, &history, error, sizeof error) &&
            history.n_ops > 0)
            judge(history.op, history.n_ops, sum);
        history_clear(&history);
    }
    fclose(list);
    return sum->n > 0;
}

// ----------------------------------------------------------------------- made

static uint64_t state;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

// Values live as long as the program.
static const char *text_of(const char *format, unsigned a, unsigned b)
{
    char text[40];
    snprintf(text, sizeof text, format, a, b);
    return must_copy(text, strlen(text) + 1);
}

static struct linear_operation next(unsigned client, unsigned number,
                                    bool store)
{
    static const char *const keys[] = {"a", "b", "c", "d"};
    unsigned kind = draw(store ? 2 : 3);
    struct linear_operation op = {.client = client, .key = "r"};
    if (store) {
        op.key = keys[draw(4)];
        op.kind = kind == 0 ? LINEAR_GET : LINEAR_APPEND;
        op.value = kind == 0 ? NULL : text_of("%u.%u ", client, number);
    } else {
        op.kind = kind == 0 ? LINEAR_GET : kind == 1 ? LINEAR_PUT : LINEAR_CAS;
        op.value = kind == 0 ? NULL : text_of("%u", draw(5), 0);
        op.expected = kind == 2 ? text_of("%u", draw(5), 0) : NULL;
    }
    return op;
}

// The operation happens now.
static void happen(struct linear_operation *op, char value[VALUE], bool wrong)
{
    op->outcome = LINEAR_DONE;
    if (op->kind == LINEAR_GET)
        op->value = wrong ? "wrong" : must_copy(value, strlen(value) + 1);
    else if (op->kind == LINEAR_CAS && strcmp(value, op->expected) != 0)
        op->outcome = LINEAR_REFUSED;
    else
        snprintf(value + (op->kind == LINEAR_APPEND ? strlen(value) : 0), 40,
                 "%s", op->value);
}

static size_t make(struct linear_operation *op, size_t n, unsigned n_clients,
                   bool store, bool wrong)
{
    static char value[128][VALUE];
    size_t running[MOST_CLIENTS], n_begun = 0, n_done = 0, wrong_at = n / 2;
    bool happened[MOST_CLIENTS] = {false};
    memset(value, 0, sizeof value);
    for (unsigned i = 0; i < n_clients; i++)
        running[i] = n;
    for (uint64_t now = 1; n_done < n; now++) {
        unsigned client = draw(n_clients);
        size_t i = running[client];
        if (i == n && n_begun < n) {
            op[n_begun] = next(client, (unsigned)n_begun, store);
            op[n_begun].called = now;
            running[client] = n_begun++;
            happened[client] = false;
        } else if (i < n && !happened[client]) {
            bool here = wrong && i >= wrong_at && op[i].kind == LINEAR_GET;
            happen(&op[i], value[(unsigned char)op[i].key[0] % 128], here);
            wrong &= !here;
            happened[client] = true;
        } else if (i < n) {
            op[i].returned = now;
            if (draw(20) == 0)
                op[i].outcome = LINEAR_OPEN;
            running[client] = n;
            n_done++;
        }
    }
    return n;
}

static void made(struct bench_linear *sum, int n)
{
    static struct linear_operation op[MOST];
    for (int i = 0; i < n; i++) {
        bool store = i % 8 == 7;
        state = (uint64_t)i * 0x9e3779b97f4a7c15u + 1;
        size_t size =
            make(op, store ? 1200 : 170, store ? 30 : 5, store, i % 2 == 0);
        judge(op, size, sum);
    }
}

struct bench_linear bench_linear(const struct bench_size *size)
{
    struct bench_linear sum = {.n = 0};
    if (!recorded(&sum))
        made(&sum, size == &bench_quick ? 2 : N_HISTORIES);
    return sum;
}
