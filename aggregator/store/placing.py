"""Applying the polls of some sources, in one transaction: what is new is placed, what changed is revised.

What is new in all of them is one batch for the detector, so that what it has to ask and to set up, and every
kind of row, is asked, set up and written once. The writes follow the detector's intents (`Placement`) in
their order. Nothing is kept unless all of it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, update

from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.errors import NotFoundError
from aggregator.model import Applied, Plan, Update
from aggregator.store import (
    following_up,
    inbox,
    inserting,
    leases,
    merging,
    passages,
    polling,
    queries,
    revising,
    rows,
    search,
    settling,
    subscriptions,
)
from aggregator.store.among import among
from aggregator.store.arrivals import Sorted, displace, sort
from aggregator.store.batch import Batch, Poll, Ready
from aggregator.store.database import Database
from aggregator.store.neighbourhood import Placed
from aggregator.store.numbers import Recipes
from aggregator.store.passages import Lesson
from aggregator.store.schema import articles
from aggregator.store.shelf import Shelf
from aggregator.store.sources import Book, Facts, facts_of
from aggregator.store.values import DAY, micros

__all__ = ["Ready", "apply", "hand_over", "places", "ready", "rounds"]

LOST = "its lease ended before its result was stored: another daemon polls it"


class Matcher(Protocol):
    """What placing asks of `topics.Topics`."""

    def match(
        self, title: str, lead: str = "", text: str = "", *, groups: Any = (), sources: Any = ()
    ) -> tuple[str, ...]:
        """Return the topics of an article."""


NOTHING = Ready({}, {})  # of a poll that found nothing new


def ready(change: Update, facts: Facts | None, topics: Matcher) -> Ready:
    """Match the topics, and make the tokens of the full-text index where no worker did.

    ``facts``: of its source; None: there is none, and nothing will be stored.
    """
    if facts is None:
        return NOTHING
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


def rounds(changes: Sequence[tuple[Update, Ready]]) -> list[list[tuple[Update, Ready]]]:
    """Cut updates, in their order, where a source comes again: a batch has one of each."""
    found: list[list[tuple[Update, Ready]]] = []
    sources: set[str] = set()
    for each in changes:
        if not found or each[0].source in sources:
            found.append([])
            sources = set()
        found[-1].append(each)
        sources.add(each[0].source)
    return found


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


def apply(
    connection: Connection,
    database: Database,
    book: Book,
    recipes: Recipes,
    changes: Sequence[tuple[Update, Ready]],
    *,
    rules: Rules,
    documents: list[tuple[int, search.Tokens]],
    shelf: Shelf | None = None,
) -> list[Applied | NotFoundError]:
    """Apply updates, each of another source, as one batch.

    Returns for each what became of it; NotFoundError where its source was never configured. ``documents``
    takes what the caller must give to `search.add` before the transaction ends: at every statement that may
    fail alone SQLite writes its full-text index out, which costs more than what is in it.
    """
    if any(places(change) for change, _ in changes):
        database.lock_placing(connection)
    found = database.fetch(connection, queries.POLLED, {"ids": [change.source for change, _ in changes]})
    known = {row.id: row for row in map(queries.Polled._make, found)}
    results: list[Applied | NotFoundError] = []
    polls: list[Poll] = []
    for number, (change, made) in enumerate(changes):
        row = known.get(change.source)
        if row is None:
            results.append(_missing(change.source))
        elif leases.is_lost(row, change.owner):
            results.append(Applied(change.source, "skipped", error=LOST))
        else:
            results.append(_applied(change))
            facts = book.met(row) if places(change) else facts_of(row)
            polls.append(Poll(number, change, facts, made, row, micros(change.at)))
    for poll in polls:
        if places(poll.change):
            poll.found = sort(connection, database, poll.row.no, poll.change)
            displace(connection, poll.found.displaced)
    writing = [poll for poll in polls if poll.found.new or poll.found.changed]
    if writing:
        near = Placed(connection, database, book, recipes, shelf)
        counters = connection.execute(queries.COUNTERS).one()
        at = max(poll.at for poll in writing)
        batch = Batch(
            connection, database, rules, near, recipes, counters, at, documents, counters.last_article,
            counters.last_story,
        )  # fmt: skip
        for poll, counts in zip(writing, _write(batch, writing), strict=True):
            results[poll.place] = replace(_applied(poll.change), **counts)
    left = [_end(connection, database, poll, results[poll.place]) for poll in polls]
    polling.write(connection, database, [values for values in left if values is not None])
    return results


def _missing(source: str) -> NotFoundError:
    return NotFoundError(f"{source}: no such source; `aggregator sources list` shows them")


def _applied(change: Update) -> Applied:
    """What became of an update in which nothing is new."""
    return Applied(
        source=change.source,
        status=change.status,
        entries=len(change.present) if change.present is not None else len(change.prepared),
        error=change.error,
        error_kind=change.error_kind,
    )


def _end(
    connection: Connection, database: Database, poll: Poll, applied: Applied | NotFoundError
) -> dict[str, Any] | None:
    """Write who is in the feed; returns what the poll left with its source."""
    row, change = poll.row, poll.change
    if places(change):
        last_good = row.last_success if row.last_success is not None else micros(change.at)
        _presence(connection, poll.found, last_good)
    new = isinstance(applied, Applied) and applied.new
    if new and change.status == "fetched" and row.hub is not None:
        subscriptions.missed(connection, row.no)
    return polling.left(connection, database, row, change)


def _learn(batch: Batch, polls: Sequence[Poll]) -> None:
    """Take what the polls learnt of their sources' boilerplate, and the versions that hold from now on."""
    learnt = {
        poll.row.no: Lesson(poll.row, poll.change.learnt, poll.at // DAY)
        for poll in polls
        if poll.change.learnt is not None
    }
    versions = passages.learn(batch.connection, batch.database, learnt)
    for poll in polls:
        poll.version = versions.get(poll.row.no, poll.row.boilerplate_version)


def _write(batch: Batch, polls: Sequence[Poll]) -> list[dict[str, Any]]:
    """Write what is new and what changed; returns of each update what came of it, as fields of `Applied`."""
    _learn(batch, polls)
    for poll in polls:
        batch.new += [(poll, each) for each in poll.found.new]
    revised = {poll.place: revising.revise(batch, poll) for poll in polls}
    every = [(poll, one) for poll in polls for one in revised[poll.place]]
    following_up.remark_revised(batch, [one for _, one in every])
    plan = _place(batch)
    settling.settle(batch, plan)
    inserting.insert(batch, plan)
    following_up.move(batch, plan)
    merging.write(batch)
    following_up.speak(batch)
    following_up.topics(batch, every)
    batch.connection.execute(
        queries.COUNT_ON, {"the_article": batch.next_article, "the_story": batch.next_story}
    )
    return _counts(batch, polls, revised, plan)


def _counts(
    batch: Batch, polls: Sequence[Poll], revised: dict[int, list[revising.Revised]], plan: Plan
) -> list[dict[str, Any]]:
    """What `Applied` says of each update. What else was touched is the first one's that has anything new."""
    copies: Counter[int] = Counter()
    touched: dict[int, set[int]] = {poll.place: {one.story for one in revised[poll.place]} for poll in polls}
    for placement in plan.placements:
        which = batch.arrival(placement.article)[0].place
        copies[which] += placement.join is not None or placement.story > 0
        touched[which].add(batch.current(batch.story_of[batch.ids[placement.article]]))
    beside = {batch.current(story) for story in batch.members}.difference(*touched.values())
    for poll in polls:
        if poll.found.new:
            touched[poll.place] |= beside
            break
    return [
        {
            "new": len(poll.found.new),
            "updated": len(revised[poll.place]),
            "copies": copies[poll.place],
            "stories": tuple(sorted(touched[poll.place])),
        }
        for poll in polls
    ]


# ----------------------------------------------------------------------------- deciding


def _place(batch: Batch) -> Plan:
    if not batch.new:
        return Plan()
    arrivals = [
        rows.held(each, -n, poll.facts, poll.change.at) for n, (poll, each) in enumerate(batch.new, 1)
    ]
    for arrival in arrivals:
        batch.near.held[arrival.id] = arrival
    return place(arrivals, batch.near, batch.rules, batch.near.shelf.views)


_LAST_SEEN = update(articles).where(among(articles.c.id, "ids")).values(last_seen=bindparam("at"))


def _presence(connection: Connection, found: Sorted, last_good: int) -> None:
    """Note who left the feed (last seen at the last good poll before this one) and who came back."""
    if found.left:
        connection.execute(_LAST_SEEN, {"ids": found.left, "at": last_good})
    if found.back:
        connection.execute(_LAST_SEEN, {"ids": found.back, "at": None})
