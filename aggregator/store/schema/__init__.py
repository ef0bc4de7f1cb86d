"""The tables. Hot rows (articles, stories, sources) are small; what is large or rarely read is kept apart.

Ids of articles and stories are given out by the one row of ``instance``, in commit order, never twice: that
row is also the placing lock. Times are integers (see `values`). Migrations build what this page describes;
a test compares the two on every database.
"""

from aggregator.store.schema.columns import metadata
from aggregator.store.schema.compared import (
    article_passages,
    candidate_keys,
    fingerprints,
    fresh_keys,
    gathered_keys,
    passages,
    recipes,
    story_links,
    ties,
)
from aggregator.store.schema.corrected import constraints, corrections
from aggregator.store.schema.people import (
    expected,
    guesses,
    reader_story,
    readers,
    sign_ins,
    sync_places,
    sync_streams,
    tokens,
)
from aggregator.store.schema.polled import hosts, icons, pages, sources, subscriptions, tallies
from aggregator.store.schema.together import configuration, cursors, daemons, inbox, instance
from aggregator.store.schema.told import articles, changes, notices, revisions, stories, story_topics, texts

REVISION = "0021"  # of the newest migration

__all__ = [
    "REVISION",
    "article_passages",
    "articles",
    "candidate_keys",
    "changes",
    "configuration",
    "constraints",
    "corrections",
    "cursors",
    "daemons",
    "expected",
    "fingerprints",
    "fresh_keys",
    "gathered_keys",
    "guesses",
    "hosts",
    "icons",
    "inbox",
    "instance",
    "metadata",
    "notices",
    "pages",
    "passages",
    "reader_story",
    "readers",
    "recipes",
    "revisions",
    "sign_ins",
    "sources",
    "stories",
    "story_links",
    "story_topics",
    "subscriptions",
    "sync_places",
    "sync_streams",
    "tallies",
    "texts",
    "ties",
    "tokens",
]
