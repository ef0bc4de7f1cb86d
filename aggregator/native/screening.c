/* Which of many candidates share enough with one text to be compared: by signatures, then exactly (dedup/screen.py). */
#include <math.h>
#include <string.h>

#include "sequences.h"

/* Whether two texts may share `rough` of the smaller one, with so many `equal` of the `values` (screen._likely). */
static int is_likely(double equal, double values, double own, double other, double rough) {
    double shared = rough * (own < other ? own : other), all = own + other - shared;
    double expected = values * shared / (all > 1 ? all : 1);
    return equal >= expected - 2 * sqrt(expected);
}

static PyObject *alike(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *own, *signatures, *tokens;
    double own_tokens, rough;
    if (!PyArg_ParseTuple(
            args, "SdO!O!d", &own, &own_tokens, &PyList_Type, &signatures, &PyList_Type, &tokens, &rough))
        return NULL;
    Py_ssize_t size = PyBytes_GET_SIZE(own), count = PyList_GET_SIZE(signatures);
    PyObject *made = PyList_New(0);
    for (Py_ssize_t i = 0; made != NULL && i < count; i++) {
        PyObject *other = PyList_GET_ITEM(signatures, i);
        if (PyList_GET_SIZE(tokens) != count || !PyBytes_Check(other) || PyBytes_GET_SIZE(other) != size) {
            PyErr_SetString(PyExc_ValueError, "signatures of one length are asked for, each with its tokens");
            Py_CLEAR(made);
            break;
        }
        double equal = 0, sizes = PyFloat_AsDouble(PyList_GET_ITEM(tokens, i));
        const char *left = PyBytes_AS_STRING(own), *right = PyBytes_AS_STRING(other);
        for (Py_ssize_t at = 0; at + 4 <= size; at += 4) equal += memcmp(left + at, right + at, 4) == 0;
        PyObject *place = is_likely(equal, (double)(size / 4), own_tokens, sizes, rough) ? PyLong_FromSsize_t(i) : NULL;
        if (PyErr_Occurred() || (place != NULL && PyList_Append(made, place) < 0)) Py_CLEAR(made);
        Py_XDECREF(place);
    }
    return made;
}

/* ----------------------------------------------------------------------------- exactly */

/* Which of a view's shingles another has, as bits; returns how many. */
static uint32_t mark_shared(const View *own, const View *other, uint64_t *bits) {
    uint32_t i = 0, j = 0, shared = 0;
    while (i < own->shingle_count && j < other->shingle_count) {
        uint32_t left = own->shingles[i], right = other->shingles[j];
        if (left == right) {
            bits[i >> 6] |= UINT64_C(1) << (i & 63);
            shared++;
        }
        i += left <= right;
        j += right <= left;
    }
    return shared;
}

static float both(const uint64_t *a, const uint64_t *b, size_t words) {
    int shared = 0;
    for (size_t i = 0; i < words; i++) shared += __builtin_popcountll(a[i] & b[i]);
    return (float)shared;
}

/* Of the others those that share enough, with how many: into indexes and shared; and their bits. */
static Py_ssize_t pass_screen(
    const View *own, View *const *others, Py_ssize_t count, uint32_t least, double share, uint64_t *bits,
    int64_t *indexes, int64_t *shared
) {
    size_t words = (own->shingle_count + (size_t)63) / 64;
    Py_ssize_t passed = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        uint64_t *row = bits + (size_t)passed * words;
        memset(row, 0, 8 * words);
        uint32_t many = mark_shared(own, others[i], row);
        uint32_t smaller = own->shingle_count;
        if (others[i]->shingle_count < smaller) smaller = others[i]->shingle_count;
        if (many < least && (double)many < share * smaller) continue;
        indexes[passed] = i;
        shared[passed++] = many;
    }
    return passed;
}

/* What three texts must have in common for any two of them to pass the screen (nearby.telling). */
static float telling(float own, float a, float b, float least, float share) {
    float smaller_a = a < own ? a : own, smaller_b = b < own ? b : own;
    float sizes = a < b ? a : b, both_own = smaller_a > smaller_b ? smaller_a : smaller_b;
    float asked = share * (sizes > both_own ? sizes : both_own);
    return asked < least ? asked : least;
}

static PyObject *telling_matrix(
    const View *own, View *const *others, const int64_t *indexes, Py_ssize_t passed, float least, float share
) {
    PyObject *made = PyBytes_FromStringAndSize(NULL, passed * passed * (Py_ssize_t)sizeof(float));
    if (made == NULL) return NULL;
    float *matrix = (float *)PyBytes_AS_STRING(made);
    for (Py_ssize_t i = 0; i < passed; i++)
        for (Py_ssize_t j = 0; j <= i; j++)
            matrix[i * passed + j] = matrix[j * passed + i] =
                telling((float)own->shingle_count, (float)others[indexes[i]]->shingle_count,
                        (float)others[indexes[j]]->shingle_count, least, share);
    return made;
}

/* `asked`: the matrix of `telling`, which is taken over, or NULL with an exception set. */
static PyObject *screen_result(
    const uint64_t *bits, size_t words, const int64_t *indexes, const int64_t *shared, Py_ssize_t passed,
    PyObject *asked
) {
    if (asked == NULL) return NULL;
    PyObject *common = PyBytes_FromStringAndSize(NULL, passed * passed * (Py_ssize_t)sizeof(float));
    if (common == NULL) {
        Py_DECREF(asked);
        return NULL;
    }
    float *matrix = (float *)PyBytes_AS_STRING(common);
    for (Py_ssize_t i = 0; i < passed; i++)
        for (Py_ssize_t j = 0; j <= i; j++)
            matrix[i * passed + j] = matrix[j * passed + i] =
                both(bits + (size_t)i * words, bits + (size_t)j * words, words);
    PyObject *places = PyList_New(passed), *counts = PyList_New(passed);
    for (Py_ssize_t i = 0; places && counts && i < passed; i++) {
        PyList_SET_ITEM(places, i, PyLong_FromLongLong(indexes[i]));
        PyList_SET_ITEM(counts, i, PyLong_FromLongLong(shared[i]));
    }
    PyObject *made = places && counts ? PyTuple_Pack(4, places, counts, common, asked) : NULL;
    Py_XDECREF(places);
    Py_XDECREF(counts);
    Py_DECREF(common);
    Py_DECREF(asked);
    return made;
}

static PyObject *screen(PyObject *module, PyObject *args) {
    (void)module;
    View *own;
    PyObject *given;
    unsigned int least;
    double share;
    if (!PyArg_ParseTuple(args, "O!O!Id", view_type, &own, &PyList_Type, &given, &least, &share)) return NULL;
    Views others;
    if (!parse_views(given, &others)) return NULL;
    size_t words = (own->shingle_count + (size_t)63) / 64, count = (size_t)others.count;
    uint64_t *bits = PyMem_Malloc(8 * words * count + 1);
    int64_t *numbers = PyMem_Malloc(16 * count + 1);
    PyObject *made = NULL;
    if (bits == NULL || numbers == NULL) {
        PyErr_NoMemory();
    } else {
        Py_ssize_t passed = pass_screen(own, others.views, others.count, least, share, bits, numbers, numbers + count);
        PyObject *asked = telling_matrix(own, others.views, numbers, passed, (float)least, (float)share);
        made = screen_result(bits, words, numbers, numbers + count, passed, asked);
    }
    PyMem_Free(bits);
    PyMem_Free(numbers);
    free_views(&others);
    return made;
}

PyMethodDef screening_methods[] = {
    {"alike", alike, METH_VARARGS,
     "alike(own: bytes, own_tokens: float, signatures: list[bytes], tokens: list[int], rough: float) -> list[int]."},
    {"screen", screen, METH_VARARGS,
     "screen(own: View, others: list[View], least: int, share: float) -> (list[int], list[int], bytes, bytes)."},
    {NULL, NULL, 0, NULL},
};
