"""Pages behind entries of sources with ``fulltext: true``: each is fetched once for each revision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "pages",
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_hash", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("source", "entry", name=op.f("pk_pages")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pages_source_text_hash", "pages", ["source", "text_hash"])
    waiting = sa.text("retry_at IS NOT NULL")
    op.create_index("ix_pages_waiting", "pages", ["source"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    """Forget them."""
    op.drop_table("pages")
