"""What was asked for lately, as much as fits: as large after a year as when it was full for the first time.

Two generations, of which the old one is dropped whole, would be simpler; but what they hold swings between
half and all, and a process seems to leak.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lately(Generic[K, V]):
    """Values by key that weigh at most ``limit`` together; the one not asked for longest goes first.

    ``weigh``: what a value weighs, the same each time it is asked; without it each weighs 1.
    """

    def __init__(self, limit: int, weigh: Callable[[V], int] | None = None) -> None:
        self._limit = max(1, limit)
        self._weigh = weigh
        self._weighs = 0  # with ``weigh`` only
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def get(self, key: K) -> V | None:
        """The value, when it is kept; now it was asked for."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Keep a value, as if it had been asked for."""
        kept = self._kept
        if self._weigh is not None:
            self.drop(key)
            self._weighs += self._weigh(value)
        elif key in kept:
            kept.move_to_end(key)
        kept[key] = value
        while (len(kept) if self._weigh is None else self._weighs) > self._limit:
            self._forget_first()

    def _forget_first(self) -> None:
        _, value = self._kept.popitem(last=False)
        if self._weigh is not None:
            self._weighs -= self._weigh(value)

    def drop(self, key: K) -> V | None:
        """Forget a value; what it was."""
        value = self._kept.pop(key, None)
        if value is not None and self._weigh is not None:
            self._weighs -= self._weigh(value)
        return value
