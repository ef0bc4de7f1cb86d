"""Topics as queries: what the full-text index may be asked about a topic."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.search.indexing import sought, spelt
from aggregator.search.tree import Every, Filter, Lacking, Node, Words, either, together
from aggregator.topics import Topic, parse_term


def of_topic(topic: Topic) -> Node | None:
    """The query that finds every story of a topic; None: only reading all of them would.

    It may find more: the index does not tell the lead from the text, it has Hangul by syllables, where terms
    are words, and a topic's groups and sources are those of the article that has the terms.
    `Topics.match` has the last word on what was found.
    """
    title = topic.fields == ("title",)

    def any_of(terms: Iterable[str]) -> Node:
        compiled = [parse_term(term) for term in terms]
        return either([Words(*sought(term.tokens, prefix=term.prefix), title) for term in compiled])

    words = [any_of(terms) for terms in (*topic.all, topic.any) if terms]
    surely = all(parse_term(term).tokens == tuple(spelt(parse_term(term).tokens)) for term in topic.none)
    if words and topic.none and surely and "text" in topic.fields and "title" in topic.fields:
        words.append(Lacking(any_of(topic.none)))
    parts: list[Node] = [together(words)] if words else []
    for of, names in (("group", topic.groups), ("source", topic.sources)):
        if names:
            parts.append(either([Filter(of, name) for name in sorted(names)]))  # type: ignore[arg-type]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Every(tuple(parts))
