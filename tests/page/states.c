// states.c -- the cluster's state after some events of a trace, as C has it.
//
//     states TRACE N...     (growing) prints model_json() after each
//
// tests/page holds the page's reducer against it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "replay/model.h"

static void print_state(const struct model *model)
{
    char *json = model_json(model);
    puts(json);
    free(json);
}

int main(int argc, char **argv)
{
    struct trace_file trace;
    struct model model;
    if (argc < 3 || !trace_load(&trace, argv[1]) || trace.error[0] != '\0') {
        fprintf(stderr, "states: %s\n",
                argc < 3 ? "which trace and events?" : trace.error);
        return 2;
    }
    model_init(&model, trace.header.n_servers);
    int wanted = 2;
    for (size_t i = 0; i < trace.n_events && wanted < argc; i++) {
        model_step(&model, &trace.event[i]);
        for (; wanted < argc &&
               strtoull(argv[wanted], NULL, 10) == trace.event[i].n;
             wanted++)
            print_state(&model);
    }
    model_free(&model);
    trace_unload(&trace);
    return wanted == argc ? 0 : 2;
}
