"""What outlets and people corrected, what alerts send, and how far those who look for it have come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables, and the indexes by which changes are found."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "changes",
        sa.Column("id", number, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story", sa.BigInteger(), nullable=False),
        sa.Column("article", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("kind", "article", "no", name=op.f("uq_changes_kind_article_no")),
    )
    op.create_index("ix_changes_story", "changes", ["story"])
    op.create_table(
        "cursors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "notices",
        sa.Column("id", number, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("story", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("rule", "target", "story", name=op.f("uq_notices_rule_target_story")),
    )
    where = sa.text("due IS NOT NULL")
    op.create_index("ix_notices_due", "notices", ["due"], sqlite_where=where, postgresql_where=where)
    where = sa.text("last_seen IS NOT NULL")
    op.create_index("ix_articles_left", "articles", ["last_seen"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_revisions_until", "revisions", ["until"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_revisions_until", "revisions")
    op.drop_index("ix_articles_left", "articles")
    for name in ("notices", "cursors", "changes"):
        op.drop_table(name)
