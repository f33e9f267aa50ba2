// socket.c -- opens a socket
// expect: socket()
// expect: raft_make at socket.c
#define _GNU_SOURCE
#include "hostile.h"

#include <sys/socket.h>

struct raft *raft_make(const struct raft_config *config)
{
    if (socket(AF_INET, SOCK_STREAM, 0) < 0)
        abort();
    return honest_make(config);
}
