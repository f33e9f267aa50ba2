// page.c -- the page: one HTML file in which a browser shows a run.
//
// The files of viz/page/ are put together when Glassraft is built (`assemble`
// there); what is left to do is to put in the colours and the lines of the
// trace, untouched but for what could end the script element they stand in,
// and marks that would turn the direction of what is shown.
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/plain.h"
#include "base/text.h"
#include "check/findings.h"
#include "replay/model.h"
#include "trace/scan.h"
#include "viz/draw/paint.h"
#include "viz/draw/viz.h"
#include "page_story.h"
#include "parts.h"

// page_data.S: the assembled page, with @paint@ and @trace@ in it.
extern const char page_data[];

enum { MOST_EVENTS = 200000, MOST_BYTES = 120000000 };

struct line {
    const char *at;
    size_t n_bytes;
    uint64_t n; // of its event
};

struct page {
    const char *path;
    char *text; // the whole file
    size_t n_bytes;
    struct line header, *line; // the events
    size_t n_lines, room, first, end;
};

static bool fail(char *error, size_t n_error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(char *error, size_t n_error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error, n_error, format, args);
    va_end(args);
    return false;
}

// ------------------------------------------------------------------ the lines

static bool read_file(struct page *page)
{
    FILE *file = fopen(trace_file_behind(page->path), "rb");
    if (file == NULL)
        return false;
    size_t room = 1 << 16, n = 0, got;
    char *text = must_calloc(room, 1);
    while ((got = fread(text + n, 1, room - n, file)) > 0) {
        n += got;
        if (n == room)
            text = must_realloc(text, room *= 2);
    }
    text[n] = '\0';
    bool good = !ferror(file);
    int why = errno;
    fclose(file);
    errno = why;
    plain_escapes(text, n);
    page->text = text;
    page->n_bytes = n;
    return good;
}

// The number and kind of a line's event. The verdict has no number, it is
// behind all others.
static bool head_of(const struct line *line, struct scan_head *head,
                    uint64_t last)
{
    if (scan_head(line->at, head))
        return true;
    cJSON *root = cJSON_ParseWithLength(line->at, line->n_bytes);
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(root, "n");
    const char *ev =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "ev"));
    bool good = ev != NULL;
    if (good) {
        head->kind = scan_kind(ev, strlen(ev));
        head->n = cJSON_IsNumber(n) ? text_whole(n->valuedouble) : last + 1;
    }
    cJSON_Delete(root);
    return good;
}

static void add_line(struct page *page, struct line line)
{
    page->line =
        must_grow(page->line, page->n_lines, &page->room, sizeof *page->line);
    page->line[page->n_lines++] = line;
}

// All events, without keyframes; up to the first line that is none.
static void find_lines(struct page *page)
{
    const char *at = page->text, *end = page->text + page->n_bytes;
    uint64_t last = 0;
    while (at < end) {
        const char *close = memchr(at, '\n', (size_t)(end - at));
        size_t n_bytes = (size_t)((close != NULL ? close : end) - at);
        struct line line = {at, n_bytes, 0};
        struct scan_head head;
        if (page->header.at == NULL)
            page->header = line;
        else if (n_bytes > 0) {
            if (!head_of(&line, &head, last))
                return;
            line.n = last = head.n;
            if (head.kind != TRACE_STATE)
                add_line(page, line);
        }
        at += n_bytes + 1;
    }
}

// ----------------------------------------------------------------- the window

static size_t bytes_between(const struct page *page, size_t first, size_t end)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++)
        n += page->line[i].n_bytes + 1;
    return n;
}

static void choose_lines(struct page *page, const struct viz_window *window)
{
    page->end = page->n_lines;
    for (size_t i = 0; window != NULL && i < page->n_lines; i++) {
        if (page->line[i].n < window->first)
            page->first = i + 1;
        if (window->last > 0 && page->line[i].n > window->last) {
            page->end = i;
            break;
        }
    }
}

// Leaves as many of the last events as a browser takes well.
static void keep_the_end(struct page *page)
{
    size_t n_bytes = 0;
    size_t i = page->end;
    while (i > page->first && page->end - i < MOST_EVENTS &&
           (n_bytes += page->line[i - 1].n_bytes + 1) <= MOST_BYTES)
        i--;
    page->first = i;
}

static bool check_size(const struct page *page, char *error, size_t n)
{
    size_t n_events = page->end - page->first;
    size_t n_bytes = bytes_between(page, page->first, page->end);
    if (n_events <= MOST_EVENTS && n_bytes <= MOST_BYTES)
        return true;
    return fail(error, n,
                "%s: %zu events, %.1f MB: a page shows at most %d events and"
                " %d MB; choose a part with --from and --to, --around, --term,"
                " --act, --finding or --last %d",
                page->path, n_events, (double)n_bytes / 1e6, MOST_EVENTS,
                MOST_BYTES / 1000000, MOST_EVENTS / 2);
}

// ----------------------------------------------------------------- the writing

// `<` followed by backslashes and `/` or `!` gets one backslash more, which
// unescape_trace() of run.js takes away: neither `</script` nor `<!--` is
// left. A bare CR, which may stand between the tokens of JSON, would come out
// of the browser's parser as the end of a line.
void page_put_escaped(FILE *out, const char *at, size_t n)
{
    const char *end = n > 0 ? at + n : at; // an empty text may be NULL
    while (at < end) {
        const char *stop = at;
        while (stop < end && *stop != '<' && *stop != '\r')
            stop++;
        fwrite(at, 1, (size_t)(stop - at), out);
        if (stop == end)
            return;
        fputc(*stop == '\r' ? ' ' : *stop, out);
        at = stop + 1;
        const char *behind = at;
        while (behind < end && *behind == '\\')
            behind++;
        if (*stop == '<' && behind < end && (*behind == '/' || *behind == '!'))
            fputc('\\', out);
    }
}

static void put_line(FILE *out, const struct line *line)
{
    page_put_escaped(out, line->at, line->n_bytes);
    fputc('\n', out);
}

static bool is_on_its_way(const struct model *model, uint64_t n)
{
    for (size_t i = 0; i < model->n_flights; i++)
        if (model->flight[i].sent_n == n)
            return true;
    return false;
}

// What a window must be told of what lies before it: the messages on their
// way, as they were sent, and the state of the cluster.
static bool put_before(FILE *out, const struct page *page, char *error,
                       size_t n_error)
{
    struct trace_file trace;
    struct model model;
    const struct trace_part part = {.first = page->line[page->first].n,
                                    .last = page->line[page->first].n};
    if (!trace_load_part(&trace, page->path, &part))
        return fail(error, n_error, "%s", trace.error);
    if (trace.keyframe == NULL || !model_restore(&model, trace.keyframe))
        model_init(&model, trace.header.n_servers);
    for (size_t i = 0; i < trace.n_events && trace.event[i].n < part.first; i++)
        model_step(&model, &trace.event[i]);
    for (size_t i = 0; i < page->first; i++)
        if (is_on_its_way(&model, page->line[i].n))
            put_line(out, &page->line[i]);
    char *json = model_json(&model);
    fprintf(out,
            "{\"n\":%" PRIu64 ",\"us\":%" PRIu64 ",\"ev\":\"state\","
            "\"model\":",
            model.n, model.us);
    page_put_escaped(out, json, strlen(json));
    fputs("}\n", out);
    free(json);
    model_free(&model);
    trace_unload(&trace);
    return true;
}

// A browser takes a text of up to 64 KB in one piece; with such elements it is
// done in half the time.
enum { ELEMENT_BYTES = 60000 };

static bool put_trace(FILE *out, const struct page *page, char *error,
                      size_t n_error)
{
    size_t n_bytes = 0;
    put_line(out, &page->header);
    if (page->first > 0 && page->first < page->end &&
        !put_before(out, page, error, n_error))
        return false;
    for (size_t i = page->first; i < page->end; i++) {
        put_line(out, &page->line[i]);
        n_bytes += page->line[i].n_bytes;
        if (n_bytes < ELEMENT_BYTES)
            continue;
        n_bytes = 0;
        fputs("</script>\n<script type=\"application/x-ndjson\">\n", out);
    }
    return true;
}

void page_put_paint(FILE *out, const char *trace, bool heartbeats)
{
    cJSON *path = cJSON_CreateString(trace);
    char *text = cJSON_PrintUnformatted(path);
    fputs("{\"trace\":", out);
    page_put_escaped(out, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(path);
    fprintf(out,
            ",\"heartbeats\":%s,\"ink\":\"" PAINT_INK
            "\",\"quiet\":\"" PAINT_QUIET "\",\"faint\":\"" PAINT_FAINT
            "\",\"fault\":\"" PAINT_FAULT "\",\"terms\":[",
            heartbeats ? "true" : "false");
    for (uint64_t term = 0; term <= 6; term++)
        fprintf(out, "%s[\"%s\",\"%s\",\"%s\"]", term > 0 ? "," : "",
                paint_term(term), paint_line(term), paint_text(term));
    fputs("],\"headlines\":{", out);
    for (int i = 1; i < N_FINDINGS; i++) {
        const char *id = finding_id((enum finding)i);
        fprintf(out, "%s\"%s\":\"%s\"", i > 1 ? "," : "", id,
                finding_headline(id));
    }
    fputs("}}", out);
}

void page_put_until(FILE *out, const char **at, const char *mark)
{
    const char *stop = strstr(*at, mark);
    if (stop == NULL)
        die("the page has no %s", mark);
    fwrite(*at, 1, (size_t)(stop - *at), out);
    *at = stop + strlen(mark);
}

static void put_stories(FILE *out, const struct page *page)
{
    bool some = page->end > page->first;
    uint64_t first = some ? page->line[page->first].n : 1;
    uint64_t last = some ? page->line[page->end - 1].n : 0;
    char *text = page_story(page->path, first, last);
    page_put_escaped(out, text, strlen(text));
    cJSON_free(text);
}

static bool put_page(FILE *out, const struct page *page, bool heartbeats,
                     char *error, size_t n_error)
{
    const char *at = page_data;
    page_put_until(out, &at, "@paint@");
    page_put_paint(out, page->path, heartbeats);
    page_put_until(out, &at, "@stories@");
    put_stories(out, page);
    page_put_until(out, &at, "@trace@\n");
    if (!put_trace(out, page, error, n_error))
        return false;
    fputs(at, out);
    return true;
}

bool viz_page(FILE *out, const char *path, const struct viz_window *window,
              bool fit, char *error, size_t n_error)
{
    struct page page = {.path = path};
    bool good = read_file(&page);
    if (!good)
        fail(error, n_error, "%s: %s", path, strerror(errno));
    if (good) {
        find_lines(&page);
        choose_lines(&page, window);
        if (fit)
            keep_the_end(&page);
        good = check_size(&page, error, n_error) &&
               put_page(out, &page, window != NULL && window->heartbeats, error,
                        n_error);
    }
    free(page.text);
    free(page.line);
    return good;
}
