"""The configuration that all daemons on one database work with: the last that any of their files said.

A file counts when it is new or has changed, not when its daemon starts again: so a daemon that comes back
with an old file does not undo what another has said since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from aggregator.store.database import Database
from aggregator.store.schema import configuration
from aggregator.store.values import micros, moment

KEPT = 50  # versions


@dataclass(frozen=True, slots=True)
class Configured:
    """One version. ``origin``: host and path of the file that said so; ``content``: see `config.snapshot`."""

    version: int
    origin: str
    digest: str
    content: str
    at: datetime


def newest(connection: Connection) -> int:
    """The number of the last version, 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(configuration.c.version), 0))).scalar_one())


def current(connection: Connection) -> Configured | None:
    """The last version."""
    statement = select(configuration).order_by(configuration.c.version.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return (
        None if row is None else Configured(row.version, row.origin, row.digest, row.content, moment(row.at))
    )


def offer(
    connection: Connection, database: Database, origin: str, digest: str, content: str, now: datetime
) -> Configured:
    """Say what a file says. Returns what holds from now on: it, or what another file has said since."""
    database.lock_placing(connection)
    last = current(connection)
    before = connection.execute(
        select(configuration.c.digest)
        .where(configuration.c.origin == origin)
        .order_by(configuration.c.version.desc())
        .limit(1)
    ).scalar()
    if last is not None and digest in (last.digest, before):
        return last
    made = Configured(1 if last is None else last.version + 1, origin, digest, content, now)
    connection.execute(
        insert(configuration),
        {"version": made.version, "origin": origin, "digest": digest, "content": content, "at": micros(now)},
    )
    connection.execute(delete(configuration).where(configuration.c.version <= made.version - KEPT))
    return made
