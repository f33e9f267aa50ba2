// history_draw.c -- the picture of a history.
#include "history.h"

#include <inttypes.h>
#include <string.h>

#include "viz/draw/paint.h"
#include "viz/draw/spans.h"

static const double PITCH = 42, HALF = 9, LINE = 14;
static const double HIDDEN = 20; // before the instant that is shown
enum { WRAP = 150 };

#define WRONG_FILL "#F6D5BF"
#define WRITE_FILL "#DCE6EE"

static bool is_illegal(const struct history_picture *p)
{
    return p->unjudged == NULL && p->verdict.linear.result == LINEAR_ILLEGAL;
}

static double row_y(const struct history_picture *p, int row)
{
    return p->top + PITCH * (row + 0.5);
}

// ---------------------------------------------------------------------- head

static const char *verdict_of(const struct history_picture *p)
{
    return p->unjudged != NULL ? "not judged"
           : p->verdict.linear.result == LINEAR_LEGAL
               ? "one machine could have given all answers"
           : is_illegal(p) ? "no machine could have given these answers"
                           : "not decided";
}

// Text in lines; gives the y behind the last.
static double wrapped(const struct history_picture *p, struct shapes *s,
                      double y, struct letters letters, const char *text)
{
    while (*text != '\0') {
        char line[WRAP + 1];
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(n < WRAP ? n : WRAP), text);
        bool all = n <= WRAP;
        while (!all ||
               (p->least > 0 && shapes_width(line, letters) > p->widest)) {
            char *space = strrchr(line, ' ');
            if (space == NULL)
                break;
            *space = '\0';
            all = true;
        }
        shapes_text(s, 4, y, LEFT_AT, letters, "%s", line);
        n = strlen(line);
        text += n + (text[n] == ' ' || text[n] == '\n');
        y += LINE;
    }
    return y;
}

static void count(const struct history_picture *p, size_t *n_open,
                  size_t *n_failed)
{
    *n_open = *n_failed = 0;
    for (size_t i = 0; i < p->n; i++) {
        *n_open += !p->op[i].returned;
        *n_failed += p->op[i].never;
    }
}

// For those who do not see it.
static void write_alt(struct history_picture *p, FILE *out)
{
    size_t n_open, n_failed;
    char title[160], sentence[200];
    count(p, &n_open, &n_failed);
    snprintf(title, sizeof title, "%.100s: what clients saw", p->name);
    snprintf(sentence, sizeof sentence,
             "%zu operations of clients, %zu without an answer, %zu failed:"
             " %.60s",
             p->n, n_open, n_failed, verdict_of(p));
    paint_alt(out, title, sentence);
}

// The text of the run's finding; "" when it has none.
static const char *finding_of(const struct history_picture *p)
{
    const struct trace_file *trace = p->trace;
    for (size_t i = trace != NULL ? trace->n_events : 0; i > 0; i--)
        if (trace->event[i - 1].kind == TRACE_FINDING)
            return trace->event[i - 1].text;
    return "";
}

// Title, verdict and, where it is illegal, why; gives the y behind them.
static double draw_head(struct history_picture *p, struct shapes *s)
{
    size_t n_open, n_failed;
    count(p, &n_open, &n_failed);
    char text[400];
    struct letters quiet = {10, PAINT_QUIET, false, NULL};
    double wide = p->least > 0 ? p->widest : p->width + 1000;
    snprintf(text, sizeof text, "%.100s%s%s", p->name,
             p->seed[0] != '\0' ? ", seed " : "", p->seed);
    shapes_within(s, 4, 10, wide, (struct letters){13, PAINT_INK, true, NULL},
                  text);
    snprintf(text, sizeof text,
             "%zu operation%s of clients   ·   %zu without an answer   ·   "
             "%zu failed   ·   %s%s%s",
             p->n, p->n == 1 ? "" : "s", n_open, n_failed, verdict_of(p),
             p->unjudged != NULL ? ": " : "",
             p->unjudged != NULL ? p->unjudged : "");
    double y = shapes_parts(s, 4, 28, wide, quiet, text) + 6;
    if (p->unjudged != NULL)
        return y;
    // What the run was stopped for, where it is not that.
    if (p->verdict.linear.result == LINEAR_LEGAL)
        return wrapped(p, s, y, (struct letters){10, PAINT_FAULT, true, NULL},
                       finding_of(p));
    y = wrapped(p, s, y, (struct letters){11, PAINT_FAULT, true, NULL},
                p->verdict.linear.text);
    if (viz_room_is_low(&p->room)) // the proof has the room
        return y;
    return wrapped(p, s, y, (struct letters){10, PAINT_INK, false, NULL},
                   p->verdict.reason);
}

// ------------------------------------------------------------------- leaders

// Who led, above the clients: what an answer is worth depends on it.
static void draw_leaders(struct history_picture *p, struct shapes *s, double y)
{
    struct viz_window whole = {.first = 0};
    struct spans spans;
    spans_make(&spans, p->trace, &whole);
    shapes_text(s, HISTORY_LEFT - 10, y, RIGHT_AT,
                (struct letters){9, PAINT_QUIET, false, NULL}, "leader");
    uint64_t begin = p->instant[0].us;
    uint64_t end = p->instant[p->n_instants - 1].us;
    for (size_t i = 0; i < spans.n_reigns; i++) {
        const struct reign *reign = &spans.reign[i];
        if (reign->to_us < begin || reign->from_us > end)
            continue;
        double left = history_x(p, reign->from_us);
        // The same leader, who reaches another majority now.
        while (i + 1 < spans.n_reigns &&
               reign[1].leader == spans.reign[i].leader &&
               reign[1].term == spans.reign[i].term) {
            reign++;
            i++;
        }
        double right =
            reign->to_us >= end ? p->width : history_x(p, reign->to_us);
        bool none = reign->leader == TRACE_NONE;
        char text[40];
        snprintf(text, sizeof text, none ? "none" : "S%d, T%" PRIu64,
                 reign->leader + 1, reign->term);
        if (right - left < 1)
            continue;
        shapes_fill(s, (struct area){left, y - 6, right, y + 6},
                    none ? PAINT_GAP : paint_term(reign->term), text);
        struct letters letters = {history_type(p, 8),
                                  none ? PAINT_FAULT : paint_text(reign->term),
                                  !none, NULL};
        if (shapes_width(text, letters) + 4 < right - left)
            shapes_text(s, (left + right) / 2, y, MIDDLE_AT, letters, "%s",
                        text);
    }
    spans_free(&spans);
}

// What was done to the cluster, as far as there is room for words.
static void draw_faults(struct history_picture *p, struct shapes *s, double y)
{
    double taken = 0;
    uint64_t begin = p->instant[0].us;
    uint64_t end = p->instant[p->n_instants - 1].us;
    for (size_t i = 0; i < p->trace->n_events; i++) {
        const struct trace_event *e = &p->trace->event[i];
        const char *what = e->kind == TRACE_CRASH        ? "crash"
                           : e->kind == TRACE_RESTART    ? "restart"
                           : e->kind == TRACE_DISCONNECT ? "cut off"
                           : e->kind == TRACE_CONNECT    ? "back"
                           : e->kind == TRACE_PARTITION  ? "partition"
                           : e->kind == TRACE_HEAL       ? "healed"
                           : e->kind == TRACE_COMPACT    ? "snapshot"
                           : e->kind == TRACE_INSTALL    ? "installs"
                                                         : NULL;
        if (what == NULL || e->us < begin || e->us > end)
            continue;
        char text[40];
        if (e->node >= 0)
            snprintf(text, sizeof text, "S%d %s", e->node + 1, what);
        else
            snprintf(text, sizeof text, "%s", what);
        struct letters letters = {history_type(p, 7), PAINT_FAULT, false, NULL};
        double x = history_x(p, e->us);
        if (e->kind == TRACE_COMPACT || e->kind == TRACE_INSTALL)
            letters.colour = PAINT_QUIET;
        if (x < taken)
            continue;
        shapes_line(s, x, y + 4, x, y + 18,
                    "penwidth=0.8, color=\"" PAINT_FAULT "\"", text);
        shapes_text(s, x, y, LEFT_AT, letters, "%s", text);
        taken = x + shapes_width(text, letters) + 6;
    }
}

// ---------------------------------------------------------------------- bars

static void tell(const struct drawn *d, char *out, size_t n)
{
    char from[32], to[32] = "";
    if (d->returned)
        shapes_time(d->op.returned_us, to);
    snprintf(out, n, "C%" PRIu64 ": %s, from %s%s%s, event %" PRIu64 "%s%s",
             d->op.client, d->label, shapes_time(d->op.called_us, from),
             d->returned ? " to " : "", to, d->op.called,
             d->note[0] != '\0' ? "; " : "", d->note);
}

static void draw_bar(struct history_picture *p, struct shapes *s,
                     const struct drawn *d)
{
    char tip[300], looks[160];
    double y = row_y(p, d->row);
    bool get = d->op.kind == LINEAR_GET;
    bool sure = d->returned && !d->never && strcmp(d->result, "unknown") != 0;
    bool quiet = is_illegal(p) && !d->proves;
    tell(d, tip, sizeof tip);
    snprintf(looks, sizeof looks,
             "style=\"filled%s\", fillcolor=\"%s\", color=\"%s\", penwidth=%s",
             sure ? "" : ",dashed",
             d->wrong                ? WRONG_FILL
             : get || !sure || quiet ? "white"
                                     : WRITE_FILL,
             d->proves ? PAINT_FAULT
             : quiet   ? PAINT_FAINT
                       : PAINT_QUIET,
             d->wrong    ? "2.4"
             : d->proves ? "1.8"
                         : "0.8");
    shapes_band(s, (struct area){d->left, y - HALF, d->right, y + HALF}, looks,
                tip);
    double x = d->left + 5;
    if (d->place > 0) {
        shapes_text(s, x, y, LEFT_AT,
                    (struct letters){history_type(p, 7),
                                     quiet ? PAINT_FAINT : PAINT_QUIET, true,
                                     NULL},
                    "%zu", d->place);
    } else if (d->wrong) {
        shapes_text(s, x, y, LEFT_AT,
                    (struct letters){9, PAINT_FAULT, true, NULL}, "✕");
    }
    struct letters letters = {9, quiet ? PAINT_QUIET : PAINT_INK, d->proves,
                              NULL};
    shapes_text(s, x + 13, y, LEFT_AT, letters, "%s", d->label);
    shapes_text(
        s, d->left + 1, y + HALF + 6, LEFT_AT,
        (struct letters){history_type(p, 7),
                         d->lost && d->returned ? PAINT_FAULT : PAINT_QUIET,
                         false, NULL},
        "%s", d->note);
}

static void draw_rows(struct history_picture *p, struct shapes *s)
{
    for (int row = 0; row < p->n_rows; row++) {
        double y = row_y(p, row);
        shapes_fill(s,
                    (struct area){HISTORY_LEFT - 6, y - 0.3, p->width, y + 0.3},
                    PAINT_FAINT, NULL);
        if (row > 0 && p->client_of_row[row] == p->client_of_row[row - 1])
            continue;
        shapes_text(s, HISTORY_LEFT - 10, y, RIGHT_AT,
                    (struct letters){11, PAINT_INK, true, NULL}, "C%" PRIu64,
                    p->client_of_row[row]);
    }
}

// The wrong one began after others had ended: that is what the proof needs.
static void draw_proof(struct history_picture *p, struct shapes *s)
{
    const struct drawn *wrong = NULL, *last = NULL;
    for (size_t i = 0; i < p->n; i++)
        if (p->op[i].wrong && p->op[i].visible)
            wrong = &p->op[i];
    for (size_t i = 0; i < p->n && wrong != NULL; i++) {
        const struct drawn *d = &p->op[i];
        if (d->proves && d->visible && !d->wrong && d->returned &&
            d->op.kind != LINEAR_GET && d->op.returned < wrong->op.called &&
            (last == NULL || d->op.returned > last->op.returned))
            last = d;
    }
    if (last == NULL)
        return;
    char looks[120];
    snprintf(looks, sizeof looks,
             "arrowhead=normal, penwidth=1.4, color=\"%s\"", PAINT_FAULT);
    double y = row_y(p, last->row), to = row_y(p, wrong->row);
    const char *tip = "had ended before this began";
    if (last->row == wrong->row) {
        // Over what stands between them; a short arc goes straight up first.
        bool near = wrong->left - last->right < 40;
        double out = near ? -14 : -4, up = near ? -14 : 16;
        const double arc[8] = {
            last->right + out, y - HALF,      last->right + up,  y - HALF - 16,
            wrong->left - up,  y - HALF - 16, wrong->left - out, y - HALF};
        shapes_arrow(s, arc, looks, tip);
        return;
    }
    double from_y = to > y ? y + HALF : y - HALF;
    double to_y = to > y ? to - HALF : to + HALF;
    shapes_line(s, last->right, from_y, wrong->left, to_y, looks, tip);
}

// ---------------------------------------------------------------------- axis

// Time that is cut short: a shade, and how long it was.
static void draw_cuts(struct history_picture *p, struct shapes *s)
{
    struct letters letters = {history_type(p, 7), PAINT_QUIET, false, NULL};
    for (size_t i = 1; i < p->n_instants && p->trace != NULL; i++) {
        const struct instant *now = &p->instant[i];
        char time[32];
        if (now->cut <= 0)
            continue;
        shapes_time(now->us - p->instant[i - 1].us, time);
        shapes_fill(s,
                    (struct area){now->x - now->cut, p->top, now->x, p->bottom},
                    "#F4F4F4", "time that is cut short");
        if (now->n_hidden == 0 && shapes_width(time, letters) < now->cut)
            shapes_text(s, now->x - now->cut / 2, p->top - 4, MIDDLE_AT,
                        letters, "%s", time);
    }
}

// Where operations begin that are not shown: a line behind the bars, broken
// where notes stand below them.
static void draw_hidden(const struct history_picture *p, struct shapes *s)
{
    for (size_t i = 0; i < p->n_instants; i++)
        for (int row = 0; p->instant[i].n_hidden > 0 && row < p->n_rows;
             row++) {
            double x = p->instant[i].x - HIDDEN, y = row_y(p, row);
            shapes_fill(
                s, (struct area){x - 0.5, y - PITCH / 2, x + 0.5, y + HALF},
                PAINT_FAINT, "operations that are not shown begin here");
        }
}

static void draw_axis(struct history_picture *p, struct shapes *s)
{
    double taken = 0, named = 0;
    struct letters letters = {history_type(p, 8), PAINT_QUIET, false, NULL};
    for (size_t i = 0; i < p->n_instants; i++) {
        const struct instant *now = &p->instant[i];
        char text[40];
        if (now->n_hidden > 0) {
            double x = now->x - HIDDEN;
            snprintf(text, sizeof text, "%zu not shown", now->n_hidden);
            double half = shapes_width(text, letters) / 2;
            if (x - half < named + 4)
                snprintf(text, sizeof text, "+%zu", now->n_hidden);
            shapes_text(s, x, p->top - 4, MIDDLE_AT, letters, "%s", text);
            named = x + shapes_width(text, letters) / 2;
        }
        if (p->trace != NULL)
            snprintf(text, sizeof text, "%.1f ms", (double)now->us / 1000);
        else
            snprintf(text, sizeof text, "line %" PRIu64, now->at);
        if (now->x < taken)
            continue;
        shapes_line(s, now->x, p->bottom, now->x, p->bottom + 4,
                    "penwidth=0.7, color=\"" PAINT_QUIET "\"", NULL);
        shapes_text(s, now->x, p->bottom + 11, LEFT_AT, letters, "%s", text);
        taken = now->x + shapes_width(text, letters) + 16;
    }
}

static void draw_foot(struct history_picture *p, struct shapes *s, double y)
{
    struct letters letters = {9, PAINT_QUIET, false, NULL};
    char shown[120];
    const char *numbers = is_illegal(p) ? "number = its place in an order of"
                                          " all but the wrong one"
                                        : "number = its place in the order of"
                                          " its key";
    snprintf(shown, sizeof shown, "%zu of %zu operations shown%s", p->n_visible,
             p->n,
             p->n_visible < p->n_matching && p->least <= 0
                 ? "; choose with --key, --client, --from, --most"
                 : "");
    char text[400];
    double wide = p->least > 0 ? p->widest : p->width + 1000;
    snprintf(text, sizeof text,
             "a bar = from call to return   ·   filled = writes, white = reads,"
             " dashed = outcome not known, or failed");
    if (p->least > 0)
        snprintf(text, sizeof text,
                 "filled = writes, white = reads   ·   dashed = not known, or"
                 " failed");
    y = shapes_parts(s, 4, y, wide, letters, text) + 1;
    snprintf(text, sizeof text, "%s   ·   %s",
             p->ordered      ? numbers
             : is_illegal(p) ? "bold frame = cannot be explained"
                             : "no order was looked for to its end",
             shown);
    y = shapes_parts(s, 4, y, wide, letters, text) + 1;
    if (p->trace != NULL && p->least <= 0)
        shapes_text(s, 4, y, LEFT_AT, letters,
                    "time is stretched where words need room, and cut short"
                    " where it is grey; the ticks tell the times");
}

void history_draw(struct history_picture *p, FILE *out)
{
    char sentence[600];
    snprintf(sentence, sizeof sentence, "%zu operations of clients: %s. %s",
             p->n, verdict_of(p),
             p->unjudged == NULL ? p->verdict.linear.text : "");
    paint_alt(out, p->name, sentence);
    write_alt(p, out);
    struct shapes s = shapes_begin(out, "history");
    double y = draw_head(p, &s) + 6;
    if (p->trace != NULL) {
        draw_faults(p, &s, y);
        draw_leaders(p, &s, y + 14);
        y += 28;
    }
    p->top = y + 4;
    p->bottom = p->top + PITCH * p->n_rows;
    draw_cuts(p, &s);
    draw_hidden(p, &s);
    draw_rows(p, &s);
    for (size_t i = 0; i < p->n; i++)
        if (p->op[i].visible)
            draw_bar(p, &s, &p->op[i]);
    draw_proof(p, &s);
    draw_axis(p, &s);
    draw_foot(p, &s, p->bottom + 34);
    shapes_end(&s);
}

double history_x(const struct history_picture *p, uint64_t us)
{
    size_t n = p->n_instants;
    if (n == 0 || us <= p->instant[0].us)
        return HISTORY_LEFT;
    for (size_t i = 1; i < n; i++) {
        const struct instant *before = &p->instant[i - 1], *now = before + 1;
        if (us > now->us || now->us == before->us)
            continue;
        double part =
            (double)(us - before->us) / (double)(now->us - before->us);
        return before->x + part * (now->x - before->x);
    }
    return p->width;
}
