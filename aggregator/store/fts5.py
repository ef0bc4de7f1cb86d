"""SQLite's full-text index: what it is told of a query, and how it merges what it wrote."""

from __future__ import annotations

import sqlite3
from typing import Final

from aggregator.search import Either, Every, Lacking, Node, Words

# What a transaction brings goes out as one segment (by itself FTS5 writes one for each MB of memory that it
# takes), and segments are merged by eights, not by fours; a query looks into more of them. 12,000 articles
# in groups of 500 cost 3.0 kB of the write-ahead log each, with FTS5's own values 4.3 kB, and a quarter less
# time.
OPTIONS: Final = {"hashsize": 4 << 20, "automerge": 8}


def set_up(driver: sqlite3.Connection) -> None:
    """Set the index's options, which it keeps, where they are others. In a transaction that writes."""
    kept = dict(driver.execute("SELECT k, v FROM search_config").fetchall())
    for name, value in OPTIONS.items():
        if kept.get(name) != value:
            driver.execute("INSERT INTO search (search, rank) VALUES (?, ?)", (name, value))


def words(query: Node) -> str:
    """A query of words as SQLite's FTS5 reads it (its documentation, section 3)."""
    match query:
        case Words(tokens, prefix, title):
            phrase = '"' + " ".join(tokens).replace('"', '""') + '"' + ("*" if prefix else "")
            return f"title : {phrase}" if title else phrase
        case Either(parts):
            return "(" + " OR ".join(map(words, parts)) + ")"
        case Every(parts):
            wanted = [words(part) for part in parts if not isinstance(part, Lacking)]
            unwanted = [words(part.part) for part in parts if isinstance(part, Lacking)]
            return "(" + " NOT ".join(["(" + " AND ".join(wanted) + ")", *unwanted]) + ")"
    raise AssertionError(query)
