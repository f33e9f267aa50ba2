// parse.c -- see parse.h.
#include "parse.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "fields.h"
#include "scan.h"

static bool wrong(struct parse *parse, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool wrong(struct parse *parse, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(parse->what, sizeof parse->what, format, args);
    va_end(args);
    return false;
}

static const char *type_name(const cJSON *item)
{
    if (item == NULL)
        return "missing";
    if (cJSON_IsNull(item))
        return "null";
    if (cJSON_IsBool(item))
        return "a boolean";
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsString(item))
        return "a string";
    return cJSON_IsArray(item) ? "an array" : "an object";
}

static bool mismatch(struct parse *parse, const char *name, const cJSON *item,
                     const char *expected)
{
    return wrong(parse, "field \"%s\" is %s, expected %s", name,
                 type_name(item), expected);
}

bool trace_whole(const cJSON *item, uint64_t *value)
{
    if (cJSON_IsNumber(item)) {
        double number = item->valuedouble;
        if (!(number >= 0 && number < (double)TRACE_BIG))
            return false;
        *value = (uint64_t)number;
        return number == (double)*value;
    }
    const char *text = cJSON_GetStringValue(item);
    if (text == NULL || strncmp(text, "0x", 2) != 0)
        return false;
    size_t n = strspn(text + 2, "0123456789abcdefABCDEF");
    if (n == 0 || n > 16 || text[2 + n] != '\0')
        return false;
    *value = strtoull(text + 2, NULL, 16);
    return true;
}

static bool number_of(struct parse *parse, const char *name, const cJSON *item,
                      uint64_t *value)
{
    return trace_whole(item, value) ||
           mismatch(parse, name, item, "a whole number from 0 to 10^15 - 1");
}

static bool server_of(struct parse *parse, const char *name, const cJSON *item,
                      int *node)
{
    uint64_t value;
    *node = TRACE_NONE;
    if (cJSON_IsNull(item))
        return true;
    if (!cJSON_IsNumber(item) || !trace_whole(item, &value))
        return mismatch(parse, name, item, "the number of a server, or null");
    if (value >= (uint64_t)parse->n_servers)
        return wrong(parse, "field \"%s\" is %llu, expected a server 0 to %d",
                     name, (unsigned long long)value, parse->n_servers - 1);
    *node = (int)value;
    return true;
}

static bool entry_of(struct parse *parse, const cJSON *item,
                     struct trace_entry *entry)
{
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(item, "command");
    const cJSON *bytes = cJSON_GetObjectItemCaseSensitive(item, "bytes");
    if (!cJSON_IsObject(item))
        return mismatch(parse, "entries", item, "objects in it");
    if (!number_of(parse, "term",
                   cJSON_GetObjectItemCaseSensitive(item, "term"),
                   &entry->term))
        return false;
    const char *text = command != NULL ? cJSON_GetStringValue(command) : "";
    if (text == NULL)
        return mismatch(parse, "command", command, "a string");
    size_t n = strlen(text);
    if (n < sizeof entry->command)
        memcpy(entry->command, text, n + 1);
    else
        message_digest(text, n, entry->command);
    entry->bytes = n;
    return bytes == NULL || number_of(parse, "bytes", bytes, &entry->bytes);
}

static bool entries_of(struct parse *parse, const char *name, const cJSON *list,
                       const struct trace_entry **entries, size_t *n)
{
    if (!cJSON_IsArray(list))
        return mismatch(parse, name, list, "an array of entries");
    size_t room = (size_t)cJSON_GetArraySize(list);
    struct trace_entry *entry = arena_get(parse->arena, room, sizeof *entry);
    const cJSON *item;
    *entries = entry;
    *n = room;
    cJSON_ArrayForEach(item, list)
    {
        if (!entry_of(parse, item, entry++))
            return false;
    }
    return true;
}

static bool events_of(struct parse *parse, const char *name, const cJSON *list,
                      struct trace_event *event)
{
    if (!cJSON_IsArray(list))
        return mismatch(parse, name, list, "an array of event numbers");
    size_t room = (size_t)cJSON_GetArraySize(list);
    uint64_t *number = arena_get(parse->arena, room, sizeof *number);
    const cJSON *item;
    event->events = number;
    event->n_shown = room;
    cJSON_ArrayForEach(item, list)
    {
        if (!number_of(parse, name, item, number++))
            return false;
    }
    return true;
}

static bool groups_of(struct parse *parse, const char *name, const cJSON *list,
                      struct trace_event *event)
{
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != parse->n_servers)
        return mismatch(parse, name, list, "a group's number for each server");
    int *group =
        arena_get(parse->arena, (size_t)parse->n_servers, sizeof *group);
    const cJSON *item;
    event->groups = group;
    event->n_groups = (size_t)parse->n_servers;
    cJSON_ArrayForEach(item, list)
    {
        uint64_t value;
        if (!number_of(parse, name, item, &value))
            return false;
        if (value > INT32_MAX)
            return wrong(parse, "field \"%s\" is too large, expected a group",
                         name);
        *group++ = (int)value;
    }
    return true;
}

// {"bytes":n,"digest":text}: what stands for a byte string.
static bool bytes_of(struct parse *parse, const cJSON *item,
                     struct trace_arg *arg)
{
    const char *digest =
        cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "digest"));
    arg->type = ARG_BYTES;
    arg->text = digest != NULL ? arena_text(parse->arena, digest) : "";
    return trace_whole(cJSON_GetObjectItemCaseSensitive(item, "bytes"),
                       &arg->number);
}

// An argument; used is false for what no field of ours can be.
static bool arg_of(struct parse *parse, const cJSON *item,
                   struct trace_arg *arg, bool *used)
{
    *used = true;
    *arg = (struct trace_arg){.name = ""};
    if (trace_whole(item, &arg->number)) {
        arg->type = ARG_NUMBER;
    } else if (cJSON_IsBool(item)) {
        arg->type = ARG_BOOL;
        arg->number = (uint64_t)cJSON_IsTrue(item);
    } else if (cJSON_IsString(item)) {
        arg->type = ARG_TEXT;
        arg->text = arena_text(parse->arena, item->valuestring);
    } else if (cJSON_IsObject(item)) {
        *used = bytes_of(parse, item, arg);
    } else if (cJSON_IsArray(item) && strcmp(item->string, "entries") == 0) {
        arg->type = ARG_ENTRIES;
        if (!entries_of(parse, "entries", item, &arg->entry, &arg->n_entries))
            return false;
    } else {
        *used = false;
    }
    if (*used)
        arg->name = arena_text(parse->arena, item->string);
    return true;
}

static bool message_of(struct parse *parse, const char *name,
                       const cJSON *object, struct trace_message *message)
{
    if (!cJSON_IsObject(object))
        return mismatch(parse, name, object, "an object");
    struct trace_args *args = arena_get(parse->arena, 1, sizeof *args);
    size_t room = (size_t)cJSON_GetArraySize(object);
    struct trace_arg *arg = arena_get(parse->arena, room, sizeof *arg);
    const cJSON *item;
    args->arg = arg;
    message->parsed = args;
    cJSON_ArrayForEach(item, object)
    {
        bool used;
        if (!arg_of(parse, item, arg, &used))
            return false;
        arg += used;
    }
    args->n = (size_t)(arg - args->arg);
    return true;
}

static bool object_of(struct parse *parse, const char *name, const cJSON *item,
                      const char **text)
{
    if (!cJSON_IsObject(item))
        return mismatch(parse, name, item, "an object");
    char *printed = cJSON_PrintUnformatted(item);
    if (printed == NULL)
        return wrong(parse, "field \"%s\" cannot be kept, out of memory", name);
    *text = arena_text(parse->arena, printed);
    cJSON_free(printed);
    return true;
}

static bool role_of(struct parse *parse, const char *name, const cJSON *item,
                    enum trace_role *role)
{
    const char *text = cJSON_GetStringValue(item);
    for (int i = TRACE_FOLLOWER; text != NULL && i <= TRACE_LEADER; i++)
        if (strcmp(text, trace_role_name((enum trace_role)i)) == 0) {
            *role = (enum trace_role)i;
            return true;
        }
    return wrong(parse,
                 "field \"%s\" is %s, expected \"follower\", \"candidate\" or "
                 "\"leader\"",
                 name, text != NULL ? "another text" : type_name(item));
}

static bool text_of(struct parse *parse, const char *name, const cJSON *item,
                    const char **text)
{
    if (!cJSON_IsString(item))
        return mismatch(parse, name, item, "a string");
    *text = arena_text(parse->arena, item->valuestring);
    return true;
}

static bool field_of(struct parse *parse, const struct trace_field *field,
                     const cJSON *item, struct trace_event *event)
{
    const char *name = field->name;
    void *at = (char *)event + field->offset;
    int node;
    switch (field->type) {
    case TRACE_AS_NUMBER:
        return number_of(parse, name, item, at);
    case TRACE_AS_PEER:
        return server_of(parse, name, item, at);
    case TRACE_AS_ENDPOINT:
        if (!server_of(parse, name, item, &node))
            return false;
        *(uint64_t *)at = (uint64_t)(int64_t)node;
        return true;
    case TRACE_AS_BOOL:
        *(bool *)at = cJSON_IsTrue(item);
        return cJSON_IsBool(item) ||
               mismatch(parse, name, item, "true or false");
    case TRACE_AS_ROLE:
        return role_of(parse, name, item, at);
    case TRACE_AS_TEXT:
        return text_of(parse, name, item, at);
    case TRACE_AS_ENTRIES:
        return entries_of(parse, name, item, &event->entries,
                          &event->n_entries);
    case TRACE_AS_EVENTS:
        return events_of(parse, name, item, event);
    case TRACE_AS_GROUPS:
        return groups_of(parse, name, item, event);
    case TRACE_AS_MESSAGE:
        return message_of(parse, name, item, &event->args);
    case TRACE_AS_OBJECT:
        return object_of(parse, name, item, at);
    }
    return false;
}

// Fields that every event may have. Verdicts have no number and keyframes
// that of the event before them.
static bool common_of(struct parse *parse, const cJSON *object,
                      struct trace_event *event)
{
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, "n");
    const cJSON *us = cJSON_GetObjectItemCaseSensitive(object, "us");
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, "node");
    const cJSON *inc = cJSON_GetObjectItemCaseSensitive(object, "inc");
    const cJSON *rule = cJSON_GetObjectItemCaseSensitive(object, "rule");
    const cJSON *cause = cJSON_GetObjectItemCaseSensitive(object, "cause");
    uint64_t number = 0;
    event->n = parse->n + 1;
    if ((event->kind != TRACE_VERDICT || n != NULL) &&
        !number_of(parse, "n", n, &event->n))
        return false;
    bool behind = event->kind == TRACE_FINDING && event->n == parse->n;
    if (event->n <= parse->n && event->kind != TRACE_STATE && !behind)
        return wrong(parse, "field \"n\" is %llu, expected more than %llu",
                     (unsigned long long)event->n,
                     (unsigned long long)parse->n);
    if (!number_of(parse, "us", us, &event->us))
        return false;
    if (event->us < parse->us)
        return wrong(parse, "field \"us\" is %llu, expected %llu or more",
                     (unsigned long long)event->us,
                     (unsigned long long)parse->us);
    if (node != NULL && !server_of(parse, "node", node, &event->node))
        return false;
    if (inc != NULL && !number_of(parse, "inc", inc, &number))
        return false;
    event->inc = number < INT32_MAX ? (int)number : INT32_MAX;
    if (rule != NULL && !text_of(parse, "rule", rule, &event->rule))
        return false;
    if (cause != NULL && !number_of(parse, "cause", cause, &event->cause))
        return false;
    if (event->cause >= event->n)
        return wrong(parse, "field \"cause\" is %llu, expected less than %llu",
                     (unsigned long long)event->cause,
                     (unsigned long long)event->n);
    return true;
}

bool parse_event(struct parse *parse, const cJSON *object,
                 struct trace_event *event)
{
    *event = (struct trace_event){.node = TRACE_NONE};
    const cJSON *ev = cJSON_GetObjectItemCaseSensitive(object, "ev");
    if (!cJSON_IsString(ev))
        return mismatch(parse, "ev", ev, "the kind of the event, a string");
    event->kind = scan_kind(ev->valuestring, strlen(ev->valuestring));
    if (!common_of(parse, object, event))
        return false;
    for
        EACH_FIELD(field, event->kind)
        {
            const cJSON *item =
                cJSON_GetObjectItemCaseSensitive(object, field->name);
            if (item == NULL && field->optional)
                continue;
            if (!field_of(parse, field, item, event))
                return false;
        }
    if (event->kind != TRACE_STATE) {
        parse->n = event->n;
        parse->us = event->us;
    }
    return true;
}

static bool copy_text(struct parse *parse, const cJSON *object,
                      const char *name, char *out, size_t n)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item))
        return mismatch(parse, name, item, "a string");
    snprintf(out, n, "%s", item->valuestring);
    return true;
}

// What a header may leave out.
static bool optional_header(struct parse *parse, const cJSON *object,
                            struct trace_header *header)
{
    const cJSON *raft = cJSON_GetObjectItemCaseSensitive(object, "raft");
    const cJSON *members = cJSON_GetObjectItemCaseSensitive(object, "members");
    if (cJSON_IsString(raft))
        snprintf(header->raft, sizeof header->raft, "%s", raft->valuestring);
    if (members == NULL)
        return true;
    if (!cJSON_IsString(members) || (strcmp(members->valuestring, "fixed") &&
                                     strcmp(members->valuestring, "change")))
        return wrong(parse, "members: expected \"fixed\" or \"change\"");
    header->members_change = strcmp(members->valuestring, "change") == 0;
    return true;
}

bool parse_header(struct parse *parse, const cJSON *object,
                  struct trace_header *header)
{
    const cJSON *ev = cJSON_GetObjectItemCaseSensitive(object, "ev");
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, "v");
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(object, "servers");
    uint64_t version, servers;
    char mode[8] = "";
    if (!cJSON_IsString(ev) || strcmp(ev->valuestring, "trace") != 0)
        return wrong(parse, "not a trace, expected {\"ev\":\"trace\",...}");
    if (!number_of(parse, "v", v, &version))
        return false;
    if (version != TRACE_VERSION)
        return wrong(parse, "version %llu of the format, expected %d",
                     (unsigned long long)version, TRACE_VERSION);
    if (!number_of(parse, "servers", n, &servers))
        return false;
    if (servers < 1 || servers > TRACE_MAX_SERVERS)
        return wrong(parse, "%llu servers, expected 1 to %d",
                     (unsigned long long)servers, TRACE_MAX_SERVERS);
    header->version = (int)version;
    header->n_servers = parse->n_servers = (int)servers;
    if (!copy_text(parse, object, "scenario", header->scenario,
                   sizeof header->scenario) ||
        !copy_text(parse, object, "seed", header->seed, sizeof header->seed) ||
        !copy_text(parse, object, "glassraft", header->glassraft,
                   sizeof header->glassraft) ||
        !copy_text(parse, object, "mode", mode, sizeof mode))
        return false;
    header->real = strcmp(mode, "real") == 0;
    if (!header->real && strcmp(mode, "sim") != 0)
        return wrong(parse, "unknown mode, expected \"sim\" or \"real\"");
    return optional_header(parse, object, header);
}
