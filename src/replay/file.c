// file.c -- a recorded run as a file: header, events, keyframes, verdict.
#include "trace/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "model.h"
#include "trace/pack.h"
#include "base/save.h"
#include "base/version.h"

enum { BUFFER = 64 * 1024, KEYFRAME_EVERY = 1000 };

struct writer {
    FILE *out;
    bool good;
    char *buffer;
    size_t used, room;
    uint64_t written; // bytes of event lines
    struct model model;
    // A keyframe holds all logs. It comes when 1,000 events have gone by and
    // it is not longer than they were, so that keyframes never make up more
    // than half of a trace.
    uint64_t keyframe_n, keyframe_written;
    size_t keyframe_size;
};

static void flush_buffer(struct writer *writer)
{
    if (fwrite(writer->buffer, 1, writer->used, writer->out) != writer->used)
        writer->good = false;
    writer->used = 0;
}

static void write_line(struct writer *w, const struct trace_event *event)
{
    size_t n = trace_format(event, w->buffer + w->used, w->room - w->used);
    if (n + 1 > w->room - w->used) {
        flush_buffer(w);
        if (n + 2 > w->room) {
            w->room = n + 2;
            w->buffer = must_realloc(w->buffer, w->room);
        }
        trace_format(event, w->buffer, w->room);
    }
    w->used += n;
    w->buffer[w->used++] = '\n';
    w->written += n + 1;
}

static void write_keyframe(struct writer *w)
{
    char *json = model_json(&w->model);
    struct trace_event state = {.kind = TRACE_STATE,
                                .n = w->model.n,
                                .us = w->model.us,
                                .node = TRACE_NONE,
                                .text = json};
    write_line(w, &state);
    w->keyframe_size = strlen(json);
    w->keyframe_n = w->model.n;
    w->keyframe_written = w->written;
    free(json);
}

static bool write_event(void *context, const struct trace_event *event)
{
    struct writer *w = context;
    if (event->kind == TRACE_VERDICT)
        return true;
    write_line(w, event);
    model_step(&w->model, event);
    if (event->n >= w->keyframe_n + KEYFRAME_EVERY &&
        w->written - w->keyframe_written >= w->keyframe_size)
        write_keyframe(w);
    return w->good;
}

static bool write_verdict(void *context, const struct trace_event *event)
{
    if (event->kind == TRACE_VERDICT)
        write_line(context, event);
    return event->kind != TRACE_VERDICT;
}

static void write_header(FILE *out, const struct trace_config *config)
{
    char scenario[256], raft[512];
    const char *name = config->scenario != NULL ? config->scenario : "";
    if (trace_quote(name, scenario, sizeof scenario) >= sizeof scenario)
        trace_quote("(name too long)", scenario, sizeof scenario);
    fprintf(out,
            "{\"ev\":\"trace\",\"v\":%d,\"scenario\":%s,\"seed\":\"0x%" PRIx64
            "\",\"servers\":%d,\"mode\":\"%s\",\"glassraft\":\"%s\"",
            TRACE_VERSION, scenario, config->seed, config->n_servers,
            config->real ? "real" : "sim", GLASSRAFT_VERSION);
    if (config->raft != NULL &&
        trace_quote(config->raft, raft, sizeof raft) < sizeof raft)
        fprintf(out, ",\"raft\":%s", raft);
    fputs("}\n", out);
}

bool trace_write(const struct trace *trace, FILE *out)
{
    if (trace == NULL)
        return true;
    const struct trace_config *config = trace_config_of(trace);
    struct writer writer = {.out = out, .good = true, .room = BUFFER};
    writer.buffer = must_malloc(writer.room);
    model_init(&writer.model, config->n_servers);
    write_header(out, config);
    trace_each(trace, write_event, &writer);
    trace_each(trace, write_verdict, &writer);
    flush_buffer(&writer);
    model_free(&writer.model);
    free(writer.buffer);
    return fflush(out) == 0 && !ferror(out) && writer.good;
}

bool trace_write_file(const struct trace *trace, const char *path)
{
    if (trace == NULL)
        return true;
    struct save save;
    bool good = save_begin(&save, path) && trace_write(trace, save.out);
    return save_end(&save, good);
}
