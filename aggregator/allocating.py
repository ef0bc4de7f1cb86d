"""How the C library keeps memory that this process has freed: it gives large pieces back at once.

glibc raises its threshold for pieces that it maps on their own to the size of the largest that was ever freed
(up to 32 MB), and from then on puts bodies of megabytes between small objects, where one that stays holds all
around it; and it does so in up to eight heaps for each core. With fixed thresholds and two heaps a daemon is
as large as what it holds.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

LARGE: Final = 128 * 1024  # bytes from which on a piece is mapped on its own, and unmapped when it is freed
TOP: Final = 512 * 1024  # free bytes at a heap's end from which on they are given back
HEAPS: Final = 2  # one for the event loop, one for the threads beside it

# malloc.h; each of them also ends the adjusting.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def give_back() -> bool:
    """Set up this process, before it has threads; False where nothing is done: the C library is not glibc."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    wanted = {_M_MMAP_THRESHOLD: LARGE, _M_TRIM_THRESHOLD: TOP, _M_ARENA_MAX: HEAPS}
    return all(mallopt(key, value) for key, value in wanted.items())
