"""An index of the stories that were merged: each merge asks which redirect to what it takes in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the index; stories that were never merged, which are most, are not in it."""
    op.create_index(
        "ix_stories_merged_into",
        "stories",
        ["merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_stories_merged_into", "stories")
