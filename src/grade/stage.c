// stage.c -- see submission.h: a copy of what the builder needs of our tree.
//
// The tree itself may be in a folder that nobody but its owner can enter, and
// a compiler at work on strangers' code has nothing to look for in it.
#include "submission.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

enum { FILE_BYTES = 1 << 20, PATH_BYTES = 4600 };

static const struct {
    const char *folder, *files;
} parts[] = {
    {"labs", "build-raft"},
    {"labs", "allowed-symbols"},
    {"labs", "refused-calls"},
    {"labs", "counters.ld"},
    {"src", ""},
    {"src/sim", "refused-calls"},
    {"src/sim", "sim.syms"},
    {"src/raft", "*.h"},
    {"src/kv", "kv.h"},
    {"src/base", "*.h"},
    {"src/wire", "*.h"},
    {"src/trace", "*.h"},
    {"src/harness", "*.h"},
};

static bool complain(const char *path)
{
    fprintf(stderr, "glassraft grade: %s: %s\n", path, strerror(errno));
    return false;
}

static bool copy(const char *from, const char *to, const char *name)
{
    char path[PATH_BYTES];
    size_t n = 0;
    snprintf(path, sizeof path, "%.4200s/%.300s", from, name);
    char *bytes = text_read_file(path, FILE_BYTES, &n);
    if (bytes == NULL)
        return complain(path);
    snprintf(path, sizeof path, "%.4200s/%.300s", to, name);
    bool good = text_write_file(path, bytes, n);
    free(bytes);
    return good && (chmod(path, 0755) == 0 || complain(path));
}

static bool copy_all(const char *from, const char *to, const char *files)
{
    struct dirent **entry;
    int n = scandir(from, &entry, NULL, alphasort);
    bool good = n >= 0 || complain(from);
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        if (good && fnmatch(files, name, FNM_PERIOD) == 0)
            good = copy(from, to, name);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return good;
}

bool submission_stage_raft(const char *home, const char *to)
{
    char from[PATH_BYTES];
    snprintf(from, sizeof from, "%.4000s/src/raft", home);
    return (mkdir(to, 0755) == 0 || complain(to)) &&
           copy_all(from, to, "*.[ch]");
}

bool submission_stage(const char *home, const char *to)
{
    char from[PATH_BYTES], there[PATH_BYTES];
    bool good = mkdir(to, 0755) == 0 || complain(to);
    for (size_t i = 0; good && i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(from, sizeof from, "%.4000s/%s", home, parts[i].folder);
        snprintf(there, sizeof there, "%.4000s/%s", to, parts[i].folder);
        good = mkdir(there, 0755) == 0 || errno == EEXIST || complain(there);
        good = good && copy_all(from, there, parts[i].files);
    }
    return good;
}
