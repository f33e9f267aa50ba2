// diff.c -- two traces of one scenario: what is equal, and where they part.
//
// Events are compared one by one, by time, kind, server and content. Numbers
// of events and messages do not count: they shift when anything is added. The
// window behind the first difference is then aligned by content alone, so
// that what happened in both runs stands side by side.
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "viz/draw/words.h"

enum { LEAST_TOLD = 2, MOST_TOLD = 40 };

// ----------------------------------------------------------------- comparing

// The content of an event as text, in a buffer that grows.
struct key {
    char *text;
    size_t room;
};

static const char *make_key(struct key *key, const struct trace_event *event,
                            bool times)
{
    struct trace_event bare = *event;
    bare.n = bare.cause = bare.msg = bare.n_events = 0;
    bare.n_shown = 0;
    if (!times)
        bare.us = bare.waited_us = 0;
    size_t n = trace_format(&bare, key->text, key->room) + 1;
    if (n > key->room) {
        key->room = 2 * n;
        key->text = must_realloc(key->text, key->room);
        trace_format(&bare, key->text, key->room);
    }
    return key->text;
}

static bool same(struct key key[2], const struct trace_event *a,
                 const struct trace_event *b, bool times)
{
    if (a->kind != b->kind || a->node != b->node || (times && a->us != b->us))
        return false;
    return strcmp(make_key(&key[0], a, times), make_key(&key[1], b, times)) ==
           0;
}

static void choose_events(struct diff_side *side,
                          const struct viz_filter *filter)
{
    const struct trace_file *trace = side->trace;
    side->event = must_calloc(trace->n_events + 1, sizeof *side->event);
    for (size_t i = 0; i < trace->n_events; i++)
        if (viz_shows(filter, &trace->event[i]))
            side->event[side->n++] = &trace->event[i];
}

static void find_first(struct diff *diff, struct key key[2])
{
    const struct diff_side *a = &diff->side[0], *b = &diff->side[1];
    size_t most = a->n < b->n ? a->n : b->n;
    while (diff->first < most &&
           same(key, a->event[diff->first], b->event[diff->first], diff->times))
        diff->first++;
    diff->equal = diff->first == a->n && diff->first == b->n;
    diff->only_time =
        diff->times && diff->first < most &&
        same(key, a->event[diff->first], b->event[diff->first], false);
}

// --------------------------------------------------------------- the window

static bool is_told(const struct diff_side *side,
                    const struct trace_event *event)
{
    char text[200];
    const struct scene_message *m = diff_message(side, event);
    if (m != NULL && m->heartbeat)
        return false;
    return say_whole(event, text, sizeof text) ||
           (event->node >= 0 && say_event(event, m, text, sizeof text));
}

static void choose_told(struct diff *diff, struct diff_side *side, size_t most)
{
    enum { PER_TOLD = 12 }; // events looked at for each that is told
    size_t end = side->n - diff->first > most * PER_TOLD
                     ? diff->first + most * PER_TOLD
                     : side->n;
    side->told = must_calloc(most + 1, sizeof *side->told);
    side->alone = must_calloc(most + 1, sizeof *side->alone);
    if (diff->first < side->n)
        side->window = (struct viz_window){.first = side->event[diff->first]->n,
                                           .last = side->event[end - 1]->n,
                                           .heartbeats = true,
                                           .most = 1 << 20};
    else
        side->window = (struct viz_window){.first = UINT64_MAX};
    scene_make(&side->scene, side->trace, &side->window);
    for (size_t i = diff->first; i < end && side->n_told < most; i++)
        if (i == diff->first || is_told(side, side->event[i])) {
            side->alone[side->n_told] = true;
            side->told[side->n_told++] = side->event[i];
        }
}

// --------------------------------------------------------------- alignment

static void add_row(struct diff *diff, const struct trace_event *a,
                    const struct trace_event *b, char mark)
{
    diff->row[diff->n_rows++] = (struct diff_row){{a, b}, mark};
}

// Events between two that match: side by side, whatever they are.
static void add_apart(struct diff *diff, size_t i, size_t i_end, size_t k,
                      size_t k_end)
{
    const struct diff_side *a = &diff->side[0], *b = &diff->side[1];
    for (; i < i_end || k < k_end; i += i < i_end, k += k < k_end)
        add_row(diff, i < i_end ? a->told[i] : NULL,
                k < k_end ? b->told[k] : NULL,
                i == i_end   ? '>'
                : k == k_end ? '<'
                             : '|');
}

// The longest common subsequence by content, as rows.
static void align(struct diff *diff, struct key key[2])
{
    struct diff_side *a = &diff->side[0], *b = &diff->side[1];
    size_t n = a->n_told, m = b->n_told, wide = m + 1;
    int *longest = must_calloc((n + 1) * wide, sizeof *longest);
    bool *match = must_calloc((n + 1) * wide, sizeof *match);
    for (size_t i = n; i-- > 0;)
        for (size_t k = m; k-- > 0;) {
            bool equal = same(key, a->told[i], b->told[k], false);
            int down = longest[(i + 1) * wide + k];
            int right = longest[i * wide + k + 1];
            match[i * wide + k] = equal;
            longest[i * wide + k] = equal ? 1 + longest[(i + 1) * wide + k + 1]
                                    : down > right ? down
                                                   : right;
        }
    diff->row = must_calloc(n + m + 1, sizeof *diff->row);
    size_t i = 0, k = 0, i_done = 0, k_done = 0;
    while (i < n && k < m)
        if (match[i * wide + k]) {
            add_apart(diff, i_done, i, k_done, k);
            a->alone[i] = b->alone[k] = false;
            add_row(diff, a->told[i], b->told[k],
                    a->told[i]->us == b->told[k]->us ? '=' : '~');
            i_done = ++i;
            k_done = ++k;
        } else if (longest[(i + 1) * wide + k] >= longest[i * wide + k + 1])
            i++;
        else
            k++;
    add_apart(diff, i_done, n, k_done, m);
    free(longest);
    free(match);
}

// ------------------------------------------------------------------ the whole

void diff_make(struct diff *diff, const struct viz_diff *asked)
{
    struct key key[2] = {{NULL, 0}, {NULL, 0}};
    *diff = (struct diff){.times = asked->times};
    for (int i = 0; i < 2; i++) {
        diff->side[i].trace = asked->trace[i];
        diff->side[i].name = asked->name[i];
        choose_events(&diff->side[i], &asked->filter);
    }
    find_first(diff, key);
    size_t most = asked->most > 0 ? (size_t)asked->most : MOST_TOLD;
    // A screen is as high as it is: what is furthest behind goes.
    diff->room = asked->room;
    if (asked->room.format != NULL && asked->room.format->height > 0) {
        size_t fewer = 3 * (size_t)asked->room.less;
        most = most > fewer + LEAST_TOLD ? most - fewer : LEAST_TOLD;
    }
    for (int i = 0; i < 2; i++)
        choose_told(diff, &diff->side[i], most);
    align(diff, key);
    free(key[0].text);
    free(key[1].text);
}

void diff_free(struct diff *diff)
{
    for (int i = 0; i < 2; i++) {
        struct diff_side *side = &diff->side[i];
        scene_free(&side->scene);
        free(side->event);
        free(side->told);
        free(side->alone);
    }
    free(diff->row);
}

bool viz_diff(const struct viz_diff *asked, FILE *out)
{
    struct diff diff;
    diff_make(&diff, asked);
    if (asked->text)
        diff_text(&diff, out);
    else
        diff_draw(&diff, out);
    bool equal = diff.equal;
    diff_free(&diff);
    return equal;
}
