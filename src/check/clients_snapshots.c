// clients_snapshots.c -- a wrong answer of a server that began with a snapshot:
// it was newer than it says, or older, or was added to what was there.
#include "clients_redo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

// Did the server apply an index itself, since it was started?
static bool applied_in_this_life(const struct redo *redo,
                                 const struct asker *asker, uint64_t index)
{
    const struct clients *clients = redo->clients;
    uint64_t booted_n = 0;
    for (size_t i = 0; i < clients->n_restored; i++)
        if (clients->restored[i].server == asker->answer->server &&
            clients->restored[i].boot &&
            clients->restored[i].n < asker->answer->n)
            booted_n = clients->restored[i].n;
    return clients_handed_at(clients, asker->answer->server, index) > booted_n;
}

// A value of before, and behind it that of the snapshot.
static bool tell_added(struct redo *redo, const struct asker *asker)
{
    uint64_t snapshot = asker->answer->restored;
    size_t from = redo_below(redo, snapshot + 1);
    size_t least = from > MOST_TRIES ? from - MOST_TRIES : 0;
    for (size_t to = from; to > least && from <= asker->position; to--) {
        redo_run(redo, from, false, CLIENTS_NONE);
        char *held = must_copy(redo->value.bytes, redo->value.n + 1);
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_add(redo, held);
        free(held);
        redo_go_on(redo, from, asker->position, false, CLIENTS_NONE);
        if (!redo_gives(redo, asker->said) ||
            !applied_in_this_life(redo, asker, redo->step[to - 1].index))
            continue;
        redo_say(redo, "KV.7",
                 "S%d took over the snapshot up to index %" PRIu64
                 ". The answer is what comes out when its value is put behind"
                 " the one of entry %" PRIu64 ", which was there.",
                 asker->answer->server + 1, snapshot, redo->step[to - 1].index);
        return true;
    }
    return false;
}

// Another answer shows what one of these entries does.
static void say_seen(struct redo *redo, const struct asker *asker, size_t from,
                     size_t to, const char *how)
{
    struct asker seen;
    size_t step;
    char name[240];
    if (!witness_of(redo, asker, from, to, &seen, &step))
        return;
    redo_say(redo, "KV.7", " (S%d made it: %s shows entry %" PRIu64 "%s.)",
             seen.answer->server + 1, witness_name(&seen, name, sizeof name),
             redo->step[step].index, how);
    redo_show(redo, seen.op->return_n);
}

// What follows the snapshot is done on top of itself.
static bool tell_newer(struct redo *redo, const struct asker *asker,
                       size_t from)
{
    for (size_t to = from + 1; to <= asker->position; to++) {
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_go_on(redo, from, asker->position, true, CLIENTS_NONE);
        if (!redo_gives(redo, asker->said))
            continue;
        struct asker seen;
        size_t step;
        bool known = witness_of(redo, asker, from, to, &seen, &step);
        redo_say(redo, known ? "KV.7" : "KV.4",
                 "S%d began with the snapshot up to index %" PRIu64
                 " and applied what follows. The answer is what comes out when",
                 asker->answer->server + 1, asker->answer->restored);
        if (known)
            redo_say(redo, "KV.7",
                     " that snapshot has entry %" PRIu64 " in it already.",
                     redo->step[to - 1].index);
        else
            redo_say(redo, "KV.4", " entry %" PRIu64 " is done twice.",
                     redo->step[to - 1].index);
        if (known)
            say_seen(redo, asker, from, to, " done once");
        return true;
    }
    return false;
}

// Entries that the snapshot stands for are missing.
static bool tell_older(struct redo *redo, const struct asker *asker,
                       size_t from)
{
    size_t least = from > MOST_TRIES ? from - MOST_TRIES : 0, step;
    struct asker seen;
    for (size_t to = from; to-- > least && from <= asker->position;) {
        redo_run(redo, to, false, CLIENTS_NONE);
        redo_go_on(redo, from, asker->position, false, CLIENTS_NONE);
        if (!redo_gives(redo, asker->said) ||
            !witness_of(redo, asker, to, from, &seen, &step))
            continue;
        redo_say(redo, "KV.7",
                 "S%d began with the snapshot up to index %" PRIu64
                 ". The answer is what comes out when it took over nothing",
                 asker->answer->server + 1, asker->answer->restored);
        if (to > 0)
            redo_say(redo, "KV.7", " after entry %" PRIu64,
                     redo->step[to - 1].index);
        redo_say(redo, "KV.7", ".");
        say_seen(redo, asker, to, from, "");
        return true;
    }
    return false;
}

bool tell_snapshot(struct redo *redo, const struct asker *asker)
{
    if (!began_with(asker, 1))
        return false;
    size_t from = redo_below(redo, asker->answer->restored + 1);
    return tell_newer(redo, asker, from) || tell_older(redo, asker, from) ||
           tell_added(redo, asker);
}
