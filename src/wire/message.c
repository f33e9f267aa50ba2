// message.c -- see message.h.
#include "message.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static size_t number_size(uint64_t number)
{
    size_t n = 1;
    for (; number >= 0x80; number >>= 7)
        n++;
    return n;
}

static uint8_t *put_number(uint8_t *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *out++ = (uint8_t)(number | 0x80);
    *out++ = (uint8_t)number;
    return out;
}

static uint8_t *put_bytes(uint8_t *out, struct message_bytes bytes)
{
    out = put_number(out, bytes.n);
    if (bytes.n > 0)
        memcpy(out, bytes.at, bytes.n);
    return out + bytes.n;
}

static size_t bytes_size(struct message_bytes bytes)
{
    return number_size(bytes.n) + bytes.n;
}

static const void *member(const void *value, const struct message_field *field)
{
    return (const char *)value + field->offset;
}

static size_t entries_size(const struct message_entries *entries)
{
    size_t n = number_size(entries->n);
    for (size_t i = 0; i < entries->n; i++)
        n += number_size(entries->entry[i].term) +
             bytes_size(entries->entry[i].command);
    return n;
}

static size_t list_size(const struct message_entries *entries)
{
    size_t n = 1;
    for (size_t i = 0; i < entries->n; i++)
        n += number_size(entries->entry[i].term + 1) +
             bytes_size(entries->entry[i].command);
    return n;
}

size_t message_size(const struct message_type *type, const void *value)
{
    size_t n = 0;
    for (const struct message_field *f = type->fields; f->name != NULL; f++) {
        const void *at = member(value, f);
        switch (f->type) {
        case MESSAGE_NUMBER:
            n += number_size(*(const uint64_t *)at);
            break;
        case MESSAGE_BOOL:
            n += 1;
            break;
        case MESSAGE_BYTES:
            n += bytes_size(*(const struct message_bytes *)at);
            break;
        case MESSAGE_ENTRIES:
            n += entries_size(at);
            break;
        case MESSAGE_LIST:
            n += list_size(at);
            break;
        }
    }
    return n;
}

static uint8_t *put_entries(uint8_t *out, const struct message_entries *entries)
{
    out = put_number(out, entries->n);
    for (size_t i = 0; i < entries->n; i++) {
        out = put_number(out, entries->entry[i].term);
        out = put_bytes(out, entries->entry[i].command);
    }
    return out;
}

static uint8_t *put_list(uint8_t *out, const struct message_entries *entries)
{
    for (size_t i = 0; i < entries->n; i++) {
        out = put_number(out, entries->entry[i].term + 1);
        out = put_bytes(out, entries->entry[i].command);
    }
    return put_number(out, 0);
}

uint8_t *message_put(const struct message_type *type, const void *value,
                     uint8_t *out)
{
    for (const struct message_field *f = type->fields; f->name != NULL; f++) {
        const void *at = member(value, f);
        switch (f->type) {
        case MESSAGE_NUMBER:
            out = put_number(out, *(const uint64_t *)at);
            break;
        case MESSAGE_BOOL:
            *out++ = *(const bool *)at;
            break;
        case MESSAGE_BYTES:
            out = put_bytes(out, *(const struct message_bytes *)at);
            break;
        case MESSAGE_ENTRIES:
            out = put_entries(out, at);
            break;
        case MESSAGE_LIST:
            out = put_list(out, at);
            break;
        }
    }
    return out;
}

uint8_t *message_encode(const struct message_type *type, const void *value,
                        size_t *n)
{
    *n = message_size(type, value);
    uint8_t *bytes = must_malloc(*n);
    message_put(type, value, bytes);
    return bytes;
}

// Reading goes from `at` to `end`; every get says whether it stayed inside.
struct cursor {
    const uint8_t *at, *end;
};

static bool get_number(struct cursor *from, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; from->at < from->end && shift < 64; shift += 7) {
        uint8_t byte = *from->at++;
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool get_bool(struct cursor *from, bool *value)
{
    uint64_t number;
    if (!get_number(from, &number) || number > 1)
        return false;
    *value = number == 1;
    return true;
}

static bool get_bytes(struct cursor *from, struct message_bytes *bytes)
{
    uint64_t n;
    if (!get_number(from, &n) || n > (uint64_t)(from->end - from->at))
        return false;
    *bytes = (struct message_bytes){from->at, (size_t)n};
    from->at += n;
    return true;
}

// An entry takes two bytes or more, which bounds what a lying count can ask.
static bool get_entries(struct cursor *from, struct message_entries *entries)
{
    uint64_t n;
    if (!get_number(from, &n) || n > (uint64_t)(from->end - from->at) / 2)
        return false;
    entries->n = (size_t)n;
    entries->entry = n > 0 ? must_calloc(n, sizeof entries->entry[0]) : NULL;
    for (size_t i = 0; i < n; i++)
        if (!get_number(from, &entries->entry[i].term) ||
            !get_bytes(from, &entries->entry[i].command))
            return false;
    return true;
}

static bool get_list(struct cursor *from, struct message_entries *entries)
{
    size_t room = 0;
    uint64_t term;
    bool good = get_number(from, &term);
    *entries = (struct message_entries){NULL, 0};
    while (good && term > 0) {
        entries->entry = must_grow(entries->entry, entries->n, &room,
                                   sizeof entries->entry[0]);
        struct message_entry *entry = &entries->entry[entries->n++];
        entry->term = term - 1;
        good = get_bytes(from, &entry->command) && get_number(from, &term);
    }
    return good;
}

static bool get_field(struct cursor *from, const struct message_field *field,
                      void *value)
{
    void *at = (char *)value + field->offset;
    switch (field->type) {
    case MESSAGE_NUMBER:
        return get_number(from, at);
    case MESSAGE_BOOL:
        return get_bool(from, at);
    case MESSAGE_BYTES:
        return get_bytes(from, at);
    case MESSAGE_ENTRIES:
        return get_entries(from, at);
    case MESSAGE_LIST:
        return get_list(from, at);
    }
    return false;
}

bool message_decode(const struct message_type *type, const uint8_t *bytes,
                    size_t n, void *value)
{
    struct cursor from = {bytes, bytes + n};
    bool good = true;
    memset(value, 0, type->size);
    for (const struct message_field *f = type->fields; f->name != NULL && good;
         f++)
        good = get_field(&from, f, value);
    if (good && from.at == from.end)
        return true;
    message_clear(type, value);
    return false;
}

void message_clear(const struct message_type *type, void *value)
{
    for (const struct message_field *f = type->fields; f->name != NULL; f++)
        if (f->type == MESSAGE_ENTRIES || f->type == MESSAGE_LIST)
            free(
                ((struct message_entries *)((char *)value + f->offset))->entry);
    memset(value, 0, type->size);
}

bool message_each(const struct message_type *type, const uint8_t *bytes,
                  size_t n,
                  void (*visit)(void *context,
                                const struct message_field *field,
                                uint64_t number, struct message_bytes bytes,
                                const struct message_entries *entries),
                  void *context)
{
    struct cursor from = {bytes, bytes + n};
    for (const struct message_field *f = type->fields; f->name != NULL; f++) {
        uint64_t number = 0;
        struct message_bytes run = {NULL, 0};
        struct message_entries entries = {NULL, 0};
        bool yes = false;
        bool good = f->type == MESSAGE_NUMBER    ? get_number(&from, &number)
                    : f->type == MESSAGE_BOOL    ? get_bool(&from, &yes)
                    : f->type == MESSAGE_BYTES   ? get_bytes(&from, &run)
                    : f->type == MESSAGE_ENTRIES ? get_entries(&from, &entries)
                                                 : get_list(&from, &entries);
        if (good)
            visit(context, f, yes ? 1 : number, run, &entries);
        free(entries.entry);
        if (!good)
            return false;
    }
    return from.at == from.end;
}

const struct message_rpc *message_find(const struct message_rpc *table,
                                       const char *method)
{
    for (; table->method != NULL; table++)
        if (strcmp(table->method, method) == 0)
            return table;
    return NULL;
}

uint64_t message_hash(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static bool plain(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '~';
}

void message_digest(const void *bytes, size_t n, char out[MESSAGE_DIGEST])
{
    const uint8_t *at = bytes;
    size_t n_plain = 0, shown = n < 10 ? n : 10;
    while (n_plain < n && n_plain <= 20 && plain(at[n_plain]))
        n_plain++;
    if (n_plain == n && n <= 20) {
        for (size_t i = 0; i < n; i++)
            out[i] = (char)at[i];
        out[n] = '\0';
        return;
    }
    for (size_t i = 0; i < shown; i++)
        out[i] = plain(at[i]) ? (char)at[i] : '.';
    out[shown++] = '~';
    uint64_t hash = message_hash(0xcbf29ce484222325u, bytes, n);
    hash ^= hash >> 32;
    for (int i = 0; i < 8; i++, hash >>= 4)
        out[shown++] = "0123456789abcdef"[hash & 15];
    out[shown] = '\0';
}
