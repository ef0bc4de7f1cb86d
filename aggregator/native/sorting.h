/* Sorting by bytes, the lowest first (LSD radix sort): stable, and no comparison. */
#ifndef AGGREGATOR_SORTING_H
#define AGGREGATOR_SORTING_H

#include <stdint.h>

/* Ascending; `spare` is as large as `values`. */
void sort32(uint32_t *values, uint32_t *spare, uint32_t count);

/* The same, each once. Returns how many there are. */
uint32_t distinct(uint32_t *values, uint32_t *spare, uint32_t count);

/* Ascending by the high half; equal ones stay as they stand. */
void sort_hashes(uint64_t *values, uint64_t *spare, uint32_t count);

#endif
