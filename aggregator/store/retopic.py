"""What a changed topic would gain and lose, without changing anything: the index finds, the topic decides."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select

from aggregator.search import of_topic
from aggregator.store import rows, search
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, stories, story_topics, texts
from aggregator.store.sources import Book
from aggregator.store.values import micros
from aggregator.topics import Topic, Topics

PAGE = 500  # stories whose texts are read at once


def changes(
    connection: Connection, database: Database, book: Book, topic: Topic, name: str, since: datetime
) -> tuple[list[int], list[int]]:
    """Ids of the stories placed since then that would come to the topic ``name``, and that would leave it.

    Both newest first. ``topic``: as it would be.
    """
    held = select(story_topics.c.story).where(story_topics.c.topic == name)
    living = select(stories.c.id).where(stories.c.merged_into.is_(None), stories.c.placed >= micros(since))
    now_in = set(connection.execute(living.where(stories.c.id.in_(held))).scalars())
    query = of_topic(topic)
    if query is not None:
        found = search.condition(connection, database, book, query)
        living = living.where(or_(found, stories.c.id.in_(held)))
    ids = list(connection.execute(living).scalars())
    matcher, wanted = Topics([topic]), set[int]()
    for start in range(0, len(ids), PAGE):
        wanted |= _matching(connection, book, matcher, ids[start : start + PAGE])
    return sorted(wanted - now_in, reverse=True), sorted(now_in - wanted, reverse=True)


def _matching(connection: Connection, book: Book, matcher: Topics, ids: list[int]) -> set[int]:
    """Return those of the stories that are of the topic: one of their articles is."""
    statement = (
        select(articles.c.story, articles.c.source, articles.c.title, texts.c.text)
        .join_from(articles, texts, texts.c.article == articles.c.id)
        .where(among(articles.c.story, "ids"))
    )
    matched = set[int]()
    for row in connection.execute(statement, {"ids": ids}):
        if row.story in matched:
            continue
        facts = book.by_no(connection, row.source)
        lead = rows.lead_of(row.text)
        if matcher.match(row.title, lead, row.text, groups=(facts.group,), sources=(facts.id,)):
            matched.add(row.story)
    return matched
