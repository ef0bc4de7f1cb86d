"""The full-text index over our own tokens: the databases' tokenisers miss 伊朗 and 이란.

What is indexed is a title and a text as tokens (`topics.tokenise`: Han and kana one by one) parted by
spaces; how, is each database's own. ``TOKENS`` names the way of making tokens: an index made in another way
is rebuilt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from aggregator.indexing import bounded, indexed
from aggregator.store.database import Database
from aggregator.store.values import storable
from aggregator.topics import tokenise

TOKENS = "topics-1"

Document = tuple[int, str, str]  # article, title, text
Tokens = tuple[str, str]  # of title and text, parted by spaces


def tokens(title: str, text: str) -> Tokens:
    """Return what is indexed of an article. (Slow, for a database: call it before the transaction.)"""
    return indexed(storable(title)), indexed(storable(text))


def add(connection: Connection, database: Database, documents: Sequence[tuple[int, Tokens]]) -> None:
    """Index articles that are not in the index."""
    if documents:
        database.search_add(connection, [(number, *found) for number, found in documents])


def remove(connection: Connection, database: Database, documents: Sequence[Document]) -> None:
    """Take articles out; title and text must be what was indexed."""
    if documents:
        database.search_remove(
            connection, [(number, *tokens(title, text)) for number, title, text in documents]
        )


def matching(database: Database, query: str) -> ColumnElement[Any] | None:
    """A subquery of the articles in which every word of ``query`` occurs; None when it has no word.

    A word that is several tokens (Chinese, "COVID-19") is a phrase.
    """
    phrases = [found for word in storable(query).split() if (found := bounded(tokenise(word)))]
    return database.search_matching(phrases) if phrases else None
