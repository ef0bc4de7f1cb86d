"""The inbox: updates that daemons which only poll hand to those that place, in the order of their coming.

An update is kept as JSON (by its types: reading it runs no code), compressed. One a source at most: a source
whose update waits is not polled, so a source's updates are placed in their order, by whomever.
"""

from __future__ import annotations

import zlib
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.errors import TryAgainError
from aggregator.model import Update
from aggregator.store.schema import inbox, sources
from aggregator.store.values import micros, storable

ATTEMPTS = 3  # then an update that cannot be placed is given up
_CODEC = TypeAdapter(tuple[Update], config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64"))


def packed(change: Update) -> bytes:
    """An update as bytes."""
    try:
        text = _CODEC.dump_json((change,))
    except ValueError:  # lone surrogates are no UTF-8; what the database would do to them is done here
        text = _CODEC.dump_json((_storable(change),))
    return zlib.compress(text, 1)


def unpacked(content: bytes) -> Update:
    """The update that `packed` packed. Raises ValueError when the bytes are none."""
    try:
        return _CODEC.validate_json(zlib.decompress(content))[0]
    except zlib.error as error:
        raise ValueError(f"not a packed update: {error}") from error


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, tuple | frozenset):
        return type(value)(_storable(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _storable(getattr(value, one.name)) for one in fields(value)})
    return value


def deposit(connection: Connection, row: Any, change: Update) -> None:
    """Put an update in. The source stays its owner's, and its host is free for others."""
    if change.status == "added" and holds(connection, row.no):
        raise TryAgainError("an update of this source waits to be placed")
    connection.execute(insert(inbox), {"source": row.no, "at": micros(change.at), "content": packed(change)})
    if change.status == "added":
        return
    connection.execute(
        update(sources).where(sources.c.no == row.no).values(lease_until=None, next_reason="being placed")
    )


def holds(connection: Connection, source: int) -> bool:
    """Whether an update of a source, by its number, waits."""
    return connection.execute(select(inbox.c.no).where(inbox.c.source == source)).first() is not None


def remove(connection: Connection, no: int) -> None:
    """Take an update out: it is placed, or given up."""
    connection.execute(delete(inbox).where(inbox.c.no == no))


def failed(connection: Connection, no: int, now: datetime) -> bool:
    """Count an attempt that failed in a defect; after the last one the update is dropped. Whether it was.

    Its source is polled again at once, and without validators, since what came with them is lost.
    """
    statement = update(inbox).where(inbox.c.no == no).values(attempts=inbox.c.attempts + 1)
    row = connection.execute(statement.returning(inbox.c.attempts, inbox.c.source)).one_or_none()
    if row is None or row.attempts < ATTEMPTS:
        return False
    remove(connection, no)
    connection.execute(
        update(sources)
        .where(sources.c.no == row.source)
        .values(
            next_due=micros(now), next_reason="its last answer could not be placed",
            lease_owner=None, etag=None, last_modified=None, body_sha256=None,
        )
    )  # fmt: skip
    return True


def waiting(connection: Connection) -> int:
    """How many updates wait."""
    return connection.execute(select(func.count()).select_from(inbox)).scalar_one()
