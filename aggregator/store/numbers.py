"""Names that are kept once, and meant by numbers."""

from __future__ import annotations

from sqlalchemy import Connection

from aggregator.store import queries
from aggregator.store.database import Database
from aggregator.store.schema import recipes


class Recipes:
    """Fingerprints' recipes by number; a text of a hundred bytes is not kept with each of a million."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    def number(self, connection: Connection, database: Database, name: str) -> int:
        """Return the number of a recipe, which is given when it is met first."""
        if name not in self._numbers:
            self._load(connection)
        if name not in self._numbers:
            connection.execute(database.insert(recipes).on_conflict_do_nothing(), {"name": name})
            self._load(connection)
        return self._numbers[name]

    def name(self, connection: Connection, number: int) -> str:
        """Return the recipe of a number."""
        if number not in self._names:
            self._load(connection)
        return self._names[number]

    def _load(self, connection: Connection) -> None:
        rows = connection.execute(queries.RECIPES).all()
        self._names = {row.no: row.name for row in rows}
        self._numbers = {row.name: row.no for row in rows}

    def forget(self) -> None:
        """After a transaction was rolled back: a number that it gave is none."""
        self._names, self._numbers = {}, {}
