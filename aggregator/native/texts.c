#include "kernel.h"

PyMethodDef texts_methods[] = {{NULL, NULL, 0, NULL}};
