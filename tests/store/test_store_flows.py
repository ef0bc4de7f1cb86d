"""Entries by day, and who prints what others had before, on every database."""

from __future__ import annotations

from datetime import timedelta

from made import poll, prepared, sources, words

from aggregator.model import Flow


def test_days_and_flows(store, clock):
    """Today is last; a copy counts for its source; what polls do not prove is not certain."""
    store.sync_sources(sources(3), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("old", "Old", words(7), published=clock())])
    clock.forward(days=40)
    start = clock()
    poll(store, clock(), "s1", [])
    poll(store, clock(), "s0", [prepared("a", "One", words(1), published=clock())])
    clock.forward(hours=1)
    poll(store, clock(), "s1", [prepared("b", "One", words(1), published=clock())])
    clock.forward(days=1)
    poll(store, clock(), "s0", [prepared("c", "Two", words(2), published=clock() - timedelta(hours=2))])
    poll(store, clock(), "s2", [prepared("d", "Two", words(2), published=clock() - timedelta(hours=3))])
    found = store.activity(7)
    assert (found.since.hour, found.since.minute) == (0, 0)
    days = (clock().date() - start.date()).days
    assert found.days["s0"][-1] == 1
    assert found.days["s0"][-1 - days] == 1
    assert sum(found.days["s0"]) == 2, "what is older is not counted"
    assert {name: sum(counts) for name, counts in found.days.items()} == {"s0": 2, "s1": 1, "s2": 1}
    assert [replaced(flow) for flow in found.flows] == [("s0", "s1", 1), ("s2", "s0", 1)]
    certain = {(flow.first, flow.later): flow.certain for flow in found.flows}
    assert certain["s2", "s0"] == 0, "both were first seen at one time"


def replaced(flow: Flow) -> tuple[str, str, int]:
    """A flow without what is certain of it."""
    return flow.first, flow.later, flow.stories


def test_an_empty_store_has_neither(store):
    """Nothing is counted, nothing fails."""
    found = store.activity(28)
    assert (found.days, found.flows) == ({}, ())
