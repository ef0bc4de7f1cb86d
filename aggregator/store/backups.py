"""Copies of an SQLite database: made while others write, checked, and put back in its place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.files import put, sync_folder
from aggregator.store.schema import REVISION

BUSY = 30  # seconds that a copy waits for another process's transaction
ASIDE = ("", "-wal", "-shm")  # the files of one database


def copy(source: Path, target: Path) -> None:
    """Copy by the online backup API: one state of the database, whatever others write meanwhile; then check.

    The copy is one file, to be carried anywhere, with the rights of the original. Raises StoreError; what was
    at ``target`` before stays then.
    """
    part = target.with_name(target.name + ".part")
    try:
        part.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(source, timeout=BUSY)) as reading,
            closing(sqlite3.connect(part)) as writing,
        ):
            shutil.copymode(source, part)
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode = DELETE")
            found = writing.execute("PRAGMA quick_check").fetchall()
        if found != [("ok",)]:
            raise StoreError(f"{target}: the copy is damaged: {found[0][0]}")
        put(part, target)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot be written: {error}") from error


def check(file: Path) -> str:
    """Return the schema of a copy that may be restored. Raises StoreError with what is wrong with it."""
    if not file.is_file():
        raise StoreError(f"{file}: there is no such file")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            ours = connection.execute("SELECT count(*) FROM instance").fetchone()[0]
    except sqlite3.Error as error:
        raise StoreError(f"{file}: is no backup of this program that can be read: {error}") from error
    if found != "ok":
        raise StoreError(f"{file}: the backup is damaged: {found}")
    if row is None or not ours:
        raise StoreError(f"{file}: is an empty database, not a backup")
    if row[0] > REVISION:
        raise StoreError(
            f"{file}: has schema {row[0]}, this program knows {REVISION}: a newer version made it; "
            "install that"
        )
    return str(row[0])


def restore(file: Path, database: Path, aside: str) -> Path | None:
    """Put a copy of ``file`` in the database's place; what was there is kept as ``name.aside``, and returned.

    Raises StoreError, with everything as it was, when the backup is not sound or somebody has the database
    open.
    """
    check(file)
    kept = database.with_name(f"{database.name}.{aside}")
    if database.exists():
        if kept.exists():
            raise StoreError(f"{kept}: is there already; move it away")
        _nobody_has(database)
    made = database.with_name(database.name + ".restored")
    copy(file, made)
    try:
        moved = database.exists()
        for end in ASIDE if moved else ():
            with suppress(FileNotFoundError):
                Path(f"{database}{end}").replace(f"{kept}{end}")
        made.replace(database)
        sync_folder(database.parent)
    except OSError as error:
        raise StoreError(f"{database}: cannot be replaced: {error}") from error
    return kept if moved else None


def _nobody_has(database: Path) -> None:
    """Fold the log into the file, which SQLite does for the only one who has it open."""
    try:
        with closing(sqlite3.connect(database, timeout=1)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StoreError(
                f"{database}: another process has it open; stop every daemon and command first"
            ) from error
        # Damaged, or no database at all: that is why one restores. It is moved aside as it is.
