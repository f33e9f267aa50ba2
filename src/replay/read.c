// read.c -- a trace file, line by line.
#include "read.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plain.h"
#include "base/die.h"
#include "trace/fields.h"
#include "trace/parse.h"
#include "trace/scan.h"

enum { LINE_LIMIT = 16 * 1024 * 1024, BUFFER = 64 * 1024 };

struct trace_reader {
    char *name;
    FILE *file;         // NULL: all bytes are in memory
    const char *memory; // what is left of them
    size_t n_memory;
    char *buffer; // bytes start .. end are not yet read
    size_t start, end, room;
    size_t line; // counted from byte `counted_from` of the file on
    uint64_t counted_from;
    bool keep; // do not reset the arena
    bool only; // what is in part, the rest is passed over
    struct trace_part part;
    struct arena arena;
    struct parse parse;
    struct trace_header header;
    char error[512];
};

// Lines before the place where reading began.
static size_t lines_before(const struct trace_reader *reader)
{
    char bytes[4096];
    size_t n_lines = 0;
    uint64_t at = 0;
    while (at < reader->counted_from) {
        uint64_t left = reader->counted_from - at;
        ssize_t n = pread(fileno(reader->file), bytes,
                          left < sizeof bytes ? left : sizeof bytes, (off_t)at);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            n_lines += bytes[i] == '\n';
        at += (uint64_t)n;
    }
    return n_lines;
}

static enum trace_status bad(struct trace_reader *reader, const char *what)
{
    reader->line += lines_before(reader);
    reader->counted_from = 0;
    snprintf(reader->error, sizeof reader->error, "%.200s:%zu: %s",
             reader->name, reader->line, what);
    return TRACE_BAD;
}

// Gets more bytes behind end; 0 at the end of the file or on an error.
static size_t fill(struct trace_reader *r)
{
    if (r->start > 0) {
        memmove(r->buffer, r->buffer + r->start, r->end - r->start);
        r->end -= r->start;
        r->start = 0;
    }
    // A byte stays free for the zero behind the last line.
    if (r->end + 1 >= r->room) {
        r->room *= 2;
        r->buffer = must_realloc(r->buffer, r->room);
    }
    size_t room = r->room - r->end - 1, n = 0;
    if (r->file != NULL) {
        n = fread(r->buffer + r->end, 1, room, r->file);
    } else if (r->n_memory > 0) {
        n = r->n_memory < room ? r->n_memory : room;
        memcpy(r->buffer + r->end, r->memory, n);
        r->memory += n;
        r->n_memory -= n;
    }
    r->end += n;
    return n;
}

// The next line, closed by a zero byte. *whole tells whether it had its '\n'.
static enum trace_status next_line(struct trace_reader *r, char **line,
                                   size_t *n, bool *whole)
{
    size_t seen = 0;
    char *close;
    r->line++;
    while ((close = memchr(r->buffer + r->start + seen, '\n',
                           r->end - r->start - seen)) == NULL) {
        seen = r->end - r->start;
        if (seen > LINE_LIMIT)
            return bad(r, "line too long, expected at most 16 MiB");
        if (fill(r) == 0)
            break;
    }
    if (r->file != NULL && ferror(r->file))
        return bad(r, "cannot be read, expected a file");
    *whole = close != NULL;
    *line = r->buffer + r->start;
    *n = close != NULL ? (size_t)(close - *line) : r->end - r->start;
    if (*n == 0 && !*whole)
        return TRACE_END;
    (*line)[*n] = '\0';
    r->start += *n + *whole;
    return TRACE_OK;
}

static size_t first_bad_byte(const char *line, size_t n)
{
    size_t at = 0;
    while (at < n) {
        bool ascii = (line[at] & 0x80) == 0;
        size_t size = ascii ? 1 : utf8_size(line + at, n - at);
        if (size == 0 || line[at] == '\0')
            break;
        at += size;
    }
    return at;
}

// The same for a line that is wanted. What is passed over counts all the same.
static enum trace_status next_wanted(struct trace_reader *r, char **line,
                                     size_t *n, bool *whole)
{
    enum trace_status status;
    struct scan_head head;
    struct parse *parse = &r->parse;
    while ((status = next_line(r, line, n, whole)) == TRACE_OK && r->only &&
           scan_head(*line, &head)) {
        if ((r->part.last > 0 && head.n > r->part.last) ||
            (r->part.to_us > 0 && head.us > r->part.to_us))
            return TRACE_END;
        if (*whole && (r->part.kinds >> head.kind & 1) == 0) {
            parse->n = head.n > parse->n ? head.n : parse->n;
            parse->us = head.us > parse->us ? head.us : parse->us;
            continue;
        }
        break;
    }
    return status;
}

// A line's object, to be deleted by the caller; NULL after bad().
static cJSON *object_of(struct trace_reader *r, const char *line, size_t n,
                        bool whole)
{
    char what[96];
    size_t at = first_bad_byte(line, n);
    if (at < n) {
        snprintf(what, sizeof what, "byte %zu is no text, expected UTF-8",
                 at + 1);
        bad(r, what);
        return NULL;
    }
    const char *end = line;
    cJSON *object = cJSON_ParseWithLengthOpts(line, n + 1, &end, true);
    if (cJSON_IsObject(object))
        return object;
    cJSON_Delete(object);
    snprintf(what, sizeof what, "no JSON at byte %zu, expected one object",
             (size_t)(end - line) + 1);
    bad(r,
        whole ? what : "the file ends inside a line, expected a JSON object");
    return NULL;
}

static bool start(struct trace_reader *reader)
{
    char *line = NULL;
    size_t n = 0;
    bool whole;
    enum trace_status status = next_line(reader, &line, &n, &whole);
    if (status == TRACE_END)
        bad(reader, "empty, expected the header of a trace");
    cJSON *object =
        status == TRACE_OK ? object_of(reader, line, n, whole) : NULL;
    if (object == NULL)
        return false;
    bool good = parse_header(&reader->parse, object, &reader->header);
    cJSON_Delete(object);
    if (!good)
        bad(reader, reader->parse.what);
    return good;
}

static struct trace_reader *open_reader(const char *name, FILE *file,
                                        const void *bytes, size_t n_bytes,
                                        char *error, size_t n)
{
    struct trace_reader *reader = must_calloc(1, sizeof *reader);
    reader->name = must_copy(name, strlen(name) + 1);
    reader->file = file;
    reader->memory = bytes;
    reader->n_memory = n_bytes;
    reader->room = BUFFER;
    reader->buffer = must_malloc(reader->room);
    reader->parse.arena = &reader->arena;
    if (start(reader))
        return reader;
    snprintf(error, n, "%s", reader->error);
    trace_close(reader);
    return NULL;
}

static char *instead_of, *instead;

void trace_read_instead(const char *path, const char *other)
{
    free(instead_of);
    free(instead);
    instead_of = must_copy(path, strlen(path) + 1);
    instead = must_copy(other, strlen(other) + 1);
}

const char *trace_file_behind(const char *path)
{
    bool known = instead_of != NULL && strcmp(path, instead_of) == 0;
    return known ? instead : path;
}

struct trace_reader *trace_open(const char *path, char *error, size_t n)
{
    if (strcmp(path, "-") == 0)
        return open_reader("(standard input)", stdin, NULL, 0, error, n);
    FILE *file = fopen(trace_file_behind(path), "r");
    if (file == NULL) {
        snprintf(error, n, "%s:0: %s, expected a trace", path, strerror(errno));
        return NULL;
    }
    return open_reader(path, file, NULL, 0, error, n);
}

struct trace_reader *trace_open_memory(const char *name, const void *bytes,
                                       size_t n_bytes, char *error, size_t n)
{
    return open_reader(name, NULL, bytes, n_bytes, error, n);
}

const struct trace_header *trace_reader_header(const struct trace_reader *r)
{
    return &r->header;
}

static enum trace_status read_one(struct trace_reader *reader,
                                  struct trace_event *event)
{
    char *line = NULL;
    size_t n = 0;
    bool whole;
    enum trace_status status = next_wanted(reader, &line, &n, &whole);
    if (status != TRACE_OK || scan_event(&reader->parse, line, n, event))
        return status;
    cJSON *object = object_of(reader, line, n, whole);
    if (object == NULL)
        return TRACE_BAD;
    bool good = parse_event(&reader->parse, object, event);
    cJSON_Delete(object);
    return good ? TRACE_OK : bad(reader, reader->parse.what);
}

enum trace_status trace_read(struct trace_reader *reader,
                             struct trace_event *event)
{
    enum trace_status status;
    if (reader->error[0] != '\0')
        return TRACE_BAD;
    do {
        if (!reader->keep)
            arena_reset(&reader->arena);
        status = read_one(reader, event);
        // The head of a line need not tell its kind.
    } while (status == TRACE_OK && reader->only &&
             (reader->part.kinds >> event->kind & 1) == 0);
    return status;
}

const char *trace_reader_error(const struct trace_reader *reader)
{
    return reader->error;
}

size_t trace_reader_line(const struct trace_reader *reader)
{
    return reader->line;
}

void trace_close(struct trace_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->file != NULL && reader->file != stdin)
        fclose(reader->file);
    arena_free(&reader->arena);
    free(reader->buffer);
    free(reader->name);
    free(reader);
}

void read_keep(struct trace_reader *reader, bool keep)
{
    reader->keep = reader->parse.keep = keep;
}

struct arena read_take(struct trace_reader *reader)
{
    struct arena arena = reader->arena;
    reader->arena = (struct arena){NULL};
    return arena;
}

int read_descriptor(const struct trace_reader *reader)
{
    struct stat about;
    int file = reader->file != NULL && reader->file != stdin
                   ? fileno(reader->file)
                   : -1;
    return file >= 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode)
               ? file
               : -1;
}

bool read_seek(struct trace_reader *reader, uint64_t at)
{
    if (read_descriptor(reader) < 0 ||
        fseeko(reader->file, (off_t)at, SEEK_SET) != 0)
        return false;
    reader->start = reader->end = 0;
    reader->line = 0;
    reader->counted_from = at;
    reader->error[0] = '\0';
    reader->parse.n = reader->parse.us = 0;
    return true;
}

void read_only(struct trace_reader *reader, const struct trace_part *part)
{
    reader->only = true;
    reader->part = *part;
    if (part->kinds == 0)
        reader->part.kinds = ~UINT64_C(0);
}

void trace_want(struct trace_reader *reader, uint64_t kinds)
{
    const struct trace_part part = {.kinds = kinds};
    read_only(reader, &part);
}
