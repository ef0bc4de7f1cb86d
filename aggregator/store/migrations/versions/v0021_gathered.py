"""SQLite's candidate keys go over through a third table: a slice finds more of them on a page there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table; it fills with what goes over from now on."""
    op.create_table(
        "gathered_keys",
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("slot", "article", name=op.f("pk_gathered_keys")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Put what is in it back."""
    op.execute("INSERT INTO candidate_keys (slot, article) SELECT slot, article FROM gathered_keys")
    op.drop_table("gathered_keys")
