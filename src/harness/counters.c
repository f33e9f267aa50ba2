// counters.c -- see counters.h.
#define _GNU_SOURCE
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/die.h"

static size_t bytes_of(const struct counters *counters)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (counters->n * sizeof(uint64_t) + page - 1) / page * page;
}

void counters_open(struct counters *counters, size_t n)
{
    *counters = (struct counters){.n = n > 0 ? n : 1};
    size_t bytes = bytes_of(counters);
    int fd = memfd_create("counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *at = MAP_FAILED;
    // A file that became shorter would end who reads it.
    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        die("counters: %s", strerror(errno));
    counters->at = at;
    counters->fd = fd;
}

uint64_t *counters_take(struct counters *counters)
{
    if (counters->at == NULL)
        return NULL;
    uint64_t *copy = must_copy(counters->at, counters->n * sizeof *copy);
    munmap(counters->at, bytes_of(counters));
    close(counters->fd);
    *counters = (struct counters){.at = NULL};
    return copy;
}
