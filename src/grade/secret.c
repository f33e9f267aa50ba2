// secret.c -- see grade.h: seeds that students do not know.
#define _GNU_SOURCE
#include "grade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "harness/runner.h"
#include "wire/message.h"
#include "base/text.h"

enum { MOST_BYTES = 1 << 20, MOST_SEEDS = 10000 };

static size_t room(void)
{
    return MOST_SEEDS * sizeof(uint64_t);
}

// A line's seed, if it has one.
static bool read_line(struct secret_seeds *secret, char *line)
{
    line[strcspn(line, "#\r")] = '\0';
    char *text = line + strspn(line, " \t");
    size_t n = strcspn(text, " \t");
    if (n == 0)
        return true;
    if (text[n + strspn(text + n, " \t")] != '\0')
        return false;
    text[n] = '\0';
    // The parts of a composed seed are small: they could be found by trying.
    struct lab_parts parts;
    return secret->n < MOST_SEEDS &&
           text_number(text, &secret->seed[secret->n]) &&
           !lab_parts_of(secret->seed[secret->n++], &parts);
}

static bool complain(const char *path, size_t line, const char *why)
{
    fprintf(stderr, "glassraft grade: %s:%zu: %s\n", path, line, why);
    return false;
}

static bool read_lines(struct secret_seeds *secret, const char *path,
                       char *text)
{
    size_t number = 0;
    for (char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        bool more = line[n] == '\n';
        line[n] = '\0';
        number++;
        if (!read_line(secret, line))
            return complain(path, number,
                            "expected a seed, a decimal number or 0x..., not"
                            " composed of small ones (glassraft run --help)");
        line += n + more;
    }
    return secret->n > 0 || complain(path, number, "there is no seed in it");
}

bool secret_seeds_read(struct secret_seeds *secret, const char *path)
{
    size_t n = 0;
    struct stat about;
    *secret = (struct secret_seeds){.n = 0};
    char *text = text_read_file(path, MOST_BYTES, &n);
    if (text == NULL || stat(path, &about) != 0) {
        fprintf(stderr, "glassraft grade: %s: %s\n", path, strerror(errno));
        free(text);
        return false;
    }
    if ((about.st_mode & (S_IRGRP | S_IROTH)) != 0)
        fprintf(stderr,
                "glassraft grade: %s: others can read it; chmod 600 keeps it"
                " secret\n",
                path);
    secret->seed = mmap(NULL, room(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool good = secret->seed != MAP_FAILED;
    if (good) {
        // A child finds zeros there.
        madvise(secret->seed, room(), MADV_WIPEONFORK);
        good = read_lines(secret, path, text);
        secret->hash = message_hash(14695981039346656037u, secret->seed,
                                    secret->n * sizeof secret->seed[0]);
    } else {
        secret->seed = NULL;
    }
    explicit_bzero(text, n);
    free(text);
    return good;
}

void secret_seeds_free(struct secret_seeds *secret)
{
    if (secret->seed != NULL)
        munmap(secret->seed, room());
    *secret = (struct secret_seeds){.n = 0};
}
