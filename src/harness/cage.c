// cage.c -- see cage.h.
#define _GNU_SOURCE
#include "cage.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "base/version.h"
#include "sandbox/home.h"
#include "object.h"

enum { OBJECT_BYTES = 64 << 20, NAME = 80, PATH = 240 };

// A run as it goes through the pipe: both sides are built from one tree.
struct request {
    size_t n_bytes;
    char build[64];
    char scenario[NAME], given[PATH], trace[PATH], path[PATH];
    struct lab_run run;
    struct sandbox sandbox;
    struct lab_channel channel;
    int object;
    int script; // a file with it; -1: none
};

static void name_build(char build[64])
{
    snprintf(build, 64, "%s %s", GLASSRAFT_VERSION, lab_config());
}

// The object's bytes; NULL and errno.
static uint8_t *read_object(const char *path, size_t *n)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    uint8_t *bytes = NULL;
    errno = EINVAL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) &&
        about.st_size <= OBJECT_BYTES) {
        size_t done = 0;
        *n = (size_t)about.st_size;
        bytes = must_malloc(*n);
        for (ssize_t now = 1; done < *n && now > 0; done += (size_t)now) {
            now = read(fd, bytes + done, *n - done);
            now = now > 0 ? now : 0;
        }
        if (done < *n) {
            free(bytes);
            bytes = NULL;
        }
    }
    close(fd);
    return bytes;
}

// In memory that cannot be changed any more.
static int keep_object(const uint8_t *bytes, size_t n)
{
    int fd = memfd_create("raft.so", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    for (size_t done = 0; fd >= 0 && done < n;) {
        ssize_t now = write(fd, bytes + done, n - done);
        if (now < 0 && errno != EINTR) {
            close(fd);
            return -1;
        }
        done += now > 0 ? (size_t)now : 0;
    }
    if (fd >= 0)
        fcntl(fd, F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    return fd;
}

bool cage_open(struct cage *cage, const struct lab_run *run, char error[300],
               bool *ours)
{
    char program[PATH_MAX + 32];
    size_t n = 0;
    *cage = (struct cage){-1, -1};
    *ours = true;
    if (!cage_program(program, sizeof program)) {
        snprintf(error, 300, "glassraft-cage is not beside this program");
        return false;
    }
    uint8_t *bytes = read_object(run->raft, &n);
    if (bytes == NULL) {
        snprintf(error, 300, "%.200s: %s", run->raft, strerror(errno));
        return false;
    }
    const char *why = object_defer(bytes, n);
    if (why != NULL) {
        *ours = false;
        snprintf(error, 300, "The object %s.", why);
    } else {
        cage->object = keep_object(bytes, n);
        if (cage->object < 0)
            snprintf(error, 300, "memfd_create: %s", strerror(errno));
    }
    free(bytes);
    return cage->object >= 0;
}

void cage_close(struct cage *cage)
{
    if (cage->object >= 0)
        close(cage->object);
    *cage = (struct cage){-1, -1};
}

static void copy_text(char *to, size_t n, const char *from)
{
    if (from != NULL && strlen(from) >= n)
        die("%s: too long", from);
    snprintf(to, n, "%s", from != NULL ? from : "");
}

// The request waits in the pipe: it is shorter than what a pipe holds.
static int write_request(const struct request *request)
{
    int ends[2];
    if (pipe(ends) != 0 ||
        write(ends[1], request, sizeof *request) != (ssize_t)sizeof *request)
        die("pipe: %s", strerror(errno));
    close(ends[1]);
    return ends[0];
}

// -1: there is none.
static int keep_script(const char *script)
{
    if (script == NULL)
        return -1;
    size_t n = strlen(script);
    int fd = memfd_create("script", 0);
    if (fd < 0 || write(fd, script, n) != (ssize_t)n)
        die("memfd_create: %s", strerror(errno));
    return fd;
}

static char *read_script(int fd)
{
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        return NULL;
    char *script = must_calloc(1, (size_t)about.st_size + 1);
    if (pread(fd, script, (size_t)about.st_size, 0) != about.st_size)
        die("the script cannot be read");
    close(fd);
    return script;
}

static void inherit(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, 0);
}

// A stranger's run ends as it ends: a sanitizer that looks for leaks then would
// make calls that are forbidden by now.
static void look_for_no_leaks(void)
{
    const char *now = getenv("ASAN_OPTIONS");
    char options[1000];
    snprintf(options, sizeof options, "%.900s%sdetect_leaks=0",
             now != NULL ? now : "", now != NULL ? ":" : "");
    setenv("ASAN_OPTIONS", options, 1);
}

void cage_become(struct cage *cage, const struct lab_run *run,
                 const struct lab_channel *channel)
{
    static struct request request;
    char program[PATH_MAX + 32], number[16];
    request = (struct request){.n_bytes = sizeof request,
                               .run = *run,
                               .sandbox = *run->sandbox,
                               .channel = *channel,
                               .object = cage->object,
                               .script = keep_script(run->script)};
    request.run.audited = NULL; // nothing that it may know
    if (run->secret) {
        request.run.seed = lab_drawn(run, LAB_SCHEDULE);
        request.run.hashed = true;
    }
    name_build(request.build);
    copy_text(request.scenario, NAME, run->scenario->name);
    copy_text(request.given, PATH, run->given);
    copy_text(request.trace, PATH, run->trace);
    copy_text(request.path, PATH, run->path);
    inherit(cage->object);
    inherit(channel->files.result);
    inherit(channel->files.printed);
    inherit(channel->files.trace);
    inherit(channel->files.counters);
    inherit(channel->files.met);
    snprintf(number, sizeof number, "%d", write_request(&request));
    if (!run->sandbox->own)
        look_for_no_leaks();
    // The same addresses in each run: a submission that depends on them, by a
    // mistake with memory, fails in the same way each time. Where the kernel
    // does not let us, the rest is as before.
    int now = personality(0xffffffff);
    if (now >= 0)
        personality((unsigned)now | ADDR_NO_RANDOMIZE);
    if (cage_program(program, sizeof program))
        execl(program, "glassraft-cage", number, (char *)NULL);
    die("glassraft-cage: %s", strerror(errno));
}

static void read_request(int from, struct request *request)
{
    char build[64];
    size_t done = 0;
    for (ssize_t now = 1; done < sizeof *request && now > 0;
         done += (size_t)now) {
        now = read(from, (char *)request + done, sizeof *request - done);
        now = now > 0 ? now : 0;
    }
    name_build(build);
    if (done != sizeof *request || request->n_bytes != sizeof *request ||
        strcmp(request->build, build) != 0)
        die("glassraft-cage is not of this build; build both again");
    close(from);
}

void cage_main(int from, const struct lab_scenario *(*find)(const char *name,
                                                            const char *script))
{
    static struct request request;
    static char object[40];
    void *frame[2];
    backtrace(frame, 2); // the unwinder is loaded by its first use
    sandbox_hold_ground();
    read_request(from, &request);
    struct lab_run *run = &request.run;
    snprintf(object, sizeof object, "/proc/self/fd/%d", request.object);
    run->script = read_script(request.script);
    run->path = request.path;
    run->scenario = find(request.scenario, run->script);
    run->raft = object;
    run->given = request.given[0] != '\0' ? request.given : NULL;
    run->trace = request.trace[0] != '\0' ? request.trace : NULL;
    run->out = run->sanitizer = run->given_kv = NULL;
    run->cover = NULL;
    run->sandbox = &request.sandbox;
    request.channel.files.object = request.object;
    if (run->scenario == NULL)
        die("no scenario %s", request.scenario);
    lab_child(run, &request.channel);
}
