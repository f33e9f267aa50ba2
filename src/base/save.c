// save.c -- see save.h.
#define _XOPEN_SOURCE 700 // realpath
#include "save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"

static char *name_part(const char *path)
{
    size_t n = strlen(path) + 32;
    char *part = must_malloc(n);
    snprintf(part, n, "%s.%ld.tmp", path, (long)getpid());
    return part;
}

bool save_folder(const char *path)
{
    struct stat about;
    char *part = must_copy(path, strlen(path) + 1);
    for (char *at = part + 1; part[0] != '\0' && *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            (void)mkdir(part, 0777);
            *at = '/';
        }
    free(part);
    if (mkdir(path, 0777) == 0)
        return true;
    if (errno != EEXIST || stat(path, &about) != 0 || S_ISDIR(about.st_mode))
        return errno == EEXIST;
    errno = ENOTDIR;
    return false;
}

// Opens what is to be written. A folder that is missing is made, but none at
// the root of the file system: /wrong/x is a slip of whoever typed it.
static int open_file(const char *path)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY;
    int file = open(path, flags, 0666);
    const char *slash = strrchr(path, '/');
    if (file >= 0 || errno != ENOENT || slash == NULL)
        return file;
    char *folder = must_copy(path, (size_t)(slash - path) + 1);
    folder[slash - path] = '\0';
    char *second = strchr(folder + (folder[0] != '\0'), '/');
    if (second != NULL)
        *second = '\0';
    bool made = folder[0] != '/' || access(folder, F_OK) == 0;
    if (second != NULL)
        *second = '/';
    made = made && folder[0] != '\0' && save_folder(folder);
    free(folder);
    return made ? open(path, flags, 0666) : -1;
}

bool save_begin(struct save *save, const char *path)
{
    struct stat about, itself;
    bool known = stat(path, &about) == 0;
    bool link = lstat(path, &itself) == 0 && S_ISLNK(itself.st_mode);
    char *target = link ? realpath(path, NULL) : NULL;
    *save = (struct save){.out = NULL};
    save->path = target != NULL ? target : must_copy(path, strlen(path) + 1);
    // A link to nothing makes what it points to.
    if (known ? S_ISREG(about.st_mode) : !link)
        save->part = name_part(save->path);
    int file = open_file(save->part != NULL ? save->part : save->path);
    save->out = file >= 0 ? fdopen(file, "w") : NULL;
    if (save->out == NULL && file >= 0)
        close(file);
    return save->out != NULL;
}

bool save_end(struct save *save, bool good)
{
    int error = errno;
    if (save->out != NULL && fclose(save->out) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && save->part != NULL && rename(save->part, save->path) != 0) {
        good = false;
        error = errno;
    }
    if (!good && save->part != NULL)
        unlink(save->part);
    free(save->path);
    free(save->part);
    *save = (struct save){.out = NULL};
    errno = error;
    return good;
}

bool save_file(const char *path, const void *bytes, size_t n)
{
    struct save save;
    bool good = save_begin(&save, path) && fwrite(bytes, 1, n, save.out) == n;
    return save_end(&save, good);
}
