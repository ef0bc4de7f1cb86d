"""What belongs around a story on its page: stories that it links to, and its articles' earlier texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from aggregator.model import RevisionView, StoryView
from aggregator.store import linking
from aggregator.store.among import among
from aggregator.store.schema import revisions
from aggregator.store.sources import Book
from aggregator.store.values import moment


def surrounded(connection: Connection, book: Book, story: StoryView) -> StoryView:
    """Return the story with its links and revisions."""
    return replace(
        story,
        links=tuple(linking.of_story(connection, book, story.id)),
        revisions=revisions_of(connection, [article.id for article in story.articles]),
    )


def revisions_of(connection: Connection, members: Sequence[int]) -> tuple[RevisionView, ...]:
    """Return the texts that these articles had before, by article, the oldest first."""
    rows = connection.execute(
        select(revisions)
        .where(among(revisions.c.article, "ids"))
        .order_by(revisions.c.article, revisions.c.no),
        {"ids": list(members)},
    )
    return tuple(RevisionView(row.article, row.no, moment(row.until), row.title, row.text) for row in rows)
