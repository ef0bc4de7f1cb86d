"""What each source carried, counted by housekeeping: pages about sources counted all articles each time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

FIGURES = ("articles", "copies", "shared", "first")


def upgrade() -> None:
    """Make the table; the first round of housekeeping fills it, in short transactions."""
    op.create_table(
        "tallies",
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("source", "settled", name=op.f("pk_tallies")),
    )


def downgrade() -> None:
    """Forget them, and how far the counting had come."""
    op.drop_table("tallies")
    op.execute("DELETE FROM cursors WHERE name LIKE 'tallies:%'")
