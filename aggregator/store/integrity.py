"""The invariants that hold after every transaction, whatever was killed; and how much there is."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, FromClause, func, select, text

from aggregator.store.database import Database
from aggregator.store.queries import KEYS
from aggregator.store.rows import MAX_KEYS
from aggregator.store.schema import (
    articles,
    corrections,
    instance,
    revisions,
    sources,
    stories,
    story_topics,
    texts,
)

_EVERY_KEY = " UNION ALL ".join(f"SELECT article FROM {of.name}" for of in KEYS)  # noqa: S608  our names

# What a finding means, and the select that must find nothing.
INVARIANTS = {
    "article {0} is of story {1}, which does not exist or was merged away": """
        SELECT a.id, a.story FROM articles a LEFT JOIN stories s ON s.id = a.story
        WHERE s.id IS NULL OR s.merged_into IS NOT NULL""",
    "story {0} has the canonical article {1}, which is not one of its articles": """
        SELECT s.id, s.canonical FROM stories s LEFT JOIN articles a ON a.id = s.canonical
        WHERE s.merged_into IS NULL AND (a.id IS NULL OR a.story <> s.id)""",
    "story {0} shows or links article {1}, which is not one of its articles": """
        SELECT s.id, a.id FROM stories s JOIN articles a ON a.id = s.text OR a.id = s.link
        WHERE s.merged_into IS NULL AND a.story <> s.id""",
    "story {0} was merged into {1}, which does not exist or was merged itself": """
        SELECT s.id, s.merged_into FROM stories s LEFT JOIN stories t ON t.id = s.merged_into
        WHERE s.merged_into IS NOT NULL AND (t.id IS NULL OR t.merged_into IS NOT NULL)""",
    "source {0} has the guid {1} twice": """
        SELECT source, guid FROM articles WHERE last_seen IS NULL
        GROUP BY source, guid HAVING count(*) > 1""",
    "article {0} has {1} candidate keys, which are too many": f"""
        SELECT article, count(*) FROM ({_EVERY_KEY}) AS k GROUP BY article HAVING count(*) > :keys""",  # noqa: S608
    "article {0} has no text or no fingerprint": """
        SELECT a.id FROM articles a LEFT JOIN texts t ON t.article = a.id
        LEFT JOIN fingerprints f ON f.article = a.id WHERE t.article IS NULL OR f.article IS NULL""",
    "there are candidate keys of article {0}, which does not exist": f"""
        SELECT DISTINCT k.article FROM ({_EVERY_KEY}) AS k
        LEFT JOIN articles a ON a.id = k.article WHERE a.id IS NULL""",  # noqa: S608
    "there is a link from article {0} to {1}, of which one does not exist": """
        SELECT l.article, l.other FROM story_links l LEFT JOIN articles a ON a.id = l.article
        LEFT JOIN articles b ON b.id = l.other WHERE a.id IS NULL OR b.id IS NULL""",
    "there is a decided pair of article {0} and {1}, of which one does not exist": """
        SELECT t.article, t.other FROM ties t LEFT JOIN articles a ON a.id = t.article WHERE a.id IS NULL""",
    "topic {0} has story {1}, which does not exist": """
        SELECT t.topic, t.story FROM story_topics t LEFT JOIN stories s ON s.id = t.story
        WHERE s.id IS NULL""",
    "there is a revision of article {0}, which does not exist": """
        SELECT DISTINCT r.article FROM revisions r LEFT JOIN articles a ON a.id = r.article
        WHERE a.id IS NULL""",
    "there is a mark on story {0}, which does not exist": """
        SELECT DISTINCT r.story FROM reader_story r LEFT JOIN stories s ON s.id = r.story
        WHERE s.id IS NULL""",
    "article {0} or story {1} has an id that was not given out": """
        SELECT (SELECT max(id) FROM articles), (SELECT max(id) FROM stories) FROM instance
        WHERE last_article < (SELECT max(id) FROM articles) OR last_story < (SELECT max(id) FROM stories)""",
}
SHOWN = 20  # findings of one kind


def problems(connection: Connection, database: Database) -> list[str]:
    """Return what is wrong, a line each; nothing, when all is well."""
    found = database.problems(connection)
    for meaning, statement in INVARIANTS.items():
        rows = connection.execute(text(statement), {"keys": MAX_KEYS}).fetchmany(SHOWN)
        found += [meaning.format(*row) for row in rows]
    return found


def stats(connection: Connection, database: Database) -> dict[str, int]:
    """Count what there is."""
    return {
        "sources": _count(connection, sources, sources.c.removed.is_(False)),
        "articles": _count(connection, articles),
        "stories": _count(connection, stories, stories.c.merged_into.is_(None)),
        "stories_merged": _count(connection, stories, stories.c.merged_into.is_not(None)),
        "stories_of_topics": _count(connection, story_topics),
        "texts": _count(connection, texts),
        "revisions": _count(connection, revisions),
        "candidate_keys": sum(_count(connection, of) for of in KEYS),
        "corrections": _count(connection, corrections),
        "version": int(connection.execute(select(instance.c.version)).scalar_one()),
        "bytes": database.size(connection),
    }


def _count(connection: Connection, table: FromClause, *conditions: ColumnElement[bool]) -> int:
    """Count the rows of a table."""
    return int(connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one())
