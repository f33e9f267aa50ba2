// memory.c -- what AddressSanitizer, UBSan and LeakSanitizer say becomes a
// report of the run.
//
// They print their report and end the process. They call these hooks before,
// with the thread still there; what they say is cut down to what a student
// needs and what stays the same from run to run: no addresses, no process
// numbers. The whole text goes to a file.
#define _GNU_SOURCE
#include "internal.h"

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

void __sanitizer_set_report_fd(void *fd) WEAK;
int __lsan_do_recoverable_leak_check(void) WEAK;
void __asan_set_error_report_callback(void (*callback)(const char *)) WEAK;
void __ubsan_get_current_report_data(const char **kind, const char **message,
                                     const char **file, unsigned *line,
                                     unsigned *column, char **address) WEAK;
void __ubsan_on_report(void);
const char *__asan_default_options(void);

// A bad address is AddressSanitizer's to report, also where a test runner
// (cmocka) would catch the signal: its jump leads back into the tests, which
// the run's own process would go on with.
const char *__asan_default_options(void)
{
    return "handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2";
}

enum { ROOM = 4000 };
static char places[ROOM];
static size_t n_places;
static int written_to = -1;

static const char *name_of(const char *path, const char *end)
{
    const char *name = path;
    for (const char *at = path; at < end; at++)
        if (*at == '/')
            name = at + 1;
    return name;
}

// Paths of this program are relative to its tree, those of a submission not.
static enum frame_kind kind_of(const char *path, size_t n)
{
    static const char *const harness[] = {
        "src/base/",    "src/wire/",    "src/trace/", "src/net/",
        "src/sandbox/", "src/harness/", "src/cli/",   "labs/",
    };
    if (n == 0 || path[0] == '(' || memmem(path, n, "libsanitizer", 12) ||
        (n > 8 && strncmp(path, "src/sim/", 8) == 0))
        return FRAME_NONE;
    for (size_t i = 0; i < sizeof harness / sizeof harness[0]; i++)
        if (strncmp(path, harness[i], strlen(harness[i])) == 0)
            return FRAME_HARNESS;
    return FRAME_PROGRAM;
}

// A place in a loaded object that has no name here, "(/proc/self/fd/5+0x1b2c)",
// is looked up later.
static bool add_mark(struct stack_text *stack, const char *line, size_t n)
{
    const char *from = memmem(line, n, "(/proc/self/fd/", 15);
    if (from == NULL)
        from = memmem(line, n, "(/memfd:", 8);
    const char *plus =
        from != NULL ? memchr(from, '+', n - (size_t)(from - line)) : NULL;
    char text[40];
    if (plus == NULL)
        return false;
    snprintf(text, sizeof text, "{+0x%lx}", strtoul(plus + 1, NULL, 16));
    sim_stack_add(stack, text, FRAME_PROGRAM);
    return true;
}

// "    #3 0x55d0 in take src/raft/apply.c:17" becomes "take at apply.c:17".
static void add_frame(struct stack_text *stack, const char *line, size_t n)
{
    const char *name = memmem(line, n, " in ", 4), *end = line + n;
    if (add_mark(stack, line, n) || name == NULL)
        return;
    name += 4;
    const char *blank = memchr(name, ' ', (size_t)(end - name));
    char text[200];
    if (blank == NULL)
        return;
    const char *path = blank + 1, *file = name_of(path, end);
    snprintf(text, sizeof text, "%.*s at %.*s", (int)(blank - name), name,
             (int)(end - file), file);
    sim_stack_add(stack, text, kind_of(path, (size_t)(end - path)));
}

static void add(const char *text, size_t n)
{
    if (n_places + n + 4 >= ROOM)
        return;
    n_places += (size_t)snprintf(places + n_places, ROOM - n_places, "\n  %.*s",
                                 (int)n, text);
}

// The heading of a backtrace, in our words; its length there in *n.
static const char *heading(const char *line, size_t n, char words[120])
{
    static const char *const headings[][2] = {
        {"freed by", "it was freed in"},
        {"previously allocated by", "it was allocated in"},
        {"allocated by", "it was allocated in"},
        {"READ of size ", "read of "},
        {"WRITE of size ", "write of "},
    };
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        size_t length = strlen(headings[i][0]);
        if (n < length || strncmp(line, headings[i][0], length) != 0)
            continue;
        if (i < 3)
            return headings[i][1];
        int bytes = atoi(line + length);
        snprintf(words, 120, "%s%d byte%s in", headings[i][1], bytes,
                 bytes == 1 ? "" : "s");
        return words;
    }
    return NULL;
}

// Where the block is: "0x... is located 16 bytes inside of 19-byte region".
static bool put_location(const char *line, size_t n)
{
    const char *at = memmem(line, n, " is located ", 12);
    const char *end = memmem(line, n, " region", 7);
    if (at == NULL || end == NULL || end < at)
        return false;
    char text[120];
    snprintf(text, sizeof text, "the place is %.*s block", (int)(end - at - 12),
             at + 12);
    add(text, strlen(text));
    return true;
}

// The backtraces of a report, each under its heading: of the access, of the
// free, of the allocation.
static void digest(const char *report)
{
    static struct stack_text stack;
    bool begun = false;
    n_places = 0;
    places[0] = '\0';
    while (*report != '\0') {
        size_t n = strcspn(report, "\n");
        char words[120];
        const char *text = heading(report, n, words);
        bool frame = n > 5 && strncmp(report, "    #", 5) == 0;
        if (begun && !frame) {
            n_places += sim_stack_end(&stack);
            begun = false;
        }
        if (n > 7 && strncmp(report, "SUMMARY", 7) == 0)
            return;
        if (frame && !begun) {
            sim_stack_begin(&stack, places + n_places, ROOM - n_places);
            begun = true;
        }
        if (frame)
            add_frame(&stack, report, n);
        else if (text != NULL)
            add(text, strlen(text));
        else
            put_location(report, n);
        report += n + (report[n] == '\n');
    }
    if (begun)
        n_places += sim_stack_end(&stack);
}

// What a thread did, by the sanitizer's name of the error.
static const char *deed(const char *kind)
{
    static const char *const deeds[][2] = {
        {"heap-use-after-free", "uses memory after it was freed"},
        {"stack-overflow", "used up its stack: a stack overflow (does a "
                           "function call itself for ever?)"},
        {"heap-buffer-overflow", "goes past the end of a block of memory"},
        {"stack-buffer-overflow", "goes past the end of a local variable"},
        {"global-buffer-overflow", "goes past the end of a global variable"},
        {"stack-use-after", "uses a local variable that is gone"},
        {"double-free", "frees memory a second time"},
        {"SEGV on unknown address 0x0000000000", "uses a NULL pointer"},
        {"SEGV", "uses an address where no memory is"},
        {"null-pointer-use", "uses a NULL pointer"},
        {"signed-integer-overflow", "overflows a signed integer"},
        {"out-of-bounds", "goes past the end of an array"},
    };
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (strstr(kind, deeds[i][0]) != NULL)
            return deeds[i][1];
    return "does what C does not allow";
}

// "ERROR: AddressSanitizer: heap-use-after-free on address 0x..."
static void on_error(const char *report)
{
    char kind[160] = "a memory error", what[300];
    const char *error = strstr(report, "ERROR: ");
    if (error != NULL)
        snprintf(kind, sizeof kind, "%.*s", (int)strcspn(error + 7, "\n"),
                 error + 7);
    const char *words = deed(kind);
    bool overflow = strstr(kind, "stack-overflow") != NULL;
    kind[strcspn(kind, "(")] = '\0';
    char *address = strstr(kind, " on ");
    if (address == NULL)
        address = strstr(kind, " 0x");
    if (address != NULL)
        *address = '\0';
    snprintf(what, sizeof what, "%s (%s)", words, kind);
    digest(report);
    sim_report_memory(overflow ? SIM_STACK : SIM_MEMORY, what, places);
}

void __ubsan_on_report(void)
{
    enum { DEEPEST = 40 };
    const char *kind = "", *message = "", *file = "";
    unsigned line = 0, column = 0;
    char *address = NULL, what[300];
    void *stack[DEEPEST];
    if (__ubsan_get_current_report_data == NULL)
        return;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column,
                                    &address);
    const char *name = name_of(file, file + strlen(file));
    // Without the address, which differs from run to run.
    const char *at = strstr(message, " 0x");
    snprintf(what, sizeof what, "%s at %.60s:%u: %.*s (UBSan: %.60s)",
             deed(kind), name, line,
             (int)(at != NULL ? at - message : (long)strlen(message)), message,
             kind);
    n_places = 0;
    add("in", 2);
    n_places += sim_put_stack(places + n_places, ROOM - n_places, stack,
                              backtrace(stack, DEEPEST), false);
    sim_report_memory(SIM_MEMORY, what, places);
}

void sim_watch_memory(void)
{
    if (__asan_set_error_report_callback != NULL)
        __asan_set_error_report_callback(on_error);
}

bool sim_is_sanitized(void)
{
    return __sanitizer_set_report_fd != NULL;
}

bool sim_sanitizers_write_to(int fd)
{
    if (!sim_is_sanitized())
        return false;
    written_to = fd;
    __sanitizer_set_report_fd((void *)(intptr_t)fd);
    return true;
}

// "Direct leak of 171 byte(s) in 9 object(s) allocated from:", and a stack.
void sim_digest_leaks(char *report, char *text, size_t n)
{
    long bytes = 0, blocks = 0;
    const char *first = NULL;
    for (char *at = report; (at = strstr(at, " leak of ")) != NULL; at++) {
        long these = strtol(at + 9, NULL, 10);
        const char *in = strstr(at, " in ");
        bytes += these;
        blocks += in != NULL ? strtol(in + 4, NULL, 10) : 0;
        first = first == NULL ? at : first;
    }
    const char *stack = first != NULL ? strchr(first, '\n') : NULL;
    char *end = stack != NULL ? strstr(stack, "\n\n") : NULL;
    if (end != NULL)
        *end = '\0';
    digest(stack != NULL ? stack + 1 : "");
    snprintf(text, n,
             "%ld byte%s in %ld block%s were not freed when the servers had "
             "ended; the first %s allocated in%s",
             bytes, bytes == 1 ? "" : "s", blocks, blocks == 1 ? "" : "s",
             blocks == 1 ? "was" : "of them were", places);
}

bool sim_leaks(char *text, size_t n)
{
    enum { REPORT = 64 * 1024 };
    static char report[REPORT];
    if (__lsan_do_recoverable_leak_check == NULL ||
        __lsan_do_recoverable_leak_check() == 0)
        return false;
    ssize_t size =
        written_to >= 0 ? pread(written_to, report, REPORT - 1, 0) : 0;
    report[size > 0 ? size : 0] = '\0';
    sim_digest_leaks(report, text, n);
    if (size <= 0)
        snprintf(text, n, "Memory was not freed when the servers had ended.");
    return true;
}
