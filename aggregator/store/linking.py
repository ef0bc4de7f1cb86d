"""Links between stories that are not folded: partial, related, and the questions of sources that ask.

A link is kept between two articles, and so survives every merge and split: it is of the stories that the two
are of now, and of none while they are one. A link of relation ``copy`` is a question (`Fold.scope` ``ask``):
the two would have been folded, and a person has not said yet whether they are one story. Where a person has
said that two articles are not one, there is no link.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, exists, or_, select

from aggregator.model import LinkEnd, StoryLink
from aggregator.store.among import among
from aggregator.store.schema import articles, constraints, corrections, stories, story_links
from aggregator.store.sources import Book
from aggregator.store.values import moment

MOST = 1000  # links that are read for one list
_STRENGTH = {"copy": 0, "partial": 1, "related": 2}

_a, _b = articles.alias("a"), articles.alias("b")
_END = ("id", "story", "source", "title", "url", "effective")


def _columns(end: Any, prefix: str) -> list[Any]:
    return [end.c[name].label(f"{prefix}_{name}") for name in _END]


def _said_apart() -> ColumnElement[bool]:
    """A person said that the two are not one; the last word of several counts, and undone ones do not."""
    said, later = constraints.alias("said"), constraints.alias("later")
    stands, after = corrections.alias("stands"), corrections.alias("after")
    pair = or_(
        and_(said.c.a == story_links.c.article, said.c.b == story_links.c.other),
        and_(said.c.b == story_links.c.article, said.c.a == story_links.c.other),
    )
    same_pair = or_(
        and_(later.c.a == said.c.a, later.c.b == said.c.b), and_(later.c.a == said.c.b, later.c.b == said.c.a)
    )
    overruled = exists().where(
        same_pair, later.c.together, later.c.correction == after.c.id, after.c.undone.is_(None),
        later.c.correction > said.c.correction,
    )  # fmt: skip
    return exists().where(
        pair,
        said.c.together.is_(False),
        said.c.correction == stands.c.id,
        stands.c.undone.is_(None),
        ~overruled,
    )


_LINKS: Select[Any] = (
    select(*_columns(_a, "a"), *_columns(_b, "b"), story_links.c.relation, story_links.c.similarity)
    .join_from(story_links, _a, _a.c.id == story_links.c.article)
    .join(_b, _b.c.id == story_links.c.other)
    .where(_a.c.story != _b.c.story, ~_said_apart())
)


def of_story(connection: Connection, book: Book, story: int) -> list[StoryLink]:
    """The links of a story in both directions: one for each other story, the strongest."""
    here = select(articles.c.id).where(articles.c.story == bindparam("story"))
    rows = connection.execute(
        _LINKS.where(or_(story_links.c.article.in_(here), story_links.c.other.in_(here))), {"story": story}
    ).all()
    links = [_link(connection, book, row, reverse=row.a_story != story) for row in rows]
    links.sort(key=lambda link: (_STRENGTH.get(link.relation, 9), -link.similarity, link.there.story))
    first: dict[int, StoryLink] = {}
    for link in links:
        first.setdefault(link.there.story, link)
    return list(first.values())


def questions(connection: Connection, book: Book, limit: int) -> list[StoryLink]:
    """The open questions, the newest first: one for each pair of stories."""
    statement = _LINKS.where(story_links.c.relation == "copy").order_by(
        story_links.c.article.desc(), story_links.c.similarity.desc()
    )
    first: dict[frozenset[int], StoryLink] = {}
    for row in connection.execute(statement.limit(MOST)):
        first.setdefault(frozenset((row.a_story, row.b_story)), _link(connection, book, row, reverse=False))
    return list(first.values())[:limit]


def asked_of(connection: Connection, article: int) -> list[tuple[int, int]]:
    """The open questions about an article: (story, article) at the other end of each."""
    rows = connection.execute(
        _LINKS.where(
            story_links.c.relation == "copy",
            or_(story_links.c.article == bindparam("it"), story_links.c.other == bindparam("it")),
        ),
        {"it": article},
    )
    return sorted((row.b_story, row.b_id) if row.a_id == article else (row.a_story, row.a_id) for row in rows)


def members(connection: Connection, numbers: Collection[int]) -> dict[int, list[int]]:
    """The ids of the articles of some stories."""
    found: dict[int, list[int]] = {number: [] for number in numbers}
    for story, article in connection.execute(
        select(stories.c.id, articles.c.id)
        .join_from(stories, articles, articles.c.story == stories.c.id)
        .where(among(stories.c.id, "ids"))
        .order_by(articles.c.id),
        {"ids": numbers},
    ):
        found[story].append(article)
    return found


def _link(connection: Connection, book: Book, row: Any, *, reverse: bool) -> StoryLink:
    here, there = (_end(connection, book, row, prefix) for prefix in (("b", "a") if reverse else ("a", "b")))
    return StoryLink(here, there, row.relation, row.similarity, outgoing=not reverse)


def _end(connection: Connection, book: Book, row: Any, prefix: str) -> LinkEnd:
    number, story, source, title, url, effective = (getattr(row, f"{prefix}_{name}") for name in _END)
    facts = book.by_no(connection, source)
    return LinkEnd(number, story, title, url, facts.id, facts.title, moment(effective))
