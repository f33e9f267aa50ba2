// store.c -- keys and values, in the order in which keys were first written.
//
// That order follows from the log, so that all servers' snapshots are the same
// bytes. A search from end to end will do for what a lab stores.
#include "service.h"

#include <stdlib.h>

static struct message_bytes bytes_of(const struct blob *blob)
{
    return (struct message_bytes){blob->bytes, blob->n};
}

// A key that was never written has the empty value.
struct kv_reply store_do(struct store *store, const struct kv_request *request)
{
    // Your code here (lab 5): get, put, append, compare-and-set.
    (void)store;
    (void)request;
    return (struct kv_reply){.status = KV_OK};
}

void store_clear(struct store *store)
{
    for (size_t i = 0; i < store->n; i++) {
        blob_drop(store->pair[i].key);
        blob_drop(store->pair[i].value);
    }
    free(store->pair);
    *store = (struct store){0};
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
    // Your code here (lab 5): the store becomes what was saved.
    (void)store;
    (void)saved;
}
