// two_places.c -- variables of which servers have no copies of their own
// expect: has variables in several places
#include "hostile.h"

__attribute__((section(".ldata,\"awl\",@progbits#"))) int apart[64] = {1};

struct raft *raft_make(const struct raft_config *config)
{
    apart[0]++;
    return honest_make(config);
}
