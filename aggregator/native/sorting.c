#include "sorting.h"

#include <string.h>

enum { FEW = 24 }; /* so few are sorted by insertion */

/* One pass over `values` for each of the four bytes of a 32-bit key; an even number of passes ends where it began. */
#define RADIX_SORT(TYPE, KEY)                                                                   \
    uint32_t counts[4][256];                                                                    \
    memset(counts, 0, sizeof counts);                                                           \
    for (uint32_t i = 0; i < count; i++) {                                                      \
        uint32_t key = KEY(values[i]);                                                          \
        counts[0][key & 255]++;                                                                 \
        counts[1][key >> 8 & 255]++;                                                            \
        counts[2][key >> 16 & 255]++;                                                           \
        counts[3][key >> 24]++;                                                                 \
    }                                                                                           \
    for (int byte = 0; byte < 4; byte++) {                                                      \
        uint32_t start = 0, *at = counts[byte];                                                 \
        for (int i = 0; i < 256; i++) {                                                         \
            uint32_t many = at[i];                                                              \
            at[i] = start;                                                                      \
            start += many;                                                                      \
        }                                                                                       \
        for (uint32_t i = 0; i < count; i++)                                                    \
            spare[at[KEY(values[i]) >> 8 * byte & 255]++] = values[i];                          \
        TYPE *other = values;                                                                   \
        values = spare;                                                                         \
        spare = other;                                                                          \
    }

#define ITSELF(value) (value)
#define HIGH_HALF(value) ((uint32_t)((value) >> 32))

#define INSERTION_SORT(TYPE, KEY)                                                               \
    for (uint32_t i = 1; i < count; i++) {                                                      \
        TYPE moved = values[i];                                                                 \
        uint32_t at = i;                                                                        \
        for (; at > 0 && KEY(values[at - 1]) > KEY(moved); at--) values[at] = values[at - 1];   \
        values[at] = moved;                                                                     \
    }

void sort32(uint32_t *values, uint32_t *spare, uint32_t count) {
    if (count <= FEW) {
        INSERTION_SORT(uint32_t, ITSELF)
        return;
    }
    RADIX_SORT(uint32_t, ITSELF)
}

uint32_t distinct(uint32_t *values, uint32_t *spare, uint32_t count) {
    sort32(values, spare, count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!kept || values[i] != values[kept - 1]) values[kept++] = values[i];
    return kept;
}

void sort_hashes(uint64_t *values, uint64_t *spare, uint32_t count) {
    if (count <= FEW) {
        INSERTION_SORT(uint64_t, HIGH_HALF)
        return;
    }
    RADIX_SORT(uint64_t, HIGH_HALF)
}
