// adversary.c -- see adversary.h.
#include "adversary.h"

#include <string.h>

#include "../src/trace/figure2.h"
#include "../src/trace/die.h"

// A clock of SLOW thousandths stretches a leader's heartbeats beyond every
// election timeout of a server whose clock is right. Who is elected rests for
// SETTLE_MS: a heartbeat thread that fell asleep by a slow clock sleeps on by
// it for so long.
enum { PATIENCE_MS = 10000, STEP_MS = 5, SLOW = 150, SETTLE_MS = 700 };

// Guarded by mutex; change is signalled by lift.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static struct rule rules[MAX_RULES];
static int n_rules, n_held;

static bool takes(const struct rule *rule, const struct net_leg *leg)
{
    if (rule->lifted || rule->most < 0 ||
        (rule->most > 0 && rule->n_legs >= rule->most))
        return false;
    return (rule->side == BOTH || (rule->side == REPLY) == leg->reply) &&
           (rule->from == ALL || rule->from == leg->from) &&
           (rule->to == ALL || rule->to == leg->to) &&
           (rule->method == NULL || strcmp(rule->method, leg->method) == 0) &&
           (rule->fits == NULL || rule->fits(leg));
}

// Called in the thread that carries the leg, which may wait here.
static enum net_fate judge(void *context, const struct net_leg *leg,
                           uint64_t *hold_us)
{
    (void)context;
    enum net_fate fate = NET_PASS;
    *hold_us = 0;
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < n_rules; i++) {
        struct rule *rule = &rules[i];
        if (!takes(rule, leg))
            continue;
        fate = ++rule->n_legs > rule->skip ? rule->fate : NET_PASS;
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
    net_script(lab_net(lab), NULL, NULL);
}

static struct rule *add(enum net_fate fate, const char *method, enum side side,
                        int from, int to)
{
    pthread_mutex_lock(&mutex);
    if (n_rules == MAX_RULES)
        die("a story with more than %d rules", MAX_RULES);
    struct rule *rule = &rules[n_rules++];
    *rule = (struct rule){
        .fate = fate, .method = method, .side = side, .from = from, .to = to};
    pthread_mutex_unlock(&mutex);
    return rule;
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

// -------------------------------------------------- clocks, leaders, links

void only_clock_of(struct lab *lab, int server)
{
    for (int other = 0; other < lab_n_servers(lab); other++)
        lab_clock_rate(lab, other, other == server ? 1000 : SLOW);
}

void clocks_agree(struct lab *lab)
{
    for (int server = 0; server < lab_n_servers(lab); server++)
        lab_clock_rate(lab, server, 1000);
}

bool leads(struct lab *lab, int server)
{
    raft_term term;
    bool is_leader = false;
    return lab_get_state(lab, server, &term, &is_leader) && is_leader;
}

raft_term term_of(struct lab *lab, int server)
{
    raft_term term = 0;
    bool is_leader;
    lab_get_state(lab, server, &term, &is_leader);
    return term;
}

void await_leader(struct lab *lab, int server)
{
    for (int ms = 0; !leads(lab, server); ms += STEP_MS) {
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "S%d was not elected within %d seconds", server + 1,
                     PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

raft_index agree_on(struct lab *lab, int server, struct value value, int n)
{
    raft_index index = must_propose(lab, server, value);
    wait_for(lab, index, n, 0, NULL);
    return index;
}

void await_applied(struct lab *lab, int server, raft_index index)
{
    for (int ms = 0; lab_last_applied(lab, server) < index; ms += STEP_MS) {
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "S%d did not apply index %llu within %d seconds",
                     server + 1, (unsigned long long)index, PATIENCE_MS / 1000);
        lab_sleep_ms(lab, STEP_MS);
    }
}

void await_log(struct lab *lab, int server, raft_index index)
{
    for (int ms = 0; lab_last_index(lab, server) != index; ms += STEP_MS) {
        // Of a Raft that does not tell, it is hoped.
        if (lab_last_index(lab, server) == LAB_UNKNOWN && ms >= SETTLE_MS)
            return;
        if (ms >= PATIENCE_MS)
            lab_fail(lab, "the log of S%d does not end at index %llu",
                     server + 1, (unsigned long long)index);
        lab_sleep_ms(lab, STEP_MS);
    }
}

void elect(struct lab *lab, int server)
{
    only_clock_of(lab, server);
    do {
        await_leader(lab, server);
        lab_sleep_ms(lab, SETTLE_MS); // its heartbeats come regularly
    } while (!leads(lab, server));    // it has met a newer term
    clocks_agree(lab);
}

void fall_behind(struct lab *lab, int leader, int server, int n)
{
    elect(lab, leader);
    only_clock_of(lab, leader);
    lab_disconnect(lab, server);
    raft_index last = 0;
    for (int i = 0; i < n; i++)
        last = must_propose(lab, leader, random_value(lab));
    await_applied(lab, leader, last);
}

static bool in(const int *servers, int n, int server)
{
    for (int i = 0; i < n; i++)
        if (servers[i] == server)
            return true;
    return false;
}

// Cuts the links between the n servers and the others, and mends those among
// the n; the others hear each other or not.
static void split(struct lab *lab, const int *servers, int n, bool others_hear)
{
    for (int a = 0; a < lab_n_servers(lab); a++)
        for (int b = 0; b < lab_n_servers(lab); b++)
            if (a != b)
                net_cut(lab_net(lab), a, b,
                        in(servers, n, a) != in(servers, n, b) ||
                            (!others_hear && !in(servers, n, a)));
}

void group(struct lab *lab, const int *servers, int n)
{
    split(lab, servers, n, true);
}

void apart(struct lab *lab, const int *servers, int n)
{
    split(lab, servers, n, false);
}

void one_world(struct lab *lab)
{
    group(lab, NULL, 0);
}
