// object.h -- the functions of a shared object, by name.
#ifndef GLASSRAFT_OBJECT_H
#define GLASSRAFT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

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

// Loads a shared object for good, which runs its constructors, and fills in
// the addresses. Gives a handle for dlsym(). NULL with one line in error.
void *object_load(const char *path, const struct object_function *functions,
                  char error[300]);

#endif
