// loader.c -- plays the harness's own Raft, should there be one
// expect: a Raft calls its own functions
#define _GNU_SOURCE
#include "hostile.h"

#include <dlfcn.h>

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *(*make)(const struct raft_config *config);
    *(void **)&make = dlsym(dlopen(NULL, RTLD_NOW), "raft_make");
    return make(config);
}
