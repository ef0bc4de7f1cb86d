"""What daemons on one database share: its number of everything, who is at work, with which configuration."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from aggregator.store.schema.columns import Micros, count, metadata, time, words
from aggregator.store.schema.polled import sources

instance = Table(
    "instance",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("uuid", String(36), nullable=False),
    count("last_article"),
    count("last_story"),
    count("version"),  # another number after every change that readers can see
    words("topics"),  # hash of the topics' definitions that `story_topics` was made with
    Column("tokens", Text, nullable=False, server_default=""),  # recipe of the search index
    words("recipe"),  # of the fingerprints within the horizon
    time("created"),
    CheckConstraint("one = 1", name="one"),
    CheckConstraint("last_story < 2147483648", name="story"),  # 32 bits: clients keep ids in an int
)

daemons = Table(
    "daemons",
    metadata,
    Column("owner", Text, primary_key=True),  # `lease_owner` of what it polls
    Column("roles", Text, nullable=False),  # parted by spaces
    Column("started", Micros, nullable=False),
    Column("until", Micros, nullable=False),  # taken for dead from then on
    count("polls"),
    count("version"),  # of the configuration that it works with
)

inbox = Table(
    "inbox",
    metadata,
    Column("no", Integer, primary_key=True),  # in the order in which they are placed
    Column("source", Integer, ForeignKey(sources.c.no), nullable=False, unique=True),
    Column("at", Micros, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the update: `inbox`
    count("attempts"),
)

configuration = Table(
    "configuration",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),  # host and path of the file that said so
    Column("digest", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON: the files as written, variables not replaced
    Column("at", Micros, nullable=False),
)

cursors = Table(  # how far something that walks through the data has come
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
