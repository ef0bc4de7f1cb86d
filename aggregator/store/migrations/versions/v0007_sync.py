"""What sync clients were served: subscriptions by number, and under which one each story stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add both tables, empty: stories are entered when a client first asks."""
    op.create_table(
        "sync_streams",
        sa.Column("no", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("no", name="pk_sync_streams"),
        sa.UniqueConstraint("kind", "name", name="uq_sync_streams_kind_name"),
    )
    op.create_table(
        "sync_places",
        sa.Column("view", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("story", Id, autoincrement=False, nullable=False),
        sa.Column("stream", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("view", "story", name="pk_sync_places"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sync_places_view_stream", "sync_places", ["view", "stream"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_sync_places_view_stream", "sync_places")
    op.drop_table("sync_places")
    op.drop_table("sync_streams")
