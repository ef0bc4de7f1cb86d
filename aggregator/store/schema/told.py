"""Stories and articles, their texts, and what people are told of them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from aggregator.store.schema.columns import Id, Micros, metadata, time, words
from aggregator.store.schema.polled import sources

stories = Table(
    "stories",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("canonical", BigInteger, nullable=False),  # the article that is credited
    Column("published", Micros, nullable=False),  # frozen
    Column("updated", Micros, nullable=False),
    Column("placed", Micros, nullable=False),
    Column("merged_into", BigInteger),
    Column("text", BigInteger),  # the article whose text is shown; None: the canonical one
    Column("link", BigInteger),  # the article whose address is linked; None: the canonical one
    Index(
        "ix_stories_live",
        "id",
        sqlite_where=text("merged_into IS NULL"),
        postgresql_where=text("merged_into IS NULL"),
    ),
    Index(
        "ix_stories_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("source", Integer, ForeignKey(sources.c.no), nullable=False),
    Column("story", BigInteger().with_variant(Integer, "sqlite"), ForeignKey(stories.c.id), nullable=False),
    Column("guid", Text, nullable=False),
    Column("guid_hash", BigInteger, nullable=False),
    Column("url", Text),
    Column("url_key", Text),
    Column("url_hash", BigInteger),  # of url_key
    Column("title", Text, nullable=False),
    words("authors"),  # JSON
    Column("published_claimed", Text),
    time("published"),  # parsed, None when absent or absurd
    Column("published_from", Text, nullable=False),
    Column("effective", Micros, nullable=False),
    Column("first_seen", Micros, nullable=False),
    time("last_absent"),  # last good poll without it, before it was first seen
    time("last_seen"),  # in its feed; None: it still was at the source's last success
    time("updated"),  # when its normalised text was last seen to change
    Column("raw_sha256", LargeBinary, nullable=False),
    Column("text_sha256", LargeBinary, nullable=False),
    Column("text_hash", BigInteger),
    Column("tokens", Integer, nullable=False),
    Column("relation", Text, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("reason", Text, nullable=False),
    words("marks"),  # parted by spaces
    Column("credit", Text),
    Column("language", Text),
    time("dropped"),  # when its text was: `retention`
    UniqueConstraint("source", "guid_hash"),
    Index(
        "ix_articles_kept",
        "effective",
        sqlite_where=text("dropped IS NULL"),
        postgresql_where=text("dropped IS NULL"),
    ),
    Index("ix_articles_story", "story"),
    Index("ix_articles_source_story", "source", "story"),
    Index("ix_articles_url", "url_hash"),
    Index("ix_articles_text", "text_hash"),
    Index(
        "ix_articles_left",
        "last_seen",
        sqlite_where=text("last_seen IS NOT NULL"),
        postgresql_where=text("last_seen IS NOT NULL"),
    ),
    Index(
        "ix_articles_present",
        "source",
        sqlite_where=text("last_seen IS NULL"),
        postgresql_where=text("last_seen IS NULL"),
    ),
)

texts = Table(
    "texts",
    metadata,
    Column("article", Id, ForeignKey(articles.c.id), primary_key=True, autoincrement=False),
    words("summary"),
    words("content"),
    words("text"),
    words("categories"),  # JSON
    words("enclosures"),  # JSON
    words("boilerplate"),  # JSON: indexes of the paragraphs left out of the fingerprint
)

story_topics = Table(
    "story_topics",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("story", BigInteger, primary_key=True, autoincrement=False),
    Index("ix_story_topics_story", "story"),
    sqlite_with_rowid=False,
)

revisions = Table(
    "revisions",
    metadata,
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("no", Integer, primary_key=True, autoincrement=False),  # 1 is what was first seen
    Column("until", Micros, nullable=False),  # when the next text was seen
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("raw_sha256", LargeBinary, nullable=False),
    Column("text_sha256", LargeBinary, nullable=False),
    Index("ix_revisions_until", "until"),
)

changes = Table(  # corrections by outlets and by people, as /changes.atom tells them
    "changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Micros, nullable=False),
    Column("kind", Text, nullable=False),  # facts, retracted, withdrawn, split
    Column("story", BigInteger, nullable=False),
    Column("article", BigInteger, nullable=False),
    Column("no", Integer, nullable=False),  # of the revision before, of the correction; 0: there is one only
    Column("details", Text, nullable=False),  # JSON: `store.changes`
    UniqueConstraint("kind", "article", "no"),
    Index("ix_changes_story", "story"),
)

notices = Table(  # what alerts send: once for each story, rule and target
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("story", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("at", Micros, nullable=False),
    Column("due", Micros),  # of the next attempt; None: sent, or given up
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("sent", Micros),
    words("error"),
    UniqueConstraint("rule", "target", "story"),
    Index(
        "ix_notices_due",
        "due",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
)
