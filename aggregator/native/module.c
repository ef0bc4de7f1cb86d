/* The module `aggregator.native._kernel`: the innermost loops of the detector, compiled.
 *
 * What each function computes is said, and done in numpy, by the Python module that calls it; the two are held
 * equal by tests/core/test_native*.py. Nothing here knows of files, sockets or the clock, and no function keeps
 * anything between two calls.
 */
#include "view.h"

static int add_functions(PyObject *module, PyMethodDef *methods) {
    return PyModule_AddFunctions(module, methods);
}

static int execute(PyObject *module) {
    if (PyModule_AddIntConstant(module, "VERSION", KERNEL_VERSION) < 0) return -1;
    if (view_ready(module) < 0) return -1;
    if (add_functions(module, texts_methods) < 0) return -1;
    if (add_functions(module, words_methods) < 0) return -1;
    if (add_functions(module, markup_methods) < 0) return -1;
    if (add_functions(module, prints_methods) < 0) return -1;
    if (add_functions(module, screening_methods) < 0) return -1;
    if (add_functions(module, swaps_methods) < 0) return -1;
    return add_functions(module, pairs_methods);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "aggregator.native._kernel",
    .m_doc = "Innermost loops of the detector.",
    .m_size = 0,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
