// clients_effects.c -- a wrong answer, and what a store may have made of the
// entries: one had no effect, wrote over what was there, or wrote although it
// had to be refused.
#include "clients_redo.h"

#include <inttypes.h>
#include <string.h>

static bool gives(const struct redo *redo, const struct asker *asker)
{
    return redo_gives(redo, asker->said);
}

// The server that answered began with a snapshot that stands for the entry.
static void say_covered(struct redo *redo, const struct asker *asker,
                        uint64_t index)
{
    if (began_with(asker, index))
        redo_say(redo, "KV.8",
                 " S%d began with the snapshot up to index %" PRIu64
                 ", which stands for it.",
                 asker->answer->server + 1, asker->answer->restored);
}

// What the log gives if compare-and-sets that do not meet what they expect
// write all the same: the one at step `only`, or all (CLIENTS_NONE).
static void run_unmet(struct redo *redo, size_t to, size_t only)
{
    redo_empty(redo);
    for (size_t i = 0; i < to; i++) {
        const struct clients_operation *op =
            redo_operation(redo, redo->step[i].operation);
        bool unmet = strcmp(op->call, "cas") == 0 && !redo->step[i].again &&
                     !redo_gives(redo, op->expected);
        if (unmet && (only == CLIENTS_NONE || only == i)) {
            redo_empty(redo);
            redo_add(redo, op->value);
        } else {
            redo_go_on(redo, i, i + 1, false, CLIENTS_NONE);
        }
    }
}

bool tell_unmet(struct redo *redo, const struct asker *asker)
{
    char name[200];
    size_t last = asker->position;
    size_t first = last > MOST_TRIES ? last - MOST_TRIES : 0;
    for (size_t i = last; i > first; i--) {
        const struct step *step = &redo->step[i - 1];
        const struct clients_operation *op =
            redo_operation(redo, step->operation);
        if (strcmp(op->call, "cas") != 0 || step->again)
            continue;
        redo_run(redo, i - 1, false, CLIENTS_NONE);
        bool met = redo_gives(redo, op->expected);
        run_unmet(redo, last, i - 1);
        bool alone = gives(redo, asker);
        run_unmet(redo, last, CLIENTS_NONE);
        if (met || (!alone && !gives(redo, asker)))
            continue;
        redo_say(redo, "KV.8",
                 "Entry %" PRIu64
                 ", %s, does not meet what it expects. The answer is what comes"
                 " out when it writes all the same%s.",
                 step->index, clients_name(op, name, sizeof name),
                 alone ? "" : ", as do others before it");
        redo_show(redo, redo->clients->entry[step->entry].applied_n);
        return true;
    }
    return false;
}

// One entry without effect, or all since some entry.
bool tell_left_out(struct redo *redo, const struct asker *asker)
{
    char name[200];
    size_t last = asker->position;
    size_t first = last > MOST_TRIES ? last - MOST_TRIES : 0;
    for (size_t i = last; i > first; i--) {
        const struct step *step = &redo->step[i - 1];
        redo_run(redo, last, false, i - 1);
        if (step->again || !gives(redo, asker) || was_seen(redo, asker, i - 1))
            continue;
        redo_say(redo, "KV.8",
                 "The answer is what the log gives without entry %" PRIu64
                 ", %s, which was applied before.",
                 step->index,
                 clients_name(redo_operation(redo, step->operation), name,
                              sizeof name));
        redo_show(redo, redo->clients->entry[step->entry].applied_n);
        say_covered(redo, asker, step->index);
        return true;
    }
    for (size_t i = last; i > first; i--) {
        redo_run(redo, i - 1, false, CLIENTS_NONE);
        if (!gives(redo, asker))
            continue;
        redo_say(redo, "KV.8",
                 "The answer is what the log gave before entry %" PRIu64
                 ", %s: all since then is missing in it.",
                 redo->step[i - 1].index,
                 clients_name(redo_operation(redo, redo->step[i - 1].operation),
                              name, sizeof name));
        redo_show(redo,
                  redo->clients->entry[redo->step[i - 1].entry].applied_n);
        say_covered(redo, asker, redo->step[i - 1].index);
        return true;
    }
    return false;
}

// The last append wrote over what was there.
bool tell_written_over(struct redo *redo, const struct asker *asker)
{
    const struct clients_operation *op = NULL;
    const struct step *step = NULL;
    char name[200];
    size_t i = asker->position;
    while (i > 0 && (op == NULL || step->again || strcmp(op->call, "append"))) {
        step = &redo->step[--i];
        op = redo_operation(redo, step->operation);
    }
    if (i == 0)
        return false;
    redo_empty(redo);
    redo_add(redo, op->value);
    redo_go_on(redo, i + 1, asker->position, false, CLIENTS_NONE);
    if (!gives(redo, asker))
        return false;
    redo_say(redo, "KV.8",
             "The answer is what comes out when entry %" PRIu64
             ", %s, is written over what was there.",
             step->index, clients_name(op, name, sizeof name));
    redo_show(redo, redo->clients->entry[step->entry].applied_n);
    return true;
}
