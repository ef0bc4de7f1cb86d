"""Texts are dropped by age and by size; what they were evidence of stays, and nothing comes back as new."""

from __future__ import annotations

from datetime import timedelta

from made import poll, prepared, sources, words

from aggregator.model import TimelineSpec
from aggregator.store import Store
from aggregator.store.retention import BATCH, Kept

STARRED, OLD, COPY, PRESENT = "starred", "old", "copy", "present"


def entries(*names: str) -> list[object]:
    """Entries by name; a copy has the text of the old one."""
    return [prepared(name, f"Title of {name}", words(OLD if name == COPY else name)) for name in names]


def filled(store: Store, clock) -> None:
    """Four articles of two sources, of which one stays in its feed; one story is starred, one read."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", entries(STARRED, OLD))
    poll(store, clock(), "s1", entries(COPY, PRESENT))
    clock.forward(minutes=30)
    changed = prepared(OLD, "Title of old", words("old, second version"))
    poll(store, clock(), "s0", [changed], present=frozenset({STARRED, OLD}))
    found = {story.title: story.id for story in store.timeline(TimelineSpec())}
    store.mark("anna", [found["Title of starred"]], starred=True)
    store.mark("anna", [found["Title of old"]], read=True)
    clock.forward(days=1)
    poll(store, clock(), "s0", [], present=frozenset())
    poll(store, clock(), "s1", [], present=frozenset({PRESENT}))
    clock.forward(days=100)
    poll(store, clock(), "s1", [], present=frozenset({PRESENT}))


def kept(clock, **more: object) -> Kept:
    """Ninety days; the detector reads fourteen."""
    values = {"unseen_since": clock() - timedelta(days=90), "size": None}
    return Kept(**(values | more), reach=clock() - timedelta(days=14))


def texts(store: Store) -> dict[str, bool]:
    """By title: whether there is a text."""
    return {
        article.title: bool(article.text or article.content or article.summary)
        for story in store.timeline(TimelineSpec(limit=100))
        for article in store.story(story.id).articles
    }


def test_by_age(store, clock):
    """What no feed has shown for ninety days loses its text: not the starred, not what is still in a feed."""
    filled(store, clock)
    before = {story.id: story for story in store.timeline(TimelineSpec(reader="anna"))}
    assert all(texts(store).values())
    assert store.upkeep.retain(kept(clock, unseen_since=clock() - timedelta(days=102))) == 0
    assert store.upkeep.retain(kept(clock)) == 2
    assert store.upkeep.retain(kept(clock)) == 0
    assert texts(store) == {
        "Title of starred": True, "Title of old": False, "Title of copy": False, "Title of present": True,
    }  # fmt: skip
    assert store.upkeep.retain(kept(clock, starred=False)) == 1
    after = {story.id: story for story in store.timeline(TimelineSpec(reader="anna"))}
    for number, story in after.items():
        was = before[number]
        assert (story.title, story.read, story.starred, story.published, story.guid) == (
            was.title, was.read, was.starred, was.published, was.guid,
        )  # fmt: skip
        assert [(a.id, a.relation, a.similarity) for a in story.articles] == [
            (a.id, a.relation, a.similarity) for a in was.articles
        ]
    assert store.upkeep.integrity() == []
    whole = store.story(after[min(after)].id)
    assert all(revision.text == "" for revision in whole.revisions)


def test_nothing_comes_back_as_new(store, clock):
    """The same entries again, in the feed or as copies, are known; a changed one brings its text with it."""
    filled(store, clock)
    stories = [story.id for story in store.timeline(TimelineSpec())]
    while store.upkeep.retain(kept(clock)):
        pass
    for _ in range(2):
        applied = poll(store, clock(), "s0", entries(STARRED, OLD))
        assert applied.new == 0
    assert [story.id for story in store.timeline(TimelineSpec())] == stories
    assert texts(store)["Title of old"]
    applied = poll(store, clock(), "s1", entries(COPY))
    assert applied.new == 0
    assert store.upkeep.integrity() == []


def test_search_forgets_the_words_and_keeps_the_title(store, clock):
    """On either database; also when an entry whose text was dropped changes afterwards."""
    filled(store, clock)
    word = max(words("old, second version").split(), key=len).strip(".").casefold()
    assert len(store.timeline(TimelineSpec(search=word))) == 1
    store.upkeep.retain(kept(clock))
    assert store.timeline(TimelineSpec(search=word)) == []
    assert len(store.timeline(TimelineSpec(search="title old"))) == 1
    poll(store, clock(), "s0", [prepared(OLD, "Another title", words("old, second version"))])
    assert store.timeline(TimelineSpec(search="title old")) == []
    assert len(store.timeline(TimelineSpec(search="another title"))) == 1
    assert store.upkeep.integrity() == []


def test_by_size(store, clock):
    """The oldest go until the database is small enough; never what the detector reads, nor the starred."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared(f"g{n}", f"T{n}", words(n, 1200)) for n in range(60)])
    clock.forward(days=30)
    poll(store, clock(), "s0", [prepared(f"h{n}", f"N{n}", words(f"new {n}", 1200)) for n in range(5)])
    with store.access.read() as connection:
        used = store.access.database.used(connection)
    first = store.timeline(TimelineSpec(limit=100))[-1]
    store.mark("anna", [first.id], starred=True)
    limit = kept(clock, unseen_since=None, size=used - 100_000)
    dropped = 0
    while count := store.upkeep.retain(limit):
        dropped += count
        assert count <= BATCH
    assert 0 < dropped < 59
    with store.access.read() as connection:
        assert store.access.database.used(connection) <= used - 100_000
    smallest = kept(clock, unseen_since=None, size=1)
    while store.upkeep.retain(smallest):
        pass
    left = {title for title, there in texts(store).items() if there}
    assert left == {first.title, *(f"N{n}" for n in range(5))}
    assert store.upkeep.integrity() == []
