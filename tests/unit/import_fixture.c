// import_fixture.c -- see import_fixture.h.
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"
#include "import_fixture.h"

char trace[1 << 20], error[400];
struct import_tally tally;

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

bool import_text(bool dslogs, const char *text, const char *patterns)
{
    char path[] = "/tmp/import-XXXXXX", table[] = "/tmp/patterns-XXXXXX";
    close(mkstemp(path));
    close(mkstemp(table));
    put(path, text);
    put(table, patterns != NULL ? patterns : "");
    memset(trace, 0, sizeof trace);
    error[0] = '\0';
    FILE *out = fmemopen(trace, sizeof trace - 1, "w");
    bool good = dslogs ? import_dslogs(path, patterns != NULL ? table : NULL,
                                       out, &tally, error, sizeof error)
                       : import_etcd(path, out, &tally, error, sizeof error);
    fclose(out);
    unlink(path);
    unlink(table);
    return good;
}

void says(const char *part)
{
    if (strstr(trace, part) == NULL)
        fail_msg("no %s in\n%s", part, trace);
}

void says_not(const char *part)
{
    if (strstr(trace, part) != NULL)
        fail_msg("%s in\n%s", part, trace);
}

const char *finding(void)
{
    static char name[64];
    name[0] = '\0';
    struct trace_reader *reader =
        trace_open_memory("t", trace, strlen(trace), error, sizeof error);
    assert_non_null(reader);
    struct check *check = check_make(trace_reader_header(reader)->n_servers);
    check_untimed(check);
    if (trace_reader_header(reader)->members_change)
        check_members_change(check);
    struct trace_event event;
    enum trace_status status;
    while ((status = trace_read(reader, &event)) == TRACE_OK && name[0] == '\0')
        if (!check_step(check, &event))
            snprintf(name, sizeof name, "%s", check_finding(check)->property);
    assert_int_not_equal(status, TRACE_BAD);
    const struct check_finding *last = check_clients(check, 0);
    if (name[0] == '\0' && last != NULL)
        snprintf(name, sizeof name, "%s", last->property);
    check_free(check);
    trace_close(reader);
    return name;
}
