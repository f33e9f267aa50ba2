// store.c of the student. Format: labs/make-skeleton.
// stays: bytes_of equal store_find store_write store_drop
// stays: store_clear store_save

// A key that was never written has the empty value.
struct kv_reply store_do(struct store *store, const struct kv_request *request)
{
    // Your code here (lab 5): [KV.8] get, put, append, compare-and-set.
    (void)store;
    (void)request;
    return (struct kv_reply){.status = KV_OK};
}

void store_restore(struct store *store, struct message_entries saved)
{
    // Your code here (lab 5): [KV.7] the store becomes what was saved: a key,
    // its value, the next key ...
    (void)store;
    (void)saved;
}
