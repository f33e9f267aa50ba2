// threads.c -- servers' threads: how late they may be, by which clock, how many
// there are, and how much memory they keep.
#include "heap.h"
#include "internal.h"

#include <stdio.h>

#include "sim/sim.h"

void lab_park(struct lab *lab, int per_mille, uint64_t ms)
{
    char text[100] = "threads are late no more";
    if (per_mille > 0)
        snprintf(text, sizeof text,
                 "%d of 1000 times a thread is late, by up to %d ms", per_mille,
                 (int)ms);
    lab_changed(lab, true, text);
    sim_park(per_mille, ms);
}

void lab_pause(struct lab *lab, int server, bool paused)
{
    pthread_mutex_lock(&lab->mutex);
    lab->paused[server] = paused;
    pthread_mutex_unlock(&lab->mutex);
    struct trace_event event = {
        .kind = TRACE_PAUSE, .node = server, .inc = TRACE_NONE, .ok = paused};
    trace_emit(lab->trace, &event);
    sim_pause(server, paused);
}

void lab_clock_rate(struct lab *lab, int server, int per_mille)
{
    struct trace_event event = {.kind = TRACE_CLOCK,
                                .node = server,
                                .inc = TRACE_NONE,
                                .to = (uint64_t)per_mille};
    trace_emit(lab->trace, &event);
    sim_set_clock_rate(server, per_mille);
}

int lab_n_threads(struct lab *lab, int server)
{
    (void)lab;
    return sim_active() ? sim_n_threads(server) : 0;
}

int lab_most_threads(struct lab *lab, char *text, size_t n)
{
    (void)lab;
    text[0] = '\0';
    return sim_active() ? sim_most_threads(text, n) : 0;
}

bool lab_watch_heap(struct lab *lab)
{
    (void)lab;
    heap_watch();
    return heap_is_told() && sim_active();
}

int lab_n_blocks(struct lab *lab)
{
    (void)lab;
    return heap_n_blocks();
}

int lab_most_blocks(struct lab *lab, char *text, size_t n)
{
    (void)lab;
    return heap_most(text, n);
}
