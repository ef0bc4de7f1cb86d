/* From tokens to fingerprints: the numpy of aggregator/dedup/prints.py (shingles, MinHash, keys, evidence). */
#include "kernel.h"
#include "shingles.h"
#include "sorting.h"
#include <string.h>

#define PERMUTATIONS 128
#define TITLE_WIDTH 2
#define TEXT_KEYS 12
#define LEAD_KEYS 4
#define TITLE_KEYS 4
#define LEAD_TOKENS 50
#define TITLE_LEAST 4
#define MOST_BODY 4000
#define MOST_TITLE 200
#define SHORT 12
#define STANDS_ALONE 30
#define NEGATION 32
#define COARSE 4096
#define MOST_TOKENS (MOST_TITLE + MOST_BODY)

/* What is worked on for one article at a time; made once a call. */
typedef struct {
    uint64_t whole[MOST_BODY];
    uint32_t tokens[MOST_TOKENS]; /* of the title, then of the body */
    uint8_t flags[MOST_TOKENS];
    uint32_t shingles[MOST_TOKENS], mixed[MOST_TOKENS], spare[MOST_TOKENS];
    uint32_t signature[PERMUTATIONS];
    Py_ssize_t title, body;
} Work;

typedef struct {
    Py_buffer hashes, flags, bounds, silent; /* uint64[n], uint8[n], int64[p+1], uint8[p] */
    Py_buffer permutations;                  /* uint32[2, PERMUTATIONS]: a, b */
    Py_buffer negations, coarse;             /* uint32, sorted; bool[COARSE] */
} Given;

/* Shingles of `width` tokens, of fewer one of what is there. Returns how many. */
static Py_ssize_t shingles_of(const uint32_t *tokens, Py_ssize_t count, int width, uint32_t *made) {
    if (count == 0) return 0;
    uint32_t span = count < width ? (uint32_t)count : (uint32_t)width;
    Py_ssize_t shingles = count - span + 1;
    for (Py_ssize_t i = 0; i < shingles; i++) made[i] = shingle(tokens + i, span);
    return shingles;
}

/* The least value of each of the first `rows` permutations; see aggregator/dedup/minhash.py. */
#define LEAST_BODY                                                                                   \
    for (int row = 0; row < rows; row++) {                                                           \
        uint32_t least = UINT32_MAX;                                                                 \
        for (Py_ssize_t i = 0; i < count; i++) {                                                     \
            uint32_t value = a[row] * mixed[i] + b[row];                                             \
            least = value < least ? value : least;                                                   \
        }                                                                                            \
        made[row] = least;                                                                           \
    }

static void least_of_any(const uint32_t *a, const uint32_t *b, const uint32_t *mixed, Py_ssize_t count, int rows,
                         uint32_t *made) {
    LEAST_BODY
}

#if defined(__x86_64__) && defined(__GNUC__)
/* The same with eight at a time, where the processor can: it is most of a fingerprint's time. */
__attribute__((target("avx2"))) static void least_of_eight(const uint32_t *a, const uint32_t *b,
                                                            const uint32_t *mixed, Py_ssize_t count, int rows,
                                                            uint32_t *made) {
    LEAST_BODY
}
#endif

static void least_values(const Given *given, const uint32_t *mixed, Py_ssize_t count, int rows, uint32_t *made) {
    const uint32_t *a = given->permutations.buf, *b = a + PERMUTATIONS;
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx2")) {
        least_of_eight(a, b, mixed, count, rows, made);
        return;
    }
#endif
    least_of_any(a, b, mixed, count, rows, made);
}

static int negates(const Given *given, uint32_t token) {
    if (!((const uint8_t *)given->coarse.buf)[token % COARSE]) return 0;
    const uint32_t *words = given->negations.buf;
    for (Py_ssize_t i = 0; i < given->negations.len / 4; i++)
        if (words[i] == token) return 1;
    return 0;
}

/* Take the tokens of one line, unless it is silent, as far as there is room. */
static void take(const Given *given, Py_ssize_t line, Work *work, Py_ssize_t from, Py_ssize_t *taken,
                 Py_ssize_t most, uint64_t *whole) {
    const int64_t *bounds = given->bounds.buf;
    if (((const uint8_t *)given->silent.buf)[line]) return;
    const uint64_t *hashes = given->hashes.buf;
    const uint8_t *flags = given->flags.buf;
    for (int64_t at = bounds[line]; at < bounds[line + 1] && *taken < most; at++, ++*taken) {
        uint32_t token = (uint32_t)hashes[at];
        work->tokens[from + *taken] = token;
        work->flags[from + *taken] = flags[at] | (negates(given, token) ? NEGATION : 0);
        if (whole != NULL) whole[*taken] = hashes[at];
    }
}

static char *put(char *at, const void *values, size_t bytes) {
    memcpy(at, values, bytes);
    return at + bytes;
}

/* The stored form of aggregator/dedup/evidence.py. */
static PyObject *evidence(const Work *work, Py_ssize_t count) {
    uint16_t titles = (uint16_t)work->title;
    uint32_t bodies = (uint32_t)work->body, elements = (uint32_t)count;
    size_t tokens = (size_t)(work->title + work->body);
    PyObject *made = PyBytes_FromStringAndSize(NULL, 12 + (Py_ssize_t)tokens * 5);
    if (made == NULL) return NULL;
    char *at = put(PyBytes_AS_STRING(made), "\2\0", 2);
    at = put(at, &titles, 2);
    at = put(at, &bodies, 4);
    at = put(at, &elements, 4);
    at = put(at, work->tokens, tokens * 4);
    put(at, work->flags, tokens);
    return made;
}

/* Values of slots as keys, from `at` on in a tuple. */
static int add_keys(PyObject *keys, Py_ssize_t at, const uint32_t *values, int count, int slot) {
    for (int i = 0; i < count; i++) {
        PyObject *key = PyLong_FromLongLong((long long)(slot + i) << 32 | values[i]);
        if (key == NULL) return -1;
        PyTuple_SET_ITEM(keys, at + i, key);
    }
    return 0;
}

static PyObject *keys_of(const Given *given, Work *work, Py_ssize_t elements) {
    uint32_t lead[LEAD_KEYS], title[TITLE_KEYS];
    int of_text = elements ? TEXT_KEYS : 0, of_lead = 0, of_title = 0;
    if (work->body >= SHORT) {
        Py_ssize_t tokens = work->body < LEAD_TOKENS ? work->body : LEAD_TOKENS;
        least_values(given, work->mixed, tokens - WIDTH + 1, LEAD_KEYS, lead);
        of_lead = LEAD_KEYS;
    }
    if (work->title >= TITLE_LEAST) {
        Py_ssize_t count = shingles_of(work->tokens, work->title, TITLE_WIDTH, work->spare);
        for (Py_ssize_t i = 0; i < count; i++) work->spare[i] = mix32(work->spare[i]);
        least_values(given, work->spare, count, TITLE_KEYS, title);
        of_title = TITLE_KEYS;
    }
    PyObject *keys = PyTuple_New(of_text + of_lead + of_title);
    if (keys != NULL && (add_keys(keys, 0, work->signature, of_text, 0) < 0 ||
                         add_keys(keys, of_text, lead, of_lead, TEXT_KEYS) < 0 ||
                         add_keys(keys, of_text + of_lead, title, of_title, TEXT_KEYS + LEAD_KEYS) < 0))
        Py_CLEAR(keys);
    return keys;
}

/* One article: keys, signature, evidence, what of its body stands for it, how many tokens. */
static PyObject *fingerprint(const Given *given, Py_ssize_t line, Py_ssize_t next, Work *work) {
    work->title = work->body = 0;
    take(given, line, work, 0, &work->title, MOST_TITLE, NULL);
    for (Py_ssize_t each = line + 1; each < next; each++)
        take(given, each, work, work->title, &work->body, MOST_BODY, work->whole);
    Py_ssize_t shingles = shingles_of(work->tokens + work->title, work->body, WIDTH, work->shingles);
    Py_ssize_t elements = shingles;
    if (work->body < SHORT) elements = shingles_of(work->tokens, work->title + work->body, WIDTH, work->mixed);
    else memcpy(work->mixed, work->shingles, (size_t)shingles * 4);
    for (Py_ssize_t i = 0; i < elements; i++) work->mixed[i] = mix32(work->mixed[i]);
    least_values(given, work->mixed, elements, PERMUTATIONS, work->signature);
    PyObject *keys = keys_of(given, work, elements);
    if (keys == NULL) return NULL;
    PyObject *packed = evidence(work, distinct(work->shingles, work->spare, (uint32_t)shingles));
    if (packed == NULL) {
        Py_DECREF(keys);
        return NULL;
    }
    Py_ssize_t whole = work->body < STANDS_ALONE ? 0 : work->body * 8;
    return Py_BuildValue("(Ny#Ny#n)", keys, (char *)work->signature, (Py_ssize_t)sizeof work->signature, packed,
                         (char *)work->whole, whole, work->title + work->body);
}

/* Whether the arrays belong together: nothing is read that is not there. */
static int sound(const Given *given) {
    const int64_t *bounds = given->bounds.buf;
    Py_ssize_t lines = given->silent.len, tokens = given->flags.len;
    if (given->bounds.len != (lines + 1) * 8 || given->hashes.len != tokens * 8) return 0;
    if (given->permutations.len != 2 * PERMUTATIONS * 4 || given->coarse.len != COARSE) return 0;
    if (bounds[0] != 0 || bounds[lines] > tokens) return 0;
    for (Py_ssize_t i = 0; i < lines; i++)
        if (bounds[i] > bounds[i + 1]) return 0;
    return 1;
}

static PyObject *all_fingerprints(const Given *given, PyObject *firsts) {
    Py_ssize_t lines = given->silent.len, articles = PyList_GET_SIZE(firsts);
    Work *work = PyMem_RawMalloc(sizeof *work);
    PyObject *made = work == NULL ? PyErr_NoMemory() : PyList_New(articles);
    for (Py_ssize_t i = 0; made != NULL && i < articles; i++) {
        Py_ssize_t line = PyLong_AsSsize_t(PyList_GET_ITEM(firsts, i));
        Py_ssize_t next = i + 1 < articles ? PyLong_AsSsize_t(PyList_GET_ITEM(firsts, i + 1)) : lines;
        if (line < 0 || next <= line || next > lines) {
            if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "titles are no lines of this text");
            Py_CLEAR(made);
            break;
        }
        PyObject *one = fingerprint(given, line, next, work);
        if (one == NULL) Py_CLEAR(made);
        else PyList_SET_ITEM(made, i, one);
    }
    PyMem_RawFree(work);
    return made;
}

static PyObject *fingerprints(PyObject *module, PyObject *arguments) {
    (void)module;
    Given given;
    PyObject *firsts, *made = NULL;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*O!y*y*y*", &given.hashes, &given.flags, &given.bounds, &given.silent,
                          &PyList_Type, &firsts, &given.permutations, &given.negations, &given.coarse))
        return NULL;
    if (sound(&given)) made = all_fingerprints(&given, firsts);
    else PyErr_SetString(PyExc_ValueError, "these arrays are not of one text");
    PyBuffer_Release(&given.hashes);
    PyBuffer_Release(&given.flags);
    PyBuffer_Release(&given.bounds);
    PyBuffer_Release(&given.silent);
    PyBuffer_Release(&given.permutations);
    PyBuffer_Release(&given.negations);
    PyBuffer_Release(&given.coarse);
    return made;
}

PyMethodDef prints_methods[] = {
    {"fingerprints", fingerprints, METH_VARARGS,
     "hashes, flags, bounds, silent, firsts, permutations, negations, coarse -> (keys, signature, evidence, body, "
     "tokens) of each"},
    {NULL, NULL, 0, NULL},
};
