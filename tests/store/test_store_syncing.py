"""Sync clients: what has settled is served under one subscription, for good; times grow with ids; marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from made import poll, prepared, sources, words

from aggregator.dedup.rules import Rules
from aggregator.model import Stream, StreamSpec
from aggregator.store import Store

SETTLE = timedelta(minutes=5)
ALL = StreamSpec("mina")


def entered(store: Store, view: str = "sources", topics: tuple[str, ...] = ()) -> int:
    """Enter what has settled."""
    return store.sync.enter(view, SETTLE, topics)  # type: ignore[arg-type]


def ids(store: Store, spec: StreamSpec = ALL, view: str = "sources") -> list[int]:
    """The stories of a page."""
    return [one.story for one in store.sync.page(view, spec)]  # type: ignore[arg-type]


class Topical:
    """Stories with "bell" in the title are of a topic."""

    def match(self, title: str, lead: str, text: str, **_: object) -> tuple[str, ...]:
        """By the title."""
        return ("bells",) if "bell" in title else ()


def three(store: Store, clock: Callable[..., object]) -> None:
    """Three stories of two sources; the second is printed by both."""
    store.sync_sources([replace(one, group=f"g{n}") for n, one in enumerate(sources(2))], lambda: 0.5)
    common = words("common", 90)
    poll(store, clock(), "s0", [prepared("a", "A bell", words("bell", 90))], topics=Topical())
    poll(store, clock(), "s0", [prepared("b", "Both", common)], also=["a"], topics=Topical())
    poll(store, clock(), "s1", [prepared("c", "Both", common), prepared("d", "Late", words("late", 90))],
         topics=Topical())  # fmt: skip


def test_a_story_settles_before_it_is_served(store: Store, clock):
    """Nothing for five minutes; then with the time since when, which stays."""
    three(store, clock)
    assert not store.sync.waiting("sources", SETTLE)
    assert entered(store) == 0
    clock.forward(minutes=5)
    assert store.sync.waiting("sources", SETTLE)
    assert entered(store) == 3
    assert not store.sync.waiting("sources", SETTLE)
    page = store.sync.page("sources", ALL)
    assert [one.story for one in page] == [3, 2, 1]
    assert {one.at for one in page} == {clock()}


def test_what_comes_late_is_after_what_was_asked(store: Store, clock):
    """A story with an old date of placing gets a time after the last look that found nothing."""
    three(store, clock)
    placed = clock()
    clock.forward(hours=1)
    entered(store)
    clock.forward(hours=1)
    assert not store.sync.waiting("sources", SETTLE)
    asked = clock()
    poll(store, placed, "s1", [prepared("e", "Waited in the inbox", words("inbox", 90))], also=["c", "d"])
    clock.forward(seconds=1)
    assert entered(store) == 1
    assert ids(store, replace(ALL, since=asked)) == [4]


def test_the_origin_is_frozen(store: Store, clock):
    """A better canonical article, or a split, moves nothing that was served; a story is in each outlet's."""
    three(store, clock)
    clock.forward(minutes=10)
    entered(store)
    first = {one.story: one.origin for one in store.sync.page("sources", ALL)}
    store.sync_sources([replace(one, authority=n * 9) for n, one in enumerate(sources(2))], lambda: 0.5)
    poll(store, clock(), "s1", [prepared("f", "Both", words("common", 90) + "\n\n" + words("more", 20))],
         also=["c", "d"])  # fmt: skip
    entered(store)
    assert {one.story: one.origin for one in store.sync.page("sources", ALL)} == first
    assert ids(store, replace(ALL, stream=Stream("source", "s0"))) == [2, 1]
    assert ids(store, replace(ALL, stream=Stream("source", "s1"))) == [3, 2]
    numbers = store.sync.numbers([Stream("source", "s0"), Stream("source", "s1")])
    assert ids(store, replace(ALL, origin=numbers[Stream("source", "s0")])) == [2, 1]
    assert ids(store, replace(ALL, origin=numbers[Stream("source", "s1")])) == [3]
    store.corrections.split(2, author="mina", rules=Rules())
    assert 2 in ids(store, replace(ALL, stream=Stream("source", "s0")))


def test_pages_states_counts_and_tags(store: Store, clock):
    """Pages by every condition; what is unread, by stream; tags of a reader's own; each view's origins."""
    three(store, clock)
    clock.forward(minutes=10)
    entered(store)
    store.sync.mark("mina", [2, 99], read=True)
    store.sync.mark("mina", [3], starred=True)
    assert ids(store, replace(ALL, limit=2)) == [3, 2]
    assert ids(store, replace(ALL, oldest=True, after=1)) == [2, 3]
    assert ids(store, replace(ALL, before=3)) == [2, 1]
    assert ids(store, replace(ALL, read=False)) == [3, 1]
    assert ids(store, replace(ALL, read=True)) == [2]
    assert ids(store, replace(ALL, starred=True)) == [3]
    assert ids(store, replace(ALL, starred=False)) == [2, 1]
    assert ids(store, replace(ALL, without=(Stream("source", "s1"),))) == [1]
    assert ids(store, replace(ALL, reader="nobody", read=False)) == [3, 2, 1]
    assert ids(store, replace(ALL, until=clock())) == [3, 2, 1]
    assert ids(store, replace(ALL, until=clock() - timedelta(hours=1))) == []
    assert store.sync.count("sources", replace(ALL, read=False, limit=100)) == 2
    store.sync.mark("ole", [1], read=True)
    counts = {stream: count for stream, (count, _) in store.sync.unread("sources", "ole").items()}
    assert counts[Stream()] == 2
    assert counts[Stream("source", "s0")] == 1
    assert counts[Stream("source", "s1")] == 2
    assert counts[Stream("group", "g1")] == 2
    assert Stream("topic", "bells") not in counts
    store.sync.tag("mina", [1, 2], add=['la"ter', "100%"])
    store.sync.tag("mina", [2], remove=["100%"])
    assert store.sync.tags("mina") == ["100%", 'la"ter']
    assert store.sync.tags("nobody") == []
    assert ids(store, replace(ALL, stream=Stream("tag", 'la"ter'))) == [2, 1]
    assert ids(store, replace(ALL, stream=Stream("tag", "100_"))) == []
    assert store.sync.tagged("mina", [1, 3]) == {1: ('la"ter', "100%")}
    assert store.sync.rename_tag("mina", 'la"ter', "then") == 2
    assert store.sync.rename_tag("mina", "100%", None) == 1
    assert store.sync.tags("mina") == ["then"]
    assert ids(store, replace(ALL, reader="nobody", stream=Stream("tag", "then"))) == []
    for view in ("groups", "topics"):
        entered(store, view, ("bells",))
    numbers = store.sync.numbers([Stream("group", "g0"), Stream("topic", "bells"), Stream("rest")])
    assert len(set(numbers.values())) == 3
    assert store.sync.numbers(list(numbers)) == numbers
    assert ids(store, replace(ALL, origin=numbers[Stream("topic", "bells")]), "topics") == [1]
    assert ids(store, replace(ALL, stream=Stream("topic", "bells")), "topics") == [1]
    assert ids(store, replace(ALL, stream=Stream("rest")), "topics") == [3, 2]
    assert ids(store, replace(ALL, stream=Stream("group", "g1")), "groups") == [3, 2]


def test_marking_a_stream_stops_at_its_time(store: Store, clock):
    """What is served after the client's last look stays unread; stars stay."""
    three(store, clock)
    clock.forward(minutes=10)
    entered(store)
    store.sync.mark("mina", [1], starred=True)
    seen = clock()
    poll(store, clock(), "s1", [prepared("g", "New", words("new", 90))], also=["c", "d"])
    clock.forward(minutes=10)
    entered(store)
    assert store.sync.mark_stream("sources", replace(ALL, until=seen)) == 3
    assert ids(store, replace(ALL, read=False)) == [4]
    assert ids(store, replace(ALL, starred=True)) == [1]
    assert store.sync.mark_stream("sources", replace(ALL, stream=Stream("source", "s1"))) == 1
    assert ids(store, replace(ALL, read=False)) == []
    store.sync.mark("mina", [2], read=False)
    assert ids(store, replace(ALL, read=False)) == [2]
    assert store.sync.mark_stream("sources", ALL) == 1


def test_merged_stories_are_not_served_and_come_back(store: Store, clock):
    """A merge takes the younger away, marking it marks the survivor; an undo serves it again."""
    three(store, clock)
    store.corrections.merge(1, 3, author="mina", rules=Rules())
    clock.forward(minutes=10)
    entered(store)
    assert ids(store) == [2, 1]
    store.sync.mark("mina", [3], read=True)
    assert ids(store, replace(ALL, read=True)) == [1]
    assert [served.story for served, _ in store.sync.stories("sources", [3, 2, 1], "mina")] == [2, 1]
    store.corrections.undo(author="mina", rules=Rules())
    entered(store)
    assert ids(store) == [3, 2, 1]
