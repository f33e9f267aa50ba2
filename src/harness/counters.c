// counters.c -- see counters.h.
#define _GNU_SOURCE
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/die.h"

static void *map(int fd, size_t n_bytes)
{
    void *at = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        die("counters: %s", strerror(errno));
    return at;
}

void counters_open(struct counters *counters, size_t n_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    n_bytes = (n_bytes + page - 1) / page * page;
    int fd = memfd_create("counters", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    // A file that became shorter would end who reads it.
    if (fd < 0 || ftruncate(fd, (off_t)n_bytes) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        die("counters: %s", strerror(errno));
    *counters = (struct counters){map(fd, n_bytes), n_bytes, fd};
}

void *counters_join(int fd, size_t n_bytes)
{
    void *at = map(fd, n_bytes);
    close(fd);
    return at;
}

void *counters_take(struct counters *counters)
{
    if (counters->at == NULL)
        return NULL;
    void *copy = must_copy(counters->at, counters->n_bytes);
    munmap(counters->at, counters->n_bytes);
    close(counters->fd);
    *counters = (struct counters){.at = NULL};
    return copy;
}
