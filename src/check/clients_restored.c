// clients_restored.c -- the snapshots that services begin with, and whose they
// are; and which entries were handed to them.
#include "clients.h"

#include "base/die.h"

static void restores(struct clients *clients, const struct trace_event *event,
                     uint64_t index, bool boot)
{
    clients->handed[event->node] = index;
    if (boot)
        clients->leads[event->node] = 0;
    clients->restored =
        must_grow(clients->restored, clients->n_restored,
                  &clients->restored_room, sizeof *clients->restored);
    clients->restored[clients->n_restored++] =
        (struct clients_restored){event->n, index, event->node, boot};
}

struct clients_restored clients_restored_by(const struct clients *clients,
                                            int server)
{
    struct clients_restored last = {.server = server, .boot = true};
    for (size_t i = 0; i < clients->n_restored; i++)
        if (clients->restored[i].server == server)
            last = clients->restored[i];
    return last;
}

// A Raft that tells nothing of itself begins again from what was saved.
void clients_restores(struct clients *clients, const struct trace_event *event)
{
    bool again = event->kind == TRACE_RESTART;
    restores(clients, event, again ? clients->saved[event->node] : event->index,
             again || event->kind == TRACE_BOOT);
}

// What a server has a snapshot of, having been handed that index as an entry,
// is its own service's snapshot. The first time counts.
void clients_makes(struct clients *clients, int server, uint64_t index,
                   uint64_t n)
{
    bool fresh = false;
    if (index == 0)
        return;
    clients->saved[server] = index;
    const struct table_cell *handed =
        table_find(&clients->hands, index, (uint64_t)server);
    if (handed != NULL && handed->a != 0)
        table_at(&clients->made, index, (uint64_t)server, &fresh)->first = n;
}

bool clients_made(const struct clients *clients, int server, uint64_t index)
{
    const struct table_cell *cell =
        index > 0 ? table_find(&clients->made, index, (uint64_t)server) : NULL;
    return cell != NULL && cell->a != 0;
}

void clients_hands(struct clients *clients, const struct trace_event *event)
{
    bool fresh;
    if (event->index == 0)
        return;
    struct table_cell *hand =
        table_at(&clients->hands, event->index, (uint64_t)event->node, &fresh);
    hand->first = event->n;
    hand->second = event->us;
}

uint64_t clients_handed_then(const struct clients *clients, int server,
                             uint64_t index, uint64_t *us)
{
    const struct table_cell *cell =
        index > 0 ? table_find(&clients->hands, index, (uint64_t)server) : NULL;
    bool known = cell != NULL && cell->a != 0;
    *us = known ? cell->second : 0;
    return known ? cell->first : 0;
}

uint64_t clients_handed_at(const struct clients *clients, int server,
                           uint64_t index)
{
    uint64_t us;
    return clients_handed_then(clients, server, index, &us);
}
