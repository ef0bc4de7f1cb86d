"""The compiled kernel, where it could be built: ``kernel``, or None, and then numpy does the same work.

``AGGREGATOR_NATIVE=0`` in the environment leaves it alone.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any, Final

VERSION: Final = 7  # of kernel.h that this code was written for


def _load() -> ModuleType | None:
    if os.environ.get("AGGREGATOR_NATIVE") == "0":
        return None
    try:
        from aggregator.native import _kernel
    except ImportError:
        return None
    return _kernel if _kernel.VERSION == VERSION else None  # compiled from other sources


kernel: Final[Any] = _load()
