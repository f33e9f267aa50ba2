// kv.h -- a replicated key/value service on a Raft, and its clients' clerk.
//
// A server of the service stands on one server of a Raft, which its owner
// makes: what the Raft gives its service goes to kv_apply(), in order, and what
// the service wants of the Raft it asks through functions that the owner gives,
// shaped like those of raft.h. It runs on any Raft with that header. Requests
// enter by kv_handle(), as bytes (wire/service.h).
//
//     struct kv *kv = kv_make(&config);
//     ... raft_make() with an apply that calls kv_apply(kv, message) ...
//     kv_kill(kv), raft_free(rf), kv_free(kv);
//
// A client has a clerk, which finds the leader and asks until it is answered:
//
//     struct clerk *clerk = clerk_make(&config);
//     if (clerk_ask(clerk, &request, &reply)) ... reply.value ...
//
// What is promised: each request of a clerk happens once, at one moment between
// the call of clerk_ask() and its return (the paper's §8).
#ifndef GLASSRAFT_KV_H
#define GLASSRAFT_KV_H

#include "raft/raft.h"
#include "wire/service.h"

C_NAMES_BEGIN

struct kv_config {
    int me;        // 0 .. n-1; for a service that tells who it is
    void *context; // first argument of the functions below

    // raft_start(), raft_get_state() and raft_snapshot() of this server. They
    // may block for as long as a save takes; not to be called with a lock that
    // kv_apply() needs. Where there is no Raft (yet, or any more), start says
    // false and get_state tells of term 0 without a leader.
    bool (*start)(void *context, const void *command, size_t n_bytes,
                  raft_index *index, raft_term *term);
    void (*get_state)(void *context, raft_term *term, bool *is_leader);
    void (*snapshot)(void *context, raft_index index, const void *bytes,
                     size_t n_bytes);
    // Which server leads, as far as this one knows; -1 = no idea.
    int (*leader)(void *context);
    // Bytes of the state that the Raft saved last, without its snapshot.
    size_t (*state_size)(void *context);

    struct message_bytes saved; // the snapshot that was saved before; borrowed
                                // by kv_make(); 0 bytes: none
    size_t max_state;    // a snapshot is due above so many bytes; 0 = never
    size_t max_sessions; // that are kept, those used last; 0 = 64
    uint64_t seed;       // another in each life of each server
};

// Starts a server and returns at once. die()s when the snapshot cannot be
// decoded.
struct kv *kv_make(const struct kv_config *config);

// The next thing that was agreed on: raft_config.apply. Called by one thread.
// Never waits for a client.
void kv_apply(struct kv *kv, const struct raft_message *message);

// A request comes in, maybe many at a time. Blocks until this very request was
// applied here, or this server can no longer tell that it will be: KV_OK,
// KV_REFUSED or KV_EXPIRED, or KV_WRONG_LEADER. Borrows args; true gives *reply
// (malloc'd). False when the method is unknown, the arguments do not decode, or
// the server was killed.
bool kv_handle(struct kv *kv, const char *method, const uint8_t *args,
               size_t n_args, uint8_t **reply, size_t *n_reply);

// Tells the server to stop; returns at once. All who wait in kv_handle() get no
// answer, and nobody gets one after that.
void kv_kill(struct kv *kv);

// Kills, waits for the calls and threads inside, and frees. No call may begin
// any more.
void kv_free(struct kv *kv);

struct clerk_config {
    int n_servers;
    void *context; // first argument of call
    // Calls a server, 0 .. n_servers-1, and blocks until the outcome, or until
    // it has waited for a while. Borrows args; true gives *reply (malloc'd,
    // this side frees it). False: no answer, and the request may have arrived,
    // or may arrive yet.
    bool (*call)(void *context, int server, const char *method,
                 const uint8_t *args, size_t n_args, uint8_t **reply,
                 size_t *n_reply);
};

struct clerk *clerk_make(const struct clerk_config *config);

// Does a request of kind, key, value and expected (borrowed) once, and blocks
// until that is sure: for ever, if no majority can be reached. True: *reply is
// filled in, status is KV_OK or KV_REFUSED, and reply->value is the clerk's
// until its next request. False: the clerk was killed, or its session expired:
// it may have happened, or happen later, or not. One call at a time.
bool clerk_ask(struct clerk *clerk, const struct kv_request *request,
               struct kv_reply *reply);

// The client dies: a call under way returns false soon.
void clerk_kill(struct clerk *clerk);

// Kills, waits for all calls to servers to return, and frees.
void clerk_free(struct clerk *clerk);

C_NAMES_END
#endif
