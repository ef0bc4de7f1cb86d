"""Applying one poll of one source, in one transaction: what is new is placed, what changed is revised.

The writes follow the detector's intents (`Placement`) in their order; every kind of row is written once, in
bulk. Nothing of the update is kept unless all of it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlalchemy import Connection, update

from aggregator.dedup.canonical import choose_canonical
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError
from aggregator.model import Applied, Held, Placement, Prepared, Update
from aggregator.store import inbox, leases, merging, polling, queries, revising, rows, search
from aggregator.store.among import among
from aggregator.store.arrivals import Sorted, sort
from aggregator.store.database import Database
from aggregator.store.neighbourhood import Placed, Recipes
from aggregator.store.schema import (
    articles,
    candidate_keys,
    fingerprints,
    passages,
    stories,
    story_links,
    story_topics,
    texts,
)
from aggregator.store.sources import Book, Facts
from aggregator.store.values import DAY, micros

LOST = "its lease ended before its result was stored: another daemon polls it"


class Matcher(Protocol):
    """What placing asks of `topics.Topics`."""

    def match(
        self, title: str, lead: str = "", text: str = "", *, groups: Any = (), sources: Any = ()
    ) -> tuple[str, ...]:
        """Return the topics of an article."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is worked out from the entries before the transaction begins, by guid: it needs no database."""

    topics: dict[str, tuple[str, ...]]
    tokens: dict[str, search.Tokens]


def ready(change: Update, facts: Facts, topics: Matcher) -> Ready:
    """Match the topics and make the tokens of the full-text index; most of the time of an update."""
    matched = {
        each.entry.guid: topics.match(
            each.entry.title,
            rows.lead_of(each.text),
            each.text,
            groups=(facts.group,),
            sources=(facts.id,),
        )
        for each in change.prepared
    }
    return Ready(
        matched, {each.entry.guid: search.tokens(each.entry.title, each.text) for each in change.prepared}
    )


def places(change: Update) -> bool:
    """Whether an update has anything to place: most find nothing new, and need no turn."""
    return bool(change.prepared) or change.present is not None


def hand_over(connection: Connection, change: Update) -> Applied:
    """Put an update into the inbox, for a daemon that places. Raises NotFoundError as `apply` does."""
    row = connection.execute(queries.SOURCE, {"id": change.source}).one_or_none()
    if row is None:
        raise NotFoundError(f"{change.source}: no such source; `aggregator sources list` shows them")
    if leases.is_lost(row, change.owner):
        return Applied(change.source, "skipped", error=LOST)
    inbox.deposit(connection, row, change)
    entries = len(change.present) if change.present is not None else len(change.prepared)
    return Applied(change.source, change.status, entries=entries)


@dataclass(slots=True)
class Batch:
    """One update while it is applied. Numbers below zero are arrivals that have no id yet."""

    connection: Connection
    database: Database
    change: Update
    facts: Facts
    rules: Rules
    ready: Ready
    near: Placed
    recipes: Recipes
    counters: Any
    row: Any  # of the source
    next_article: int = 0
    next_story: int = 0
    ids: dict[int, int] = field(default_factory=dict)  # of arrivals, once they have one
    story_of: dict[int, int] = field(default_factory=dict)  # of arrivals, by their id
    merged: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[Held]] = field(default_factory=dict)  # of the stories touched, as they become
    canonical: dict[int, int] = field(default_factory=dict)  # likewise
    founded: list[int] = field(default_factory=list)
    read: set[int] = field(default_factory=set)  # stories that a rule marks as read

    def current(self, story: int) -> int:
        """Return the story that a story is now, after merges."""
        while story in self.merged:
            story = self.merged[story]
        return story


def apply(
    connection: Connection,
    database: Database,
    book: Book,
    recipes: Recipes,
    change: Update,
    *,
    rules: Rules,
    prepared: Ready,
) -> Applied:
    """Apply an update. Raises NotFoundError when its source was never configured."""
    touches = places(change)
    if touches:
        database.lock_placing(connection)
    row = connection.execute(queries.SOURCE, {"id": change.source}).one_or_none()
    facts = book.by_id(connection, change.source)
    if row is None or facts is None:
        raise NotFoundError(f"{change.source}: no such source; `aggregator sources list` shows them")
    if leases.is_lost(row, change.owner):
        return Applied(change.source, "skipped", error=LOST)
    applied = Applied(
        source=change.source,
        status=change.status,
        entries=len(change.present) if change.present is not None else len(change.prepared),
        error=change.error,
    )
    if touches:
        found = sort(connection, row.no, change)
        if found.new or found.changed:
            near = Placed(connection, database, book, recipes)
            counters = connection.execute(queries.COUNTERS).one()
            batch = Batch(
                connection, database, change, facts, rules, prepared, near, recipes, counters, row,
                counters.last_article, counters.last_story,
            )  # fmt: skip
            applied = _write(batch, found, applied)
        _presence(connection, found, row.last_success if row.last_success is not None else micros(change.at))
    polling.keep(connection, database, row, change)
    return applied


def _write(batch: Batch, found: Sorted, applied: Applied) -> Applied:
    revised = revising.revise(batch, found.changed)
    placements = _place(batch, found.new)
    _settle(batch, placements)
    _insert(batch, found.new, placements)
    merging.write(batch)
    _choose(batch)
    _topics(batch, found.new, revised)
    batch.connection.execute(
        queries.COUNT_ON, {"the_article": batch.next_article, "the_story": batch.next_story}
    )
    touched = {batch.current(story) for story in batch.members} | {one.story for one in revised}
    return replace(
        applied,
        new=len(found.new),
        updated=len(revised),
        copies=sum(placement.join is not None for placement in placements),
        stories=tuple(sorted(touched)),
    )


# ----------------------------------------------------------------------------- deciding


def _place(batch: Batch, new: list[Prepared]) -> list[Placement]:
    if not new:
        return []
    arrivals = [rows.held(each, -n, batch.facts, batch.change.at) for n, each in enumerate(new, 1)]
    for arrival in arrivals:
        batch.near.held[arrival.id] = arrival
    return place(arrivals, batch.near, batch.rules)


def _settle(batch: Batch, placements: list[Placement]) -> None:
    """Give ids in the order of the placements; what stories become, before any of it is written."""
    for placement in placements:
        batch.next_article += 1
        number = batch.ids[placement.article] = batch.next_article
        if placement.join is None:
            batch.next_story += 1
            story = batch.next_story
            batch.founded.append(story)
            batch.members[story] = []
        else:
            story = _joined(batch, placement)
        batch.story_of[number] = story
        arrival = replace(batch.near.held[placement.article], id=number, story=story)
        batch.members[story].append(arrival)
        batch.canonical[story] = choose_canonical(
            batch.members[story], batch.rules.canonical, batch.canonical.get(story)
        )


def _joined(batch: Batch, placement: Placement) -> int:
    join = placement.join
    assert join is not None
    if join < 0:
        story = batch.story_of[batch.ids[join]]
    else:
        held = batch.near.held[join].story
        assert held is not None
        story = held
    survivor, *others = sorted({batch.current(each) for each in (story, *placement.merges)})
    for each in (survivor, *others):
        if each not in batch.members:
            members = list(batch.near.members([each])[each])
            batch.members[each] = members
            batch.canonical[each] = next(held.id for held in members if held.canonical)
    for other in others:
        batch.members[survivor] += batch.members.pop(other)
        batch.canonical.pop(other)
        batch.merged[other] = survivor
    return survivor


# ----------------------------------------------------------------------------- writing


def _insert(batch: Batch, new: list[Prepared], placements: list[Placement]) -> None:
    """Write the rows of what is new, one statement a table."""
    if not placements:
        return
    connection, bulk, at = batch.connection, batch.database.bulk_insert, micros(batch.change.at)
    founded = []
    for story in batch.founded:
        survivor = batch.current(story)
        first = min(
            held.effective for held in batch.members[survivor] if held.id > batch.counters.last_article
        )
        founded.append((story, batch.canonical[survivor], micros(first), at, at))
    bulk(connection, stories, rows.STORY, founded)
    article_rows, text_rows, print_rows, key_rows, docs = [], [], [], [], []
    for placement in placements:
        each, number = new[-placement.article - 1], batch.ids[placement.article]
        arrival = batch.near.held[placement.article]
        recipe = batch.recipes.number(connection, batch.database, each.fingerprint.recipe)
        article_rows.append(
            rows.article(
                each,
                arrival,
                placement,
                number=number,
                story=batch.current(batch.story_of[number]),
                source=batch.row.no,
                first_seen=batch.change.at,
                last_absent=batch.row.last_success,
            )
        )
        text_rows.append(rows.text(each, number))
        print_rows.append(rows.fingerprint(each, number, recipe))
        slots = rows.slots(each.fingerprint.keys, micros(arrival.effective), recipe)
        key_rows += [(where, number) for where in slots if where not in batch.near.crowded]
        docs.append((number, batch.ready.tokens[each.entry.guid]))
        if each.mark_read:
            batch.read.add(batch.current(batch.story_of[number]))
    bulk(connection, articles, rows.ARTICLE, article_rows)
    bulk(connection, texts, rows.TEXT, text_rows)
    bulk(connection, fingerprints, rows.FINGERPRINT, print_rows)
    key_rows.sort()
    bulk(connection, candidate_keys, rows.KEY, key_rows)
    search.add(connection, batch.database, docs)
    _links(batch, placements)
    count_passages(batch, new)


def _links(batch: Batch, placements: list[Placement]) -> None:
    linked = [
        (
            batch.ids[placement.article],
            batch.ids.get(link.article, link.article),
            link.relation,
            link.similarity,
        )
        for placement in placements
        for link in placement.links
    ]
    batch.database.bulk_insert(
        batch.connection, story_links, rows.LINK, list({row[:2]: row for row in linked}.values())
    )


def count_passages(batch: Batch, new: list[Prepared]) -> None:
    """Count in how many of the source's articles each passage was seen; what recurs may be boilerplate."""
    counts = Counter(passage for each in new for passage in set(each.passages) if passage)
    if not counts:
        return
    day = micros(batch.change.at) // DAY
    insert = batch.database.insert(passages)
    statement = insert.on_conflict_do_update(
        index_elements=["source", "hash"],
        set_={"articles": passages.c.articles + insert.excluded.articles, "day": insert.excluded.day},
    )
    batch.connection.execute(
        statement,
        [
            {"source": batch.row.no, "hash": passage, "articles": count, "day": day}
            for passage, count in sorted(counts.items())
        ],
    )


def _choose(batch: Batch) -> None:
    """Write the canonical articles that changed. ``updated`` stays: a copy that joins changes no text."""
    for story, canonical in batch.canonical.items():
        before = next((held.id for held in batch.members[story] if held.canonical), None)
        if story not in batch.founded and canonical != before:
            batch.connection.execute(update(stories).where(stories.c.id == story).values(canonical=canonical))


def _topics(batch: Batch, new: list[Prepared], revised: list[revising.Revised]) -> None:
    """Write the topics of new and revised articles; a story is of the topics of any of its articles."""
    matched: set[tuple[str, int]] = set()
    placed = [(each, batch.current(batch.story_of[batch.ids[-n]])) for n, each in enumerate(new, 1)]
    placed += [(one.prepared, batch.current(one.story)) for one in revised]
    for each, story in placed:
        matched |= {(name, story) for name in batch.ready.topics[each.entry.guid]}
    if matched:
        statement = batch.database.insert(story_topics).on_conflict_do_nothing()
        batch.connection.execute(
            statement, [{"topic": name, "story": story} for name, story in sorted(matched)]
        )


def _presence(connection: Connection, found: Sorted, last_good: int) -> None:
    """Note who left the feed (last seen at the last good poll before this one) and who came back."""
    statement = update(articles).where(among(articles.c.id, "ids"))
    if found.left:
        connection.execute(statement.values(last_seen=last_good), {"ids": found.left})
    if found.back:
        connection.execute(statement.values(last_seen=None), {"ids": found.back})
