// past.c -- clusters that were born old.
//
// In a run that begins at 0 no term and no index ever outgrows 16 bits, let
// alone 32. On every sixth seed the servers are given a past before the story:
// a term and a snapshot's index just below 2^32, 2^31 (where a signed number
// turns negative), 2^16 or 2^15, one after the other. Nothing
// is written into their state by hand, whose form is their own. A server of the
// same Raft lives for a moment, with no others to talk to and no trace, gets
// such a snapshot by InstallSnapshot, and what it has saved by then is what the
// story's server comes back with. In labs 1 and 2 servers come back with
// nothing; there they live already, and are asked for votes of such a term.
#include "internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"
#include "wire/figure2.h"

enum { EVERY_SEED = 6, OLD_SEED = 2, SNAPSHOT_BYTES = 8 };

// The power of 2 that a run's terms and indexes will pass.
static uint64_t wrap_of(const struct lab *lab)
{
    static const int bits[] = {32, 31, 16, 15};
    uint64_t turn = lab_part(lab->run, LAB_FAULTS) / EVERY_SEED;
    return 1ull << bits[turn % (sizeof bits / sizeof bits[0])];
}

static raft_term old_term(const struct lab *lab)
{
    return wrap_of(lab) - 3;
}

// The service takes a snapshot after every tenth command: a multiple of ten.
static raft_index old_index(const struct lab *lab)
{
    return (wrap_of(lab) - 1) / 10 * 10;
}

// A server in its first life.
struct nursling {
    struct blob *state, *snapshot; // saved last
};

static bool call(void *context, int peer, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply)
{
    (void)context;
    (void)peer;
    (void)method;
    (void)args;
    (void)n_args;
    (void)reply;
    (void)n_reply;
    return false;
}

static bool save(void *context, const struct raft_saved *saved)
{
    struct nursling *nursling = context;
    blob_drop(nursling->state);
    blob_drop(nursling->snapshot);
    nursling->state = blob_new(saved->state, saved->n_state);
    nursling->snapshot = saved->n_snapshot > 0
                             ? blob_new(saved->snapshot, saved->n_snapshot)
                             : NULL;
    return true;
}

static void apply(void *context, const struct raft_message *message)
{
    (void)context;
    (void)message;
}

// In lab 3 nobody knows of snapshots: the servers have only a term, and a vote.
static bool knows_snapshots(const struct lab *lab)
{
    return lab->run->lab == 0 || lab->run->lab >= 4;
}

// The service's snapshot, with no command in it yet.
static void put_snapshot(const struct lab *lab, uint8_t bytes[SNAPSHOT_BYTES])
{
    for (int i = 0; i < SNAPSHOT_BYTES; i++)
        bytes[i] = (uint8_t)(old_index(lab) >> (8 * i));
}

static uint8_t *message_of_old(const struct lab *lab, int server, size_t *n)
{
    uint64_t other = (uint64_t)((server + 1) % lab->n_servers);
    uint8_t bytes[SNAPSHOT_BYTES];
    put_snapshot(lab, bytes);
    struct install_snapshot_args install = {
        .term = old_term(lab),
        .leader_id = other,
        .last_included_index = old_index(lab),
        .last_included_term = old_term(lab) - 2,
        .data = {bytes, sizeof bytes},
        .done = true};
    struct request_vote_args vote = {.term = old_term(lab),
                                     .candidate_id = other};
    return knows_snapshots(lab)
               ? message_encode(&install_snapshot_args_type, &install, n)
               : message_encode(&request_vote_args_type, &vote, n);
}

static bool has_snapshot(const struct lab *lab, const struct nursling *nursling)
{
    uint8_t bytes[SNAPSHOT_BYTES];
    put_snapshot(lab, bytes);
    return nursling->snapshot != NULL &&
           nursling->snapshot->n == sizeof bytes &&
           memcmp(nursling->snapshot->bytes, bytes, sizeof bytes) == 0;
}

// A server of this Raft gets the message; false when nothing came of it.
static bool grow_old(struct lab *lab, int server, struct nursling *nursling)
{
    struct raft_config config = {.n_peers = lab->n_servers,
                                 .me = server,
                                 .context = nursling,
                                 .call = call,
                                 .save = save,
                                 .apply = apply,
                                 .seed = lab_part(lab->run, LAB_FAULTS)};
    const char *method =
        knows_snapshots(lab) ? "InstallSnapshot" : "RequestVote";
    size_t n_args = 0, n_reply = 0;
    uint8_t *reply = NULL;
    uint8_t *args = message_of_old(lab, server, &n_args);
    struct raft *rf = lab->api->make(&config);
    if (lab->api->handle(rf, method, args, n_args, &reply, &n_reply))
        free(reply);
    free(args);
    lab->api->kill(rf);
    lab->api->free(rf);
    return nursling->state != NULL &&
           (!knows_snapshots(lab) || has_snapshot(lab, nursling));
}

// A server alone is sent nothing.
static bool is_due(const struct lab *lab)
{
    const struct lab_run *run = lab->run;
    return !run->real && lab_part(run, LAB_FAULTS) % EVERY_SEED == OLD_SEED &&
           !run->scenario->young && run->scenario->rpcs == NULL &&
           lab->n_servers > 1;
}

static bool saves_nothing(const struct lab *lab)
{
    return lab->run->lab == 1 || lab->run->lab == 2;
}

// What is on the disk before the first start, for all who read the trace. Of
// an encoding of the Raft's own, what its server has been given is known.
static void tell(struct lab *lab, int server)
{
    const struct blob *state = lab->born_state[server];
    const struct blob *snapshot = lab->born_snapshot[server];
    struct raft_saved saved = {.state = state->bytes, .n_state = state->n};
    if (snapshot != NULL) {
        saved.snapshot = snapshot->bytes;
        saved.n_snapshot = snapshot->n;
    }
    struct trace_event event = lab_saved_event(lab, &saved);
    event.node = server;
    if (!event.ok && lab->past > 0) {
        event.ok = true;
        event.term = old_term(lab);
        event.from = event.index = old_index(lab);
        event.entry_term = old_term(lab) - 2;
    }
    trace_emit(lab->trace, &event);
}

void lab_give_past(struct lab *lab)
{
    bool good = is_due(lab) && !saves_nothing(lab);
    if (!good)
        return;
    for (int server = 0; server < lab->n_servers && good; server++) {
        struct nursling nursling = {NULL, NULL};
        good = grow_old(lab, server, &nursling);
        lab->born_state[server] = nursling.state;
        lab->born_snapshot[server] = nursling.snapshot;
    }
    if (!good) {
        lab_drop_past(lab);
        return;
    }
    if (knows_snapshots(lab))
        lab->past = old_index(lab);
    for (int server = 0; server < lab->n_servers; server++)
        tell(lab, server);
}

// A candidate of that term asks for a vote, of each of them another one; no
// leader is heard, whose followers might be deaf for candidates for a while.
static void is_asked(struct lab *lab, int server)
{
    uint64_t other = (uint64_t)((server + 1) % lab->n_servers);
    struct request_vote_args asks = {.term = LAB_AGED_TERM,
                                     .candidate_id = other};
    size_t n_args = 0, n_reply = 0;
    uint8_t *args = message_encode(&request_vote_args_type, &asks, &n_args);
    uint8_t *reply = NULL;
    int before = sim_server();
    sim_set_server(server);
    struct request_vote_reply answer;
    struct instance *instance = lab->now[server];
    if (lab_handle(instance, "RequestVote", args, n_args, &reply, &n_reply) &&
        message_decode(&request_vote_reply_type, reply, n_reply, &answer) &&
        answer.term == LAB_AGED_TERM)
        instance->aged = true;
    free(reply);
    sim_set_server(before);
    free(args);
}

void lab_age(struct lab *lab)
{
    if (!is_due(lab) || !saves_nothing(lab))
        return;
    trace_note(lab->trace, TRACE_NONE, "scenario",
               "before the story there were %" PRIu64 " terms", LAB_AGED_TERM);
    for (int server = 0; server < lab->n_servers; server++)
        is_asked(lab, server);
}

void lab_drop_past(struct lab *lab)
{
    for (int server = 0; server < lab->n_servers; server++) {
        blob_drop(lab->born_state[server]);
        blob_drop(lab->born_snapshot[server]);
        lab->born_state[server] = lab->born_snapshot[server] = NULL;
    }
}
