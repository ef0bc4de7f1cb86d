"""What was asked for lately, as much as fits: as large after a year as when it was full for the first time.

Two generations, of which the old one is dropped whole, would be simpler; but what they hold swings between
half and all, and a process seems to leak.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lately(Generic[K, V]):
    """At most ``limit`` values by key; the one not asked for longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
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
        self._kept[key] = value
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    def drop(self, key: K) -> V | None:
        """Forget a value; what it was."""
        return self._kept.pop(key, None)
