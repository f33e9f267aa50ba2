// adversary.c -- see adversary.h.
#include "adversary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/figure2.h"
#include "base/die.h"

enum { PATIENCE_MS = 10000, STEP_MS = 5 };

// Guarded by mutex; change is signalled by lift.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static struct rule rules[MAX_RULES];
static int n_rules, n_held;
static bool in_force;          // the network asks us
static int favourite = NOBODY; // nobody else's requests arrive
static unsigned reach_it;      // of these servers, as bits
// The request that a rule has kept.
static struct {
    char method[32];
    int from, to;
    uint8_t *bytes;
    size_t n_bytes;
} kept;
// Of the latest AppendEntries: the message, and the index that it reaches.
static struct {
    uint64_t msg;
    raft_index index;
} reaches[1024];

static void note_reach(const struct net_leg *leg)
{
    struct append_entries_args args;
    size_t slot = leg->msg % (sizeof reaches / sizeof reaches[0]);
    if (leg->reply || strcmp(leg->method, "AppendEntries") != 0 ||
        !message_decode(&append_entries_args_type, leg->bytes, leg->n_bytes,
                        &args))
        return;
    reaches[slot].msg = leg->msg;
    reaches[slot].index = args.prev_log_index + args.entries.n;
    message_clear(&append_entries_args_type, &args);
}

static bool reaches_to(const struct net_leg *leg, raft_index index)
{
    size_t slot = leg->msg % (sizeof reaches / sizeof reaches[0]);
    return leg->reply && reaches[slot].msg == leg->msg &&
           reaches[slot].index >= index;
}

static bool takes(const struct rule *rule, const struct net_leg *leg)
{
    if (rule->lifted || rule->most < 0 ||
        (rule->most > 0 && rule->n_legs >= rule->most))
        return false;
    return (rule->side == BOTH || (rule->side == REPLY) == leg->reply) &&
           (rule->from == ALL || rule->from == leg->from) &&
           (rule->to == ALL || rule->to == leg->to) &&
           (rule->method == NULL || strcmp(rule->method, leg->method) == 0) &&
           (rule->fits == NULL || rule->fits(leg)) &&
           (rule->covers == 0 || reaches_to(leg, rule->covers));
}

static void keep_copy(const struct net_leg *leg)
{
    free(kept.bytes);
    kept.bytes = must_copy(leg->bytes, leg->n_bytes);
    kept.n_bytes = leg->n_bytes;
    kept.from = leg->from;
    kept.to = leg->to;
    snprintf(kept.method, sizeof kept.method, "%s", leg->method);
}

// Called in the thread that carries the leg, which may wait here.
static enum net_fate judge(void *context, const struct net_leg *leg,
                           uint64_t *hold_us)
{
    (void)context;
    enum net_fate fate = NET_PASS;
    *hold_us = 0;
    pthread_mutex_lock(&mutex);
    note_reach(leg);
    if (favourite != NOBODY && !leg->reply && leg->from != favourite &&
        leg->from >= 0 && (reach_it >> leg->from & 1) != 0)
        fate = NET_DROP;
    for (int i = 0; i < n_rules; i++) {
        struct rule *rule = &rules[i];
        if (!takes(rule, leg))
            continue;
        fate = ++rule->n_legs > rule->skip ? rule->fate : NET_PASS;
        if (rule->keeps && rule->n_legs == 1)
            keep_copy(leg);
        if (fate == NET_HOLD) {
            n_held++;
            while (!rule->lifted)
                pthread_cond_wait(&change, &mutex);
            n_held--;
            fate = NET_PASS;
        }
        break;
    }
    pthread_mutex_unlock(&mutex);
    return fate;
}

void adversary_begin(struct lab *lab)
{
    pthread_mutex_lock(&mutex);
    n_rules = n_held = 0;
    in_force = true;
    pthread_mutex_unlock(&mutex);
    net_script(lab_net(lab), judge, NULL);
}

void adversary_end(struct lab *lab)
{
    for (int i = 0; i < n_rules; i++)
        lift(&rules[i]);
    for (int n = 1; n > 0;) {
        lab_sleep_ms(lab, STEP_MS);
        pthread_mutex_lock(&mutex);
        n = n_held;
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    in_force = false;
    n_rules = 0;
    free(kept.bytes);
    kept.bytes = NULL;
    pthread_mutex_unlock(&mutex);
    net_script(lab_net(lab), NULL, NULL);
}

// In force at once, so it must be whole.
static struct rule *put(struct rule whole)
{
    pthread_mutex_lock(&mutex);
    if (n_rules == MAX_RULES)
        die("a story with more than %d rules", MAX_RULES);
    struct rule *rule = &rules[n_rules++];
    *rule = whole;
    pthread_mutex_unlock(&mutex);
    return rule;
}

static struct rule *add(enum net_fate fate, const char *method, enum side side,
                        int from, int to)
{
    return put((struct rule){
        .fate = fate, .method = method, .side = side, .from = from, .to = to});
}

struct rule *drop(const char *method, enum side side, int from, int to)
{
    return add(NET_DROP, method, side, from, to);
}

struct rule *hold(const char *method, enum side side, int from, int to)
{
    return add(NET_HOLD, method, side, from, to);
}

struct rule *twice(const char *method, enum side side, int from, int to)
{
    return add(NET_TWICE, method, side, from, to);
}

struct rule *keep(const char *method, int from, int to)
{
    return put((struct rule){.fate = NET_DROP,
                             .keeps = true,
                             .method = method,
                             .side = REQUEST,
                             .from = from,
                             .to = to});
}

void arrive_again(struct lab *lab)
{
    char name[16];
    uint8_t *reply = NULL;
    size_t n_reply = 0;
    snprintf(name, sizeof name, "S%d", kept.to + 1);
    struct net_end *end = net_make_end(lab_net(lab), kept.from);
    net_connect(end, name);
    net_enable(end, true);
    if (net_call(end, kept.method, kept.bytes, kept.n_bytes, &reply, &n_reply))
        free(reply);
}

struct rule *watch(const char *method, enum side side, int from, int to)
{
    return add(NET_PASS, method, side, from, to);
}

void covering(struct rule *rule, raft_index index)
{
    pthread_mutex_lock(&mutex);
    rule->covers = index;
    pthread_mutex_unlock(&mutex);
}

void only(struct rule *rule, bool (*fits)(const struct net_leg *leg))
{
    pthread_mutex_lock(&mutex);
    rule->fits = fits;
    pthread_mutex_unlock(&mutex);
}

void skip_first(struct rule *rule, int n)
{
    pthread_mutex_lock(&mutex);
    rule->skip = n;
    pthread_mutex_unlock(&mutex);
}

void at_most(struct rule *rule, int n)
{
    pthread_mutex_lock(&mutex);
    rule->most = n;
    pthread_mutex_unlock(&mutex);
}

void lift(struct rule *rule)
{
    pthread_mutex_lock(&mutex);
    rule->lifted = true;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&mutex);
}

void renew(struct rule *rule)
{
    pthread_mutex_lock(&mutex);
    rule->lifted = false;
    pthread_mutex_unlock(&mutex);
}

void close_rule(struct rule *rule)
{
    pthread_mutex_lock(&mutex);
    rule->most = rule->n_legs > 0 ? rule->n_legs : -1;
    pthread_mutex_unlock(&mutex);
}

int legs(struct rule *rule)
{
    pthread_mutex_lock(&mutex);
    int n = rule->n_legs;
    pthread_mutex_unlock(&mutex);
    return n;
}

void adversary_favour(struct lab *lab, int server, unsigned reach)
{
    pthread_mutex_lock(&mutex);
    favourite = server;
    reach_it = reach;
    bool scripted = in_force || server != NOBODY;
    pthread_mutex_unlock(&mutex);
    net_script(lab_net(lab), scripted ? judge : NULL, NULL);
}

void await_legs(struct lab *lab, struct rule *rule, int n)
{
    for (int ms = 0; legs(rule) < n; ms += STEP_MS) {
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "no %s came within %d seconds",
                     rule->method != NULL ? rule->method : "message",
                     PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

void await_need(struct lab *lab, struct rule *rule, int server,
                const char *what)
{
    raft_index last = 0;
    for (int other = 0; other < lab_n_servers(lab); other++)
        if (lab_last_applied(lab, other) > last)
            last = lab_last_applied(lab, other);
    for (int ms = 0; legs(rule) == 0; ms += STEP_MS) {
        if (lab_last_applied(lab, server) >= last)
            lab_not_set_up(lab, "S%d is up to date without %s", server + 1,
                           what);
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "no %s came within %d seconds", rule->method,
                     PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

// ------------------------------------------------------ looking into messages

bool has_entries(const struct net_leg *leg)
{
    struct append_entries_args args;
    if (leg->reply || strcmp(leg->method, "AppendEntries") != 0 ||
        !message_decode(&append_entries_args_type, leg->bytes, leg->n_bytes,
                        &args))
        return false;
    size_t n = args.entries.n;
    message_clear(&append_entries_args_type, &args);
    return n > 0;
}

static bool answers(const struct net_leg *leg, bool success)
{
    struct append_entries_reply reply;
    return leg->reply && strcmp(leg->method, "AppendEntries") == 0 &&
           message_decode(&append_entries_reply_type, leg->bytes, leg->n_bytes,
                          &reply) &&
           reply.success == success;
}

bool is_success(const struct net_leg *leg)
{
    return answers(leg, true);
}

bool is_refusal(const struct net_leg *leg)
{
    return answers(leg, false);
}
