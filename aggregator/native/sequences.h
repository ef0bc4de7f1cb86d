/* Lists of views that Python hands over, held while they are worked on without the interpreter's lock. */
#ifndef AGGREGATOR_SEQUENCES_H
#define AGGREGATOR_SEQUENCES_H

#include "alignment.h"

typedef struct {
    View **views;
    Py_ssize_t count;
} Views;

int parse_views(PyObject *list, Views *views); /* 0 with an exception set */
void free_views(Views *views);

/* What is counted of a pair, the longer text first, into `counts`, which is all zero. */
typedef void (*Count)(Room *room, const View *a, const View *b, void *counts);

/* The counts of each pair of two lists of one length, `size` bytes each, as one bytes object. */
PyObject *count_pairs(PyObject *args, size_t size, Count count);

#endif
