"""SQLite's candidate index in three tables: new keys gather in a small one, and go over to larger ones.

Keys are hashes: twenty new rows an article fall on twenty pages, wherever a table is large, and SQLite writes
whole pages. Into a small table they fall on the same few pages again and again; from there a slice of
neighbouring slots goes over at once, many rows to a page. How many, depends on how many times larger the next
table is: from sixty thousand rows to millions a slice would still find a page a row, so there is one between.
Whoever looks a key up looks into all of them (a log-structured merge-tree: O'Neil and others, 1996).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.store.queries import KEYS

MOST: Final = {"fresh_keys": 60_000, "gathered_keys": 600_000}  # rows, of some 17 bytes
SLICE: Final = 15_000  # rows that go over at once
_TABLES: Final = tuple(table.name for table in reversed(KEYS))
_FIRST: Final = -(1 << 63)
# With IN, the list would be read and put into a table of its own for each of the tables; as rows, each key
# would be a tuple, and a change of hands between threads.
_SHARING: Final = "SELECT group_concat(slot), group_concat(article) FROM ({})".format(  # noqa: S608
    " UNION ALL ".join(
        f"SELECT k.slot, k.article FROM json_each(:slots) AS j CROSS JOIN {table} AS k ON k.slot = j.value"  # noqa: S608
        for table in _TABLES
    )
)
_AT_ONCE: Final = 50  # rows of one INSERT
_ADD: Final = "INSERT INTO fresh_keys (slot, article) VALUES (?, ?)"
_ADD_MANY: Final = _ADD + ", (?, ?)" * (_AT_ONCE - 1)


class Fresh:
    """Fills the small table, and empties it slice by slice, round and round, as it does the next.

    What it remembers is an estimate and places to go on: a transaction that is rolled back makes them wrong,
    and none matters.
    """

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}  # by table; none: not counted yet
        self._next = dict.fromkeys(_TABLES, _FIRST)

    def add(self, driver: sqlite3.Connection, rows: Sequence[tuple[int, int]]) -> None:
        """Insert keys (slot, article), and make room where there are too many."""
        whole = len(rows) - len(rows) % _AT_ONCE
        flat = list(chain.from_iterable(rows[:whole]))
        width = 2 * _AT_ONCE
        driver.executemany(_ADD_MANY, (flat[at : at + width] for at in range(0, len(flat), width)))
        driver.executemany(_ADD, rows[whole:])
        came = len(rows)
        for table, into in pairwise(_TABLES):
            came = self._make_room(driver, table, into, came)

    def _make_room(self, driver: sqlite3.Connection, table: str, into: str, came: int) -> int:
        """Carry slices over while a table, into which so many rows ``came``, has too many; how many went."""
        held = self._rows.get(table)
        if held is None:
            held = int(driver.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
        else:
            held += came
        went = 0
        while held > MOST[table]:
            from_the_first = self._next[table] == _FIRST
            moved = self._carry_over(driver, table, into)
            held = 0 if from_the_first and not moved else held - moved
            went += moved
        self._rows[table] = held
        return went

    @staticmethod
    def sharing(driver: sqlite3.Connection, slots: Sequence[int]) -> NDArray[np.int64]:
        """The keys in these slots, each of which is named once: int64[n, 2], slot and article."""
        found = driver.execute(_SHARING, {"slots": str(list(slots))}).fetchone()
        columns = [np.fromstring(column or "", np.int64, sep=",") for column in found]
        return np.column_stack(columns)

    def _carry_over(self, driver: sqlite3.Connection, table: str, into: str) -> int:
        """Move the next slice into the larger table; how many rows that were."""
        first = self._next[table]
        found = driver.execute(
            f"SELECT slot FROM {table} WHERE slot >= ? ORDER BY slot LIMIT 1 OFFSET ?",  # noqa: S608
            (first, SLICE),
        ).fetchone()
        condition, bounds = (
            ("slot >= ?", (first,)) if found is None else ("slot >= ? AND slot < ?", (first, found[0]))
        )
        driver.execute(
            f"INSERT INTO {into} (slot, article) SELECT slot, article FROM {table} "  # noqa: S608
            f"WHERE {condition} ORDER BY slot, article",
            bounds,
        )
        moved = driver.execute(f"DELETE FROM {table} WHERE {condition}", bounds).rowcount  # noqa: S608
        self._next[table] = _FIRST if found is None else found[0]
        return moved
