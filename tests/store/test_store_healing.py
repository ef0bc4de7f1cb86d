"""A clock that was ahead when sources were planned silences none of them until then."""

from __future__ import annotations

from datetime import timedelta

from conftest import Clock
from made import LEASE, poll, sources

from aggregator.store import Store


def test_sources_planned_by_a_wrong_clock_are_planned_anew(store: Store, clock: Clock) -> None:
    """By as much as it was ahead; sources that were planned by a right one stay as they are."""
    four = sources(4)
    store.sync_sources(four[:3], lambda: 0.0)
    right = clock.now
    hour = timedelta(hours=1)
    poll(store, right, "s0", [], next_due=right + hour)
    clock.forward(days=1)
    ahead = clock.now
    poll(store, ahead, "s1", [], next_due=ahead + hour, not_before=ahead + hour / 2)
    store.sync_sources(four, lambda: 1.0)  # the last one is new
    clock.forward(days=-1, minutes=10)
    assert store.upkeep.heal(LEASE) == 2
    states = [(view.last_polled, view.next_due) for view in store.sources(four)]
    now = clock.now
    assert states[0] == (right, right + hour)
    assert states[1] == (now, now + hour)
    assert states[3] == (None, now)
    assert store.upkeep.heal(LEASE) == 0
