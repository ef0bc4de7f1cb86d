"""What alerts send, kept until it is sent; each once for a story, a rule and a target."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from aggregator.model import Notice, StoryView
from aggregator.store import reading
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, cursors, instance, notices, stories
from aggregator.store.sources import Book
from aggregator.store.values import micros, moment

Found = Sequence[tuple[str, str, dict[str, Any]]]  # rule, target, message
CURSOR, DAY = "alerts:articles", "alerts:digest"
PAGE = 500  # articles that are looked at in one transaction
MAIL, FEED = "mail", "feed"  # targets of a digest


def seek(
    connection: Connection, database: Database, book: Book, tag: str, now: datetime,
    decide: Callable[[StoryView], Found] | None,
) -> int:  # fmt: skip
    """Ask about the stories of articles that came since the last call; returns how many those were.

    ``decide`` None: nobody wants to be told anything, and what came until now is never told. The first call
    looks at nothing: what was there before is no news.
    """
    last = connection.execute(select(instance.c.last_article)).scalar_one()
    since = connection.execute(select(cursors.c.value).where(cursors.c.name == CURSOR)).scalar()
    if since is None:
        connection.execute(cursors.insert().values(name=CURSOR, value=last))
        return 0
    upto = last if decide is None else min(last, since + PAGE)
    if upto == since:
        return 0
    connection.execute(update(cursors).where(cursors.c.name == CURSOR).values(value=upto))
    if decide is None:
        return 0
    ids = connection.execute(
        select(articles.c.story).where(articles.c.id > since, articles.c.id <= upto).distinct()
    ).scalars()
    rows = connection.execute(
        select(stories).where(among(stories.c.id, "ids"), stories.c.merged_into.is_(None)),
        {"ids": list(ids)},
    ).all()
    made = []
    for story in reading.views(connection, book, rows, tag=tag, reader="", content=False):
        made += [
            {
                "rule": rule, "target": target, "story": story.id, "at": micros(now), "due": micros(now),
                "body": json.dumps({**body, "at": now.isoformat()}, ensure_ascii=False),
            }
            for rule, target, body in decide(story)
        ]  # fmt: skip
    _add(connection, database, made)
    return len(rows)


def _add(connection: Connection, database: Database, rows: list[dict[str, Any]]) -> None:
    if rows:
        once = database.insert(notices).on_conflict_do_nothing(index_elements=["rule", "target", "story"])
        connection.execute(once, rows)


def digest_due(connection: Connection, day: int) -> bool:
    """Whether the digest of that day is to be made; the first time only the next one is."""
    last = connection.execute(select(cursors.c.value).where(cursors.c.name == DAY)).scalar()
    if last is None:
        connection.execute(cursors.insert().values(name=DAY, value=day))
    return last is not None and last < day


def add_digest(
    connection: Connection, database: Database, rule: str, day: int, body: dict[str, Any], now: datetime, *,
    by_mail: bool,
) -> None:  # fmt: skip
    """Keep a digest: for its feed, and to be sent."""
    connection.execute(update(cursors).where(cursors.c.name == DAY).values(value=day))
    common = {"rule": rule, "story": day, "body": json.dumps(body, ensure_ascii=False), "at": micros(now)}
    _add(connection, database, [common | {"target": FEED, "due": None}])
    if by_mail:
        _add(connection, database, [common | {"target": MAIL, "due": micros(now)}])


def digests(connection: Connection, rule: str, limit: int) -> list[Notice]:
    """The last digests, the newest first."""
    rows = connection.execute(
        select(notices)
        .where(notices.c.rule == rule, notices.c.target == FEED)
        .order_by(notices.c.story.desc())
        .limit(limit)
    )
    return list(map(_notice, rows))


def due(connection: Connection, now: datetime, limit: int) -> list[Notice]:
    """What is to be sent now, what waits longest first."""
    statement = select(notices).where(notices.c.due <= micros(now)).order_by(notices.c.due, notices.c.id)
    return list(map(_notice, connection.execute(statement.limit(limit))))


def note(
    connection: Connection, number: int, *, sent: datetime | None, error: str, due: datetime | None
) -> None:
    """Note that it was sent, or that it was not; ``due``: the next attempt, None: there is none."""
    values: dict[str, Any] = {"due": micros(due), "sent": micros(sent), "error": error[:500]}
    if sent is not None or error:
        values["attempts"] = notices.c.attempts + 1
    connection.execute(update(notices).where(notices.c.id == number).values(values))


def _notice(row: Any) -> Notice:
    return Notice(
        id=row.id, rule=row.rule, target=row.target, story=row.story, body=row.body, at=moment(row.at),
        attempts=row.attempts, due=moment(row.due), sent=moment(row.sent), error=row.error,
    )  # fmt: skip
