"""What pairs of texts swap, counted for many pairs at once."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.evidence import unpack
from aggregator.dedup.fingerprint import fingerprint
from aggregator.dedup.forms import swaps, swaps_of
from aggregator.dedup.joined import Joined
from aggregator.dedup.patience import longest_rising, patience
from aggregator.dedup.signals import View
from tests.core.test_pairs import TEXTS, view

REPORT = "The council of {0} will spend {1} million on {2} new ferries, the mayor told reporters on the quay."


def text(title: str, *paragraphs: str) -> View:
    """A text as it is compared."""
    return View(unpack(fingerprint(title, paragraphs).evidence))


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
@settings(max_examples=80, deadline=None)
def test_pairs_are_counted_as_if_alone(pairs: list) -> None:
    """What a pair swaps depends on no other pair of the batch, nor on the order of its two texts."""
    found = swaps_of([(view(a), view(b)) for a, b in pairs])
    assert found == [swaps(view(a), view(b)) for a, b in pairs]
    for each, (a, b) in zip(found, pairs, strict=True):
        if len(a[1]) != len(b[1]):
            assert each == swaps(view(b), view(a))


def test_a_form_filled_in_twice_swaps_its_facts() -> None:
    """Two fillings swap number and name in their slots; a text beside itself swaps nothing and keeps all."""
    one = text("Lindholm buys ferries", REPORT.format("Lindholm", 12, "three"))
    other = text("Varberg buys ferries", REPORT.format("Varberg", 31, "five"))
    found = swaps(one, other)
    assert (found.facts, found.numbers) == (2, 1)
    assert found.headlines == 1
    assert found.form()
    same = swaps(one, one)
    assert (same.facts, same.halves, same.headlines, same.titles) == (0, 0, 0, 1.0)
    assert same.kept >= 2
    assert not same.form()


@given(TEXTS, TEXTS)
@settings(max_examples=80, deadline=None)
def test_what_is_aligned_is_equal(a: tuple, b: tuple) -> None:
    """A token stands where the other text has the same one."""
    long, short = view(a), view(b)
    joined = Joined([long.body]), Joined([short.body])
    where = patience([long], [short], *joined)
    there = where >= 0
    assert np.array_equal(long.body[where[there]], short.body[there])


@given(st.lists(st.integers(0, 30), max_size=9))
@settings(max_examples=80, deadline=None)
def test_longest_rising(values: list[int]) -> None:
    """It rises, and none that is longer does."""
    chosen = [values[i] for i in longest_rising(np.array(values, np.intp)).tolist()]
    assert all(a < b for a, b in pairwise(chosen))
    longer = combinations(values, len(chosen) + 1)
    assert not any(all(a < b for a, b in pairwise(c)) for c in longer)
