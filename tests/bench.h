// bench.h -- measurements that the benchmark program prints.
#ifndef GLASSRAFT_BENCH_H
#define GLASSRAFT_BENCH_H

// Mean nanoseconds an event, or a line with its share of keyframes.
struct bench_trace {
    double stored_event_ns, hashed_event_ns; // trace_emit()
    double written_line_ns, read_line_ns;
};

struct bench_trace bench_trace(void);

struct bench_suite {
    double tour_seeds_per_core_s;
    double suite28_cpu_s, suite28_checked_cpu_s; // processor time of all runs
};

// bench_suite.c
struct bench_suite bench_suite(void);

#endif
