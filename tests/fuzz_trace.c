// fuzz_trace.c -- libFuzzer's way into the reader and the reducer.
//
//     clang -fsanitize=fuzzer,address,undefined ... tests/fuzz_trace.c
#include <stdlib.h>

#include "src/trace/model.h"
#include "src/trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char error[512], line[4096];
    struct trace_reader *reader =
        trace_open_memory("fuzz", bytes, n, error, sizeof error);
    if (reader == NULL)
        return 0;
    struct model model, restored;
    model_init(&model, trace_reader_header(reader)->n_servers);
    struct trace_event event;
    while (trace_read(reader, &event) == TRACE_OK) {
        trace_format(&event, line, sizeof line);
        model_step(&model, &event);
        if (event.kind == TRACE_STATE && model_restore(&restored, event.text))
            model_free(&restored);
    }
    // What the reducer writes it must read.
    char *json = model_json(&model);
    if (!model_restore(&restored, json))
        abort();
    free(json);
    model_free(&restored);
    model_free(&model);
    trace_close(reader);
    return 0;
}
