// limits.c -- what raft_config allows in one message.
//
// snapshot_chunk is no such limit: a Raft may send its snapshots whole.
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "wire/figure2.h"

void lab_check_call(struct instance *instance, const char *method,
                    const uint8_t *args, size_t n_args)
{
    size_t most = instance->lab->scenario->max_entries;
    struct append_entries_args append;
    if (most == 0 || strcmp(method, "AppendEntries") != 0 ||
        !message_decode(&append_entries_args_type, args, n_args, &append))
        return;
    size_t n = append.entries.n;
    message_clear(&append_entries_args_type, &append);
    if (n <= most)
        return;
    char text[200];
    snprintf(text, sizeof text,
             "S%d sends an AppendEntries with %zu entr%s, but"
             " raft_config.max_entries is %zu.",
             instance->server + 1, n, n == 1 ? "y" : "ies", most);
    lab_run_fails(instance->lab, FINDING_TOO_MANY_ENTRIES, "L.3", text);
}
