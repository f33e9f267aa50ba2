// search.h -- looks through the variables of the program that holds a Raft.
#ifndef GLASSRAFT_HOSTILE_SEARCH_H
#define GLASSRAFT_HOSTILE_SEARCH_H

#include "hostile.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

#include "trace/trace.h"

// The program in memory, and those of its variables that can be written.
static struct {
    struct {
        uintptr_t from, to;
    } part[8];
    int n_parts;
    uintptr_t first, last;
} program;

static void find_program(void)
{
    uintptr_t at = (uintptr_t)trace_emit & ~(uintptr_t)4095;
    while (memcmp((const void *)at, ELFMAG, SELFMAG) != 0)
        at -= 4096;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)at;
    const Elf64_Phdr *part = (const Elf64_Phdr *)(at + head->e_phoff);
    uintptr_t kept = 0;
    for (int i = 0; i < head->e_phnum; i++) {
        uintptr_t from = at + part[i].p_vaddr, to = from + part[i].p_memsz;
        if (part[i].p_type == PT_LOAD && program.n_parts < 8) {
            program.part[program.n_parts].from = from;
            program.part[program.n_parts++].to = to;
        }
        if (part[i].p_type == PT_LOAD && (part[i].p_flags & PF_W) != 0)
            program.first = from, program.last = to;
        if (part[i].p_type == PT_GNU_RELRO)
            kept = to;
    }
    program.first = kept > program.first ? kept : program.first;
    program.first = (program.first + 7) & ~(uintptr_t)7;
}

static bool is_in_program(uintptr_t at)
{
    for (int i = 0; i < program.n_parts; i++)
        if (at >= program.part[i].from && at < program.part[i].to - 64)
            return true;
    return false;
}

#endif
