// model_json.c -- the model as JSON text, and back.
#include "model.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "trace/fields.h"
#include "trace/parse.h"

// Text that grows.
struct text {
    char *at;
    size_t n, room;
};

static void put(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void grow(struct text *text, size_t n)
{
    if (text->n + n + 1 <= text->room)
        return;
    text->room = 2 * (text->n + n + 1);
    text->at = must_realloc(text->at, text->room);
}

static void put(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    grow(text, 256);
    int n = vsnprintf(text->at + text->n, 256, format, args);
    va_end(args);
    text->n += (size_t)n; // every caller's text is shorter than that
}

// A number; a large one as trace_whole() reads it.
static void put_number(struct text *text, uint64_t value)
{
    if (value < TRACE_BIG)
        put(text, "%llu", (unsigned long long)value);
    else
        put(text, "\"0x%llx\"", (unsigned long long)value);
}

static void put_entries(struct text *text, const struct model_server *server)
{
    put(text, ",\"entries\":[");
    for (size_t i = 0; i < server->n_entries; i++) {
        const struct trace_entry *entry = &server->entry[i];
        // Each byte of the digest takes at most six.
        char command[6 * MESSAGE_DIGEST + 3];
        trace_quote(entry->command, command, sizeof command);
        put(text, "%s{\"term\":", i > 0 ? "," : "");
        put_number(text, entry->term);
        put(text, ",\"command\":%s,\"bytes\":", command);
        put_number(text, entry->bytes);
        put(text, "}");
    }
    put(text, "]");
}

static void put_indexes(struct text *text, const char *name,
                        const uint64_t *index, int n)
{
    put(text, ",\"%s\":[", name);
    for (int i = 0; i < n; i++) {
        put(text, "%s", i > 0 ? "," : "");
        put_number(text, index[i]);
    }
    put(text, "]");
}

static void put_flag(struct text *text, const char *name, bool value)
{
    put(text, "\"%s\":%s,", name, value ? "true" : "false");
}

static void put_value(struct text *text, const char *name, uint64_t value)
{
    put(text, "\"%s\":", name);
    put_number(text, value);
    put(text, ",");
}

static void put_server(struct text *text, const struct model_server *server,
                       int n_servers)
{
    put(text, "{");
    put_flag(text, "up", server->up);
    put_flag(text, "booted", server->booted);
    put_flag(text, "paused", server->paused);
    put_flag(text, "connected", server->connected);
    put_value(text, "inc", (uint64_t)server->inc);
    put_value(text, "group", (uint64_t)server->group);
    put(text, "\"role\":\"%s\",", trace_role_name(server->role));
    put_value(text, "current_term", server->term);
    if (server->voted_for < 0)
        put(text, "\"voted_for\":null,");
    else
        put_value(text, "voted_for", (uint64_t)server->voted_for);
    put_value(text, "commit_index", server->commit_index);
    put_value(text, "last_applied", server->last_applied);
    put_value(text, "last_included_index", server->snapshot_index);
    put(text, "\"last_included_term\":");
    put_number(text, server->snapshot_term);
    put_entries(text, server);
    put_indexes(text, "next_index", server->next_index, n_servers);
    put_indexes(text, "match_index", server->match_index, n_servers);
    put(text, "}");
}

static void put_flight(struct text *text, const struct model_flight *flight)
{
    put(text, "{");
    put_value(text, "msg", flight->msg);
    put_value(text, "sent_n", flight->sent_n);
    put_value(text, "sent_us", flight->sent_us);
    put_flag(text, "reply", flight->reply);
    if (flight->from < 0)
        put(text, "\"from\":null,");
    else
        put_value(text, "from", (uint64_t)flight->from);
    if (flight->to < 0)
        put(text, "\"to\":null}");
    else
        put(text, "\"to\":%d}", flight->to);
}

char *model_json(const struct model *model)
{
    struct text text = {0};
    put(&text, "{");
    put_value(&text, "n", model->n);
    put_value(&text, "us", model->us);
    put_flag(&text, "partitioned", model->partitioned);
    put(&text, "\"servers\":[");
    for (int i = 0; i < model->n_servers; i++) {
        put(&text, "%s", i > 0 ? "," : "");
        put_server(&text, &model->server[i], model->n_servers);
    }
    put(&text, "],\"flights\":[");
    for (size_t i = 0; i < model->n_flights; i++) {
        put(&text, "%s", i > 0 ? "," : "");
        put_flight(&text, &model->flight[i]);
    }
    put(&text, "]}");
    return text.at;
}

// Reading. Each get_ function fails with good = false and goes on.
struct source {
    const cJSON *object;
    bool *good;
};

static uint64_t whole(const cJSON *item, bool *good)
{
    uint64_t value = 0;
    if (!trace_whole(item, &value))
        *good = false;
    return value;
}

static const cJSON *item_of(struct source in, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(in.object, name);
}

static uint64_t get_value(struct source in, const char *name)
{
    return whole(item_of(in, name), in.good);
}

static bool get_flag(struct source in, const char *name)
{
    const cJSON *item = item_of(in, name);
    if (!cJSON_IsBool(item))
        *in.good = false;
    return cJSON_IsTrue(item);
}

static int get_int(struct source in, const char *name)
{
    uint64_t value = get_value(in, name);
    if (value > INT32_MAX)
        *in.good = false;
    return value > INT32_MAX ? 0 : (int)value;
}

static int get_node(struct source in, const char *name, int n_servers)
{
    if (cJSON_IsNull(item_of(in, name)))
        return TRACE_NONE;
    int node = get_int(in, name);
    if (node >= n_servers)
        *in.good = false;
    return node;
}

static enum trace_role get_role(struct source in)
{
    const char *name = cJSON_GetStringValue(item_of(in, "role"));
    for (int role = TRACE_FOLLOWER; name && role <= TRACE_LEADER; role++)
        if (strcmp(name, trace_role_name((enum trace_role)role)) == 0)
            return (enum trace_role)role;
    *in.good = false;
    return TRACE_FOLLOWER;
}

static void get_entries(struct source in, struct model_server *server)
{
    const cJSON *list = item_of(in, "entries"), *item;
    if (!cJSON_IsArray(list)) {
        *in.good = false;
        return;
    }
    server->room = (size_t)cJSON_GetArraySize(list);
    server->entry = must_calloc(server->room, sizeof *server->entry);
    cJSON_ArrayForEach(item, list)
    {
        struct source from = {item, in.good};
        struct trace_entry *entry = &server->entry[server->n_entries++];
        const char *text = cJSON_GetStringValue(item_of(from, "command"));
        entry->term = get_value(from, "term");
        entry->bytes = get_value(from, "bytes");
        if (text == NULL || strlen(text) >= sizeof entry->command)
            *in.good = false;
        else
            memcpy(entry->command, text, strlen(text) + 1);
    }
}

static void get_indexes(struct source in, const char *name, uint64_t *index,
                        int n)
{
    const cJSON *list = item_of(in, name), *item;
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != n) {
        *in.good = false;
        return;
    }
    cJSON_ArrayForEach(item, list) *index++ = whole(item, in.good);
}

static void get_server(struct source in, struct model_server *server, int n)
{
    server->up = get_flag(in, "up");
    server->booted = get_flag(in, "booted");
    server->paused = get_flag(in, "paused");
    server->connected = get_flag(in, "connected");
    server->inc = get_int(in, "inc");
    server->group = get_int(in, "group");
    server->role = get_role(in);
    server->term = get_value(in, "current_term");
    server->voted_for = get_node(in, "voted_for", n);
    server->commit_index = get_value(in, "commit_index");
    server->last_applied = get_value(in, "last_applied");
    server->snapshot_index = get_value(in, "last_included_index");
    server->snapshot_term = get_value(in, "last_included_term");
    get_entries(in, server);
    get_indexes(in, "next_index", server->next_index, n);
    get_indexes(in, "match_index", server->match_index, n);
}

static void get_flights(struct source in, struct model *model)
{
    const cJSON *list = item_of(in, "flights"), *item;
    if (!cJSON_IsArray(list)) {
        *in.good = false;
        return;
    }
    model->flight_room = (size_t)cJSON_GetArraySize(list);
    model->flight = must_calloc(model->flight_room, sizeof *model->flight);
    cJSON_ArrayForEach(item, list)
    {
        struct source from = {item, in.good};
        struct model_flight *flight = &model->flight[model->n_flights++];
        flight->msg = get_value(from, "msg");
        flight->sent_n = get_value(from, "sent_n");
        flight->sent_us = get_value(from, "sent_us");
        flight->reply = get_flag(from, "reply");
        flight->from = get_node(from, "from", model->n_servers);
        flight->to = get_node(from, "to", model->n_servers);
    }
}

bool model_restore(struct model *model, const char *json)
{
    cJSON *root = cJSON_ParseWithLengthOpts(json, strlen(json) + 1, NULL, true);
    bool good = true;
    struct source in = {root, &good};
    const cJSON *servers = item_of(in, "servers"), *item;
    int n = cJSON_IsArray(servers) ? cJSON_GetArraySize(servers) : 0;
    // next_index makes memory grow with the square.
    if (n > TRACE_MAX_SERVERS)
        n = 0;
    model_init(model, n);
    good = n > 0;
    model->n = get_value(in, "n");
    model->us = get_value(in, "us");
    model->partitioned = get_flag(in, "partitioned");
    struct model_server *server = model->server;
    for (item = n > 0 ? servers->child : NULL; item != NULL; item = item->next)
        get_server((struct source){item, &good}, server++, n);
    get_flights(in, model);
    cJSON_Delete(root);
    if (!good)
        model_free(model);
    return good;
}
