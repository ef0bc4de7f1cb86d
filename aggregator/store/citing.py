"""Texts as they were: what `/stories/ID@ARTICLE.NO` cites, and what an export says beyond the views.

An article's id never changes and its texts are numbered from 1, so a citation holds through merges and splits
of the stories around it. The first text and the last twenty are kept.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from aggregator.errors import NotFoundError
from aggregator.model import Cited, Origin
from aggregator.store import article_views
from aggregator.store.among import among
from aggregator.store.schema import articles, revisions
from aggregator.store.sources import Book
from aggregator.store.values import moment


def cited(connection: Connection, book: Book, article: int, no: int) -> Cited:
    """Return the text that an article had as its ``no``-th. Raises NotFoundError."""
    view = article_views.article(connection, book, article)
    row = connection.execute(
        select(articles.c.story, articles.c.text_sha256).where(articles.c.id == article)
    ).one()
    kept = connection.execute(
        select(revisions).where(revisions.c.article == article).order_by(revisions.c.no)
    ).all()
    last = kept[-1].no + 1 if kept else 1
    before = next((one.until for one in kept if one.no == no - 1), None)
    since = view.first_seen if no == 1 else moment(before)
    if no == last:
        return Cited(view, row.story, no, last, view.title, view.text, since, None, row.text_sha256)
    found = next((one for one in kept if one.no == no), None)
    if found is None:
        had = f"it had {last}, of which the first and the last twenty are kept"
        raise NotFoundError(f"text {no} of article {article} is not there; {had}")
    return Cited(
        view, row.story, no, last, found.title, found.text, since, moment(found.until), found.text_sha256
    )


def origins(connection: Connection, ids: Collection[int]) -> dict[int, Origin]:
    """Return what is known of where articles come from, by id."""
    revised = {
        row.article: row.last
        for row in connection.execute(
            select(revisions.c.article, func.max(revisions.c.no).label("last"))
            .where(among(revisions.c.article, "ids"))
            .group_by(revisions.c.article),
            {"ids": ids},
        )
    }
    hashes: dict[int, list[tuple[int, bytes, bytes]]] = {}
    for row in connection.execute(
        select(
            revisions.c.article, revisions.c.no, revisions.c.raw_sha256, revisions.c.text_sha256
        ).where(among(revisions.c.article, "ids")),
        {"ids": ids},
    ):  # fmt: skip
        hashes.setdefault(row.article, []).append((row.no, row.raw_sha256, row.text_sha256))
    rows = connection.execute(
        select(articles.c.id, articles.c.published, articles.c.raw_sha256, articles.c.text_sha256).where(
            among(articles.c.id, "ids")
        ),
        {"ids": ids},
    )
    return {
        row.id: Origin(
            published=moment(row.published), raw_sha256=row.raw_sha256, text_sha256=row.text_sha256,
            no=revised.get(row.id, 0) + 1, earlier=tuple(sorted(hashes.get(row.id, ()))),
        )
        for row in rows
    }  # fmt: skip
