"""What was folded away, for people who look after it: what is marked ``adds`` or ``differs`` first."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from aggregator.model import Folded
from aggregator.store import article_views
from aggregator.store.schema import articles, stories
from aggregator.store.sources import Book

RELATIONS = ("copy", "version")


def listed(
    connection: Connection, book: Book, *, mark: str | None, before: tuple[bool, int] | None, limit: int
) -> list[Folded]:
    """Folded articles: the marked ones, newest first, then the others, newest first.

    ``mark``: only those with it. ``before``: whether the last of the page before was marked, and its id.
    """
    found: list[Folded] = []
    for marked in (True, False):
        if not marked and mark is not None:
            break
        if before is not None and before[0] < marked:
            continue
        last = before[1] if before is not None and before[0] == marked else None
        found += _page(connection, book, mark, marked=marked, last=last, limit=limit - len(found))
        if len(found) >= limit:
            break
    return found


def _page(
    connection: Connection, book: Book, mark: str | None, *, marked: bool, last: int | None, limit: int
) -> list[Folded]:
    spoken = articles.alias("spoken")
    statement = (
        select(articles.c.id, articles.c.story, spoken.c.title.label("beside"))
        .join_from(articles, stories, stories.c.id == articles.c.story)
        .join(spoken, spoken.c.id == func.coalesce(stories.c.text, stories.c.canonical))
        .where(
            articles.c.relation.in_(RELATIONS),
            articles.c.id != spoken.c.id,
            (articles.c.marks != "") if marked else (articles.c.marks == ""),
        )
        .order_by(articles.c.id.desc())
        .limit(limit)
    )
    if mark is not None:
        statement = statement.where((" " + articles.c.marks + " ").like(f"% {mark} %"))
    if last is not None:
        statement = statement.where(articles.c.id < last)
    rows = connection.execute(statement).all()
    views = article_views.articles_of(connection, book, [row.id for row in rows])
    return [Folded(views[row.id], row.story, row.beside) for row in rows]
