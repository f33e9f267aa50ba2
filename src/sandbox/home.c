// home.c -- see home.h.
#include "home.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef GLASSRAFT_CONFIG
#define GLASSRAFT_CONFIG "opt"
#endif

const char *lab_config(void)
{
    return GLASSRAFT_CONFIG;
}

static bool is_home(const char *path)
{
    char script[PATH_MAX + 32];
    snprintf(script, sizeof script, "%s/labs/build-raft", path);
    return access(script, X_OK) == 0;
}

bool lab_home(char *path, size_t n)
{
    const char *given = getenv("GLASSRAFT_HOME");
    if (given != NULL && given[0] != '\0') {
        snprintf(path, n, "%s", given);
        if (is_home(path))
            return true;
        fprintf(stderr,
                "glassraft: GLASSRAFT_HOME=%s: has no labs/build-raft\n",
                given);
        return false;
    }
    char self[PATH_MAX + 1] = "";
    if (readlink("/proc/self/exe", self, PATH_MAX) > 0) {
        const char *folder = dirname(self);
        snprintf(path, n, "%s/../..", folder);
        if (is_home(path))
            return true;
        snprintf(path, n, "%s/../share/glassraft", folder);
        if (is_home(path))
            return true;
    }
    fprintf(stderr, "glassraft: labs/build-raft: not found beside this"
                    " program; set GLASSRAFT_HOME to its source tree\n");
    return false;
}

bool program_beside(const char *name, char *path, size_t n)
{
    static const char *const places[] = {"", "/.."};
    char self[PATH_MAX + 1] = "";
    if (readlink("/proc/self/exe", self, PATH_MAX) <= 0)
        return false;
    const char *folder = dirname(self);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, n, "%s%s/%s", folder, places[i], name);
        if (access(path, X_OK) == 0)
            return true;
    }
    return false;
}

bool cage_program(char *path, size_t n)
{
    return program_beside("glassraft-cage", path, n);
}
