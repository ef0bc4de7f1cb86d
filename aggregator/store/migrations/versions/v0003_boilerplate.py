"""Boilerplate that is learnt: the passages of each article, what was learnt when, and what is out of date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and the columns. What is stored is marked as not counted yet: -1.

    The next daemon reads the articles within the horizon again before it polls, and counts them with that.
    """
    op.create_table(
        "article_passages",
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("passages", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "article", name=op.f("pk_article_passages")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "passages", sa.Column("changed", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("passages", sa.Column("sample", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "sources", sa.Column("fingerprinted", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("sources", sa.Column("patterns", sa.Text(), server_default="", nullable=False))
    op.add_column("instance", sa.Column("recipe", sa.Text(), server_default="", nullable=False))
    op.execute("DELETE FROM passages WHERE NOT learnt")
    empty = "x''" if op.get_bind().dialect.name == "sqlite" else "CAST('' AS bytea)"
    op.execute(
        f"""INSERT INTO article_passages (source, article, day, recipe, version, passages, words, title)
        SELECT a.source, a.id, a.effective / 86400000000, f.recipe, -1, {empty}, {empty}, {empty}
        FROM articles a JOIN fingerprints f ON f.article = a.id"""  # noqa: S608  literals of ours
    )


def downgrade() -> None:
    """Take them away; what was only counted is counted again."""
    op.drop_column("instance", "recipe")
    op.drop_column("sources", "patterns")
    op.drop_column("sources", "fingerprinted")
    op.drop_column("passages", "sample")
    op.drop_column("passages", "changed")
    op.drop_table("article_passages")
