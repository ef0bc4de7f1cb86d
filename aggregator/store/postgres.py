"""PostgreSQL: where many daemons share one store. Locks are rows, so that any number of machines may work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Table,
    and_,
    cast,
    create_engine,
    literal,
    literal_column,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql

from aggregator.errors import StoreError
from aggregator.search import Either, Every, Lacking, Node, Words
from aggregator.store import pgtools
from aggregator.store.among import among
from aggregator.store.claimable import READY_HOSTS
from aggregator.store.database import Stamp
from aggregator.store.plain import Plain
from aggregator.store.schema import candidate_keys, inbox, instance, metadata
from aggregator.store.values import micros

UPGRADE_LOCK = 7_302_417_351_022_903_121  # any number, the same in every version of this program
CONNECT = 10  # seconds


class Postgres:
    """A PostgreSQL database, or a distributed engine that speaks its SQL."""

    name = "postgresql"
    shared = True
    raises: tuple[type[Exception], ...] = (psycopg.Error,)
    upgrades_itself = False  # other daemons of the version before may be at work

    def __init__(self, url: URL) -> None:
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        self.where = url.render_as_string(hide_password=True)
        self.writer: Engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            connect_args={"connect_timeout": CONNECT, "application_name": "aggregator"},
        )
        self._plain = Plain(self.writer.dialect)
        self.reader: Engine = self.writer.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def write(self, *, person: bool = False) -> Iterator[Connection]:
        """Read committed. What polling writes may be lost with the power (and is polled again)."""
        with self.writer.begin() as connection:
            if not person:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot, which holds for every statement in it."""
        with self.reader.begin() as connection:
            yield connection

    def glance(self) -> int | None:
        """Every question crosses the network."""
        return None

    def stamp(self, connection: Connection) -> Stamp | None:  # noqa: ARG002
        """Other daemons place between our turns."""
        return None

    def time(self, connection: Connection) -> datetime | None:
        """The server's clock, not the transaction's beginning."""
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return found.astimezone(UTC)

    def lock_upgrade(self, connection: Connection) -> None:
        """Take an advisory lock: before the first upgrade there is no row to lock."""
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})

    def lock_placing(self, connection: Connection) -> None:
        """Lock the one row of ``instance``, which also gives out ids."""
        connection.execute(select(instance.c.one).with_for_update())

    def lock_hosts(self, connection: Connection, names: Collection[str], at: int) -> Collection[str]:
        """Lock the rows of these hosts that are free. Whoever holds a host's row may claim its sources."""
        return set(connection.execute(_FREE_HOSTS, {"names": names, "at": at}).scalars())

    def take_inbox(self, connection: Connection) -> Any:
        """Lock the row until it is placed: should we die, the server gives it to the next."""
        statement = select(inbox).order_by(inbox.c.attempts, inbox.c.no).limit(1)
        return connection.execute(statement.with_for_update(skip_locked=True)).one_or_none()

    def become_daemon(self) -> None:
        """Any number may be at work."""

    def fetch(
        self, connection: Connection, statement: Executable, params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a statement that is kept; psycopg prepares it at the server when it comes often."""
        compiled = self._plain.of(statement)
        found = connection.exec_driver_sql(compiled.text, compiled.values(params))
        return list(map(tuple, found)) if found.returns_rows else []

    def many(self, connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """In one pipeline of psycopg's."""
        if rows:
            compiled = self._plain.of(statement)
            connection.exec_driver_sql(compiled.text, [compiled.values(row) for row in rows])

    def bulk_insert(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """COPY, which takes rows as fast as they can be sent."""
        if not rows:
            return
        _copy(connection, table.name, columns, rows)

    def add_keys(self, connection: Connection, rows: Sequence[tuple[int, int]]) -> None:
        """At once: the log has what changed, not whole pages."""
        self.bulk_insert(connection, candidate_keys, ("slot", "article"), rows)

    def sharing(self, connection: Connection, slots: Sequence[int]) -> NDArray[np.int64]:
        """Look into the one table."""
        found = self.fetch(connection, _SHARING, {"slots": slots})
        return np.array(found, np.int64).reshape(-1, 2)

    def insert(self, table: Table) -> postgresql.Insert:
        """PostgreSQL's own insert."""
        return postgresql.insert(table)

    def search_add(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """One row an article; title and body in one vector, the title first, and the title in one more."""
        rows = [(number, vector(title, body), vector(title)) for number, title, body in documents]
        if rows:
            _copy(connection, "search", ("article", "words", "title"), rows)

    def search_remove(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """Delete their rows."""
        connection.execute(
            text("DELETE FROM search WHERE article = ANY(:ids)"),
            {"ids": [number for number, _, _ in documents]},
        )

    def search_matching(self, query: Node) -> Any:
        """One tsquery for words anywhere and one for words of titles, joined as the query says."""
        return select(literal_column("article")).select_from(text("search")).where(_matching(query))

    def backup(self, path: Path) -> None:
        """Have pg_dump do it, which reads one snapshot while others write."""
        if not pgtools.installed("pg_dump", "pg_restore"):
            raise StoreError(
                f"{path}: pg_dump, which backs up a PostgreSQL database, is not installed here; install "
                "PostgreSQL's client programs, or run it where the server is"
            )
        pgtools.dump(self.writer.url, path)

    def keep(self, name: str, folder: Path | None) -> str:
        """Keep a dump in ``folder``, where pg_dump is installed."""
        if folder is None:
            return "no copy was made: `aggregator db upgrade` makes one"
        if not pgtools.installed("pg_dump", "pg_restore"):
            return "no copy was made: pg_dump is not installed here"
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{self.writer.url.database}.{name}.dump"
        pgtools.dump(self.writer.url, kept)
        return f"a copy is kept: {kept}"

    def restore(self, path: Path, stamp: str) -> str:  # noqa: ARG002
        """Have psql put the dump in the place of our tables, in one transaction; no daemon may be at work."""
        with self.writer.begin() as connection:
            there = connection.execute(text("SELECT to_regclass('daemons')")).scalar() is not None
            alive = text("SELECT count(*) FROM daemons WHERE until > :now")
            at = {"now": micros(self.time(connection) or datetime.now(UTC))}
            if there and (count := connection.execute(alive, at).scalar_one()):
                raise StoreError(f"{self.where}: {count} daemons are at work; stop them first")
        pgtools.restore(self.writer.url, path, [*metadata.tables, "search", "alembic_version"])
        return ""

    def problems(self, connection: Connection) -> list[str]:  # noqa: ARG002
        """Return nothing: the server checks its own files (pg_amcheck)."""
        return []

    def size(self, connection: Connection) -> int:
        """Bytes of the database with its indexes."""
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())

    def used(self, connection: Connection) -> int:
        """The size, less the room within the table of texts; the server tells that of no table by itself.

        A fifth is added to what its rows hold, for what each of them costs besides.
        """
        held = "sum(pg_column_size(summary) + pg_column_size(content) + pg_column_size(text) + 60)"
        statement = f"SELECT pg_total_relation_size('texts') - 1.2 * coalesce({held}, 0) FROM texts"  # noqa: S608
        room = connection.execute(text(statement)).scalar_one()
        return self.size(connection) - max(0, int(room))

    def passes(self, error: BaseException) -> bool:
        """Lost connections, restarts, deadlocks; not a full disk, which is for a person."""
        state = getattr(error, "sqlstate", None)
        return isinstance(error, psycopg.OperationalError) and (
            state is None or state[:2] in ("08", "40") or state in ("53300", "57P01", "57P02", "57P03")
        )

    def words(self, error: BaseException) -> str:
        """Say what the server's message means; its first line, and never the password."""
        lines = str(error).strip().splitlines() or [type(error).__name__]
        if isinstance(error, psycopg.errors.DiskFull):
            return f"{self.where}: the server's disk is full; make room, nothing was half written"
        if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
            return f"{self.where}: the server only reads (a standby?); give the address of the primary"
        if isinstance(error, psycopg.OperationalError):
            return f"{self.where}: the server cannot be reached or ended the connection: {lines[0]}"
        return f"{self.where}: {lines[0]}"

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()


def _copy(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


_FREE_HOSTS = READY_HOSTS.order_by(READY_HOSTS.selected_columns.name).with_for_update(skip_locked=True)

_SHARING = select(candidate_keys).where(among(candidate_keys.c.slot, "slots"))

PLACES = 16_383  # the last place that a tsvector can tell
REPEATS = 255  # places of one token


def _quoted(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


def _matching(query: Node) -> ColumnElement[bool]:
    if (plain := _tsquery(query, title=False)) is not None:
        return literal_column("words").op("@@")(cast(literal(plain), postgresql.TSQUERY))
    if (plain := _tsquery(query, title=True)) is not None:
        return literal_column("title").op("@@")(cast(literal(plain), postgresql.TSQUERY))
    match query:
        case Either(parts):
            return or_(*map(_matching, parts))
        case Every(parts):
            return and_(*map(_matching, parts))
        case Lacking(part):
            return not_(_matching(part))
    raise AssertionError(query)


def _tsquery(query: Node, *, title: bool) -> str | None:
    """A query that is of one column alone, as PostgreSQL's tsquery; None where it is of both."""
    match query:
        case Words(tokens, prefix, in_title):
            quoted = list(map(_quoted, tokens))
            found = "(" + " <-> ".join(quoted) + (":*" if prefix else "") + ")"
            return found if in_title == title else None
        case Lacking(part):
            inner = _tsquery(part, title=title)
            return None if inner is None else f"!{inner}"
        case Either(parts) | Every(parts):
            joined = [_tsquery(part, title=title) for part in parts]
            sign = " | " if isinstance(query, Either) else " & "
            return None if None in joined else "(" + sign.join(filter(None, joined)) + ")"
    raise AssertionError(query)


def vector(title: str, body: str = "") -> str:
    """Return a tsvector as text. One place is left free between title and body: no phrase runs across."""
    places: dict[str, list[int]] = {}
    for place, token in enumerate([*title.split(), "", *body.split()], 1):
        if token:
            places.setdefault(token, []).append(min(place, PLACES))
    return " ".join(
        f"{_quoted(token)}:{','.join(map(str, dict.fromkeys(where[:REPEATS])))}"
        for token, where in places.items()
    )
