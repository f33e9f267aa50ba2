// landlock.c -- files out of sight, where the kernel can do it (5.13).
//
// The numbers are the kernel's and never change; the header of an older
// system lacks the newer ones, so they stand here.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/die.h"

enum { CREATE = 444, ADD_RULE = 445, RESTRICT_SELF = 446 }; // system calls

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    ALL_FILES = (1 << 13) - 1, // of the first version
    REFER = 1 << 13,           // of the second: from folder to folder
    TRUNCATE = 1 << 14,        // of the third
    READ = EXECUTE | READ_FILE | READ_DIR,
    ALL_NETWORK = 3, // of the fourth
    ALL_SCOPES = 3,  // of the sixth: signals and abstract sockets
};

struct ruleset {
    uint64_t files, network, scopes;
};

struct below {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

static long version(void)
{
    return syscall(CREATE, NULL, 0, 1);
}

bool landlock_possible(void)
{
    return version() > 0;
}

static uint64_t known_files(void)
{
    long v = version();
    return ALL_FILES | (v >= 2 ? REFER : 0u) | (v >= 3 ? TRUNCATE : 0u);
}

static int make_rules(void)
{
    long v = version();
    struct ruleset rules = {.files = known_files(),
                            .network = v >= 4 ? ALL_NETWORK : 0,
                            .scopes = v >= 6 ? ALL_SCOPES : 0};
    size_t n = v >= 6 ? 24 : v >= 4 ? 16 : 8;
    int fd = (int)syscall(CREATE, &rules, n, 0);
    if (fd < 0)
        die("landlock: %s", strerror(errno));
    return fd;
}

// What is not there needs no rule.
static void allow(int rules, const char *path, uint64_t rights)
{
    struct stat about;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &about) == 0 && !S_ISDIR(about.st_mode))
        rights &= EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE;
    struct below below = {rights & known_files(), fd};
    if (syscall(ADD_RULE, rules, 1, &below, 0) != 0)
        die("landlock: %s: %s", path, strerror(errno));
    close(fd);
}

static void enforce(int rules)
{
    if (syscall(RESTRICT_SELF, rules, 0) != 0)
        die("landlock: %s", strerror(errno));
    close(rules);
}

void landlock_run(bool sanitized)
{
    static const char *const libraries[] = {"/usr/lib", "/usr/lib64", "/lib",
                                            "/lib64"};
    int rules = make_rules();
    if (sanitized) {
        allow(rules, "/proc/self/exe", READ_FILE);
        allow(rules, "/proc/self", READ_FILE | READ_DIR);
    }
    for (size_t i = 0; sanitized && i < 4; i++)
        allow(rules, libraries[i], READ_FILE | READ_DIR);
    enforce(rules);
}

// A compiler that is not the system's brings its own tree: PREFIX/bin/cc has
// PREFIX. False when it lies in one of the system's, or is not found.
static bool find_compiler(char *prefix, size_t n)
{
    const char *name = getenv("CC"), *path = getenv("PATH");
    char file[PATH_MAX + 128], whole[PATH_MAX] = "";
    if (name == NULL || name[0] == '\0' || strpbrk(name, " /") != NULL)
        name = "gcc";
    for (bool found = false; path != NULL && *path != '\0' && !found;) {
        size_t length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%.100s",
                 (int)(length < PATH_MAX ? length : 0), path, name);
        found = access(file, X_OK) == 0 && realpath(file, whole) != NULL;
        path += length + (path[length] == ':');
        if (!found)
            whole[0] = '\0';
    }
    for (int i = 0; i < 2; i++) {
        char *slash = whole[0] == '/' ? strrchr(whole, '/') : NULL;
        if (slash == NULL || slash == whole)
            return false;
        *slash = '\0';
    }
    snprintf(prefix, n, "%s", whole);
    return strcmp(whole, "/usr") != 0 && strcmp(whole, "/") != 0;
}

// Programs, libraries and headers: a compiler at work on a stranger's text
// reads what that names, and shows it.
void landlock_tool(const struct sandbox_tool *tool)
{
    static const char *const system[] = {"/usr/bin",
                                         "/usr/lib",
                                         "/usr/lib32",
                                         "/usr/lib64",
                                         "/usr/libexec",
                                         "/usr/include",
                                         "/usr/local/bin",
                                         "/usr/local/lib",
                                         "/usr/local/include",
                                         "/bin",
                                         "/lib",
                                         "/lib32",
                                         "/lib64",
                                         "/etc/ld.so.cache",
                                         "/nix/store"};
    char prefix[PATH_MAX];
    int rules = make_rules();
    for (size_t i = 0; i < sizeof system / sizeof system[0]; i++)
        allow(rules, system[i], READ);
    if (find_compiler(prefix, sizeof prefix))
        allow(rules, prefix, READ);
    allow(rules, "/dev/null", READ_FILE | WRITE_FILE);
    if (tool->readable != NULL)
        allow(rules, tool->readable, READ);
    if (tool->also_readable != NULL)
        allow(rules, tool->also_readable, READ);
    if (tool->writes)
        allow(rules, tool->folder, known_files());
    enforce(rules);
}
