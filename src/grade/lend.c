// lend.c -- see submission.h: our Raft for a service without one.
//
// It is compiled alone, before a compiler sees any text of the submission's,
// which could show whatever that compiler can read.
#define _GNU_SOURCE
#include "submission.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/home.h"
#include "base/die.h"
#include "base/text.h"

enum { WALL_S = 120, CPU_S = 60, OBJECT_BYTES = 64 << 20 };

bool submission_take_file(const char *from, const char *to, bool *none)
{
    struct stat about;
    int fd = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *none = fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
            about.st_size > OBJECT_BYTES;
    if (*none) {
        if (fd >= 0)
            close(fd);
        return true;
    }
    size_t n = (size_t)about.st_size, done = 0;
    char *bytes = must_malloc(n + 1);
    for (ssize_t now = 1; done < n && now > 0; done += (size_t)now) {
        now = read(fd, bytes + done, n - done);
        now = now > 0 ? now : 0;
    }
    close(fd);
    mode_t mask = umask(022);
    bool good = done == n && text_write_file(to, bytes, n);
    umask(mask);
    free(bytes);
    return good;
}

bool submission_can_lend(const char *home)
{
    char path[PATH_MAX + 20];
    snprintf(path, sizeof path, "%.4000s/src/raft/raft.c", home);
    return access(path, R_OK) == 0;
}

static bool works(struct submission *s, const struct sandbox_tool *tool,
                  const char *const *argv)
{
    char output[400];
    struct sandbox_tool with = *tool;
    with.argv = argv;
    bool good = sandbox_run_tool(&with, output, sizeof output) == 0;
    sandbox_end_orphans(NULL, 0);
    if (!good)
        submission_trouble(s, "the Raft that is lent cannot be built");
    return good;
}

// Without what is there for debuggers, which names everything.
static bool compile(struct submission *s, const char *sources,
                    const struct sandbox *sandbox)
{
    char script[260], home[240], folder[240], object[260], kept[260];
    bool none;
    snprintf(home, sizeof home, "%s/home", s->work);
    snprintf(script, sizeof script, "%s/labs/build-raft", home);
    snprintf(folder, sizeof folder, "%s/lending", s->work);
    snprintf(object, sizeof object, "%s/lent.o", folder);
    snprintf(kept, sizeof kept, "%s/lent.o", home);
    const char *build[] = {script,  "-c",   lab_config(), "-p",
                           sources, object, NULL};
    const char *strip[] = {"objcopy", "-g", object, NULL};
    struct sandbox_tool tool = {.folder = folder,
                                .writes = true,
                                .readable = home,
                                .also_readable = sources,
                                .wall_s = WALL_S,
                                .cpu_s = CPU_S,
                                .sandbox = sandbox};
    if (!works(s, &tool, build) || !works(s, &tool, strip))
        return false;
    if (submission_take_file(object, kept, &none) && !none)
        return true;
    submission_trouble(s, "the Raft that is lent cannot be kept");
    return false;
}

bool submission_lend(struct submission *s, const char *home,
                     const struct sandbox *sandbox)
{
    char sources[240];
    snprintf(sources, sizeof sources, "%s/lent", s->work);
    mode_t mask = umask(022);
    bool staged = submission_stage_raft(home, sources) &&
                  submission_make_inside(s, "lending", sandbox);
    umask(mask);
    bool good = staged && compile(s, sources, sandbox);
    if (!staged)
        submission_trouble(s, "the Raft that is lent cannot be copied");
    submission_remove_inside(s, "lent");
    submission_remove_inside(s, "lending");
    return good;
}
