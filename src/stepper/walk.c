// walk.c -- lists of actions by chance, and what they show of servers: see
// search.h.
#include "search.h"

#include <string.h>

#include "moves.h"
#include "taste.h"

enum { MOST_WALK = 120 };

static bool goes_on(const struct search *search, uint64_t number)
{
    return !atomic_load(&search->shared->stop) &&
           number <= atomic_load(&search->shared->finding);
}

static void walk_once(struct search *search, uint64_t number)
{
    struct worker_post *post = search->post;
    struct taste taste;
    taste_begin(&taste, number);
    back_restore(search->back, 0);
    search->depth = 0;
    post->n_walk = 0;
    atomic_store(&post->order, number);
    while (post->n_walk < MOST_WALK && goes_on(search, number)) {
        search_ask(search, LIST, 0);
        if (search->mail->n == 0)
            break;
        uint32_t code =
            taste_choose(&taste, search->mail->codes, search->mail->n);
        post->walk[post->n_walk++] = code;
        search_ask(search, WALK, code);
        // The cluster is not what it was; what is not done is no action.
        post->n_walk -= !search->mail->done;
        if (!search->mail->done)
            break;
        atomic_fetch_add(&post->n_transitions, 1);
    }
    post->n_walk = 0;
    atomic_store(&post->order, UINT64_MAX);
    atomic_fetch_add(&post->n_walks, 1);
}

// ------------------------------------------------------------ the guard

// The state after two actions, as both notions have it; false: one of them was
// not done.
static bool do_both(struct search *search, uint32_t first, uint32_t second,
                    uint64_t *history, uint32_t *model)
{
    search_ask(search, WALK, first);
    bool done = search->mail->done;
    if (done)
        search_ask(search, WALK, second);
    done &= search->mail->done;
    if (done)
        search_ask(search, BOTH, 0);
    *history = search->mail->key;
    *model = search->mail->check;
    return done;
}

// Two actions at different servers, in one order and in the other, from image 1
// on: servers that share no memory are in the same state then.
static void commute(struct search *search, uint32_t a, uint32_t b)
{
    uint64_t history[2];
    uint32_t model[2];
    back_restore(search->back, 1);
    bool done = do_both(search, a, b, &history[0], &model[0]);
    back_restore(search->back, 1);
    done &= do_both(search, b, a, &history[1], &model[1]);
    if (!done || (history[0] == history[1] && model[0] == model[1]))
        return;
    search_give_up(search, SEARCH_SHARE
                   "two actions at different servers, done in one order and in"
                   " the other, leave them in different states" SEARCH_UNLESS);
}

// A list by chance, in which each action is tried before and after all others
// that could be done at other servers.
static void guard_once(struct search *search, uint64_t number)
{
    struct taste taste;
    uint32_t codes[MOST_MOVES];
    taste_begin(&taste, number);
    back_restore(search->back, 0);
    search->depth = 0;
    for (int steps = 0; steps < MOST_WALK; steps++) {
        search_ask(search, LIST, 0);
        int n = search->mail->n;
        if (n == 0)
            return;
        memcpy(codes, search->mail->codes, (size_t)n * sizeof *codes);
        uint32_t next = taste_choose(&taste, codes, n);
        back_save(search->back, 1);
        for (int i = 0; i < n && !atomic_load(&search->shared->stop); i++)
            if (moves_commute(next, codes[i]))
                commute(search, next, codes[i]);
        back_restore(search->back, 1);
        search_ask(search, WALK, next);
        if (!search->mail->done || atomic_load(&search->shared->stop))
            return;
    }
}

void search_guard(struct search *search)
{
    struct worker_shared *shared = search->shared;
    while (!atomic_load(&shared->stop)) {
        uint64_t number = atomic_fetch_add(&shared->next_walk, 1);
        if (number >= shared->last_walk)
            return;
        guard_once(search, number);
    }
}

void search_walk(struct search *search)
{
    struct worker_shared *shared = search->shared;
    for (;;) {
        if (atomic_load(&shared->pause))
            return;
        uint64_t number = atomic_fetch_add(&shared->next_walk, 1);
        if (number >= shared->last_walk || !goes_on(search, number))
            return;
        walk_once(search, number);
    }
}
