/* Shingles: hashes of runs of tokens, as aggregator/dedup/shingles.py makes them. */
#ifndef AGGREGATOR_SHINGLES_H
#define AGGREGATOR_SHINGLES_H

#include <stdint.h>

enum { WIDTH = 3 }; /* tokens of the shingles that are stored, and the most of any here */

/* MurmurHash3's 32-bit finaliser. */
static inline uint32_t mix32(uint32_t x) {
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    return x ^ (x >> 16);
}

/* The shingle of `span` tokens, at most WIDTH. The multipliers are by position, so that order counts. */
static inline uint32_t shingle(const uint32_t *tokens, uint32_t span) {
    static const uint32_t multipliers[WIDTH] = {0x9E3779B1u, 0x85EBCA77u, 0xC2B2AE3Du};
    uint32_t sum = span;
    for (uint32_t i = 0; i < span; i++) sum += tokens[i] * multipliers[i];
    return mix32(sum);
}

#endif
