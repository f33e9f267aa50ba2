// mermaid.c -- a few messages as a Mermaid sequence diagram, for Markdown.
//
// Mermaid draws no slanted arrows: a message stands where it arrives, or where
// it is lost; one that is still on its way at the end stands where it was sent.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "export.h"
#include "viz/draw/scene.h"

struct diagram {
    const struct viz_window *window;
    struct scene scene;
    int n_servers;
    FILE *out;
};

// A row: a message, a run of rounds, or else an event.
struct row {
    uint64_t n;
    const struct scene_message *message;
    const struct scene_fold *fold;
    const struct trace_event *event;
};

static int by_number(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return x->n < y->n ? -1 : x->n > y->n;
}

// Mermaid has no quotes: what is no plain text stands as "#number;".
static void put_text(FILE *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0';
         c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        bool digit = *c >= '0' && *c <= '9';
        if (letter || digit || strchr(" .,_=+-()[]/@'!?", *c) != NULL) {
            fputc(*c, out);
            continue;
        }
        unsigned point = *c;
        int more = point >= 0xF0   ? 3
                   : point >= 0xE0 ? 2
                   : point >= 0xC0 ? 1
                                   : 0;
        point &= more > 0 ? 0x3Fu >> more : 0x7Fu;
        for (; more > 0 && (c[1] & 0xC0) == 0x80; more--)
            point = point << 6 | (*++c & 0x3Fu);
        fprintf(out, "#%u;", point < ' ' ? ' ' : point);
    }
}

// The servers that a note stands over; all of them for server < 0.
static void begin_note(struct diagram *d, int server)
{
    fputs("    Note over ", d->out);
    if (server >= 0)
        fprintf(d->out, "S%d: ", server + 1);
    else if (d->n_servers > 1)
        fprintf(d->out, "S1,S%d: ", d->n_servers);
    else
        fputs("S1: ", d->out);
}

static void put_message(struct diagram *d, const struct scene_message *m)
{
    bool arrived = m->received != NULL && !m->lost;
    const char *arrow = m->lost    ? m->reply ? "--x" : "-x"
                        : !arrived ? m->reply ? "--)" : "-)"
                        : m->reply ? "-->>"
                                   : "->>";
    fprintf(d->out, "    S%d%sS%d: ", m->from + 1, arrow, m->to + 1);
    if (m->reply)
        fputs(m->yes ? "yes" : m->no ? "no" : "answer", d->out);
    else
        put_text(d->out, m->rpc);
    if (m->last > 0 && !m->reply && m->first == m->last)
        fprintf(d->out, " entry %" PRIu64, m->first);
    else if (m->last > 0 && !m->reply)
        fprintf(d->out, " entries %" PRIu64 " to %" PRIu64, m->first, m->last);
    fprintf(d->out, ", term %" PRIu64, m->term);
    if (m->n_retries > 0)
        fprintf(d->out, ", sent %d times", m->n_retries + 1);
    if (m->lost && m->why != NULL) {
        fputs(", ", d->out);
        put_text(d->out, m->why);
    } else if (!arrived)
        fputs(", on its way", d->out);
    fputc('\n', d->out);
}

static bool is_noted(const struct diagram *d, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_TIMEOUT:
    case TRACE_ROLE:
    case TRACE_COMMIT:
    case TRACE_TRUNCATE:
    case TRACE_INSTALL:
    case TRACE_CRASH:
    case TRACE_RESTART:
    case TRACE_PAUSE:
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
        return event->node >= 0 && event->node < d->n_servers;
    case TRACE_START:
        return event->ok && event->node >= 0 && event->node < d->n_servers;
    case TRACE_PARTITION:
    case TRACE_HEAL:
    case TRACE_ACT:
    case TRACE_FINDING:
        return true;
    default:
        return false;
    }
}

static void put_note(struct diagram *d, const struct trace_event *e)
{
    char line[EXPORT_LINE];
    begin_note(d, export_node(d->scene.trace, e));
    switch (e->kind) {
    case TRACE_TIMEOUT:
        fprintf(d->out, "times out in term %" PRIu64, e->term);
        break;
    case TRACE_ROLE:
        fprintf(d->out, "%s of term %" PRIu64, trace_role_name(e->to_role),
                e->term);
        break;
    case TRACE_COMMIT:
        fprintf(d->out, "commit_index %" PRIu64, e->to);
        break;
    case TRACE_START:
        fputs("client ", d->out);
        put_text(d->out, e->command != NULL ? e->command : "");
        fprintf(d->out, " at %" PRIu64, e->index);
        break;
    case TRACE_TRUNCATE:
        fprintf(d->out, "entries from %" PRIu64 " on go", e->index);
        break;
    case TRACE_INSTALL:
        fprintf(d->out, "snapshot up to %" PRIu64 " installed", e->index);
        break;
    case TRACE_ACT:
        put_text(d->out, e->text != NULL ? e->text : "");
        break;
    default:
        export_line(e, line, sizeof line);
        put_text(d->out, line);
        break;
    }
    fputc('\n', d->out);
}

// A follower's commit_index follows its leader's, and needs no note.
static bool leads(const struct model *model, const struct trace_event *event)
{
    return model->server[event->node].role == TRACE_LEADER;
}

static void add_events(const struct diagram *d, struct row *row, size_t *n)
{
    const struct scene *scene = &d->scene;
    struct model model;
    model_copy(&model, &scene->before);
    for (size_t i = scene->begin; i < scene->end; i++) {
        const struct trace_event *event = &scene->trace->event[i];
        bool noted = is_noted(d, event) && !scene->folded[i - scene->begin] &&
                     viz_shows(&d->window->filter, event);
        if (noted && (event->kind != TRACE_COMMIT || leads(&model, event)))
            row[(*n)++] = (struct row){.n = event->n, .event = event};
        model_step(&model, event);
    }
    model_free(&model);
}

// The rows in their order; *n gets their number. To be freed.
static struct row *make_rows(const struct diagram *d, size_t *n)
{
    const struct scene *scene = &d->scene;
    struct row *row = must_calloc(scene->end - scene->begin +
                                      scene->n_messages + scene->n_folds + 1,
                                  sizeof *row);
    *n = 0;
    for (size_t i = 0; i < scene->n_messages; i++) {
        const struct scene_message *m = &scene->message[i];
        const struct trace_event *at =
            m->received != NULL ? m->received : m->sent;
        if (m->fate == SCENE_DRAWN && at != NULL)
            row[(*n)++] = (struct row){.n = at->n, .message = m};
    }
    for (size_t i = 0; i < scene->n_folds; i++)
        row[(*n)++] =
            (struct row){.n = scene->trace->event[scene->fold[i].first].n,
                         .fold = &scene->fold[i]};
    add_events(d, row, n);
    qsort(row, *n, sizeof *row, by_number);
    return row;
}

static void put_fold(struct diagram *d, const struct scene_fold *fold)
{
    begin_note(d, TRACE_NONE);
    char said[100];
    fprintf(d->out, "%zu round%s, %zu message%s: %s\n", fold->n_rounds,
            fold->n_rounds == 1 ? "" : "s", fold->n_messages,
            fold->n_messages == 1 ? "" : "s",
            scene_say_fold(fold, said, sizeof said));
}

static void draw(struct diagram *d)
{
    size_t n;
    struct row *row = make_rows(d, &n);
    fputs("sequenceDiagram\n", d->out);
    for (int s = 0; s < d->n_servers; s++)
        fprintf(d->out, "    participant S%d\n", s + 1);
    for (size_t i = 0; i < n; i++)
        if (row[i].message != NULL)
            put_message(d, row[i].message);
        else if (row[i].fold != NULL)
            put_fold(d, row[i].fold);
        else
            put_note(d, row[i].event);
    size_t n_folded = d->scene.n_fate[SCENE_HEARTBEAT];
    if (n_folded > 0) {
        begin_note(d, TRACE_NONE);
        fprintf(d->out, "%zu heartbeat%s not shown\n", n_folded,
                n_folded == 1 ? " is" : "s are");
    }
    free(row);
}

size_t viz_mermaid(const struct trace_file *trace,
                   const struct viz_window *window, FILE *out)
{
    struct diagram d = {
        .window = window, .n_servers = trace->header.n_servers, .out = out};
    struct viz_window all = *window;
    all.most = INT32_MAX;
    scene_make(&d.scene, trace, &all);
    size_t n_shown = d.scene.n_fate[SCENE_DRAWN];
    if (n_shown <= VIZ_MERMAID_MOST)
        draw(&d);
    scene_free(&d.scene);
    return n_shown;
}
