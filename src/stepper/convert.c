// convert.c -- see convert.h.
#define _GNU_SOURCE
#include "convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/die.h"
#include "inside.h"

enum { MOST_ACTIONS = 100000, ROUND_US = 5000, PAGE = 4096 };

// Shared with the child that does the same as the trace.
struct found {
    size_t n;
    bool full;
    struct step_action action[MOST_ACTIONS];
};

// What is known of a message of the trace.
struct message {
    uint64_t content;
    int from, to;
    const char *method;
    uint64_t twin; // the number of ours; 0: it has none yet
    bool arrived;
    bool waits; // it is at the server, which has not acted on it yet
};

static struct {
    const struct trace_file *trace;
    struct found *found;
    struct stepper *stepper;
    struct message *message; // by number
    uint64_t n_messages;
    uint64_t *arrival; // by an event's number: the message that came in with it
    uint64_t n_events;
    uint64_t round_us[STEP_SERVERS]; // of the last heartbeats
    bool rounded[STEP_SERVERS];
    uint64_t ran[STEP_SERVERS]; // the term of its last election
    bool speaks;                // the Raft has trace calls
    bool late;                  // see convert()
    uint64_t *content;          // of ours, by number
    uint64_t n_contents;
} my;

// ------------------------------------------------------------- contents

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = (a ^ (b * 0x9e3779b97f4a7c15u)) + 0x7f4a7c15u;
    return (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u;
}

// The same for an event that was read and one that happens.
static uint64_t content_of(const struct trace_event *event)
{
    static const char *const numbers[] = {
        "term",          "candidate_id",        "last_log_index",
        "last_log_term", "leader_id",           "prev_log_index",
        "prev_log_term", "last_included_index", "last_included_term",
        "offset"};
    struct trace_entry entry[64];
    uint64_t h = message_hash(1, event->rpc, strlen(event->rpc)), number;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (trace_message_number(&event->args, numbers[i], &number))
            h = mix(mix(h, i + 1), number);
    size_t n = trace_message_entries(&event->args, entry, 64);
    h = mix(h, n);
    for (size_t i = 0; i < n && i < 64; i++)
        h = message_hash(mix(h, entry[i].term), entry[i].command,
                         strlen(entry[i].command));
    return h;
}

static void note_content(void *context, const struct trace_event *event)
{
    (void)context;
    if (event->kind != TRACE_SEND || event->ok)
        return;
    if (event->msg >= my.n_contents) {
        uint64_t n = 2 * event->msg + 64;
        my.content = must_realloc(my.content, n * sizeof *my.content);
        memset(my.content + my.n_contents, 0,
               (n - my.n_contents) * sizeof *my.content);
        my.n_contents = n;
    }
    my.content[event->msg] = content_of(event);
}

static struct message *message_of(uint64_t msg)
{
    return msg < my.n_messages ? &my.message[msg] : NULL;
}

static const struct step_call *twin_call(uint64_t msg)
{
    for (const struct step_call *c = stepper_calls(my.stepper); c != NULL;
         c = c->next)
        if (c->msg == msg)
            return c;
    return NULL;
}

static bool is_taken(uint64_t msg)
{
    for (uint64_t i = 0; i < my.n_messages; i++)
        if (my.message[i].twin == msg)
            return true;
    return false;
}

// Ours that is the message of the trace: with its content, else of its kind.
static const struct step_call *find_twin(struct message *message)
{
    const struct step_call *best = NULL;
    if (message->twin != 0)
        return twin_call(message->twin);
    for (int same = 1; same >= 0 && best == NULL; same--)
        for (const struct step_call *c = stepper_calls(my.stepper); c != NULL;
             c = c->next)
            if (c->from == message->from && c->to == message->to &&
                strcmp(c->method, message->method) == 0 &&
                c->place == CALL_REQUEST &&
                (!same || my.content[c->msg] == message->content) &&
                !is_taken(c->msg))
                best = c; // the oldest
    if (best != NULL)
        message->twin = best->msg;
    return best;
}

// ------------------------------------------------------------- actions

// Noted before it is done: it may be what ends the run.
static void act(const struct step_action *action)
{
    char why[STEP_LINE];
    struct found *found = my.found;
    if (found->n == MOST_ACTIONS) {
        found->full = true;
        return;
    }
    found->action[found->n++] = *action;
    if (!stepper_do_quietly(my.stepper, action, why))
        found->n--;
}

static void act_server(enum step_kind kind, int server)
{
    act(&(struct step_action){.kind = kind, .server = server});
}

static void act_message(enum step_kind kind, const struct step_call *call,
                        bool reply)
{
    struct step_action action = {.kind = kind,
                                 .server = call->from,
                                 .peer = call->to,
                                 .reply = reply,
                                 .number = call->number};
    memcpy(action.method, call->method, sizeof action.method);
    act(&action);
}

static void arrives(struct message *message)
{
    if (message == NULL || message->method == NULL)
        return;
    bool again = message->arrived;
    const struct step_call *call = find_twin(message);
    message->arrived = true;
    if (call == NULL)
        return;
    if (!again && call->place == CALL_REQUEST)
        act_message(STEP_DELIVER, call, false);
    else if (call->request != NULL)
        act_message(STEP_DOUBLE, call, false);
}

static void answered(struct message *message)
{
    const struct step_call *call =
        message != NULL && message->twin != 0 ? twin_call(message->twin) : NULL;
    if (call != NULL && call->place == CALL_REPLY)
        act_message(STEP_DELIVER, call, true);
}

static void dropped(struct message *message)
{
    const struct step_call *call =
        message != NULL && message->method != NULL ? find_twin(message) : NULL;
    if (call != NULL &&
        (call->place == CALL_REQUEST || call->place == CALL_REPLY))
        act_message(STEP_LOSE, call, call->place == CALL_REPLY);
}

// What a leader sends without a cause, its clock made it send: all of a round.
static void sends(const struct trace_event *event)
{
    int s = event->node;
    raft_term term;
    bool leads = false;
    if (event->cause != 0 && my.speaks)
        return;
    if (event->ok)
        return;
    if (strcmp(event->rpc, "RequestVote") == 0) {
        // Of a Raft that says nothing of its timers.
        if (!my.speaks && trace_message_number(&event->args, "term", &term) &&
            term > my.ran[s]) {
            my.ran[s] = term;
            act_server(STEP_TIMEOUT, s);
        }
        return;
    }
    if (my.rounded[s] && event->us < my.round_us[s] + ROUND_US)
        return;
    my.rounded[s] = true;
    my.round_us[s] = event->us;
    if (lab_get_state(stepper_lab(my.stepper), s, &term, &leads) && leads)
        act_server(STEP_HEARTBEAT, s);
}

// A message that came in counts when the server first acts on it, or answers:
// another thread may have been faster, a timeout's above all.
static void acts_on(uint64_t msg)
{
    struct message *message = message_of(msg);
    if (message == NULL || !message->waits)
        return;
    message->waits = false;
    arrives(message);
}

static void follow(const struct trace_event *event)
{
    struct step_action action = {.server = event->node};
    struct message *message = message_of(event->msg);
    if (event->cause != 0 && event->cause < my.n_events)
        acts_on(my.arrival[event->cause]);
    switch (event->kind) {
    case TRACE_TIMEOUT:
        act_server(STEP_TIMEOUT, event->node);
        break;
    case TRACE_SEND:
        sends(event);
        break;
    case TRACE_RECV:
        if (message == NULL)
            break;
        acts_on(event->msg); // it has come before
        message->waits = true;
        if (!my.late)
            acts_on(event->msg);
        if (event->n < my.n_events)
            my.arrival[event->n] = event->msg;
        break;
    case TRACE_REPLY:
        acts_on(event->msg);
        break;
    case TRACE_REPLY_RECV:
        answered(message_of(event->msg));
        break;
    case TRACE_DROP:
        dropped(message_of(event->msg));
        break;
    case TRACE_START:
    case TRACE_TAKEN:
        action.kind = STEP_COMMAND;
        snprintf(action.text, sizeof action.text, "%s",
                 event->command != NULL && event->command[0] != '\0'
                     ? event->command
                     : "x");
        if (event->ok || event->kind == TRACE_TAKEN)
            act(&action);
        break;
    case TRACE_CRASH:
        act_server(STEP_CRASH, event->node);
        break;
    case TRACE_RESTART:
        act_server(STEP_RESTART, event->node);
        break;
    case TRACE_COMPACT:
        action.kind = STEP_SNAPSHOT;
        action.number = event->index;
        act(&action);
        break;
    default:
        break;
    }
}

static void run(struct lab *lab)
{
    my.stepper = stepper_begin(lab);
    my.stepper->also = note_content;
    for (size_t i = 0; i < my.trace->n_events; i++) {
        const struct trace_event *event = &my.trace->event[i];
        if (event->kind == TRACE_FINDING)
            break;
        if (event->node < STEP_SERVERS)
            follow(event);
    }
    // What the finding came with may have left no other trace.
    for (uint64_t msg = 0; msg < my.n_messages; msg++)
        acts_on(msg);
    stepper_end(my.stepper);
}

static void read_messages(const struct trace_file *trace)
{
    my.speaks = false;
    for (size_t i = 0; i < trace->n_events; i++)
        my.speaks |= trace->event[i].kind == TRACE_TIMEOUT;
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].msg >= my.n_messages)
            my.n_messages = trace->event[i].msg + 1;
    my.message = must_calloc(my.n_messages, sizeof *my.message);
    my.n_events = 1;
    for (size_t i = 0; i < trace->n_events; i++)
        if (trace->event[i].n >= my.n_events)
            my.n_events = trace->event[i].n + 1;
    my.arrival = must_calloc(my.n_events, sizeof *my.arrival);
    for (size_t i = 0; i < trace->n_events; i++) {
        const struct trace_event *event = &trace->event[i];
        if (event->kind == TRACE_SEND && !event->ok && event->node >= 0)
            my.message[event->msg] =
                (struct message){.content = content_of(event),
                                 .from = event->node,
                                 .to = (int)event->to,
                                 .method = event->rpc};
    }
}

bool convert(const struct lab_run *run_of, const struct trace_file *trace,
             bool late, struct script *script, char error[300])
{
    static struct lab_scenario scenario;
    struct lab_run again = *run_of;
    struct lab_result result;
    if (trace->header.n_servers > STEP_SERVERS) {
        snprintf(error, 300, "a script has at most %d servers, not %d",
                 STEP_SERVERS, trace->header.n_servers);
        return false;
    }
    scenario = *script_scenario("convert", "");
    scenario.run = run;
    scenario.n_servers = trace->header.n_servers;
    if (run_of->scenario != NULL) {
        scenario.max_entries = run_of->scenario->max_entries;
        scenario.snapshot_chunk = run_of->scenario->snapshot_chunk;
    }
    my.trace = trace;
    my.late = late;
    my.n_messages = 0;
    my.found = mmap(NULL, sizeof *my.found, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (my.found == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    read_messages(trace);
    again.scenario = &scenario;
    again.trace = NULL;
    again.quiet = true;
    again.sandbox = NULL; // it needs the trace
    lab_run_one(&again, &result);
    *script = (struct script){.n_servers = trace->header.n_servers,
                              .max_entries = scenario.max_entries,
                              .snapshot_chunk = scenario.snapshot_chunk};
    for (size_t i = 0; i < my.found->n; i++)
        script_add(script, &my.found->action[i], 0);
    if (my.found->full)
        snprintf(error, 300, "the run has more than %d actions", MOST_ACTIONS);
    bool good = !my.found->full;
    munmap(my.found, sizeof *my.found);
    free(my.message);
    free(my.arrival);
    return good;
}
