"""Corrections as they are told: what counts as one, and that each is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from made import poll, prepared, sources, words

from aggregator.store import Store

FACT = " The council counted 417 boats in the harbour of Velmora on Sunday evening."


@pytest.fixture
def told(store: Store, clock):
    """A wire text in two outlets."""
    store.sync_sources(sources(3), lambda: 0.5)
    text = words("wire", 180) + FACT + "\n\n" + words("after", 60)
    poll(store, clock(), "s0", [prepared("a", "Boats counted", text)])
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "Boats counted again", text)])
    store.record.note_changes()
    return text


def kinds(store: Store) -> list[tuple[str, int]]:
    """Kind and article, the newest last."""
    store.record.note_changes()
    store.record.keep_changes(store.record.withdrawn())
    return [(one.kind, one.article) for one in reversed(store.record.changes())]


def test_a_fact_that_changes_is_a_correction(store: Store, clock, told: str):
    """A number is; an addition, a cut and another headline are not; each is told once."""
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "Boats counted again", told.replace("417", "471"))])
    assert kinds(store) == [("facts", 2)]
    (change,) = store.record.changes()
    assert (change.pairs, change.story, change.at) == ((("471", "417"),), 1, clock())
    assert store.record.note_changes() == 0
    poll(store, clock(), "s0", [prepared("a", "Boats", told + "\n\n" + words("more", 60))])
    poll(store, clock(), "s1", [prepared("b", "Boats", told.replace("417", "471")[:-90])])
    assert kinds(store) == [("facts", 2)]
    clock.forward(minutes=5)
    poll(store, clock(), "s0", [prepared("a", "Retraction: boats", told)])
    assert kinds(store) == [("facts", 2), ("retracted", 1)]


def test_a_new_version_of_an_outlet_is_compared(store: Store, clock, told: str):
    """Another entry of the same outlet, with another number."""
    clock.forward(hours=1)
    poll(store, clock(), "s0", [prepared("a2", "Boats counted", told.replace("417", "714"))], also=["a"])
    assert kinds(store) == [("facts", 3)]
    assert store.record.changes()[0].pairs == (("714", "417"),)


def test_a_split_off_article_is_told(store: Store, clock, told: str):
    """With its reason, and the story that it was of; it is unread for those who had read that."""
    store.mark("reader", [1], read=True)
    new = store.corrections.split(2, author="mina", reason="another harbour")
    assert kinds(store) == [("split", 2)]
    change = store.record.changes()[0]
    assert (change.story, change.other, change.reason) == (new, 1, "another harbour")
    found = store.story(new)
    assert not isinstance(found, int)
    assert not found.read


def test_a_report_that_goes_out_of_turn_was_withdrawn(store: Store, clock):
    """Older ones stayed in the feed; one that went in its turn was not, nor one of which another is there."""
    store.sync_sources(sources(1), lambda: 0.5)
    guids = [f"g{n}" for n in range(6)]
    for n, guid in enumerate(guids):
        clock.forward(minutes=20)
        entry = prepared(guid, f"Report {n}", words(guid), published=clock() - timedelta(minutes=1))
        poll(store, clock(), "s0", [entry], also=guids[:n])
    clock.forward(minutes=30)
    poll(store, clock(), "s0", [], also=[guid for guid in guids if guid not in ("g0", "g4")])
    assert kinds(store) == [], "one poll without it may be the server's mistake"
    clock.forward(minutes=90)
    poll(store, clock(), "s0", [], also=[guid for guid in guids if guid not in ("g0", "g4")])
    assert kinds(store) == [("withdrawn", 5)]
    assert store.record.changes()[0].title == "Report 4"


def test_what_was_folded_is_listed_marked_first(store: Store, clock, told: str):
    """In pages; by mark; the shown text of a story is not among them."""
    clock.forward(minutes=5)
    poll(store, clock(), "s2", [prepared("c", "Boats", told + "\n\n" + words("more", 60))])
    poll(store, clock(), "s1", [prepared("b", "Boats counted again", told.replace("417", "471"))])
    poll(store, clock(), "s2", [prepared("d", "Same", told)], also=["c"])
    everything = store.record.folded()
    assert [(one.article.id, one.article.marks, one.story) for one in everything][:2] == [
        (3, ("adds",), 1), (2, ("differs",), 1),
    ]  # fmt: skip
    assert everything[0].beside == "Boats counted"
    assert [one.article.id for one in store.record.folded(mark="differs")] == [2]
    pages, before = [], None
    while found := store.record.folded(limit=1, before=before):
        pages.append(found[0].article.id)
        before = (bool(found[0].article.marks), found[0].article.id)
    assert pages == [one.article.id for one in everything]
