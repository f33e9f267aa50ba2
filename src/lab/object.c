// object.c -- see object.h.
#define _GNU_SOURCE // dlinfo
#include "object.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static void *loaded;

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
    return search.found;
}
