#include "kernel.h"
PyMethodDef pairs_methods[] = {{NULL, NULL, 0, NULL}};
int pairs_ready(PyObject *module) { (void)module; return 0; }
