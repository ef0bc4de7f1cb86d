"""Pages behind entries in the store: kept by entry revision, walls known, turns at hosts shared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from aggregator.model import Page, Source
from aggregator.store import Store
from tests.store.conftest import Clock


def test_pages_are_kept_by_revision_and_asked_for_again_when_told(
    open_store: Callable[[], Store], clock: Clock
) -> None:
    """What is kept comes back for the same bytes only; what may be retried is named from its time on."""
    store = open_store()
    store.sync_sources([Source(id="s", url="http://s.example/", title="S")], lambda: 0.5)
    late = Page("g", b"1", "http://s.example/g", clock(), attempts=1, retry_at=clock() + timedelta(hours=1))
    assert store.pages.keep("s", late) == late
    assert store.pages.held("s", [("g", b"1"), ("h", b"1")]) == {"g": late}
    assert store.pages.held("s", [("g", b"2")]) == {}
    assert store.pages.again("s") == frozenset()
    clock.forward(hours=1)
    assert store.pages.again("s") == {"g"}
    read = Page("g", b"2", "http://s.example/g", clock(), text="What the page says\0.")
    store.pages.keep("s", read)
    assert store.pages.again("s") == frozenset(), "an older revision waits no more"
    assert store.pages.held("s", [("g", b"2")])["g"].text == "What the page says."
    churned = Page("h", b"1", "http://s.example/g", clock(), text="What the page says\0.")
    assert store.pages.keep("s", churned).text, "the same page under another guid"
    wall = store.pages.keep("s", Page("i", b"1", "http://s.example/i", clock(), text=churned.text))
    assert wall.text is None
    assert "same as another page" in wall.error
    clock.forward(days=31)
    assert store.pages.tidy() == 4


def test_turns_at_a_host_are_those_of_polling(open_store: Callable[[], Store], clock: Clock) -> None:
    """Each turn takes the gap; one that is too far off is not taken; without a gap there is no waiting."""
    store = open_store()
    gap, patience = timedelta(seconds=10), timedelta(seconds=15)
    turns = [store.pages.turn("http://h.example/x", gap, patience) for _ in range(4)]
    assert turns == [clock(), clock() + gap, None, None]
    assert store.pages.turn("http://other.example/x", timedelta(0), patience) == clock()
    assert store.pages.turn("http://other.example/x", timedelta(0), patience) == clock()
