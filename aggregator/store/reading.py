"""What people read: stories, by timeline or by id. Few statements, whatever the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    true,
)

from aggregator.errors import NotFoundError
from aggregator.model import ArticleView, StoryView, TimelineSpec
from aggregator.search import parse
from aggregator.store import article_views, search, speaking
from aggregator.store import sources as sourcing
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, reader_story, readers, stories, story_topics
from aggregator.store.sources import Book
from aggregator.store.surroundings import surrounded
from aggregator.store.values import micros, moment

LONGEST = 1000  # stories of one page
LOOKED_THROUGH = 2_000  # newest stories of which those are sought that most outlets carry


def timeline(
    connection: Connection, database: Database, book: Book, spec: TimelineSpec, tag: str, now: datetime
) -> list[StoryView]:
    """Return a page of stories, newest placed first.

    Raises NotFoundError for a source that never was, QueryError for a search that cannot be understood.
    """
    live = select(stories).where(stories.c.merged_into.is_(None))
    for condition in _conditions(connection, database, book, spec, now):
        live = live.where(condition)
    limit, rows = min(max(spec.limit, 0), LONGEST), list[Any]()
    # Each part is read in the order of an index, the next only for what is missing.
    for part in unread_parts(*reader_of(connection, spec.reader)) if spec.unread else (true(),):
        if len(rows) < limit:
            statement = live.where(part).order_by(stories.c.id.desc()).limit(limit - len(rows))
            rows += connection.execute(statement).all()
    return views(connection, book, rows, tag=tag, reader=spec.reader, content=spec.with_content)


def leading(
    connection: Connection, book: Book, since: datetime, limit: int, *, tag: str, reader: str
) -> list[StoryView]:
    """Return unread stories published since then that most outlets carry (two at least), those first.

    Of the newest `LOOKED_THROUGH` only, whose articles lie together in an index.
    """
    wanted = _LEADING.where(unread_by(*reader_of(connection, reader)))
    found = connection.execute(wanted, {"since": micros(since), "limit": limit}).all()
    rows = connection.execute(
        select(stories).where(among(stories.c.id, "ids")), {"ids": [row.story for row in found]}
    ).all()
    made = {one.id: one for one in views(connection, book, rows, tag=tag, reader=reader, content=True)}
    return [made[row.story] for row in found]


def newer(
    connection: Connection, database: Database, book: Book, spec: TimelineSpec, after: int, most: int,
    now: datetime,
) -> int:  # fmt: skip
    """Count a timeline's stories with a greater id than ``after``, up to ``most``."""
    statement = select(stories.c.id).where(stories.c.merged_into.is_(None), stories.c.id > after)
    for condition in _conditions(connection, database, book, spec, now):
        statement = statement.where(condition)
    if spec.unread:
        statement = statement.where(unread_by(*reader_of(connection, spec.reader)))
    return int(
        connection.execute(select(func.count()).select_from(statement.limit(most).subquery())).scalar_one()
    )


def listed(connection: Connection, book: Book, ids: Sequence[int], tag: str) -> list[StoryView]:
    """Return these stories without texts, the newest first."""
    statement = select(stories).where(among(stories.c.id, "ids")).order_by(stories.c.id.desc())
    found = connection.execute(statement, {"ids": ids}).all()
    return views(connection, book, found, tag=tag, reader="", content=False)


def story(connection: Connection, book: Book, number: int, *, tag: str, reader: str) -> StoryView | int:
    """Return a story with all texts, links and revisions, or the id of the story that it was merged into."""
    rows = connection.execute(select(stories).where(stories.c.id == number)).all()
    if not rows:
        raise NotFoundError(f"there is no story {number}")
    if rows[0].merged_into is not None:
        return int(rows[0].merged_into)
    return surrounded(
        connection, book, views(connection, book, rows, tag=tag, reader=reader, content=True, copies=True)[0]
    )


def views(
    connection: Connection, book: Book, rows: Sequence[Any], *, tag: str, reader: str, content: bool,
    copies: bool = False,
) -> list[StoryView]:  # fmt: skip
    """Assemble stories from their rows: articles, texts, topics and read state in a statement each.

    ``content``: with the texts of canonical articles; ``copies``: with those of all articles.
    """
    if not rows:
        return []
    ids = {"ids": [row.id for row in rows]}
    members = connection.execute(
        article_views.ROWS.where(among(articles.c.story, "ids")).order_by(
            articles.c.effective, articles.c.id
        ),
        ids,
    ).all()
    wanted = {speaking.of(row).text for row in rows} if content else set()
    if copies:
        wanted = {row.id for row in members}
    by_story: dict[int, list[ArticleView]] = defaultdict(list)
    for row, view in zip(members, article_views.views(connection, book, members, wanted), strict=True):
        by_story[row.story].append(view)
    topics: dict[int, list[str]] = defaultdict(list)
    for name, number in connection.execute(
        select(story_topics.c.topic, story_topics.c.story).where(among(story_topics.c.story, "ids")), ids
    ):
        topics[number].append(name)
    states = _states(connection, reader, ids)
    return [_story(row, by_story[row.id], tuple(sorted(topics[row.id])), states(row.id), tag) for row in rows]


def _story(
    row: Any, members: list[ArticleView], topics: tuple[str, ...], state: tuple[bool, bool], tag: str
) -> StoryView:
    by_id = {member.id: member for member in members}
    voices = speaking.of(row)
    canonical, shown = by_id[voices.canonical], by_id[voices.text]
    return StoryView(
        id=row.id,
        guid=story_guid(tag, row.id),
        title=shown.title,
        url=by_id[voices.link].url,
        published=moment(row.published),
        updated=moment(row.updated),
        placed=moment(row.placed),
        canonical=canonical,
        shown=shown,
        articles=tuple(members),
        topics=topics,
        groups=tuple(dict.fromkeys([canonical.group, *(member.group for member in members)])),
        read=state[0],
        starred=state[1],
        revised=row.updated > row.placed,
    )


def story_guid(tag: str, number: int) -> str:
    """Return a story's address of the tag: scheme (RFC 4151): it names, and leads nowhere."""
    return f"{tag}:story:{number}"


_outlets = func.count(articles.c.source.distinct())
_LEADING = (
    select(articles.c.story, _outlets)
    .join(stories, stories.c.id == articles.c.story)
    .where(
        articles.c.story > select(func.max(stories.c.id) - LOOKED_THROUGH).scalar_subquery(),
        stories.c.merged_into.is_(None),
        stories.c.published >= bindparam("since"),
    )
    .group_by(articles.c.story)
    .having(_outlets > 1)
    .order_by(_outlets.desc(), articles.c.story.desc())
    .limit(bindparam("limit"))
)

# ----------------------------------------------------------------------------- conditions of a timeline


def _conditions(
    connection: Connection, database: Database, book: Book, spec: TimelineSpec, now: datetime
) -> Iterable[ColumnElement[bool]]:
    if spec.before is not None:
        yield stories.c.id < spec.before
    if spec.since is not None:
        yield stories.c.published >= micros(spec.since)
    if spec.until is not None:
        yield stories.c.published < micros(spec.until)
    if spec.topic is not None:
        yield stories.c.id.in_(select(story_topics.c.story).where(story_topics.c.topic == spec.topic))
    if spec.source is not None:
        facts = book.by_id(connection, spec.source)
        if facts is None:
            raise NotFoundError(f"{spec.source}: no such source; `aggregator sources list` shows them")
        yield stories.c.id.in_(select(articles.c.story).where(articles.c.source == facts.no))
    if spec.group is not None:
        own = sourcing.of_group(connection, spec.group)
        yield exists().where(articles.c.story == stories.c.id, articles.c.source.in_(own))
    if spec.search is not None:
        query = parse(spec.search, now)
        yield false() if query is None else search.condition(connection, database, book, query)
    if spec.starred:
        number, _ = reader_of(connection, spec.reader)
        yield stories.c.id.in_(
            select(reader_story.c.story).where(reader_story.c.reader == number, reader_story.c.starred)
        )


def unread_by(number: int, through: int) -> ColumnElement[bool]:
    """What a reader has not read, as one condition, for lists that are short by other conditions."""
    return or_(*unread_parts(number, through))


def unread_parts(number: int, through: int) -> tuple[ColumnElement[bool], ...]:
    """What a reader has not read: the newer ones that are not marked, then older ones marked unread again.

    Two conditions, of which the first holds for newer stories only: as one they would have the whole table
    looked through for somebody who has read (nearly) everything.
    """
    mine = reader_story.c.reader == number
    read = exists().where(mine, reader_story.c.story == stories.c.id, reader_story.c.read.is_(True))
    again = select(reader_story.c.story).where(
        mine, reader_story.c.read.is_(False), reader_story.c.story <= through
    )
    return and_(stories.c.id > through, ~read), stories.c.id.in_(again)


def reader_of(connection: Connection, name: str) -> tuple[int, int]:
    """Return number and read-through mark of a reader; 0 and 0 for one who never marked anything."""
    row = connection.execute(
        select(readers.c.no, readers.c.read_through).where(readers.c.name == name)
    ).first()
    return (0, 0) if row is None else (row.no, row.read_through)


def _states(connection: Connection, reader: str, ids: dict[str, list[int]]) -> Any:
    number, through = reader_of(connection, reader)
    rows = connection.execute(
        select(reader_story.c.story, reader_story.c.read, reader_story.c.starred).where(
            reader_story.c.reader == bindparam("reader"), among(reader_story.c.story, "ids")
        ),
        ids | {"reader": number},
    ).all()
    kept = {row.story: row for row in rows}

    def state(story: int) -> tuple[bool, bool]:
        row = kept.get(story)
        if row is None:
            return story <= through, False
        return bool(row.read if row.read is not None else story <= through), bool(row.starred)

    return state


def topic_counts(connection: Connection) -> dict[str, int]:
    """Count the living stories of each topic."""
    living = story_topics.join(stories, stories.c.id == story_topics.c.story)
    statement = select(story_topics.c.topic, func.count()).select_from(living)
    found = connection.execute(
        statement.where(stories.c.merged_into.is_(None)).group_by(story_topics.c.topic)
    )
    return {name: int(number) for name, number in found}
