// stop.c -- see cover.h: where a run stopped inside of its code.
#include <string.h>

#include "check/findings.h"
#include "cover.h"

bool cover_find_stop(const char *property, const char *text,
                     struct cover_stop *stop)
{
    static const enum finding kinds[] = {FINDING_CRASH, FINDING_MEMORY_ERROR,
                                         FINDING_STACK_OVERFLOW,
                                         FINDING_THREAD_NEVER_BLOCKS};
    bool stopped = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        stopped |= finding_is(property, kinds[i]);
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
