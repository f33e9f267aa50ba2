// join.c -- see join.h.
#include "join.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"

enum { MOST_FILES = 64 };

struct event {
    cJSON *json;
    size_t file;
    double us;          // by its file's clock
    uint64_t n;         // in its file
    uint64_t number;    // in the joined trace; 0: not written yet
    struct event *sent; // of a receipt
    char key[48];       // of a message's leg, "" for none
    bool sends;
};

struct join {
    struct event *event;
    size_t n, room;
    size_t begin[MOST_FILES + 1], next[MOST_FILES]; // of each file
    double offset[MOST_FILES];
    const char *const *path;
    size_t n_files;
    cJSON *header;
    struct event **by_key; // sorted
    size_t n_keys;
    struct join_tally *tally;
    char *error;
    size_t n_error;
};

static bool fail(struct join *join, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(struct join *join, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(join->error, join->n_error, format, args);
    va_end(args);
    return false;
}

// ------------------------------------------------------------------ reading

static const char *text_of(const cJSON *json, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text != NULL ? text : "";
}

static double number_of(const cJSON *json, const char *name, double missing)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : missing;
}

// The leg of a message that an event is an end of: the caller's server and the
// number that it gave the call.
static void read_key(struct event *event)
{
    const char *ev = text_of(event->json, "ev");
    double node = number_of(event->json, "node", -1);
    double msg = number_of(event->json, "msg", -1), caller = -1;
    bool request = strcmp(ev, "send") == 0 || strcmp(ev, "recv") == 0;
    event->sends = strcmp(ev, "send") == 0 || strcmp(ev, "reply") == 0;
    if (strcmp(ev, "send") == 0 || strcmp(ev, "reply_recv") == 0)
        caller = node;
    else if (strcmp(ev, "recv") == 0)
        caller = number_of(event->json, "from", -1);
    else if (strcmp(ev, "reply") == 0)
        caller = number_of(event->json, "to", -1);
    if (msg >= 0 && caller >= 0)
        snprintf(event->key, sizeof event->key, "%c %.0f %.0f",
                 request ? 'q' : 'r', caller, msg);
}

static void add(struct join *join, cJSON *json, size_t file)
{
    join->event =
        must_grow(join->event, join->n, &join->room, sizeof *join->event);
    struct event *event = &join->event[join->n++];
    *event = (struct event){.json = json,
                            .file = file,
                            .us = number_of(json, "us", 0),
                            .n = text_whole(number_of(json, "n", 0))};
    read_key(event);
}

// The header of the first file stands for all.
static bool take_header(struct join *join, cJSON *json, const char *path)
{
    if (strcmp(text_of(json, "ev"), "trace") != 0) {
        cJSON_Delete(json);
        return fail(join,
                    "%s:1: no header of a trace, expected \"ev\":"
                    "\"trace\"",
                    path);
    }
    double mine = number_of(json, "servers", 0);
    double theirs =
        join->header != NULL ? number_of(join->header, "servers", 0) : mine;
    if (join->header == NULL)
        join->header = json;
    else
        cJSON_Delete(json);
    return mine == theirs ||
           fail(join, "%s:1: a cluster of %.0f servers, and %s has %.0f", path,
                mine, join->path[0], theirs);
}

static bool take_line(struct join *join, const char *line, size_t number,
                      size_t file)
{
    cJSON *json = cJSON_Parse(line);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return fail(join, "%s:%zu: no JSON object", join->path[file], number);
    }
    if (number == 1)
        return take_header(join, json, join->path[file]);
    const char *ev = text_of(json, "ev");
    if (strcmp(ev, "verdict") == 0 || strcmp(ev, "state") == 0) {
        join->tally->n_left_out++;
        cJSON_Delete(json);
    } else
        add(join, json, file);
    return true;
}

static bool read_file(struct join *join, size_t file)
{
    FILE *in = fopen(join->path[file], "r");
    if (in == NULL)
        return fail(join, "%s: %s", join->path[file], strerror(errno));
    char *line = NULL;
    size_t room = 0, number = 0;
    bool good = true;
    join->begin[file] = join->next[file] = join->n;
    while (good && getline(&line, &room, in) > 0) {
        line[strcspn(line, "\n")] = '\0';
        number++;
        good = line[0] == '\0' || take_line(join, line, number, file);
    }
    if (good && number == 0)
        good = fail(join, "%s: empty, expected a trace", join->path[file]);
    free(line);
    fclose(in);
    return good;
}

// ----------------------------------------------------------------- the ties

static int by_key(const void *a, const void *b)
{
    const struct event *x = *(struct event *const *)a,
                       *y = *(struct event *const *)b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x > y) - (x < y);
}

// The k-th receipt of a leg belongs to its k-th sending; what arrives more
// often than it was sent is a copy of the last.
static void tie(struct join *join)
{
    join->by_key = must_calloc(join->n + 1, sizeof *join->by_key);
    for (size_t i = 0; i < join->n; i++)
        if (join->event[i].key[0] != '\0')
            join->by_key[join->n_keys++] = &join->event[i];
    qsort(join->by_key, join->n_keys, sizeof *join->by_key, by_key);
    for (size_t i = 0, end; i < join->n_keys; i = end) {
        for (end = i; end < join->n_keys &&
                      strcmp(join->by_key[end]->key, join->by_key[i]->key) == 0;
             end++)
            continue;
        size_t at = i;
        struct event *last = NULL;
        for (size_t k = i; k < end; k++) {
            if (join->by_key[k]->sends)
                continue;
            for (; at < end && !join->by_key[at]->sends; at++)
                continue;
            last = at < end ? join->by_key[at++] : last;
            join->by_key[k]->sent = last;
            join->tally->n_messages += last != NULL;
            join->tally->n_unsent += last == NULL;
        }
    }
}

// How far file b's clock must at least be moved on against file a's, that no
// message from a to b arrives before it leaves.
static void bound(const struct join *join, double least[MOST_FILES][MOST_FILES],
                  bool known[MOST_FILES][MOST_FILES])
{
    for (size_t i = 0; i < join->n; i++) {
        const struct event *event = &join->event[i];
        if (event->sent == NULL || event->sent->file == event->file)
            continue;
        size_t a = event->sent->file, b = event->file;
        double need = event->sent->us - event->us;
        if (!known[a][b] || need > least[a][b])
            least[a][b] = need;
        known[a][b] = true;
    }
}

// Clocks that messages tie in both directions go to the middle of what these
// allow; then all are moved on until each receipt is behind its sending.
static void set_clocks(struct join *join)
{
    static double least[MOST_FILES][MOST_FILES];
    static bool known[MOST_FILES][MOST_FILES];
    bool placed[MOST_FILES] = {true};
    memset(known, 0, sizeof known);
    bound(join, least, known);
    for (size_t round = 0; round < join->n_files; round++)
        for (size_t a = 0; a < join->n_files; a++)
            for (size_t b = 0; b < join->n_files; b++) {
                if (!placed[a] || placed[b] || (!known[a][b] && !known[b][a]))
                    continue;
                double low = known[a][b] ? least[a][b] : -least[b][a];
                double high = known[b][a] ? -least[b][a] : low;
                join->offset[b] = join->offset[a] + (low + high) / 2;
                placed[b] = true;
            }
    bool moved = true;
    for (size_t round = 0; moved && round <= join->n_files; round++) {
        moved = false;
        for (size_t a = 0; a < join->n_files; a++)
            for (size_t b = 0; b < join->n_files; b++)
                if (known[a][b] &&
                    join->offset[b] < join->offset[a] + least[a][b] - 0.5) {
                    join->offset[b] = join->offset[a] + least[a][b];
                    moved = true;
                }
    }
    join->tally->drifts = moved;
    double low = 0, high = 0;
    for (size_t a = 0; a < join->n_files; a++) {
        join->tally->n_loose += !placed[a];
        low = join->offset[a] < low ? join->offset[a] : low;
        high = join->offset[a] > high ? join->offset[a] : high;
    }
    join->tally->apart_us = (uint64_t)(high - low);
}

// ---------------------------------------------------------------- the order

// The file whose next event comes next; n_files when none can.
static size_t choose(const struct join *join)
{
    size_t best = join->n_files;
    double earliest = 0;
    for (size_t f = 0; f < join->n_files; f++) {
        if (join->next[f] == join->begin[f + 1])
            continue;
        const struct event *event = &join->event[join->next[f]];
        double us = event->us + join->offset[f];
        bool ready = event->sent == NULL || event->sent->number > 0;
        if (ready && (best == join->n_files || us < earliest)) {
            best = f;
            earliest = us;
        }
    }
    return best;
}

static bool name_circle(struct join *join)
{
    for (size_t f = 0; f < join->n_files; f++)
        if (join->next[f] < join->begin[f + 1]) {
            const struct event *event = &join->event[join->next[f]];
            return fail(join,
                        "%s: event %" PRIu64 " waits for event %" PRIu64
                        " of %s, which stands behind it",
                        join->path[f], event->n, event->sent->n,
                        join->path[event->sent->file]);
        }
    return true;
}

// The order, as numbers; the joined times are in event->us then.
static bool put_in_order(struct join *join, struct event **order)
{
    double last = 0, base = 0;
    for (size_t f = 0; f < join->n_files; f++)
        if (join->begin[f] < join->begin[f + 1]) {
            double first = join->event[join->begin[f]].us + join->offset[f];
            base = first < base ? first : base;
        }
    for (size_t i = 0; i < join->n; i++) {
        size_t f = choose(join);
        if (f == join->n_files)
            return name_circle(join);
        struct event *event = &join->event[join->next[f]++];
        event->number = i + 1;
        double us = event->us + join->offset[f] - base;
        event->us = us > last ? us : last;
        last = event->us;
        order[i] = event;
    }
    return true;
}

// ---------------------------------------------------------------- the writing

// The joined number of event n of a file; 0 when it has none.
static uint64_t renumber(const struct join *join, size_t file, uint64_t n)
{
    size_t low = join->begin[file], high = join->begin[file + 1];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (join->event[middle].n < n)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < join->begin[file + 1] && join->event[low].n == n;
    return found ? join->event[low].number : 0;
}

static void set_number(cJSON *json, const char *name, double value)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item == NULL)
        cJSON_AddNumberToObject(json, name, value);
    else
        cJSON_SetNumberHelper(item, value);
}

static void write_event(struct join *join, const struct event *event, FILE *out)
{
    cJSON *json = event->json, *one;
    double cause = number_of(json, "cause", 0);
    set_number(json, "n", (double)event->number);
    set_number(json, "us", (double)(uint64_t)(event->us + 0.5));
    if (cause > 0) {
        uint64_t n = renumber(join, event->file, (uint64_t)cause);
        if (n > 0)
            set_number(json, "cause", (double)n);
        else {
            cJSON_DeleteItemFromObjectCaseSensitive(json, "cause");
            join->tally->n_causes_lost++;
        }
    }
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(json, "events"))
    {
        if (cJSON_IsNumber(one))
            cJSON_SetNumberHelper(
                one, (double)renumber(join, event->file,
                                      text_whole(one->valuedouble)));
    }
    char *text = cJSON_PrintUnformatted(json);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
}

// The number that the request of a reply's leg has got; 0 for none.
static double number_of_request(const struct join *join, const char *reply)
{
    char key[48];
    snprintf(key, sizeof key, "q%s", reply + 1);
    size_t low = 0, high = join->n_keys;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(join->by_key[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool known = low < join->n_keys && strcmp(join->by_key[low]->key, key) == 0;
    return known ? number_of(join->by_key[low]->json, "msg", 0) : 0;
}

// A call has one number, whoever counted it. Keys are sorted: requests first.
static void number_calls(struct join *join)
{
    const char *last = "";
    double number = 0, mine = 0;
    for (size_t i = 0; i < join->n_keys; i++) {
        struct event *event = join->by_key[i];
        if (strcmp(event->key, last) != 0) {
            double asked =
                event->key[0] == 'r' ? number_of_request(join, event->key) : 0;
            mine = asked > 0 ? asked : ++number;
        }
        last = event->key;
        set_number(event->json, "msg", mine);
    }
}

static void write_all(struct join *join, struct event **order, FILE *out)
{
    char *text = cJSON_PrintUnformatted(join->header);
    fprintf(out, "%s\n", text);
    cJSON_free(text);
    number_calls(join);
    for (size_t i = 0; i < join->n; i++)
        write_event(join, order[i], out);
    join->tally->n_events = join->n;
}

bool join_traces(const char *const *path, size_t n, FILE *out,
                 struct join_tally *tally, char *error, size_t n_error)
{
    struct join join = {.path = path,
                        .n_files = n,
                        .tally = tally,
                        .error = error,
                        .n_error = n_error};
    *tally = (struct join_tally){0};
    bool good =
        n <= MOST_FILES || fail(&join, "%zu files, at most %d", n, MOST_FILES);
    for (size_t f = 0; good && f < n; f++)
        good = read_file(&join, f);
    if (good) {
        join.begin[n] = join.n;
        struct event **order = must_calloc(join.n + 1, sizeof *order);
        tie(&join);
        set_clocks(&join);
        good = put_in_order(&join, order);
        if (good)
            write_all(&join, order, out);
        free(order);
    }
    for (size_t i = 0; i < join.n; i++)
        cJSON_Delete(join.event[i].json);
    cJSON_Delete(join.header);
    free(join.event);
    free(join.by_key);
    return good;
}
