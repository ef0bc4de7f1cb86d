"""SQLite: the embedded default. One connection writes, many read (WAL: readers never wait for the writer)."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Executable,
    Table,
    create_engine,
    event,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import QueuePool

from aggregator.errors import StoreError
from aggregator.search import Node
from aggregator.store import backups, fts5
from aggregator.store.checkpoints import Checkpoints
from aggregator.store.claimable import READY_HOSTS
from aggregator.store.database import Stamp
from aggregator.store.fresh import Fresh
from aggregator.store.plain import Plain
from aggregator.store.schema import inbox

BUSY = 30  # seconds that a writer waits for another process's transaction
STATEMENTS = 512  # prepared statements kept for each connection
CACHE = 32_000  # KiB of pages that the writer keeps; readers 4,000 each
# Pages in the write-ahead log from which on a commit carries them into the file itself: `checkpoints` has
# done nearly all of it before, beside the writer.
CHECKPOINT = 16_000


class Sqlite:
    """An SQLite file. Other processes may write to it at the same time: every write is BEGIN IMMEDIATE."""

    name = "sqlite"
    upgrades_itself = True
    shared = False
    raises: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise StoreError("the database needs a file, such as sqlite:///data/aggregator.db")
        self.path = Path(url.database)
        self._turn = threading.RLock()
        self._synchronous = ""
        self._opened = 0  # how many connections were, that write
        self._daemon: IO[str] | None = None
        self._glancing = threading.Lock()
        self._glance: sqlite3.Connection | None = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path.parent}: cannot be made: {error.strerror}") from error
        with suppress(OSError):  # it is there already; or it cannot be made, as SQLite will say
            # What people read is theirs: SQLite would let everybody on the machine read it.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._plain = Plain(sqlite.dialect(paramstyle="named"))
        self._inserts: dict[tuple[str, ...], str] = {}
        self._fresh = Fresh()
        self._indexes_alike = False  # whether the full-text index was looked at: `fts5.set_up`
        self._checkpoints = Checkpoints(self.path)
        self.writer = self._engine(url, "BEGIN IMMEDIATE", size=1)
        self.reader = self._engine(url, "BEGIN", size=8)

    def _engine(self, url: URL, begin: str, size: int) -> Engine:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0 if size == 1 else 24,
            connect_args={"timeout": BUSY, "check_same_thread": False, "cached_statements": STATEMENTS},
        )

        def on_connect(connection: sqlite3.Connection, _: object) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA temp_store = MEMORY")
            # What is deleted is overwritten where its page is written anyway, as most builds do not even do;
            # where a build does it everywhere, pages that became free are written for nothing else.
            cursor.execute("PRAGMA secure_delete = FAST")
            cursor.execute(f"PRAGMA cache_size = -{CACHE if size == 1 else 4_000}")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
            cursor.execute("PRAGMA journal_size_limit = 0")  # so that the log's size tells how much is in it
            if begin == "BEGIN":
                cursor.execute("PRAGMA query_only = ON")
            else:
                self._opened += 1
            cursor.close()

        event.listen(engine, "connect", on_connect)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @contextmanager
    def write(self, *, person: bool = False) -> Iterator[Connection]:
        """BEGIN IMMEDIATE; synchronous=FULL for what a person does, NORMAL for polling."""
        with self._turn, self.writer.connect() as connection:
            wanted = "FULL" if person else "NORMAL"
            if wanted != self._synchronous:  # cannot be changed within a transaction
                _driver(connection).execute(f"PRAGMA synchronous = {wanted}")
                self._synchronous = wanted
            with connection.begin():
                yield connection
            self._checkpoints.after_commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot (WAL), which holds for every statement in it."""
        with self.reader.connect() as connection, connection.begin():
            yield connection

    def glance(self) -> int | None:
        """One row, read on a connection of its own: some 10 µs, since nothing is set up for it."""
        try:
            with self._glancing:
                if self._glance is None:
                    self._glance = sqlite3.connect(
                        self.path, timeout=0, check_same_thread=False, isolation_level=None
                    )
                    self._glance.execute("PRAGMA query_only = ON")
                found = self._glance.execute("SELECT version FROM instance").fetchone()
        except sqlite3.Error:  # whoever asks with `read` waits for it, or is told what it means
            return None
        return None if found is None else int(found[0])

    def _glance_away(self) -> None:
        with self._glancing:
            if self._glance is not None:
                self._glance.close()
                self._glance = None

    def stamp(self, connection: Connection) -> Stamp | None:
        """All that this process writes is written on one connection: it counts what others write."""
        [(changes,)] = _driver(connection).execute("PRAGMA data_version")
        return self._opened, changes

    def time(self, connection: Connection) -> datetime | None:  # noqa: ARG002
        """One machine has one clock."""
        return None

    def lock_upgrade(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has locked already."""

    def lock_placing(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has locked already."""

    def lock_hosts(self, connection: Connection, names: Collection[str], at: int) -> Collection[str]:
        """BEGIN IMMEDIATE has locked already."""
        return set(connection.execute(READY_HOSTS, {"names": names, "at": at}).scalars())

    def take_inbox(self, connection: Connection) -> Any:
        """BEGIN IMMEDIATE has locked already."""
        return connection.execute(select(inbox).order_by(inbox.c.attempts, inbox.c.no).limit(1)).one_or_none()

    def become_daemon(self) -> None:
        """Lock a file beside the database; the system unlocks it however this process ends."""
        import fcntl

        if self._daemon is not None:
            return
        path = self.path.with_name(self.path.name + ".lock")
        handle = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            process = handle.read().strip() or "unknown"
            handle.close()
            raise StoreError(
                f"{self.path}: another daemon (process {process}) works on it, and SQLite is for one: "
                "stop that one, or move to PostgreSQL; beside it only `aggregator run --roles web` may run"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._daemon = handle

    def fetch(
        self, connection: Connection, statement: Executable, params: Mapping[str, Any]
    ) -> list[tuple[Any, ...]]:
        """Run a statement that is kept, without SQLAlchemy's work for each."""
        compiled = self._plain.of(statement)
        return _driver(connection).execute(compiled.text, compiled.values(params)).fetchall()

    def many(self, connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one prepared statement for all rows, without SQLAlchemy's work for each."""
        if rows:
            compiled = self._plain.of(statement)
            _driver(connection).executemany(compiled.text, map(compiled.values, rows))

    def bulk_insert(
        self, connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        """Run one prepared statement for all rows, without SQLAlchemy's work for each."""
        if not rows:
            return
        key = (table.name, *columns)
        sql = self._inserts.get(key)
        if sql is None:
            marks = ", ".join("?" * len(columns))
            sql = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608
            self._inserts[key] = sql
        _driver(connection).executemany(sql, rows)

    def add_keys(self, connection: Connection, rows: Sequence[tuple[int, int]]) -> None:
        """Into the small table first: see `fresh`."""
        self._fresh.add(_driver(connection), rows)

    def sharing(self, connection: Connection, slots: Sequence[int]) -> NDArray[np.int64]:
        """Look into both tables."""
        return self._fresh.sharing(_driver(connection), slots)

    def insert(self, table: Table) -> sqlite.Insert:
        """SQLite's own insert."""
        return sqlite.insert(table)

    def search_add(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """One row an article."""
        if not self._indexes_alike:
            fts5.set_up(_driver(connection))
            self._indexes_alike = True
        _driver(connection).executemany("INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)", documents)

    def search_remove(self, connection: Connection, documents: Sequence[tuple[int, str, str]]) -> None:
        """An index without content is told what to forget."""
        connection.exec_driver_sql(
            "INSERT INTO search (search, rowid, title, body) VALUES ('delete', ?, ?, ?)", list(documents)
        )

    def search_matching(self, query: Node) -> Any:
        """One expression of FTS5, whatever the query."""
        found = literal_column("search").op("MATCH")(literal(fts5.words(query)))
        return select(literal_column("rowid")).select_from(text("search")).where(found)

    def backup(self, path: Path) -> None:
        """Copy it while others write, and check the copy."""
        backups.copy(self.path, path)

    def keep(self, name: str, folder: Path | None) -> str:  # noqa: ARG002
        """Keep a copy beside the file."""
        kept = self.path.with_name(f"{self.path.name}.{name}.bak")
        backups.copy(self.path, kept)
        return f"a copy is kept: {kept}"

    def restore(self, path: Path, stamp: str) -> str:
        """Put a copy of the file in ours' place, which is moved aside; nobody may be at work."""
        self.become_daemon()
        self._glance_away()
        self._checkpoints.stop()
        self.reader.dispose()
        self.writer.dispose()
        kept = backups.restore(path, self.path, f"before-restore-{stamp}")
        return "" if kept is None else f"What was there is kept: {kept}"

    def problems(self, connection: Connection) -> list[str]:
        """Run SQLite's integrity check, and its check of foreign keys."""
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [line for line in found if line != "ok"] + [
            f"{table}: row {row} refers to a row of {parent} that is not there"
            for table, row, parent, _ in orphans
        ]

    def size(self, connection: Connection) -> int:
        """Bytes of the file, without the write-ahead log."""
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    def used(self, connection: Connection) -> int:
        """Pages that are not free."""
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        return self.size(connection) - int(free * connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    def passes(self, error: BaseException) -> bool:
        """Only another process's long transaction does."""
        return "locked" in str(error)

    def words(self, error: BaseException) -> str:
        """Say what SQLite's message means, and what to do."""
        text = str(error)
        for part, meaning in _MEANINGS.items():
            if part in text:
                return f"{self.path}: {meaning}"
        return f"{self.path}: {text}"

    def close(self) -> None:
        """Close every connection; the last one of all processes folds the log back into the file."""
        self._glance_away()
        self._checkpoints.stop()
        self.reader.dispose()
        self.writer.dispose()
        if self._daemon is not None:
            self._daemon.close()
            self._daemon = None


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


_MEANINGS = {
    "database or disk is full": "the disk is full; make room, nothing was half written",
    "locked": f"another process has held the database for {BUSY} seconds; try again when it is done",
    "readonly": "the database is read-only; give this user the right to write the file and its folder",
    "unable to open": "the database cannot be opened; check the folder and its permissions",
    "not a database": "this file is not an SQLite database; is `database:` the right path?",
    "malformed": "the database is damaged; stop, keep a copy, and restore the last backup",
    "disk I/O error": "the disk failed while reading or writing; check it before anything else",
}
