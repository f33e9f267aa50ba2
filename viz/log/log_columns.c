// log_columns.c -- see log.h: which part of the logs is worth showing.
#include <inttypes.h>

#include "log.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

// The first index up to end at which two logs that both reach it differ; 0
// when there is none. What one of them has compacted is taken for equal, and
// not looked at: an index may be as large as a trace likes.
static uint64_t where_they_differ(const struct model *model, int a, int b,
                                  uint64_t end)
{
    const struct model_server *one = &model->server[a],
                              *other = &model->server[b];
    uint64_t at = larger(one->snapshot_index, other->snapshot_index) + 1;
    end = smaller(end, smaller(model_last_index(one), model_last_index(other)));
    for (; at <= end; at++)
        if (!log_same_at(model, a, b, at))
            return at;
    return 0;
}

uint64_t log_longest(const struct model *model)
{
    uint64_t longest = 0;
    for (int i = 0; i < model->n_servers; i++) {
        uint64_t last = model_last_index(&model->server[i]);
        longest = last > longest ? last : longest;
    }
    return longest;
}

bool log_same_at(const struct model *model, int a, int b, uint64_t index)
{
    const struct model_server *one = &model->server[a],
                              *other = &model->server[b];
    if (index <= one->snapshot_index || index <= other->snapshot_index)
        return index <= model_last_index(one) &&
               index <= model_last_index(other);
    return model_term_at(one, index) == model_term_at(other, index);
}

// Does server i, which is up, know that what `server` has there is committed?
static bool knows(const struct model *model, int i, int server, uint64_t index)
{
    return model->server[i].up && index <= model->server[i].commit_index &&
           log_same_at(model, server, i, index);
}

bool log_is_committed(const struct model *model, int server, uint64_t index)
{
    for (int i = 0; i < model->n_servers; i++)
        if (knows(model, i, server, index))
            return true;
    return false;
}

const char *log_known(const struct model *model, int server, uint64_t index,
                      char *out, size_t n)
{
    int last = -1, n_known = 0;
    for (int i = 0; i < model->n_servers; i++)
        if (knows(model, i, server, index)) {
            last = i;
            n_known++;
        }
    snprintf(out, n, "not known to be committed");
    if (n_known == 0)
        return out;
    size_t at = (size_t)snprintf(out, n, "committed, as");
    for (int i = 0; i < model->n_servers && at < n; i++)
        if (knows(model, i, server, index))
            at +=
                (size_t)snprintf(out + at, n - at, "%s S%d",
                                 i == last && n_known > 1 ? " and" : "", i + 1);
    if (at < n)
        snprintf(out + at, n - at, " know%s", n_known == 1 ? "s" : "");
    return out;
}

bool log_differs(const struct model *model, int server, uint64_t index)
{
    int leader = model_leader(model);
    return leader >= 0 && index <= model_last_index(&model->server[server]) &&
           !log_same_at(model, leader, server, index);
}

// The first index at which not all logs are the same; one behind the longest
// when they are.
static uint64_t first_difference(const struct model *model)
{
    uint64_t first = log_longest(model) + 1;
    for (int i = 1; i < model->n_servers; i++) {
        uint64_t index = smaller(model_last_index(&model->server[0]),
                                 model_last_index(&model->server[i])) +
                         1;
        // Equal last entries of equal terms: equal logs (Log Matching); but a
        // broken trace is to be shown as it is.
        uint64_t differs = where_they_differ(model, 0, i, index - 1);
        if (differs > 0)
            index = differs;
        bool longer = index <= log_longest(model);
        if (longer && index < first)
            first = index;
    }
    return first;
}

struct log_columns log_choose(const struct model *model, int most)
{
    uint64_t interest = first_difference(model);
    struct log_columns columns = {1, log_longest(model) + 1};
    for (int i = 0; i < model->n_servers; i++)
        if (model->server[i].up)
            interest = smaller(interest, model->server[i].commit_index);
    if (columns.last <= (uint64_t)most)
        return columns;
    if (interest > 3)
        columns.first = interest - 2;
    if (columns.last - columns.first >= (uint64_t)most)
        columns.first = columns.last - (uint64_t)most + 1;
    return columns;
}

void log_before(const struct model *model, int server, uint64_t first,
                char *out, size_t n)
{
    const struct model_server *s = &model->server[server];
    uint64_t end = first - 1, last = model_last_index(s);
    uint64_t differs = 0;
    for (int i = 0; i < model->n_servers && differs == 0; i++)
        differs = where_they_differ(model, server, i, end);
    if (last == 0)
        snprintf(out, n, "empty");
    else if (differs > 0)
        snprintf(out, n, "1..%" PRIu64 " differs from %" PRIu64,
                 smaller(end, last), differs);
    else if (last < end)
        snprintf(out, n, "only 1..%" PRIu64, last);
    else if (s->snapshot_index >= end)
        snprintf(out, n, "1..%" PRIu64 " in snapshot", end);
    else
        snprintf(out, n, "1..%" PRIu64 " equal", end);
}
