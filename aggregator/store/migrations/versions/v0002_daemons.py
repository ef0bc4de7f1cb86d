"""What several daemons on one database share: who lives, what waits to be placed, the configuration."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, and the columns of hosts and sources."""
    op.create_table(
        "daemons",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("polls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_daemons")),
    )
    op.create_table(
        "inbox",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.no"], name=op.f("fk_inbox_source")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_inbox")),
        sa.UniqueConstraint("source", name=op.f("uq_inbox_source")),
    )
    op.create_table(
        "configuration",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_configuration")),
    )
    op.add_column("hosts", sa.Column("free_from", sa.BigInteger(), nullable=True))
    op.add_column("hosts", sa.Column("struck_by", sa.Integer(), nullable=True))
    op.add_column("hosts", sa.Column("struck_until", sa.BigInteger(), nullable=True))
    op.add_column("sources", sa.Column("lost", sa.BigInteger(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("sources", "lost")
    op.drop_column("hosts", "struck_until")
    op.drop_column("hosts", "struck_by")
    op.drop_column("hosts", "free_from")
    op.drop_table("configuration")
    op.drop_table("inbox")
    op.drop_table("daemons")
