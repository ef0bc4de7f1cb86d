"""Entering stories for clients of the sync APIs: where each stands from then on, and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model import Stream, View
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, sources, stories, story_topics, sync_places, sync_streams
from aggregator.store.values import micros

P = sync_places.c
VIEWS: Mapping[str, int] = {"sources": 0, "groups": 1, "topics": 2}


def enter(
    connection: Connection, database: Database, view: View, rows: Sequence[Any], settle: timedelta,
    topics: Sequence[str], looked: datetime | None,
) -> None:  # fmt: skip
    """Enter settled stories. ``looked``: when somebody was last told that there was nothing more."""
    if not rows:
        return
    origins = _origins(connection, view, topics, rows)
    known_as = numbers(connection, database, dict.fromkeys(origins))
    code = VIEWS[view]
    last = connection.execute(select(P.at).where(P.view == code).order_by(P.story.desc()).limit(1)).scalar()
    # Never before the last one, nor before a time at which there was nothing more.
    at = max(int(last or 0), micros(looked) if looked is not None else 0)
    values = []
    for row, origin in zip(rows, origins, strict=True):
        at = max(at, row.placed + settle // timedelta(microseconds=1))
        values.append({"view": code, "story": row.id, "stream": known_as[origin], "at": at})
    connection.execute(database.insert(sync_places).on_conflict_do_nothing(), values)


def numbers(connection: Connection, database: Database, wanted: Collection[Stream]) -> dict[Stream, int]:
    """Return the numbers of these streams; those met first get one."""
    found = known(connection, wanted)
    missing = [{"kind": one.kind, "name": one.name} for one in wanted if one not in found]
    if missing:
        insert = database.insert(sync_streams).on_conflict_do_nothing()
        for values in missing:
            connection.execute(insert, values)
        found = known(connection, wanted)
    return found


def settled(connection: Connection, view: int, cut: int, limit: int) -> list[Any]:
    """Stories behind the last one entered, in order, up to the first that was placed after ``cut``."""
    last = connection.execute(select(func.max(P.story)).where(P.view == view)).scalar() or 0
    rows = connection.execute(
        select(stories.c.id, stories.c.placed, stories.c.canonical)
        .where(stories.c.id > last)
        .order_by(stories.c.id)
        .limit(limit)
    ).all()
    return list(_until(rows, cut))


def _until(rows: Sequence[Any], cut: int) -> Iterator[Any]:
    for row in rows:
        if row.placed > cut:
            return
        yield row


def _origins(connection: Connection, view: View, topics: Sequence[str], rows: Sequence[Any]) -> list[Stream]:
    """The subscription of each story as things are now."""
    if view == "topics":
        held: dict[int, set[str]] = defaultdict(set)
        for name, story in connection.execute(
            select(story_topics.c.topic, story_topics.c.story).where(among(story_topics.c.story, "ids")),
            {"ids": [row.id for row in rows]},
        ):
            held[story].add(name)
        firsts = [next((name for name in topics if name in held[row.id]), None) for row in rows]
        return [Stream("rest") if name is None else Stream("topic", name) for name in firsts]
    column = sources.c.id if view == "sources" else sources.c.grp
    of = dict(
        connection.execute(
            select(articles.c.id, column)
            .join_from(articles, sources, sources.c.no == articles.c.source)
            .where(among(articles.c.id, "ids")),
            {"ids": [row.canonical for row in rows]},
        ).all()
    )
    kind = "source" if view == "sources" else "group"
    return [Stream(kind, of.get(row.canonical, "")) for row in rows]  # type: ignore[arg-type]


def known(connection: Connection, wanted: Collection[Stream]) -> dict[Stream, int]:
    """Return the numbers of those of these streams that have one."""
    rows = connection.execute(select(sync_streams))
    found = {Stream(row.kind, row.name): int(row.no) for row in rows}
    return {one: found[one] for one in wanted if one in found}
