// story.c -- see story.h.
#define _GNU_SOURCE
#include "story.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/pack.h"

enum { WORDS = 8192 };

static struct {
    uint64_t word[WORDS];
    size_t n;
    int fd;
} story = {.fd = -1};

int story_file(void)
{
    int fd = memfd_create("story", MFD_CLOEXEC);
    if (fd >= 0)
        fcntl(fd, F_SETFL, O_APPEND);
    return fd;
}

static void write_words(const uint64_t *word, size_t n)
{
    const char *at = (const char *)word;
    for (size_t left = n * sizeof *word; left > 0;) {
        ssize_t done = write(story.fd, at, left);
        if (done < 0 && errno != EINTR)
            return;
        at += done > 0 ? done : 0;
        left -= done > 0 ? (size_t)done : 0;
    }
}

void story_begin(int fd)
{
    story.fd = fd;
}

// Not memcpy(): ThreadSanitizer would watch it.
void story_take(const uint64_t *record)
{
    size_t n = (size_t)record[PACK_SIZE];
    if (n > WORDS - story.n)
        story_end();
    if (n > WORDS) {
        write_words(record, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        story.word[story.n + i] = record[i];
        __asm__ volatile("");
    }
    story.n += n;
}

void story_end(void)
{
    if (story.fd >= 0)
        write_words(story.word, story.n);
    story.n = 0;
}
