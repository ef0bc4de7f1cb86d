"""Pieces of pages, kept for as long as the data stands still: what many requests show is made once.

A piece is kept under what it depends on (the timeline, the reader, the minute, for "5 min ago") and with the
version of the data that it was made from. A form token differs from browser to browser, so a kept piece has a
word in its place that nobody outside knows, which is replaced when the piece is sent.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

KEPT = 256  # pieces, of up to 100 KB

T = TypeVar("T")


@dataclass(slots=True)
class _Slot(Generic[T]):
    """One piece, and the lock under which it is made."""

    lock: threading.Lock
    version: Hashable = None
    value: T | None = None


class Fragments(Generic[T]):
    """A bounded cache, least recently used out first. Requests at once for one missing piece make it once."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()
        self._lock = threading.Lock()
        self.stand_in = secrets.token_hex(32)  # for the form token
        self.made = 0  # pieces that were not there, or no longer as the data

    def get(self, key: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """The piece, made anew when ``version`` is another than the one that it was made from.

        Ask for the version before the data that ``make`` reads: a change in between then makes the piece
        once too often, never too seldom.
        """
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot(threading.Lock())
                if len(self._slots) > self._kept:
                    self._slots.popitem(last=False)
            self._slots.move_to_end(key)
        with slot.lock:
            if slot.value is None or slot.version != version:
                slot.value = make()
                slot.version = version
                self.made += 1
            return slot.value
