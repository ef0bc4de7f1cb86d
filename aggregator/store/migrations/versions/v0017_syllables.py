"""Hangul in the search index by syllables: articles that have some are indexed anew."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from aggregator.search.indexing import bounded, indexed
from aggregator.store.postgres import vector
from aggregator.store.values import storable
from aggregator.topics import tokenise

revision = "0017"
down_revision = "0016"

PAGE = 500  # articles a statement
# Syllables, and all that may become some: jamo, also half as wide, and what stands in circles.
HANGUL = "\u1100-\u11ff\u3130-\u318f\u3200-\u32ff\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"

ARTICLES = sa.table("articles", sa.column("id", sa.Integer), sa.column("title", sa.Text))
TEXTS = sa.table("texts", sa.column("article", sa.Integer), sa.column("text", sa.Text))


def words(text: str) -> str:
    """The tokens as they were: words of Hangul in one piece."""
    return " ".join(bounded(tokenise(text)))


def upgrade() -> None:
    """By syllables."""
    _rewrite(words, indexed)


def downgrade() -> None:
    """By words."""
    _rewrite(indexed, words)


def _rewrite(before: Callable[[str], str], after: Callable[[str], str]) -> None:
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    has = "GLOB" if sqlite else "~"
    pattern = f"*[{HANGUL}]*" if sqlite else f"[{HANGUL}]"
    page = (
        sa.select(ARTICLES.c.id, ARTICLES.c.title, sa.func.coalesce(TEXTS.c.text, "").label("text"))
        .select_from(ARTICLES.outerjoin(TEXTS, TEXTS.c.article == ARTICLES.c.id))
        .where(
            ARTICLES.c.id > sa.bindparam("after"),
            sa.or_(ARTICLES.c.title.op(has)(pattern), TEXTS.c.text.op(has)(pattern)),
        )
        .order_by(ARTICLES.c.id)
        .limit(PAGE)
    )
    last = -1
    while rows := connection.execute(page, {"after": last}).all():
        last = rows[-1].id
        held = [(row.id, storable(row.title), storable(row.text)) for row in rows]
        (_sqlite if sqlite else _postgres)(connection, held, before, after)


def _sqlite(
    connection: sa.Connection, held: list[tuple[int, str, str]],
    before: Callable[[str], str], after: Callable[[str], str],
) -> None:  # fmt: skip
    """An index without content is told what to forget."""
    connection.exec_driver_sql(
        "INSERT INTO search (search, rowid, title, body) VALUES ('delete', ?, ?, ?)",
        [(number, before(title), before(text)) for number, title, text in held],
    )
    connection.exec_driver_sql(
        "INSERT INTO search (rowid, title, body) VALUES (?, ?, ?)",
        [(number, after(title), after(text)) for number, title, text in held],
    )


def _postgres(
    connection: sa.Connection, held: list[tuple[int, str, str]],
    before: Callable[[str], str], after: Callable[[str], str],
) -> None:  # fmt: skip
    """A row an article; what was there needs not be known."""
    del before
    write = sa.text(
        "UPDATE search SET words = CAST(:words AS tsvector), title = CAST(:title AS tsvector) "
        "WHERE article = :article"
    )
    values = [
        {"article": number, "words": vector(after(title), after(text)), "title": vector(after(title))}
        for number, title, text in held
    ]
    connection.execute(write, values)
