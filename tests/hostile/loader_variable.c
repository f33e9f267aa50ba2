// loader_variable.c -- writes to a variable of the loader's
// expect: _rtld_global is an inner name of the C library
#include "hostile.h"

extern char _rtld_global[];

struct raft *raft_make(const struct raft_config *config)
{
    _rtld_global[16] = 1;
    return honest_make(config);
}
