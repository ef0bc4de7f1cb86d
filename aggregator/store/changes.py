"""Corrections as they are told: found by walking through what placing wrote, kept in a table of their own.

    facts       a newer version of an outlet's own text states a fact differently (`dedup.corrected`)
    retracted   its headline begins to say that the report is withdrawn
    withdrawn   it was taken out of its feed out of turn: at least three older articles stayed, it was there
                for less than two days, the same outlet has no other article of the story, and the feed
                otherwise loses its oldest first
    split       a person took an article out of its story

Each is told once, whatever is killed when: what is found and how far the search has come are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, exists, func, select, update

from aggregator.dedup.corrected import corrected
from aggregator.model import Change
from aggregator.store import queries
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import (
    articles,
    changes,
    corrections,
    cursors,
    instance,
    revisions,
    sources,
    texts,
)
from aggregator.store.sources import Book
from aggregator.store.values import DAY, micros, moment

PAGE = 400  # of what may be a change, looked at in one transaction
FIRST = timedelta(days=7)  # how far back the first look goes
SHORT = 2 * DAY  # microseconds in its feed, within which a report that goes is withdrawn
OLDER = 3  # articles of the same feed that were older and stayed
IN_ORDER = 0.9  # of what a feed lost within a week must have gone in its turn
HOUR = DAY // 24


def note(connection: Connection, database: Database, now: datetime) -> int:
    """Look at what is new since the last call, and keep what is a change. Returns how many were new."""
    return keep(
        connection, database, [*_revised(connection, now), *_versions(connection), *_split(connection)]
    )


def keep(connection: Connection, database: Database, found: Sequence[dict[str, Any]]) -> int:
    """Keep changes, those that are not kept already. Returns how many were new."""
    if not found:
        return 0
    statement = database.insert(changes).on_conflict_do_nothing(index_elements=["kind", "article", "no"])
    before = connection.execute(select(func.count()).select_from(changes)).scalar_one()
    connection.execute(statement, found)
    new = int(connection.execute(select(func.count()).select_from(changes)).scalar_one() - before)
    if new:
        connection.execute(queries.BUMP)
    return new


def listed(
    connection: Connection, book: Book, *, before: int | None, limit: int, story: int | None = None
) -> list[Change]:
    """The newest changes first; ``before``: the id of the last one of the page before."""
    statement = (
        select(changes, articles.c.source, articles.c.title, articles.c.url, articles.c.story.label("now_of"))
        .join_from(changes, articles, articles.c.id == changes.c.article)
        .order_by(changes.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(changes.c.id < before)
    if story is not None:
        statement = statement.where(changes.c.story == story)
    made = []
    for row in connection.execute(statement):
        facts = book.by_no(connection, row.source)
        details = json.loads(row.details)
        made.append(
            Change(
                id=row.id,
                at=moment(row.at),
                kind=row.kind,
                story=row.now_of,
                article=row.article,
                title=row.title,
                url=row.url,
                source=facts.id,
                source_title=facts.title,
                language=facts.language,
                before_title=details.get("title", ""),
                pairs=tuple((one[0], one[1]) for one in details.get("pairs", ())),
                reason=details.get("reason", ""),
                other=row.story if row.kind == "split" else None,
            )
        )
    return made


# ----------------------------------------------------------------------------- what is looked at


def _cursor(connection: Connection, name: str, first: int) -> int:
    found = connection.execute(select(cursors.c.value).where(cursors.c.name == name)).scalar()
    if found is None:
        connection.execute(cursors.insert().values(name=name, value=first))
        return first
    return int(found)


def _move(connection: Connection, name: str, value: int) -> None:
    connection.execute(update(cursors).where(cursors.c.name == name).values(value=value))


def _revised(connection: Connection, now: datetime) -> Iterator[dict[str, Any]]:
    """Revisions whose next text was seen since."""
    since = _cursor(connection, "changes:revisions", micros(now - FIRST))
    rows = connection.execute(
        select(revisions.c.article, revisions.c.no, revisions.c.until, revisions.c.title, revisions.c.text)
        .where(revisions.c.until > since)
        .order_by(revisions.c.until, revisions.c.article, revisions.c.no)
        .limit(PAGE)
    ).all()
    if len(rows) == PAGE:  # what was seen at one moment is looked at together
        whole = [row for row in rows if row.until < rows[-1].until]
        rows = whole or rows
    if not rows:
        return
    _move(connection, "changes:revisions", rows[-1].until)
    later = _next_texts(connection, rows)
    stories_of = _stories_of(connection, [row.article for row in rows])
    for row in rows:
        title, text = later[row.article, row.no]
        found = corrected(row.title, row.text, title, text)
        if found is not None:
            yield _row(
                row.until, found.kind, stories_of[row.article], row.article, row.no,
                title=row.title, pairs=found.pairs,
            )  # fmt: skip


def _next_texts(connection: Connection, rows: Sequence[Any]) -> dict[tuple[int, int], tuple[str, str]]:
    """By article and revision: title and text of the version after it."""
    ids = {"ids": [row.article for row in rows]}
    kept: dict[int, list[Any]] = {}
    for row in connection.execute(
        select(revisions).where(among(revisions.c.article, "ids")).order_by(revisions.c.no), ids
    ):
        kept.setdefault(row.article, []).append(row)
    current = {
        row.id: (row.title, row.text)
        for row in connection.execute(
            select(articles.c.id, articles.c.title, texts.c.text)
            .join_from(articles, texts, texts.c.article == articles.c.id)
            .where(among(articles.c.id, "ids")),
            ids,
        )
    }
    found = {}
    for row in rows:
        after = next((one for one in kept[row.article] if one.no > row.no), None)
        found[row.article, row.no] = current[row.article] if after is None else (after.title, after.text)
    return found


def _stories_of(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    statement = select(articles.c.id, articles.c.story).where(among(articles.c.id, "ids"))
    return {row.id: row.story for row in connection.execute(statement, {"ids": ids})}


def _versions(connection: Connection) -> Iterator[dict[str, Any]]:
    """New articles that are another version of one of the same outlet, against the one before."""
    last = connection.execute(select(instance.c.last_article)).scalar_one()
    since = _cursor(connection, "changes:articles", max(0, last - 10 * PAGE))
    upto = min(last, since + 20 * PAGE)
    _move(connection, "changes:articles", upto)
    earlier = articles.alias("earlier")
    before = (
        select(func.max(earlier.c.id))
        .where(
            earlier.c.story == articles.c.story, earlier.c.source == articles.c.source,
            earlier.c.id < articles.c.id,
        )
        .scalar_subquery()
    )  # fmt: skip
    rows = connection.execute(
        select(
            articles.c.id, articles.c.story, articles.c.title, articles.c.first_seen, texts.c.text,
            before.label("before"),
        )
        .join_from(articles, texts, texts.c.article == articles.c.id)
        .where(articles.c.id > since, articles.c.id <= upto, articles.c.relation == "version")
    ).all()  # fmt: skip
    old = {
        row.id: row
        for row in connection.execute(
            select(articles.c.id, articles.c.title, texts.c.text)
            .join_from(articles, texts, texts.c.article == articles.c.id)
            .where(among(articles.c.id, "ids")),
            {"ids": [row.before for row in rows if row.before is not None]},
        )
    }
    for row in rows:
        one = old.get(row.before)
        found = None if one is None else corrected(one.title, one.text, row.title, row.text)
        if one is not None and found is not None:
            yield _row(row.first_seen, found.kind, row.story, row.id, 0, title=one.title, pairs=found.pairs)


def _split(connection: Connection) -> Iterator[dict[str, Any]]:
    """Articles that people took out of their stories."""
    since = _cursor(connection, "changes:corrections", 0)
    rows = connection.execute(
        select(corrections).where(corrections.c.id > since).order_by(corrections.c.id).limit(PAGE)
    ).all()
    if rows:
        _move(connection, "changes:corrections", rows[-1].id)
    for row in rows:
        article = json.loads(row.before).get("article")
        if row.kind == "split" and row.undone is None and article is not None:
            yield _row(row.at, "split", row.story, article, row.id, reason=row.reason)


def withdrawn(connection: Connection, now: datetime) -> Iterator[dict[str, Any]]:
    """Articles that left their feeds out of turn within the last day: looks at all that left within it."""
    twin = articles.alias("twin")
    rows = connection.execute(
        select(
            articles.c.id, articles.c.story, articles.c.source, articles.c.effective, articles.c.last_seen
        )
        .join_from(articles, sources, sources.c.no == articles.c.source)
        .where(
            articles.c.last_seen > micros(now) - DAY,
            articles.c.last_seen - articles.c.first_seen < SHORT,
            sources.c.last_success > articles.c.last_seen + HOUR,
            ~exists().where(
                twin.c.story == articles.c.story, twin.c.source == articles.c.source,
                twin.c.id != articles.c.id,
            ),
        )
        .order_by(articles.c.id)
    ).all()  # fmt: skip
    reach: dict[int, int | None] = {}
    for row in rows:
        if row.source not in reach:
            reach[row.source] = _turn(connection, row.source, now)
        turn = reach[row.source]
        if turn is not None and row.effective > turn:
            yield _row(row.last_seen, "withdrawn", row.story, row.id, 0)


_PRESENT = (
    select(articles.c.effective)
    .where(articles.c.source == bindparam("source"), articles.c.last_seen.is_(None))
    .order_by(articles.c.effective)
    .offset(OLDER - 1)
    .limit(1)
)


def _turn(connection: Connection, source: int, now: datetime) -> int | None:
    """From when on an article is too new to have gone in its turn; None: nothing can be said."""
    oldest = connection.execute(_PRESENT, {"source": source}).scalar()
    if oldest is None:
        return None
    gone = connection.execute(
        select(func.count(), func.sum((articles.c.effective > oldest).cast(Integer)))
        .select_from(articles)
        .where(articles.c.source == source, articles.c.last_seen > micros(now) - 7 * DAY)
    ).one()
    early = int(gone[1] or 0)
    return int(oldest) if early <= max(1, (1 - IN_ORDER) * int(gone[0])) else None


def _row(at: int, kind: str, story: int, article: int, no: int, **details: Any) -> dict[str, Any]:
    kept = {name: value for name, value in details.items() if value}
    return {
        "at": at, "kind": kind, "story": story, "article": article, "no": no,
        "details": json.dumps(kept, ensure_ascii=False),
    }  # fmt: skip
