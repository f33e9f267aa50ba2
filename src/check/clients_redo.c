// clients_redo.c -- see clients_redo.h.
#include "clients_redo.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// ------------------------------------------------------------------ telling

void redo_say(struct redo *redo, const char *tag, const char *format, ...)
{
    struct clients_verdict *verdict = redo->verdict;
    size_t n = strlen(verdict->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(verdict->reason + n, sizeof verdict->reason - n, format, args);
    va_end(args);
    verdict->tag = tag;
}

void redo_show(struct redo *redo, uint64_t event)
{
    struct clients_verdict *verdict = redo->verdict;
    for (size_t i = 0; i < verdict->n_events; i++)
        if (verdict->events[i] == event)
            return;
    if (event != 0 && verdict->n_events < CLIENTS_EVENTS)
        verdict->events[verdict->n_events++] = event;
}

const struct clients_operation *redo_operation(const struct redo *redo,
                                               size_t number)
{
    return &redo->clients->operation[number];
}

// ------------------------------------------------------------ the key's log

const struct clients_applied *redo_applied(const struct redo *redo,
                                           uint64_t index)
{
    const struct clients *clients = redo->clients;
    return index < clients->applied_room && clients->applied[index].n != 0
               ? &clients->applied[index]
               : NULL;
}

void redo_begin(struct redo *redo, const char *key)
{
    const struct clients *clients = redo->clients;
    redo_empty(redo);
    redo->step = must_calloc(clients->n_entries + 1, sizeof *redo->step);
    const struct clients_applied *at;
    for (uint64_t i = 1; (at = redo_applied(redo, i)) != NULL; i++) {
        if (at->entry == CLIENTS_NONE && !at->harmless)
            break;
        redo->known_to = i;
        if (at->entry == CLIENTS_NONE)
            continue;
        const struct clients_entry *entry = &clients->entry[at->entry];
        const struct clients_operation *op =
            redo_operation(redo, entry->operation);
        if (strcmp(op->key, key) == 0)
            redo->step[redo->n_steps++] = (struct step){
                .operation = entry->operation,
                .entry = at->entry,
                .index = i,
                .again = clients_entry_of(clients, op)->index < i};
    }
}

// The number of steps below an index.
size_t redo_below(const struct redo *redo, uint64_t index)
{
    size_t n = 0;
    while (n < redo->n_steps && redo->step[n].index < index)
        n++;
    return n;
}

static void store(struct value *value, size_t at, const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;
    if (at + n + 1 > value->room) {
        value->room = 2 * (at + n) + 64;
        value->bytes = must_realloc(value->bytes, value->room);
    }
    if (n > 0)
        memcpy(value->bytes + at, text, n);
    value->n = at + n;
    value->bytes[value->n] = '\0';
}

static bool holds(const struct value *value, const char *text)
{
    return strcmp(value->bytes, text != NULL ? text : "") == 0;
}

void redo_do(struct redo *redo, const struct clients_operation *op)
{
    struct value *value = &redo->value;
    if (strcmp(op->call, "put") == 0)
        store(value, 0, op->value);
    else if (strcmp(op->call, "append") == 0)
        store(value, value->n, op->value);
    else if (strcmp(op->call, "cas") == 0 && holds(value, op->expected))
        store(value, 0, op->value);
}

// What steps [from, to) make of the value, without step left_out
// (CLIENTS_NONE: none); retries count only if `retries`.
void redo_empty(struct redo *redo)
{
    store(&redo->value, 0, NULL);
}

void redo_add(struct redo *redo, const char *text)
{
    store(&redo->value, redo->value.n, text);
}

bool redo_gives(const struct redo *redo, const char *text)
{
    return holds(&redo->value, text);
}

void redo_go_on(struct redo *redo, size_t from, size_t to, bool retries,
                size_t left_out)
{
    for (size_t i = from; i < to; i++)
        if (i != left_out && (retries || !redo->step[i].again))
            redo_do(redo, redo_operation(redo, redo->step[i].operation));
}

void redo_run(struct redo *redo, size_t to, bool retries, size_t left_out)
{
    redo_empty(redo);
    redo_go_on(redo, 0, to, retries, left_out);
}

void redo_end(struct redo *redo)
{
    free(redo->step);
    free(redo->value.bytes);
}

enum linear_kind clients_kind(const char *call)
{
    return strcmp(call, "put") == 0      ? LINEAR_PUT
           : strcmp(call, "append") == 0 ? LINEAR_APPEND
           : strcmp(call, "cas") == 0    ? LINEAR_CAS
                                         : LINEAR_GET;
}

const char *clients_name(const struct clients_operation *op, char *text,
                         size_t room)
{
    // What is not answered yet is named without its answer.
    struct linear_operation plain = {.kind = clients_kind(op->call),
                                     .outcome = LINEAR_DONE,
                                     .key = op->key,
                                     .value = op->value,
                                     .expected = op->expected};
    char words[200];
    linear_words(&plain, words, sizeof words);
    if (plain.kind == LINEAR_GET)
        words[strlen(words) - strlen(" returned nothing")] = '\0';
    snprintf(text, room, "C%" PRIu64 "'s %s", op->client, words);
    return text;
}
