// stop.c -- see cover.h: where a run stopped inside of its code.
#include <string.h>

#include "cover.h"

bool cover_find_stop(const char *property, const char *text,
                     struct cover_stop *stop)
{
    static const char *const kinds[] = {"crash", "memory error",
                                        "stack overflow",
                                        "a thread that never blocks"};
    bool stopped = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        stopped |= strcmp(property, kinds[i]) == 0;
    for (const char *line = strchr(text, '\n'); stopped && line != NULL;
         line = strchr(line + 1, '\n')) {
        char file[200];
        if (sscanf(line, " %79[A-Za-z0-9_] at %199[^: \n]:%u", stop->function,
                   file, &stop->line) != 3)
            continue;
        const char *name = strrchr(file, '/');
        snprintf(stop->file, sizeof stop->file, "%.79s",
                 name != NULL ? name + 1 : file);
        return true;
    }
    return false;
}
