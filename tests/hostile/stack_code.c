// stack_code.c -- asks for a stack that can be executed
// expect: wants an executable stack
#include "hostile.h"

__asm__(".section .note.GNU-stack,\"x\",@progbits\n.text\n");

struct raft *raft_make(const struct raft_config *config)
{
    return honest_make(config);
}
