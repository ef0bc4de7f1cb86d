"""Whose text a story shows and whose address it links, where that is not its canonical article's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the two columns; stories that are stored show and link their canonical article, as before."""
    op.add_column("stories", sa.Column("text", sa.BigInteger(), nullable=True))
    op.add_column("stories", sa.Column("link", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("stories", "link")
    op.drop_column("stories", "text")
