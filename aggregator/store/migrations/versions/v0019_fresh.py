"""SQLite's newest candidate keys gather in a table of their own: each of them cost a page of its log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the table; it fills with what is placed from now on."""
    op.create_table(
        "fresh_keys",
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("slot", "article", name=op.f("pk_fresh_keys")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Put what is in it back."""
    op.execute("INSERT INTO candidate_keys (slot, article) SELECT slot, article FROM fresh_keys")
    op.drop_table("fresh_keys")
