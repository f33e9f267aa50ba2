// printed.c -- see printed.h.
#include "printed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/findings.h"
#include "sim/sim.h"
#include "base/die.h"
#include "base/save.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

enum { MOST = 4 << 20 };

static bool wants_raw(void)
{
    const char *how = getenv("GLASSRAFT_SANITIZER");
    return how != NULL && strcmp(how, "raw") == 0;
}

bool printed_is_kept(const struct lab_run *run)
{
    return !run->shown || run->quiet || (sanitized && !wants_raw());
}

// Where a sanitizer begins to speak; the end when none does.
static char *begin_of_report(char *text)
{
    static const char *const marks[] = {
        "==================\nWARNING: ThreadSanitizer",
        "=====================================================\n==",
        "AddressSanitizer:DEADLYSIGNAL", "WARNING: ThreadSanitizer"};
    char *first = text + strlen(text);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        char *at = sanitized ? strstr(text, marks[i]) : NULL;
        if (at != NULL && at < first)
            first = at;
    }
    while (first > text && (first[-1] == '=' || first[-1] == '\n') &&
           *first != '\0')
        first--;
    return first;
}

static char *read_all(int fd)
{
    char *text = must_malloc(MOST + 1);
    size_t n = 0;
    for (ssize_t now = 1; now > 0 && n < MOST; n += (size_t)now) {
        now = pread(fd, text + n, MOST - n, (off_t)n);
        now = now > 0 ? now : 0;
    }
    text[n] = '\0';
    return text;
}

void printed_take(int fd, const struct lab_run *run, struct lab_result *result)
{
    char *text = read_all(fd), *report = begin_of_report(text);
    size_t n_own = (size_t)(report - text);
    // A sanitizer's own report has process numbers and folders in it; what it
    // found is in the result.
    if (run->shown && !run->quiet)
        fwrite(text, 1, n_own, stderr);
    snprintf(result->printed, sizeof result->printed, "%.*s",
             (int)(n_own < sizeof result->printed ? n_own
                                                  : sizeof result->printed - 1),
             text);
    if (run->sanitizer != NULL && *report != '\0' &&
        !save_file(run->sanitizer, report, strlen(report)))
        fprintf(stderr, "glassraft: %s: %s\n", run->sanitizer, strerror(errno));
    if (finding_is(result->property, FINDING_LEAK) && *report != '\0')
        sim_digest_leaks(report, result->text, sizeof result->text);
    free(text);
}
