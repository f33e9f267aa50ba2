// gcno.h -- the graph of a compiled file, as gcc writes it beside the object.
//
// A function has blocks; block 0 is its entry and block 1 its exit. Arcs lead
// from block to block. Only some of them are counted: the others form a tree,
// and follow from these, since what enters a block leaves it (flow.h). Source:
// gcc/gcov-io.h of GCC 11 and later.
#ifndef GLASSRAFT_COVER_GCNO_H
#define GLASSRAFT_COVER_GCNO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct gcno_arc {
    unsigned from, to;
    bool tree; // not counted
    bool fake; // to the exit, of a call that does not return
};

struct gcno_line {
    unsigned block, line;
    unsigned file; // number in struct gcno's files
};

struct gcno_function {
    char *name;
    unsigned file, line, last_line;
    bool artificial; // no line of the source has it
    uint32_t ident, lineno_checksum, cfg_checksum;
    unsigned n_blocks;
    struct gcno_arc *arc;
    size_t n_arcs;
    struct gcno_line *lines; // in order of blocks
    size_t n_lines;
};

struct gcno {
    uint32_t version, stamp, checksum; // the last since GCC 12
    char **file;
    size_t n_files;
    struct gcno_function *function;
    size_t n_functions;
};

// Reads a file; false with one line in error, and nothing to free.
bool gcno_read(const char *path, struct gcno *gcno, char error[300]);
void gcno_free(struct gcno *gcno);

// Writes the file of counters that belongs to it: `counters` gives the values
// of a function's counted arcs, in their order. False when out cannot take it.
bool gcno_write_counters(const struct gcno *gcno,
                         const uint64_t *(*counters)(void *context,
                                                     size_t function),
                         void *context, FILE *out);

#endif
