// load.c -- a whole trace in memory.
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "read.h"

static struct trace_event *room_for_one(struct trace_file *file, size_t *room)
{
    if (file->n_events == *room) {
        *room = *room > 0 ? 2 * *room : 1024;
        file->event = must_realloc(file->event, *room * sizeof *file->event);
    }
    return &file->event[file->n_events];
}

bool trace_load(struct trace_file *file, const char *path)
{
    *file = (struct trace_file){0};
    struct trace_reader *reader =
        trace_open(path, file->error, sizeof file->error);
    if (reader == NULL)
        return false;
    file->header = *trace_reader_header(reader);
    enum trace_status status;
    size_t room = 0;
    struct trace_event *event = room_for_one(file, &room);
    read_keep(reader, true);
    while ((status = trace_read(reader, event)) == TRACE_OK) {
        if (event->kind == TRACE_STATE)
            continue;
        file->n_unknown += event->kind == TRACE_UNKNOWN;
        file->has_verdict = file->has_verdict || event->kind == TRACE_VERDICT;
        file->n_events++;
        event = room_for_one(file, &room);
    }
    if (status == TRACE_BAD)
        memcpy(file->error, trace_reader_error(reader), sizeof file->error);
    struct arena *arena = must_calloc(1, sizeof *arena);
    *arena = read_take(reader);
    file->memory = arena;
    trace_close(reader);
    return true;
}

void trace_unload(struct trace_file *file)
{
    if (file->memory != NULL)
        arena_free(file->memory);
    free(file->memory);
    free(file->event);
    *file = (struct trace_file){0};
}
