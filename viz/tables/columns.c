// columns.c -- a text column for each server: for grep, diff and terminals.
//
// In each line stands the state of every server after the event: role and
// term, "F2", "C3", "L3", "--" when it is down. Where the columns would be too
// narrow for words, the states stand together and the words behind them.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "viz/draw/paint.h"
#include "viz/draw/words.h"

enum {
    NUMBERS = 20,     // width of an event's number and time
    NARROW = 16,      // a column that holds no words
    WIDE = 26,        // one that holds all
    MOST_WAITING = 8, // folded events that wait for a line of their own
    TEXT = 400,
};

struct columns {
    struct scene scene;
    const struct trace_file *trace;
    const struct viz_window *window;
    const struct scene_message **message; // [position - begin]
    struct model model;
    FILE *out;
    bool coloured, narrow, unplugged[TRACE_MAX_SERVERS];
    int line;        // its width; 0 = as it comes
    int width;       // of a column
    int state_width; // of "F2"
    // Events that have no line: of heartbeats, and of messages that are lost
    // once more. n_waiting of them are not in a line of their own yet.
    size_t n_beats, n_retries, n_waiting_beats, n_waiting_retries;
    const struct scene_message **lost; // [from * n_servers + to], the last one
    size_t n_lines;
    // A row of equal requests to several servers that waits for more.
    const struct trace_event *sent;
    char request[TEXT];
};

// ------------------------------------------------------------------ one line

static void set_colour(const struct columns *c, const char *code)
{
    if (c->coloured)
        fprintf(c->out, "\033[%sm", code);
}

static void set_term(const struct columns *c, uint64_t term)
{
    if (c->coloured)
        fprintf(c->out, "\033[38;5;%dm", paint_terminal(term));
}

// Writes text in a cell of that many characters (0 = as many as it has), cut,
// or filled if more is to follow.
static void write_cell(const struct columns *c, const char *text, int width,
                       bool fill)
{
    int n = 0;
    const char *at = text;
    for (; *at != '\0' && (width == 0 || n < width); n++)
        do
            at++;
        while (((unsigned char)*at & 0xC0) == 0x80);
    bool cut = *at != '\0' && width > 1;
    while (cut && at > text && ((unsigned char)*--at & 0xC0) == 0x80)
        ;
    fprintf(c->out, "%.*s%s%*s", (int)(at - text), text, cut ? "…" : "",
            fill && width > n ? width - n : 0, "");
}

static void write_numbers(const struct columns *c, const struct trace_event *e)
{
    set_colour(c, "2");
    fprintf(c->out, "%7" PRIu64 " %10.1f  ", e->n, (double)e->us / 1000);
    set_colour(c, "0");
}

static void write_state(const struct columns *c, int server)
{
    const struct model_server *s = &c->model.server[server];
    char text[32] = "--";
    char role = s->role == TRACE_LEADER      ? 'L'
                : s->role == TRACE_CANDIDATE ? 'C'
                                             : 'F';
    if (s->up)
        snprintf(text, sizeof text, "%c%" PRIu64, role, s->term);
    if (s->up && s->role == TRACE_LEADER)
        set_colour(c, "1");
    set_term(c, s->up ? s->term : 0);
    write_cell(c, text, c->state_width, true);
    set_colour(c, "0");
}

static const char *colour_of(const struct trace_event *e)
{
    switch (e->kind) {
    case TRACE_CRASH:
    case TRACE_DISCONNECT:
    case TRACE_DROP:
    case TRACE_TRUNCATE:
    case TRACE_FINDING:
    case TRACE_PAUSE:
        return PAINT_TERMINAL_FAULT;
    case TRACE_ROLE:
    case TRACE_COMMIT:
    case TRACE_ACT:
        return "1";
    default:
        return "0";
    }
}

static void write_words(const struct columns *c, const struct trace_event *e,
                        const char *text, int width, bool fill)
{
    set_colour(c, colour_of(e));
    write_cell(c, text, width, fill);
    set_colour(c, "0");
}

static int last_shown(const struct columns *c)
{
    int last = c->model.n_servers - 1;
    while (last >= 0 && !viz_shows_server(&c->window->filter, last))
        last--;
    return last;
}

// A line in which `server` speaks.
static void write_line(struct columns *c, const struct trace_event *e,
                       int server, const char *text)
{
    char words[TEXT + 16];
    int last = c->narrow ? TRACE_NONE : last_shown(c);
    write_numbers(c, e);
    for (int i = 0; i < c->model.n_servers; i++) {
        if (!viz_shows_server(&c->window->filter, i))
            continue;
        write_state(c, i);
        if (c->narrow || i < last || i == server)
            fputc(' ', c->out);
        int width = c->width - c->state_width - 1;
        if (!c->narrow && i == server)
            write_words(c, e, text, width - 1, i < last);
        else if (!c->narrow && i < last)
            fprintf(c->out, "%*s", width, "");
        if (!c->narrow && i == server && i < last)
            fputc(' ', c->out);
    }
    snprintf(words, sizeof words, " S%d %s", server + 1, text);
    if (c->narrow)
        write_words(c, e, words, c->width, false);
    fputc('\n', c->out);
    c->n_lines++;
}

static void write_folded(struct columns *c)
{
    size_t beats = c->n_waiting_beats, retries = c->n_waiting_retries;
    c->n_waiting_beats = c->n_waiting_retries = 0;
    if (beats + retries == 0)
        return;
    set_colour(c, "2");
    fprintf(c->out, "%*s...", NUMBERS, "");
    if (beats > 0)
        fprintf(c->out, " heartbeats ×%zu", beats);
    if (retries > 0)
        fprintf(c->out, "%s lost again ×%zu", beats > 0 ? "," : "", retries);
    fputc('\n', c->out);
    set_colour(c, "0");
}

// Ends the row of equal requests.
static void write_sent(struct columns *c)
{
    const struct trace_event *e = c->sent;
    if (e == NULL)
        return;
    c->sent = NULL;
    write_line(c, e, e->node, c->request);
}

// ---------------------------------------------------------------- the events

// Is this the same request as the one that waits, to another server?
static bool join_sent(struct columns *c, const struct trace_event *e,
                      const struct scene_message *m)
{
    char what[80], other[80];
    if (c->sent == NULL || e->kind != TRACE_SEND || e->node != c->sent->node ||
        e->us > c->sent->us + 1000)
        return false;
    const struct scene_message *first =
        c->message[(size_t)(c->sent - c->trace->event) - c->scene.begin];
    say_request(e->rpc, m, what, sizeof what);
    say_request(c->sent->rpc, first, other, sizeof other);
    if (strcmp(what, other) != 0 ||
        (first != NULL && m != NULL && first->term != m->term))
        return false;
    size_t n = strlen(c->request);
    snprintf(c->request + n, sizeof c->request - n, " S%d",
             trace_endpoint(e->to) + 1);
    return true;
}

// Where the words of an event stand; a lost message where it was to arrive.
static int column_of(const struct columns *c, const struct trace_event *e)
{
    int at = e->kind == TRACE_DROP ? trace_endpoint(e->to) : e->node;
    return at >= 0 && at < c->model.n_servers ? at : TRACE_NONE;
}

// The harness plugs all servers in when it begins: no news.
static bool is_news(struct columns *c, const struct trace_event *e)
{
    if (e->kind != TRACE_CONNECT && e->kind != TRACE_DISCONNECT)
        return true;
    bool *unplugged = &c->unplugged[(unsigned)e->node % TRACE_MAX_SERVERS];
    bool news = e->kind == TRACE_DISCONNECT || *unplugged;
    *unplugged = e->kind == TRACE_DISCONNECT;
    return news;
}

// Has this message's like been lost on the same way before, without another
// one in between?
static bool is_lost_again(struct columns *c, const struct scene_message *m)
{
    int n = c->model.n_servers;
    if (m->from < 0 || m->from >= n || m->to < 0 || m->to >= n)
        return false;
    const struct scene_message **last = &c->lost[m->from * n + m->to];
    bool again = m->lost && *last != NULL && *last != m &&
                 (*last)->reply == m->reply && (*last)->term == m->term &&
                 (*last)->first == m->first && (*last)->last == m->last &&
                 strcmp((*last)->rpc, m->rpc) == 0;
    if (!again)
        *last = m->lost ? m : NULL;
    return again;
}

static bool fold(struct columns *c, const struct scene_message *m)
{
    if (m == NULL || c->window->heartbeats)
        return false;
    if (m->heartbeat) {
        c->n_beats++;
        c->n_waiting_beats++;
        return true;
    }
    if (!is_lost_again(c, m))
        return false;
    c->n_retries++;
    c->n_waiting_retries++;
    return true;
}

static void show(struct columns *c, size_t at)
{
    const struct trace_event *e = &c->trace->event[at];
    const struct scene_message *m = c->message[at - c->scene.begin];
    char text[TEXT];
    if (say_whole(e, text, sizeof text)) {
        write_sent(c);
        write_folded(c);
        write_numbers(c, e);
        write_words(c, e, text,
                    c->line > NUMBERS + NARROW ? c->line - NUMBERS : 0, false);
        fputc('\n', c->out);
        c->n_lines++;
        return;
    }
    int column = column_of(c, e);
    bool asked = c->window->filter.kinds != 0;
    if (column < 0 || !viz_shows_server(&c->window->filter, column) ||
        !is_news(c, e))
        return;
    if (fold(c, m))
        return;
    if (!say_event(e, m, text, sizeof text) && !asked)
        return;
    if (join_sent(c, e, m))
        return;
    write_sent(c);
    if (c->n_waiting_beats + c->n_waiting_retries >= MOST_WAITING)
        write_folded(c);
    if (e->kind == TRACE_SEND) {
        c->sent = e;
        memcpy(c->request, text, sizeof c->request);
    } else
        write_line(c, e, column, text);
}

// ------------------------------------------------------------------ the page

static void match_messages(struct columns *c)
{
    const struct trace_event *first = c->trace->event + c->scene.begin;
    const struct trace_event *end = c->trace->event + c->scene.end;
    c->message = must_calloc((size_t)(end - first) + 1, sizeof *c->message);
    for (size_t i = 0; i < c->scene.n_messages; i++) {
        const struct scene_message *m = &c->scene.message[i];
        if (m->sent != NULL && m->sent >= first && m->sent < end)
            c->message[m->sent - first] = m;
        if (m->received != NULL && m->received >= first && m->received < end)
            c->message[m->received - first] = m;
    }
}

static void begin_state(struct columns *c)
{
    model_copy(&c->model, &c->scene.before);
    for (size_t i = 0; i < c->scene.begin; i++)
        is_news(c, &c->trace->event[i]);
}

static int n_shown(const struct columns *c)
{
    int n = 0;
    for (int i = 0; i < c->trace->header.n_servers; i++)
        n += viz_shows_server(&c->window->filter, i);
    return n > 0 ? n : 1;
}

static void choose_widths(struct columns *c, int width)
{
    uint64_t highest = 0;
    for (size_t i = 0; i < c->scene.end; i++) {
        const struct trace_event *e = &c->trace->event[i];
        uint64_t term = e->kind == TRACE_TERM   ? e->to
                        : e->kind == TRACE_ROLE ? e->term
                                                : 0;
        highest = term > highest ? term : highest;
    }
    for (int i = 0; i < c->model.n_servers; i++)
        if (c->model.server[i].term > highest)
            highest = c->model.server[i].term;
    c->state_width = 1 + snprintf(NULL, 0, "%" PRIu64, highest);
    c->line = width;
    int n = n_shown(c), each = (width - NUMBERS) / n;
    // Large numbers of terms leave as much room for the words as small ones.
    int wide = WIDE + (c->state_width > 3 ? 2 * c->state_width : 0);
    c->width = width == 0 || each > wide ? wide : each;
    c->narrow = c->width < NARROW;
    if (c->narrow) {
        int left = width - NUMBERS - n * (c->state_width + 1);
        c->width = left > NARROW ? left : NARROW;
    }
}

static void write_heads(const struct columns *c)
{
    if (c->line == 0 || c->line >= 78)
        fputs("F follower, C candidate, L leader, each with its term; --"
              " down\nRV RequestVote, AE AppendEntries, IS InstallSnapshot;"
              " S2> from S2, >S2 to S2\n",
              c->out);
    for (size_t i = 0; c->line == 0 && i < c->scene.n_messages; i++)
        if (c->scene.message[i].included > 0 && !c->scene.message[i].done) {
            fputs("@0-256 bytes of the snapshot, a dot after the last ones;"
                  " has @256: the answer\n",
                  c->out);
            break;
        }
    fprintf(c->out, "%7s %10s  ", "event", "ms");
    for (int i = 0; i < c->model.n_servers; i++) {
        char name[16];
        snprintf(name, sizeof name, "S%d", i + 1);
        if (!viz_shows_server(&c->window->filter, i))
            continue;
        set_colour(c, "1");
        write_cell(c, name, c->narrow ? c->state_width + 1 : c->width,
                   i < last_shown(c));
        set_colour(c, "0");
    }
    fputc('\n', c->out);
}

void viz_columns(const struct trace_file *trace,
                 const struct viz_window *window,
                 const struct viz_terminal *terminal, FILE *out)
{
    struct columns c = {.trace = trace,
                        .window = window,
                        .out = out,
                        .coloured = terminal != NULL && terminal->coloured};
    struct viz_window unbounded = *window;
    unbounded.most = 1 << 30;
    scene_make(&c.scene, trace, &unbounded);
    match_messages(&c);
    begin_state(&c);
    c.lost = must_calloc((size_t)c.model.n_servers * (size_t)c.model.n_servers,
                         sizeof(struct scene_message *));
    choose_widths(&c, terminal != NULL ? terminal->width : 0);
    write_heads(&c);
    for (size_t i = c.scene.begin; i < c.scene.end; i++) {
        model_step(&c.model, &trace->event[i]);
        if (viz_shows(&window->filter, &trace->event[i]))
            show(&c, i);
    }
    write_sent(&c);
    write_folded(&c);
    size_t n = c.scene.end - c.scene.begin;
    fprintf(out, "%zu line%s of %zu event%s", c.n_lines,
            c.n_lines == 1 ? "" : "s", n, n == 1 ? "" : "s");
    if (c.n_beats + c.n_retries > 0)
        fprintf(out,
                "\nfolded: %zu of heartbeats, %zu lost again (--heartbeats)",
                c.n_beats, c.n_retries);
    fputc('\n', out);
    free(c.lost);
    model_free(&c.model);
    free(c.message);
    scene_free(&c.scene);
}
