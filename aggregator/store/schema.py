"""The tables. Hot rows (articles, stories, sources) are small; what is large or rarely read is kept apart.

Ids of articles and stories are given out by the one row of ``instance``, in commit order, never twice: that
row is also the placing lock. Times are integers (see `values`). Migrations build what this page describes;
a test compares the two on every database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

REVISION = "0018"  # of the newest migration

# An "INTEGER PRIMARY KEY" is the row's own address in SQLite; any other type would cost a second tree.
Id = BigInteger().with_variant(Integer, "sqlite")
Micros = BigInteger  # microseconds since 1970, UTC


def _time(name: str) -> Column[int]:
    return Column(name, Micros)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def _words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


instance = Table(
    "instance",
    metadata,
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("uuid", String(36), nullable=False),
    _count("last_article"),
    _count("last_story"),
    _count("version"),  # another number after every change that readers can see
    _words("topics"),  # hash of the topics' definitions that `story_topics` was made with
    Column("tokens", Text, nullable=False, server_default=""),  # recipe of the search index
    _words("recipe"),  # of the fingerprints within the horizon
    _time("created"),
    CheckConstraint("one = 1", name="one"),
    CheckConstraint("last_story < 2147483648", name="story"),  # 32 bits: clients keep ids in an int
)

hosts = Table(
    "hosts",
    metadata,
    Column("name", Text, primary_key=True),
    _time("not_before"),  # the server asked for rest, of two of its feeds
    _time("free_from"),  # our own gap between two requests
    Column("struck_by", Integer),  # number of the source that was last told Retry-After …
    _time("struck_until"),  # … and until when
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
    _flag("agency"),
    _flag("paywall"),
    Column("fold_scope", Text, nullable=False, server_default="all"),
    Column("fold_threshold", Float),
    _flag("paused"),
    _time("paused_until"),
    _flag("removed"),
    # where and when it is polled
    Column("url", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("next_due", Micros, nullable=False),
    _words("next_reason"),
    _time("not_before"),
    Column("lease_owner", Text),
    _time("lease_until"),
    _count("lost"),  # claims since the last result: of daemons that died, or could not store it
    # what the last poll left
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_sha256", LargeBinary),
    _time("added"),
    _time("last_polled"),
    _time("last_success"),
    _count("failures"),
    Column("error_kind", Text),
    Column("error", Text),
    Column("http_status", Integer),
    Column("elapsed", Float),
    _count("wire_bytes"),  # of all answers together
    _count("polls"),
    Column("moved_to", Text),
    _count("moved_seen"),
    _flag("gone"),
    Column("rhythm", LargeBinary),  # `aggregator.rhythm.packed`
    Column("tempo", Integer),  # `aggregator.rhythm.tempo`; None: its interval is fixed, or nothing is known
    # what the feed says of itself
    Column("format", Text),
    Column("feed_title", Text),
    Column("site_url", Text),
    Column("feed_language", Text),
    Column("hub", Text),
    Column("self_url", Text),
    _words("hints"),  # JSON
    _count("boilerplate_version"),  # counts up when another set of passages is learnt, or told in the YAML
    _count("fingerprinted"),  # version that its articles within the horizon were fingerprinted with; -1: none
    _words("patterns"),  # JSON: boilerplate as the YAML tells it
    Index("ix_sources_due", "next_due"),
    Index(
        "ix_sources_leased",
        "host",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
    Index("ix_sources_host", "host", "next_due"),
)

daemons = Table(
    "daemons",
    metadata,
    Column("owner", Text, primary_key=True),  # `lease_owner` of what it polls
    Column("roles", Text, nullable=False),  # parted by spaces
    Column("started", Micros, nullable=False),
    Column("until", Micros, nullable=False),  # taken for dead from then on
    _count("polls"),
    _count("version"),  # of the configuration that it works with
)

inbox = Table(
    "inbox",
    metadata,
    Column("no", Integer, primary_key=True),  # in the order in which they are placed
    Column("source", Integer, ForeignKey(sources.c.no), nullable=False, unique=True),
    Column("at", Micros, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the update: `inbox`
    _count("attempts"),
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
    _time("lease_until"),  # confirmed until then
    _count("tries"),  # since the last confirmation
    _count("missed"),  # polls since the last push that found what the hub had not pushed
    _count("pushes"),
    _time("pushed"),
    Column("error", Text),
)

icons = Table(
    "icons",
    metadata,
    Column("site", Text, primary_key=True),  # scheme and host of an outlet's page
    Column("due", Micros, nullable=False),  # when it is asked for next
    _time("fetched"),
    Column("url", Text),
    Column("type", Text),  # media type, by its first bytes
    Column("content", LargeBinary),
    Column("error", Text),
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

recipes = Table(
    "recipes",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

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
    _words("authors"),  # JSON
    Column("published_claimed", Text),
    _time("published"),  # parsed, None when absent or absurd
    Column("published_from", Text, nullable=False),
    Column("effective", Micros, nullable=False),
    Column("first_seen", Micros, nullable=False),
    _time("last_absent"),  # last good poll without it, before it was first seen
    _time("last_seen"),  # in its feed; None: it still was at the source's last success
    _time("updated"),  # when its normalised text was last seen to change
    Column("raw_sha256", LargeBinary, nullable=False),
    Column("text_sha256", LargeBinary, nullable=False),
    Column("text_hash", BigInteger),
    Column("tokens", Integer, nullable=False),
    Column("relation", Text, nullable=False),
    Column("similarity", Float, nullable=False),
    Column("reason", Text, nullable=False),
    _words("marks"),  # parted by spaces
    Column("credit", Text),
    Column("language", Text),
    _time("dropped"),  # when its text was: `retention`
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
    _words("summary"),
    _words("content"),
    _words("text"),
    _words("categories"),  # JSON
    _words("enclosures"),  # JSON
    _words("boilerplate"),  # JSON: indexes of the paragraphs left out of the fingerprint
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
    _flag("learnt"),  # boilerplate; false: it was until `changed`
    _count("changed"),  # the version since which it is, or is not any more
    _words("sample"),  # its words
    Index(
        "ix_passages_learnt",
        "source",
        sqlite_where=text("learnt"),
        postgresql_where=text("learnt"),
    ),
    sqlite_with_rowid=False,
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),  # split, merge
    Column("story", BigInteger, nullable=False),  # that was split, or that survives
    Column("other", BigInteger, nullable=False),  # the new story, or the one that was merged into it
    Column("author", Text, nullable=False),
    Column("at", Micros, nullable=False),
    _words("reason"),
    Column("before", Text, nullable=False),  # JSON: what undoing restores
    _time("undone"),
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

readers = Table(
    "readers",
    metadata,
    Column("no", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _count("read_through"),  # every story up to this id is read, unless its own row says otherwise
    _time("added"),
)

reader_story = Table(
    "reader_story",
    metadata,
    Column("reader", Integer, ForeignKey(readers.c.no), primary_key=True),
    Column("story", BigInteger, primary_key=True, autoincrement=False),
    Column("read", Boolean),  # None: as read_through says
    _flag("starred"),
    _words("tags"),  # JSON
    _words("note"),
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
    _words("about"),  # the browser, as it calls itself
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
    _time("used"),  # renewed at most hourly
    _time("revoked"),
)

guesses = Table(
    "guesses",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # hash of what is counted: an account, an address, both
    Column("times", Integer, nullable=False),
    Column("last", Micros, nullable=False),
    Index("ix_guesses_last", "last"),
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

cursors = Table(  # how far something that walks through the data has come
    "cursors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
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
    _words("error"),
    UniqueConstraint("rule", "target", "story"),
    Index(
        "ix_notices_due",
        "due",
        sqlite_where=text("due IS NOT NULL"),
        postgresql_where=text("due IS NOT NULL"),
    ),
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
    _time("retry_at"),
    _words("error"),
    Index("ix_pages_source_text_hash", "source", "text_hash"),
    Index(
        "ix_pages_waiting",
        "source",
        sqlite_where=text("retry_at IS NOT NULL"),
        postgresql_where=text("retry_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
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
