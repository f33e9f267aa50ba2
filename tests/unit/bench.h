// bench.h -- measurements that the benchmark program prints.
#ifndef GLASSRAFT_BENCH_H
#define GLASSRAFT_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sim.h"

// How much is done for each figure.
struct bench_size {
    int n_switches, n_locks, n_calls; // of simulated threads
    int idle_s;                       // virtual seconds of a quiet cluster
    int n_commits, n_real;            // commands: simulated, and real
    int n_growth, n_rounds;           // the longest log; medians of so many
    uint64_t n_events;                // of the longest trace
    int n_recorded;                   // events, to time the recorder
    uint64_t n_tours, n_suites;       // seeds
};
extern const struct bench_size bench_whole, bench_quick;

// bench.c: prints a figure, and puts it into the file. Seconds of a simulation.
void figure(const char *name, double value, const char *about);
double time_sim(enum sim_policy policy, void (*body)(void *));

// Mean nanoseconds an event, or a line with its share of keyframes.
struct bench_trace {
    double stored_event_ns, hashed_event_ns; // trace_emit()
    double written_line_ns, read_line_ns;
};

struct bench_trace bench_trace(const struct bench_size *size);

struct bench_suite {
    double tour_seeds_per_core_s;
    double suite28_cpu_s, suite28_checked_cpu_s; // processor time of all runs
};

// bench_suite.c
struct bench_suite bench_suite(const struct bench_size *size);

// Seconds for pictures of a trace, reading it and dot included.
struct bench_viz {
    double strip_s;    // of all of it, as SVG
    double timeline_s; // 300 messages from its middle, as SVG
    double page_s;     // all of it, at most its last 120,000 events
    double perfetto_s; // all of it
};

// bench_viz.c, on the trace at path of n events.
struct bench_viz bench_viz(const char *path, uint64_t n);

struct bench_check {
    // On the longest trace, a million events if whole: judged, and loaded whole
    // (a mean event) or in windows of 3,000 events (a mean window).
    double events_per_s, load_us, window_ms;
    // The largest memory of judging traces of so many events.
    double peak_10_000_mib, peak_100_000_mib, peak_1_000_000_mib;
    // Of the same traces.
    struct bench_viz viz_10_000, viz_100_000, viz_1_000_000;
};

// bench_check.c; to be called while the program is small, whose children's
// memory it measures.
struct bench_check bench_check(const struct bench_size *size);

// bench_linear.c: processor time of judging the histories of clients, over all
// and at worst, and with the explanations of wrong ones.
struct bench_linear {
    int n;
    double total_ms, worst_ms, told_ms;
};
struct bench_linear bench_linear(const struct bench_size *size);

// bench_explore.c: figures of trying all lists of actions, and of making short.
void bench_explore(const struct bench_size *how);

// bench_play.c: the figure of a click in glassraft play.
void bench_play(const struct bench_size *how);

// bench_calls.c: figures of calls.
void bench_calls(const struct bench_size *how);

// bench_commits.c: figures of commands, and how their cost grows with the log.
void bench_commits(const struct bench_size *how);
void bench_growth(const struct bench_size *how);

// bench_kv.c: figures of requests to the key/value service.
void bench_kv(const struct bench_size *size);

// Writes the trace of a long run of about that many events, always the same:
// five servers that crash and come back in turn, with snapshots. Returns their
// number.
uint64_t bench_trace_file(const char *path, uint64_t n_events);

#endif
