"""Matching stories anew when the topics' definitions changed, in short transactions: polling goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aggregator.store import queries, rows
from aggregator.store.among import among
from aggregator.store.database import Database, in_words
from aggregator.store.schema import articles, instance, stories, story_topics, texts
from aggregator.store.sources import Book
from aggregator.store.values import micros

if TYPE_CHECKING:
    from aggregator.store.placing import Matcher

BATCH = 40  # stories a transaction


def rematch(database: Database, book: Book, topics: Matcher, since: datetime | None, definition: str) -> int:
    """Match the stories that were placed since then (None: all), newest first. Returns how many changed."""
    changed, before = 0, None
    while True:
        with in_words(database), database.write() as connection:
            ids = _page(connection, since, before)
            if not ids:
                connection.execute(update(instance).values(topics=definition))
                return changed
            changed += _batch(connection, book, topics, ids)
        before = ids[-1]


def _page(connection: Connection, since: datetime | None, before: int | None) -> list[int]:
    statement = select(stories.c.id).where(stories.c.merged_into.is_(None))
    if before is not None:
        statement = statement.where(stories.c.id < before)
    if since is not None:
        statement = statement.where(stories.c.placed >= micros(since))
    return list(connection.execute(statement.order_by(stories.c.id.desc()).limit(BATCH)).scalars())


def _batch(connection: Connection, book: Book, topics: Matcher, ids: list[int]) -> int:
    wanted: dict[int, set[str]] = defaultdict(set)
    found = connection.execute(
        select(articles.c.story, articles.c.source, articles.c.title, texts.c.text)
        .join_from(articles, texts, texts.c.article == articles.c.id)
        .where(among(articles.c.story, "ids")),
        {"ids": ids},
    ).all()
    for row in found:
        facts = book.by_no(connection, row.source)
        wanted[row.story].update(
            topics.match(
                row.title, rows.lead_of(row.text), row.text, groups=(facts.group,), sources=(facts.id,)
            )
        )
    held: dict[int, set[str]] = defaultdict(set)
    for name, story in connection.execute(
        select(story_topics.c.topic, story_topics.c.story).where(among(story_topics.c.story, "ids")),
        {"ids": ids},
    ):
        held[story].add(name)
    _write(connection, [(name, story) for story in ids for name in wanted[story] - held[story]], add=True)
    _write(connection, [(name, story) for story in ids for name in held[story] - wanted[story]], add=False)
    changed = sum(wanted[story] != held[story] for story in ids)
    if changed:
        connection.execute(queries.BUMP)
    return changed


def _write(connection: Connection, pairs: Iterable[tuple[str, int]], *, add: bool) -> None:
    values = [{"the_topic": name, "the_story": story} for name, story in sorted(pairs)]
    if not values:
        return
    if add:
        statement = insert(story_topics).values(topic=bindparam("the_topic"), story=bindparam("the_story"))
        connection.execute(statement, values)
    else:
        connection.execute(
            delete(story_topics).where(
                story_topics.c.topic == bindparam("the_topic"), story_topics.c.story == bindparam("the_story")
            ),
            values,
        )
