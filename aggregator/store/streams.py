"""Statements over what sync clients are served: pages of streams, and what is unread in them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, not_, select, true, union

from aggregator.model import Stream, StreamSpec
from aggregator.store.reading import reader_of, unread_by
from aggregator.store.schema import (
    articles,
    reader_story,
    sources,
    stories,
    story_topics,
    sync_places,
    sync_streams,
)
from aggregator.store.values import micros

P = sync_places.c
COUNTED = 10_000
_LIVE = select(P.story, P.stream, P.at).join_from(sync_places, stories, stories.c.id == P.story)


def page(connection: Connection, view: int, spec: StreamSpec) -> Select[Any]:
    """Select story, stream and time of a page of a stream."""
    number, through = reader_of(connection, spec.reader)
    statement = _LIVE.where(P.view == view, stories.c.merged_into.is_(None))
    for condition in _conditions(connection, view, spec, number, through):
        statement = statement.where(condition)
    order = P.story.asc() if spec.oldest else P.story.desc()
    return statement.order_by(order).limit(spec.limit)


def _conditions(
    connection: Connection, view: int, spec: StreamSpec, reader: int, through: int
) -> Iterable[ColumnElement[bool]]:
    for stream in (spec.stream, *spec.also):
        yield within(view, stream, reader)
    for stream in spec.without:
        yield not_(within(view, stream, reader))
    if spec.origin is not None:
        yield P.stream == spec.origin
    if spec.read is not None:
        unread = unread_by(reader, through)
        yield not_(unread) if spec.read else unread
    if spec.starred is not None:
        starred = P.story.in_(
            select(reader_story.c.story).where(reader_story.c.reader == reader, reader_story.c.starred)
        )
        yield starred if spec.starred else not_(starred)
    # Both times as bounds of ids, which `at` grows with: a page must not walk through all that is older.
    after = max(spec.after or 0, 0 if spec.since is None else last(connection, view, micros(spec.since) - 1))
    if spec.read is False:
        after = max(after, _read_below(connection, reader, through))
    if after:
        yield P.story > after
    until = None if spec.until is None else last(connection, view, micros(spec.until))
    if until is not None:
        yield P.story <= until
    if spec.before is not None:
        yield P.story < spec.before


def last(connection: Connection, view: int, at: int) -> int:
    """Return the last story that was served at or before a time, 0 when none was."""
    found = connection.execute(
        select(P.story).where(P.view == view, P.at <= at).order_by(P.story.desc()).limit(1)
    ).scalar()
    return int(found or 0)


def _read_below(connection: Connection, reader: int, through: int) -> int:
    """Return an id up to which everything is read, or 0: what was read long ago is not walked through."""
    if not through:
        return 0
    first = select(func.min(reader_story.c.story)).where(
        reader_story.c.reader == reader, reader_story.c.story <= through, reader_story.c.read.is_(False)
    )
    found = connection.execute(first).scalar()
    return through if found is None else int(found) - 1


def within(view: int, stream: Stream, reader: int) -> ColumnElement[bool]:
    """Whether a story is of a stream: by any of its articles, or since it is served under it."""
    if stream.kind == "all":
        return true()
    if stream.kind in ("none", "folder"):
        return false()
    if stream.kind == "tag":
        return P.story.in_(
            select(reader_story.c.story).where(
                reader_story.c.reader == reader,
                # `tags` is a JSON list of strings.
                reader_story.c.tags.contains(json.dumps(stream.name, ensure_ascii=False), autoescape=True),
            )
        )
    own = select(P.story).where(
        P.view == view,
        P.stream.in_(
            select(sync_streams.c.no).where(
                sync_streams.c.kind == stream.kind, sync_streams.c.name == stream.name
            )
        ),
    )
    members = _members(stream)
    return P.story.in_(own) if members is None else P.story.in_(union(own, members))


def _members(stream: Stream) -> Select[Any] | None:
    if stream.kind == "topic":
        return select(story_topics.c.story).where(story_topics.c.topic == stream.name)
    if stream.kind in ("source", "group"):
        column = sources.c.id if stream.kind == "source" else sources.c.grp
        return select(articles.c.story).where(
            articles.c.source.in_(select(sources.c.no).where(column == stream.name))
        )
    return None


def unread(connection: Connection, view: int, reader: str) -> list[tuple[Stream, int, int]]:
    """Count what is unread: in all, by source, group and topic; with the time of the newest of them.

    Of the newest `COUNTED` unread stories: clients show no more, and a new reader has everything unread.
    """
    newest = page(connection, view, StreamSpec(reader, read=False, limit=COUNTED)).subquery()
    what = (func.count(newest.c.story.distinct()), func.max(newest.c.at))
    by_article = (
        select(*what)
        .join_from(newest, articles, articles.c.story == newest.c.story)
        .join(sources, sources.c.no == articles.c.source)
    )
    by_topic = select(*what).join_from(newest, story_topics, story_topics.c.story == newest.c.story)
    rest = select(*what).join_from(
        newest, sync_streams, and_(sync_streams.c.no == newest.c.stream, sync_streams.c.kind == "rest")
    )
    found: list[tuple[Stream, int, int]] = []
    groups: tuple[tuple[str, Any, Any], ...] = (
        ("source", by_article, sources.c.id),
        ("group", by_article, sources.c.grp),
        ("topic", by_topic, story_topics.c.topic),
    )
    for kind, statement, column in groups:
        rows = connection.execute(statement.add_columns(column).group_by(column))
        found += [(Stream(kind, name), count, at) for count, at, name in rows]  # type: ignore[arg-type]
    for whole, statement in ((Stream("rest"), rest), (Stream(), select(*what))):
        count, at = connection.execute(statement).one()
        found.append((whole, count, at or 0))
    return found
