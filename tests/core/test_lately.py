"""What was asked for lately is kept, in bounds that do not swing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.lately import Lately


@given(st.lists(st.tuples(st.sampled_from("gpd"), st.integers(0, 9)), max_size=80), st.integers(1, 6))
def test_against_a_list(steps, limit):
    """As a list in the order of use would do it, which is cut at its end."""
    kept, order = Lately(limit), []
    for step, key in steps:
        here = key in order
        if step == "d":
            assert kept.drop(key) == (str(key) if here else None)
            order = [each for each in order if each != key]
            continue
        if step == "g":
            assert kept.get(key) == (str(key) if here else None)
        else:
            kept.put(key, str(key))
        if here or step == "p":
            order = [key, *(each for each in order if each != key)][:limit]
        assert len(kept) == len(order)


def test_full_stays_full():
    """Once it is full it holds as much as it may."""
    kept = Lately(100)
    for key in range(1_000):
        kept.put(key, key)
        assert len(kept) == min(100, key + 1)


@given(st.lists(st.tuples(st.sampled_from("gpd"), st.integers(0, 9), st.integers(1, 9)), max_size=80))
def test_by_weight(steps):
    """What is kept weighs no more than it may, and is what was asked for last."""
    kept, order = Lately(20, len), {}
    for step, key, weight in steps:
        if step == "d":
            assert kept.drop(key) == order.pop(key, None)
        elif step == "g":
            assert kept.get(key) == order.get(key)
            if key in order:
                order[key] = order.pop(key)
        else:
            kept.put(key, "x" * weight)
            order.pop(key, None)
            order[key] = "x" * weight
            while sum(map(len, order.values())) > 20:
                order.pop(next(iter(order)))
        assert len(kept) == len(order)


def test_too_heavy_is_not_kept():
    """One that weighs more than all may."""
    kept = Lately(20, len)
    kept.put(1, "x" * 21)
    assert kept.get(1) is None
