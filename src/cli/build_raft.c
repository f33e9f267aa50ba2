// build_raft.c -- see build_raft.h.
#define _XOPEN_SOURCE 700 // realpath
#include "build_raft.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/home.h"
#include "harness/raft_api.h"
#include "harness/warmup_api.h"
#include "wire/message.h"

static bool complain(const char *path, const char *why)
{
    fprintf(stderr, "glassraft: --raft %s: %s\n", path, why);
    return false;
}

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n > m && strcmp(path + n - m, end) == 0;
}

// A source of either kind: its whole path, or false with a line on stderr.
static bool find_source(const char *option, const char *path, char *source)
{
    struct stat about;
    if (realpath(path, source) == NULL || stat(source, &about) != 0) {
        fprintf(stderr, "glassraft: %s %s: %s\n", option, path,
                strerror(errno));
        return false;
    }
    if (S_ISDIR(about.st_mode) || ends_in(source, ".o") ||
        ends_in(source, ".a"))
        return true;
    fprintf(stderr,
            "glassraft: %s %s: expected a folder, or a .o, .a or .so file\n",
            option, path);
    return false;
}

// Where the object of this source goes: into the tree's build folder, or, of
// an installed tree, below the working folder's out/; under a name that people
// know, and a hash of the whole path.
static void object_path(const char *home, const char *source, const char *kind,
                        char *object, size_t n)
{
    const char *name = strrchr(source, '/');
    uint64_t hash = message_hash(14695981039346656037u, source, strlen(source));
    bool ours = access(home, W_OK) == 0;
    snprintf(object, n, "%.2000s/%s/%s/labs/%.60s-%08x/%s.so",
             ours ? home : "out", ours ? "build" : "raft", lab_config(),
             name != NULL ? name + 1 : source, (unsigned)hash, kind);
}

static bool build(const char *home, const char *config, const char *service,
                  const char *source, const char *object)
{
    char script[PATH_MAX + 32];
    snprintf(script, sizeof script, "%.4000s/labs/build-raft", home);
    pid_t pid = fork();
    if (pid == 0) {
        if (service != NULL)
            execl(script, script, "-c", config, "-k", service, source, object,
                  (char *)NULL);
        else
            execl(script, script, "-c", config, source, object, (char *)NULL);
        fprintf(stderr, "glassraft: %s: %s\n", script, strerror(errno));
        _exit(127);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool student_is_built(const char *path)
{
    return ends_in(path, ".so");
}

bool student_raft(const char *path, char *object, size_t n)
{
    return student_service(path, NULL, object, n);
}

bool student_service(const char *path, const char *service, char *object,
                     size_t n)
{
    char source[PATH_MAX], other[PATH_MAX] = "", home[PATH_MAX],
                           place[PATH_MAX], both[2 * PATH_MAX];
    if (service == NULL && realpath(path, source) != NULL &&
        ends_in(source, ".so")) {
        snprintf(object, n, "%s", source);
        return true;
    }
    if (!find_source("--raft", path, source) ||
        (service != NULL && !find_source("--kv", service, other)))
        return false;
    if (!lab_home(place, sizeof place) || realpath(place, home) == NULL)
        return false;
    snprintf(both, sizeof both, "%s%s", other, source);
    object_path(home, service != NULL ? both : source,
                service != NULL ? "service" : "raft", object, n);
    return build(home, lab_config(), service != NULL ? other : NULL, source,
                 object);
}

const char *student_half(bool service)
{
    static char path[2][PATH_MAX];
    char home[PATH_MAX - 32];
    const char *folders[] = {"src/raft", "labs/student", "src/kv",
                             "labs/student/kv"};
    const char *files[] = {"raft.c", "rsm.c"};
    if (!lab_home(home, sizeof home))
        return folders[2 * service + 1];
    snprintf(path[service], PATH_MAX, "%s/%s/%s", home, folders[2 * service],
             files[service]);
    bool own = access(path[service], R_OK) == 0;
    snprintf(path[service], PATH_MAX, "%s/%s", home,
             folders[2 * service + !own]);
    return path[service];
}

bool student_cover(const char *path, bool warm_up, char *object, size_t n)
{
    char source[PATH_MAX], home[PATH_MAX], place[PATH_MAX];
    struct stat about;
    const char *config = lab_config();
    if (strcmp(config, "opt") != 0 && strcmp(config, "debug") != 0 &&
        strcmp(config, "cov") != 0) {
        fprintf(stderr,
                "glassraft: --cover: this program was built as %s, coverage"
                " needs opt or debug\n",
                config);
        return false;
    }
    if (!lab_home(place, sizeof place) || realpath(place, home) == NULL)
        return false;
    if (path == NULL) {
        snprintf(place, sizeof place, "%.4000s/%s", home,
                 warm_up ? "tests/warm-up" : "src/raft");
        path = place;
    }
    if (realpath(path, source) == NULL || stat(source, &about) != 0)
        return complain(path, strerror(errno));
    // Its notes are beside it, or cover_open() says that there are none.
    if (ends_in(source, ".so")) {
        snprintf(object, n, "%s", source);
        return true;
    }
    if (!S_ISDIR(about.st_mode))
        return complain(path, "coverage needs the sources of a Raft: a folder,"
                              " or a .so of labs/build-raft -c cover");
    object_path(home, source, "cover", object, n);
    return build(home, "cover", NULL, source, object);
}

const char *student_default(bool warm_up)
{
    static char path[PATH_MAX];
    const char *folder = warm_up ? "labs/student/warm-up" : "labs/student";
    char home[PATH_MAX - 32];
    if (warm_up ? warmup_api_linked() : raft_api_reference() != NULL)
        return NULL;
    if (!lab_home(home, sizeof home))
        return folder;
    snprintf(path, sizeof path, "%s/%s", home, folder);
    return path;
}
