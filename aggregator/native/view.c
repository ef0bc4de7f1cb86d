/* The type View: what `signals.View` works out of a text, packed as `evidence.pack` packs it. */
#include "view.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#include "shingles.h"
#include "sorting.h"

enum { HEADER = 12, EVIDENCE_VERSION = 2, WITH_SHINGLES = 1 };

PyTypeObject *view_type;

int has(const Words *words, uint32_t value) {
    uint32_t low = 0, high = words->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (words->values[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < words->count && words->values[low] == value;
}

uint32_t in_common(const Words *a, const Words *b) {
    uint32_t i = 0, j = 0, shared = 0;
    while (i < a->count && j < b->count) {
        uint32_t left = a->values[i], right = b->values[j];
        shared += left == right;
        i += left <= right;
        j += right <= left;
    }
    return shared;
}

/* Point into the evidence; 0 when it is not what its header says. */
static int read_evidence(View *view, const char *bytes, Py_ssize_t size) {
    uint32_t counts[3] = {0, 0, 0};
    uint16_t titles;
    if (size < HEADER || (bytes[0] != EVIDENCE_VERSION && bytes[0] != WITH_SHINGLES)) return 0;
    memcpy(&titles, bytes + 2, 2);
    memcpy(counts, bytes + 4, 8);
    view->titles = titles;
    view->tokens = counts[0];
    uint64_t words = (uint64_t)titles + counts[0], between = bytes[0] == WITH_SHINGLES ? counts[1] : 0;
    if ((uint64_t)size != HEADER + 5 * words + 4 * between || words > INT32_MAX) return 0;
    view->title = (const uint32_t *)(bytes + HEADER);
    view->body = view->title + titles;
    view->title_flags = (const uint8_t *)(view->body + view->tokens + between);
    view->flags = view->title_flags + titles;
    return 1;
}

static void order_grams(View *view, uint64_t *spare) {
    uint32_t span = view->tokens < WIDTH ? view->tokens : WIDTH;
    for (uint32_t i = 0; i < view->gram_count; i++)
        view->grams[i] = (uint64_t)shingle(view->body + i, span) << 32 | i;
    sort_hashes(view->grams, spare, view->gram_count);
}

/* The different shingles, ascending; from `at` on. */
static void gather_shingles(View *view, uint32_t *at) {
    view->shingles = at;
    for (uint32_t i = 0; i < view->gram_count; i++) {
        uint32_t hash = gram_hash(view->grams[i]);
        if (!view->shingle_count || hash != at[view->shingle_count - 1]) at[view->shingle_count++] = hash;
    }
}

/* Heading, everything and subject, behind one another from `at` on. */
static void gather_words(View *view, uint32_t *at, uint32_t *spare) {
    const uint8_t telling = CAPITAL | NUMBER | LONG_WORD;
    uint32_t count = view->titles;
    memcpy(at, view->title, 4 * (size_t)count);
    view->heading = (Words){at, distinct(at, spare, count)};
    at += view->titles;
    count = view->titles + view->tokens;
    memcpy(at, view->title, 4 * (size_t)count); /* the body stands behind the title */
    view->everything = (Words){at, distinct(at, spare, count)};
    at += count;
    count = 0;
    for (uint32_t i = 0; i < view->titles; i++)
        if (view->title_flags[i] & telling) at[count++] = view->title[i];
    for (uint32_t i = 0; i < view->tokens && i < SUBJECT; i++)
        if (view->flags[i] & telling) at[count++] = view->body[i];
    view->subject = (Words){at, distinct(at, spare, count)};
}

static int derive(View *view) {
    uint32_t tokens = view->tokens;
    view->gram_count = tokens < WIDTH ? tokens > 0 : tokens - WIDTH + 1;
    size_t grams = 8 * (size_t)view->gram_count;
    size_t words = 4 * (view->gram_count + 3 * (size_t)view->titles + tokens + SUBJECT);
    size_t most = view->titles + (size_t)tokens + SUBJECT;
    view->grams = PyMem_Malloc(grams + words + 1);
    uint64_t *spare = PyMem_Malloc(8 * most);
    if (view->grams == NULL || spare == NULL) {
        PyMem_Free(spare);
        PyErr_NoMemory();
        return -1;
    }
    order_grams(view, spare);
    uint32_t *behind = (uint32_t *)(view->grams + view->gram_count);
    gather_shingles(view, behind);
    gather_words(view, behind + view->gram_count, (uint32_t *)spare);
    PyMem_Free(spare);
    return 0;
}

static PyObject *view_new(PyTypeObject *type, PyObject *args, PyObject *named) {
    (void)named;
    PyObject *evidence;
    if (!PyArg_ParseTuple(args, "S", &evidence)) return NULL;
    View *view = (View *)type->tp_alloc(type, 0);
    if (view == NULL) return NULL;
    view->evidence = Py_NewRef(evidence);
    if (!read_evidence(view, PyBytes_AS_STRING(evidence), PyBytes_GET_SIZE(evidence))) {
        PyErr_SetString(PyExc_ValueError, "evidence that is not what its header says");
        Py_DECREF(view);
        return NULL;
    }
    if (derive(view) < 0) {
        Py_DECREF(view);
        return NULL;
    }
    return (PyObject *)view;
}

static void view_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyMem_Free(((View *)self)->grams);
    Py_XDECREF(((View *)self)->evidence);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"tokens", T_UINT, offsetof(View, tokens), READONLY, "How many tokens the body has."},
    {"shingle_count", T_UINT, offsetof(View, shingle_count), READONLY, "How many different shingles the body has."},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, "View(evidence: bytes): a text as the pair signals read it."},
    {Py_tp_new, view_new},
    {Py_tp_members, members},
    {Py_tp_dealloc, view_dealloc},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "aggregator.native._kernel.View",
    .basicsize = sizeof(View),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static int add_constants(PyObject *module) {
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"WIDTH", WIDTH}, {"LEAD", LEAD}, {"SUBJECT", SUBJECT}, {"SLOT", SLOT}, {"NUMBER", NUMBER},
        {"CAPITAL", CAPITAL}, {"PARAGRAPH", PARAGRAPH}, {"SENTENCE", SENTENCE}, {"LONG_WORD", LONG_WORD},
        {"NEGATION", NEGATION},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0) return -1;
    return 0;
}

int view_ready(PyObject *module) {
    if (add_constants(module) < 0) return -1;
    view_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (view_type == NULL) return -1;
    return PyModule_AddObjectRef(module, "View", (PyObject *)view_type);
}
