"""Matching stories anew when the topics' definitions changed, in short transactions: polling goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from aggregator.search import QueryError, of_topic
from aggregator.store import queries, rows, search
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, instance, stories, story_topics, texts
from aggregator.store.sources import Book
from aggregator.store.values import micros
from aggregator.topics import Topic, Topics

if TYPE_CHECKING:
    from aggregator.store.placing import Matcher

BATCH = 40  # stories that are looked at together


class Rematching:
    """Matches stories with changed topics, a few at each `step`: whoever asks for the next one may stop.

    Stories that the full-text index does not find for a topic, and that are in none, are not read.
    """

    def __init__(self, topics: Topics, since: datetime | None = None) -> None:
        self._topics = topics
        self._since = since
        self._left: list[int] | None = None
        self.changed = 0

    def step(self, database: Database, book: Book) -> bool:
        """Match the next stories, newest first; False: none are left."""
        with database.read() as connection:
            if self._left is None:
                self._left = sorted(self._concerned(connection, database, book))
            ids = self._left[-BATCH:]
            del self._left[-BATCH:]
            held, wanted = _held(connection, ids), _wanted(connection, book, self._topics, ids)
        differing = [story for story in ids if held[story] != wanted[story]]
        if differing:
            with database.write() as connection:  # looked at again: an article may have come meanwhile
                self.changed += _set(connection, book, self._topics, differing)
        return bool(ids)

    def _concerned(self, connection: Connection, database: Database, book: Book) -> set[int]:
        living = select(stories.c.id).where(stories.c.merged_into.is_(None))
        if self._since is not None:
            living = living.where(stories.c.placed >= micros(self._since))
        found = set(
            connection.execute(living.where(stories.c.id.in_(select(story_topics.c.story)))).scalars()
        )
        for topic in self._topics:
            found.update(connection.execute(self._asked(connection, database, book, topic, living)).scalars())
        return found

    @staticmethod
    def _asked(
        connection: Connection, database: Database, book: Book, topic: Topic, living: Select[tuple[int]]
    ) -> Select[tuple[int]]:
        """Those of the ``living`` that may be of a topic: all, where the index cannot be asked."""
        query = of_topic(topic)
        if query is None:
            return living
        try:
            return living.where(search.condition(connection, database, book, query))
        except QueryError:  # it names a source that was never there
            return living


def keep_definition(connection: Connection, definition: str) -> None:
    """Note that all stories are matched with topics that are defined so."""
    connection.execute(update(instance).values(topics=definition))


def _wanted(connection: Connection, book: Book, topics: Matcher, ids: list[int]) -> dict[int, set[str]]:
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
    return wanted


def _held(connection: Connection, ids: list[int]) -> dict[int, set[str]]:
    held: dict[int, set[str]] = defaultdict(set)
    for name, story in connection.execute(
        select(story_topics.c.topic, story_topics.c.story).where(among(story_topics.c.story, "ids")),
        {"ids": ids},
    ):
        held[story].add(name)
    return held


def _set(connection: Connection, book: Book, topics: Matcher, ids: list[int]) -> int:
    """Write the topics of these stories as they should be; of how many they changed."""
    held, wanted = _held(connection, ids), _wanted(connection, book, topics, ids)
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
