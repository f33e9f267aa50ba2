// call.c -- the life of one call.
//
// The calling thread lives through all of it: it draws the call's fate, waits
// out the delays, hands the request to a handler thread, waits for that, and
// brings the reply back. Only the handler, and requests that arrive twice or
// late, have threads of their own.
#include "internal.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/die.h"

// Looks before a real thread goes to sleep.
enum { LOOKS = 50 };

static void sleep_us(uint64_t us)
{
    struct timespec left = {.tv_sec = (time_t)(us / 1000000),
                            .tv_nsec = (long)(us % 1000000) * 1000};
    if (us > 0)
        while (nanosleep(&left, &left) != 0)
            continue;
}

// A job whose method and arguments are the caller's.
static struct job job_of(struct net *net, const struct net_end *end,
                         const struct fate *fate, const char *method,
                         struct message_bytes args)
{
    const struct message_rpc *rpcs = net->config.rpcs;
    return (struct job){.net = net,
                        .slot = fate->slot,
                        .generation = fate->generation,
                        .rpc = rpcs != NULL ? message_find(rpcs, method) : NULL,
                        .msg = fate->msg,
                        .from = end->from,
                        .to = fate->to,
                        .method = method,
                        .args = args.at,
                        .n_args = args.n};
}

// A handler's job, which has its own.
static struct job *copy_job(const struct job *job)
{
    size_t n_method = strlen(job->method) + 1;
    struct job *copy = must_malloc(sizeof *copy + n_method + job->n_args);
    *copy = *job;
    copy->method = memcpy(copy->bytes, job->method, n_method);
    copy->args = (const uint8_t *)copy->bytes + n_method;
    if (job->n_args > 0)
        memcpy(copy->bytes + n_method, job->args, job->n_args);
    return copy;
}

// Frees the call when both its caller and its handler are done with it.
static void drop_pending(struct pending *pending)
{
    if (--pending->n_users > 0)
        return;
    pthread_cond_destroy(&pending->changed);
    free(pending->reply);
    free(pending);
}

// Runs the handler, unless its server is gone by now; in a thread that is
// nobody else's meanwhile. Frees the job.
static void serve(struct job *job)
{
    struct net *net = job->net;
    uint8_t *reply = NULL;
    size_t n_reply = 0;
    uint64_t reply_event = 0;
    bool answered = false;
    if (net->config.enter_node != NULL)
        net->config.enter_node(job->to);
    sleep_us(job->delay_us);
    net_lock(net);
    bool alive = job->slot->generation == job->generation && !net->stopped;
    struct net_handler handler = job->slot->handler;
    job->slot->n_calls += alive;
    net_unlock(net);
    if (alive) {
        uint64_t recv =
            net_tell_at_server(net, job, TRACE_RECV, job->send_event);
        answered = handler.handle(handler.context, job->method, job->args,
                                  job->n_args, &reply, &n_reply);
        if (answered)
            reply_event = net_tell_reply(
                net, job, recv, (struct message_bytes){reply, n_reply});
    } else if (job->pending == NULL) {
        net_tell_drop(net, job, "request", "dead");
    }
    // Nothing of the job may be left when net_done() says that it is.
    struct pending *pending = job->pending;
    free(job);
    net_lock(net);
    if (pending != NULL) {
        pending->done = true;
        pending->answered = answered;
        pending->reply = reply;
        pending->n_reply = n_reply;
        pending->reply_event = reply_event;
        pthread_cond_signal(&pending->changed);
        drop_pending(pending);
    } else {
        free(reply);
    }
    net_done(net);
    net_unlock(net);
}

static void *carrier_main(void *argument)
{
    serve(argument);
    return NULL;
}

// Waits for cond, but looks a while first, giving way between looks: on the
// system's own threads a sleep and a wake-up cost ten times the call itself.
// Entered and left with the lock; returns once a while, looking or woken.
static void wait_briefly(struct net *net, pthread_cond_t *cond, int *looks)
{
    if (net->config.pooled && (*looks)++ < LOOKS) {
        net_unlock(net);
        sched_yield();
        net_lock(net);
    } else {
        must(pthread_cond_wait(cond, &net->mutex), "pthread_cond_wait");
    }
}

// A pooled worker serves jobs until it is dismissed (job NULL).
static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct net *net = worker->job->net;
    while (worker->job != NULL) {
        serve(worker->job);
        net_lock(net);
        worker->job = NULL;
        worker->next = net->idle_workers;
        net->idle_workers = worker;
        bool stay = !net->stopped;
        int looks = 0;
        while (stay && worker->job == NULL) {
            wait_briefly(net, &worker->changed, &looks);
            stay = worker->job != NULL || !net->stopped;
        }
        net_unlock(net);
    }
    net_lock(net);
    for (struct worker **w = &net->idle_workers; *w != NULL; w = &(*w)->next)
        if (*w == worker) {
            *w = worker->next;
            break;
        }
    if (--net->n_workers == 0)
        pthread_cond_broadcast(&net->idle);
    net_unlock(net);
    pthread_cond_destroy(&worker->changed);
    free(worker);
    return NULL;
}

void net_dismiss(struct net *net)
{
    for (struct worker *w = net->idle_workers; w != NULL; w = w->next)
        pthread_cond_signal(&w->changed);
}

// Gives the job a thread: a fresh one, or an idle worker of the pool. It bears
// the method's name, so that a report tells handlers apart.
static void dispatch(struct net *net, struct job *job)
{
    char name[16] = "";
    strncat(name, job->method, sizeof name - 1); // the job may go first
    net_lock(net);
    net->n_busy++;
    struct worker *worker = NULL;
    bool pooled = net->config.pooled;
    for (struct worker **w = &net->idle_workers; pooled && *w != NULL;
         w = &(*w)->next)
        if (strcmp((*w)->name, name) == 0) {
            worker = *w;
            *w = worker->next;
            worker->job = job;
            pthread_cond_signal(&worker->changed);
            net_unlock(net);
            return;
        }
    net->n_workers += pooled;
    net_unlock(net);
    if (!pooled) {
        thread_start(name, carrier_main, job);
        return;
    }
    worker = must_calloc(1, sizeof *worker);
    must(pthread_cond_init(&worker->changed, NULL), "pthread_cond_init");
    worker->job = job;
    memcpy(worker->name, name, sizeof name);
    thread_start(name, worker_main, worker);
}

// Has the call's end been unplugged, its server gone, the network stopped?
static const char *why_dead(const struct pending *pending)
{
    if (pending->end->net->stopped)
        return "closed";
    // A server that goes down is cut off as well.
    if (pending->slot->generation != pending->generation ||
        net_is_gone(pending->end->net, pending->end->from))
        return "dead";
    if (!pending->end->enabled)
        return "unplugged";
    return NULL;
}

// Hands the request over and waits for the handler or for the end of all
// hope. NULL: answered; else why not.
static const char *await(struct net *net, struct net_end *end, struct job *job,
                         uint8_t **reply, size_t *n_reply,
                         uint64_t *reply_event)
{
    struct pending *pending = must_calloc(1, sizeof *pending);
    must(pthread_cond_init(&pending->changed, NULL), "pthread_cond_init");
    pending->end = end;
    pending->slot = job->slot;
    pending->generation = job->generation;
    pending->n_users = 2;
    job->pending = pending;
    net_lock(net);
    pending->next = net->pending;
    if (pending->next != NULL)
        pending->next->previous = pending;
    net->pending = pending;
    net_unlock(net);
    dispatch(net, job);
    net_lock(net);
    const char *why = why_dead(pending);
    int looks = 0;
    while (why == NULL && !pending->done) {
        wait_briefly(net, &pending->changed, &looks);
        why = why_dead(pending);
    }
    if (pending->previous != NULL)
        pending->previous->next = pending->next;
    else
        net->pending = pending->next;
    if (pending->next != NULL)
        pending->next->previous = pending->previous;
    if (why == NULL && !pending->answered)
        why = "refused";
    if (why == NULL) {
        *reply = pending->reply;
        *n_reply = pending->n_reply;
        *reply_event = pending->reply_event;
        pending->reply = NULL;
    }
    drop_pending(pending);
    net_unlock(net);
    return why;
}

// The script's say over a leg; adds to *delay_us what it holds.
static enum net_fate ask_script(const struct fate *fate, const struct job *job,
                                bool reply, struct message_bytes bytes,
                                uint64_t *delay_us)
{
    if (fate->judge == NULL)
        return NET_PASS;
    struct net_leg leg = {.msg = job->msg,
                          .reply = reply,
                          .from = reply ? job->to : job->from,
                          .to = reply ? job->from : job->to,
                          .method = job->method,
                          .bytes = bytes.at,
                          .n_bytes = bytes.n};
    uint64_t hold_us = 0;
    enum net_fate verdict = fate->judge(fate->judge_context, &leg, &hold_us);
    if (verdict == NET_HOLD)
        *delay_us += hold_us;
    return verdict;
}

// The leg may have to wait for its verdict. False: it is lost meanwhile, or by
// it, and was told.
static bool outlasts(struct net *net, const struct net_end *end,
                     const struct fate *fate, const struct job *job, bool reply,
                     enum net_fate *verdict)
{
    const char *why =
        *verdict == NET_WAIT ? net_hold(net, end, fate, reply, verdict) : NULL;
    if (why != NULL)
        net_tell_drop(net, job, reply ? "reply" : "request", why);
    return why == NULL;
}

// The request leg. True: the job goes to a handler; false: it was lost (and
// dropped), or goes on without its caller.
static bool send_request(struct net *net, const struct net_end *end,
                         struct fate *fate, struct job *job)
{
    struct message_bytes args = {job->args, job->n_args};
    enum net_fate verdict = NET_PASS;
    job->send_event = net_tell_send(net, job, false);
    if (fate->deliverable)
        verdict = ask_script(fate, job, false, args, &fate->delay_us);
    if (!fate->deliverable || fate->cut) {
        net_tell_drop(net, job, "request",
                      fate->cut    ? "cut"
                      : fate->gone ? "dead"
                                   : "unplugged");
        sleep_us(fate->fail_us);
        return false;
    }
    if (!outlasts(net, end, fate, job, false, &verdict))
        return false;
    if (fate->late && verdict == NET_PASS) {
        struct job *late = copy_job(job);
        late->delay_us = fate->late_us;
        dispatch(net, late);
        return false;
    }
    if (fate->twice || verdict == NET_TWICE) {
        struct job *twice = copy_job(job);
        twice->send_event = net_tell_send(net, job, true);
        twice->delay_us = fate->delay_us + fate->twice_us;
        dispatch(net, twice);
    }
    sleep_us(fate->delay_us);
    if (!fate->lost && verdict != NET_DROP)
        return true;
    net_tell_drop(net, job, "request", "lost");
    return false;
}

// The reply leg, in the caller's thread. True: it arrives.
static bool bring_reply(struct net *net, const struct net_end *end,
                        struct fate *fate, const struct job *job,
                        struct message_bytes reply)
{
    uint64_t delay_us = fate->hold_us;
    net_lock(net);
    const struct link *link = net_link(net, job->to, job->from);
    bool cut = link->cut;
    delay_us += net_between(net, link->min_us, link->max_us);
    net_unlock(net);
    enum net_fate verdict = ask_script(fate, job, true, reply, &delay_us);
    if (!cut && !outlasts(net, end, fate, job, true, &verdict))
        return false;
    if (fate->reply_lost || cut || verdict == NET_DROP) {
        net_tell_drop(net, job, "reply", cut ? "cut" : "lost");
        return false;
    }
    sleep_us(delay_us);
    net_lock(net);
    net->total_bytes += reply.n;
    net_unlock(net);
    return true;
}

// The bytes that travel are those of this moment; what the caller keeps of the
// job outlives the handler's.
static bool run_call(struct net *net, struct net_end *end, struct fate *fate,
                     struct job *job, uint8_t **reply, size_t *n_reply)
{
    struct job *travels = copy_job(job);
    bool sent = send_request(net, end, fate, travels);
    job->send_event = travels->send_event;
    if (!sent) {
        free(travels);
        return false;
    }
    uint64_t reply_event = 0;
    const char *why = await(net, end, travels, reply, n_reply, &reply_event);
    if (why != NULL) {
        net_tell_drop(net, job, "reply", why);
        return false;
    }
    if (!bring_reply(net, end, fate, job,
                     (struct message_bytes){*reply, *n_reply})) {
        free(*reply);
        return false;
    }
    struct trace_event event = {.kind = TRACE_REPLY_RECV,
                                .node = job->from,
                                .inc = TRACE_NONE,
                                .msg = job->msg,
                                .from = (uint64_t)job->to,
                                .rpc = job->method,
                                .cause = reply_event};
    trace_set_cause(net->config.trace, trace_emit(net->config.trace, &event));
    return true;
}

bool net_call(struct net_end *end, const char *method, const uint8_t *args,
              size_t n_args, uint8_t **reply, size_t *n_reply)
{
    struct net *net = end->net;
    net_lock(net);
    if (net->stopped) {
        net_unlock(net);
        return false;
    }
    net->n_busy++;
    net->total_calls++;
    net->total_bytes += n_args;
    struct fate fate = net_draw_fate(net, end);
    net_unlock(net);
    struct job job =
        job_of(net, end, &fate, method, (struct message_bytes){args, n_args});
    bool answered = run_call(net, end, &fate, &job, reply, n_reply);
    net_lock(net);
    net_done(net);
    net_unlock(net);
    return answered;
}

bool net_again(struct net *net, const struct net_leg *request)
{
    struct net_end end = {.net = net, .from = request->from};
    struct fate fate = {.msg = request->msg, .to = request->to};
    net_lock(net);
    struct slot *slot = net->slots;
    while (slot != NULL && (slot->node != request->to || slot->generation == 0))
        slot = slot->next;
    if (slot != NULL)
        fate.generation = slot->generation;
    net_unlock(net);
    fate.slot = slot;
    if (slot == NULL)
        return false;
    struct job job =
        job_of(net, &end, &fate, request->method,
               (struct message_bytes){request->bytes, request->n_bytes});
    job.send_event = net_tell_send(net, &job, true);
    dispatch(net, copy_job(&job));
    return true;
}
