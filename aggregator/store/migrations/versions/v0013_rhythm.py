"""The rhythm of each source, and a date until which it is paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns: nothing is known of a rhythm yet."""
    op.add_column("sources", sa.Column("paused_until", sa.BigInteger()))
    op.add_column("sources", sa.Column("rhythm", sa.LargeBinary()))
    op.add_column("sources", sa.Column("tempo", sa.Integer()))


def downgrade() -> None:
    """Take them away."""
    for name in ("tempo", "rhythm", "paused_until"):
        op.drop_column("sources", name)
