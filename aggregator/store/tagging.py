"""Tags that readers give to stories; they stand beside read and starred."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from aggregator.store import marking, queries
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import reader_story, readers
from aggregator.store.values import micros, packed, unpacked

_TAGGED = (
    select(reader_story.c.story, reader_story.c.tags)
    .join_from(reader_story, readers, readers.c.no == reader_story.c.reader)
    .where(reader_story.c.tags != "")
)


def given(
    connection: Connection, reader: str, ids: Collection[int] | None = None
) -> dict[int, tuple[str, ...]]:
    """Return the tags of a reader's stories by story: of these, or of all, that have some."""
    statement, values = _TAGGED.where(readers.c.name == reader), {}
    if ids is not None:
        statement, values = statement.where(among(reader_story.c.story, "ids")), {"ids": ids}
    rows = connection.execute(statement, values)
    return {row.story: tuple(str(tag) for tag in unpacked(row.tags)) for row in rows}


def write(
    connection: Connection,
    database: Database,
    reader: str,
    changed: Mapping[int, Iterable[str]],
    now: datetime,
) -> None:
    """Give these stories these tags, each once, in place of those that they had."""
    if not changed:
        return
    number = marking.number_of(connection, database, reader, now)
    insert = database.insert(reader_story)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["reader", "story"],
            set_={"tags": insert.excluded.tags, "changed": insert.excluded.changed},
        ),
        [
            {"reader": number, "story": story, "tags": packed(dict.fromkeys(tags)), "changed": micros(now)}
            for story, tags in changed.items()
        ],
    )
    connection.execute(queries.BUMP)
