"""Versions: the newest text of the outlet that is shown speaks for its story, and nobody else's does."""

from __future__ import annotations

from datetime import timedelta

from made import NO_TOPICS, poll, prepared, sources, update, words

from aggregator.dedup.rules import Rules
from aggregator.model import StoryView, TimelineSpec
from aggregator.store import Store

TEXT = words("lock")
TOLD_ON = TEXT + "\n\n" + words("told on", 60)


def one(store: Store) -> StoryView:
    """The only story, with all texts."""
    (found,) = store.timeline(TimelineSpec())
    story = store.story(found.id)
    assert isinstance(story, StoryView)
    return story


def test_a_later_text_of_the_same_outlet_speaks(store: Store, clock):
    """Title, text and ``updated`` change; id, guid, date and what was read do not."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A lock", TEXT, url="https://a/1")])
    poll(store, clock(), "s1", [prepared("b", "Lock", TEXT)])
    before = one(store)
    store.mark("reader", [before.id], read=True)
    clock.forward(hours=1)
    poll(store, clock(), "s0", [prepared("a2", "The lock grows", TOLD_ON, url="https://a/2")], also=["a"])
    after = one(store)
    assert [each.relation for each in after.articles] == ["original", "copy", "version"]
    assert (after.title, after.url, after.canonical.text) == ("The lock grows", "https://a/2", TOLD_ON)
    assert (after.updated, after.revised) == (clock(), True)
    assert (after.id, after.guid, after.published) == (before.id, before.guid, before.published)
    assert after.read
    assert store.upkeep.integrity() == []


def test_a_version_of_another_outlet_changes_nothing_on_the_front(store: Store, clock):
    """It is kept with the story, and marked for what it adds."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A lock", TEXT)])
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "Lock", TEXT)])
    before = one(store)
    clock.forward(hours=1)
    poll(store, clock(), "s1", [prepared("b2", "More of it", TOLD_ON)], also=["b"])
    after = one(store)
    assert (after.title, after.updated, after.canonical.id) == ("A lock", before.updated, 1)
    assert {each.guid: each.marks for each in after.articles} == {"a": (), "b": (), "b2": ("adds",)}


def test_marks_follow_the_text_that_is_shown(store: Store, clock):
    """A revision in place, of the shown text or of a copy, marks anew what is marked against it."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A lock", TEXT)])
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "Lock", TOLD_ON)])
    assert {each.guid: each.marks for each in one(store).articles} == {"a": (), "b": ("adds",)}
    poll(store, clock(), "s0", [prepared("a", "A lock", TOLD_ON)])
    assert {each.guid: each.marks for each in one(store).articles} == {"a": (), "b": ()}
    poll(store, clock(), "s1", [prepared("b", "Lock", TOLD_ON + "\n\n" + words("own", 60))])
    assert {each.guid: each.marks for each in one(store).articles} == {"a": (), "b": ("adds",)}
    assert store.upkeep.stats()["revisions"] == 2


def test_a_paywall_is_credited_and_neither_shown_nor_linked(store: Store, clock):
    """The authority behind a paywall has the credit; text and link are those that people can read."""
    walled = sources(1, authority=9, paywall=True)
    store.sync_sources([*walled, *sources(3)[1:]], lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Walled", TEXT, url="https://a/1")])
    assert (one(store).url, one(store).title) == ("https://a/1", "Walled")
    clock.forward(hours=1)
    rules = Rules(text_from="longest", link_from="earliest")
    for source, entry in (
        ("s1", prepared("b", "Free", TEXT, url="https://b/1", published=clock() - timedelta(minutes=30))),
        ("s2", prepared("c", "Longer", TEXT + "\n\n" + words("own", 80), url="https://c/1")),
    ):
        store.arrivals.apply(update(clock(), source, [entry]), rules=rules, topics=NO_TOPICS)
    story = one(store)
    assert (story.canonical.source, story.title, story.url) == ("s0", "Longer", "https://b/1")
    assert story.shown is not None
    assert story.shown.text.startswith(TEXT)
    assert store.upkeep.integrity() == []
