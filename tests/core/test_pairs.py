"""The signals of many pairs at once: equal to those of each pair alone, and to what sets say."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.evidence import Evidence
from aggregator.dedup.fingerprint import fingerprint
from aggregator.dedup.minhash import signature
from aggregator.dedup.pairs import Pair, measure, signals
from aggregator.dedup.screen import COUNT, SHARE, alike, may_be_alike, pass_through, sketch
from aggregator.dedup.shingles import shingle_set
from aggregator.dedup.signals import NAMES, WIDTH, View
from aggregator.model import Fingerprint, Held

WORDS = st.lists(st.integers(1, 25), max_size=80)
TEXTS = st.tuples(st.lists(st.integers(1, 25), max_size=9), WORDS, st.integers(0, 2**32 - 1))


def view(text: tuple[list[int], list[int], int]) -> View:
    """A text of few different words, so that they repeat; flags by seed."""
    title, body, seed = text
    roll = np.random.default_rng(seed)
    hashes = np.array(body, np.uint32) * np.uint32(2654435761)
    return View(
        Evidence(
            title=np.array(title, np.uint32) * np.uint32(2654435761),
            title_flags=roll.integers(0, 64, len(title)).astype(np.uint8),
            body=hashes,
            body_flags=roll.integers(0, 64, len(body)).astype(np.uint8),
            shingles=shingle_set(hashes, WIDTH),
        )
    )


@given(st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_pair_is_measured_as_if_alone(pairs: list) -> None:
    """A row does not depend on the other pairs, nor, but for the outlet, on the order of the two texts."""
    rows = measure([Pair(view(a), view(b), same) for a, b, same in pairs])
    for row, (a, b, same) in zip(rows, pairs, strict=True):
        left, right = view(a), view(b)
        assert np.array_equal(row, measure([Pair(left, right, same)])[0])
        ours, theirs = set(left.shingles.tolist()), set(right.shingles.tolist())
        shared = len(ours & theirs)
        values = dict(zip(NAMES, row.tolist(), strict=True))
        assert values["containment"] == shared / max(1, min(len(ours), len(theirs)))
        assert values["jaccard"] == shared / max(1, len(ours | theirs))
        assert values["same_source"] == same
        assert signals(left, right, same).own == values["own"] == 1
        if len(left.body) != len(right.body):
            assert np.array_equal(row, measure([Pair(right, left, same)])[0])


@given(TEXTS, st.lists(TEXTS, max_size=6))
@settings(max_examples=60, deadline=None)
def test_the_screen_counts_exactly(text: tuple, others: list) -> None:
    """Who passes, and what they share, is what the sets of shingles say."""
    own, views = view(text), [view(other) for other in others]
    mine = own.shingles.tolist()
    sets = [set(other.shingles.tolist()) for other in views]
    passed = pass_through(own, views)
    for index, theirs in enumerate(sets):
        shared = sum(shingle in theirs for shingle in mine)
        assert (index in passed.places) == (shared >= COUNT or shared >= SHARE * min(len(mine), len(theirs)))
        if index in passed.places:
            place = passed.places.index(index)
            assert passed.shared[place] == passed.common[place, place] == shared
            for column, other in enumerate(passed.places):
                assert passed.common[place, column] == len(set(mine) & theirs & sets[other])


def test_a_signature_rules_out_only_what_shares_next_to_nothing() -> None:
    """A copy, a cut to a few words, an unrelated short text stay; an unrelated one of equal length goes."""
    roll = np.random.default_rng(5)

    def held(number: int, words: list[str]) -> Held:
        return Held(
            id=number,
            source="s",
            group="g",
            title="",
            effective=datetime(2026, 1, 1, tzinfo=UTC),
            fingerprint=fingerprint("", [" ".join(words)]),
        )

    words = [f"w{n}" for n in roll.integers(0, 5000, 600)]
    other = [f"v{n}" for n in roll.integers(0, 5000, 600)]
    candidates = [held(1, words), held(2, words[:40]), held(3, other[:20]), held(4, other)]
    assert [each.id for each in alike(held(0, words).fingerprint, candidates)] == [1, 2, 3]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(3, 400), st.integers(0, 400)), min_size=1, max_size=12), st.randoms())
def test_sketches_rule_out_nothing_that_signatures_keep(texts: list, chance: Random) -> None:
    """An eighth of what is read of a candidate decides as the whole signature does, or lets it pass."""
    own = [chance.getrandbits(32) for _ in range(300)]
    made = [
        _printed([*own[:shared], *(chance.getrandbits(32) for _ in range(more))]) for more, shared in texts
    ]
    arrival = _printed(own)
    kept = {id(held) for held in alike(arrival.fingerprint, made)}
    mine, *theirs = (np.frombuffer(sketch(held.fingerprint.signature), np.uint8) for held in (arrival, *made))
    tokens = np.array([held.fingerprint.tokens for held in made], float)
    passed = may_be_alike(mine, np.array(float(arrival.fingerprint.tokens)), np.array(theirs), tokens)
    assert kept <= {id(held) for held, may in zip(made, passed.tolist(), strict=True) if may}


def _printed(shingles: list[int]) -> Held:
    """An article of which only the signature of its shingles matters."""
    values = signature(np.array(shingles, np.uint32))
    made = Fingerprint("r", (), values.tobytes(), b"", b"", len(shingles) + 2)
    at = datetime(2018, 8, 7, tzinfo=UTC)
    return Held(id=1, source="s", group="g", title="", effective=at, fingerprint=made)
