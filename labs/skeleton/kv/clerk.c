// clerk.c of the student. Format: labs/make-skeleton.
// stays: is_killed ask_one clerk_make clerk_kill clerk_free

// clerk.c -- a client's side: finds the leader, and asks until it is answered.
#include "kv.h"

// Asks one server after the other until one answers. False: killed.
static bool ask(struct clerk *clerk, const struct kv_request *request,
                struct kv_reply *reply)
{
    // Your code here (lab 5). This asks one server, once.
    size_t n;
    uint8_t *bytes = message_encode(&kv_request_type, request, &n);
    bool answered = ask_one(clerk, bytes, n, reply);
    free(bytes);
    return answered && !is_killed(clerk);
}

bool clerk_ask(struct clerk *clerk, const struct kv_request *request,
               struct kv_reply *reply)
{
    // Your code here (lab 5): [KV.4] a session, opened by the first request,
    // and a number for each. False also where the session is gone.
    crew_enter(&clerk->crew);
    bool done = ask(clerk, request, reply);
    crew_leave(&clerk->crew);
    return done;
}
