// submission.c -- see submission.h: the copy.
#define _GNU_SOURCE
#include "submission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/die.h"
#include "wire/message.h"
#include "base/text.h"

void submission_trouble(struct submission *s, const char *what)
{
    snprintf(s->trouble, sizeof s->trouble, "%.290s", what);
}

static bool cannot_make(struct submission *s, const char *path)
{
    snprintf(s->trouble, sizeof s->trouble, "%.200s: %.90s", path,
             strerror(errno));
    return false;
}

// The sources of a folder, by name.
struct sources {
    int folder;
    const char *inside;    // "", or the name of the folder with a / behind it
    struct sources *inner; // of its folder kv, in lab 5; NULL: it has none
    const struct sources *outer; // whose folder this one lies in; or NULL
    char *name[SUBMISSION_FILES];
    size_t n_bytes[SUBMISSION_FILES];
    int n;
    size_t total;
    struct submission *notes; // NULL: nobody reads them
};

static void note(const struct sources *sources, const char *name,
                 const char *why)
{
    struct submission *s = sources->notes;
    char clean[120], text[240];
    if (s == NULL)
        return;
    if (s->n_notes == SUBMISSION_NOTES) {
        s->n_more_notes++;
        return;
    }
    text_clean(name, clean, sizeof clean);
    snprintf(text, sizeof text, "%s%s was left out: %s", sources->inside, clean,
             why);
    s->note[s->n_notes++] = must_copy(text, strlen(text) + 1);
}

static bool is_source(const char *name)
{
    size_t n = strlen(name);
    return n > 2 && name[n - 2] == '.' &&
           (name[n - 1] == 'c' || name[n - 1] == 'h');
}

// Names that every tool takes as they are.
static bool is_plain_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.");
    return name[n] == '\0' && n <= 100 && name[0] != '-' && name[0] != '.';
}

// Why a file cannot be taken; NULL when it can.
static const char *refuse(const struct sources *sources, const char *name,
                          struct stat *about)
{
    if (fstatat(sources->folder, name, about, AT_SYMLINK_NOFOLLOW) != 0)
        return strerror(errno);
    const struct sources *outer = sources->outer;
    int n = sources->n + (outer != NULL ? outer->n : 0);
    size_t total = sources->total + (outer != NULL ? outer->total : 0);
    if (S_ISLNK(about->st_mode))
        return "it is a symbolic link";
    if (!S_ISREG(about->st_mode))
        return "it is no regular file";
    if (!is_plain_name(name))
        return "its name has other characters than letters, digits and _-+.";
    if (about->st_size > SUBMISSION_FILE_BYTES)
        return "it is longer than 1 MiB";
    if (total + (size_t)about->st_size > SUBMISSION_BYTES)
        return "all files together are longer than 4 MiB";
    if (n == SUBMISSION_FILES)
        return "there are more than 200 files";
    return NULL;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void end_sources(struct sources *sources)
{
    if (sources->inner != NULL)
        end_sources(sources->inner);
    free(sources->inner);
    for (int i = 0; i < sources->n; i++)
        free(sources->name[i]);
    if (sources->folder >= 0)
        close(sources->folder);
}

// Opens the folder and the one in it that a lab has; -1 and errno, as for it.
static int open_folders(struct sources *sources, const char *folder,
                        unsigned lab)
{
    int inner = -1;
    *sources = (struct sources){
        .folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .inside = "",
        .notes = sources->notes};
    if (sources->folder >= 0 && (lab == 0 || lab == 5))
        inner = openat(sources->folder, lab == 0 ? "warm-up" : "kv",
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner >= 0 && lab == 0) {
        close(sources->folder);
        sources->folder = inner;
    } else if (inner >= 0) {
        sources->inner = must_calloc(1, sizeof *sources);
        *sources->inner = (struct sources){.folder = inner,
                                           .inside = "kv/",
                                           .outer = sources,
                                           .notes = sources->notes};
    }
    return sources->folder;
}

static bool list_folder(struct sources *sources, const char *folder)
{
    struct dirent **entry;
    int n = sources->folder >= 0
                ? scandirat(sources->folder, ".", &entry, NULL, by_name)
                : -1;
    if (n < 0) {
        fprintf(stderr, "glassraft grade: %s: %s\n", folder, strerror(errno));
        return false;
    }
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;
        struct stat about;
        const char *why = is_source(name) ? refuse(sources, name, &about) : "";
        if (why == NULL) {
            sources->total += (size_t)about.st_size;
            sources->n_bytes[sources->n] = (size_t)about.st_size;
            sources->name[sources->n++] = must_copy(name, strlen(name) + 1);
        } else if (why[0] != '\0') {
            note(sources, name, why);
        }
        free(entry[i]);
    }
    free(entry);
    return true;
}

static bool list_sources(struct sources *sources, const char *folder,
                         unsigned lab)
{
    open_folders(sources, folder, lab);
    bool good = list_folder(sources, folder) &&
                (sources->inner == NULL || list_folder(sources->inner, folder));
    if (!good)
        end_sources(sources);
    return good;
}

// A file's bytes; NULL when it is not what it was a moment ago.
static char *read_source(const struct sources *sources, int i)
{
    size_t n = sources->n_bytes[i], done = 0;
    struct stat about;
    int fd = openat(sources->folder, sources->name[i],
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char *bytes = must_malloc(n + 1);
    bool good = fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
    for (ssize_t now = 1; good && done < n && now > 0; done += (size_t)now) {
        now = read(fd, bytes + done, n - done);
        good = now > 0;
        now = now > 0 ? now : 0;
    }
    if (fd >= 0)
        close(fd);
    if (!good)
        free(bytes);
    return good ? bytes : NULL;
}

// Of no file.
static const uint64_t DIGEST = 14695981039346656037u;

static uint64_t digest_of(uint64_t digest, const char *name, const char *bytes,
                          size_t n)
{
    digest = message_hash(digest, name, strlen(name) + 1);
    digest = message_hash(digest, &n, sizeof n);
    return message_hash(digest, bytes, n);
}

static bool copy_source(const char *folder, const char *name, const char *bytes,
                        size_t n)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return text_write_file(path, bytes, n);
}

// Reads all; writes them into a folder if it is not NULL.
static bool read_sources(const struct sources *sources, const char *to,
                         uint64_t *digest)
{
    char name[140];
    for (int i = 0; i < sources->n; i++) {
        size_t n = sources->n_bytes[i];
        char *bytes = read_source(sources, i);
        if (bytes == NULL) {
            fprintf(stderr, "glassraft grade: %s: cannot be read\n",
                    sources->name[i]);
            return false;
        }
        snprintf(name, sizeof name, "%s%s", sources->inside, sources->name[i]);
        *digest = digest_of(*digest, name, bytes, n);
        bool good = to == NULL || copy_source(to, name, bytes, n);
        free(bytes);
        if (!good)
            return cannot_make(sources->notes, to);
    }
    return sources->inner == NULL || read_sources(sources->inner, to, digest);
}

// May all users enter this folder?
static bool is_open(const char *path)
{
    char part[160];
    struct stat about;
    for (size_t n = 1; path[n - 1] != '\0'; n++) {
        bool whole = path[n] == '/' || path[n] == '\0';
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        if (whole && (stat(part, &about) != 0 || !(about.st_mode & S_IXOTH)))
            return false;
    }
    return true;
}

// Where copies go: TMPDIR, if it is of use to others than us.
static const char *temporary(void)
{
    const char *given = getenv("TMPDIR");
    bool good = given != NULL && given[0] == '/' && strlen(given) < 150 &&
                (is_open(given) || !sandbox_powers().user);
    return good ? given : "/tmp";
}

bool submission_folder(char path[200], const char *name)
{
    snprintf(path, 200, "%.150s/%.20s-XXXXXX", temporary(), name);
    return mkdtemp(path) != NULL;
}

bool submission_make_inside(const struct submission *s, const char *name,
                            const struct sandbox *sandbox)
{
    char path[240];
    unsigned user = sandbox_user(sandbox->user);
    snprintf(path, sizeof path, "%s/%s", s->work, name);
    return mkdir(path, 0700) == 0 &&
           (!sandbox_powers().user || chown(path, user, user) == 0);
}

// Our folder: source/ is read by the builder, build/ is written.
static bool make_folders(struct submission *s, const struct sandbox *sandbox)
{
    char path[240];
    if (!submission_folder(s->work, "glassraft")) {
        cannot_make(s, s->work);
        s->work[0] = '\0';
        return false;
    }
    bool good = chmod(s->work, 0711) == 0;
    snprintf(path, sizeof path, "%s/source", s->work);
    good = good && mkdir(path, 0755) == 0 && chmod(path, 0755) == 0;
    snprintf(path, sizeof path, "%s/source/kv", s->work);
    if (s->has_kv)
        good = good && mkdir(path, 0755) == 0 && chmod(path, 0755) == 0;
    good = good && submission_make_inside(s, "build", sandbox);
    return good || cannot_make(s, path);
}

static void name_submission(struct submission *s, const char *folder)
{
    char whole[PATH_MAX];
    const char *path = realpath(folder, whole) != NULL ? whole : folder;
    const char *slash = strrchr(path, '/');
    text_clean(slash != NULL && slash[1] != '\0' ? slash + 1 : path, s->name,
               sizeof s->name);
    for (char *at = s->name; *at != '\0'; at++)
        *at = *at == '\n' || *at == '\t' ? ' ' : *at;
    if (s->name[0] == '\0')
        snprintf(s->name, sizeof s->name, "submission");
}

static bool has_program(const struct sources *sources)
{
    for (int i = 0; i < sources->n; i++)
        if (strcmp(strrchr(sources->name[i], '.'), ".c") == 0)
            return true;
    return false;
}

bool submission_take(struct submission *s, const char *folder, unsigned lab,
                     const struct sandbox *sandbox)
{
    struct sources sources = {.notes = s};
    char to[240];
    *s = (struct submission){.digest = DIGEST};
    name_submission(s, folder);
    mode_t mask = umask(022);
    bool good = list_sources(&sources, folder, lab);
    if (good) {
        s->is_service = lab == 5;
        s->has_kv = sources.inner != NULL;
        s->has_raft = !s->is_service || (s->has_kv && has_program(&sources));
        good = make_folders(s, sandbox);
        snprintf(to, sizeof to, "%s/source", s->work);
        good = good && read_sources(&sources, to, &s->digest);
        s->n_files = sources.n + (s->has_kv ? sources.inner->n : 0);
        end_sources(&sources);
    }
    umask(mask);
    return good;
}

bool submission_digest(const char *folder, unsigned lab, uint64_t *digest)
{
    struct sources sources = {.notes = NULL};
    if (!list_sources(&sources, folder, lab))
        return false;
    *digest = DIGEST;
    bool good = read_sources(&sources, NULL, digest);
    end_sources(&sources);
    return good;
}

const char *submission_options(const struct submission *s)
{
    return !s->is_service ? " --raft ."
           : s->has_raft  ? " --raft . --kv kv"
           : s->has_kv    ? " --kv kv"
                          : " --kv .";
}

static int remove_one(const char *path, const struct stat *about, int type,
                      struct FTW *at)
{
    (void)about;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void submission_remove_inside(const struct submission *s, const char *name)
{
    char path[240];
    snprintf(path, sizeof path, "%s/%s", s->work, name);
    if (s->work[0] != '\0')
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void submission_end(struct submission *s)
{
    if (s->work[0] != '\0')
        nftw(s->work, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s->problem);
    for (int i = 0; i < s->n_notes; i++)
        free(s->note[i]);
    *s = (struct submission){.n_files = 0};
}
