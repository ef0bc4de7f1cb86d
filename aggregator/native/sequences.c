#include "sequences.h"

#include <string.h>

int parse_views(PyObject *list, Views *views) {
    views->count = 0;
    Py_ssize_t size = PyList_GET_SIZE(list);
    views->views = PyMem_Malloc((size_t)(size + 1) * sizeof *views->views);
    if (views->views == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *each = PyList_GET_ITEM(list, i);
        if (!Py_IS_TYPE(each, view_type)) {
            PyErr_SetString(PyExc_TypeError, "a list of View is asked for");
            free_views(views);
            return 0;
        }
        views->views[views->count++] = (View *)Py_NewRef(each);
    }
    return 1;
}

void free_views(Views *views) {
    for (Py_ssize_t i = 0; i < views->count; i++) Py_DECREF(views->views[i]);
    PyMem_Free(views->views);
}

static int count_all(const Views *longer, const Views *shorter, char *made, size_t size, Count count) {
    Room room = {NULL, NULL, NULL, 0};
    int enough = 1;
    for (Py_ssize_t i = 0; i < longer->count && enough; i++) {
        enough = make_room(&room, longer->views[i], shorter->views[i]);
        if (enough) count(&room, longer->views[i], shorter->views[i], made + (size_t)i * size);
    }
    free_room(&room);
    return enough;
}

PyObject *count_pairs(PyObject *args, size_t size, Count count) {
    PyObject *left, *right, *made;
    Views longer, shorter;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &left, &PyList_Type, &right)) return NULL;
    if (PyList_GET_SIZE(left) != PyList_GET_SIZE(right)) {
        PyErr_SetString(PyExc_ValueError, "as many on the one side as on the other are asked for");
        return NULL;
    }
    if (!parse_views(left, &longer)) return NULL;
    if (!parse_views(right, &shorter)) {
        free_views(&longer);
        return NULL;
    }
    made = PyBytes_FromStringAndSize(NULL, longer.count * (Py_ssize_t)size);
    if (made != NULL) {
        char *counts = PyBytes_AS_STRING(made); /* nobody else knows of it yet */
        int enough;
        memset(counts, 0, (size_t)longer.count * size);
        Py_BEGIN_ALLOW_THREADS
        enough = count_all(&longer, &shorter, counts, size, count);
        Py_END_ALLOW_THREADS
        if (!enough) {
            Py_CLEAR(made);
            PyErr_NoMemory();
        }
    }
    free_views(&longer);
    free_views(&shorter);
    return made;
}
