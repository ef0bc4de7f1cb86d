"""Access to the open database, with what this process remembers of it: what the store's parts share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Row, select

from aggregator.model import Source
from aggregator.store.database import Database, in_words
from aggregator.store.neighbourhood import Placed
from aggregator.store.numbers import Recipes
from aggregator.store.pacing import Pacing
from aggregator.store.schema import instance
from aggregator.store.shelf import Shelf
from aggregator.store.sources import Book
from aggregator.store.values import micros, moment


class Access:
    """Transactions on the database, and the instance's own names."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self.database = database
        self.now = now
        self.book = Book()
        self.recipes = Recipes()
        self.shelf = Shelf()
        self.configured: dict[str, Source] = {}
        self.pacing = Pacing()
        row = self._instance()
        self.instance: str = row.uuid
        self.born: datetime = moment(row.created)
        # RFC 4151: an authority and the date since when it names things.
        self.tag = f"tag:{self.instance},{self.born.year}"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One moment of the database."""
        with in_words(self.database), self.database.read() as connection:
            yield connection

    @contextmanager
    def write(self, *, person: bool = False) -> Iterator[Connection]:
        """A transaction. ``person``: on the disk when it ends."""
        try:
            with in_words(self.database), self.database.write(person=person) as connection:
                yield connection
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Forget what was learnt in a transaction that is no more: ids and numbers that it gave are none."""
        self.recipes.forget()
        self.shelf.forget()

    def near(self, connection: Connection) -> Placed:
        """The stored articles, as the detector asks for them."""
        return Placed(connection, self.database, self.book, self.recipes)

    def _instance(self) -> Row[tuple[object, ...]]:
        """The row of the database's own names, written by whoever opens it first."""
        with self.read() as connection:
            row = connection.execute(select(instance)).one_or_none()
        if row is not None:
            return row
        with self.write(person=True) as connection:
            connection.execute(
                self.database.insert(instance).on_conflict_do_nothing(),
                {"one": 1, "uuid": str(uuid.uuid4()), "created": micros(self.now())},
            )
        with self.read() as connection:
            return connection.execute(select(instance)).one()
