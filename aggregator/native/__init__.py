"""The compiled kernel, where it could be built: ``kernel``, or None; then Python and numpy do the same work.

    text → fingerprint      texts (tokens), words (of the index and of topics), prints (shingles to evidence)
    candidates → pairs      view (a text as it is compared), screening, pairs, swaps, alignment (of the two)
    HTML of the plain kind  markup
    what serves these       sorting, sequences (lists of views from Python), shingles, characters

What each function computes is written down in the Python module that asks it, which can do without;
tests/core/test_native*.py hold the two equal. A function that takes or gives something else counts the
VERSION of kernel.h and the one here up. ``AGGREGATOR_NATIVE=0`` in the environment leaves it alone.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any, Final

VERSION: Final = 8  # of kernel.h that this code was written for


def _load() -> ModuleType | None:
    if os.environ.get("AGGREGATOR_NATIVE") == "0":
        return None
    try:
        from aggregator.native import _kernel
    except ImportError:
        return None
    return _kernel if _kernel.VERSION == VERSION else None  # compiled from other sources


kernel: Final[Any] = _load()
