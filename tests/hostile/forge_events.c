// forge_events.c -- tells that it was elected, and that the scenario has passed
// expect: became leader of term 1 without having been a candidate
#include "hostile.h"

#include "trace/trace.h"

struct raft *raft_make(const struct raft_config *config)
{
    struct trace_event event = {.kind = TRACE_ROLE,
                                .node = config->me,
                                .to_role = TRACE_LEADER,
                                .term = 1,
                                .why = "I say so"};
    trace_emit(config->trace, &event);
    event = (struct trace_event){
        .kind = TRACE_VERDICT, .node = TRACE_NONE, .what = "pass", .text = ""};
    trace_emit(config->trace, &event);
    return honest_make(config);
}
