// object.c -- see object.h.
#define _GNU_SOURCE // dlinfo
#include "object.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sim/sim.h"
#include "runner.h"

static void *loaded;
static int count_into = -1;
static uintptr_t counters; // where they begin that are shared; or 0

void object_count_into(int fd)
{
    count_into = fd;
}

static void share_counters(void);

void *object_load(const char *path, const struct object_function *functions,
                  char error[300])
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        snprintf(error, 300, "%.290s", dlerror());
        return NULL;
    }
    loaded = object;
    for (; functions->name != NULL; functions++) {
        void *symbol = dlsym(object, functions->name);
        if (symbol == NULL) {
            snprintf(error, 300, "%.200s: has no %s()", path, functions->name);
            return NULL;
        }
        // dlsym() gives a data pointer, also for a function: POSIX wants the
        // bytes taken over.
        memcpy(functions->at, &symbol, functions->n);
    }
    share_counters();
    return object;
}

typedef void (*constructor)(int, char **, char **);

static void run(uintptr_t at)
{
    char *nothing[] = {NULL};
    constructor function;
    memcpy(&function, &at, sizeof at);
    function(0, nothing, nothing);
}

void object_start(void)
{
    struct link_map *map = NULL;
    uintptr_t init = 0, array = 0;
    size_t n = 0;
    if (loaded == NULL || dlinfo(loaded, RTLD_DI_LINKMAP, &map) != 0)
        return;
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == OBJECT_INIT)
            init = map->l_addr + entry->d_un.d_ptr;
        else if (entry->d_tag == OBJECT_INIT_ARRAY)
            array = map->l_addr + entry->d_un.d_ptr;
        else if (entry->d_tag == OBJECT_INIT_ARRAYSZ)
            n = entry->d_un.d_val / sizeof(uintptr_t);
    }
    if (init != 0)
        run(init);
    for (size_t i = 0; array != 0 && i < n; i++)
        run(((const uintptr_t *)array)[i]);
}

struct search {
    uintptr_t base;
    struct object_variables found;
};

// What is written all the time: the segment that can be written, without its
// beginning that the loader protects when it is done.
static int look(struct dl_phdr_info *info, size_t n, void *context)
{
    struct search *search = context;
    uintptr_t from = 0, to = 0, behind = 0;
    (void)n;
    if (info->dlpi_addr != search->base)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) != 0) {
            from = part->p_vaddr;
            to = part->p_vaddr + part->p_memsz;
        } else if (part->p_type == PT_GNU_RELRO) {
            behind = part->p_vaddr + part->p_memsz;
        }
    }
    from = behind > from ? behind : from;
    search->found.at = (unsigned char *)(search->base + from);
    search->found.n = to > from ? to - from : 0;
    search->found.offset = from;
    return 1;
}

struct object_variables object_variables(void)
{
    struct link_map *map = NULL;
    struct search search = {.base = 0};
    if (loaded == NULL || dlinfo(loaded, RTLD_DI_LINKMAP, &map) != 0)
        return search.found;
    search.base = map->l_addr;
    dl_iterate_phdr(look, &search);
    struct object_variables *found = &search.found;
    uintptr_t at = (uintptr_t)found->at;
    if (counters >= at && counters - at < found->n)
        found->n = counters - at;
    return *found;
}

// Only whole pages of the object's own variables change hands, whatever its
// symbols say.
static void share_counters(void)
{
    struct object_variables own = object_variables();
    uintptr_t from = (uintptr_t)dlsym(loaded, "glassraft_counters");
    uintptr_t to = (uintptr_t)dlsym(loaded, "glassraft_counters_end");
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)own.at;
    struct stat about;
    if (count_into < 0)
        return;
    if (from > at && to > from && to - at <= own.n + page && from % page == 0 &&
        to % page == 0 && fstat(count_into, &about) == 0 &&
        (uintptr_t)about.st_size >= to - from &&
        mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_FIXED, count_into, 0) != MAP_FAILED)
        counters = from;
    close(count_into);
    count_into = -1;
}

void object_note_written(const struct object_variables *own,
                         struct lab_result *result)
{
    const uint64_t most = sizeof result->written / sizeof result->written[0];
    uint64_t servers, last = 0;
    size_t next = 0;
    for (size_t at = 0;
         result->n_written < most && sim_space_written(&at, &servers); at++) {
        // One entry for what lies together, of the same servers.
        if (at >= next || servers != last) {
            result->written[result->n_written].at = own->offset + at;
            result->written[result->n_written++].servers = servers;
        }
        next = at + 2 * sizeof(uint64_t);
        last = servers;
    }
}
