#ifndef AGGREGATOR_KERNEL_H
#define AGGREGATOR_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || SIZEOF_VOID_P != 8
#error "arrays are read and made as they are stored: little-endian, places as 64 bits"
#endif

/* What the Python side asks for (aggregator/native/__init__.py): raised whenever a function changes what it takes
 * or gives, so that a module which was compiled from other sources is left alone. */
#define KERNEL_VERSION 8

extern PyMethodDef texts_methods[];     /* texts.c: from a text to its tokens */
extern PyMethodDef words_methods[];     /* words.c: the words of a text */
extern PyMethodDef markup_methods[];    /* markup.c: HTML of the plain kind */
extern PyMethodDef prints_methods[];    /* prints.c: from tokens to fingerprints */
extern PyMethodDef screening_methods[]; /* screening.c: which candidates are compared at all */
extern PyMethodDef pairs_methods[];     /* pairs.c: what pairs of texts have in common */
extern PyMethodDef swaps_methods[];     /* swaps.c: what they swap */

uint64_t mix64(uint64_t x); /* MurmurHash3's 64-bit finaliser */

#endif
