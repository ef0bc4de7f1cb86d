"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "candidate_keys",
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("slot", "article", name=op.f("pk_candidate_keys")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("story", sa.BigInteger(), nullable=False),
        sa.Column("other", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("undone", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_table(
        "hosts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hosts")),
    )
    op.create_table(
        "instance",
        sa.Column("one", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("last_article", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_story", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("topics", sa.Text(), server_default="", nullable=False),
        sa.Column("tokens", sa.Text(), server_default="", nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("last_story < 2147483648", name=op.f("ck_instance_story")),
        sa.CheckConstraint("one = 1", name=op.f("ck_instance_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_instance")),
    )
    op.create_table(
        "passages",
        sa.Column("source", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("learnt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("source", "hash", name=op.f("pk_passages")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_passages_learnt",
        "passages",
        ["source"],
        unique=False,
        sqlite_where=sa.text("learnt"),
        postgresql_where=sa.text("learnt"),
    )
    op.create_table(
        "readers",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("read_through", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("added", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_readers")),
        sa.UniqueConstraint("name", name=op.f("uq_readers_name")),
    )
    op.create_table(
        "recipes",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_recipes")),
        sa.UniqueConstraint("name", name=op.f("uq_recipes_name")),
    )
    op.create_table(
        "revisions",
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raw_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("article", "no", name=op.f("pk_revisions")),
    )
    op.create_table(
        "sources",
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("configured_url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("authority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("agency", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("paywall", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fold_scope", sa.Text(), server_default="all", nullable=False),
        sa.Column("fold_threshold", sa.Float(), nullable=True),
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("removed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("next_due", sa.BigInteger(), nullable=False),
        sa.Column("next_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=True),
        sa.Column("added", sa.BigInteger(), nullable=True),
        sa.Column("last_polled", sa.BigInteger(), nullable=True),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("elapsed", sa.Float(), nullable=True),
        sa.Column("wire_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("polls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_seen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("feed_title", sa.Text(), nullable=True),
        sa.Column("site_url", sa.Text(), nullable=True),
        sa.Column("feed_language", sa.Text(), nullable=True),
        sa.Column("hub", sa.Text(), nullable=True),
        sa.Column("self_url", sa.Text(), nullable=True),
        sa.Column("hints", sa.Text(), server_default="", nullable=False),
        sa.Column("boilerplate_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_sources")),
        sa.UniqueConstraint("id", name=op.f("uq_sources_id")),
    )
    op.create_index("ix_sources_due", "sources", ["next_due"], unique=False)
    op.create_index("ix_sources_host", "sources", ["host", "next_due"], unique=False)
    op.create_index(
        "ix_sources_leased",
        "sources",
        ["host"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_table(
        "stories",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("canonical", sa.BigInteger(), nullable=False),
        sa.Column("published", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("placed", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
    )
    op.create_index(
        "ix_stories_live",
        "stories",
        ["id"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NULL"),
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.create_table(
        "story_links",
        sa.Column("article", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("article", "other", name=op.f("pk_story_links")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_links_other", "story_links", ["other"], unique=False)
    op.create_table(
        "story_topics",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("story", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("topic", "story", name=op.f("pk_story_topics")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_story_topics_story", "story_topics", ["story"], unique=False)
    op.create_table(
        "articles",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("source", sa.Integer(), nullable=False),
        sa.Column("story", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("guid_hash", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("url_key", sa.Text(), nullable=True),
        sa.Column("url_hash", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("authors", sa.Text(), server_default="", nullable=False),
        sa.Column("published_claimed", sa.Text(), nullable=True),
        sa.Column("published", sa.BigInteger(), nullable=True),
        sa.Column("published_from", sa.Text(), nullable=False),
        sa.Column("effective", sa.BigInteger(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_absent", sa.BigInteger(), nullable=True),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("updated", sa.BigInteger(), nullable=True),
        sa.Column("raw_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text_hash", sa.BigInteger(), nullable=True),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), server_default="", nullable=False),
        sa.Column("credit", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source"], ["sources.no"], name=op.f("fk_articles_source")),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name=op.f("fk_articles_story")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("source", "guid_hash", name=op.f("uq_articles_source_guid_hash")),
    )
    op.create_index(
        "ix_articles_present",
        "articles",
        ["source"],
        unique=False,
        sqlite_where=sa.text("last_seen IS NULL"),
        postgresql_where=sa.text("last_seen IS NULL"),
    )
    op.create_index("ix_articles_source_story", "articles", ["source", "story"], unique=False)
    op.create_index("ix_articles_story", "articles", ["story"], unique=False)
    op.create_index("ix_articles_text", "articles", ["text_hash"], unique=False)
    op.create_index("ix_articles_url", "articles", ["url_hash"], unique=False)
    op.create_table(
        "constraints",
        sa.Column("correction", sa.Integer(), nullable=False),
        sa.Column("a", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("b", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("together", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["correction"], ["corrections.id"], name=op.f("fk_constraints_correction")),
        sa.PrimaryKeyConstraint("correction", "a", "b", name=op.f("pk_constraints")),
    )
    op.create_index("ix_constraints_a", "constraints", ["a"], unique=False)
    op.create_index("ix_constraints_b", "constraints", ["b"], unique=False)
    op.create_table(
        "reader_story",
        sa.Column("reader", sa.Integer(), nullable=False),
        sa.Column("story", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("read", sa.Boolean(), nullable=True),
        sa.Column("starred", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tags", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["reader"], ["readers.no"], name=op.f("fk_reader_story_reader")),
        sa.PrimaryKeyConstraint("reader", "story", name=op.f("pk_reader_story")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_reader_story_starred",
        "reader_story",
        ["reader", "story"],
        unique=False,
        sqlite_where=sa.text("starred"),
        postgresql_where=sa.text("starred"),
    )
    op.create_index("ix_reader_story_story", "reader_story", ["story"], unique=False)
    op.create_table(
        "fingerprints",
        sa.Column(
            "article",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("recipe", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("bands", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_fingerprints_article")),
        sa.ForeignKeyConstraint(["recipe"], ["recipes.no"], name=op.f("fk_fingerprints_recipe")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "texts",
        sa.Column(
            "article",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("content", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("categories", sa.Text(), server_default="", nullable=False),
        sa.Column("enclosures", sa.Text(), server_default="", nullable=False),
        sa.Column("boilerplate", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name=op.f("fk_texts_article")),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_texts")),
    )
    # The full-text index over our own tokens, parted by spaces: see `search` and the two databases' homes.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search USING fts5(title, body, content='', "
            "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co'\")"
        )
    else:
        op.execute("CREATE TABLE search (article bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX ix_search_words ON search USING gin (words)")


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("texts")
    op.drop_table("fingerprints")
    op.drop_index("ix_reader_story_story", table_name="reader_story")
    op.drop_index(
        "ix_reader_story_starred",
        table_name="reader_story",
        sqlite_where=sa.text("starred"),
        postgresql_where=sa.text("starred"),
    )
    op.drop_table("reader_story")
    op.drop_index("ix_constraints_b", table_name="constraints")
    op.drop_index("ix_constraints_a", table_name="constraints")
    op.drop_table("constraints")
    op.drop_index("ix_articles_url", table_name="articles")
    op.drop_index("ix_articles_text", table_name="articles")
    op.drop_index("ix_articles_story", table_name="articles")
    op.drop_index("ix_articles_source_story", table_name="articles")
    op.drop_index(
        "ix_articles_present",
        table_name="articles",
        sqlite_where=sa.text("last_seen IS NULL"),
        postgresql_where=sa.text("last_seen IS NULL"),
    )
    op.drop_table("articles")
    op.drop_index("ix_story_topics_story", table_name="story_topics")
    op.drop_table("story_topics")
    op.drop_index("ix_story_links_other", table_name="story_links")
    op.drop_table("story_links")
    op.drop_index(
        "ix_stories_live",
        table_name="stories",
        sqlite_where=sa.text("merged_into IS NULL"),
        postgresql_where=sa.text("merged_into IS NULL"),
    )
    op.drop_table("stories")
    op.drop_index(
        "ix_sources_leased",
        table_name="sources",
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.drop_index("ix_sources_host", table_name="sources")
    op.drop_index("ix_sources_due", table_name="sources")
    op.drop_table("sources")
    op.drop_table("revisions")
    op.drop_table("recipes")
    op.drop_table("readers")
    op.drop_index(
        "ix_passages_learnt",
        table_name="passages",
        sqlite_where=sa.text("learnt"),
        postgresql_where=sa.text("learnt"),
    )
    op.drop_table("passages")
    op.drop_table("instance")
    op.drop_table("hosts")
    op.drop_table("corrections")
    op.drop_table("candidate_keys")
