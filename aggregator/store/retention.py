"""Texts are dropped, evidence is not: what an old article said goes, that and when it said it stays.

Dropped are text, content, summary and enclosures, the texts of its revisions, and its words in the search
index but for its title's. Everything else stays: the row with guid, dates, hashes, relation and reason, the
fingerprint, decisions and corrections, read and starred marks; so an old entry that a feed brings again is
known, and never becomes new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, func, select, update

from aggregator.store import search
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.queries import KEYS
from aggregator.store.schema import articles, candidate_keys, reader_story, revisions, sources, texts
from aggregator.store.values import PART, micros, slots_of

BATCH = 20  # articles in one transaction
DROPPED = 20_000  # candidate keys in one transaction: some ten milliseconds


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept. ``unseen_since``: drop what no feed has shown since then; None: nothing by age.

    ``size``: bytes of database from which on the oldest go; None: no limit. ``reach``: nothing that is newer
    is dropped, since the detector reads it. ``starred``: texts of starred stories stay.
    """

    unseen_since: datetime | None
    size: int | None
    reach: datetime
    starred: bool = True


def drop(connection: Connection, database: Database, kept: Kept, now: datetime) -> int:
    """Drop the texts of one batch, the oldest first; how many articles that were, 0: nothing is left."""
    chosen: Sequence[Any] = []
    if kept.unseen_since is not None:
        chosen = connection.execute(_unseen(kept, micros(kept.unseen_since))).all()
    if not chosen and kept.size is not None and database.used(connection) > kept.size:
        chosen = connection.execute(_oldest(kept)).all()
    if chosen:
        _drop(connection, database, chosen, micros(now))
    return len(chosen)


def _oldest(kept: Kept) -> Select[Any]:
    starred = exists().where(reader_story.c.story == articles.c.story, reader_story.c.starred)
    wanted: list[ColumnElement[bool]] = [
        articles.c.dropped.is_(None), articles.c.effective < micros(kept.reach),
    ]  # fmt: skip
    if kept.starred:
        wanted.append(~starred)
    return select(articles.c.id, articles.c.title).where(*wanted).order_by(articles.c.effective).limit(BATCH)


def _unseen(kept: Kept, since: int) -> Select[Any]:
    """Last seen in its feed, or, while it is still in there, when that was last read."""
    last_seen = func.coalesce(articles.c.last_seen, sources.c.last_success, articles.c.first_seen)
    return (
        _oldest(kept)
        .join_from(articles, sources, sources.c.no == articles.c.source)
        .where(articles.c.effective < since, last_seen < since)
    )


def _drop(connection: Connection, database: Database, chosen: Sequence[Any], at: int) -> None:
    ids = {"ids": [row.id for row in chosen]}
    held = dict(
        connection.execute(
            select(texts.c.article, texts.c.text).where(among(texts.c.article, "ids")), ids
        ).all()
    )
    search.remove(connection, database, [(row.id, row.title, held.get(row.id, "")) for row in chosen])
    search.add(connection, database, [(row.id, search.tokens(row.title, "")) for row in chosen])
    empty = dict.fromkeys(("summary", "content", "text", "enclosures", "boilerplate"), "")
    connection.execute(update(texts).where(among(texts.c.article, "ids")).values(empty), ids)
    connection.execute(update(revisions).where(among(revisions.c.article, "ids")).values(text=""), ids)
    connection.execute(update(articles).where(among(articles.c.id, "ids")).values(dropped=at), ids)


_LAST_OF_BATCH = select(candidate_keys.c.slot).order_by(candidate_keys.c.slot).offset(DROPPED).limit(1)


def drop_keys(connection: Connection, before: datetime) -> int:
    """Drop candidate keys of the parts that ended before: some `DROPPED`, as the rows of a part lie together.

    Returns how many; 0: no such part is left.
    """
    first, _ = slots_of(micros(before) // PART)
    last = connection.execute(_LAST_OF_BATCH).scalar()
    bound = first if last is None else min(first, last + 1)
    return sum(connection.execute(delete(of).where(of.c.slot < bound)).rowcount for of in KEYS)
