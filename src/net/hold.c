// hold.c -- legs that wait for a word of the script's.
#include "internal.h"

static const char *why_lost(const struct net *net, const struct net_end *end,
                            const struct fate *fate, bool reply)
{
    if (net->stopped)
        return "closed";
    if (!reply)
        return fate->slot->generation != fate->generation ? "dead" : NULL;
    if (net_is_gone(net, end->from))
        return "dead";
    return end->enabled ? NULL : "unplugged";
}

const char *net_hold(struct net *net, const struct net_end *end,
                     const struct fate *fate, bool reply,
                     enum net_fate *decided)
{
    struct held held = {.msg = fate->msg, .reply = reply};
    must(pthread_cond_init(&held.changed, NULL), "pthread_cond_init");
    net_lock(net);
    held.next = net->held;
    net->held = &held;
    const char *why = why_lost(net, end, fate, reply);
    while (why == NULL && !held.decided) {
        must(pthread_cond_wait(&held.changed, &net->mutex),
             "pthread_cond_wait");
        why = why_lost(net, end, fate, reply);
    }
    struct held **at = &net->held;
    while (*at != &held)
        at = &(*at)->next;
    *at = held.next;
    net_unlock(net);
    pthread_cond_destroy(&held.changed);
    *decided = held.fate;
    return why;
}

void net_wake_held(struct net *net)
{
    for (struct held *h = net->held; h != NULL; h = h->next)
        pthread_cond_signal(&h->changed);
}

bool net_decide(struct net *net, uint64_t msg, bool reply, enum net_fate fate)
{
    net_lock(net);
    struct held *held = net->held;
    while (held != NULL && (held->msg != msg || held->reply != reply))
        held = held->next;
    bool waits = held != NULL && !held->decided;
    if (waits) {
        held->decided = true;
        held->fate = fate;
        pthread_cond_signal(&held->changed);
    }
    net_unlock(net);
    return waits;
}
