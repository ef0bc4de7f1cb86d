"""Writing the rows of articles that were placed: one statement a table, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aggregator.model import Plan, Prepared
from aggregator.store import passages, rows, speaking, tying
from aggregator.store.batch import Batch, Poll
from aggregator.store.schema import (
    article_passages,
    articles,
    fingerprints,
    stories,
    story_links,
    texts,
)
from aggregator.store.values import DAY, micros


def insert(batch: Batch, plan: Plan) -> None:
    """Write what is new, with its ties and links, and the stories that it founds."""
    if not plan.placements:
        return
    _found(batch)
    _articles(batch, plan)
    _link(batch, plan)
    tying.write(
        batch.connection,
        batch.database,
        [tie._replace(a=batch.ids.get(tie.a, tie.a), b=batch.ids.get(tie.b, tie.b)) for tie in plan.ties],
        batch.counters.last_article,
    )


def _found(batch: Batch) -> None:
    founded = []
    for story in batch.new_stories.values():
        first = min(held.effective for held in batch.members[story])
        voices = speaking.columns(batch.voices[story])
        values = {"id": story, "published": micros(first), "updated": batch.at, "placed": batch.at, **voices}
        founded.append(tuple(values[name] for name in rows.STORY))
    batch.database.bulk_insert(batch.connection, stories, rows.STORY, founded)


def _articles(batch: Batch, plan: Plan) -> None:
    made: list[tuple[Any, ...]] = []
    bodies: list[tuple[Any, ...]] = []
    prints: list[tuple[Any, ...]] = []
    counted: list[tuple[Any, ...]] = []
    keys: list[rows.Indexed] = []
    numbers: dict[str, int] = {}  # of recipes
    for placement in plan.placements:
        (poll, each), number = batch.arrival(placement.article), batch.ids[placement.article]
        held, story, print_ = batch.placed[number], batch.story_of[number], each.fingerprint
        recipe = numbers.get(print_.recipe)
        if recipe is None:
            recipe = batch.recipes.number(batch.connection, batch.database, print_.recipe)
            numbers[print_.recipe] = recipe
        when, source = micros(held.effective), poll.row.no
        made.append(
            rows.article(
                each, placement, number=number, story=story, source=source, when=when, first_seen=poll.at,
                last_absent=poll.row.last_success,
            )
        )  # fmt: skip
        bodies.append(rows.text(each, number))
        prints.append(rows.fingerprint(print_, number, recipe))
        keys.append(rows.Indexed(print_.keys, recipe, when, number))
        counted.append(
            passages.row(
                each.passages, each.words, print_.evidence, article=number, source=source, when=when,
                recipe=recipe, version=poll.version,
            )
        )  # fmt: skip
        batch.documents.append((number, poll.ready.tokens[each.entry.guid]))
        batch.near.keep(placement.article, held, each.entry.raw_sha256, poll.facts)
        if each.mark_read or _is_old(each, poll):
            batch.read.add(story)
    bulk, connection = batch.database.bulk_insert, batch.connection
    bulk(connection, articles, rows.ARTICLE, made)
    bulk(connection, texts, rows.TEXT, bodies)
    bulk(connection, fingerprints, rows.FINGERPRINT, prints)
    batch.database.add_keys(connection, rows.candidates(keys, batch.near.crowded))
    bulk(connection, article_passages, passages.ROW, sorted(counted))
    _trim(batch, {poll.place: poll for poll, _ in batch.new}.values())


def _is_old(each: Prepared, poll: Poll) -> bool:
    """Whether an entry is one of the old ones that a source begins with."""
    before, published = poll.change.read_before, each.entry.published
    return before is not None and published is not None and published < before


def _trim(batch: Batch, polls: Iterable[Poll]) -> None:
    """Drop passages that are too old to be counted, of the sources that brought new ones."""
    reach = 2 * max(batch.rules.horizon, batch.rules.context)
    first = {poll.row.no: micros(poll.change.at - reach) // DAY for poll in polls}
    passages.trim(batch.connection, batch.database, first)


def _link(batch: Batch, plan: Plan) -> None:
    linked = {}
    for placement in plan.placements:
        article = batch.ids[placement.article]
        for link in placement.links:
            other = batch.ids.get(link.article, link.article)
            linked[article, other] = (article, other, link.relation, link.similarity)
    batch.database.bulk_insert(batch.connection, story_links, rows.LINK, list(linked.values()))
