"""What is polled: sources, their hosts, and what comes beside their feeds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from aggregator.store.schema.columns import Micros, count, flag, metadata, time, words

hosts = Table(
    "hosts",
    metadata,
    Column("name", Text, primary_key=True),
    time("not_before"),  # the server asked for rest, of two of its feeds
    time("free_from"),  # our own gap between two requests
    Column("struck_by", Integer),  # number of the source that was last told Retry-After …
    time("struck_until"),  # … and until when
)

sources = Table(
    "sources",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),  # of the YAML
    # as configured (the rest of a source's settings, secrets above all, is never kept here)
    Column("configured_url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("grp", Text, nullable=False),
    Column("language", Text),
    Column("authority", Integer, nullable=False, server_default=text("0")),
    flag("agency"),
    flag("paywall"),
    Column("fold_scope", Text, nullable=False, server_default="all"),
    Column("fold_threshold", Float),
    flag("paused"),
    time("paused_until"),
    flag("removed"),
    # where and when it is polled
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("next_due", Micros, nullable=False),
    words("next_reason"),
    time("not_before"),
    Column("lease_owner", Text),
    time("lease_until"),
    count("lost"),  # claims since the last result: of daemons that died, or could not store it
    # what the last poll left
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_sha256", LargeBinary),
    time("added"),
    time("last_polled"),
    time("last_success"),
    count("failures"),
    Column("error_kind", Text),
    Column("error", Text),
    Column("http_status", Integer),
    Column("elapsed", Float),
    count("wire_bytes"),  # of all answers together
    count("polls"),
    Column("moved_to", Text),
    count("moved_seen"),
    flag("gone"),
    Column("rhythm", LargeBinary),  # `aggregator.rhythm.packed`
    Column("tempo", Integer),  # `aggregator.rhythm.tempo`; None: its interval is fixed, or nothing is known
    # what the feed says of itself
    Column("format", Text),
    Column("feed_title", Text),
    Column("site_url", Text),
    Column("feed_language", Text),
    Column("hub", Text),
    Column("self_url", Text),
    words("hints"),  # JSON
    count("boilerplate_version"),  # counts up when another set of passages is learnt, or told in the YAML
    count("fingerprinted"),  # version that its articles within the horizon were fingerprinted with; -1: none
    words("patterns"),  # JSON: boilerplate as the YAML tells it
    Index("ix_sources_due", "next_due"),
    Index(
        "ix_sources_leased",
        "host",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
    Index("ix_sources_host", "host", "next_due"),
)

subscriptions = Table(  # at WebSub hubs
    "subscriptions",
    metadata,
    Column("source", Integer, ForeignKey(sources.c.no), primary_key=True, autoincrement=False),
    Column("token", Text, nullable=False, unique=True),  # the end of the callback's address
    Column("secret", Text, nullable=False),  # that the hub signs with
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("pending", Text),  # what the hub was asked and has not confirmed: subscribe, unsubscribe
    Column("due", Micros, nullable=False),  # when the hub is asked next
    time("lease_until"),  # confirmed until then
    count("tries"),  # since the last confirmation
    count("missed"),  # polls since the last push that found what the hub had not pushed
    count("pushes"),
    time("pushed"),
    Column("error", Text),
)

icons = Table(
    "icons",
    metadata,
    Column("site", Text, primary_key=True),  # scheme and host of an outlet's page
    Column("due", Micros, nullable=False),  # when it is asked for next
    time("fetched"),
    Column("url", Text),
    Column("type", Text),  # media type, by its first bytes
    Column("content", LargeBinary),
    Column("error", Text),
)

tallies = Table(  # what sources carried, as housekeeping counted it last: `store.tallies`
    "tallies",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("settled", Boolean, primary_key=True),  # of stories that stay as they are
    Column("articles", BigInteger, nullable=False),
    Column("copies", BigInteger, nullable=False),
    Column("shared", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
)

pages = Table(  # behind entries of sources with ``fulltext: true``, one for each revision of an entry
    "pages",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),  # hash of guid and raw_sha256
    Column("guid", Text, nullable=False),
    Column("raw_sha256", LargeBinary, nullable=False),
    Column("url", Text, nullable=False),
    Column("at", Micros, nullable=False),
    Column("text", Text),  # of its article; None: it came to nothing
    Column("text_hash", BigInteger),
    Column("attempts", Integer, nullable=False),
    time("retry_at"),
    words("error"),
    Index("ix_pages_source_text_hash", "source", "text_hash"),
    Index(
        "ix_pages_waiting",
        "source",
        sqlite_where=text("retry_at IS NOT NULL"),
        postgresql_where=text("retry_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)
