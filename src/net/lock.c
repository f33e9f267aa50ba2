// lock.c -- what all files of the network stand on: its lock, its numbers, its
// links, and the count of the threads that are at work in it.
#include "base/random.h"
#include "internal.h"

#include "base/die.h"

void net_lock(struct net *net)
{
    must(pthread_mutex_lock(&net->mutex), "pthread_mutex_lock");
}

void net_unlock(struct net *net)
{
    must(pthread_mutex_unlock(&net->mutex), "pthread_mutex_unlock");
}

uint64_t net_draw(struct net *net, uint64_t n)
{
    if (net->config.is_later != NULL &&
        net->config.is_later(net->config.context)) {
        net->random = net->config.later_seed;
        net->config.is_later = NULL;
    }
    uint64_t z = random_next(&net->random);
    return n > 0 ? z % n : 0;
}

struct link *net_link(struct net *net, int from, int to)
{
    int n = net->config.n_nodes;
    if (from < 0 || from >= n || to < 0 || to >= n)
        return &net->client;
    return &net->links[from * n + to];
}

void net_done(struct net *net)
{
    if (--net->n_busy == 0)
        pthread_cond_broadcast(&net->idle);
}
