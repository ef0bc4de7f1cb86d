"""When an article's text was dropped, and an index of those that still have theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing was dropped so far."""
    op.add_column("articles", sa.Column("dropped", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_articles_kept",
        "articles",
        ["effective"],
        sqlite_where=sa.text("dropped IS NULL"),
        postgresql_where=sa.text("dropped IS NULL"),
    )


def downgrade() -> None:
    """Texts that were dropped stay so."""
    op.drop_index("ix_articles_kept", "articles")
    op.drop_column("articles", "dropped")
