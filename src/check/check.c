// check.c -- one event after the other past all judges.
#include "reach.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

struct check *check_make(int n_servers)
{
    struct check *check = must_calloc(1, sizeof *check);
    model_init(&check->model, n_servers);
    check->server = must_calloc((size_t)n_servers, sizeof *check->server);
    for (int i = 0; i < n_servers; i++)
        check->server[i].view =
            must_calloc((size_t)n_servers, sizeof(struct view));
    check->flight = must_calloc(N_FLIGHTS, sizeof *check->flight);
    check->origin = must_calloc(N_ORIGINS, sizeof *check->origin);
    check->terms.term = must_calloc(FACTS_TERMS, sizeof(uint64_t));
    check->terms.command = must_calloc(FACTS_TERMS, sizeof(uint64_t));
    check->silent = silent_make(n_servers);
    check->reach = reach_make();
    return check;
}

void check_free(struct check *check)
{
    if (check == NULL)
        return;
    for (int i = 0; i < check->model.n_servers; i++) {
        free(check->server[i].view);
        free(check->server[i].unsaved);
    }
    silent_free(check->silent, check->model.n_servers);
    model_free(&check->model); // and with it the number of servers
    free(check->server);
    free(check->leaders.cell);
    free(check->entries.cell);
    free(check->applied.cell);
    free(check->sent.cell);
    free(check->committed.cell);
    free(check->last_of_term);
    free(check->number.cell);
    free(check->flight);
    free(check->origin);
    free(check->terms.term);
    free(check->terms.command);
    reach_free(check->reach);
    clients_free(check->clients);
    free(check);
}

void check_untimed(struct check *check)
{
    check->untimed = true;
}

void check_without(struct check *check, enum trace_kind kind)
{
    check->without |= 1ull << kind;
}

void check_partial(struct check *check)
{
    check->told.holes = true;
}

void check_members_change(struct check *check)
{
    check->told.members_change = true;
}

// What a server says that was taken down is the past speaking.
static bool is_stale(const struct check *check, const struct trace_event *event)
{
    const struct model_server *server = &check->model.server[event->node];
    return event->kind <= TRACE_REFUSE && event->kind != TRACE_BOOT &&
           (!server->up || event->inc < server->inc);
}

// Each judge sees the state before the event. Whoever records goes on behind
// the first finding, which stays the only one.
static bool judge(struct check *check, const struct trace_event *event)
{
    static bool (*const judges[])(struct check *,
                                  const struct trace_event *) = {
        check_safety,   check_cuts,   check_legality,   check_leader,
        check_contract, check_timers, check_durability, check_restored};
    for (size_t i = 0; i < sizeof judges / sizeof judges[0]; i++)
        if (!judges[i](check, event) && check->book == NULL)
            return false;
    return true;
}

bool check_step(struct check *check, const struct trace_event *event)
{
    if (check->broken && check->book == NULL)
        return false;
    check_number(check, event);
    uint64_t msg = event->msg != 0 ? check_message(check, event) : 0;
    struct trace_event numbered;
    if (msg != event->msg) {
        numbered = *event;
        numbered.msg = msg;
        event = &numbered;
    }
    if ((check->without >> event->kind & 1) != 0)
        return true;
    bool of_server = event->node >= 0 && event->node < check->model.n_servers;
    check->n_of_kind[event->kind]++;
    check->untimed |= event->kind == TRACE_NETWORK && event->ok;
    check_note(check, event);
    if (of_server)
        check->told.seen[event->node] = true;
    bool lost = of_server && check_is_lost(check, event);
    if (of_server && is_stale(check, event))
        return true;
    if (of_server && !lost && !judge(check, event))
        return false;
    if (check->book != NULL)
        record_event(check->book, check, event);
    check_watch(check, event);
    if (of_server && !check->broken && !check_silent(check, event) &&
        check->book == NULL)
        return false;
    if (of_server && !check->broken && !check_reach(check, event) &&
        check->book == NULL)
        return false;
    check_gather(check, event);
    if (check->book != NULL)
        record_client(check->book, check, event);
    model_step(&check->model, event);
    check_forget(check, event);
    if (of_server)
        check_disturb(check, event);
    return !check->broken;
}

size_t check_areas(const struct check *check, struct check_area *out,
                   size_t most)
{
    size_t n = check_told_areas(check, out, most);
    if (check_is_silent(check) && check->n_of_kind[TRACE_SEND] > 0 &&
        n < most) {
        static const enum trace_kind legs[] = {TRACE_RECV, TRACE_REPLY,
                                               TRACE_REPLY_RECV};
        snprintf(out[n].name, sizeof out[n].name, "what messages show");
        out[n].missing = out[n].because = NULL;
        for (size_t i = 0; i < 3 && out[n].missing == NULL; i++)
            if (check->n_of_kind[legs[i]] == 0)
                out[n].missing = trace_kinds[legs[i]].name;
        n++;
    }
    if (check_has_clients(check) && n < most) {
        snprintf(out[n].name, sizeof out[n].name, "answers to clients");
        out[n].missing = NULL;
        out[n++].because = check_unanswerable(check);
    }
    for (int i = 0; i < check->model.n_servers && n < most; i++) {
        if (!check->told.lost[i])
            continue;
        snprintf(out[n].name, sizeof out[n].name, "S%d since it was taken down",
                 i + 1);
        out[n].because = NULL;
        out[n++].missing = trace_kinds[TRACE_BOOT].name;
    }
    return n;
}
