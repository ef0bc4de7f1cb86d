#include "sequences.h"

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

int parse_pairs(PyObject *args, Pairs *pairs) {
    PyObject *left, *right;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &left, &PyList_Type, &right)) return 0;
    if (PyList_GET_SIZE(left) != PyList_GET_SIZE(right)) {
        PyErr_SetString(PyExc_ValueError, "as many on the one side as on the other are asked for");
        return 0;
    }
    if (!parse_views(left, &pairs->left)) return 0;
    if (!parse_views(right, &pairs->right)) {
        free_views(&pairs->left);
        return 0;
    }
    pairs->longer = pairs->left.views;
    pairs->shorter = pairs->right.views;
    pairs->count = pairs->left.count;
    return 1;
}

void free_pairs(Pairs *pairs) {
    free_views(&pairs->left);
    free_views(&pairs->right);
}
