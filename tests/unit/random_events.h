// random_events.h -- events of every kind with random contents, for tests.
//
// A run of them is no sensible Raft: the reader and the reducer must take it
// all the same.
#ifndef GLASSRAFT_RANDOM_EVENTS_H
#define GLASSRAFT_RANDOM_EVENTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "wire/declare.h"
#include "trace/trace.h"

enum { RANDOM_SERVERS = 5, RANDOM_ENTRIES = 4 };

#define SAMPLE_ARGS(F, m)                                                      \
    F(NUMBER, m, term) F(BOOL, m, done) F(ENTRIES, m, entries) F(BYTES, m, data)
MESSAGE_DECLARE(sample_args, SAMPLE_ARGS);

// Zero is not a good start for the generator.
struct random_events {
    uint64_t state;
    uint64_t us;
    struct trace_entry entry[RANDOM_ENTRIES];
    uint64_t shown[2];
    int groups[RANDOM_SERVERS];
    uint8_t *encoded; // to be freed with the struct
};

static inline uint64_t random_below(struct random_events *r, uint64_t n)
{
    return random_next(&r->state) % n;
}

static inline const char *random_text(struct random_events *r)
{
    static const char *const texts[] = {"",
                                        "AE.3",
                                        "a \"quoted\" word",
                                        "back\\slash",
                                        "tab\tline\n",
                                        "\x01",
                                        "caf\xc3\xa9",
                                        "\xf0\x9f\x90\x9f",
                                        "plain",
                                        "\x7f"};
    return texts[random_below(r, sizeof texts / sizeof texts[0])];
}

static inline void random_message(struct random_events *r,
                                  struct trace_message *args)
{
    static const uint8_t bytes[] = "x=1\0\xff, more bytes than a digest holds";
    struct message_entry entry[2] = {{random_below(r, 9), {bytes, 3}},
                                     {random_below(r, 9), {bytes, 30}}};
    struct sample_args value = {.term = random_below(r, UINT64_MAX),
                                .done = random_below(r, 2) == 0,
                                .entries = {entry, random_below(r, 3)},
                                .data = {bytes, random_below(r, 30)}};
    if (random_below(r, 2) == 0)
        value.term %= 100;
    free(r->encoded);
    args->type = &sample_args_type;
    args->encoded.at = r->encoded =
        message_encode(&sample_args_type, &value, &args->encoded.n);
}

static inline void random_lists(struct random_events *r,
                                struct trace_event *event)
{
    event->n_entries = random_below(r, RANDOM_ENTRIES + 1);
    for (size_t i = 0; i < event->n_entries; i++) {
        r->entry[i] = (struct trace_entry){.term = random_below(r, 9),
                                           .bytes = random_below(r, 99)};
        snprintf(r->entry[i].command, MESSAGE_DIGEST, "%s", random_text(r));
    }
    event->entries = r->entry;
    r->shown[0] = random_below(r, 1000);
    r->shown[1] = random_below(r, 1000);
    event->events = r->shown;
    event->n_shown = random_below(r, 3);
    for (int i = 0; i < RANDOM_SERVERS; i++)
        r->groups[i] = (int)random_below(r, 2);
    event->groups = r->groups;
    event->n_groups = RANDOM_SERVERS;
}

// An event of that kind; lists and message live until the next call.
static inline struct trace_event random_event(struct random_events *r,
                                              enum trace_kind kind)
{
    struct trace_event event = {.kind = kind, .inc = TRACE_NONE};
    event.node = (int)random_below(r, RANDOM_SERVERS + 1) - 1;
    event.rule = random_below(r, 2) == 0 ? random_text(r) : NULL;
    event.from_role = (enum trace_role)random_below(r, 3);
    event.to_role = (enum trace_role)random_below(r, 3);
    event.ok = random_below(r, 2) == 0;
    event.peer = (int)random_below(r, RANDOM_SERVERS);
    event.voted_for = (int)random_below(r, RANDOM_SERVERS + 1) - 1;
    event.term = random_below(r, 9);
    event.entry_term = random_below(r, 9);
    event.index = random_below(r, 20);
    event.from = random_below(r, RANDOM_SERVERS);
    event.to = random_below(r, RANDOM_SERVERS);
    event.msg = random_below(r, 9);
    event.waited_us = random_below(r, 999999);
    event.bytes = random_below(r, 999);
    event.snapshot_bytes = random_below(r, 2);
    event.n_events = random_below(r, 999);
    event.why = random_text(r);
    event.rpc = random_text(r);
    event.leg = random_below(r, 2) == 0 ? "request" : "reply";
    event.what = random_text(r);
    event.tag = random_text(r);
    event.text = kind == TRACE_STATE ? "{\"a\":1}" : random_text(r);
    event.command = random_below(r, 2) == 0 ? random_text(r) : NULL;
    if (kind == TRACE_SEND || kind == TRACE_REPLY)
        random_message(r, &event.args);
    random_lists(r, &event);
    if (kind == TRACE_INVOKE || kind == TRACE_RETURN) {
        event.node = TRACE_NONE;
        event.what = random_below(r, 2) == 0 ? "get" : "append";
        event.client = random_below(r, 3);
        event.operation = random_below(r, 99);
        event.key = random_below(r, 2) == 0 ? random_text(r) : "a";
        event.expected = random_below(r, 2) == 0 ? "1" : NULL;
        event.result = random_below(r, 2) == 0 ? "ok" : "unknown";
    }
    return event;
}

static inline uint64_t random_later(void *context)
{
    struct random_events *r = context;
    return r->us += random_below(r, 5000);
}

// Writes a trace of n of them.
static inline bool random_run(struct random_events *r, int n, const char *path)
{
    struct trace_config config = {.scenario = "random",
                                  .n_servers = RANDOM_SERVERS,
                                  .store = true,
                                  .now_us = random_later,
                                  .context = r};
    struct trace *recorder = trace_make(&config);
    for (int i = 0; i < n; i++) {
        struct trace_event event =
            random_event(r, (enum trace_kind)random_below(r, TRACE_VERDICT));
        trace_emit(recorder, &event);
    }
    bool good = trace_write_file(recorder, path);
    trace_free(recorder);
    free(r->encoded);
    return good;
}

#endif
