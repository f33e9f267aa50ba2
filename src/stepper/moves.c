// moves.c -- see moves.h.
#include "moves.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "sim/sim.h"

// From the lowest bit on.
enum {
    KIND_BITS = 5,
    SERVER_BITS = 4,
    METHOD_BITS = 3,
    NUMBER_BITS = 15,
    MOST_LOCKS = 15, // before one of which a thread stalls; no more fit
};

static uint32_t put(uint32_t *code, int *at, uint32_t value, int bits)
{
    if (value >> bits != 0)
        die("an action does not fit: %u", value);
    *code |= value << *at;
    *at += bits;
    return *code;
}

static uint32_t get(uint32_t code, int *at, int bits)
{
    uint32_t value = code >> *at & ((1u << bits) - 1);
    *at += bits;
    return value;
}

uint32_t moves_code(const struct message_rpc *rpcs, const struct step_action *a)
{
    uint32_t code = 0, method = 0;
    int at = 0;
    while (a->method[0] != '\0' && rpcs[method].method != NULL &&
           strcmp(rpcs[method].method, a->method) != 0)
        method++;
    put(&code, &at, (uint32_t)a->kind, KIND_BITS);
    put(&code, &at, (uint32_t)a->server, SERVER_BITS);
    put(&code, &at, (uint32_t)a->peer, SERVER_BITS);
    put(&code, &at, a->reply || a->before, 1);
    put(&code, &at, method, METHOD_BITS);
    return put(&code, &at, (uint32_t)a->number, NUMBER_BITS);
}

// Returns the number of the method.
static uint32_t read_code(uint32_t code, struct step_action *a)
{
    int at = 0;
    *a =
        (struct step_action){.kind = (enum step_kind)get(code, &at, KIND_BITS)};
    a->server = (int)get(code, &at, SERVER_BITS);
    a->peer = (int)get(code, &at, SERVER_BITS);
    bool flag = get(code, &at, 1) != 0;
    uint32_t method = get(code, &at, METHOD_BITS);
    a->number = get(code, &at, NUMBER_BITS);
    a->before = flag && a->kind == STEP_CRASH;
    a->reply = flag && a->kind != STEP_CRASH;
    return method;
}

void moves_plain(uint32_t code, struct step_action *a)
{
    read_code(code, a);
}

void moves_action(const struct message_rpc *rpcs, uint32_t code,
                  struct step_action *a)
{
    uint32_t method = read_code(code, a);
    if (a->kind == STEP_DELIVER || a->kind == STEP_LOSE ||
        a->kind == STEP_DOUBLE)
        snprintf(a->method, sizeof a->method, "%s", rpcs[method].method);
    if (a->kind == STEP_COMMAND) {
        snprintf(a->text, sizeof a->text, "x=%u", (unsigned)a->number);
        a->number = 0;
    }
}

void moves_use(struct step_used *used, const struct step_action *action)
{
    used->armed = 0;
    switch (action->kind) {
    case STEP_COMMAND:
        used->commands++;
        break;
    case STEP_HEARTBEAT:
        used->heartbeats++;
        break;
    case STEP_CRASH:
        used->crashes++;
        used->armed = action->number > 0;
        used->stalls = false;
        used->arms = (uint8_t)action->server;
        break;
    case STEP_STALL:
        used->preempts++;
        used->armed = (uint8_t)action->number;
        used->stalls = true;
        used->arms = (uint8_t)action->server;
        break;
    case STEP_LOSE:
        used->losses++;
        break;
    case STEP_DOUBLE:
        used->doubles++;
        break;
    case STEP_SNAPSHOT:
        used->snapshots++;
        break;
    default:
        break;
    }
}

uint64_t moves_left(const struct step_used *used)
{
    uint64_t left = used->armed > 0 ? 16u * used->armed + used->arms : 0;
    left = left << 8 | used->preempts;
    left = left << 8 | used->commands;
    left = left << 8 | used->heartbeats;
    left = left << 8 | used->crashes;
    left = left << 8 | used->losses;
    left = left << 8 | used->doubles;
    return left << 8 | used->snapshots;
}

struct moves {
    const struct stepper *stepper;
    const struct step_bound *bound;
    const struct step_used *used;
    uint32_t *code;
    int n;
    bool all;
};

static void add(struct moves *moves, struct step_action action)
{
    if (moves->n == MOST_MOVES) {
        moves->all = false;
        return;
    }
    moves->code[moves->n++] =
        moves_code(lab_rpcs(stepper_lab(moves->stepper)), &action);
}

static void add_server(struct moves *moves, const struct model_server *server,
                       int s)
{
    const struct step_bound *bound = moves->bound;
    const struct step_used *used = moves->used;
    bool leads = server->role == TRACE_LEADER;
    if (!server->up) {
        add(moves, (struct step_action){.kind = STEP_RESTART, .server = s});
        return;
    }
    if (!leads && server->term < bound->terms)
        add(moves, (struct step_action){.kind = STEP_TIMEOUT, .server = s});
    if (leads && used->heartbeats < bound->heartbeats)
        add(moves, (struct step_action){.kind = STEP_HEARTBEAT, .server = s});
    if (leads && used->commands < bound->commands &&
        model_last_index(server) < bound->log)
        add(moves, (struct step_action){.kind = STEP_COMMAND,
                                        .server = s,
                                        .number = used->commands + 1u});
    if (used->snapshots < bound->snapshots &&
        server->last_applied > server->snapshot_index)
        add(moves, (struct step_action){.kind = STEP_SNAPSHOT,
                                        .server = s,
                                        .number = server->last_applied});
    if (used->crashes == bound->crashes || used->armed > 0)
        return;
    add(moves, (struct step_action){.kind = STEP_CRASH, .server = s});
    add(moves,
        (struct step_action){
            .kind = STEP_CRASH, .server = s, .number = 1, .before = true});
}

// Behind the last lock of an action nothing stalls, and the action is not done.
static void add_stall(struct moves *moves, const struct model_server *server,
                      int s)
{
    if (sim_is_stalled(s))
        add(moves, (struct step_action){.kind = STEP_PROCEED, .server = s});
    if (!server->up || sim_is_stalled(s) || moves->used->armed > 0 ||
        moves->used->preempts >= moves->bound->preempts)
        return;
    for (uint64_t n = 1; n <= MOST_LOCKS; n++)
        add(moves,
            (struct step_action){.kind = STEP_STALL, .server = s, .number = n});
}

static void add_call(struct moves *moves, const struct step_call *call)
{
    bool flies = call->place == CALL_REQUEST || call->place == CALL_REPLY;
    struct step_action action = {.kind = STEP_DELIVER,
                                 .server = call->from,
                                 .peer = call->to,
                                 .reply = call->place == CALL_REPLY,
                                 .number = call->number};
    memcpy(action.method, call->method, sizeof action.method);
    if (flies)
        add(moves, action);
    action.kind = STEP_LOSE;
    if (flies && moves->used->losses < moves->bound->losses)
        add(moves, action);
    action.kind = STEP_DOUBLE;
    action.reply = false;
    if (call->request != NULL && moves->used->doubles < moves->bound->doubles)
        add(moves, action);
}

static int place_of(const struct step_action *a)
{
    bool message = a->kind == STEP_DELIVER || a->kind == STEP_DOUBLE;
    return message && !a->reply ? a->peer : a->server;
}

bool moves_commute(uint32_t a, uint32_t b)
{
    struct step_action of[2];
    moves_plain(a, &of[0]);
    moves_plain(b, &of[1]);
    for (int i = 0; i < 2; i++)
        if (of[i].kind != STEP_DELIVER && of[i].kind != STEP_TIMEOUT &&
            of[i].kind != STEP_HEARTBEAT)
            return false;
    return place_of(&of[0]) != place_of(&of[1]);
}

// A server that is to crash at its next save, or to stall, is the next to do
// something: whatever others do before might as well have been done before.
static bool is_at(const struct step_action *a, int server)
{
    return a->kind != STEP_LOSE && a->kind != STEP_CRASH &&
           place_of(a) == server;
}

bool moves_list(const struct stepper *stepper, const struct step_state *state,
                const struct step_bound *bound, const struct step_used *used,
                uint32_t code[MOST_MOVES], int *n)
{
    struct moves moves = {stepper, bound, used, code, 0, true};
    const struct model *model = state_model(state);
    const struct message_rpc *rpcs = lab_rpcs(stepper_lab(stepper));
    for (int s = 0; s < model->n_servers; s++)
        add_server(&moves, &model->server[s], s);
    for (int s = 0; s < model->n_servers; s++)
        add_stall(&moves, &model->server[s], s);
    for (const struct step_call *c = stepper_calls(stepper); c != NULL;
         c = c->next)
        add_call(&moves, c);
    *n = 0;
    for (int i = 0; i < moves.n; i++) {
        struct step_action action;
        moves_action(rpcs, code[i], &action);
        if (used->armed == 0 || is_at(&action, used->arms))
            code[(*n)++] = code[i];
    }
    return moves.all;
}
