"""What the store keeps of a source's rhythm: the pace of all, pauses that end, states with a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from made import LEASE, NO_TOPICS, RULES, poll, prepared, sources, words

from aggregator import rhythm
from aggregator.model import Update


def learning(count):
    """Sources that learn."""
    return [replace(each, learns=True) for each in sources(count)]


def claimed(store):
    """What is due now, by source."""
    return {one.source.id: one for one in store.claim(100, owner="me", lease=LEASE, per_host=2)}


def learnt(now, days, count=30):
    """A rhythm of an entry a day until so many days ago, packed, and its tempo."""
    held = rhythm.learn(None, [now - timedelta(days=days + one) for one in range(count)], now)
    return {"rhythm": rhythm.packed(held), "tempo": rhythm.tempo(rhythm.rate(held, now))}


def test_the_pace_follows_what_was_learnt(store, clock):
    """Without a rhythm there is no pace; with one, as many polls as the interval says for each source."""
    store.sync_sources(learning(2), lambda: 0.5)
    assert {due.pace for due in claimed(store).values()} == {0.0}
    for name in ("s0", "s1"):
        poll(store, clock(), name, [prepared(name, name, words(name))], **learnt(clock(), 0))
    clock.forward(minutes=40)
    due = claimed(store)
    held = rhythm.unpacked(due["s0"].rhythm)
    assert rhythm.rate(held, clock()) > 0.5
    exact = 2 ** (rhythm.tempo(rhythm.rate(held, clock())) / rhythm.STEPS / 2)
    assert 1 / (due["s0"].pace * exact) * 1440 == pytest.approx(30, rel=0.1)


def test_fixed_sources_have_no_pace(store, clock):
    """Sources whose intervals are set by hand share nothing out."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [], **learnt(clock(), 0))
    clock.forward(minutes=40)
    assert {due.pace for due in claimed(store).values()} == {0.0}


def test_a_pause_ends_by_itself(store, clock):
    """Until its date a source is paused, cannot be asked for, and is due again from then on."""
    until = clock() + timedelta(hours=1)
    away = [replace(each, paused_until=until) for each in sources(1)]
    store.sync_sources(away, lambda: 0.5)
    assert (claimed(store), store.want("s0")) == ({}, False)
    assert store.sources(away)[0].state == "paused"
    clock.forward(hours=1)
    assert store.sources(away)[0].state == "new"
    assert set(claimed(store)) == {"s0"}


def test_states_have_names(store, clock):
    """One failure is failing, five are broken; one that answers and says nothing for long is silent."""
    some = sources(2)
    store.sync_sources(some, lambda: 0.5)
    poll(store, clock(), "s0", [], **learnt(clock(), 60))
    state = lambda at: store.sources(some)[at].state  # noqa: E731
    assert state(0) == "silent"
    for expected in ("failing",) * 4 + ("broken",):
        poll(store, clock(), "s1", [], status="failed", present=None, info=None, error="no", error_kind="dns")
        assert state(1) == expected
    view = store.sources(some)[0]
    assert view.newest == clock() - timedelta(days=60)
    assert view.entries_a_day < 0.5


def test_what_a_hub_pushes_is_learnt_too(store, clock):
    """Entries beside the polls keep a source from seeming silent; those of an archive teach nothing."""
    some = sources(1)
    store.sync_sources(some, lambda: 0.5)
    poll(store, clock(), "s0", [], **learnt(clock(), 10))
    before = store.sources(some)[0].newest
    for days, expected in ((40, before), (1, clock() - timedelta(days=1))):
        one = prepared(f"g{days}", "Title", words(str(days)), published=clock() - timedelta(days=days))
        added = Update("s0", clock(), "added", clock(), prepared=(one,))
        store.arrivals.apply(added, rules=RULES, topics=NO_TOPICS)
        assert store.sources(some)[0].newest == expected
