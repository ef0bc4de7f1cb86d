"""Applying one poll of one source, in one transaction: what is new is placed, what changed is revised.

The writes follow the detector's intents (`Placement`) in their order; every kind of row is written once, in
bulk. Nothing of the update is kept unless all of it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, update

from aggregator.dedup.canonical import Voices, choose
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError
from aggregator.model import Applied, Held, Placement, Plan, Prepared, Update
from aggregator.store import (
    inbox,
    leases,
    merging,
    passages,
    polling,
    queries,
    revising,
    rows,
    search,
    speaking,
    subscriptions,
    tying,
)
from aggregator.store.among import among
from aggregator.store.arrivals import Sorted, displace, sort
from aggregator.store.database import Database
from aggregator.store.neighbourhood import Placed, Recipes
from aggregator.store.schema import (
    article_passages,
    articles,
    candidate_keys,
    fingerprints,
    stories,
    story_links,
    story_topics,
    texts,
)
from aggregator.store.shelf import Shelf
from aggregator.store.sources import Book, Facts
from aggregator.store.values import DAY, micros

LOST = "its lease ended before its result was stored: another daemon polls it"


_MOVE = (
    update(articles)
    .where(articles.c.id == bindparam("the_id"))
    .values({name: bindparam(f"the_{name}") for name in ("story", "relation", "similarity", "reason")})
)


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
    """Match the topics, and make the tokens of the full-text index where no worker did."""
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
    tokens = {
        each.entry.guid: each.tokens or search.tokens(each.entry.title, each.text) for each in change.prepared
    }
    return Ready(matched, tokens)


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
    made_again = tuple(replace(each, tokens=None) for each in change.prepared)  # as large as the text
    inbox.deposit(connection, row, replace(change, prepared=made_again))
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
    version: int  # of its boilerplate
    documents: list[tuple[int, search.Tokens]]  # to be indexed before the transaction ends
    next_article: int = 0
    next_story: int = 0
    ids: dict[int, int] = field(default_factory=dict)  # of arrivals, once they have one
    placed: dict[int, Held] = field(default_factory=dict)  # arrivals, by their id
    story_of: dict[int, int] = field(default_factory=dict)  # of arrivals, by their id
    merged: dict[int, int] = field(default_factory=dict)
    members: dict[int, list[Held]] = field(default_factory=dict)  # of the stories touched, as they become
    voices: dict[int, Voices] = field(default_factory=dict)  # likewise
    before: dict[int, Voices] = field(default_factory=dict)  # of the stored stories among them
    against: dict[int, int] = field(default_factory=dict)  # by story: what its arrivals were marked against
    new_stories: dict[int, int] = field(
        default_factory=dict
    )  # as the plan numbers them, once they have an id
    read: set[int] = field(default_factory=set)  # stories that a rule marks as read

    def story(self, planned: int) -> int:
        """Return the id of a story that the plan names."""
        return self.new_stories.get(planned, planned)

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
    documents: list[tuple[int, search.Tokens]],
    shelf: Shelf | None = None,
) -> Applied:
    """Apply an update. Raises NotFoundError when its source was never configured.

    ``documents`` takes what the caller must give to `search.add` before the transaction ends: at every
    statement that may fail alone SQLite writes its full-text index out, which costs more than what is in it.
    """
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
        error_kind=change.error_kind,
    )
    if touches:
        found = sort(connection, row.no, change)
        displace(connection, found.displaced)
        if found.new or found.changed:
            near = Placed(connection, database, book, recipes, shelf)
            counters = connection.execute(queries.COUNTERS).one()
            batch = Batch(
                connection, database, change, facts, rules, prepared, near, recipes, counters, row,
                _learn(connection, database, row, change), documents, counters.last_article,
                counters.last_story,
            )  # fmt: skip
            applied = _write(batch, found, applied)
        _presence(connection, found, row.last_success if row.last_success is not None else micros(change.at))
    polling.keep(connection, database, row, change)
    if applied.new and change.status == "fetched" and row.hub is not None:
        subscriptions.missed(connection, row.no)
    return applied


def _learn(connection: Connection, database: Database, row: Any, change: Update) -> int:
    """Take what the poll learnt of its source's boilerplate; returns the version that holds from now on."""
    if change.learnt is None:
        return int(row.boilerplate_version)
    return passages.learn(connection, database, row, change.learnt, micros(change.at) // DAY)


def _write(batch: Batch, found: Sorted, applied: Applied) -> Applied:
    if found.changed:  # what is taken out of the index must be in it
        search.add(batch.connection, batch.database, batch.documents)
        batch.documents.clear()
    revised = revising.revise(batch, found.changed)
    _remark_revised(batch, revised)
    plan = _place(batch, found.new)
    _settle(batch, plan)
    _insert(batch, found.new, plan)
    _move(batch, plan)
    merging.write(batch)
    _speak(batch)
    _topics(batch, found.new, revised)
    batch.connection.execute(
        queries.COUNT_ON, {"the_article": batch.next_article, "the_story": batch.next_story}
    )
    touched = {batch.current(story) for story in batch.members} | {one.story for one in revised}
    return replace(
        applied,
        new=len(found.new),
        updated=len(revised),
        copies=sum(each.join is not None or each.story > 0 for each in plan.placements),
        stories=tuple(sorted(touched)),
    )


# ----------------------------------------------------------------------------- deciding


def _place(batch: Batch, new: list[Prepared]) -> Plan:
    if not new:
        return Plan()
    arrivals = [rows.held(each, -n, batch.facts, batch.change.at) for n, each in enumerate(new, 1)]
    for arrival in arrivals:
        batch.near.held[arrival.id] = arrival
    return place(arrivals, batch.near, batch.rules, batch.near.shelf.views)


def _settle(batch: Batch, plan: Plan) -> None:
    """Give ids in the order of the placements; what stories become, before any of it is written."""
    for placement in plan.placements:
        batch.next_article += 1
        batch.ids[placement.article] = batch.next_article
    for story in _planned(plan):
        if story < 0 and story not in batch.new_stories:
            batch.next_story += 1
            batch.new_stories[story] = batch.next_story
    batch.merged = {old: batch.story(now) for old, now in plan.merged.items()}
    _gather(batch, plan)
    for story, members in batch.members.items():
        before = batch.before.get(story)
        batch.voices[story] = choose(members, batch.rules, before)
    batch.against = {batch.story(story): batch.ids.get(text, text) for story, text in plan.texts.items()}


def _planned(plan: Plan) -> list[int]:
    """The stories that articles come into, in the order in which new ones are numbered."""
    return [placement.story for placement in plan.placements] + [move.story for move in plan.moves]


def _gather(batch: Batch, plan: Plan) -> None:
    """Who is of the stories that the plan touches, once it is carried out."""
    left = {move.article: batch.near.held[move.article].story for move in plan.moves}
    stored = {story for story in left.values() if story is not None} | plan.merged.keys()
    stored |= {batch.story(story) for story in _planned(plan)} | set(batch.merged.values())
    stored -= set(batch.new_stories.values())
    batch.before = speaking.read(batch.connection, stored)
    batch.members = {
        story: [] for story in (*sorted(stored - plan.merged.keys()), *batch.new_stories.values())
    }
    for story, members in batch.near.members(stored).items():
        for held in members:
            if held.id not in left:
                now = batch.current(story)
                batch.members[now].append(held if now == story else replace(held, story=now))
    for move in plan.moves:
        now = batch.story(move.story)
        batch.members[now].append(replace(batch.near.held[move.article], story=now, reason=move.reason))
    for placement in plan.placements:
        now, number = batch.story(placement.story), batch.ids[placement.article]
        arrival = replace(batch.near.held[placement.article], id=number, story=now, reason=placement.reason)
        batch.placed[number] = arrival
        batch.story_of[number] = now
        batch.members[now].append(arrival)


# ----------------------------------------------------------------------------- writing


def _insert(batch: Batch, new: list[Prepared], plan: Plan) -> None:
    """Write the rows of what is new, one statement a table."""
    placements = plan.placements
    if not placements:
        return
    connection, bulk, at = batch.connection, batch.database.bulk_insert, micros(batch.change.at)
    founded = []
    for story in batch.new_stories.values():
        first = min(held.effective for held in batch.members[story])
        voices = speaking.columns(batch.voices[story])
        values = {"id": story, "published": micros(first), "updated": at, "placed": at, **voices}
        founded.append(tuple(values[name] for name in rows.STORY))
    bulk(connection, stories, rows.STORY, founded)
    article_rows, text_rows, print_rows, key_rows, docs = [], [], [], [], []
    passage_rows: list[tuple[Any, ...]] = []
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
                story=batch.story_of[number],
                source=batch.row.no,
                first_seen=batch.change.at,
                last_absent=batch.row.last_success,
            )
        )
        text_rows.append(rows.text(each, number))
        print_rows.append(rows.fingerprint(each.fingerprint, number, recipe))
        slots = rows.slots(each.fingerprint.keys, micros(arrival.effective), recipe)
        key_rows += [(where, number) for where in slots if where not in batch.near.crowded]
        docs.append((number, batch.ready.tokens[each.entry.guid]))
        passage_rows.append(
            passages.row(
                each.passages, each.words, each.fingerprint.evidence, article=number, source=batch.row.no,
                when=micros(arrival.effective), recipe=recipe, version=batch.version,
            )
        )  # fmt: skip
        batch.near.keep(placement.article, batch.placed[number], each.entry.raw_sha256, batch.facts)
        if each.mark_read:
            batch.read.add(batch.story_of[number])
    bulk(connection, articles, rows.ARTICLE, article_rows)
    bulk(connection, texts, rows.TEXT, text_rows)
    bulk(connection, fingerprints, rows.FINGERPRINT, print_rows)
    key_rows.sort()
    bulk(connection, candidate_keys, rows.KEY, key_rows)
    batch.documents += docs
    _links(batch, placements)
    tying.write(
        connection,
        batch.database,
        [tie._replace(a=batch.ids.get(tie.a, tie.a), b=batch.ids.get(tie.b, tie.b)) for tie in plan.ties],
        batch.counters.last_article,
    )
    bulk(connection, article_passages, passages.ROW, sorted(passage_rows))
    reach = max(batch.rules.horizon, batch.rules.context)
    passages.trim(connection, batch.row.no, micros(batch.change.at - 2 * reach) // DAY)


def _move(batch: Batch, plan: Plan) -> None:
    """Give stored articles their other story, or their other role in it."""
    if not plan.moves:
        return
    from_to = {(batch.near.held[move.article].story, batch.story(move.story)): None for move in plan.moves}
    batch.connection.execute(
        _MOVE,
        [
            {
                "the_id": move.article,
                "the_story": batch.story(move.story),
                "the_relation": move.relation,
                "the_similarity": move.similarity,
                "the_reason": move.reason,
            }
            for move in plan.moves
        ],
    )
    for old, now in from_to:
        if old is not None and old != now:
            merging.copy_topics(batch.connection, batch.database, old, now)


def _links(batch: Batch, placements: Sequence[Placement]) -> None:
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


def _speak(batch: Batch) -> None:
    """Write who speaks for the stories that exist already; mark anew what was marked against another text.

    A story is updated when its outlet's newer version takes the word, not when another outlet's copy does: a
    copy that joins changes no text.
    """
    spoken: dict[int, Voices] = {}
    values: list[dict[str, Any]] = []
    founded, views = set(batch.new_stories.values()), batch.near.shelf.views
    moved = _moved(batch)
    for story, voices in batch.voices.items():
        members = batch.members[story]
        if story not in founded and voices != (before := batch.before[story]):
            if speaking.retold(members, before.text, voices.text):
                speaking.write(batch.connection, story, voices, micros(batch.change.at))
            else:
                spoken[story] = voices
        if len(members) > 1:
            stale = {held.id for held in members if held.id in moved or _against(batch, held) != voices.text}
            if stale:
                values += speaking.marked(members, voices.text, batch.rules, stale, views)
    speaking.write_all(batch.connection, spoken)
    speaking.write_marks(batch.connection, values)


def _moved(batch: Batch) -> set[int]:
    """The stored articles that are of another story now."""
    return {
        held.id
        for members in batch.members.values()
        for held in members
        if held.id in batch.near.held and batch.near.held[held.id].story != held.story
    }


def _against(batch: Batch, held: Held) -> int:
    """The article against which one of a story was marked; itself where it was marked against none."""
    if held.id > batch.counters.last_article:
        return batch.against.get(held.story or 0, held.id)
    before = batch.before.get(held.story or 0)
    return held.id if before is None else before.text


def _remark_revised(batch: Batch, revised: list[revising.Revised]) -> None:
    """Mark anew what was rewritten in place, and all that is marked against it."""
    rewritten = {one.article: one.story for one in revised if one.rewritten}
    if not rewritten:
        return
    voices = speaking.read(batch.connection, set(rewritten.values()))
    for story, members in batch.near.members(set(rewritten.values())).items():
        if len(members) > 1:
            text = voices[story].text
            only = None if text in rewritten else [n for n, of in rewritten.items() if of == story]
            speaking.remark(batch.connection, members, text, batch.rules, only, batch.near.shelf.views)


def _topics(batch: Batch, new: list[Prepared], revised: list[revising.Revised]) -> None:
    """Write the topics of new and revised articles; a story is of the topics of any of its articles."""
    matched: set[tuple[str, int]] = set()
    placed = [(each, batch.story_of[batch.ids[-n]]) for n, each in enumerate(new, 1)]
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
