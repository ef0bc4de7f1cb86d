"""Pieces that many requests show, kept for as long as what they were made from stands still."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

KEPT = 128  # pieces, of up to 100 KB

T = TypeVar("T")


@dataclass(slots=True)
class _Slot(Generic[T]):
    """One piece with its version, and the lock under which it is made."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: tuple[object, T] | None = None


class Fragments(Generic[T]):
    """A bounded cache, least recently used out first. Requests at once for one missing piece make it once."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._slots: OrderedDict[Hashable, _Slot[T]] = OrderedDict()
        self._lock = threading.Lock()
        self.made = 0  # pieces that were not there, or no longer as the data

    def get(self, key: Hashable, version: Callable[[], object], make: Callable[[], T]) -> T:
        """The piece, made anew when ``version()`` is another than the one that it was made from.

        The version is asked for by one request at a time, before the data that ``make`` reads: who waited
        while another made the piece takes that, and a change in between makes it once too often, never too
        seldom.
        """
        with self._lock:
            slot = self._slots.get(key)
            if slot is None:
                slot = self._slots[key] = _Slot()
                if len(self._slots) > self._kept:
                    self._slots.popitem(last=False)
            self._slots.move_to_end(key)
        with slot.lock:
            now = version()
            if slot.held is None or slot.held[0] != now:
                slot.held = (now, make())
                self.made += 1
            return slot.held[1]

    def forget(self, key: Hashable) -> None:
        """Make the piece anew for whoever asks next."""
        with self._lock:
            self._slots.pop(key, None)

    def holds(self, key: Hashable) -> bool:
        """Whether the piece was ever asked for, and is still kept, true or not."""
        return key in self._slots

    def peek(self, key: Hashable, version: object) -> T | None:
        """The piece, where it was made from just this version. Never waits for whoever makes it."""
        slot = self._slots.get(key)
        held = None if slot is None else slot.held
        if held is None or held[0] != version:
            return None
        with self._lock:
            if key in self._slots:
                self._slots.move_to_end(key)
        return held[1]
