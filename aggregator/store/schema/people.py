"""Readers: what they marked, what their clients subscribe to, who is signed in."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from aggregator.store.schema.columns import Id, Micros, count, flag, metadata, time, words

readers = Table(
    "readers",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    count("read_through"),  # every story up to this id is read, unless its own row says otherwise
    time("added"),
)

reader_story = Table(
    "reader_story",
    metadata,
    Column("reader", Integer, ForeignKey(readers.c.no), primary_key=True),
    Column("story", BigInteger, primary_key=True, autoincrement=False),
    Column("read", Boolean),  # None: as read_through says
    flag("starred"),
    words("tags"),  # JSON
    words("note"),
    Column("changed", Micros, nullable=False),
    Index("ix_reader_story_story", "story"),
    Index(
        "ix_reader_story_starred",
        "reader",
        "story",
        sqlite_where=text("starred"),
        postgresql_where=text("starred"),
    ),
    sqlite_with_rowid=False,
)

sync_streams = Table(  # what clients of the sync APIs subscribe to, by a number that never changes
    "sync_streams",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # source, group, topic, rest, folder
    Column("name", Text, nullable=False),
    UniqueConstraint("kind", "name"),
)

sync_places = Table(  # the stories that they were served, merged ones too: an undo may bring those back
    "sync_places",
    metadata,
    Column("view", SmallInteger, primary_key=True, autoincrement=False),
    Column("story", Id, primary_key=True, autoincrement=False),
    Column("stream", Integer, nullable=False),  # its origin, frozen
    Column("at", Micros, nullable=False),  # since when it is served; grows with the story's id
    Index("ix_sync_places_view_stream", "view", "stream"),
    sqlite_with_rowid=False,
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("hash", LargeBinary, primary_key=True),  # SHA-256 of what the client holds
    Column("reader", Text, nullable=False),
    Column("kind", Text, nullable=False),  # web, or the sync API that it was made for
    Column("bound", LargeBinary, nullable=False),  # to the password: another one ends it
    words("about"),  # the browser, as it calls itself
    Column("created", Micros, nullable=False),
    Column("seen", Micros, nullable=False),  # renewed at most hourly
    Index("ix_sign_ins_reader", "reader"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token
    Column("fever", LargeBinary, nullable=False, unique=True),  # SHA-256 of the key that Fever makes of it
    Column("name", Text, nullable=False),
    Column("reader", Text, nullable=False),
    Column("scope", Text, nullable=False),  # feeds, read, write, admin
    Column("created", Micros, nullable=False),
    time("used"),  # renewed at most hourly
    time("revoked"),
)

guesses = Table(
    "guesses",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # hash of what is counted: an account, an address, both
    Column("times", Integer, nullable=False),
    Column("last", Micros, nullable=False),
    Index("ix_guesses_last", "last"),
)

expected = Table(  # marks brought from another reader, until their articles come
    "expected",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("reader", Integer, nullable=False),
    Column("source", Integer, nullable=False),
    Column("guid_hash", BigInteger),  # beginning of the SHA-256 of its guid …
    Column("url_hash", BigInteger),  # … and of its address
    Column("read", Boolean, nullable=False),
    Column("starred", Boolean, nullable=False),
    Column("at", Micros, nullable=False),
)
