"""What the detector reads: fingerprints, candidates, what was decided of pairs, what is boilerplate."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from aggregator.store.schema.columns import Id, count, flag, metadata, words
from aggregator.store.schema.told import articles

recipes = Table(
    "recipes",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("article", Id, ForeignKey(articles.c.id), primary_key=True, autoincrement=False),
    Column("recipe", Integer, ForeignKey(recipes.c.no), nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("evidence", LargeBinary, nullable=False),
    Column("bands", LargeBinary, nullable=False),  # candidate keys, signed 64-bit little-endian
)

candidate_keys = Table(
    "candidate_keys",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),  # part and key: `values.slot`
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

fresh_keys = Table(  # the newest rows of candidate_keys, where a database keeps them apart: see `store.fresh`
    "fresh_keys",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

gathered_keys = Table(  # likewise, those that go over to candidate_keys next
    "gathered_keys",
    metadata,
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

ties = Table(
    "ties",
    metadata,
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("other", BigInteger, primary_key=True, autoincrement=False),  # of each pair both ways round
    Column("kind", SmallInteger, nullable=False),  # place in `model.TIE_KINDS`
    Column("probability", Float, nullable=False),
    Column("shared", Integer, nullable=False),  # shingles
    Column("said", Float, nullable=False),  # of these, the greatest share that another text had before
    sqlite_with_rowid=False,
)

story_links = Table(
    "story_links",
    metadata,
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("other", BigInteger, primary_key=True, autoincrement=False),  # an article of the other story
    Column("relation", Text, nullable=False),
    Column("similarity", Float, nullable=False),
    Index("ix_story_links_other", "other"),
    sqlite_with_rowid=False,
)

article_passages = Table(  # what boilerplate is counted from; without a foreign key, as candidate_keys
    "article_passages",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, nullable=False),  # of the effective time, days since 1970
    Column("recipe", Integer, nullable=False),  # that its fingerprint was made with …
    Column("version", BigInteger, nullable=False),  # … and of its source's boilerplate; -1: not known
    Column("passages", LargeBinary, nullable=False),  # `dedup.boilerplate.Text`
    Column("words", LargeBinary, nullable=False),
    Column("title", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

passages = Table(
    "passages",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("hash", BigInteger, primary_key=True, autoincrement=False),
    Column("articles", Integer, nullable=False),  # different texts that had it when it was learnt
    Column("day", Integer, nullable=False),  # when that was, days since 1970
    flag("learnt"),  # boilerplate; false: it was until `changed`
    count("changed"),  # the version since which it is, or is not any more
    words("sample"),  # its words
    Index(
        "ix_passages_learnt",
        "source",
        sqlite_where=text("learnt"),
        postgresql_where=text("learnt"),
    ),
    sqlite_with_rowid=False,
)
