// symbols.c -- see cover.h: an object's counters, by file and function.
//
// gcc names the counters of function f "__gcov0.f", a local symbol that stands
// behind the name of its file in the table of symbols. labs/counters.ld puts
// all of them between two symbols that it defines.
#define _GNU_SOURCE // ElfW
#include "cover.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"

enum { MOST_BYTES = 64 << 20 }; // of counters

struct symbols {
    const uint8_t *bytes;
    size_t n;
    const ElfW(Sym) * symbol;
    size_t n_symbols;
    const char *names;
    size_t n_names;
    uint64_t first, last;
};

static const char *name_of(const struct symbols *s, const ElfW(Sym) * symbol)
{
    return symbol->st_name < s->n_names ? s->names + symbol->st_name : "";
}

static bool inside(const struct symbols *s, uint64_t at, uint64_t n)
{
    return at <= s->n && n <= s->n - at && at % 8 == 0;
}

// The table of all symbols and its names.
static bool find_table(struct symbols *s)
{
    const ElfW(Ehdr) *head = (const void *)s->bytes;
    if (s->n < sizeof *head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        head->e_shentsize != sizeof(ElfW(Shdr)) ||
        !inside(s, head->e_shoff, head->e_shnum * sizeof(ElfW(Shdr))))
        return false;
    const ElfW(Shdr) *part = (const void *)(s->bytes + head->e_shoff);
    for (size_t i = 0; i < head->e_shnum; i++) {
        if (part[i].sh_type != SHT_SYMTAB || part[i].sh_link >= head->e_shnum)
            continue;
        const ElfW(Shdr) *names = &part[part[i].sh_link];
        if (!inside(s, part[i].sh_offset, part[i].sh_size) ||
            names->sh_offset > s->n || names->sh_size == 0 ||
            names->sh_size > s->n - names->sh_offset ||
            s->bytes[names->sh_offset + names->sh_size - 1] != '\0')
            return false;
        s->symbol = (const void *)(s->bytes + part[i].sh_offset);
        s->n_symbols = part[i].sh_size / sizeof *s->symbol;
        s->names = (const char *)s->bytes + names->sh_offset;
        s->n_names = names->sh_size;
        return true;
    }
    return false;
}

static uint64_t value_of(const struct symbols *s, const char *name)
{
    for (size_t i = 0; i < s->n_symbols; i++)
        if (strcmp(name_of(s, &s->symbol[i]), name) == 0)
            return s->symbol[i].st_value;
    return 0;
}

struct symbols *symbols_open(const char *object, size_t *n_counters,
                             char error[300])
{
    struct stat about;
    int fd = open(object, O_RDONLY | O_CLOEXEC);
    struct symbols *s = must_calloc(1, sizeof *s);
    if (fd < 0 || fstat(fd, &about) != 0) {
        snprintf(error, 300, "%.200s: %s", object, strerror(errno));
        free(s);
        return NULL;
    }
    s->n = (size_t)about.st_size;
    void *bytes = mmap(NULL, s->n, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    s->bytes = bytes;
    if (bytes != MAP_FAILED && find_table(s)) {
        s->first = value_of(s, "glassraft_counters");
        s->last = value_of(s, "glassraft_counters_end");
    }
    if (s->first == 0 || s->last <= s->first ||
        s->last - s->first > MOST_BYTES) {
        snprintf(error, 300, "%.200s: is not built for coverage", object);
        symbols_free(s);
        return NULL;
    }
    *n_counters = (s->last - s->first) / sizeof(uint64_t);
    return s;
}

long symbols_find(const struct symbols *s, const char *file,
                  const char *function, size_t n)
{
    bool here = false;
    for (size_t i = 0; i < s->n_symbols; i++) {
        const ElfW(Sym) *symbol = &s->symbol[i];
        const char *name = name_of(s, symbol);
        if (ELF64_ST_TYPE(symbol->st_info) == STT_FILE)
            here = strcmp(name, file) == 0;
        if (here && strncmp(name, "__gcov0.", 8) == 0 &&
            strcmp(name + 8, function) == 0 && symbol->st_value >= s->first &&
            symbol->st_value < s->last &&
            n * sizeof(uint64_t) <= s->last - symbol->st_value)
            return (long)((symbol->st_value - s->first) / sizeof(uint64_t));
    }
    return -1;
}

void symbols_free(struct symbols *s)
{
    if (s->bytes != MAP_FAILED)
        munmap((void *)(uintptr_t)s->bytes, s->n);
    free(s);
}
