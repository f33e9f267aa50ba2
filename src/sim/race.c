// race.c -- what ThreadSanitizer reports, by thread and by function.
//
// It is in the middle of its work when it tells us: then the two accesses are
// only noted, and the report is made at the next scheduling point.
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

int __tsan_get_report_data(void *report, const char **description, int *count,
                           int *n_stacks, int *n_mops, int *n_locs,
                           int *n_mutexes, int *n_threads, int *n_tids,
                           void **sleep_trace, unsigned long room) WEAK;
int __tsan_get_report_mop(void *report, unsigned long i, int *tid,
                          void **address, int *size, int *write, int *atomic,
                          void **trace, unsigned long room) WEAK;
int __tsan_get_report_stack(void *report, unsigned long i, void **trace,
                            unsigned long room) WEAK;
int __tsan_get_report_thread(void *report, unsigned long i, int *tid,
                             int *os_id, int *running, const char **name,
                             int *parent, void **trace,
                             unsigned long room) WEAK;
void __tsan_on_report(void *report);

enum { DEPTH = 24, MOST_STACKS = 4, NAME = 40 };

// An access, or a stack that has to do with the report.
struct access {
    char who[NAME];
    int size, write;
    void *pc[DEPTH];
};

static struct {
    unsigned n_reports;
    // Of the first report.
    char kind[60], who[NAME];
    bool locked; // the thread that races now has locked a mutex
    const void *address;
    struct access access[MOST_STACKS];
    int n_accesses, n_stacks;
} race;

unsigned sim_n_races(void)
{
    return race.n_reports;
}

static char *put_text(char *out, const char *end, const char *text)
{
    while (*text != '\0' && out < end - 1)
        *out++ = *text++;
    *out = '\0';
    return out;
}

// No library calls in here, until the next function without this remark:
// ThreadSanitizer is in the middle of a report.
static void note_name(void *report, int n_threads, int tid, char name[NAME])
{
    put_text(name, name + NAME, "a thread");
    for (int i = 0; i < n_threads; i++) {
        int id = -1, os_id, running, parent;
        const char *known = NULL;
        void *trace[1] = {NULL};
        if (__tsan_get_report_thread(report, (unsigned long)i, &id, &os_id,
                                     &running, &known, &parent, trace, 1) &&
            id == tid && known != NULL && known[0] != '\0')
            put_text(name, name + NAME, known);
    }
}

// Variables of which each server has a copy lie in one place for all of them:
// what threads of two servers do there is no race.
static bool is_of_two_servers(void)
{
    const char *a = race.access[0].who, *b = race.access[1].who;
    int i = 1;
    if (race.n_accesses != 2 || a[0] != 'S' || b[0] != 'S' ||
        !sim_space_has(race.address))
        return false;
    while (a[i] == b[i] && a[i] >= '0' && a[i] <= '9')
        i++;
    return (a[i] >= '0' && a[i] <= '9') || (b[i] >= '0' && b[i] <= '9');
}

static void note(void *report)
{
    const char *kind = "";
    int count, n_stacks = 0, n_mops = 0, locs, mutexes, n_threads = 0, tids;
    void *sleep_trace[1] = {NULL};
    if (__tsan_get_report_data == NULL)
        return;
    __tsan_get_report_data(report, &kind, &count, &n_stacks, &n_mops, &locs,
                           &mutexes, &n_threads, &tids, sleep_trace, 1);
    put_text(race.kind, race.kind + sizeof race.kind, kind);
    race.locked = sim.active && sim.now->held != NULL;
    for (int i = 0; i < n_mops && i < MOST_STACKS; i++) {
        struct access *to = &race.access[race.n_accesses++];
        int tid, atomic;
        void *address;
        __tsan_get_report_mop(report, (unsigned long)i, &tid, &address,
                              &to->size, &to->write, &atomic, to->pc, DEPTH);
        race.address = address;
        note_name(report, n_threads, tid, to->who);
    }
    for (int i = 0; i < n_stacks && race.n_accesses + i < MOST_STACKS; i++) {
        struct access *to = &race.access[race.n_accesses + race.n_stacks++];
        __tsan_get_report_stack(report, (unsigned long)i, to->pc, DEPTH);
    }
}

static char *put_number(char *out, const char *end, uint64_t number)
{
    char digits[20];
    int n = 0;
    do
        digits[n++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (n > 0 && out < end)
        *out++ = digits[--n];
    return out;
}

static void say_replay(void)
{
    char line[512] = "";
    const char *end = line + sizeof line - 1;
    char *out = put_text(line, end, "glassraft: the report above is from ");
    out = put_text(out, end, sim_name(sim.now));
    out = put_text(out, end, " at virtual time ");
    out = put_number(out, end, sim.now_ns / 1000);
    out = put_text(out, end, " us");
    if (sim.config->replay != NULL) {
        out = put_text(out, end, "; replay: ");
        out = put_text(out, end, sim.config->replay);
    }
    *out++ = '\n';
    ssize_t written = write(2, line, (size_t)(out - line));
    (void)written;
}

void __tsan_on_report(void *report)
{
    if (race.n_reports++ == 0)
        note(report);
    if (race.n_reports == 1 && is_of_two_servers()) {
        race.n_reports = 0;
        race.n_accesses = race.n_stacks = 0;
        return;
    }
    if (!sim.active)
        return;
    if (sim.config->races_go_on)
        say_replay();
    else
        sim.raced = true;
}

// Library calls are allowed again.
static size_t put_stack(char *text, size_t room, const struct access *access)
{
    int n = 0;
    while (n < DEPTH && access->pc[n] != NULL)
        n++;
    return sim_put_stack(text, room, access->pc, n, true);
}

// Who did what where, in two parts: the access that raced, and the one before.
static size_t put_accesses(char *text, size_t room)
{
    size_t n = 0;
    for (int i = 0; i < race.n_accesses && n + 300 < room; i++) {
        const struct access *one = &race.access[i];
        n += (size_t)snprintf(
            text + n, room - n, "\n  %s %s%s %d byte%s%s in", one->who,
            i > 0 ? "before that " : "", one->write ? "wrote" : "read",
            one->size, one->size == 1 ? "" : "s",
            i == 0 && race.locked ? ", with a mutex locked," : "");
        n += put_stack(text + n, room - n, one);
    }
    for (int i = 0; i < race.n_stacks && n + 300 < room; i++) {
        n += (size_t)snprintf(text + n, room - n, "\n  %s",
                              i > 0 ? "and in" : "in");
        n += put_stack(text + n, room - n, &race.access[race.n_accesses + i]);
    }
    return n;
}

const char *sim_race(void)
{
    enum { ROOM = 4000 };
    static char text[ROOM];
    if (race.n_reports == 0)
        return "";
    bool data_race = strstr(race.kind, "race") != NULL;
    int n = snprintf(
        text, sizeof text, "%s (ThreadSanitizer: %s)",
        data_race ? "two threads use the same memory, at least one of them "
                    "writes, and no lock keeps them apart"
                  : "threads or their locks are used in a wrong way",
        race.kind);
    put_accesses(text + n, sizeof text - (size_t)n);
    return text;
}

void sim_report_race(void)
{
    sim_fail(SIM_RACE, "%s", sim_race());
}
