// taste.c -- see taste.h.
#include "base/random.h"
#include "taste.h"

#include "moves.h"

enum { USUAL = 64 };

static uint64_t draw(struct taste *taste, uint64_t n)
{
    return random_next(&taste->random) % n;
}

static unsigned one_of(struct taste *taste, unsigned a, unsigned b, unsigned c)
{
    const unsigned of[] = {a, b, c};
    return of[draw(taste, 3)];
}

// Messages arrive more often than anything else happens: else all terms would
// be over before anybody is elected.
void taste_begin(struct taste *taste, uint64_t number)
{
    *taste = (struct taste){.random = number * 0x632be59bd9b4e019u + 1};
    for (int i = 0; i < STEP_N_KINDS; i++)
        taste->kind[i] = USUAL;
    taste->kind[STEP_DELIVER] = 16 * USUAL;
    taste->kind[STEP_TIMEOUT] = one_of(taste, USUAL / 2, 3 * USUAL, 8 * USUAL);
    taste->kind[STEP_COMMAND] = one_of(taste, 3 * USUAL, 8 * USUAL, 24 * USUAL);
    taste->kind[STEP_HEARTBEAT] = one_of(taste, USUAL, 4 * USUAL, 12 * USUAL);
    taste->kind[STEP_RESTART] = one_of(taste, USUAL, 8 * USUAL, 24 * USUAL);
    taste->kind[STEP_SNAPSHOT] = one_of(taste, USUAL, 4 * USUAL, 16 * USUAL);
    taste->kind[STEP_CRASH] = one_of(taste, USUAL / 8, USUAL / 2, 2 * USUAL);
    taste->kind[STEP_LOSE] = one_of(taste, USUAL / 16, USUAL / 4, USUAL);
    taste->kind[STEP_DOUBLE] = one_of(taste, USUAL / 16, USUAL / 4, USUAL);
    // There are many of these at a time.
    taste->kind[STEP_STALL] = one_of(taste, 1, USUAL / 16, USUAL / 4);
    taste->kind[STEP_PROCEED] = one_of(taste, USUAL / 4, USUAL, 4 * USUAL);
    for (int s = 0; s < STEP_SERVERS; s++) {
        taste->late[s] = one_of(taste, 1, 1, 16);
        taste->eager[s] = one_of(taste, 1, 1, 8);
    }
    taste->replies = one_of(taste, 1, 1, 8);
    taste->age = one_of(taste, 0, 1, 4);
}

static unsigned weight_of(const struct taste *taste,
                          const struct step_action *action, unsigned older)
{
    unsigned weight = taste->kind[action->kind];
    if (action->kind == STEP_TIMEOUT)
        weight /= taste->eager[action->server];
    if (action->kind == STEP_DELIVER) {
        weight /= 1 + older * taste->age;
        weight /= taste->late[action->reply ? action->server : action->peer];
        weight /= action->reply ? taste->replies : 1;
    }
    return weight + 1;
}

uint32_t taste_choose(struct taste *taste, const uint32_t *code, int n)
{
    unsigned weight[MOST_MOVES], sum = 0, older = 0;
    // The newest message is the first.
    for (int i = n - 1; i >= 0; i--) {
        struct step_action action;
        moves_plain(code[i], &action);
        weight[i] = weight_of(taste, &action, older);
        older += action.kind == STEP_DELIVER;
        sum += weight[i];
    }
    uint64_t at = draw(taste, sum);
    int i = 0;
    for (; i < n - 1 && at >= weight[i]; i++)
        at -= weight[i];
    return code[i];
}
