// large_section.c -- the same in a section without a name for what is in it
// expect: Its variables outside of functions take 40
#include "hostile.h"

__asm__(".bss\n.zero 0x2800000\n.text");

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
