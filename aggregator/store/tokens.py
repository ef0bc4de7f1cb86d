"""Tokens: for programs, and for the private addresses of feeds. Shown once, revoked one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update

from aggregator.errors import NotFoundError, UsageError
from aggregator.model import Token
from aggregator.store.digests import digest
from aggregator.store.schema import tokens
from aggregator.store.values import micros, moment

SCOPES = ("feeds", "read", "write", "admin")  # each may what those before it may


def add(
    connection: Connection, secret: str, fever: str, *, name: str, reader: str, scope: str, now: datetime
) -> Token:
    """Keep a new token. ``fever``: the key that the Fever API makes of it. Raises UsageError."""
    if scope not in SCOPES:
        raise UsageError(f"{scope}: no such scope; there are {', '.join(SCOPES)}")
    if not name.strip() or len(name) > 100:
        raise UsageError("a token needs a name of 1 to 100 characters, which tells what it is for")
    live = select(tokens.c.no).where(
        tokens.c.reader == reader, tokens.c.name == name, tokens.c.revoked.is_(None)
    )
    if connection.execute(live).first() is not None:
        raise UsageError(f"{reader} has a token {name!r} already; revoke that one, or choose another name")
    values = {"name": name, "reader": reader, "scope": scope, "created": micros(now)}
    number = connection.execute(
        insert(tokens).returning(tokens.c.no), {**values, "hash": digest(secret), "fever": digest(fever)}
    ).scalar_one()
    return Token(number, name, reader, scope, now, None, None)


def of_secret(connection: Connection, secret: str) -> Token | None:
    """Return the token, unless it is revoked or none."""
    return _live(connection, tokens.c.hash == digest(secret))


def of_fever(connection: Connection, key: str) -> Token | None:
    """Return the token that a Fever key was made of."""
    return _live(connection, tokens.c.fever == digest(key))


def _live(connection: Connection, which: ColumnElement[bool]) -> Token | None:
    row = connection.execute(select(tokens).where(which, tokens.c.revoked.is_(None))).one_or_none()
    return None if row is None else _token(row)


def used(connection: Connection, number: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(update(tokens).where(tokens.c.no == number).values(used=micros(now)))


def listed(connection: Connection, reader: str | None) -> list[Token]:
    """Return the tokens, of one reader or of all, revoked ones too, the newest first."""
    wanted = select(tokens).order_by(tokens.c.no.desc())
    if reader is not None:
        wanted = wanted.where(tokens.c.reader == reader)
    return [_token(row) for row in connection.execute(wanted)]


def revoke(connection: Connection, number: int, reader: str | None, now: datetime) -> Token:
    """End a token for good. ``reader``: only when it is theirs. Raises NotFoundError."""
    which = [tokens.c.no == number, tokens.c.revoked.is_(None)]
    if reader is not None:
        which.append(tokens.c.reader == reader)
    row = connection.execute(
        update(tokens).where(*which).values(revoked=micros(now)).returning(tokens)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no token {number} that could be revoked")
    return _token(row)


def _token(row: Any) -> Token:
    return Token(
        row.no, row.name, row.reader, row.scope,
        moment(row.created), moment(row.used), moment(row.revoked),
    )  # fmt: skip
