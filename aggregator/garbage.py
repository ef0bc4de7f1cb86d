"""How often Python looks for garbage that refers to itself, in the processes that do the work.

Nearly all that a poll makes is freed by counting references. What is kept — settings, the book of sources,
articles at hand — is many small objects that a collection walks through each time: with Python's own
thresholds a quarter of the time of placing.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 100_000  # objects more than were freed, until the young are looked through
OLDER: Final = 20  # such rounds until the middle ones are, and so on


def collect_seldom() -> None:
    """Set up this process, once it has imported what it needs."""
    gc.freeze()  # modules and settings stay: nobody need look at them again
    gc.set_threshold(YOUNG, OLDER, OLDER)
