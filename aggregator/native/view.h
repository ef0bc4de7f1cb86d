/* A text as the pair signals read it: the packed evidence, and what is looked up in it. */
#ifndef AGGREGATOR_VIEW_H
#define AGGREGATOR_VIEW_H

#include "kernel.h"
#include "shingles.h"

/* As in aggregator/dedup/signals.py, which says what they mean; a test compares them. */
enum { LEAD = 50, SUBJECT = 25, SLOT = 6 };
enum { NUMBER = 1, CAPITAL = 2, PARAGRAPH = 4, SENTENCE = 8, LONG_WORD = 16, NEGATION = 32 };

typedef struct {
    const uint32_t *values; /* ascending, each once */
    uint32_t count;
} Words;

typedef struct {
    PyObject_HEAD
    PyObject *evidence;         /* bytes, into which the next four point */
    const uint32_t *title, *body;
    const uint8_t *title_flags, *flags;
    uint32_t titles, tokens, shingle_count;
    uint32_t gram_count;
    uint64_t *grams;            /* shingle's hash << 32 | position, ascending; this block holds all below */
    const uint32_t *shingles;   /* the different ones, ascending */
    Words heading, everything, subject;
} View;

extern PyTypeObject *view_type;
int view_ready(PyObject *module);

int has(const Words *words, uint32_t value);
uint32_t in_common(const Words *a, const Words *b);

static inline uint32_t gram_hash(uint64_t gram) { return (uint32_t)(gram >> 32); }
static inline uint32_t gram_place(uint64_t gram) { return (uint32_t)gram; }

#endif
