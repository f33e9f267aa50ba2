// pack.c -- see pack.h.
#include "pack.h"

#include <string.h>

#include "fields.h"

#define ABSENT UINT64_MAX // in place of a text's length

struct packer {
    uint64_t *word;
    size_t n, room;
};

static void put(struct packer *p, uint64_t value)
{
    if (p->n < p->room)
        p->word[p->n] = value;
    p->n++;
}

// Bytes, padded with zeros to whole words. The empty asm keeps the loop from
// becoming a call of memcpy, which ThreadSanitizer would watch.
static void put_bytes(struct packer *p, const void *bytes, size_t n)
{
    const char *from = bytes;
    size_t whole = n / sizeof(uint64_t), rest = n % sizeof(uint64_t);
    size_t need = whole + (rest > 0);
    if (p->n + need <= p->room) {
        uint64_t *to = p->word + p->n;
        for (size_t i = 0; i < whole; i++, from += sizeof *to) {
            __builtin_memcpy(to + i, from, sizeof *to);
            __asm__ volatile("");
        }
        uint64_t last = 0;
        for (size_t i = 0; i < rest; i++)
            last |= (uint64_t)(uint8_t)from[i] << (8 * i);
        if (rest > 0)
            to[whole] = last;
    }
    p->n += need;
}

// With its closing zero byte, so that it can be borrowed from the record.
static void put_text(struct packer *p, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;
    put(p, text != NULL ? n : ABSENT);
    if (text != NULL)
        put_bytes(p, text, n + 1);
}

static void put_entries(struct packer *p, const struct trace_entry *entry,
                        size_t n)
{
    put(p, n);
    for (size_t i = 0; i < n; i++) {
        struct trace_entry clean = {entry[i].term, entry[i].bytes, ""};
        for (int c = 0; c < MESSAGE_DIGEST - 1 && entry[i].command[c]; c++)
            clean.command[c] = entry[i].command[c];
        put_bytes(p, &clean, sizeof clean);
    }
}

static void put_field(struct packer *p, const struct trace_event *event,
                      const struct trace_field *field)
{
    switch (field->type) {
    case TRACE_AS_NUMBER:
    case TRACE_AS_ENDPOINT:
        put(p, FIELD(uint64_t, event, field));
        break;
    case TRACE_AS_PEER:
        put(p, (uint64_t)(int64_t)FIELD(int, event, field));
        break;
    case TRACE_AS_BOOL:
        put(p, FIELD(bool, event, field));
        break;
    case TRACE_AS_ROLE:
        put(p, FIELD(enum trace_role, event, field));
        break;
    case TRACE_AS_TEXT:
    case TRACE_AS_OBJECT:
        put_text(p, FIELD(const char *, event, field));
        break;
    case TRACE_AS_ENTRIES:
        put_entries(p, event->entries, event->n_entries);
        break;
    case TRACE_AS_EVENTS:
        put(p, event->n_shown);
        put_bytes(p, event->events, event->n_shown * sizeof *event->events);
        break;
    case TRACE_AS_GROUPS:
        put(p, event->n_groups);
        put_bytes(p, event->groups, event->n_groups * sizeof *event->groups);
        break;
    case TRACE_AS_MESSAGE:
        put(p, event->args.type != NULL ? event->args.encoded.n : ABSENT);
        if (event->args.type != NULL)
            put_bytes(p, event->args.encoded.at, event->args.encoded.n);
        break;
    }
}

size_t pack_event(const struct trace_event *event, uint64_t *word, size_t room)
{
    struct packer p = {word, PACK_HASHED, room};
    put(&p, event->n);
    put(&p, event->us);
    put(&p, event->cause);
    put(&p, (uint64_t)event->kind | (uint64_t)(uint16_t)event->node << 16 |
                (uint64_t)(uint32_t)event->inc << 32);
    put_text(&p, event->rule);
    for
        EACH_FIELD(field, event->kind)
    put_field(&p, event, field);
    if (p.n <= room) {
        word[PACK_SIZE] = p.n;
        word[PACK_TYPE] = (uintptr_t)event->args.type;
    }
    return p.n;
}

static uint64_t get(const uint64_t **at)
{
    return *(*at)++;
}

static const void *get_bytes(const uint64_t **at, size_t n)
{
    const void *bytes = *at;
    *at += (n + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    return bytes;
}

static const char *get_text(const uint64_t **at)
{
    uint64_t n = get(at);
    return n != ABSENT ? get_bytes(at, (size_t)n + 1) : NULL;
}

static void get_message(const uint64_t **at, struct trace_message *args)
{
    uint64_t n = get(at);
    if (n == ABSENT) {
        args->type = NULL;
        return;
    }
    args->encoded.n = (size_t)n;
    args->encoded.at = get_bytes(at, (size_t)n);
}

static void get_field(const uint64_t **at, struct trace_event *event,
                      const struct trace_field *field)
{
    switch (field->type) {
    case TRACE_AS_NUMBER:
    case TRACE_AS_ENDPOINT:
        FIELD_SET(uint64_t, event, field, get(at));
        break;
    case TRACE_AS_PEER:
        FIELD_SET(int, event, field, (int)(int64_t)get(at));
        break;
    case TRACE_AS_BOOL:
        FIELD_SET(bool, event, field, get(at) != 0);
        break;
    case TRACE_AS_ROLE:
        FIELD_SET(enum trace_role, event, field, (enum trace_role)get(at));
        break;
    case TRACE_AS_TEXT:
    case TRACE_AS_OBJECT:
        FIELD_SET(const char *, event, field, get_text(at));
        break;
    case TRACE_AS_ENTRIES:
        event->n_entries = (size_t)get(at);
        event->entries =
            get_bytes(at, event->n_entries * sizeof *event->entries);
        break;
    case TRACE_AS_EVENTS:
        event->n_shown = (size_t)get(at);
        event->events = get_bytes(at, event->n_shown * sizeof *event->events);
        break;
    case TRACE_AS_GROUPS:
        event->n_groups = (size_t)get(at);
        event->groups = get_bytes(at, event->n_groups * sizeof *event->groups);
        break;
    case TRACE_AS_MESSAGE:
        get_message(at, &event->args);
        break;
    }
}

void unpack_event(const uint64_t *word, struct trace_event *event)
{
    *event = (struct trace_event){0};
    event->args.type = (const struct message_type *)(uintptr_t)word[PACK_TYPE];
    const uint64_t *at = word + PACK_HASHED;
    event->n = *at++;
    event->us = *at++;
    event->cause = *at++;
    event->kind = (enum trace_kind)(*at & 0xffff);
    event->node = (int16_t)(*at >> 16 & 0xffff);
    event->inc = (int)(uint32_t)(*at++ >> 32);
    event->rule = get_text(&at);
    for
        EACH_FIELD(field, event->kind)
    get_field(&at, event, field);
}

uint64_t pack_hash(uint64_t hash, const uint64_t *word)
{
    for (size_t i = PACK_HASHED; i < word[PACK_SIZE]; i++) {
        hash = (hash ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}
