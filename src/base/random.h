// random.h -- numbers that a seed fixes: splitmix64, by Sebastiano Vigna.
//
// Not for secrets: each number tells all that follow.
#ifndef GLASSRAFT_RANDOM_H
#define GLASSRAFT_RANDOM_H

#include <stdint.h>

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

// A bijection whose results look like chance.
static inline uint64_t random_mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

// The next number of a stream; the seed is its first state.
static inline uint64_t random_next(uint64_t *state)
{
    return random_mix(*state += RANDOM_STEP);
}

// One number of two, in this order.
static inline uint64_t random_pair(uint64_t a, uint64_t b)
{
    return random_mix((a ^ (b * RANDOM_STEP)) + 0x7f4a7c15u);
}

#endif
