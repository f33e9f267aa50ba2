// account.c -- see account.h.
#include "account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"
#include "base/version.h"
#include "trace/fields.h"

void account_begin(struct account *account, FILE *out, bool torn,
                   const char *path, int n_servers, bool members_change)
{
    char name[60], quoted[400];
    const char *slash = strrchr(path, '/');
    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : path);
    trace_quote(name, quoted, sizeof quoted);
    *account = (struct account){.out = out};
    fprintf(out,
            "{\"ev\":\"trace\",\"v\":1,\"scenario\":%s,\"seed\":\"0x0\","
            "\"servers\":%d,\"mode\":\"real\",\"glassraft\":\"%s\"%s}\n",
            quoted, n_servers, GLASSRAFT_VERSION,
            members_change ? ",\"members\":\"change\"" : "");
    if (!torn)
        return;
    account->n = account->n_events = 1;
    account_hole(account);
    fputs("{\"n\":1,\"us\":0,\"ev\":\"note\",\"topic\":\"import\",\"text\":"
          "\"lines that were not understood, or prove no event, left holes in"
          " the numbers of events\"}\n",
          out);
}

static void tell_head(struct account *account, uint64_t us, int node, int inc,
                      const char *kind)
{
    account->n++;
    account->n_events++;
    account->us = us > account->us ? us : account->us;
    fprintf(account->out, "{\"n\":%" PRIu64 ",\"us\":%" PRIu64, account->n,
            account->us);
    if (node != TRACE_NONE)
        fprintf(account->out, ",\"node\":%d", node);
    if (inc > 0)
        fprintf(account->out, ",\"inc\":%d", inc);
    fprintf(account->out, ",\"ev\":\"%s\"", kind);
}

void account_tell_bare(struct account *account, uint64_t us, int node, int inc,
                       const char *kind)
{
    tell_head(account, us, node, inc, kind);
    fputs("}\n", account->out);
}

uint64_t account_tell(struct account *account, uint64_t us, int node, int inc,
                      const char *kind, uint64_t cause, const char *format, ...)
{
    va_list args;
    tell_head(account, us, node, inc, kind);
    fputc(',', account->out);
    va_start(args, format);
    vfprintf(account->out, format, args);
    va_end(args);
    if (cause > 0)
        fprintf(account->out, ",\"cause\":%" PRIu64, cause);
    fputs("}\n", account->out);
    return account->n;
}

void account_hole(struct account *account)
{
    account->n++;
    account->n_holes++;
}

void account_note(struct account *account, uint64_t us, int node, int inc,
                  const char *topic, const char *text)
{
    char words[400], head[80], quoted[2500], quoted_head[500];
    snprintf(words, sizeof words, "%s", text);
    snprintf(head, sizeof head, "%s", topic);
    trace_quote(words, quoted, sizeof quoted);
    trace_quote(head, quoted_head, sizeof quoted_head);
    account_tell(account, us, node, inc, "note", 0, "\"topic\":%s,\"text\":%s",
                 quoted_head, quoted);
}

// ------------------------------------------------------------------- lines

bool account_fail(struct account_lines *lines, const char *format, ...)
{
    va_list args;
    int n = snprintf(lines->error, lines->n_error, "%s:%zu: ", lines->path,
                     lines->number);
    lines->failed = true;
    va_start(args, format);
    char what[300];
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < lines->n_error) // it may quote a stranger's bytes
        text_clean(what, lines->error + n, lines->n_error - (size_t)n);
    return false;
}

bool account_open(struct account_lines *lines, const char *path, char *error,
                  size_t n_error)
{
    *lines = (struct account_lines){
        .path = path, .error = error, .n_error = n_error};
    lines->in = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (lines->in == NULL) {
        snprintf(error, n_error, "%s: %s", path, strerror(errno));
        return false;
    }
    lines->text = must_malloc(IMPORT_LINE + 2);
    return true;
}

bool account_line(struct account_lines *lines)
{
    if (fgets(lines->text, IMPORT_LINE + 2, lines->in) == NULL) {
        if (ferror(lines->in)) {
            lines->failed = true;
            snprintf(lines->error, lines->n_error, "%s: %s", lines->path,
                     strerror(errno));
        }
        return false;
    }
    lines->number++;
    size_t n = strcspn(lines->text, "\n");
    if (n > IMPORT_LINE)
        return account_fail(lines, "a line of more than %d bytes", IMPORT_LINE);
    if (lines->number > IMPORT_LINES)
        return account_fail(lines, "more than %d lines; import a part",
                            IMPORT_LINES);
    lines->text[n] = '\0';
    if (n > 0 && lines->text[n - 1] == '\r')
        lines->text[n - 1] = '\0';
    return true;
}

void account_close(struct account_lines *lines)
{
    if (lines->in != NULL && lines->in != stdin)
        fclose(lines->in);
    free(lines->text);
}
