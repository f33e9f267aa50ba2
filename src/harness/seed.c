// seed.c -- the numbers that a run draws everything from.
#include "base/random.h"
#include "internal.h"

enum { STREAMS = 0xc05e, UNTIL = 0xc05f, STEP_MS = 10 };

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

bool lab_parts_of(uint64_t seed, struct lab_parts *parts)
{
    *parts = (struct lab_parts){.until_ms = 0};
    if (seed >> 48 == UNTIL) {
        for (int i = 0; i < LAB_STREAMS; i++)
            parts->seed[i] = seed >> 32 & 0xffff;
        parts->then = seed >> 16 & 0xffff;
        parts->until_ms = (seed & 0xffff) * STEP_MS;
        return parts->seed[0] > 0 && parts->then > 0 && parts->until_ms > 0;
    }
    bool good = seed >> 48 == STREAMS;
    for (int i = 0; i < LAB_STREAMS; i++) {
        parts->seed[i] = seed >> 12 * (LAB_STREAMS - 1 - i) & LAB_MOST_PART;
        good &= parts->seed[i] > 0;
    }
    return good;
}

uint64_t lab_compose(const struct lab_parts *parts)
{
    uint64_t seed = STREAMS;
    if (parts->until_ms > 0) {
        uint64_t step = parts->until_ms / STEP_MS;
        step = step < 1 ? 1 : step > 0xffff ? 0xffff : step;
        return (uint64_t)UNTIL << 48 | parts->seed[0] << 32 |
               parts->then << 16 | step;
    }
    for (int i = 0; i < LAB_STREAMS; i++)
        seed = seed << 12 | parts->seed[i];
    return seed;
}

uint64_t lab_part(const struct lab_run *run, enum lab_stream stream)
{
    struct lab_parts parts;
    bool composed = !run->hashed && lab_parts_of(run->seed, &parts);
    return composed ? parts.seed[stream] : run->seed;
}

uint64_t lab_drawn(const struct lab_run *run, enum lab_stream stream)
{
    uint64_t seed = lab_part(run, stream);
    // A small one could be found by trying; it is nobody's secret.
    bool small = seed < LAB_SMALL_SEED;
    return small || run->hashed ? seed : one_way(seed);
}

static uint64_t anew(const struct lab_run *run, uint64_t seed)
{
    return run->draw == 0 ? seed : random_pair(seed, 7919 + run->draw);
}

uint64_t lab_run_seed(const struct lab_run *run, enum lab_stream stream)
{
    return anew(run, lab_drawn(run, stream));
}

uint64_t lab_stream_seed(const struct lab_run *run, enum lab_stream stream,
                         uint64_t number)
{
    return random_pair(lab_run_seed(run, stream), number);
}

uint64_t lab_turn_us(const struct lab_run *run)
{
    struct lab_parts parts;
    bool composed = !run->hashed && lab_parts_of(run->seed, &parts);
    return composed ? parts.until_ms * 1000 : 0;
}

uint64_t lab_later_seed(const struct lab_run *run)
{
    struct lab_parts parts;
    lab_parts_of(run->seed, &parts);
    return anew(run, parts.then);
}

struct sim_config lab_simulation(const struct lab_run *run)
{
    const struct lab_scenario *scenario = run->scenario;
    return (struct sim_config){.seed = lab_run_seed(run, LAB_SCHEDULE),
                               .program_seed = lab_run_seed(run, LAB_PROGRAM),
                               .later_us = lab_turn_us(run),
                               .later_seed = lab_later_seed(run),
                               .policy = run->schedule,
                               .spurious_per_mille = scenario->stepped ? 0 : 20,
                               .lint_sleep_locked = true,
                               .hostile_clocks =
                                   scenario->rpcs == NULL && !scenario->stepped,
                               .stepped = scenario->stepped};
}

uint64_t lab_later_stream(const struct lab_run *run, uint64_t number)
{
    return random_pair(lab_later_seed(run), number);
}

const struct lab_scenario *lab_scenario_of(const struct lab_run *run)
{
    static struct lab_scenario own;
    if (run->scenario->draw == NULL)
        return run->scenario;
    own = *run->scenario;
    own.draw(lab_drawn(run, LAB_FAULTS), &own);
    own.draw = NULL;
    return &own;
}
