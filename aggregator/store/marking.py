"""Read and starred, by reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from aggregator.errors import NotFoundError
from aggregator.store import queries
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import instance, reader_story, readers, stories
from aggregator.store.values import micros


def number_of(connection: Connection, database: Database, name: str, now: datetime) -> int:
    """Return the number of a reader, who is made known when met first."""
    statement = select(readers.c.no).where(readers.c.name == name)
    number = connection.execute(statement).scalar()
    if number is None:
        connection.execute(
            database.insert(readers).on_conflict_do_nothing(), {"name": name, "added": micros(now)}
        )
        number = connection.execute(statement).scalar_one()
    return int(number)


def names(connection: Connection) -> dict[str, int]:
    """The number of each reader, by name."""
    return dict(connection.execute(select(readers.c.name, readers.c.no)).all())


def mark(
    connection: Connection, database: Database, reader: str, ids: Sequence[int], read: bool | None,
    starred: bool | None, now: datetime,
) -> None:  # fmt: skip
    """Set read and/or starred; None leaves it. An id that was merged marks the story that it is now."""
    if not ids or (read is None and starred is None):
        return
    found = connection.execute(
        select(stories.c.id, stories.c.merged_into).where(among(stories.c.id, "ids")), {"ids": ids}
    ).all()
    if missing := sorted(set(ids) - {row.id for row in found}):
        raise NotFoundError(f"there is no story {missing[0]}")
    number = number_of(connection, database, reader, now)
    changes: dict[str, Any] = {"changed": micros(now)}
    if read is not None:
        changes["read"] = read
    if starred is not None:
        changes["starred"] = starred
    insert = database.insert(reader_story)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["reader", "story"], set_={name: insert.excluded[name] for name in changes}
        ),
        [
            {"reader": number, "story": story, **changes}
            for story in sorted({row.merged_into or row.id for row in found})
        ],
    )
    connection.execute(queries.BUMP)


def through(connection: Connection, database: Database, reader: str, story: int, now: datetime) -> None:
    """Mark every story up to this one as read: one number, whatever their count; stars stay."""
    number = number_of(connection, database, reader, now)
    last = connection.execute(select(instance.c.last_story)).scalar_one()
    upto = min(story, last)  # what is not there yet is not read
    connection.execute(
        update(readers).where(readers.c.no == number, readers.c.read_through < upto).values(read_through=upto)
    )
    own = (reader_story.c.reader == number, reader_story.c.story <= upto, reader_story.c.read.is_not(None))
    connection.execute(
        delete(reader_story).where(
            *own, ~reader_story.c.starred, reader_story.c.tags == "", reader_story.c.note == ""
        )
    )
    connection.execute(update(reader_story).where(*own).values(read=None, changed=micros(now)))
    connection.execute(queries.BUMP)
