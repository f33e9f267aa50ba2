// own_entries.c -- has the Raft put entries of its own into its log?
//
// A no-op at the start of a term is a sound design (§8), and these labs do not
// have it: their indexes count commands. The report of a run that failed says
// so, where entries without a command were seen, before any client has given a
// command of no bytes.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/figure2.h"

enum { MOST_DECODED = 5000 };

// A process has one run. The recorder calls one at a time.
static struct {
    uint64_t event, index;
    int server;
    bool found;
    bool over;     // a client has given an empty command
    int n_decoded; // messages of a Raft that tells nothing of its log
} seen;

static void found(const struct trace_event *event, uint64_t index)
{
    seen.found = true;
    seen.event = event->n;
    seen.server = event->node;
    seen.index = index;
}

void lab_look_for_own_entries(const struct trace_event *event)
{
    if (seen.found || seen.over || event->node < 0)
        return;
    if (event->kind == TRACE_APPEND) {
        for (size_t i = 0; i < event->n_entries; i++)
            if (!seen.found && event->entries[i].bytes == 0)
                found(event, event->index + i);
        return;
    }
    struct append_entries_args args;
    if (event->kind != TRACE_SEND ||
        event->args.type != &append_entries_args_type ||
        ++seen.n_decoded > MOST_DECODED ||
        !message_decode(&append_entries_args_type, event->args.encoded.at,
                        event->args.encoded.n, &args))
        return;
    for (size_t i = 0; i < args.entries.n; i++)
        if (!seen.found && args.entries.entry[i].command.n == 0)
            found(event, args.prev_log_index + 1 + i);
    message_clear(&append_entries_args_type, &args);
}

void lab_gives_empty_command(void)
{
    seen.over = true;
}

bool lab_own_entries(char *text, size_t n)
{
    if (seen.found)
        snprintf(text, n,
                 "\nS%d has an entry without a command at index %" PRIu64
                 " (event %" PRIu64 "): a no-op at the start of a term is not"
                 " in these labs, whose indexes count commands (see \"Not"
                 " here\" in the handout).",
                 seen.server + 1, seen.index, seen.event);
    return seen.found;
}
