"""What people said of stories."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from aggregator.store.schema.columns import Micros, metadata, time, words

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # split, merge
    Column("story", BigInteger, nullable=False),  # that was split, or that survives
    Column("other", BigInteger, nullable=False),  # the new story, or the one that was merged into it
    Column("author", Text, nullable=False),
    Column("at", Micros, nullable=False),
    words("reason"),
    Column("before", Text, nullable=False),  # JSON: what undoing restores
    time("undone"),
    Column("undone_by", Text),
)

constraints = Table(
    "constraints",
    metadata,
    Column("correction", Integer, ForeignKey(corrections.c.id), primary_key=True),
    Column("a", BigInteger, primary_key=True, autoincrement=False),
    Column("b", BigInteger, primary_key=True, autoincrement=False),
    Column("together", Boolean, nullable=False),
    Index("ix_constraints_a", "a"),
    Index("ix_constraints_b", "b"),
)
