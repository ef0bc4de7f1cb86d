/* HTML of the plain kind: a few elements, properly nested, each text and character as a serialiser writes them.
 *
 * What is of that kind is read the same by every parser, so neither needs to be asked: libxml2's for the paragraphs
 * of a text (aggregator/text/paragraphs.py), ammonia's for whether there is anything to clean
 * (aggregator/sources/sanitize.py). All else is theirs: whatever is not certain here is refused.
 */
#include "kernel.h"
#include <string.h>

/* What an element may hold, and what it does to the text around it. */
typedef enum {
    FLOW,    /* blocks, and all else but items */
    LINE,    /* a block of phrases */
    LIST,    /* a block of items */
    ITEM,    /* a block that holds what FLOW holds */
    PHRASE,  /* phrases; no block */
    LINK,    /* the same, and a sanitiser writes something into it */
    BREAK,   /* nothing; parts lines */
    RULE,    /* nothing; parts blocks */
    NOTHING, /* a picture: nothing to a reader of text */
} Content;

typedef struct {
    const char *name;
    Content content;
} Element;

/* The frequent ones first. */
static const Element ELEMENTS[] = {
    {"p", LINE}, {"a", LINK}, {"br", BREAK}, {"strong", PHRASE}, {"em", PHRASE}, {"b", PHRASE}, {"i", PHRASE},
    {"li", ITEM}, {"ul", LIST}, {"span", PHRASE}, {"img", NOTHING}, {"div", FLOW}, {"h2", LINE}, {"h3", LINE},
    {"blockquote", FLOW}, {"ol", LIST}, {"h4", LINE}, {"h1", LINE}, {"h5", LINE}, {"h6", LINE}, {"figure", FLOW},
    {"figcaption", FLOW}, {"hr", RULE}, {"code", PHRASE}, {"cite", PHRASE}, {"q", PHRASE}, {"u", PHRASE},
    {"s", PHRASE}, {"small", PHRASE}, {"sub", PHRASE}, {"sup", PHRASE}, {"abbr", PHRASE}, {"mark", PHRASE},
    {"time", PHRASE}, {"del", PHRASE}, {"ins", PHRASE}, {"kbd", PHRASE}, {"section", FLOW}, {"article", FLOW},
    {"aside", FLOW}, {"header", FLOW}, {"footer", FLOW}, {"main", FLOW},
};

enum { DEPTH = 50 };

static const struct {
    const char *name;
    Py_UCS4 means;
} ENTITIES[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"nbsp;", 0xA0}};

/* A document that is read. */
typedef struct {
    int width;
    const void *text;
    Py_ssize_t at, length;
    int bare; /* whether an attribute, or a character that a serialiser spells out, is too much */
    const Element *open[DEPTH];
    int depth, tags;
    Py_UCS4 *found; /* the text: lines are parted by one line feed, blocks by two; NULL: it is not wanted */
    Py_ssize_t count;
} Reading;

static Py_UCS4 here(const Reading *of) {
    return of->at < of->length ? PyUnicode_READ(of->width, of->text, of->at) : 0;
}

static void put(Reading *of, Py_UCS4 code) {
    if (of->found != NULL) of->found[of->count++] = code;
}

static void part(Reading *of, Content content) {
    if (content == PHRASE || content == LINK || content == NOTHING) return;
    put(of, '\n');
    if (content != BREAK) put(of, '\n');
}

/* Whether the text goes on with these letters, which are then read. */
static int follows(Reading *of, const char *letters) {
    Py_ssize_t at = of->at;
    for (; *letters; letters++, at++)
        if (at >= of->length || PyUnicode_READ(of->width, of->text, at) != (Py_UCS4)(unsigned char)*letters) return 0;
    of->at = at;
    return 1;
}

static int is_name(Py_UCS4 code) { return (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9'); }

/* The element whose name stands here, which is read; NULL for any other. */
static const Element *named(Reading *of) {
    Py_ssize_t start = of->at;
    for (size_t i = 0; i < sizeof ELEMENTS / sizeof *ELEMENTS; i++) {
        if (follows(of, ELEMENTS[i].name) && !is_name(here(of))) return &ELEMENTS[i];
        of->at = start;
    }
    return NULL;
}

/* Whether a character is one that every parser takes as it is. */
static int is_plain(Py_UCS4 code) {
    if (code < 0x7F) return code >= ' ' || code == '\n' || code == '\t';
    return code >= 0xA0 && !(code >= 0xD800 && code <= 0xDFFF) && (code & 0xFFFE) != 0xFFFE;
}

/* Attributes, as a serialiser writes them: name="value". */
static int attributes(Reading *of) {
    while (here(of) == ' ') {
        if (of->bare) return 0;
        of->at++;
        if (here(of) < 'a' || here(of) > 'z') return 0;
        while ((here(of) >= 'a' && here(of) <= 'z') || here(of) == '-') of->at++;
        if (!follows(of, "=\"")) return 0;
        while (here(of) != '"') {
            if (!is_plain(here(of))) return 0;
            of->at++;
        }
        of->at++;
    }
    return 1;
}

/* Whether an element may stand in the one that is open, so that no parser would move or close anything. */
static int fits(const Reading *of, const Element *element) {
    Content outer = of->depth ? of->open[of->depth - 1]->content : FLOW;
    if (outer == LIST) return element->content == ITEM;
    if (element->content == ITEM) return 0;
    if (outer == FLOW || outer == ITEM) return 1;
    if (element->content == BREAK || element->content == NOTHING) return 1;
    if (element->content != PHRASE && element->content != LINK) return 0;
    for (int i = 0; i < of->depth; i++)
        if (of->open[i] == element) return 0; /* links in links are taken apart */
    return 1;
}

static int tag(Reading *of) {
    of->at++;
    int ends = follows(of, "/");
    const Element *element = named(of);
    if (element == NULL) return 0;
    if (ends) {
        if (!of->depth || of->open[of->depth - 1] != element) return 0;
        of->depth--;
    } else {
        if (of->bare && (element->content == LINK || element->content == NOTHING)) return 0;
        if (!fits(of, element) || !attributes(of)) return 0;
        if (element->content < BREAK) {
            if (of->depth == DEPTH) return 0;
            of->open[of->depth++] = element;
        }
    }
    part(of, element->content);
    of->tags++;
    return follows(of, ">");
}

static int entity(Reading *of) {
    of->at++;
    for (size_t i = 0; i < sizeof ENTITIES / sizeof *ENTITIES; i++) {
        if (!follows(of, ENTITIES[i].name)) continue;
        put(of, ENTITIES[i].means);
        return 1;
    }
    return 0;
}

/* What every parser takes as it is, and no serialiser spells out. */
static const uint8_t ORDINARY[0x80] = {
    [' '] = 1, ['!' ... '%'] = 1, ['\'' ... ';'] = 1, ['='] = 1, ['?' ... '~'] = 1,
};

#define READ_RUN(TYPE)                                                                         \
    const TYPE *text = (const TYPE *)of->text;                                                 \
    Py_ssize_t at = of->at;                                                                    \
    while (at < of->length && text[at] < 0x80 && ORDINARY[text[at]]) at++;                     \
    if (of->found != NULL) {                                                                   \
        Py_UCS4 *found = of->found + of->count;                                                \
        for (Py_ssize_t i = of->at; i < at; i++) *found++ = text[i];                           \
        of->count += at - of->at;                                                              \
    }                                                                                          \
    of->at = at;

/* Read what is ordinary from here on: most of all. */
static void read_run(Reading *of) {
    if (of->width == 1) {
        READ_RUN(Py_UCS1)
    } else if (of->width == 2) {
        READ_RUN(Py_UCS2)
    } else {
        READ_RUN(Py_UCS4)
    }
}

/* Read a document of the plain kind; 0: it is another. */
static int read_markup(Reading *of) {
    while (of->at < of->length) {
        read_run(of);
        if (of->at == of->length) break;
        Py_UCS4 code = PyUnicode_READ(of->width, of->text, of->at);
        if (code == '<' || code == '&') {
            if (!(code == '<' ? tag(of) : entity(of))) return 0;
        } else {
            if (code == '>' || !is_plain(code) || (code == 0xA0 && of->bare)) return 0;
            put(of, code == '\n' ? ' ' : code);
            of->at++;
        }
    }
    return of->depth == 0;
}

static Reading reading(PyObject *text, int bare) {
    return (Reading){.width = PyUnicode_KIND(text), .text = PyUnicode_DATA(text), .length = PyUnicode_GET_LENGTH(text),
                     .bare = bare};
}

/* A text that is parted into paragraphs. */
typedef struct {
    const Py_UCS4 *text;
    Py_ssize_t length;
    Py_UCS4 *work; /* as long */
    PyObject *paragraphs;
    int lines; /* whether a line ended within a paragraph */
} Parting;

/* Add a paragraph, its runs of blanks as one space; see `_tidy` in paragraphs.py. Returns -1 on an error. */
static int add_paragraph(Parting *of, Py_ssize_t start, Py_ssize_t end) {
    while (start < end && Py_UNICODE_ISSPACE(of->text[end - 1])) end--;
    while (start < end && Py_UNICODE_ISSPACE(of->text[start])) start++;
    if (start == end) return 0;
    Py_ssize_t kept = 0;
    Py_UCS4 seen = 0, *work = of->work;
    int lines = 0, blank = 0;
    for (Py_ssize_t i = start; i < end; i++) { /* without a branch: where words end is not to be foreseen */
        Py_UCS4 code = of->text[i];
        int before = blank;
        blank = code <= ' '; /* a blank, a tab or a line feed: there are no others, they are not plain */
        lines |= code == '\n';
        seen |= code;
        work[kept] = blank ? ' ' : code;
        kept += !(blank & before);
    }
    of->lines |= lines;
    PyObject *made;
    if (seen < 0x80) {
        made = PyUnicode_New(kept, 0x7F);
        if (made != NULL)
            for (Py_ssize_t i = 0; i < kept; i++) PyUnicode_1BYTE_DATA(made)[i] = (Py_UCS1)work[i];
    } else {
        made = PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, work, kept);
    }
    int failed = made == NULL || PyList_Append(of->paragraphs, made) < 0;
    Py_XDECREF(made);
    return failed ? -1 : 0;
}

/* Where the next blank line starts, at `at` or behind it, and where it ends; -1: there is none. */
static Py_ssize_t blank_line(const Parting *of, Py_ssize_t at, Py_ssize_t *end) {
    for (; at < of->length; at++) {
        if (of->text[at] != '\n') continue;
        *end = at + 1;
        while (*end < of->length && of->text[*end] != '\n' && Py_UNICODE_ISSPACE(of->text[*end])) ++*end;
        if (*end < of->length && of->text[*end] == '\n') {
            ++*end;
            return at;
        }
    }
    return -1;
}

/* Paragraphs of a text: parted by blank lines. One alone that has lines is given back as it is, for Python. */
static PyObject *split(Parting *of) {
    of->paragraphs = PyList_New(0);
    Py_ssize_t start = 0, end, blank;
    int failed = of->paragraphs == NULL;
    while (!failed && (blank = blank_line(of, start, &end)) >= 0) {
        failed = add_paragraph(of, start, blank) < 0;
        start = end;
    }
    if (failed || add_paragraph(of, start, of->length) < 0) {
        Py_XDECREF(of->paragraphs);
        return NULL;
    }
    if (!of->lines || PyList_GET_SIZE(of->paragraphs) != 1) return of->paragraphs;
    Py_DECREF(of->paragraphs);
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, of->text, of->length);
}

static PyObject *paragraphs(PyObject *module, PyObject *html) {
    (void)module;
    if (!PyUnicode_Check(html)) {
        PyErr_SetString(PyExc_TypeError, "HTML is a string");
        return NULL;
    }
    if (PyUnicode_READY(html) < 0) return NULL;
    Reading of = reading(html, 0);
    /* A tag of three characters becomes two at most. */
    of.found = PyMem_RawMalloc((size_t)of.length * 2 * sizeof(Py_UCS4) + 1);
    if (of.found == NULL) return PyErr_NoMemory();
    int plain = read_markup(&of) && of.tags;
    Parting parting = {.text = of.found, .length = of.count, .work = of.found + of.length};
    PyObject *made = plain ? split(&parting) : Py_NewRef(Py_None);
    PyMem_RawFree(of.found);
    return made;
}

static PyObject *is_clean(PyObject *module, PyObject *html) {
    (void)module;
    if (!PyUnicode_Check(html)) {
        PyErr_SetString(PyExc_TypeError, "HTML is a string");
        return NULL;
    }
    if (PyUnicode_READY(html) < 0) return NULL;
    Reading of = reading(html, 1);
    return PyBool_FromLong(read_markup(&of));
}

PyMethodDef markup_methods[] = {
    {"paragraphs", paragraphs, METH_O, "HTML -> paragraphs; its text, where lines part it; None: ask a parser"},
    {"is_clean", is_clean, METH_O, "HTML -> whether a sanitiser would give it back as it is, for certain"},
    {NULL, NULL, 0, NULL},
};
