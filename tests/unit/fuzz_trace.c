// fuzz_trace.c -- libFuzzer's way into the reader and the reducer.
//
//     clang -fsanitize=fuzzer,address,undefined ... tests/unit/fuzz_trace.c
#include <stdlib.h>

#include "replay/model.h"
#include "trace/trace.h"
#include "two_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

// Each line by itself, in two ways.
static void compare_ways(const uint8_t *bytes, size_t n)
{
    const struct parse after = {.n_servers = 5};
    for (size_t at = 0; at < n; at++) {
        const uint8_t *close = memchr(bytes + at, '\n', n - at);
        size_t length = close != NULL ? (size_t)(close - bytes) - at : n - at;
        char *line = malloc(length + 1);
        memcpy(line, bytes + at, length);
        line[length] = '\0';
        if (read_two_ways(&after, line, length) == WAYS_DIFFER)
            abort();
        free(line);
        at += length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    compare_ways(bytes, n);
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
