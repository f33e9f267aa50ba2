// back.c -- see back.h.
#define _GNU_SOURCE
#include "back.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/die.h"

enum {
    PAGE = 4096,
    MOST_REGIONS = 4096, // a stack is one of its own
    MOST_WRITTEN = 8192, // pages, in all
    MOST_ROOMS = 64,
    STACK = 128 * 1024, // for the handler of writes
    QUIET = 24,         // restores that find a page unchanged, until it settles
    MOST_WAKES = 4,     // double the wait for it to settle
    COMPARE = 4,        // restores: a page that changed is compared in one
};

// Of a page: never written; copied with each image; or protected once more,
// since the latest images do not differ in it.
enum { FRESH, WRITTEN, SETTLED };

struct region {
    char *from, *to;
    uint8_t *written; // for each page: FRESH, WRITTEN or SETTLED
};

struct image {
    uint32_t n; // of the pages in the order of their first writes
    char *bytes;
};

struct page {
    char *at;
    uint8_t *written;
    uint32_t quiet; // restores, one after the other, that found it unchanged
    uint32_t wakes; // times that it had settled, and did not stay so
    int from;       // settled: the first image that leaves it out
};

struct back {
    struct region region[MOST_REGIONS];
    int n_regions, n_images;
    int top; // images 0 to this one are there
    uint32_t n_written, n_restored;
    bool busy;
    void *heap_end;
    size_t n_heap;
    struct page *page; // [n_written]
    char *before;      // their bytes before they were written
    char *why;
    struct image *image;
    struct sigaction crash; // what else a bad address leads to
    stack_t stack;
};

// Not among what goes back.
static struct room {
    char *from, *to;
} rooms[MOST_ROOMS];
static int n_rooms;
static struct back *watching;

static void *map(size_t n)
{
    void *at = mmap(NULL, n, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

void *back_room(size_t n)
{
    n = (n + 2 * PAGE - 1) / PAGE * PAGE;
    char *at = n_rooms < MOST_ROOMS ? map(n) : NULL;
    if (at != NULL)
        rooms[n_rooms++] = (struct room){at, at + n};
    return at;
}

static void add(struct back *back, char *from, char *to)
{
    if (from >= to)
        return;
    struct region *region = &back->region[back->n_regions];
    region->from = from;
    region->to = to;
    back->n_regions++;
}

// All of it but the rooms, which may have become one mapping with others.
static void add_around(struct back *back, char *from, char *to)
{
    while (from < to && back->n_regions < MOST_REGIONS) {
        char *end = to, *next = to;
        for (int i = 0; i < n_rooms; i++) {
            const struct room *room = &rooms[i];
            if (room->from <= from && from < room->to) {
                end = from;
                next = room->to;
                break;
            }
            if (room->from > from && room->from < end) {
                end = room->from;
                next = room->to;
            }
        }
        add(back, from, end);
        from = next;
    }
}

// The system writes to the pages of a thread's own data whenever it likes; what
// is in there is errno and the like. The descriptor lies behind what the thread
// pointer names where the variables lie before it, and the other way round.
static bool note_thread(void)
{
    enum { DESCRIPTOR = 2304 };
    uintptr_t at = (uintptr_t)&errno;
    uintptr_t self = (uintptr_t)__builtin_thread_pointer();
    uintptr_t from = at < self ? at : self - DESCRIPTOR;
    uintptr_t to = at < self ? self + DESCRIPTOR - 1 : at;
    from = from / PAGE * PAGE;
    to = to / PAGE * PAGE + PAGE;
    if (n_rooms == MOST_ROOMS)
        return false;
    rooms[n_rooms++] = (struct room){(char *)from, (char *)to};
    return true;
}

// One room has the marks of all pages.
static bool note_pages(struct back *back)
{
    size_t n = 0;
    for (int i = 0; i < back->n_regions; i++)
        n += (size_t)(back->region[i].to - back->region[i].from) / PAGE;
    uint8_t *written = back_room(n);
    for (int i = 0; i < back->n_regions && written != NULL; i++) {
        struct region *region = &back->region[i];
        region->written = written;
        written += (region->to - region->from) / PAGE;
    }
    return written != NULL;
}

static bool find_regions(struct back *back)
{
    struct found {
        char *from, *to;
    } *found = back_room(MOST_REGIONS * sizeof *found);
    char line[600], mode[8];
    uintptr_t from, to;
    const char *here = (char *)__builtin_frame_address(0);
    int n = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL || found == NULL)
        return false;
    while (fgets(line, sizeof line, maps) != NULL && n < MOST_REGIONS)
        if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) == 3 &&
            strncmp(mode, "rw", 2) == 0 && mode[3] == 'p' &&
            !((uintptr_t)here >= from && (uintptr_t)here < to) &&
            strstr(line, "[v") == NULL)
            found[n++] = (struct found){(char *)from, (char *)to};
    fclose(maps);
    for (int i = 0; i < n; i++)
        add_around(back, found[i].from, found[i].to);
    return n < MOST_REGIONS && back->n_regions < MOST_REGIONS &&
           note_pages(back);
}

static struct region *region_of(struct back *back, const char *at)
{
    for (int i = 0; i < back->n_regions; i++)
        if (at >= back->region[i].from && at < back->region[i].to)
            return &back->region[i];
    return NULL;
}

_Noreturn static void end_at(const struct back *back, size_t most,
                             const char *what)
{
    snprintf(back->why, BACK_WHY,
             "this Raft %s more than %zu MiB, and no more can be taken back",
             what, most >> 20);
    _exit(1);
}

static char *bytes_of(const struct back *back, const struct image *image,
                      uint32_t k)
{
    return (k < image->n ? image->bytes : back->before) + (size_t)k * PAGE;
}

// Right after going back to the top image: from some image on, none differs in
// this page, and it need not be copied until it is written.
static void settle(struct back *back, uint32_t k)
{
    struct page *page = &back->page[k];
    page->quiet = 0;
    page->from = back->top;
    while (page->from > 0 &&
           memcmp(page->at, bytes_of(back, &back->image[page->from - 1], k),
                  PAGE) == 0)
        page->from--;
    *page->written = SETTLED;
    mprotect(page->at, PAGE, PROT_READ);
}

// What it is now is what it was in the images that left it out.
static void wake(struct back *back, uint32_t k)
{
    struct page *page = &back->page[k];
    for (int i = page->from; i <= back->top; i++)
        if (k < back->image[i].n)
            memcpy(bytes_of(back, &back->image[i], k), page->at, PAGE);
    *page->written = WRITTEN;
    page->wakes += page->wakes < MOST_WAKES;
    mprotect(page->at, PAGE, PROT_READ | PROT_WRITE);
}

static uint32_t page_of(const struct back *back, const char *at)
{
    uint32_t k = 0;
    while (back->page[k].at != at)
        k++;
    return k;
}

static void note_first(struct back *back, char *at, uint8_t *written)
{
    if (back->n_written == MOST_WRITTEN)
        end_at(back, (size_t)MOST_WRITTEN * PAGE, "writes to");
    *written = WRITTEN;
    memcpy(back->before + (size_t)back->n_written * PAGE, at, PAGE);
    back->page[back->n_written++] = (struct page){.at = at, .written = written};
    mprotect(at, PAGE, PROT_READ | PROT_WRITE);
}

// The first write to a page, or the first since it settled; anything else is a
// crash, and somebody else's.
static void on_write(int signal, siginfo_t *info, void *context)
{
    struct back *back = watching;
    char *at = (char *)((uintptr_t)info->si_addr / PAGE * PAGE);
    struct region *region = region_of(back, at);
    size_t n = region != NULL ? (size_t)(at - region->from) / PAGE : 0;
    if (region == NULL || region->written[n] == WRITTEN || back->busy) {
        sigaction(SIGSEGV, &back->crash, NULL);
        if ((back->crash.sa_flags & SA_SIGINFO) != 0)
            back->crash.sa_sigaction(signal, info, context);
        return;
    }
    back->busy = true;
    if (region->written[n] == SETTLED)
        wake(back, page_of(back, at));
    else
        note_first(back, at, &region->written[n]);
    back->busy = false;
}

static bool watch_writes(struct back *back)
{
    struct sigaction action = {.sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_write;
    stack_t stack = {.ss_sp = back_room(STACK), .ss_size = STACK};
    return stack.ss_sp != NULL && sigaltstack(&stack, &back->stack) == 0 &&
           sigaction(SIGSEGV, &action, &back->crash) == 0;
}

static void protect(struct back *back, int mode)
{
    for (int i = 0; i < back->n_regions; i++) {
        struct region *region = &back->region[i];
        mprotect(region->from, (size_t)(region->to - region->from), mode);
    }
}

// The heap has room at its end, and never gives it back; no block has a mapping
// of its own, unless there is no other way.
static bool prepare_heap(size_t n)
{
    enum { LARGEST = 32 << 20 };
    bool good = mallopt(M_MMAP_MAX, 0) == 1 &&
                mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1 &&
                mallopt(M_TOP_PAD, (int)n) == 1;
    void *volatile block = malloc(LARGEST / 2);
    free(block);
    return good && block != NULL;
}

struct back *back_begin(int n_images, size_t n_heap, char why[BACK_WHY])
{
    struct back *back = back_room(sizeof *back);
    if (back == NULL)
        return NULL;
    if (!prepare_heap(n_heap))
        return NULL;
    back->why = why;
    back->n_heap = n_heap;
    back->heap_end = sbrk(0);
    back->n_images = n_images;
    back->page = back_room(MOST_WRITTEN * sizeof *back->page);
    back->before = back_room((size_t)MOST_WRITTEN * PAGE);
    back->image = back_room((size_t)n_images * sizeof *back->image);
    size_t n_image = (size_t)MOST_WRITTEN * PAGE;
    char *bytes = back_room((size_t)n_images * n_image);
    if (!back->page || !back->before || !back->image || !bytes)
        return NULL;
    for (int i = 0; i < n_images; i++)
        back->image[i].bytes = bytes + (size_t)i * n_image;
    if (!note_thread() || !find_regions(back) || !watch_writes(back))
        return NULL;
    watching = back;
    protect(back, PROT_READ);
    return back;
}

void back_end(struct back *back)
{
    protect(back, PROT_READ | PROT_WRITE);
    sigaction(SIGSEGV, &back->crash, NULL);
    sigaltstack(&back->stack, NULL);
}

// What lies behind the heap's end is not watched.
static void look_at_heap(const struct back *back)
{
    if (sbrk(0) != back->heap_end)
        end_at(back, back->n_heap, "has a heap of");
}

void back_save(struct back *back, int i)
{
    struct image *image = &back->image[i];
    look_at_heap(back);
    image->n = back->n_written;
    back->top = i;
    for (uint32_t k = 0; k < image->n; k++)
        if (*back->page[k].written == WRITTEN)
            memcpy(image->bytes + (size_t)k * PAGE, back->page[k].at, PAGE);
}

// A page that changes each time is not compared each time.
static void restore_page(struct back *back, uint32_t k)
{
    struct page *page = &back->page[k];
    const char *bytes = bytes_of(back, &back->image[back->top], k);
    bool busy = page->quiet == 0 && back->n_restored % COMPARE != 0;
    if (busy || memcmp(page->at, bytes, PAGE) != 0) {
        memcpy(page->at, bytes, PAGE);
        page->quiet = 0;
    } else if (++page->quiet >= (uint32_t)QUIET << page->wakes) {
        settle(back, k);
    }
}

void back_restore(struct back *back, int i)
{
    look_at_heap(back);
    back->top = i;
    back->n_restored++;
    for (uint32_t k = 0; k < back->n_written; k++) {
        const struct page *page = &back->page[k];
        if (*page->written == SETTLED && page->from > i)
            wake(back, k);
        if (*page->written == WRITTEN)
            restore_page(back, k);
    }
}

size_t back_size(const struct back *back)
{
    return (size_t)back->n_written * PAGE;
}
