"""Guesses at a password cost time: after a few failures, whoever guessed must wait, ever longer."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

FREE = 5  # failures before the first wait
LONGEST = timedelta(minutes=15)
KEPT = 10_000  # guessers remembered; beyond, the one that has been quiet longest is forgotten


class Throttle:
    """Failures by whom: any hashable, an address and a user's name for instance. For many threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._failures: OrderedDict[Hashable, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, who: Hashable) -> int:
        """Return how many seconds they must wait before the next try, 0: none."""
        with self._lock:
            count, last = self._failures.get(who, (0, self._now()))
        if count < FREE:
            return 0
        pause = min(timedelta(seconds=2 ** min(count - FREE + 1, 20)), LONGEST)
        return max(0, -(-(last + pause - self._now()) // timedelta(seconds=1)))

    def failed(self, who: Hashable) -> None:
        """Count a failure."""
        with self._lock:
            count, _ = self._failures.pop(who, (0, None))
            self._failures[who] = (count + 1, self._now())
            while len(self._failures) > KEPT:
                self._failures.popitem(last=False)

    def passed(self, who: Hashable) -> None:
        """Forget their failures."""
        with self._lock:
            self._failures.pop(who, None)
