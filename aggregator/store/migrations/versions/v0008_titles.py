"""On PostgreSQL an index of the headlines alone, for searches in titles (SQLite's index has the column)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from aggregator.search.indexing import indexed
from aggregator.store.postgres import vector
from aggregator.store.values import storable

revision = "0008"
down_revision = "0007"

PAGE = 2_000  # rows a statement


def upgrade() -> None:
    """Add the column, and fill it from the titles of the articles."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE search ADD COLUMN title tsvector NOT NULL DEFAULT ''")
    _fill(op.get_bind())
    op.execute("CREATE INDEX ix_search_title ON search USING gin (title)")


def downgrade() -> None:
    """Take both away."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search DROP COLUMN title")


def _fill(connection: sa.Connection) -> None:
    page = sa.text("SELECT id, title FROM articles WHERE id > :after ORDER BY id LIMIT :page")
    write = sa.text("UPDATE search SET title = CAST(:title AS tsvector) WHERE article = :article")
    after = -1
    while rows := connection.execute(page, {"after": after, "page": PAGE}).all():
        after = rows[-1].id
        connection.execute(
            write, [{"article": row.id, "title": vector(indexed(storable(row.title)))} for row in rows]
        )
