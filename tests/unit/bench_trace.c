// bench_trace.c -- what recording, writing and reading an event costs.
#include "bench.h"

#include <stdlib.h>
#include <time.h>

#include "base/die.h"
#include "wire/declare.h"
#include "trace/trace.h"

#define VOTE(F, m)                                                             \
    F(NUMBER, m, term)                                                         \
    F(NUMBER, m, candidate_id)                                                 \
    F(NUMBER, m, last_log_index) F(NUMBER, m, last_log_term)
MESSAGE_DECLARE(bench_vote, VOTE);
MESSAGE_DEFINE(bench_vote, VOTE);

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static uint64_t tick(void *context)
{
    return ++*(uint64_t *)context;
}

// A third each: a message with fields, its arrival, a change of a server.
static struct trace *record(uint64_t *clock, int n_events, bool store,
                            double *ns)
{
    struct trace_config config = {.scenario = "bench",
                                  .n_servers = 5,
                                  .store = store,
                                  .now_us = tick,
                                  .context = clock};
    struct bench_vote vote = {4, 2, 900, 3};
    struct trace_event event[] = {
        {.kind = TRACE_SEND,
         .node = 2,
         .msg = 87,
         .to = 1,
         .rpc = "RequestVote"},
        {.kind = TRACE_RECV,
         .node = 1,
         .msg = 87,
         .from = 2,
         .rpc = "RequestVote"},
        {.kind = TRACE_COMMIT, .node = 1, .from = 41, .to = 42, .rule = "AE.5"},
    };
    uint8_t *bytes =
        message_encode(&bench_vote_type, &vote, &event[0].args.encoded.n);
    event[0].args.type = &bench_vote_type;
    event[0].args.encoded.at = bytes;
    struct trace *trace = trace_make(&config);
    double began = now_ns();
    for (int i = 0; i < n_events; i++) {
        trace_emit(trace, &event[i % 3]);
        if (i % 3 == 0)
            trace_set_cause(trace, (uint64_t)i + 1);
    }
    *ns = (now_ns() - began) / n_events;
    free(bytes);
    return trace;
}

static double read_ns(const char *text, size_t n)
{
    char error[512];
    struct trace_event event;
    struct trace_reader *reader =
        trace_open_memory("bench", text, n, error, sizeof error);
    double began = now_ns();
    int events = 0;
    while (trace_read(reader, &event) == TRACE_OK)
        events++;
    double ns = (now_ns() - began) / events;
    trace_close(reader);
    return ns;
}

struct bench_trace bench_trace(const struct bench_size *size)
{
    int n_events = size->n_recorded;
    struct bench_trace result;
    uint64_t clock = 0;
    trace_free(record(&clock, n_events, false, &result.hashed_event_ns));
    struct trace *trace =
        record(&clock, n_events, true, &result.stored_event_ns);
    char *text;
    size_t n;
    FILE *out = must_stream(&text, &n);
    double began = now_ns();
    trace_write(trace, out);
    result.written_line_ns = (now_ns() - began) / n_events;
    fclose(out);
    result.read_line_ns = read_ns(text, n);
    free(text);
    trace_free(trace);
    return result;
}
