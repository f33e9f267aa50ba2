// starts.c -- calls of raft_start() that last.
//
// raft_start() does not wait for agreement. A story that waits for it finds
// out by its own bound only, which says nothing of the reason.
#include "internal.h"

#include <stdio.h>

#include "trace/pack.h"

enum { LONG_US = 2000000, SLOW_DISK_MS = 500 };

uint64_t lab_now_us(const struct lab *lab)
{
    const struct trace_config *config = trace_config_of(lab->trace);
    return config->now_us(config->context);
}

bool lab_is_later(const struct lab *lab)
{
    uint64_t us = lab_turn_us(lab->run);
    return us > 0 && lab_now_us(lab) >= us;
}

uint64_t lab_start_begins(struct lab *lab, int server)
{
    uint64_t us = lab_now_us(lab);
    if (atomic_fetch_add(&lab->starts[server].n, 1) == 0)
        atomic_store(&lab->starts[server].since_us, us);
    return us;
}

// It waits for a disk, or stands still, as the story wants it.
static bool is_slow(const struct lab *lab, int server)
{
    return lab->slow_save_ms[server] >= SLOW_DISK_MS || lab->paused[server];
}

void lab_start_ends(struct lab *lab, int server, uint64_t from_us)
{
    uint64_t took_us = lab_now_us(lab) - from_us;
    atomic_fetch_sub(&lab->starts[server].n, 1);
    if (is_slow(lab, server) ||
        took_us <= atomic_load(&lab->starts[server].longest_us))
        return;
    atomic_store(&lab->starts[server].longest_us, took_us);
    atomic_store(&lab->starts[server].longest_from_us, from_us);
}

bool lab_start_lasts(const struct lab *lab, char *text, size_t n)
{
    static const char must[] =
        "It may wait for its disk, and for nothing else.";
    for (int i = 0; i < lab->n_servers; i++) {
        const struct starts *starts = &lab->starts[i];
        uint64_t since_us = atomic_load(&starts->since_us);
        if (atomic_load(&starts->n) == 0 || is_slow(lab, i) ||
            lab_now_us(lab) < since_us + LONG_US)
            continue;
        snprintf(text, n,
                 "raft_start() of S%d has not returned since %.3f s. %s", i + 1,
                 (double)since_us / 1e6, must);
        return true;
    }
    for (int i = 0; i < lab->n_servers; i++) {
        const struct starts *starts = &lab->starts[i];
        uint64_t longest_us = atomic_load(&starts->longest_us);
        if (longest_us < LONG_US)
            continue;
        snprintf(text, n,
                 "raft_start() of S%d, called at %.3f s, had not returned for"
                 " %.3f s. %s",
                 i + 1, (double)atomic_load(&starts->longest_from_us) / 1e6,
                 (double)longest_us / 1e6, must);
        return true;
    }
    return false;
}
