/* Frozen dataclasses made of their values, as `jobs.whole` does it for each entry that a worker read. */
#include "kernel.h"

/* An object of a class of ours, its attributes set one by one as its own __init__ would, were it not frozen. */
static PyObject *made(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    (void)module;
    PyObject *names, *values;
    if (count != 3 || !PyType_Check(arguments[0]) || !PyTuple_Check(names = arguments[1]) ||
        !PyTuple_Check(values = arguments[2])) {
        PyErr_SetString(PyExc_TypeError, "a class, the names of its fields and their values are needed");
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)arguments[0];
    if (type->tp_base != &PyBaseObject_Type || type->tp_new != PyBaseObject_Type.tp_new) {
        PyErr_SetString(PyExc_TypeError, "only classes that add nothing to making an object are made here");
        return NULL;
    }
    if (PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(values)) {
        PyErr_SetString(PyExc_ValueError, "there are as many values as names");
        return NULL;
    }
    PyObject *one = type->tp_alloc(type, 0);
    for (Py_ssize_t i = 0; one != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (PyObject_GenericSetAttr(one, PyTuple_GET_ITEM(names, i), PyTuple_GET_ITEM(values, i)) < 0) Py_CLEAR(one);
    return one;
}

PyMethodDef made_methods[] = {
    {"made", (PyCFunction)(void (*)(void))made, METH_FASTCALL, "class, names of its fields, values -> an object of it"},
    {NULL, NULL, 0, NULL},
};
