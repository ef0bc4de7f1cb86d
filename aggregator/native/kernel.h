#ifndef AGGREGATOR_KERNEL_H
#define AGGREGATOR_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* What the Python side asks for (aggregator/native/__init__.py): raised whenever a function changes what it takes
 * or gives, so that a module which was compiled from other sources is left alone. */
#define KERNEL_VERSION 1

extern PyMethodDef texts_methods[]; /* texts.c: from a text to its fingerprint */
extern PyMethodDef pairs_methods[]; /* pairs.c: what pairs of texts have in common */
int pairs_ready(PyObject *module);

#endif
