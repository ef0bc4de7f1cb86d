"""Decided pairs are kept, so that stories can be assembled again when an article arrives late.

What was placed before has no pairs on record: each copy is tied to the article that speaks for its story, as
it was decided, so that no stored story falls apart.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

KIND = """CASE WHEN a.reason = 'same-text' THEN 2
    WHEN a.reason = 'same-url' AND a.relation = 'version' THEN 4
    WHEN a.reason = 'same-url' THEN 3
    WHEN a.relation = 'version' THEN 1 ELSE 0 END"""
FOUND = """FROM articles a JOIN stories s ON s.id = a.story
    WHERE a.reason NOT IN ('first', 'corrected') AND a.id <> coalesce(s.text, s.canonical)"""
TOLD = "CASE WHEN a.similarity < 0.5 THEN 0.5 ELSE a.similarity END"


def upgrade() -> None:
    """Add the table, and a pair for each copy."""
    ties = op.create_table(
        "ties",
        sa.Column("article", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("other", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("shared", sa.Integer, nullable=False),
        sa.Column("said", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    assert ties is not None
    columns = "INSERT INTO ties (article, other, kind, probability, shared, said)"
    speaker = "coalesce(s.text, s.canonical)"
    op.execute(f"{columns} SELECT a.id, {speaker}, {KIND}, {TOLD}, 0, 0 {FOUND}")
    op.execute(f"{columns} SELECT {speaker}, a.id, {KIND}, {TOLD}, 0, 0 {FOUND}")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("ties")
