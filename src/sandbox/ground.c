// ground.c -- see sandbox.h: where the harness ends and a run begins.
//
// The program lies at the bottom of the address space, with the heap behind
// it; its libraries lie at the top, and whatever is mapped later comes below
// them. A gap below the libraries, which nothing else can fill, keeps the two
// apart, so that a filter can tell them by one comparison.
#define _GNU_SOURCE
#include "sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/die.h"
#include "home.h"

enum { GAP_GIB = 2 };

extern char _end[]; // the linker's: behind the program's last byte

static struct sandbox_ground ground;

static void *take(uintptr_t at, size_t n, int how)
{
    return mmap((void *)at, n, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | how, -1, 0);
}

// The lowest address that is mapped above the heap; holes above it are filled.
static uintptr_t fill_holes(void)
{
    char line[512];
    uintptr_t lowest = 0, behind = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL)
        die("/proc/self/maps cannot be read");
    struct {
        uintptr_t from, to;
    } hole[64];
    int n = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2 ||
            strstr(line, "[heap]") != NULL || from < (uintptr_t)_end)
            continue;
        if (strstr(line, "[stack]") != NULL)
            break;
        if (lowest == 0)
            lowest = from;
        else if (from > behind && n < 64) {
            hole[n].from = behind;
            hole[n++].to = from;
        }
        behind = to;
    }
    fclose(maps);
    for (int i = 0; i < n; i++)
        take(hole[i].from, hole[i].to - hole[i].from, MAP_FIXED_NOREPLACE);
    return lowest;
}

void sandbox_hold_ground(void)
{
    size_t gap = (size_t)GAP_GIB << 30;
    const char *config = lab_config();
    // A sanitizer has its memory everywhere.
    if (strcmp(config, "asan") == 0 || strcmp(config, "tsan") == 0)
        return;
    uintptr_t last = fill_holes();
    if (last < gap || take(last - gap, gap, MAP_FIXED_NOREPLACE) == MAP_FAILED)
        die("no room below the libraries");
    ground = (struct sandbox_ground){(uintptr_t)_end, last - gap, gap};
}

const struct sandbox_ground *sandbox_ground(void)
{
    return &ground;
}
