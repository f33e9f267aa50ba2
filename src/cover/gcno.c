// gcno.c -- see gcno.h: reads notes and writes counters.
#include "gcno.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

enum {
    NOTES = 0x67636e6f,    // "gcno"
    COUNTERS = 0x67636461, // "gcda"
    FUNCTION = 0x01000000,
    BLOCKS = 0x01410000,
    ARCS = 0x01430000,
    LINES = 0x01450000,
    ARC_COUNTERS = 0x01a10000,
    MOST_BYTES = 64 << 20,
    MOST_BLOCKS = 1 << 20
};

// "B22*" is GCC 12, of which on lengths are bytes and not words.
enum { GCC_11 = 0x4231312a, GCC_12 = 0x4232312a };

struct reader {
    const uint8_t *at, *end;
    bool bytes, good;
    struct gcno *gcno;
};

static uint32_t number(struct reader *in)
{
    uint32_t value = 0;
    if (!in->good || in->end - in->at < 4) {
        in->good = false;
        return 0;
    }
    memcpy(&value, in->at, 4);
    in->at += 4;
    return value;
}

// A borrowed string, "" for none.
static const char *string(struct reader *in)
{
    size_t n = number(in);
    n *= in->bytes ? 1 : 4;
    const char *text = (const char *)in->at;
    if (!in->good || n == 0)
        return "";
    if ((size_t)(in->end - in->at) < n || memchr(text, '\0', n) == NULL) {
        in->good = false;
        return "";
    }
    in->at += n;
    return text;
}

static char *copy(const char *text)
{
    return must_copy(text, strlen(text) + 1);
}

static unsigned file_number(struct gcno *gcno, const char *name)
{
    for (size_t i = 0; i < gcno->n_files; i++)
        if (strcmp(gcno->file[i], name) == 0)
            return (unsigned)i;
    gcno->file =
        must_realloc(gcno->file, (gcno->n_files + 1) * sizeof *gcno->file);
    gcno->file[gcno->n_files] = copy(name);
    return (unsigned)gcno->n_files++;
}

static void read_function(struct reader *in)
{
    struct gcno *gcno = in->gcno;
    struct gcno_function f = {0};
    f.ident = number(in);
    f.lineno_checksum = number(in);
    f.cfg_checksum = number(in);
    const char *name = string(in);
    f.artificial = number(in) != 0;
    f.file = file_number(gcno, string(in));
    f.line = number(in);
    number(in); // its column
    f.last_line = number(in);
    f.name = copy(name);
    gcno->function = must_realloc(gcno->function, (gcno->n_functions + 1) *
                                                      sizeof *gcno->function);
    gcno->function[gcno->n_functions++] = f;
}

static void read_arcs(struct reader *in, struct gcno_function *f,
                      const uint8_t *end)
{
    unsigned from = number(in);
    while (in->good && in->at < end) {
        unsigned to = number(in), flags = number(in);
        if (from >= f->n_blocks || to >= f->n_blocks)
            in->good = false;
        f->arc = must_realloc(f->arc, (f->n_arcs + 1) * sizeof *f->arc);
        f->arc[f->n_arcs++] =
            (struct gcno_arc){from, to, (flags & 1) != 0, (flags & 2) != 0};
    }
}

static void read_lines(struct reader *in, struct gcno_function *f)
{
    unsigned block = number(in), file = f->file;
    if (block >= f->n_blocks)
        in->good = false;
    while (in->good) {
        unsigned line = number(in);
        if (line == 0) {
            const char *name = string(in);
            if (name[0] == '\0')
                return;
            file = file_number(in->gcno, name);
            continue;
        }
        f->lines = must_realloc(f->lines, (f->n_lines + 1) * sizeof *f->lines);
        f->lines[f->n_lines++] = (struct gcno_line){block, line, file};
    }
}

// One record; what is not known is passed over.
static void read_record(struct reader *in)
{
    struct gcno *gcno = in->gcno;
    uint32_t tag = number(in);
    size_t n = number(in);
    n *= in->bytes ? 1 : 4;
    if (!in->good || n > (size_t)(in->end - in->at)) {
        in->good = false;
        return;
    }
    const uint8_t *end = in->at + n;
    struct gcno_function *f =
        gcno->n_functions > 0 ? &gcno->function[gcno->n_functions - 1] : NULL;
    if (tag == FUNCTION)
        read_function(in);
    else if (tag == BLOCKS && f != NULL && f->n_blocks == 0)
        f->n_blocks = number(in); // once: arcs are held against it
    else if (tag == ARCS && f != NULL)
        read_arcs(in, f, end);
    else if (tag == LINES && f != NULL)
        read_lines(in, f);
    // What was read may have moved the functions.
    f = gcno->n_functions > 0 ? &gcno->function[gcno->n_functions - 1] : NULL;
    if (f != NULL && f->n_blocks > MOST_BLOCKS)
        in->good = false;
    in->at = end;
}

static bool read_all(struct reader *in, char error[300])
{
    struct gcno *gcno = in->gcno;
    if (number(in) != NOTES) {
        snprintf(error, 300, "no notes of gcc's");
        return false;
    }
    gcno->version = number(in);
    if (gcno->version < GCC_11) {
        snprintf(error, 300, "of a gcc older than 11");
        return false;
    }
    in->bytes = gcno->version >= GCC_12;
    gcno->stamp = number(in);
    if (in->bytes)
        gcno->checksum = number(in);
    string(in); // where it was compiled
    number(in); // has_unexecuted_blocks
    while (in->good && in->end - in->at >= 8)
        read_record(in);
    if (!in->good)
        snprintf(error, 300, "damaged notes of gcc's");
    return in->good;
}

static uint8_t *read_bytes(const char *path, size_t *n)
{
    FILE *in = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t room = 0;
    *n = 0;
    if (in == NULL)
        return NULL;
    do {
        room = room > 0 ? 2 * room : 65536;
        bytes = must_realloc(bytes, room);
        *n += fread(bytes + *n, 1, room - *n, in);
    } while (*n == room && room < MOST_BYTES);
    fclose(in);
    return bytes;
}

bool gcno_read(const char *path, struct gcno *gcno, char error[300])
{
    size_t n;
    char why[300];
    *gcno = (struct gcno){0};
    uint8_t *bytes = read_bytes(path, &n);
    if (bytes == NULL) {
        snprintf(error, 300, "%.200s: %s", path, strerror(errno));
        return false;
    }
    struct reader in = {bytes, bytes + n, false, true, gcno};
    bool good = read_all(&in, why);
    free(bytes);
    if (!good) {
        snprintf(error, 300, "%.200s: %.80s", path, why);
        gcno_free(gcno);
    }
    return good;
}

void gcno_free(struct gcno *gcno)
{
    for (size_t i = 0; i < gcno->n_functions; i++) {
        free(gcno->function[i].name);
        free(gcno->function[i].arc);
        free(gcno->function[i].lines);
    }
    for (size_t i = 0; i < gcno->n_files; i++)
        free(gcno->file[i]);
    free(gcno->function);
    free(gcno->file);
    *gcno = (struct gcno){0};
}

static void put(FILE *out, uint32_t value)
{
    fwrite(&value, sizeof value, 1, out);
}

bool gcno_write_counters(const struct gcno *gcno,
                         const uint64_t *(*counters)(void *context,
                                                     size_t function),
                         void *context, FILE *out)
{
    uint32_t unit = gcno->version >= GCC_12 ? 4 : 1;
    put(out, COUNTERS);
    put(out, gcno->version);
    put(out, gcno->stamp);
    if (gcno->version >= GCC_12)
        put(out, gcno->checksum);
    for (size_t i = 0; i < gcno->n_functions; i++) {
        const struct gcno_function *f = &gcno->function[i];
        const uint64_t *value = counters(context, i);
        uint32_t n = 0;
        for (size_t a = 0; a < f->n_arcs; a++)
            n += !f->arc[a].tree;
        put(out, FUNCTION);
        put(out, 3 * unit);
        put(out, f->ident);
        put(out, f->lineno_checksum);
        put(out, f->cfg_checksum);
        put(out, ARC_COUNTERS);
        put(out, 2 * n * unit);
        for (uint32_t a = 0; a < n; a++) {
            uint64_t count = value != NULL ? value[a] : 0;
            put(out, (uint32_t)count);
            put(out, (uint32_t)(count >> 32));
        }
    }
    put(out, 0);
    return fflush(out) == 0 && !ferror(out);
}
