// weak_loader.c -- says that the loader's function is a variable, a weak one
// expect: calls dlsym(): a Raft calls its own functions
#include "hostile.h"

__asm__(".weak dlsym\n.type dlsym, @object");
extern void *dlsym(void *object, const char *name) __attribute__((weak));

struct raft *raft_make(const struct raft_config *config)
{
    struct raft *(*make)(const struct raft_config *config);
    *(void **)&make = dlsym(NULL, "raft_make");
    return make != NULL ? make(config) : honest_make(config);
}
