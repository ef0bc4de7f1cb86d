"""Notices when the clock is set: the wall clock and the steady one then disagree about what has passed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

NOTED = timedelta(seconds=30)  # smaller steps are how clocks are kept right


class Jumps:
    """Call `look` now and then. ``steady``: seconds that only ever grow."""

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._before = wall(), steady()

    def look(self) -> timedelta | None:
        """By how much the clock was set since the last look, backwards below zero; None: it was not."""
        wall, steady = self._wall(), self._steady()
        jump = wall - self._before[0] - timedelta(seconds=steady - self._before[1])
        self._before = wall, steady
        return jump if abs(jump) >= NOTED else None
