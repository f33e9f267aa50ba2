// object.h -- the functions of a shared object, by name; and a stranger's
// object, made harmless to load.
#ifndef GLASSRAFT_OBJECT_H
#define GLASSRAFT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where a function's address goes. OBJECT_FUNCTION(name, place) fills it in.
struct object_function {
    const char *name; // NULL ends a list
    void *at;
    size_t n;
};
#define OBJECT_FUNCTION(name, place)                                           \
    {                                                                          \
        name, &(place), sizeof(place)                                          \
    }

// Loads a shared object for good, once, and fills in the addresses. Its
// constructors run when it is loaded, unless object_defer() has marked them.
// Gives a handle for dlsym(). NULL with one line in error.
void *object_load(const char *path, const struct object_function *functions,
                  char error[300]);
// From now on an object that is loaded counts what it executes there: its
// counters (counters.h) become this descriptor's memory, which is closed. What
// is no such object is loaded as ever. -1: nothing changes.
void object_count_into(int fd);
// Runs what object_defer() has marked in the object that was loaded.
void object_start(void);

// Where the object that was loaded keeps its variables, and where that is in
// its file's own count; n = 0 when it has none. Counters that are memory of a
// descriptor are none of them.
struct object_variables {
    unsigned char *at;
    size_t n;
    uint64_t offset;
};
struct object_variables object_variables(void);
// Which of them servers have written in their copies goes into the result, as
// far as there is room.
struct lab_result;
void object_note_written(const struct object_variables *own,
                         struct lab_result *result);

// defer.c: changes the bytes of a shared object so that nothing of it runs
// when it is loaded. NULL, or why such an object cannot be held: "has ...".
const char *object_defer(uint8_t *bytes, size_t n);

// The entries of a dynamic section that object_defer() turns constructors
// into; the loader passes over them.
enum {
    OBJECT_INIT = 0x6000000d,
    OBJECT_INIT_ARRAY = 0x6000000e,
    OBJECT_INIT_ARRAYSZ = 0x6000000f,
};

#endif
