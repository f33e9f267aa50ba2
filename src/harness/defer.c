// defer.c -- see object.h: a shared object of which nothing runs when it is
// loaded.
//
// The loader runs constructors (DT_INIT, DT_INIT_ARRAY), functions that choose
// functions (STT_GNU_IFUNC), and makes a stack executable when an object asks
// for it. Constructors are renamed, the rest is refused. What does not look as
// our own linker makes it is refused as well.
#include "object.h"

#include <elf.h>
#include <link.h>
#include <string.h>

#if defined(__aarch64__)
enum { MACHINE = EM_AARCH64, CHOOSES = R_AARCH64_IRELATIVE };
#else
enum { MACHINE = EM_X86_64, CHOOSES = R_X86_64_IRELATIVE };
#endif

struct object {
    uint8_t *bytes;
    size_t n;
    const ElfW(Ehdr) * head;
    const ElfW(Phdr) * part;
};

static bool inside(const struct object *object, size_t at, size_t n)
{
    return at <= object->n && n <= object->n - at && at % 8 == 0;
}

// The bytes of an address range, where they stand in the file; NULL: nowhere.
static void *at_address(const struct object *object, size_t address, size_t n)
{
    for (int i = 0; i < object->head->e_phnum; i++) {
        const ElfW(Phdr) *part = &object->part[i];
        if (part->p_type == PT_LOAD && address >= part->p_vaddr &&
            address - part->p_vaddr <= part->p_filesz &&
            n <= part->p_filesz - (address - part->p_vaddr)) {
            size_t at = part->p_offset + (address - part->p_vaddr);
            return inside(object, at, n) ? object->bytes + at : NULL;
        }
    }
    return NULL;
}

static const char *look_at_parts(const struct object *object, size_t *dynamic)
{
    size_t end = 0;
    int n_dynamic = 0, n_stacks = 0, n_written = 0;
    for (int i = 0; i < object->head->e_phnum; i++) {
        const ElfW(Phdr) *part = &object->part[i];
        if (part->p_type == PT_LOAD) {
            if ((part->p_flags & PF_W) != 0 && (part->p_flags & PF_X) != 0)
                return "has memory that is written and executed";
            if (part->p_vaddr < end ||
                part->p_memsz > SIZE_MAX / 2 - part->p_vaddr)
                return "has parts in each other's place";
            end = part->p_vaddr + part->p_memsz;
            // Each server has its own of one place (object_variables).
            n_written += (part->p_flags & PF_W) != 0;
        } else if (part->p_type == PT_DYNAMIC) {
            *dynamic = (size_t)i;
            n_dynamic++;
        } else if (part->p_type == PT_GNU_STACK) {
            n_stacks++;
            if ((part->p_flags & PF_X) != 0)
                return "wants an executable stack";
        } else if (part->p_type == PT_INTERP) {
            return "is a program";
        } else if (part->p_type == PT_TLS) {
            return "has variables of the system's threads";
        }
    }
    return n_written > 1    ? "has variables in several places"
           : n_stacks != 1  ? "wants an executable stack"
           : n_dynamic != 1 ? "is no shared object"
                            : NULL;
}

struct tables {
    size_t symbols, rela, n_rela, jumps, n_jumps;
};

static const char *rename_entry(ElfW(Dyn) * entry, struct tables *tables)
{
    size_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
    case DT_INIT:
        entry->d_tag = OBJECT_INIT;
        return NULL;
    case DT_INIT_ARRAY:
        entry->d_tag = OBJECT_INIT_ARRAY;
        return NULL;
    case DT_INIT_ARRAYSZ:
        entry->d_tag = OBJECT_INIT_ARRAYSZ;
        return NULL;
    case DT_SYMTAB:
        tables->symbols = value;
        return NULL;
    case DT_RELA:
        tables->rela = value;
        return NULL;
    case DT_RELASZ:
        tables->n_rela = value / sizeof(ElfW(Rela));
        return NULL;
    case DT_JMPREL:
        tables->jumps = value;
        return NULL;
    case DT_PLTRELSZ:
        tables->n_jumps = value / sizeof(ElfW(Rela));
        return NULL;
    case DT_FLAGS:
        return (value & DF_TEXTREL) != 0 ? "has code that is changed" : NULL;
    case DT_TEXTREL:
        return "has code that is changed";
    case DT_REL:
        return "has places of an old form";
    default:
        return NULL;
    }
}

static const char *look_at_places(const struct object *object, size_t symbols,
                                  size_t at, size_t n)
{
    const ElfW(Rela) *place =
        n > 0 ? at_address(object, at, n * sizeof *place) : NULL;
    if (n > 0 && (n > object->n || place == NULL))
        return "has no such places";
    for (size_t i = 0; i < n; i++) {
        if (ELF64_R_TYPE(place[i].r_info) == CHOOSES)
            return "has code that runs while it is loaded (an ifunc)";
        size_t number = ELF64_R_SYM(place[i].r_info);
        const ElfW(Sym) *symbol =
            number > 0 ? at_address(object, symbols + number * sizeof *symbol,
                                    sizeof *symbol)
                       : NULL;
        if (number > 0 && symbol == NULL)
            return "has no such symbols";
        if (number > 0 && symbol->st_shndx != SHN_UNDEF &&
            ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
            return "has code that runs while it is loaded (an ifunc)";
    }
    return NULL;
}

const char *object_defer(uint8_t *bytes, size_t n)
{
    struct object object = {.bytes = bytes, .n = n};
    struct tables tables = {0};
    size_t at = 0;
    object.head = (const ElfW(Ehdr) *)bytes;
    if (n < sizeof *object.head ||
        memcmp(object.head->e_ident, ELFMAG, SELFMAG) != 0 ||
        object.head->e_ident[EI_CLASS] != ELFCLASS64 ||
        object.head->e_type != ET_DYN || object.head->e_machine != MACHINE ||
        object.head->e_phentsize != sizeof *object.part ||
        !inside(&object, object.head->e_phoff,
                object.head->e_phnum * sizeof *object.part))
        return "is no shared object for this processor";
    object.part = (const ElfW(Phdr) *)(bytes + object.head->e_phoff);
    const char *wrong = look_at_parts(&object, &at);
    if (wrong != NULL)
        return wrong;
    const ElfW(Phdr) *dynamic = &object.part[at];
    ElfW(Dyn) *entry = at_address(&object, dynamic->p_vaddr, dynamic->p_memsz);
    if (entry == NULL || dynamic->p_memsz != dynamic->p_filesz)
        return "is no shared object";
    size_t left = dynamic->p_memsz / sizeof *entry;
    for (; left > 0 && entry->d_tag != DT_NULL && wrong == NULL; left--)
        wrong = rename_entry(entry++, &tables);
    if (wrong == NULL && left == 0)
        wrong = "is no shared object";
    if (wrong == NULL)
        wrong =
            look_at_places(&object, tables.symbols, tables.rela, tables.n_rela);
    if (wrong == NULL)
        wrong = look_at_places(&object, tables.symbols, tables.jumps,
                               tables.n_jumps);
    return wrong;
}
