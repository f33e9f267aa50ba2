// object.c -- see object.h.
#include "object.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

void *object_load(const char *path, const struct object_function *functions,
                  char error[300])
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        snprintf(error, 300, "%.290s", dlerror());
        return NULL;
    }
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
