// trial.c -- see trial.h.
#define _GNU_SOURCE
#include "trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/die.h"
#include "stepper.h"

// Shared with the child.
struct done {
    size_t n;
    struct trial_item item[TRIAL_MOST];
};

// Who has sent a call.
struct sent {
    int origin, nth;
};

static struct {
    const struct trial *trial;
    struct done *done;
    struct stepper *stepper;
    struct sent *sent; // by the call's number in the trace
    uint64_t n_sent, newest;
} my;

struct trial trial_of(const struct script *script)
{
    struct trial trial = {script->n_servers, script->max_entries,
                          script->snapshot_chunk, script->n, NULL};
    trial.item = must_calloc(script->n + 1, sizeof *trial.item);
    for (size_t i = 0; i < script->n; i++)
        trial.item[i] = (struct trial_item){
            .action = script->action[i], .id = (int)i, .origin = TRIAL_UNKNOWN};
    return trial;
}

struct script trial_script(const struct trial *trial)
{
    struct script script = {.n_servers = trial->n_servers,
                            .max_entries = trial->max_entries,
                            .snapshot_chunk = trial->snapshot_chunk};
    for (size_t i = 0; i < trial->n; i++)
        script_add(&script, &trial->item[i].action, 0);
    return script;
}

static bool same_kind(const struct step_call *a, const struct step_call *b)
{
    return a->from == b->from && a->to == b->to &&
           strcmp(a->method, b->method) == 0;
}

// The calls that are new since the last time are this action's.
static void note_calls(int id)
{
    const struct step_call *first = stepper_calls(my.stepper);
    for (const struct step_call *c = first; c != NULL && c->msg > my.newest;
         c = c->next) {
        my.sent = must_grow(my.sent, c->msg, &my.n_sent, sizeof *my.sent);
        struct sent sent = {id, 0};
        for (const struct step_call *older = c->next;
             older != NULL && older->msg > my.newest; older = older->next)
            sent.nth += same_kind(c, older);
        my.sent[c->msg] = sent;
    }
    if (first != NULL)
        my.newest = first->msg;
}

static bool has_message(const struct step_action *a)
{
    return a->kind == STEP_DELIVER || a->kind == STEP_LOSE ||
           a->kind == STEP_DOUBLE || a->kind == STEP_HOLD;
}

// Finds the message of an item, and names it by what it is now.
static bool resolve(struct trial_item *item)
{
    struct step_action *action = &item->action;
    const struct step_call *call = NULL;
    if (item->origin == TRIAL_UNKNOWN) {
        call = stepper_find(my.stepper, action);
    } else {
        for (call = stepper_calls(my.stepper); call != NULL; call = call->next)
            if (call->from == action->server && call->to == action->peer &&
                strcmp(call->method, action->method) == 0 &&
                my.sent[call->msg].origin == item->origin &&
                my.sent[call->msg].nth == item->nth)
                break;
    }
    if (call == NULL)
        return false;
    action->number = call->number;
    item->origin = my.sent[call->msg].origin;
    item->nth = my.sent[call->msg].nth;
    return true;
}

static void run(struct lab *lab)
{
    char why[STEP_LINE];
    my.stepper = stepper_begin(lab);
    note_calls(TRIAL_BOOT);
    for (size_t i = 0; i < my.trial->n; i++) {
        struct trial_item item = my.trial->item[i];
        if (has_message(&item.action) && !resolve(&item))
            continue;
        // Noted before it is done: it may be what ends the run.
        my.done->item[my.done->n++] = item;
        if (!stepper_do_quietly(my.stepper, &item.action, why))
            my.done->n--;
        note_calls(item.id);
    }
    stepper_end(my.stepper);
}

void trial_run(const struct lab_run *of, const struct trial *trial,
               struct trial *done, struct lab_result *result)
{
    static struct lab_scenario scenario;
    struct lab_run again = *of;
    if (my.done == NULL)
        my.done = mmap(NULL, sizeof *my.done, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (my.done == MAP_FAILED)
        die("mmap: %s", strerror(errno));
    scenario = *script_scenario("trial", "");
    scenario.run = run;
    scenario.n_servers = trial->n_servers;
    scenario.max_entries = trial->max_entries;
    scenario.snapshot_chunk = trial->snapshot_chunk;
    my.trial = trial;
    my.done->n = 0;
    again.scenario = &scenario;
    again.trace = NULL;
    again.quiet = true;
    again.sandbox = NULL; // it shares memory with us
    lab_run_one(&again, result);
    *done = *trial;
    done->n = my.done->n;
    done->item =
        must_copy(my.done->item, (my.done->n + 1) * sizeof *done->item);
}
