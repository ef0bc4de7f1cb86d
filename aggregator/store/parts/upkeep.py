"""Housekeeping: what is dropped, counted, checked, copied and moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.store import healing, integrity, moving, retention, tallies
from aggregator.store.access import Access
from aggregator.store.database import in_words
from aggregator.store.retention import Kept


class Upkeep:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def house(self) -> Iterator[str]:
        """Everything that is stored, as lines of JSON, of one moment (see `moving`)."""
        with self._access.read() as connection:
            yield from moving.lines(connection)

    def move_in(self, lines: Iterable[str]) -> dict[str, int]:
        """Fill this empty database with what `house` gave; returns how many rows of each table."""
        with self._access.write(person=True) as connection:
            self._access.database.lock_placing(connection)
            counted = moving.read(connection, self._access.database, lines)
        self._access.forget()
        return counted

    def heal(self, lease: timedelta) -> int:
        """Plan anew what a clock that was ahead had planned; returns how many sources that is."""
        with self._access.write() as connection:
            return healing.heal(connection, self._access.now(), lease)

    def retain(self, kept: Kept) -> int:
        """Drop the texts of a batch of articles beyond what is kept; how many, 0: nothing is left to do."""
        with self._access.write() as connection:
            return retention.drop(connection, self._access.database, kept, self._access.now())

    def tallying(self, before: datetime) -> tallies.Round | None:
        """Begin to count what sources carried; None: nothing is to be counted. ``before``: the horizon."""
        with self._access.read() as connection:
            return tallies.begin(connection, before)

    def tally(self, counting: tallies.Round) -> bool:
        """Count on a little; False: all is counted, and is to be kept."""
        return counting.step(self._access.read)

    def keep_tallies(self, counting: tallies.Round) -> None:
        """Keep what was counted."""
        with self._access.write() as connection:
            counting.keep(connection, self._access.database)

    def stats(self) -> dict[str, int]:
        """Count what the database holds."""
        with self._access.read() as connection:
            return integrity.stats(connection, self._access.database)

    def integrity(self) -> list[str]:
        """Return what is wrong, a line each: the database's own check, and our invariants."""
        with self._access.read() as connection:
            return integrity.problems(connection, self._access.database)

    def backup(self, path: Path) -> None:
        """Write a consistent, checked copy while others read and write. Raises StoreError on PostgreSQL."""
        with in_words(self._access.database):
            self._access.database.backup(path)
