// part.c -- see part.h.
//
// Events stand in the order of n and us, so the line where a part begins is
// found by halving the file: some thirty looks at a few bytes each, however
// long the trace is. From there the way goes backwards to a keyframe.
#include "part.h"

#include <string.h>
#include <unistd.h>

#include "model.h"
#include "read.h"
#include "trace/scan.h"

// A head fits HEAD bytes: n, us, node, inc and ev.
enum { HEAD = 256, BLOCK = 16 * 1024 };

struct search {
    int file;
    uint64_t size;
    const struct trace_part *part;
    bool failed; // a line's head tells nothing, or the file cannot be read
};

static size_t look(struct search *s, uint64_t at, char *bytes, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t more = pread(s->file, bytes + got, n - got, (off_t)(at + got));
        s->failed |= more < 0;
        if (more <= 0)
            break;
        got += (size_t)more;
    }
    return got;
}

// The first line that begins at or behind `at` but not at the file's start;
// the file's size when there is none.
static uint64_t line_from(struct search *s, uint64_t at)
{
    char bytes[4096];
    size_t n;
    for (at--; (n = look(s, at, bytes, sizeof bytes)) > 0; at += n) {
        const char *close = memchr(bytes, '\n', n);
        if (close != NULL)
            return at + (uint64_t)(close - bytes) + 1;
    }
    return s->size;
}

// Whether the part has begun at that line. The verdict is behind everything.
static bool begun(struct search *s, uint64_t at)
{
    static const char verdict[] = "{\"ev\":\"verdict\"";
    char bytes[HEAD + 1];
    struct scan_head head;
    size_t n = look(s, at, bytes, HEAD);
    bytes[n] = '\0';
    if (n == 0 || (n >= sizeof verdict &&
                   memcmp(bytes, verdict, sizeof verdict - 1) == 0))
        return true;
    if (scan_head(bytes, &head))
        return head.n >= s->part->first && head.us >= s->part->from_us;
    // A last line that is cut begins nothing.
    s->failed |= n == HEAD || memchr(bytes, '\n', n) != NULL;
    return true;
}

// The line where the part begins, by halving; the first is at `begin`.
static uint64_t bisect(struct search *s, uint64_t begin)
{
    uint64_t low = begin, high = s->size;
    while (low < high && !s->failed) {
        uint64_t middle = low + (high - low) / 2;
        if (begun(s, line_from(s, middle)))
            high = middle;
        else
            low = middle + 1;
    }
    return line_from(s, low);
}

// The last line before `at`, from byte `begin` on, that is a keyframe (or any
// whose head can be read); 0 when there is none.
static uint64_t line_before(struct search *s, uint64_t begin, uint64_t at,
                            bool keyframe)
{
    char bytes[BLOCK + HEAD + 1];
    while (at > begin) {
        uint64_t from = at - begin > BLOCK ? at - BLOCK : begin;
        size_t n = look(s, from, bytes, sizeof bytes - 1);
        bytes[n] = '\0';
        for (uint64_t line = at - 1; line >= from; line--) {
            size_t place = (size_t)(line - from);
            struct scan_head head;
            bool starts =
                line == begin || (place > 0 && bytes[place - 1] == '\n');
            if (starts && place < n && scan_head(bytes + place, &head) &&
                (!keyframe || head.kind == TRACE_STATE))
                return line;
        }
        at = from > begin ? from + 1 : begin;
    }
    return 0;
}

// Reads the keyframe at that line; false when it is none of ours.
static bool read_keyframe(struct trace_reader *reader, uint64_t at,
                          const char **keyframe, uint64_t *keyframe_n)
{
    struct trace_event event;
    struct model model;
    if (!read_seek(reader, at) || trace_read(reader, &event) != TRACE_OK ||
        event.kind != TRACE_STATE || !model_restore(&model, event.text))
        return false;
    bool good = model.n_servers == trace_reader_header(reader)->n_servers &&
                model.n == event.n;
    model_free(&model);
    *keyframe = good ? event.text : NULL;
    *keyframe_n = good ? event.n : 0;
    return good;
}

void part_seek(struct trace_reader *reader, const struct trace_part *part,
               const char **keyframe, uint64_t *keyframe_n)
{
    struct search search = {.file = read_descriptor(reader), .part = part};
    if (search.file < 0 || (part->first <= 1 && part->from_us == 0))
        return;
    off_t size = lseek(search.file, 0, SEEK_END);
    search.size = size > 0 ? (uint64_t)size : 0;
    uint64_t begin = line_from(&search, 1);
    uint64_t at = bisect(&search, begin);
    uint64_t line = line_before(&search, begin, at, part->kinds == 0);
    bool found = line > 0 && !search.failed;
    if (found && part->kinds == 0)
        found = read_keyframe(reader, line, keyframe, keyframe_n);
    read_seek(reader, found ? line : begin);
}
