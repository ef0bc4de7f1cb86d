"""PostgreSQL's own programs for copies: pg_dump, pg_restore, psql. The password goes by the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL

from aggregator.errors import StoreError
from aggregator.files import put


def installed(*programs: str) -> bool:
    """Whether they are here."""
    return all(shutil.which(program) for program in programs)


def dump(url: URL, path: Path) -> None:
    """Write a dump in pg_dump's custom format, and have it read back. Raises StoreError."""
    part = path.with_name(path.name + ".part")
    try:
        _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={part}", f"--dbname={_address(url)}")
        check(part)
        put(part, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Raise StoreError where a file is no dump that pg_restore can read."""
    if not path.is_file():
        raise StoreError(f"{path}: there is no such file")
    if "TABLE DATA public instance" not in _run(None, "pg_restore", "--list", str(path)):
        raise StoreError(f"{path}: is no dump of this program's tables")


def restore(url: URL, path: Path, tables: Sequence[str]) -> None:
    """Replace these tables by the dump's, in one transaction. Raises StoreError, with all as it was."""
    check(path)
    with tempfile.TemporaryDirectory() as folder:
        before, script = Path(folder, "before.sql"), Path(folder, "dump.sql")
        before.write_text("".join(f"DROP TABLE IF EXISTS {name} CASCADE;\n" for name in tables), "ascii")
        _run(None, "pg_restore", "--no-owner", f"--file={script}", str(path))
        _run(
            url, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
            f"--file={before}", f"--file={script}", f"--dbname={_address(url)}",
        )  # fmt: skip


def _address(url: URL) -> str:
    """The address for libpq, without the password: others on this machine see the arguments of programs."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def _run(url: URL | None, *command: str) -> str:
    environment = dict(os.environ)
    if url is not None and url.password:
        environment["PGPASSWORD"] = str(url.password)
    try:
        done = subprocess.run(  # noqa: S603  a program of PostgreSQL's, no shell
            command, capture_output=True, text=True, env=environment, check=False
        )
    except FileNotFoundError:
        raise StoreError(
            f"{command[0]} is not installed here; install PostgreSQL's client programs"
        ) from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it gave no reason"]
        raise StoreError(f"{command[0]} failed: {lines[0]}")
    return done.stdout
