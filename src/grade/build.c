// build.c -- see submission.h: a copy becomes a shared object.
#define _GNU_SOURCE
#include "submission.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/home.h"
#include "base/die.h"
#include "base/text.h"

enum {
    WALL_S = 120,
    CPU_S = 60, // of one process: a compiler's
    OUTPUT = 64 * 1024,
    SHOWN = 4000,
    OBJECT_BYTES = 64 << 20,
};

static void set_problem(struct submission *s, const char *text)
{
    free(s->problem);
    s->problem = text_cleaned(text, SHOWN);
}

// Places are the student's: no word of our folders.
static void hide_folders(const struct submission *s, char *text, size_t n)
{
    char path[240];
    snprintf(path, sizeof path, "%s/source/", s->work);
    text_replace(text, n, path, "");
    snprintf(path, sizeof path, "%s/source", s->work);
    text_replace(text, n, path, s->name);
    snprintf(path, sizeof path, "%s/build/raft.so.work/", s->work);
    text_replace(text, n, path, "");
    // A compiler's own files have another name each time.
    snprintf(path, sizeof path, "%s/build/cc", s->work);
    size_t known = strlen(path);
    for (char *at = text; (at = strstr(at, path)) != NULL;) {
        size_t random = strcspn(at + known, ". \n");
        memcpy(at, "cc", 2);
        memmove(at + 2, at + known + random, strlen(at + known + random) + 1);
    }
}

// Takes the object out of the builder's hands: a copy that is ours.
static bool take_object(struct submission *s)
{
    char path[240];
    struct stat about;
    snprintf(path, sizeof path, "%s/build/raft.so", s->work);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) ||
        about.st_size > OBJECT_BYTES) {
        if (fd >= 0)
            close(fd);
        set_problem(s, "the build left no object");
        return true;
    }
    size_t n = (size_t)about.st_size, done = 0;
    char *bytes = must_malloc(n);
    for (ssize_t now = 1; done < n && now > 0; done += (size_t)now) {
        now = read(fd, bytes + done, n - done);
        now = now > 0 ? now : 0;
    }
    close(fd);
    snprintf(s->object, sizeof s->object, "%s/raft.so", s->work);
    mode_t mask = umask(022);
    bool good = done == n && text_write_file(s->object, bytes, n);
    umask(mask);
    free(bytes);
    return good;
}

// The builder's own trouble is not the submission's.
static bool can_build(struct submission *s, const char *script,
                      const struct sandbox_tool *tool)
{
    const char *argv[] = {"test", "-x", script, NULL};
    char output[400];
    struct sandbox_tool test = *tool;
    test.argv = argv;
    int status = sandbox_run_tool(&test, output, sizeof output);
    if (status == 0)
        return true;
    if (status == SANDBOX_NO_TOOL)
        snprintf(s->trouble, sizeof s->trouble, "%.90s", output);
    else
        snprintf(s->trouble, sizeof s->trouble,
                 "%.180s: user %u cannot run it; set TMPDIR to a folder that"
                 " all can enter",
                 script,
                 sandbox_powers().user ? sandbox_user(tool->sandbox->user)
                                       : (unsigned)geteuid());
    return false;
}

bool submission_build(struct submission *s, const struct sandbox *sandbox)
{
    char place[PATH_MAX], home[240], script[260];
    char source[240], object[260], folder[240];
    snprintf(home, sizeof home, "%s/home", s->work);
    mode_t mask = umask(022);
    bool staged =
        lab_home(place, sizeof place) && submission_stage(place, home);
    umask(mask);
    if (!staged) {
        submission_trouble(s, "the builder's own files cannot be copied");
        return false;
    }
    snprintf(script, sizeof script, "%s/labs/build-raft", home);
    snprintf(source, sizeof source, "%s/source", s->work);
    snprintf(folder, sizeof folder, "%s/build", s->work);
    snprintf(object, sizeof object, "%s/raft.so", folder);
    const char *argv[] = {script, "-c", lab_config(), source, object, NULL};
    struct sandbox_tool tool = {.argv = argv,
                                .folder = folder,
                                .writes = true,
                                .readable = home,
                                .also_readable = source,
                                .wall_s = WALL_S,
                                .cpu_s = CPU_S,
                                .sandbox = sandbox};
    if (!can_build(s, script, &tool))
        return false;
    char *output = must_malloc(OUTPUT);
    int status = sandbox_run_tool(&tool, output, OUTPUT);
    sandbox_end_orphans(NULL, 0);
    hide_folders(s, output, OUTPUT);
    bool good = status != SANDBOX_NO_TOOL;
    if (!good)
        submission_trouble(s, output);
    else if (status < 0)
        set_problem(s, "the compiler did not end in time");
    else if (status != 0)
        set_problem(s, output[0] != '\0' ? output : "the build failed");
    else
        good = take_object(s);
    if (!good && s->trouble[0] == '\0')
        submission_trouble(s, "the object cannot be kept");
    submission_clear(s);
    free(output);
    return good;
}
