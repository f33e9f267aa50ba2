// finds_raft.c -- looks for the harness's own Raft in what the loader knows
// expect: called abort()
#define _GNU_SOURCE
#include "hostile.h"

#include <elf.h>
#include <link.h>

extern ElfW(Dyn) _DYNAMIC[];

// The names that a module shows; aborts when it has none that is a Raft's.
static struct raft *look(const struct raft_config *config, struct link_map *map)
{
    const char *texts = NULL;
    const ElfW(Sym) *symbol = NULL;
    for (ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_STRTAB)
            texts = (const char *)entry->d_un.d_ptr;
        else if (entry->d_tag == DT_SYMTAB)
            symbol = (const ElfW(Sym) *)entry->d_un.d_ptr;
    }
    while (texts != NULL && (const char *)symbol < texts) {
        if (strcmp(texts + symbol->st_name, "raft_make") == 0) {
            struct raft *(*make)(const struct raft_config *config);
            *(char **)&make = (char *)map->l_addr + symbol->st_value;
            return make(config);
        }
        symbol++;
    }
    abort();
}

struct raft *raft_make(const struct raft_config *config)
{
    for (ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_PLTGOT) {
            // The second word of the table is our own link_map.
            struct link_map *map = ((struct link_map **)entry->d_un.d_ptr)[1];
            while (map != NULL && map->l_prev != NULL)
                map = map->l_prev;
            if (map != NULL)
                return look(config, map);
        }
    abort();
}
