"""Articles as they are read: one, several, or those of a page's stories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from aggregator.errors import NotFoundError
from aggregator.model import ArticleView, Enclosure
from aggregator.store.among import among
from aggregator.store.schema import articles, sources, texts
from aggregator.store.sources import Book
from aggregator.store.values import moment, unpacked

ROWS: Select[Any] = select(articles, sources.c.last_success).join_from(
    articles, sources, sources.c.no == articles.c.source
)


def article(connection: Connection, book: Book, number: int) -> ArticleView:
    """Return an article with its text."""
    rows = connection.execute(ROWS.where(articles.c.id == number)).all()
    if not rows:
        raise NotFoundError(f"there is no article {number}")
    return views(connection, book, rows, {number})[0]


def articles_of(connection: Connection, book: Book, ids: Sequence[int]) -> dict[int, ArticleView]:
    """Return these articles without their texts, by id."""
    rows = connection.execute(ROWS.where(among(articles.c.id, "ids")), {"ids": ids}).all()
    return {view.id: view for view in views(connection, book, rows, set())}


def story_of(connection: Connection, number: int) -> int:
    """Return the story that an article is of."""
    found = connection.execute(select(articles.c.story).where(articles.c.id == number)).scalar()
    if found is None:
        raise NotFoundError(f"there is no article {number}")
    return int(found)


def views(connection: Connection, book: Book, rows: Sequence[Any], wanted: set[int]) -> list[ArticleView]:
    """Make articles of rows that `ROWS` selects. ``wanted``: ids of those whose texts are read, too."""
    bodies: dict[int, Any] = {}
    if wanted:
        found = connection.execute(select(texts).where(among(texts.c.article, "ids")), {"ids": wanted})
        bodies = {body.article: body for body in found}
    return [_view(connection, book, row, bodies.get(row.id)) for row in rows]


def _view(connection: Connection, book: Book, row: Any, body: Any) -> ArticleView:
    facts = book.by_no(connection, row.source)
    return ArticleView(
        id=row.id,
        source=facts.id,
        source_title=facts.title,
        guid=row.guid,
        url=row.url,
        title=row.title,
        published=moment(row.effective),
        first_seen=moment(row.first_seen),
        similarity=row.similarity,
        reason=row.reason,
        relation=row.relation,
        group=facts.group,
        language=row.language or facts.language,
        authors=_strings(row.authors),
        published_claimed=row.published_claimed,
        published_from=row.published_from,
        updated=moment(row.updated),
        last_seen=moment(_last_seen(row)),
        last_absent=moment(row.last_absent),
        dropped=moment(row.dropped),
        marks=tuple(row.marks.split()),
        credit=row.credit,
        site_url=facts.site_url,
        raw_sha256=row.raw_sha256,
        **({} if body is None else _body(body)),
    )


def _body(body: Any) -> dict[str, Any]:
    enclosures: Any = unpacked(body.enclosures)
    return {
        "summary": body.summary,
        "content": body.content,
        "text": body.text,
        "boilerplate": tuple(int(str(index)) for index in unpacked(body.boilerplate)),
        "categories": _strings(body.categories),
        "enclosures": tuple(Enclosure(url, type_, length) for url, type_, length in enclosures),
    }


def _last_seen(row: Any) -> int:
    """Return when it was last in its feed: still there means at the source's last good poll."""
    if row.last_seen is not None:
        return int(row.last_seen)
    return max(int(row.last_success or 0), int(row.first_seen))


def _strings(text: str) -> tuple[str, ...]:
    return tuple(str(item) for item in unpacked(text))
