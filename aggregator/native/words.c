/* The words of a text as topics and the full-text index compare them: `tokenise` of aggregator/topics.py. */
#include "characters.h"
#include "kernel.h"

typedef struct {
    Py_buffer classes, kinds; /* uint8[CODES] */
    Py_buffer fold;           /* uint32[CODES], 0 of what stays as it is */
    int ascii[0x80];          /* what these become */
} Tables;

/* Words as they are written: parted by single spaces, cut to `longest` characters, at most `most`. */
typedef struct {
    Py_UCS4 *text; /* twice as long as what is read */
    Py_ssize_t length, words, letters;
    Py_ssize_t most, longest;
    Py_UCS4 seen; /* all bits of all characters */
} Written;

/* What a character becomes: a letter of a word, or one of these. TOGETHER: it cannot be looked at by itself. */
enum { NO_WORD = -1, LEFT_OUT = -2, TOGETHER = -3 };

static int becomes(const Tables *tables, Py_UCS4 code) {
    const uint8_t *classes = tables->classes.buf, *kinds = tables->kinds.buf;
    const uint32_t *fold = tables->fold.buf;
    if (classes[code] & SPECIAL) {
        if (kinds[code] == DROPPED) return LEFT_OUT;
        if (kinds[code] == EXPANDS) return TOGETHER;
    }
    Py_UCS4 folded = fold[code] ? fold[code] : code;
    if (folded != code) {
        if (folded >= CODES || kinds[folded] == DROPPED || kinds[folded] == EXPANDS) return TOGETHER;
        if (fold[folded] != 0 && fold[folded] != folded) return TOGETHER;
    }
    return classes[folded] & WORD ? (int)folded : NO_WORD;
}

/* Read all words, as if there might be any number of any length: without a branch at each end of a word of ASCII,
 * which is not to be foreseen. Returns whether every character could be looked at by itself. */
static int read_all(const Tables *tables, int width, const void *text, Py_ssize_t length, Written *written) {
    const uint8_t *classes = tables->classes.buf;
    Py_UCS4 *out = written->text, seen = 0;
    Py_ssize_t end = 0, start = 0, words = 0, longest = 0;
    int within = 0; /* whether a word goes on, which started at `start` */
    for (Py_ssize_t at = 0; at < length; at++) {
        Py_UCS4 served = PyUnicode_READ(width, text, at);
        int code = served < 0x80 ? tables->ascii[served] : becomes(tables, served);
        int after = 0;
        if (served >= 0x80) {
            if (code == TOGETHER) return 0;
            if (code == LEFT_OUT) continue;
            uint8_t class = code == NO_WORD ? 0 : classes[code];
            after = (class & AFTER) != 0;
            if (within && (class & BEFORE)) out[end++] = ' ', within = 0;
        }
        int letter = code >= 0;
        Py_UCS4 put = letter ? (Py_UCS4)code : ' ';
        int starts = letter & !within;
        start = starts ? end : start;
        words += starts;
        out[end] = put;
        seen |= put;
        end += letter | within;
        within = letter;
        longest = end - start > longest ? end - start : longest; /* a space more, where it ended here */
        if (after) out[end++] = ' ', within = 0;
    }
    written->length = end && out[end - 1] == ' ' ? end - 1 : end;
    written->words = words;
    written->letters = longest;
    written->seen = seen;
    return 1;
}

/* Start a word, where there may be one more. */
static int start_word(Written *written) {
    if (written->words == written->most) return 0;
    if (written->words++) written->text[written->length++] = ' ';
    written->letters = 0;
    return 1;
}

/* Whether every character could be looked at by itself. */
static int read_words(const Tables *tables, int width, const void *text, Py_ssize_t length, Written *written) {
    const uint8_t *classes = tables->classes.buf;
    const int *ascii = tables->ascii;
    int within = 0, room = 1; /* whether a word goes on; whether there may be more of them */
    Py_ssize_t at = 0;
    while (at < length) {
        Py_UCS4 served = PyUnicode_READ(width, text, at++);
        int code = served < 0x80 ? ascii[served] : becomes(tables, served);
        if (code == LEFT_OUT) continue;
        if (code == NO_WORD) {
            within = 0;
            continue;
        }
        /* What follows the last word that counts is read too: it may be what must be looked at together. */
        if (code == TOGETHER) return 0;
        uint8_t class = classes[code];
        if (room && (!within || (class & BEFORE))) room = start_word(written);
        within = !(class & AFTER);
        if (!room) continue;
        /* The letter, and those of ASCII that follow it: they neither start nor end a word by themselves. */
        Py_ssize_t letters = written->letters, end = written->length;
        for (;;) {
            if (letters++ < written->longest) {
                written->text[end++] = (Py_UCS4)code;
                written->seen |= (Py_UCS4)code;
            }
            if (!within || at == length) break;
            served = PyUnicode_READ(width, text, at);
            if (served >= 0x80 || (code = ascii[served]) < 0) break;
            at++;
        }
        written->letters = letters;
        written->length = end;
    }
    return 1;
}

static PyObject *as_string(const Written *written) {
    Py_UCS4 most = written->seen < 0x80 ? 0x7F : written->seen < 0x100 ? 0xFF : written->seen < 0x10000 ? 0xFFFF : 0x10FFFF;
    if (most > 0x7F) return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, written->text, written->length);
    PyObject *made = PyUnicode_New(written->length, most);
    if (made == NULL) return NULL;
    uint8_t *letters = PyUnicode_DATA(made);
    for (Py_ssize_t i = 0; i < written->length; i++) letters[i] = (uint8_t)written->text[i];
    return made;
}

static int read_of(const Tables *tables, PyObject *text, Written *written, int bounded) {
    const void *data = PyUnicode_DATA(text);
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (bounded) return read_words(tables, PyUnicode_KIND(text), data, length, written);
    /* The width as a constant, so that the loop over characters has no branch on it. */
    if (PyUnicode_KIND(text) == 1) return read_all(tables, 1, data, length, written);
    if (PyUnicode_KIND(text) == 2) return read_all(tables, 2, data, length, written);
    return read_all(tables, 4, data, length, written);
}

static PyObject *words_of(const Tables *tables, PyObject *text, Py_ssize_t most, Py_ssize_t longest) {
    /* A character becomes one, and a space before it or behind it. */
    size_t room = (size_t)PyUnicode_GET_LENGTH(text) * 2 + 1;
    Written written = {.text = PyMem_RawMalloc(room * sizeof(Py_UCS4)), .most = most, .longest = longest};
    if (written.text == NULL) return PyErr_NoMemory();
    int simple = read_of(tables, text, &written, 0);
    if (simple && (written.words > most || written.letters > longest)) {
        written = (Written){.text = written.text, .most = most, .longest = longest};
        simple = read_of(tables, text, &written, 1);
    }
    PyObject *made = simple ? as_string(&written) : Py_NewRef(Py_None);
    PyMem_RawFree(written.text);
    return made;
}

static PyObject *words(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *text, *made = NULL;
    Tables tables;
    Py_ssize_t most, longest;
    if (!PyArg_ParseTuple(arguments, "U(y*y*y*)nn", &text, &tables.classes, &tables.kinds, &tables.fold, &most,
                          &longest))
        return NULL;
    if (tables.classes.len != CODES || tables.kinds.len != CODES || tables.fold.len != CODES * 4)
        PyErr_SetString(PyExc_ValueError, "an array of characters has another size than expected");
    else if (PyUnicode_READY(text) == 0) {
        for (Py_UCS4 code = 0; code < 0x80; code++) tables.ascii[code] = (int)becomes(&tables, code);
        made = words_of(&tables, text, most, longest);
    }
    PyBuffer_Release(&tables.classes);
    PyBuffer_Release(&tables.kinds);
    PyBuffer_Release(&tables.fold);
    return made;
}

PyMethodDef words_methods[] = {
    {"words", words, METH_VARARGS,
     "text, (classes, kinds, fold), most words, longest -> words; None: some must be looked at together"},
    {NULL, NULL, 0, NULL},
};
