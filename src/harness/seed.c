// seed.c -- the number that a run draws everything from.
#include "runner.h"

static uint32_t turn(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = turn(*d ^ *a, 16);
    *c += *d, *b = turn(*b ^ *c, 12);
    *a += *b, *d = turn(*d ^ *a, 8);
    *c += *d, *b = turn(*b ^ *c, 7);
}

// A block of ChaCha20 (Bernstein, 2008) with the seed as its key: easy to
// compute, and nobody knows how to get back.
static uint64_t one_way(uint64_t seed)
{
    const uint32_t begin[16] = {0x61707865,     0x3320646e,
                                0x79622d32,     0x6b206574,
                                (uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t x[16];
    for (int i = 0; i < 16; i++)
        x[i] = begin[i];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            quarter(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
        for (int i = 0; i < 4; i++)
            quarter(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4],
                    &x[12 + (i + 3) % 4]);
    }
    return (uint64_t)(x[0] + begin[0]) << 32 | (uint64_t)(x[1] + begin[1]);
}

uint64_t lab_drawn(const struct lab_run *run)
{
    // A small one could be found by trying; it is nobody's secret.
    bool small = run->seed < LAB_SMALL_SEED;
    return small || run->hashed ? run->seed : one_way(run->seed);
}
