/* Lists of views that Python hands over, held while they are worked on without the interpreter's lock. */
#ifndef AGGREGATOR_SEQUENCES_H
#define AGGREGATOR_SEQUENCES_H

#include "view.h"

typedef struct {
    View **views;
    Py_ssize_t count;
} Views;

typedef struct {
    Views left, right;
    View **longer, **shorter;
    Py_ssize_t count;
} Pairs;

int parse_views(PyObject *list, Views *views); /* 0 with an exception set */
void free_views(Views *views);

int parse_pairs(PyObject *args, Pairs *pairs); /* two lists of one length */
void free_pairs(Pairs *pairs);

#endif
