// hands.c -- what goes through the harness's hands, for the checker.
//
// A server's word on what it started, saved and applied is not asked where we
// know it ourselves. So nothing counts as having reached a server but what was
// in its messages, on its disk, or given to its raft_start().
#include "internal.h"

#include "../wire/figure2.h"
#include "../trace/pack.h"

struct hand {
    struct lab *lab;
    struct trace_event event;
    const struct check_disk *disk; // or NULL, and then
    struct message_bytes bytes;    // a command, or a snapshot
};

static void show(void *context)
{
    struct hand *hand = context;
    struct lab *lab = hand->lab;
    const struct trace_config *config = trace_config_of(lab->trace);
    hand->event.n = trace_n_events(lab->trace);
    hand->event.us = config->now_us(config->context);
    bool good = hand->disk != NULL
                    ? check_disk(lab->check, &hand->event, hand->disk)
                    : check_hands(lab->check, &hand->event, hand->bytes);
    if (!good)
        lab_run_breaks(lab);
}

// In real time events and what they tell of come apart.
static void tell(const struct instance *instance, struct hand hand)
{
    hand.lab = instance->lab;
    hand.event.node = instance->server;
    hand.event.inc = instance->inc;
    if (hand.lab->check != NULL && !hand.lab->run->real)
        trace_hold(hand.lab->trace, show, &hand);
}

void lab_hand_disk(const struct instance *instance)
{
    const struct blob *state = instance->state, *snapshot = instance->snapshot;
    struct raft_saved saved = {.state = state != NULL ? state->bytes : NULL,
                               .n_state = state != NULL ? state->n : 0,
                               .n_snapshot =
                                   snapshot != NULL ? snapshot->n : 0};
    struct check_disk disk = {.snapshot_index = instance->last_applied,
                              .readable = state == NULL,
                              .n_bytes = saved.n_state + saved.n_snapshot};
    struct saved_state decoded;
    if (state != NULL && lab_decode_saved(instance->lab, &saved, &decoded)) {
        disk.readable = true;
        disk.index = decoded.last_included_index;
        disk.entries = decoded.entries;
    }
    tell(instance, (struct hand){.disk = &disk});
    if (state != NULL && disk.readable)
        message_clear(&saved_state_type, &decoded);
}

void lab_hand_taken(const struct instance *instance, raft_index index,
                    raft_term term, struct message_bytes command)
{
    if (!instance->dead)
        tell(instance,
             (struct hand){
                 .event = {.kind = TRACE_TAKEN, .index = index, .term = term},
                 .bytes = command});
}

void lab_hand_given(const struct instance *instance,
                    const struct raft_message *message)
{
    if (!instance->dead)
        tell(instance,
             (struct hand){.event = {.kind = TRACE_GIVEN,
                                     .index = message->index,
                                     .term = message->term,
                                     .ok = message->is_snapshot},
                           .bytes = {message->bytes, message->n_bytes}});
}
