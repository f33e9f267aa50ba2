// load.c -- a trace in memory, all of it or a part.
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "part.h"
#include "read.h"

static struct trace_event *room_for_one(struct trace_file *file, size_t *room)
{
    if (file->n_events == *room) {
        *room = *room > 0 ? 2 * *room : 1024;
        file->event = must_realloc(file->event, *room * sizeof *file->event);
    }
    return &file->event[file->n_events];
}

static bool before(const struct trace_event *event,
                   const struct trace_part *part)
{
    return event->n < part->first || event->us < part->from_us;
}

static bool behind(const struct trace_event *event,
                   const struct trace_part *part)
{
    return (part->last > 0 && event->n > part->last) ||
           (part->to_us > 0 && event->us > part->to_us);
}

static enum trace_status read_events(struct trace_file *file,
                                     struct trace_reader *reader,
                                     const struct trace_part *part)
{
    enum trace_status status;
    size_t room = 0;
    struct trace_event *event = room_for_one(file, &room);
    while ((status = trace_read(reader, event)) == TRACE_OK) {
        if (behind(event, part))
            return TRACE_END;
        if (event->kind == TRACE_STATE)
            continue;
        if (part->kinds != 0 &&
            (before(event, part) || (part->kinds >> event->kind & 1) == 0))
            continue;
        file->n_unknown += event->kind == TRACE_UNKNOWN;
        file->has_verdict = file->has_verdict || event->kind == TRACE_VERDICT;
        file->n_events++;
        event = room_for_one(file, &room);
    }
    return status;
}

bool trace_load_part(struct trace_file *file, const char *path,
                     const struct trace_part *part)
{
    *file = (struct trace_file){0};
    struct trace_reader *reader =
        trace_open(path, file->error, sizeof file->error);
    if (reader == NULL)
        return false;
    file->header = *trace_reader_header(reader);
    read_keep(reader, true);
    part_seek(reader, part, &file->keyframe, &file->keyframe_n);
    struct trace_part wanted = *part;
    wanted.kinds = part->kinds != 0 ? part->kinds : ~UINT64_C(0);
    wanted.kinds &= ~(UINT64_C(1) << TRACE_STATE);
    read_only(reader, &wanted);
    if (read_events(file, reader, part) == TRACE_BAD)
        memcpy(file->error, trace_reader_error(reader), sizeof file->error);
    struct arena *arena = must_calloc(1, sizeof *arena);
    *arena = read_take(reader);
    file->memory = arena;
    trace_close(reader);
    return true;
}

bool trace_load(struct trace_file *file, const char *path)
{
    const struct trace_part all = {0};
    return trace_load_part(file, path, &all);
}

void trace_unload(struct trace_file *file)
{
    if (file->memory != NULL)
        arena_free(file->memory);
    free(file->memory);
    free(file->event);
    *file = (struct trace_file){0};
}
