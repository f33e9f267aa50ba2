// fuzz_command.c -- libFuzzer's way into each command that reads traces.
//
// Compiled once a command, with -DFUZZ=check, log, why ... (FUZZ_TARGETS in
// the Makefile). A mutation takes lines out, doubles and swaps them, or puts a
// number that is at some edge where another number was; what libFuzzer does
// with single bytes mostly breaks the JSON, and is the smaller part.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check/check.h"
#include "viz/draw/viz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most,
                               unsigned seed);

#define NAME_(x) #x
#define NAME(x)  NAME_(x)

// ------------------------------------------------------------- the commands

static bool keep_page(void *context, int page, int n_pages, const char *dot,
                      size_t n)
{
    (void)dot;
    return page <= n_pages && fwrite(dot, 1, n, context) == n;
}

static void draw_log(const struct trace_file *trace, FILE *out)
{
    uint64_t moment[6];
    struct viz_window whole = {0};
    viz_log(trace, 0, NULL, out);
    size_t n = viz_film_moments(trace, &whole, moment, 6);
    viz_film(trace, moment, n < 6 ? n : 6, NULL, out);
}

static void explain(const struct trace_file *trace, FILE *out)
{
    char text[400];
    struct viz_why asked = {0};
    viz_why_text(trace, &asked, out, text, sizeof text);
    viz_why_dot(trace, &asked, out, text, sizeof text);
    viz_why_look(trace, text, sizeof text);
    for (size_t i = 0; i < trace->n_events; i += 1 + trace->n_events / 8) {
        asked.event = trace->event[i].n;
        viz_why_text(trace, &asked, out, text, sizeof text);
        viz_why_json(trace, &asked, out, text, sizeof text);
    }
    asked = (struct viz_why){.all = true};
    viz_why_text(trace, &asked, out, text, sizeof text);
}

static void export_tla(const struct trace_file *trace, FILE *out)
{
    struct viz_window whole = {0};
    struct viz_tla *tla = viz_tla_begin(trace, &whole);
    while (viz_tla_next(tla, 20, out))
        continue;
    viz_tla_end(tla);
}

static void draw_history(const struct trace_file *trace,
                         const struct viz_window *part, FILE *out)
{
    struct viz_window whole = {0};
    struct viz_history asked = {.most = 0};
    viz_history(trace, &whole, &asked, out);
    asked.most = 3;
    viz_history(trace, part, &asked, out);
}

static void draw(const char *command, const struct trace_file *trace, FILE *out)
{
    struct viz_window whole = {0};
    struct viz_window part = {.heartbeats = true,
                              .look = {.numbers = true, .steps = true}};
    if (trace->n_events > 4) {
        part.first = trace->event[trace->n_events / 4].n;
        part.last = trace->event[trace->n_events / 2].n;
        part.look.past = part.last;
    }
    struct viz_diff diff = {.trace = {trace, trace}, .name = {"a", "b"}};
    if (strcmp(command, "timeline") == 0) {
        viz_timeline(trace, &whole, out);
        viz_timeline(trace, &part, out);
        viz_timeline_pages(trace, &whole, keep_page, out);
    } else if (strcmp(command, "log") == 0) {
        draw_log(trace, out);
    } else if (strcmp(command, "columns") == 0) {
        viz_columns(trace, &whole, NULL, out);
    } else if (strcmp(command, "history") == 0) {
        draw_history(trace, &part, out);
    } else if (strcmp(command, "strip") == 0) {
        viz_strip(trace, &whole, out);
    } else if (strcmp(command, "roles") == 0) {
        viz_roles(trace, &whole, out);
    } else if (strcmp(command, "terms") == 0) {
        for (int form = VIZ_TEXT; form <= VIZ_JSON; form++)
            viz_terms(trace, &whole, (enum viz_table)form, out);
    } else if (strcmp(command, "diff") == 0) {
        viz_diff(&diff, out);
        diff.text = true;
        viz_diff(&diff, out);
    } else if (strcmp(command, "why") == 0) {
        explain(trace, out);
    } else if (strcmp(command, "shiviz") == 0) {
        viz_shiviz(trace, &whole, out);
    } else if (strcmp(command, "perfetto") == 0) {
        viz_perfetto(trace, &whole, out);
    } else if (strcmp(command, "mermaid") == 0) {
        viz_mermaid(trace, &whole, out);
        viz_mermaid(trace, &part, out);
    } else if (strcmp(command, "tla") == 0) {
        export_tla(trace, out);
    } else {
        abort(); // the Makefile knows a command that is not here
    }
}

// As `glassraft check` reads it: without keeping what has gone by.
static void judge(const uint8_t *bytes, size_t n)
{
    char error[400];
    struct check_area area[CHECK_AREAS];
    struct trace_reader *reader =
        trace_open_memory("fuzz", bytes, n, error, sizeof error);
    if (reader == NULL)
        return;
    struct check *check = check_make(trace_reader_header(reader)->n_servers);
    struct trace_event event;
    uint64_t us = 0;
    while (trace_read(reader, &event) == TRACE_OK &&
           (event.kind == TRACE_UNKNOWN || check_step(check, &event)))
        us = event.us;
    check_clients(check, 2000);
    check_diagnose(check, us, true);
    check_areas(check, area, CHECK_AREAS);
    check_free(check);
    trace_close(reader);
}

// The commands read files: this one is in memory.
static void write_input(int fd, const uint8_t *bytes, size_t n)
{
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static int fd = -1;
    static char path[40];
    static FILE *out;
    const char *command = NAME(FUZZ);
    if (strcmp(command, "check") == 0) {
        judge(bytes, n);
        return 0;
    }
    if (fd < 0) {
        fd = memfd_create("trace", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        out = fopen("/dev/null", "w");
        if (fd < 0 || out == NULL)
            abort();
    }
    write_input(fd, bytes, n);
    if (strcmp(command, "page") == 0) {
        char error[400];
        struct viz_window whole = {0};
        viz_page(out, path, &whole, true, error, sizeof error);
        return 0;
    }
    struct trace_file trace;
    if (trace_load(&trace, path)) {
        draw(command, &trace, out);
        trace_unload(&trace);
    }
    return 0;
}

// ------------------------------------------------------------- the mutations

static unsigned draw_number(unsigned *seed, size_t below)
{
    *seed = *seed * 1103515245u + 12345u;
    return below > 0 ? (*seed >> 8) % (unsigned)below : 0;
}

// Where a line begins, from somewhere in the text on.
static size_t line_from(const uint8_t *bytes, size_t n, size_t at)
{
    while (at > 0 && at < n && bytes[at - 1] != '\n')
        at++;
    return at < n ? at : n;
}

// Takes n_out bytes out at `at` and puts n_in there. The new size.
static size_t replace(uint8_t *bytes, size_t n, size_t most, size_t at,
                      size_t n_out, const void *in, size_t n_in)
{
    if (n - n_out + n_in > most)
        return n;
    memmove(bytes + at + n_in, bytes + at + n_out, n - at - n_out);
    memcpy(bytes + at, in, n_in);
    return n - n_out + n_in;
}

static size_t change_number(uint8_t *bytes, size_t n, size_t most,
                            unsigned *seed)
{
    static const char *const EDGES[] = {"0",
                                        "1",
                                        "2",
                                        "3",
                                        "4",
                                        "15",
                                        "16",
                                        "255",
                                        "256",
                                        "65535",
                                        "65536",
                                        "2147483647",
                                        "2147483648",
                                        "4294967295",
                                        "4294967296",
                                        "99999999999999",
                                        "-1",
                                        "100000000000000",
                                        "999999999999999"};
    size_t at = draw_number(seed, n);
    while (at < n && !(bytes[at] >= '0' && bytes[at] <= '9'))
        at++;
    size_t end = at;
    while (end < n && bytes[end] >= '0' && bytes[end] <= '9')
        end++;
    const char *edge = EDGES[draw_number(seed, sizeof EDGES / sizeof EDGES[0])];
    return end > at ? replace(bytes, n, most, at, end - at, edge, strlen(edge))
                    : n;
}

static size_t change_lines(uint8_t *bytes, size_t n, size_t most,
                           unsigned *seed)
{
    size_t from = line_from(bytes, n, draw_number(seed, n));
    size_t end = line_from(bytes, n, from + 1);
    size_t to = line_from(bytes, n, draw_number(seed, n));
    uint8_t *line = malloc(end - from + 1);
    if (line == NULL)
        return n;
    size_t n_line = end - from;
    memcpy(line, bytes + from, n_line);
    unsigned what = draw_number(seed, 3);
    if (what < 2 && (to <= from || to >= end)) // copied, or moved
        n = replace(bytes, n, most, to, 0, line, n_line);
    if (what > 0 && from >= to)
        from += what == 1 ? n_line : 0;
    if (what > 0 && from + n_line <= n)
        n = replace(bytes, n, most, from, n_line, "", 0);
    free(line);
    return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t most,
                               unsigned seed)
{
    unsigned random = seed;
    for (unsigned i = 0; i <= draw_number(&random, 3); i++)
        switch (n > 0 ? draw_number(&random, 8) : 0) {
        case 0:
            n = LLVMFuzzerMutate(bytes, n, most);
            break;
        case 1:
        case 2:
        case 3:
            n = change_lines(bytes, n, most, &random);
            break;
        default:
            n = change_number(bytes, n, most, &random);
        }
    return n;
}
