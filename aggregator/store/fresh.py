"""SQLite's candidate index in two tables: new keys gather in a small one, and go over in slices to the large.

Keys are hashes: twenty new rows an article fall on twenty pages, wherever the table is large, and SQLite
writes whole pages. Into a small table they fall on the same few pages again and again; from there a slice of
neighbouring slots goes over at once, many rows to a page. With 14,400 articles stored the keys of another
cost 4.1 kB of the write-ahead log, counted by page. Whoever looks a key up looks into both.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 60_000  # rows in the small table: some 1 MB
SLICE: Final = 15_000  # rows that go over at once
_FIRST: Final = -(1 << 63)
# With IN, the list would be read and put into a table of its own for each of the two; as rows, each key would
# be a tuple, and a change of hands between threads.
_SHARING: Final = "SELECT group_concat(slot), group_concat(article) FROM ({})".format(  # noqa: S608
    " UNION ALL ".join(
        f"SELECT k.slot, k.article FROM json_each(:slots) AS j CROSS JOIN {table} AS k ON k.slot = j.value"  # noqa: S608
        for table in ("candidate_keys", "fresh_keys")
    )
)
_AT_ONCE: Final = 50  # rows of one INSERT
_ADD: Final = "INSERT INTO fresh_keys (slot, article) VALUES (?, ?)"
_ADD_MANY: Final = _ADD + ", (?, ?)" * (_AT_ONCE - 1)


class Fresh:
    """Fills the small table, and empties it slice by slice, round and round.

    What it remembers is an estimate and a place to go on: a transaction that is rolled back makes both wrong,
    and neither matters.
    """

    def __init__(self) -> None:
        self._rows: int | None = None  # None: not counted yet
        self._next = _FIRST

    def add(self, driver: sqlite3.Connection, rows: Sequence[tuple[int, int]]) -> None:
        """Insert keys (slot, article), and make room where there are too many."""
        if self._rows is None:
            self._rows = int(driver.execute("SELECT count(*) FROM fresh_keys").fetchone()[0])
        whole = len(rows) - len(rows) % _AT_ONCE
        flat = list(chain.from_iterable(rows[:whole]))
        width = 2 * _AT_ONCE
        driver.executemany(_ADD_MANY, (flat[at : at + width] for at in range(0, len(flat), width)))
        driver.executemany(_ADD, rows[whole:])
        self._rows += len(rows)
        while self._rows > MOST:
            from_the_first = self._next == _FIRST
            moved = self._carry_over(driver)
            self._rows = 0 if from_the_first and not moved else self._rows - moved

    @staticmethod
    def sharing(driver: sqlite3.Connection, slots: Sequence[int]) -> NDArray[np.int64]:
        """The keys in these slots, each of which is named once: int64[n, 2], slot and article."""
        found = driver.execute(_SHARING, {"slots": str(list(slots))}).fetchone()
        columns = [np.fromstring(column or "", np.int64, sep=",") for column in found]
        return np.column_stack(columns)

    def _carry_over(self, driver: sqlite3.Connection) -> int:
        """Move the next slice into the large table; how many rows that were."""
        found = driver.execute(
            "SELECT slot FROM fresh_keys WHERE slot >= ? ORDER BY slot LIMIT 1 OFFSET ?", (self._next, SLICE)
        ).fetchone()
        condition, bounds = (
            ("slot >= ?", (self._next,))
            if found is None
            else ("slot >= ? AND slot < ?", (self._next, found[0]))
        )
        driver.execute(
            "INSERT INTO candidate_keys (slot, article) SELECT slot, article FROM fresh_keys "  # noqa: S608
            f"WHERE {condition} ORDER BY slot, article",
            bounds,
        )
        moved = driver.execute(f"DELETE FROM fresh_keys WHERE {condition}", bounds).rowcount  # noqa: S608
        self._next = _FIRST if found is None else found[0]
        return moved
