"""Making several stories one: the oldest id survives, the others redirect, read and starred are OR-ed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, select, update

from aggregator.store.among import among
from aggregator.store.batch import Batch
from aggregator.store.database import Database
from aggregator.store.schema import articles, reader_story, readers, stories, story_topics


def write(batch: Batch) -> None:
    """Write the merges that the detector found, and what a rule marked as read."""
    at = batch.at
    into: dict[int, list[int]] = {}
    for other in batch.merged:
        into.setdefault(batch.current(other), []).append(other)
    for survivor, others in into.items():
        merge(batch.connection, batch.database, survivor, others, at)
    fresh = batch.read & set(
        batch.new_stories.values()
    )  # a rule on a copy must not mark what another outlet brought
    if fresh:
        insert = batch.database.insert(reader_story).on_conflict_do_nothing()
        for reader in batch.connection.execute(select(readers.c.no)).scalars().all():
            batch.connection.execute(
                insert,
                [{"reader": reader, "story": story, "read": True, "changed": at} for story in sorted(fresh)],
            )


def merge(
    connection: Connection, database: Database, survivor: int, others: Collection[int], at: int
) -> None:
    """Move everything of ``others`` to ``survivor``. Its canonical article is the caller's to choose."""
    ids = {"ids": others}
    connection.execute(update(articles).where(among(articles.c.story, "ids")).values(story=survivor), ids)
    names = (
        connection.execute(
            select(story_topics.c.topic).where(among(story_topics.c.story, "ids")).distinct(), ids
        )
        .scalars()
        .all()
    )
    if names:
        connection.execute(
            database.insert(story_topics).on_conflict_do_nothing(),
            [{"topic": name, "story": survivor} for name in names],
        )
        connection.execute(delete(story_topics).where(among(story_topics.c.story, "ids")), ids)
    connection.execute(
        update(stories).where(among(stories.c.merged_into, "ids")).values(merged_into=survivor), ids
    )
    connection.execute(update(stories).where(among(stories.c.id, "ids")).values(merged_into=survivor), ids)
    _readers(connection, database, survivor, others, at)


def copy_topics(connection: Connection, database: Database, old: int, now: int) -> None:
    """Put a story into the topics of another, of which an article went over to it."""
    names = (
        connection.execute(select(story_topics.c.topic).where(story_topics.c.story == old)).scalars().all()
    )
    if names:
        connection.execute(
            database.insert(story_topics).on_conflict_do_nothing(),
            [{"topic": name, "story": now} for name in names],
        )


def _readers(
    connection: Connection, database: Database, survivor: int, others: Collection[int], at: int
) -> None:
    """OR read and starred, join tags and notes. The others' rows stay, as they were, for an undo."""
    rows = connection.execute(
        select(reader_story, readers.c.read_through)
        .join_from(reader_story, readers, readers.c.no == reader_story.c.reader)
        .where(among(reader_story.c.story, "ids"))
        .order_by(reader_story.c.story),
        {"ids": [survivor, *others]},
    ).all()
    by_reader: dict[int, list[Any]] = {}
    for row in rows:
        by_reader.setdefault(row.reader, []).append(row)
    values = []
    for reader, kept in by_reader.items():
        own = [row for row in kept if row.story == survivor]
        read = any(row.read if row.read is not None else row.story <= row.read_through for row in kept) or (
            not own and survivor <= kept[0].read_through
        )
        values.append(
            {
                "reader": reader,
                "story": survivor,
                "read": read,
                "starred": any(row.starred for row in kept),
                "tags": next((row.tags for row in kept if row.tags), ""),
                "note": "\n\n".join(dict.fromkeys(row.note for row in kept if row.note)),
                "changed": at,
            }
        )
    if values:
        insert = database.insert(reader_story)
        names = ("read", "starred", "tags", "note", "changed")
        connection.execute(
            insert.on_conflict_do_update(
                index_elements=["reader", "story"], set_={name: insert.excluded[name] for name in names}
            ),
            values,
        )
