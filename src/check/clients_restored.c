// clients_restored.c -- the snapshots that services begin with, and whose they
// are.
#include "clients.h"

#include "base/die.h"

void clients_restores(struct clients *clients, const struct trace_event *event)
{
    clients->handed[event->node] = event->index;
    if (event->kind == TRACE_BOOT)
        clients->leads[event->node] = 0;
    clients->restored =
        must_grow(clients->restored, clients->n_restored,
                  &clients->restored_room, sizeof *clients->restored);
    clients->restored[clients->n_restored++] = (struct clients_restored){
        event->n, event->index, event->node, event->kind == TRACE_BOOT};
}

// What a server has a snapshot of, having been handed that index as an entry,
// is its own service's snapshot. The first time counts.
void clients_makes(struct clients *clients, int server, uint64_t index,
                   uint64_t n)
{
    bool fresh = false;
    if (index == 0)
        return;
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
