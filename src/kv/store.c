// store.c -- keys and values, in the order in which keys were first written.
//
// That order follows from the log, so that all servers' snapshots are the same
// bytes. A search from end to end will do for what a lab stores.
#include "service.h"

#include <stdlib.h>
#include <string.h>

static struct message_bytes bytes_of(const struct blob *blob)
{
    return (struct message_bytes){blob->bytes, blob->n};
}

static bool equal(struct message_bytes a, struct message_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

struct pair *store_find(const struct store *store, struct message_bytes key)
{
    for (size_t i = 0; i < store->n; i++)
        if (equal(bytes_of(store->pair[i].key), key))
            return &store->pair[i];
    return NULL;
}

void store_write(struct store *store, struct message_bytes key, size_t keep,
                 struct message_bytes value)
{
    struct pair *pair = store_find(store, key);
    if (pair == NULL) {
        size_t size = (store->n + 1) * sizeof *pair;
        store->pair = must_realloc(store->pair, size);
        pair = &store->pair[store->n++];
        *pair = (struct pair){blob_new(key.at, key.n), blob_new(NULL, 0)};
    }
    pair->value = blob_splice(pair->value, keep, value.at, value.n);
}

void store_drop(struct store *store, struct pair *gone)
{
    size_t n_after = (size_t)(&store->pair[--store->n] - gone);
    blob_drop(gone->key);
    blob_drop(gone->value);
    memmove(gone, gone + 1, n_after * sizeof *gone);
}

// A key that was never written has the empty value.
struct kv_reply store_do(struct store *store, const struct kv_request *request)
{
    const struct pair *pair = store_find(store, request->key);
    struct message_bytes now = {NULL, 0};
    if (pair != NULL)
        now = bytes_of(pair->value);
    if (request->kind == KV_GET)
        return (struct kv_reply){.status = KV_OK, .value = now};
    if (request->kind == KV_CAS && !equal(now, request->expected))
        return (struct kv_reply){.status = KV_REFUSED, .value = now};
    store_write(store, request->key, request->kind == KV_APPEND ? now.n : 0,
                request->value);
    return (struct kv_reply){.status = KV_OK};
}

void store_clear(struct store *store)
{
    while (store->n > 0)
        store_drop(store, &store->pair[store->n - 1]);
    free(store->pair);
    store->pair = NULL;
}

struct message_entries store_save(const struct store *store)
{
    struct message_entries saved = {NULL, 2 * store->n};
    saved.entry = must_calloc(saved.n + 1, sizeof *saved.entry);
    for (size_t i = 0; i < store->n; i++) {
        saved.entry[2 * i].command = bytes_of(store->pair[i].key);
        saved.entry[2 * i + 1].command = bytes_of(store->pair[i].value);
    }
    return saved;
}

void store_restore(struct store *store, struct message_entries saved)
{
    store_clear(store);
    for (size_t i = 0; i + 1 < saved.n; i += 2)
        store_write(store, saved.entry[i].command, 0,
                    saved.entry[i + 1].command);
}
