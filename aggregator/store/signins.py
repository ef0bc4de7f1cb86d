"""Who is signed in: in a browser, or with a client of a sync API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from aggregator.errors import UsageError
from aggregator.model import SignIn
from aggregator.store.digests import digest
from aggregator.store.schema import sign_ins
from aggregator.store.values import micros, moment

IDLE = timedelta(days=30)  # a sign-in that is not used for so long ends
LONGEST = timedelta(days=365)  # and every one after this


def sign_in(connection: Connection, secret: str, one: SignIn) -> None:
    """Keep a sign-in."""
    connection.execute(
        insert(sign_ins),
        {
            "hash": digest(secret), "reader": one.reader, "kind": one.kind, "bound": one.bound,
            "about": one.about[:200], "created": micros(one.created), "seen": micros(one.seen),
        },
    )  # fmt: skip


def signed_in(connection: Connection, secret: str, kind: str, now: datetime) -> SignIn | None:
    """Return the sign-in behind a secret, unless it has ended."""
    row = connection.execute(
        select(sign_ins).where(
            sign_ins.c.hash == digest(secret),
            sign_ins.c.kind == kind,
            sign_ins.c.seen > micros(now - IDLE),
            sign_ins.c.created > micros(now - LONGEST),
        )
    ).one_or_none()
    return None if row is None else _sign_in(row)


def seen(connection: Connection, secret: str, now: datetime) -> None:
    """Slide the end of a sign-in."""
    at = micros(now)
    connection.execute(update(sign_ins).where(sign_ins.c.hash == digest(secret)).values(seen=at))


def sign_out(
    connection: Connection, *, secret: str | None = None, reader: str | None = None, kind: str | None = None
) -> int:
    """End one sign-in, or all of a reader, or those of one kind; how many that were."""
    wanted = []
    if secret is not None:
        wanted.append(sign_ins.c.hash == digest(secret))
    if reader is not None:
        wanted.append(sign_ins.c.reader == reader)
    if not wanted:
        raise UsageError("whose sign-ins are to end?")
    if kind is not None:
        wanted.append(sign_ins.c.kind == kind)
    return connection.execute(delete(sign_ins).where(*wanted)).rowcount


def listed_sign_ins(connection: Connection, reader: str, now: datetime) -> list[SignIn]:
    """Return a reader's sign-ins that have not ended, the last used first."""
    rows = connection.execute(
        select(sign_ins)
        .where(sign_ins.c.reader == reader, sign_ins.c.seen > micros(now - IDLE))
        .order_by(sign_ins.c.seen.desc())
    )
    return [_sign_in(row) for row in rows]


def _sign_in(row: Any) -> SignIn:
    return SignIn(
        reader=row.reader, kind=row.kind, bound=row.bound, about=row.about,
        created=moment(row.created), seen=moment(row.seen),
    )  # fmt: skip


def tidy(connection: Connection, now: datetime) -> int:
    """Drop those that have ended; how many that were."""
    ended = (sign_ins.c.seen <= micros(now - IDLE)) | (sign_ins.c.created <= micros(now - LONGEST))
    return connection.execute(delete(sign_ins).where(ended)).rowcount
