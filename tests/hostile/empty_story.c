// empty_story.c -- puts a story without anything in the place of the scenario's
// expect: forged result
// expect: are not those of initial-election
// expect tsan: initial-election
// expect asan: initial-election
#include "search.h"

// Of a scenario: its name, its title, what it does, and more.
struct story {
    const char *name, *title;
    void (*run)(void *lab);
    char more[200];
};

static void nothing(void *lab)
{
    (void)lab;
}

AT_LOAD void empty(void)
{
    static struct story story;
    find_program();
    for (uintptr_t at = program.first; at + 8 <= program.last; at += 8) {
        const struct story *found;
        memcpy(&found, (const void *)at, sizeof found);
        if (!is_in_program((uintptr_t)found) ||
            !is_in_program((uintptr_t)found->name) ||
            strcmp(found->name, "initial-election") != 0)
            continue;
        memcpy(&story, found, sizeof story);
        story.run = nothing;
        found = &story;
        memcpy((void *)at, &found, sizeof found);
    }
}

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
