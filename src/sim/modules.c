// modules.c -- where the program, its libraries and a stranger's object lie.
//
// The loader is asked when a run begins. A signal handler must not ask it: what
// it interrupted may be the loader itself.
#define _GNU_SOURCE
#include "internal.h"

#include <link.h>
#include <stdio.h>
#include <string.h>

enum { MOST_MODULES = 32 };

static struct {
    uintptr_t base, from, to;
    char name[64]; // without its folder
    char kind;     // '+' the object, '=' the program, ' ' another
} modules[MOST_MODULES];
static int n_modules;

// Not snprintf(), which ThreadSanitizer watches: what one thread has learnt
// another one reads.
static void copy_name(char *to, size_t n, const char *from)
{
    size_t i = 0;
    for (; i + 1 < n && from[i] != '\0'; i++)
        to[i] = from[i];
    to[i] = '\0';
}

static int learn(struct dl_phdr_info *info, size_t n, void *object)
{
    (void)n;
    if (n_modules == MOST_MODULES)
        return 1;
    const char *slash = strrchr(info->dlpi_name, '/');
    bool ours = strcmp(info->dlpi_name, object) == 0;
    uintptr_t from = UINTPTR_MAX, to = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD)
            continue;
        uintptr_t at = info->dlpi_addr + part->p_vaddr;
        from = at < from ? at : from;
        to = at + part->p_memsz > to ? at + part->p_memsz : to;
    }
    modules[n_modules].base = info->dlpi_addr;
    modules[n_modules].from = from;
    modules[n_modules].to = to;
    modules[n_modules].kind = ours                         ? '+'
                              : info->dlpi_name[0] == '\0' ? '='
                                                           : ' ';
    copy_name(modules[n_modules].name, sizeof modules[0].name,
              slash != NULL ? slash + 1 : info->dlpi_name);
    n_modules++;
    return 0;
}

void sim_learn_modules(const char *object)
{
    char copy[256];
    n_modules = 0;
    if (object == NULL)
        return;
    snprintf(copy, sizeof copy, "%s", object);
    dl_iterate_phdr(learn, copy);
}

bool sim_knows_modules(void)
{
    return n_modules > 0;
}

void sim_place_outside(uintptr_t pc, char *out, size_t n)
{
    for (int i = 0; i < n_modules; i++) {
        if (pc < modules[i].from || pc >= modules[i].to)
            continue;
        if (modules[i].kind == ' ')
            copy_name(out, n, modules[i].name);
        else
            snprintf(out, n, "{%c0x%lx}", modules[i].kind,
                     (unsigned long)(pc - modules[i].base));
        return;
    }
    snprintf(out, n, "code that is no module's");
}
