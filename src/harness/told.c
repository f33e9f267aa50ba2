// told.c -- what the harness tells in the place of a Raft without trace calls.
//
// A Raft may be silent. What it was asked, what it saved and what it gave to
// its service went through our hands, so the checker need not miss it. As
// soon as any server tells something of itself, all of them speak for
// themselves.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/figure2.h"

static void tell(const struct instance *instance, struct trace_event event)
{
    event.node = instance->server;
    event.inc = instance->inc;
    trace_emit(instance->lab->trace, &event);
}

static bool is_silent(const struct instance *instance)
{
    return !atomic_load(&instance->lab->speaks);
}

void lab_tell_taken(const struct instance *instance, raft_index index,
                    raft_term term, struct message_bytes command)
{
    char digest[MESSAGE_DIGEST];
    if (!is_silent(instance))
        return;
    message_digest(command.at, command.n, digest);
    tell(instance, (struct trace_event){.kind = TRACE_TAKEN,
                                        .index = index,
                                        .term = term,
                                        .command = digest});
}

void lab_tell_given(const struct instance *instance,
                    const struct raft_message *message)
{
    char digest[MESSAGE_DIGEST];
    if (!is_silent(instance))
        return;
    message_digest(message->bytes, message->n_bytes, digest);
    tell(instance,
         (struct trace_event){.kind = TRACE_GIVEN,
                              .index = message->index,
                              .term = message->term,
                              .ok = message->is_snapshot,
                              .command = message->is_snapshot ? NULL : digest});
}

// Another Raft's bytes may decode by chance; they make no sense then.
static bool makes_sense(const struct lab *lab, const struct saved_state *state)
{
    uint64_t term = state->last_included_term;
    if (state->voted_for > (uint64_t)lab->n_servers)
        return false;
    for (size_t i = 0; i < state->entries.n; i++) {
        if (state->entries.entry[i].term < term)
            return false;
        term = state->entries.entry[i].term;
    }
    return term <= state->current_term;
}

bool lab_decode_saved(const struct lab *lab, const struct raft_saved *saved,
                      struct saved_state *state)
{
    if (!message_decode(&saved_state_type, saved->state, saved->n_state, state))
        return false;
    bool good = makes_sense(lab, state);
    if (!good)
        message_clear(&saved_state_type, state);
    return good;
}

struct trace_event lab_saved_event(const struct lab *lab,
                                   const struct raft_saved *saved)
{
    struct saved_state state;
    struct trace_event event = {.kind = TRACE_SAVED,
                                .voted_for = TRACE_NONE,
                                .bytes = saved->n_state,
                                .snapshot_bytes = saved->n_snapshot};
    event.ok = lab_decode_saved(lab, saved, &state);
    if (event.ok) {
        size_t n = state.entries.n;
        event.term = state.current_term;
        event.voted_for = (int)state.voted_for - 1;
        event.from = state.last_included_index;
        event.index = state.last_included_index + n;
        event.entry_term =
            n > 0 ? state.entries.entry[n - 1].term : state.last_included_term;
        message_clear(&saved_state_type, &state);
    }
    return event;
}

void lab_tell_saved(const struct instance *instance,
                    const struct raft_saved *saved, uint64_t after)
{
    if (!is_silent(instance))
        return;
    struct trace_event event = lab_saved_event(instance->lab, saved);
    event.to = after;
    tell(instance, event);
}
