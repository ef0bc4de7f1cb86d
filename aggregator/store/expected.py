"""Marks that were brought from another reader, for entries that our own polls have yet to bring.

Each is matched by the guid, else by the address, with the articles of its source as they come; then it is
set, once, and forgotten.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.model import Expected
from aggregator.store import marking
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, cursors, expected, instance, readers, sources
from aggregator.store.values import digest64, hash64, micros

KEPT = timedelta(days=30)  # what no poll brings within this time is forgotten
CURSOR = "expected"  # the last article that was compared


def expect(
    connection: Connection, database: Database, reader: str, given: Iterable[Expected], now: datetime
) -> None:
    """Keep marks for a reader; those of sources that are not there are left out."""
    number = marking.number_of(connection, database, reader, now)
    numbers = dict(connection.execute(select(sources.c.id, sources.c.no)).all())
    rows = [
        {
            "reader": number, "source": numbers[each.source], "guid_hash": _guid(each),
            "url_hash": _url(each),
            "read": each.read, "starred": each.starred, "at": micros(now),
        }
        for each in given
        if each.source in numbers
    ]  # fmt: skip
    if rows:
        connection.execute(insert(expected), rows)


def settle(
    connection: Connection, database: Database, now: datetime, only: Sequence[str] | None = None
) -> int:
    """Set the marks whose articles are there; how many that were. ``only``: of these sources, all articles.

    Without ``only``: the articles that came since the last time.
    """
    connection.execute(delete(expected).where(expected.c.at < micros(now - KEPT)))
    rows = connection.execute(select(expected)).all()
    last = connection.execute(select(instance.c.last_article)).scalar_one()
    since = connection.execute(select(cursors.c.value).where(cursors.c.name == CURSOR)).scalar()
    if only is None:
        if since is None:
            connection.execute(insert(cursors), {"name": CURSOR, "value": last})
        else:
            connection.execute(update(cursors).where(cursors.c.name == CURSOR).values(value=last))
    if not rows:
        return 0
    wanted = {row.source for row in rows}
    if only is not None:
        named = select(sources.c.no).where(sources.c.id.in_(list(only)))
        wanted &= set(connection.execute(named).scalars())
    found = select(
        articles.c.id, articles.c.source, articles.c.story, articles.c.guid, articles.c.url_hash
    ).where(among(articles.c.source, "sources"), articles.c.id > bindparam("since"))
    start = (since or 0) if only is None else 0
    by_guid: dict[tuple[int, int | None], int] = {}
    by_url: dict[tuple[int, int | None], int] = {}
    for each in connection.execute(found, {"sources": wanted, "since": start}):
        by_guid[each.source, digest64(hashlib.sha256(each.guid.encode()).digest())] = each.story
        by_url[each.source, each.url_hash] = each.story
    marks: dict[tuple[int, bool, bool], list[int]] = defaultdict(list)
    done = []
    for row in rows:
        story = by_guid.get((row.source, row.guid_hash)) if row.guid_hash is not None else None
        if story is None and row.url_hash is not None:
            story = by_url.get((row.source, row.url_hash))
        if story is not None:
            marks[row.reader, row.read, row.starred].append(story)
            done.append(row.no)
    names = {no: name for name, no in marking.names(connection).items()}
    # Unread last: a story of which one article is unread there is unread here.
    for (reader, read, starred), stories in sorted(marks.items(), key=lambda each: not each[0][1]):
        marking.mark(connection, database, names[reader], sorted(set(stories)), read, starred or None, now)
    if done:
        connection.execute(delete(expected).where(among(expected.c.no, "done")), {"done": done})
    return len(done)


def waiting(connection: Connection, reader: str, given: Sequence[Expected]) -> list[Expected]:
    """Those of these marks that are not set yet."""
    rows = connection.execute(
        select(sources.c.id, expected.c.guid_hash, expected.c.url_hash)
        .join(sources, sources.c.no == expected.c.source)
        .join(readers, readers.c.no == expected.c.reader)
        .where(readers.c.name == reader)
    )
    held = {tuple(row) for row in rows}
    return [each for each in given if (each.source, _guid(each), _url(each)) in held]


def _url(each: Expected) -> int | None:
    return None if each.url_key is None else hash64(each.url_key)


def _guid(each: Expected) -> int | None:
    """The hash that an article's guid would have."""
    if each.guid is not None:
        return digest64(hashlib.sha256(each.guid.encode("utf-8", "replace")).digest())
    try:
        return digest64(bytes.fromhex(each.guid_sha256 or ""))
    except ValueError:
        return None
