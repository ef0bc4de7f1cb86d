"""The full-text index over our own tokens: the databases' tokenisers miss 伊朗 and 이란.

What is indexed is a title and a text as tokens (`aggregator.search.indexing`) parted by spaces; how, is each
database's own. Another way of making tokens needs a migration that writes anew what it changes (v0017).
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select

from aggregator.search import Bound, Either, Every, Filter, Lacking, Node, Of, QueryError, Without
from aggregator.search.indexing import indexed
from aggregator.search.tree import either, is_text, together
from aggregator.store import sources as sourcing
from aggregator.store.database import Database
from aggregator.store.schema import articles, stories, story_topics
from aggregator.store.sources import Book
from aggregator.store.values import micros, storable

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


def condition(connection: Connection, database: Database, book: Book, query: Node) -> ColumnElement[bool]:
    """Which stories a query finds, as a condition on ``stories``. Raises QueryError for an unknown source."""
    if is_text(query):
        found = database.search_matching(query)
        return stories.c.id.in_(select(articles.c.story).where(articles.c.id.in_(found)))
    match query:
        case Every(parts):
            words = [part for part in parts if is_text(part) or isinstance(part, Lacking)]
            rest = [part for part in parts if part not in words]
            if not any(map(is_text, words)):
                words, rest = [], list(parts)
            wanted = [together(words)] if words else []
            return and_(*(condition(connection, database, book, part) for part in (*wanted, *rest)))
        case Either(parts):
            words = [part for part in parts if is_text(part)]
            rest = [part for part in parts if part not in words]
            wanted = [either(words)] if words else []
            return or_(*(condition(connection, database, book, part) for part in (*wanted, *rest)))
        case Without(part) | Lacking(part):
            return not_(condition(connection, database, book, part))
        case Bound(side, at):
            return stories.c.published >= micros(at) if side == "since" else stories.c.published < micros(at)
        case Filter(of, value):
            return _filter(connection, book, of, storable(value))
    raise AssertionError(query)


def _filter(connection: Connection, book: Book, of: Of, value: str) -> ColumnElement[bool]:
    own = select(articles.c.story)
    match of:
        case "topic":
            named = select(story_topics.c.story).where(story_topics.c.topic == value)
            return stories.c.id.in_(named)
        case "source":
            facts = book.by_id(connection, value)
            if facts is None:
                near = get_close_matches(value, sourcing.ids(connection), n=1)
                hint = f"did you mean {near[0]}?" if near else "`aggregator sources list` shows them"
                raise QueryError(f"there is no source called {value!r}; {hint}")
            return stories.c.id.in_(own.where(articles.c.source == facts.no))
        case "group":
            own_sources = sourcing.of_group(connection, value)
            wanted: ColumnElement[bool] = articles.c.source.in_(own_sources)
        case _:
            spoken = sourcing.of_language(connection, value)
            tag = func.lower(articles.c.language)
            wanted = or_(
                tag == value.lower(),
                tag.startswith(f"{value.lower()}-", autoescape=True),
                and_(articles.c.language.is_(None), articles.c.source.in_(spoken)),
            )
    return exists().where(articles.c.story == stories.c.id, wanted)
