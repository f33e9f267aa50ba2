// limits.c -- what raft_config allows in one call.
//
// snapshot_chunk is no such limit: a Raft may send its snapshots whole.
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "wire/figure2.h"

// Otherwise the harness would crash over it, somewhere in its own code.
static void check_arguments(struct instance *instance, int peer,
                            const char *method, const uint8_t *args,
                            size_t n_args)
{
    char text[200], what[100];
    if (peer < 0 || peer >= instance->lab->n_servers)
        snprintf(what, sizeof what, "for peer %d; its peers are 0 to %d", peer,
                 instance->lab->n_servers - 1);
    else if (method == NULL)
        snprintf(what, sizeof what, "with NULL for the method");
    else if (args == NULL && n_args > 0)
        snprintf(what, sizeof what, "with NULL for %zu bytes of arguments",
                 n_args);
    else
        return;
    snprintf(text, sizeof text, "S%d calls raft_config's call() %s.",
             instance->server + 1, what);
    lab_run_fails(instance->lab, FINDING_CRASH, "", text);
}

void lab_check_call(struct instance *instance, int peer, const char *method,
                    const uint8_t *args, size_t n_args)
{
    check_arguments(instance, peer, method, args, n_args);
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
