// record.c -- the recorder: numbers, packs, hashes and shows events.
//
// It is compiled without ThreadSanitizer and locks with a bare flag, so that
// the recorder's lock never passes for the caller's own: a data race between
// two servers' threads must stay visible although both emit events.
#include "trace.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/die.h"
#include "pack.h"

enum { CHUNK_WORDS = 32 * 1024 };

// Records lie in chunks that never move.
struct chunk {
    struct chunk *next;
    size_t used, room; // in words
    uint64_t word[];
};

struct trace {
    struct trace_config config;
    atomic_flag busy;
    // The operating system's thread that holds busy, 0 = none: an observer
    // may emit. All simulated threads are one, and none is ever interrupted
    // inside the recorder.
    atomic_uintptr_t owner;
    int depth; // trace_emit()s of the owner that have not returned
    uint64_t n, us, hash;
    uint64_t stop_at;          // an event, see trace_stops_here(); 0 = none
    int *inc;                  // per server
    bool names[TRACE_N_KINDS]; // events of this kind name servers or roles
    struct chunk *first, *last;
    pthread_key_t cause;
    bool has_cause; // false: the process has no key left, and causes are not
                    // remembered
};

// ThreadSanitizer's way to look away; absent from all other builds.
#define WEAK __attribute__((weak))
void AnnotateIgnoreReadsBegin(const char *, int) WEAK;
void AnnotateIgnoreReadsEnd(const char *, int) WEAK;
void AnnotateIgnoreWritesBegin(const char *, int) WEAK;
void AnnotateIgnoreWritesEnd(const char *, int) WEAK;
void AnnotateIgnoreSyncBegin(const char *, int) WEAK;
void AnnotateIgnoreSyncEnd(const char *, int) WEAK;

static void look_away(void)
{
    if (AnnotateIgnoreReadsBegin == NULL || AnnotateIgnoreSyncBegin == NULL)
        return;
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}

static void look_back(void)
{
    if (AnnotateIgnoreReadsBegin == NULL || AnnotateIgnoreSyncBegin == NULL)
        return;
    AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

// False when this thread has it already.
static bool take(struct trace *trace)
{
    // Each thread of the operating system has its own errno; a thread-local
    // variable would do as well but is refused in simulated objects.
    uintptr_t self = (uintptr_t)&errno;
    if (atomic_load_explicit(&trace->owner, memory_order_relaxed) == self)
        return false;
    unsigned tries = 0;
    while (
        atomic_flag_test_and_set_explicit(&trace->busy, memory_order_acquire))
        if (++tries % 256 == 0)
            sched_yield();
    atomic_store_explicit(&trace->owner, self, memory_order_relaxed);
    return true;
}

static void give(struct trace *trace)
{
    atomic_store_explicit(&trace->owner, 0, memory_order_relaxed);
    atomic_flag_clear_explicit(&trace->busy, memory_order_release);
}

static struct chunk *chunk_new(size_t room)
{
    struct chunk *chunk = must_malloc(sizeof *chunk + room * sizeof(uint64_t));
    chunk->next = NULL;
    chunk->used = 0;
    chunk->room = room;
    return chunk;
}

static bool names_any(enum trace_kind kind)
{
    const struct trace_field *field = trace_kinds[kind].fields;
    while (field->name != NULL && field->type != TRACE_AS_PEER &&
           field->type != TRACE_AS_ENDPOINT && field->type != TRACE_AS_ROLE)
        field++;
    return field->name != NULL;
}

struct trace *trace_make(const struct trace_config *config)
{
    struct trace *trace = must_calloc(1, sizeof *trace);
    trace->config = *config;
    const char *at = getenv("GLASSRAFT_STOP_AT");
    trace->stop_at = at != NULL ? strtoull(at, NULL, 10) : 0;
    atomic_flag_clear(&trace->busy);
    trace->hash = PACK_HASH;
    trace->inc = must_calloc((size_t)config->n_servers, sizeof *trace->inc);
    trace->first = trace->last = chunk_new(CHUNK_WORDS);
    for (int kind = 0; kind < TRACE_N_KINDS; kind++)
        trace->names[kind] = names_any((enum trace_kind)kind);
    trace->has_cause = pthread_key_create(&trace->cause, NULL) == 0;
    return trace;
}

void trace_free(struct trace *trace)
{
    if (trace == NULL)
        return;
    if (trace->has_cause)
        pthread_key_delete(trace->cause);
    for (struct chunk *chunk = trace->first, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(trace->inc);
    free(trace);
}

// Packs the event behind the last one and hashes it; an event that is not to
// be stored is overwritten by the next.
static void keep(struct trace *trace, const struct trace_event *event)
{
    struct chunk *chunk = trace->last;
    uint64_t *at = chunk->word + chunk->used;
    size_t n = pack_event(event, at, chunk->room - chunk->used);
    if (n > chunk->room - chunk->used) {
        chunk = chunk_new(n > CHUNK_WORDS ? n : CHUNK_WORDS);
        trace->last = trace->last->next = chunk;
        at = chunk->word;
        pack_event(event, at, chunk->room);
    }
    trace->hash = pack_hash(trace->hash, at);
    if (trace->config.spill != NULL)
        trace->config.spill(at);
    if (trace->config.store)
        chunk->used += n;
}

static int incarnation(struct trace *trace, const struct trace_event *event)
{
    bool known = event->node >= 0 && event->node < trace->config.n_servers;
    if (known && event->kind == TRACE_RESTART)
        trace->inc[event->node]++;
    if (event->inc != TRACE_NONE)
        return event->inc;
    return known ? trace->inc[event->node] : 0;
}

// Is this a server of the cluster, or none?
static bool is_server(const struct trace *trace, int64_t server)
{
    return server >= TRACE_NONE && server < trace->config.n_servers;
}

// A field of the event that names a server or a role: does it name one?
static bool field_fits(const struct trace *trace,
                       const struct trace_event *event,
                       const struct trace_field *field)
{
    const void *at = (const char *)event + field->offset;
    if (field->type == TRACE_AS_PEER)
        return is_server(trace, *(const int *)at);
    if (field->type == TRACE_AS_ENDPOINT)
        return is_server(trace, (int64_t) * (const uint64_t *)at);
    if (field->type == TRACE_AS_ROLE)
        return (unsigned)*(const enum trace_role *)at <= TRACE_LEADER;
    return true;
}

// Whoever reads the event takes its servers and roles for places in tables.
static bool fits(const struct trace *trace, const struct trace_event *event)
{
    if ((unsigned)event->kind >= TRACE_N_KINDS ||
        !is_server(trace, event->node))
        return false;
    if (!trace->names[event->kind])
        return true;
    const struct trace_field *field = trace_kinds[event->kind].fields;
    while (field->name != NULL && field_fits(trace, event, field))
        field++;
    return field->name == NULL;
}

// In the place of an event that cannot be.
static void say_unfit(struct trace_event *whole, char *text, size_t n)
{
    snprintf(text, n,
             "an event of kind %d for server %d is left out: it names a kind,"
             " server or role that there is not",
             (int)whole->kind, whole->node);
    *whole = (struct trace_event){.kind = TRACE_NOTE,
                                  .node = TRACE_NONE,
                                  .inc = TRACE_NONE,
                                  .cause = whole->cause,
                                  .what = "trace",
                                  .text = text};
}

__attribute__((noinline)) void trace_stops_here(uint64_t n,
                                                const struct trace_event *event)
{
    __asm__ volatile("" : : "r"(n), "r"(event) : "memory");
}

uint64_t trace_emit(struct trace *trace, const struct trace_event *event)
{
    if (trace == NULL)
        return 0;
    look_away();
    char text[160];
    struct trace_event whole = *event;
    if (!fits(trace, event))
        say_unfit(&whole, text, sizeof text);
    if (whole.cause == 0)
        whole.cause = trace_cause(trace);
    bool taken = take(trace);
    trace->depth++;
    // Real clocks are read by threads that overtake each other.
    uint64_t us = trace->config.now_us(trace->config.context);
    if (us > trace->us)
        trace->us = us;
    whole.us = trace->us;
    whole.n = ++trace->n;
    whole.inc = incarnation(trace, &whole);
    if (whole.n == trace->stop_at)
        trace_stops_here(whole.n, &whole);
    keep(trace, &whole);
    if (trace->config.observe != NULL)
        trace->config.observe(trace->config.context, &whole);
    trace->depth--;
    if (taken)
        give(trace);
    look_back();
    return whole.n;
}

void trace_hold(struct trace *trace, void (*work)(void *context), void *context)
{
    if (trace == NULL)
        return;
    look_away();
    bool taken = take(trace);
    trace->depth++;
    work(context);
    trace->depth--;
    if (taken)
        give(trace);
    look_back();
}

void trace_ends_here(struct trace *trace)
{
    bool mine = trace != NULL &&
                atomic_load_explicit(&trace->owner, memory_order_relaxed) ==
                    (uintptr_t)&errno;
    for (; mine && trace->depth > 0; trace->depth--)
        look_back();
}

uint64_t trace_emit_entries(struct trace *trace, struct trace_event event,
                            struct message_entries entries)
{
    struct trace_entry *shown = must_calloc(entries.n, sizeof *shown);
    for (size_t i = 0; i < entries.n; i++) {
        struct message_bytes command = entries.entry[i].command;
        shown[i].term = entries.entry[i].term;
        shown[i].bytes = command.n;
        message_digest(command.at, command.n, shown[i].command);
    }
    event.entries = shown;
    event.n_entries = entries.n;
    uint64_t number = trace_emit(trace, &event);
    free(shown);
    return number;
}

uint64_t trace_emit_command(struct trace *trace, struct trace_event event,
                            const struct message_bytes *command)
{
    char text[MESSAGE_DIGEST];
    if (command != NULL) {
        message_digest(command->at, command->n, text);
        event.command = text;
    }
    return trace_emit(trace, &event);
}

void trace_set_cause(struct trace *trace, uint64_t n)
{
    if (trace != NULL && trace->has_cause)
        pthread_setspecific(trace->cause, (const void *)(uintptr_t)n);
}

uint64_t trace_cause(struct trace *trace)
{
    if (trace == NULL || !trace->has_cause)
        return 0;
    return (uintptr_t)pthread_getspecific(trace->cause);
}

void trace_note(struct trace *trace, int node, const char *topic,
                const char *format, ...)
{
    if (trace == NULL)
        return;
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct trace_event note = {.kind = TRACE_NOTE,
                               .node = node,
                               .inc = TRACE_NONE,
                               .what = topic,
                               .text = text};
    trace_emit(trace, &note);
}

uint64_t trace_hash(const struct trace *trace)
{
    return trace != NULL ? trace->hash : 0;
}

uint64_t trace_n_events(const struct trace *trace)
{
    return trace != NULL ? trace->n : 0;
}

const struct trace_config *trace_config_of(const struct trace *trace)
{
    return &trace->config;
}

void trace_each(const struct trace *trace,
                bool (*visit)(void *context, const struct trace_event *event),
                void *context)
{
    if (trace == NULL)
        return;
    for (const struct chunk *c = trace->first; c != NULL; c = c->next)
        for (size_t at = 0; at < c->used; at += c->word[at + PACK_SIZE]) {
            struct trace_event event;
            unpack_event(c->word + at, &event);
            if (!visit(context, &event))
                return;
        }
}
