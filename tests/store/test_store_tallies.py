"""What sources carried: what housekeeping counts and keeps is what counting on the spot gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import poll, prepared, sources, words

from aggregator.store import Store, tallies

Figures = dict[str, tuple[int, int, int, int]]
Row = tuple[int, int, int, int, bool]  # story, source, first seen, last absent, canonical


def figures(store: Store) -> Figures:
    """As the page about sources has them."""
    return {
        view.source.id: (view.articles, view.copies, view.shared, view.first)
        for view in store.sources(sources(4))
    }


def count(store: Store, before) -> bool:
    """One round of housekeeping; whether there was anything to count."""
    counting = store.upkeep.tallying(before)
    if counting is None:
        return False
    while store.upkeep.tally(counting):
        pass
    store.upkeep.keep_tallies(counting)
    return True


@pytest.fixture
def kept(monkeypatch):
    """No store is small, and a slice is a story."""
    monkeypatch.setattr(tallies, "SMALL", 0)
    monkeypatch.setattr(tallies, "SLICE", 1)


def test_kept_counts_are_those_on_the_spot(store: Store, clock, kept, monkeypatch):
    """With settled stories and younger ones, arrivals since, a correction of settled ones, and its undo."""
    store.sync_sources(sources(4), lambda: 0.5)

    def same() -> Figures:
        found = figures(store)
        with monkeypatch.context() as patch:
            patch.setattr(tallies, "SMALL", 10**9)
            assert found == figures(store)
        return found

    for source in ("s1", "s0", "s2"):
        poll(store, clock(), source, [])
    for minutes, source in enumerate(("s1", "s0", "s2")):
        clock.forward(minutes=1 + minutes)
        poll(
            store,
            clock(),
            source,
            [prepared("a", "A lock", words("lock")), prepared(source, source, words(source))],
        )
    settled_before = clock() + timedelta(minutes=1)
    assert same()["s1"] == (2, 0, 1, 0)  # nobody kept anything: counted on the spot
    assert count(store, settled_before)
    before = same()
    assert not count(store, settled_before)
    clock.forward(hours=2)
    poll(store, clock(), "s3", [prepared("b", "A mill", words("mill"))])
    assert same() == before | {"s3": (1, 0, 0, 0)}  # not counted yet, and there all the same
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "A mill", words("mill"))], also=["a", "s1"])
    assert figures(store)["s1"][:2] == (3, 1)
    assert count(store, settled_before)
    assert same()["s3"] == (1, 0, 1, 0)
    copy = store.story(1)
    assert not isinstance(copy, int)
    store.corrections.split(next(one.id for one in copy.articles if one.source == "s2"), author="me")
    assert count(store, settled_before)
    assert same()["s2"] == (2, 0, 0, 0)
    store.corrections.undo(author="me")
    assert count(store, settled_before)
    assert same()["s2"] == before["s2"]
    assert not count(store, settled_before)


rows = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 5), st.integers(-1, 5), st.booleans()),
    max_size=12,
).map(sorted)


@settings(max_examples=150, deadline=None)
@given(rows)
def test_first_is_what_the_words_say(made: Sequence[Row]):
    """Counted source by source, by the definition, they are what one pass over the rows gives."""
    found = tallies.none()
    tallies.add(found, made)
    for source in {row[1] for row in made}:
        own = [row for row in made if row[1] == source]
        shared, first = 0, 0
        for story in {row[0] for row in own}:
            members = [row for row in made if row[0] == story]
            if len({row[1] for row in members}) == 1:
                continue
            shared += 1
            seen = {
                one: min(row[2] for row in members if row[1] == one) for one in {row[1] for row in members}
            }
            leads = min(seen, key=lambda one: (seen[one], one)) == source
            first += leads and all(row[3] >= seen[source] for row in members if row[1] != source)
        tally = found[source]
        assert (tally.articles, tally.copies) == (len(own), sum(not row[4] for row in own))
        assert (tally.shared, tally.first) == (shared, first)
