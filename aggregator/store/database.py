"""What the two databases must each answer; `sqlite` and `postgres` are their homes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, Engine, Executable, Table, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    NoSuchModuleError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aggregator.errors import StoreError, TryAgainError
from aggregator.search import Node

Stamp = tuple[int, int]  # of a connection, and of what others had written when it was asked


class Database(Protocol):
    """One database, opened."""

    name: str
    writer: Engine
    reader: Engine
    upgrades_itself: bool
    shared: bool  # among daemons, on one machine or many
    raises: tuple[type[Exception], ...]  # the driver's errors, where SQLAlchemy is not between

    def write(self, *, person: bool = False) -> AbstractContextManager[Connection]:
        """Open a transaction that writes. ``person``: on the disk before it returns, whatever it costs."""

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that reads one state of the data, however many statements it has."""

    def glance(self) -> int | None:
        """The data's version where it can be told without waiting for anything; None: ask with `read`."""

    def stamp(self, connection: Connection) -> Stamp | None:
        """Another one when anybody but this process's own writing has changed the data; None: unknown."""

    def time(self, connection: Connection) -> datetime | None:
        """The time of the server that all processes share; None where there is no such server."""

    def lock_upgrade(self, connection: Connection) -> None:
        """Let one process at a time change the schema, until the transaction ends."""

    def lock_placing(self, connection: Connection) -> None:
        """Let one transaction at a time place articles, until it ends."""

    def lock_hosts(self, connection: Connection, names: Collection[str], at: int) -> Collection[str]:
        """Those of the hosts that are ready ``at`` that time (microseconds) and no other claim holds.

        They are ours until the transaction ends.
        """

    def take_inbox(self, connection: Connection) -> Any:
        """The next row of the inbox that nobody works on, ours until the transaction ends; None: no such."""

    def become_daemon(self) -> None:
        """Raise StoreError where a daemon is at work on this database, and only one may be."""

    def fetch(
        self, connection: Connection, statement: Executable, params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a statement that lives as long as the program: compiled once; rows are plain tuples."""

    def many(self, connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that lives as long as the program once for each of the rows; it returns nothing."""

    def bulk_insert(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Insert many rows, as fast as the database can."""

    def add_keys(self, connection: Connection, rows: Sequence[tuple[int, int]]) -> None:
        """Insert candidate keys (slot, article), in order."""

    def sharing(self, connection: Connection, slots: Sequence[int]) -> NDArray[np.int64]:
        """The candidate keys in these slots, each of which is named once: int64[n, 2], slot and article."""

    def insert(self, table: Table) -> Any:
        """An insert statement that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""

    def search_add(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """Index articles: number, tokens of the title, tokens of the text (parted by spaces)."""

    def search_remove(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """Take articles out of the index; tokens as they were indexed."""

    def search_matching(self, query: Node) -> Any:
        """Return a select of the articles that a query of words alone (`search.tree.is_text`) finds."""

    def backup(self, path: Path) -> None:
        """Write a consistent copy while others read and write."""

    def keep(self, name: str, folder: Path | None) -> str:
        """Keep a copy under this name, before the schema changes; what was done, in words."""

    def restore(self, path: Path, stamp: str) -> str:
        """Replace everything by a backup, checked before; what became of the old, in words, or "".

        ``stamp``: names what is moved aside. Raises StoreError, with all as it was.
        """

    def problems(self, connection: Connection) -> list[str]:
        """What the database itself finds wrong with its files."""

    def size(self, connection: Connection) -> int:
        """Bytes on the disk."""

    def used(self, connection: Connection) -> int:
        """Bytes that hold something: what was deleted leaves room in the files, which do not shrink."""

    def passes(self, error: BaseException) -> bool:
        """Whether the same again may work: the server restarts, two transactions were in each other's way."""

    def words(self, error: BaseException) -> str:
        """Return what an error of the driver means to a person."""

    def close(self) -> None:
        """Give every connection back."""


def connect(url: str) -> Database:
    """Open the database at an SQLAlchemy URL. Raises StoreError."""
    from aggregator.store.postgres import Postgres
    from aggregator.store.sqlite import Sqlite

    kinds: dict[str, Callable[[URL], Database]] = {"sqlite": Sqlite, "postgresql": Postgres}
    try:
        parsed = make_url(url)
        return kinds[parsed.get_backend_name()](parsed)
    except KeyError:
        raise StoreError(
            f"{parsed.render_as_string()}: no such kind of database; "
            "write sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"
        ) from None
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(f"the database's address cannot be read: {error}") from error


@contextmanager
def in_words(database: Database) -> Iterator[None]:
    """Turn the driver's errors into StoreError."""
    try:
        yield
    except DBAPIError as error:
        said = error.orig or error
        kind = TryAgainError if error.connection_invalidated or database.passes(said) else StoreError
        raise kind(database.words(said)) from error
    except database.raises as error:
        kind = TryAgainError if database.passes(error) else StoreError
        raise kind(database.words(error)) from error
    except PendingRollbackError as error:  # the connection went in the middle of a transaction
        raise TryAgainError("the database ended the connection; try again") from error
    except PoolTimeout as error:
        raise TryAgainError("the database is too busy: every connection is in use; try again") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot do this: {error}") from error
