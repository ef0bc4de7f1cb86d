"""Articles that arrive late: the stories become what they had been, had everything come in its time."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from made import poll, prepared, sources, words
from sqlalchemy import select

from aggregator.model import Tie, TimelineSpec
from aggregator.store import Store, tying
from aggregator.store.schema import articles, stories, ties

WIRE = words("wire")
SENTENCES = WIRE.split("\n\n")


def shape(store: Store) -> list[list[str]]:
    """Every story as its articles' guids."""
    page = store.timeline(TimelineSpec(limit=200))
    return sorted(sorted(each.guid for each in story.articles) for story in page)


def test_a_late_article_takes_the_first_place(store: Store, clock):
    """What was published first is the first, though it was seen last; the story keeps its id and its date."""
    store.sync_sources(sources(2), lambda: 0.5)
    now = clock()
    poll(store, now, "s0", [prepared("copy", "A visit", WIRE, published=now - timedelta(hours=1))])
    [before] = store.timeline(TimelineSpec())
    edited = WIRE.replace("ba", "be", 3)
    applied = poll(store, now, "s1", [prepared("first", "Visit", edited, published=now - timedelta(hours=3))])
    [story] = store.timeline(TimelineSpec())
    assert (story.id, story.published, applied.copies) == (before.id, before.published, 1)
    told = {each.guid: (each.relation, each.reason) for each in story.articles}
    assert told == {"first": ("original", "first"), "copy": ("copy", "copy")}
    assert store.upkeep.integrity() == []


def test_a_late_article_draws_another_out_of_its_story(store: Store, clock):
    """A digest that joined one of its two reports is where it had been, had both come before it."""
    store.sync_sources(sources(6), lambda: 0.5)
    now, found = clock(), []
    for number, sequence in enumerate([("wire", "second", "digest"), ("wire", "digest", "second")]):
        wire, second = words(f"wire {number}"), words(f"second {number}")
        bodies = {"wire": wire, "second": second, "digest": second + "\n\n" + wire.split("\n\n", 1)[0]}
        hours = {"wire": 5, "second": 4, "digest": 2}
        for place, guid in enumerate(sequence):
            when = now - timedelta(hours=hours[guid])
            entry = prepared(f"{guid} {number}", f"{guid} {number}", bodies[guid], published=when)
            poll(store, now, f"s{3 * number + place}", [entry])
        found.append([[guid[:-2] for guid in some] for some in shape(store) if some[0].endswith(str(number))])
    assert found[0] == found[1] == [["digest", "second"], ["wire"]]
    assert store.upkeep.integrity() == []


def test_shuffled_polls_give_the_stories_of_polls_in_order(store: Store, clock):
    """Cuts, edits and extensions of five texts, polled in random orders: one partition."""
    store.sync_sources(sources(12), lambda: 0.5)
    roll, now = random.Random(3), clock()
    entries = []
    for n in range(36):
        body = words(f"text {n % 5}").split("\n\n")
        kind = roll.choice(["whole", "cut", "more"])
        told = {"whole": body, "cut": body[:2], "more": [*body, words(f"own {n}", 30)]}[kind]
        title, when = f"Text {n % 5}", now - timedelta(minutes=7 * n)
        entries.append(prepared(f"{n % 5}-{n}", title, "\n\n".join(told), published=when))
    roll.shuffle(entries)
    for n, entry in enumerate(entries):
        poll(store, now, f"s{n % 12}", [entry], also=[each.entry.guid for each in entries[n % 12 : n : 12]])
    assert shape(store) == sorted(
        sorted(each.entry.guid for each in entries if each.entry.guid.startswith(f"{k}-")) for k in range(5)
    )
    assert store.upkeep.integrity() == []


def test_ties_are_kept_both_ways_and_replaced(store: Store, clock):
    """Either article finds the other; what is decided anew of two stored articles replaces what was."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A visit", WIRE)])
    poll(store, clock(), "s1", [prepared("b", "Visit", WIRE.replace("ba", "be", 2))])
    with store.access.write() as connection:
        [tie] = tying.of(connection, store.access.database, [1])
        [back] = tying.of(connection, store.access.database, [2])
        assert (tie.a, tie.b, back.a, back.b) == (1, 2, 2, 1)
        assert tie.probability == back.probability >= 0.5
        changed: Tie = replace_tie(tie, said=0.5, probability=0.41)
        tying.write(connection, store.access.database, [changed], last=2)
        assert [tuple(row) for row in connection.execute(select(ties.c.article, ties.c.said))] == [
            (1, 0.5),
            (2, 0.5),
        ]


def replace_tie(tie: Tie, **values: float) -> Tie:
    """A tie with other values."""
    return tie._replace(**values)  # type: ignore[arg-type]


def test_copies_placed_before_there_were_ties_stay_together(store: Store, clock):
    """A late article does not break up a story of which no pairs are on record, once it was upgraded."""
    store.sync_sources(sources(4), lambda: 0.5)
    now = clock()
    for n in range(3):
        body = WIRE.replace("ba", "be", n)
        poll(store, now, f"s{n}", [prepared(f"c{n}", "Visit", body, published=now - timedelta(hours=3 - n))])
    with store.access.write() as connection:
        rows = connection.execute(
            select(articles.c.id, articles.c.similarity, stories.c.canonical).join(stories)
        )
        connection.execute(ties.delete())
        told = [Tie(row.id, row.canonical, row.similarity, "copy") for row in rows if row.id != row.canonical]
        tying.write(connection, store.access.database, told, last=0)
    late = prepared("late", "Visit", "\n\n".join(SENTENCES[:3]), published=now - timedelta(hours=9))
    poll(store, now, "s3", [late])
    assert shape(store) == [["c0", "c1", "c2", "late"]]
    assert replace(late, text="") != late
    assert store.upkeep.integrity() == []
