#ifndef AGGREGATOR_KERNEL_H
#define AGGREGATOR_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "evidence is stored little-endian, and read as it is stored"
#endif

/* What the Python side asks for (aggregator/native/__init__.py): raised whenever a function changes what it takes
 * or gives, so that a module which was compiled from other sources is left alone. */
#define KERNEL_VERSION 1

extern PyMethodDef texts_methods[]; /* texts.c: from a text to its fingerprint */
extern PyMethodDef pairs_methods[]; /* pairs.c: what pairs of texts have in common */
extern PyMethodDef swaps_methods[]; /* swaps.c: what they swap */

#endif
