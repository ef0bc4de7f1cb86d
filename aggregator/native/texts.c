/* From a text to its tokens: the numpy of aggregator/text/tokens.py, a line at a time.
 *
 * What one line holds never changes the tokens of another, so what is worked on stays in the core's first cache.
 */
#include "characters.h"
#include "kernel.h"
#include <string.h>

/* Flags of tokens: aggregator/text/tokens.py. */
enum { NUMBER = 1, CAPITALISED = 2, PARAGRAPH = 4, SENTENCE = 8, LONG = 16 };

#define MULTIPLIER 0xD6E8FEB86659FD93u
#define LONG_LETTERS 5
#define CHUNK 4
#define ABBREVIATION 2
#define AHEAD 4 /* characters that a number's mark looks ahead */

uint64_t mix64(uint64_t x) {
    x ^= x >> 33;
    x *= 0xFF51AFD7ED558CCDu;
    x ^= x >> 33;
    x *= 0xC4CEB9FE1A85EC53u;
    return x ^ (x >> 33);
}

static uint64_t mark_value(char mark) { return mix64((uint64_t)mark + 0x9E3779B97F4A7C15u); }

typedef struct {
    const uint8_t *classes, *kinds; /* [CODES] */
    const uint64_t *values;         /* [CODES] */
    Py_buffer views[6];
    int held;
} Tables;

typedef struct {
    const uint64_t *values; /* sorted */
    Py_ssize_t count;
} Set;

/* One line's characters, without those that are as if they were not there, and its tokens. */
typedef struct {
    uint8_t *classes; /* one blank before, AHEAD + 1 after the characters */
    uint64_t *values;
    Py_ssize_t length;
    Py_ssize_t *special; /* places of the characters whose neighbours are looked at */
    uint8_t *kinds;
    Py_ssize_t *starts; /* of its tokens, one more than there are */
    Py_ssize_t *letters;
    uint64_t *hashes;
} Line;

typedef struct {
    uint64_t *hashes;
    uint8_t *flags;
    Py_ssize_t count;
} Found;

static int among(Set set, uint64_t value) {
    Py_ssize_t low = 0, high = set.count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (set.values[middle] < value) low = middle + 1;
        else high = middle;
    }
    return low < set.count && set.values[low] == value;
}

/* Decide by their neighbours, as they were served, what apostrophes and number marks are. */
static void settle(Line *line, Py_ssize_t specials) {
    enum { NOTHING, LETTER, POINT, GONE };
    uint8_t *classes = line->classes;
    int going = 0;
    for (Py_ssize_t i = 0; i < specials; i++) {
        const uint8_t *here = classes + line->special[i];
        uint8_t both = here[-1] & here[1], either = here[-1] | here[1], kind = line->kinds[i];
        line->kinds[i] = NOTHING;
        if (kind == APOSTROPHE && (both & WORD) && !(either & (DIGIT | BEFORE))) {
            line->kinds[i] = LETTER;
        } else if (kind != EXPANDS && (both & DIGIT)) {
            if (here[2] & here[3] & ~here[4] & DIGIT) {
                line->kinds[i] = GONE;
                going = 1;
            } else if (kind != NUMBER_SPACE) {
                line->kinds[i] = POINT;
            }
        }
    }
    for (Py_ssize_t i = 0; i < specials; i++) {
        Py_ssize_t at = line->special[i];
        if (line->kinds[i] == NOTHING || line->kinds[i] == GONE) continue;
        classes[at] = line->kinds[i] == POINT ? WORD | DIGIT : WORD;
        line->values[at] = mark_value(line->kinds[i] == POINT ? '.' : '\'');
    }
    if (!going) return;
    Py_ssize_t kept = 0, next = 0;
    for (Py_ssize_t at = 0; at < line->length; at++) {
        while (next < specials && line->special[next] < at) next++;
        if (next < specials && line->special[next] == at && line->kinds[next] == GONE) continue;
        classes[kept] = classes[at];
        line->values[kept++] = line->values[at];
    }
    line->length = kept;
    memset(classes + kept, 0, AHEAD + 1);
}

/* The hash of a run of values: by content and order, not by place. */
static uint64_t run_hash(const uint64_t *values, Py_ssize_t count) {
    uint64_t sum = 0, power = 1;
    for (Py_ssize_t i = 0; i < count; i++, power *= MULTIPLIER) sum += values[i] * power;
    return mix64(sum);
}

/* A token that is being read. `bits`: of its characters and of the separators behind it, which say what came before
 * the next one. `odd`: it is a number, or of a script that has its tokens character by character. */
static void close_token(Found *found, uint64_t sum, uint8_t first, uint8_t bits, Py_ssize_t letters, uint8_t *opening) {
    int odd = (bits & (DIGIT | AFTER)) != 0;
    uint8_t flags = *opening | (((bits & DIGIT) | (first & UPPER)) >> 3);
    if (letters >= LONG_LETTERS && !odd) flags |= LONG;
    found->hashes[found->count] = mix64(sum);
    found->flags[found->count++] = flags;
    *opening = (letters > ABBREVIATION || odd) && (bits & TERMINATOR) ? SENTENCE : 0;
}

/* The tokens of a line in which blanks part words: one walk. */
static void gather_spaced(const Line *line, Found *found) {
    const uint8_t *classes = line->classes;
    const uint64_t *values = line->values;
    Py_ssize_t at = 0, length = line->length;
    uint8_t opening = PARAGRAPH | SENTENCE;
    while (at < length && !(classes[at] & WORD)) at++;
    while (at < length) {
        uint64_t sum = 0, power = 1;
        Py_ssize_t start = at;
        uint8_t bits = 0;
        for (; classes[at] & WORD; at++, power *= MULTIPLIER) { /* there is a blank behind the last one */
            sum += values[at] * power;
            bits |= classes[at];
        }
        Py_ssize_t letters = at - start;
        for (; at < length && !(classes[at] & WORD); at++) bits |= classes[at];
        close_token(found, sum, classes[start], bits, letters, &opening);
    }
}

/* Where tokens start, and how many letters they have, where some characters part themselves. Returns how many. */
static Py_ssize_t starts_of(Line *line) {
    Py_ssize_t count = 0;
    uint8_t before = 0;
    for (Py_ssize_t at = 0; at < line->length; at++) {
        uint8_t class = line->classes[at];
        if (class & WORD) {
            if (!(before & WORD) || (class & BEFORE) || (before & AFTER)) {
                line->starts[count] = at;
                line->letters[count++] = 0;
            }
            line->letters[count - 1]++;
        }
        before = class;
    }
    line->starts[count] = line->length;
    return count;
}

/* Join clusters and kana to chunks; see `_chunks` in tokens.py. Returns how many tokens are left. */
static Py_ssize_t chunks(Line *line, Py_ssize_t count, const Set *sets) {
    Py_ssize_t kept = 0;
    uint64_t hash_before = 0;
    int kind_before = 0;
    Py_ssize_t end_before = -1;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t at = line->starts[i], letters = line->letters[i];
        uint64_t hash = run_hash(line->values + at, letters), opening = line->values[at];
        int kind = (line->classes[at] & (BEFORE | AFTER)) == BEFORE ? 1
                   : among(sets[1], opening)                        ? 3
                   : among(sets[0], opening)                        ? 2
                                                                    : 0;
        int goes_on = kind != 0 && kind == kind_before && at == end_before && !among(sets[2], opening);
        if (goes_on && mix64(hash_before * MULTIPLIER + hash) % CHUNK != 0) {
            line->letters[kept - 1] += letters;
        } else {
            line->starts[kept] = at;
            line->letters[kept++] = letters;
        }
        hash_before = hash;
        kind_before = kind;
        end_before = at + letters;
    }
    line->starts[kept] = line->length;
    return kept;
}

static void gather_unspaced(Line *line, const Set *sets, Found *found) {
    Py_ssize_t count = chunks(line, starts_of(line), sets);
    uint8_t opening = PARAGRAPH | SENTENCE;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t start = line->starts[i], letters = line->letters[i];
        uint64_t sum = 0, power = 1;
        uint8_t bits = 0;
        for (Py_ssize_t at = start; at < line->starts[i + 1]; at++) bits |= line->classes[at];
        for (Py_ssize_t at = start; at < start + letters; at++, power *= MULTIPLIER) sum += line->values[at] * power;
        close_token(found, sum, line->classes[start], bits, letters, &opening);
    }
}

/* Read the line from `at` on. Returns where the next one starts; -1: it must be spelt out first. */
static Py_ssize_t read_line(const Tables *tables, int width, const void *text, Py_ssize_t at, Py_ssize_t end,
                            int spelt, const Set *sets, Line *line, Found *found) {
    Py_ssize_t length = 0, specials = 0;
    uint8_t seen = 0;
    for (; at < end; at++) {
        Py_UCS4 code = PyUnicode_READ(width, text, at);
        if (code == '\n') break;
        uint8_t class = tables->classes[code];
        seen |= class;
        if (class & SPECIAL) {
            uint8_t kind = tables->kinds[code];
            if (kind == EXPANDS && !spelt) return -1;
            if (kind == DROPPED) continue;
            line->special[specials] = length;
            line->kinds[specials++] = kind;
        }
        line->classes[length] = class;
        line->values[length++] = tables->values[code];
    }
    memset(line->classes + length, 0, AHEAD + 1);
    line->length = length;
    if (specials) settle(line, specials);
    if (seen & (BEFORE | AFTER)) gather_unspaced(line, sets, found);
    else gather_spaced(line, found);
    return at + 1;
}

static int hold(Tables *tables, PyObject *given) {
    static const Py_ssize_t sizes[3] = {CODES, CODES, CODES * (Py_ssize_t)sizeof(uint64_t)};
    tables->held = 0;
    if (!PyTuple_Check(given) || PyTuple_GET_SIZE(given) != 6) {
        PyErr_SetString(PyExc_TypeError, "six arrays are needed: classes, kinds, values and three sets of values");
        return -1;
    }
    for (int i = 0; i < 6; i++) {
        Py_buffer *view = &tables->views[i];
        if (PyObject_GetBuffer(PyTuple_GET_ITEM(given, i), view, PyBUF_SIMPLE) < 0) return -1;
        tables->held++;
        if (i < 3 ? view->len != sizes[i] : view->len % (Py_ssize_t)sizeof(uint64_t) != 0) {
            PyErr_SetString(PyExc_ValueError, "an array of characters has another size than expected");
            return -1;
        }
    }
    tables->classes = tables->views[0].buf;
    tables->kinds = tables->views[1].buf;
    tables->values = tables->views[2].buf;
    return 0;
}

static void let_go(Tables *tables) {
    while (tables->held) PyBuffer_Release(&tables->views[--tables->held]);
}

/* Space for lines of at most `length` characters, as one block. NULL: no memory. */
static void *line_space(Line *line, Py_ssize_t length) {
    size_t many = (size_t)length + 1;
    size_t words = 4 * many * sizeof(uint64_t);
    char *block = PyMem_RawMalloc(words + 2 * (many + AHEAD + 2));
    if (block == NULL) return NULL;
    line->values = (uint64_t *)block;
    line->special = (Py_ssize_t *)(line->values + many);
    line->starts = line->special + many;
    line->letters = line->starts + many;
    line->kinds = (uint8_t *)(line->letters + many);
    line->classes = line->kinds + many + AHEAD + 2;
    line->classes[-1] = 0;
    return block;
}

static Py_ssize_t longest_line(int width, const void *text, Py_ssize_t length, Py_ssize_t *lines) {
    Py_ssize_t longest = 0, start = 0;
    *lines = 1;
    for (Py_ssize_t at = 0; at < length; at++) {
        if (PyUnicode_READ(width, text, at) != '\n') continue;
        if (at - start > longest) longest = at - start;
        start = at + 1;
        ++*lines;
    }
    return length - start > longest ? length - start : longest;
}

static PyObject *found_arrays(const Found *found, const int64_t *bounds, Py_ssize_t lines) {
    PyObject *hashes = PyByteArray_FromStringAndSize((char *)found->hashes, found->count * 8);
    PyObject *flags = PyByteArray_FromStringAndSize((char *)found->flags, found->count);
    PyObject *ends = PyByteArray_FromStringAndSize((char *)bounds, (lines + 1) * 8);
    PyObject *made = hashes && flags && ends ? PyTuple_Pack(3, hashes, flags, ends) : NULL;
    Py_XDECREF(hashes);
    Py_XDECREF(flags);
    Py_XDECREF(ends);
    return made;
}

static PyObject *tokens_of(const Tables *tables, PyObject *text, int spelt) {
    int width = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text), lines, at = 0;
    Set sets[3];
    for (int i = 0; i < 3; i++)
        sets[i] = (Set){tables->views[i + 3].buf, tables->views[i + 3].len / (Py_ssize_t)sizeof(uint64_t)};
    Line line;
    void *space = line_space(&line, longest_line(width, data, length, &lines));
    Found found = {PyMem_RawMalloc((size_t)length * 8 + 8), PyMem_RawMalloc((size_t)length + 1), 0};
    int64_t *bounds = PyMem_RawMalloc(((size_t)lines + 1) * sizeof(int64_t));
    PyObject *made = NULL;
    if (space == NULL || found.hashes == NULL || found.flags == NULL || bounds == NULL) {
        PyErr_NoMemory();
    } else {
        bounds[0] = 0;
        for (Py_ssize_t i = 0; i < lines && at >= 0; i++) {
            /* The width as a constant, so that the loop over characters has no branch on it. */
            if (width == 1) at = read_line(tables, 1, data, at, length, spelt, sets, &line, &found);
            else if (width == 2) at = read_line(tables, 2, data, at, length, spelt, sets, &line, &found);
            else at = read_line(tables, 4, data, at, length, spelt, sets, &line, &found);
            bounds[i + 1] = found.count;
        }
        made = at < 0 ? Py_NewRef(Py_None) : found_arrays(&found, bounds, lines);
    }
    PyMem_RawFree(space);
    PyMem_RawFree(found.hashes);
    PyMem_RawFree(found.flags);
    PyMem_RawFree(bounds);
    return made;
}

static PyObject *tokenise(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *text, *given;
    int spelt;
    Tables tables;
    if (!PyArg_ParseTuple(arguments, "UOp", &text, &given, &spelt) || PyUnicode_READY(text) < 0) return NULL;
    PyObject *made = hold(&tables, given) < 0 ? NULL : tokens_of(&tables, text, spelt);
    let_go(&tables);
    return made;
}

/* A hash of each line's tokens, 0 of a line without any: int64[lines]. */
static PyObject *line_hashes(PyObject *module, PyObject *arguments) {
    (void)module;
    Py_buffer hashes, bounds;
    if (!PyArg_ParseTuple(arguments, "y*y*", &hashes, &bounds)) return NULL;
    const int64_t *ends = bounds.buf;
    Py_ssize_t lines = bounds.len / 8 - 1, tokens = hashes.len / 8;
    PyObject *made = lines < 0 ? NULL : PyByteArray_FromStringAndSize(NULL, lines * 8);
    int sound = made != NULL;
    for (Py_ssize_t i = 0; sound && i < lines; i++) {
        sound = ends[i] >= 0 && ends[i] <= ends[i + 1] && ends[i + 1] <= tokens;
        if (!sound) break;
        uint64_t hash = 0;
        if (ends[i] < ends[i + 1]) hash = run_hash((uint64_t *)hashes.buf + ends[i], ends[i + 1] - ends[i]);
        memcpy(PyByteArray_AS_STRING(made) + 8 * i, &hash, 8);
    }
    if (!sound && !PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "bounds of lines are no bounds of these tokens");
    if (!sound) Py_CLEAR(made);
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&bounds);
    return made;
}

PyMethodDef texts_methods[] = {
    {"tokenise", tokenise, METH_VARARGS, "text, tables, spelt out? -> hashes, flags, bounds; None: to be spelt out"},
    {"line_hashes", line_hashes, METH_VARARGS, "hashes, bounds -> int64 of each line"},
    {NULL, NULL, 0, NULL},
};
