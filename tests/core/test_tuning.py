"""What another threshold would change: two replays of one sample, and what lies around the threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dedup_synthetic import CHANGES, copies
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.archive import place_all
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.dedup.tuning import Changed, Replayed, Scored, histogram, merged, near, replay, split
from aggregator.model import Fold, Held

PAIRS = st.lists(
    st.builds(Scored, st.integers(1, 30), st.integers(31, 60), st.floats(0, 1), st.booleans()), max_size=60
)


def sample(change: str = "cut") -> list[Held]:
    """Thirty documents and their copies, as a store would hold them: placed, with keys."""
    documents, _ = copies(7, CHANGES[change], 15)
    memory, _ = place_all(documents, Rules(), forget=False)
    return list(memory.articles.values())


def test_a_replay_is_what_the_detector_does() -> None:
    """With the rules as they are the stories come out as they were placed, and every pair is scored once."""
    held = sample()
    found = replay(held, [], Rules())
    assert {a: {b for b in found.stories if found.stories[b] == s} for a, s in found.stories.items()} == {
        a.id: {b.id for b in held if b.story == a.story} for a in held
    }
    names = [frozenset((pair.a, pair.b)) for pair in found.scored]
    assert len(names) == len(set(names)) > 0
    assert all(pair.together for pair in found.scored if pair.probability > 0.9)


def test_a_higher_threshold_splits_and_a_lower_one_merges() -> None:
    """What one replay has together and the other apart is named, in both directions, and nothing else."""
    held = sample("cut, edited, furnished")
    usual, strict = replay(held, [], Rules()), replay(held, [], replace(Rules(), threshold=0.9999))
    parted = split(usual, strict)
    assert parted
    assert merged(usual, strict) == []
    assert merged(strict, usual) == parted
    assert split(usual, usual) == merged(usual, usual) == []
    for one in parted:
        assert len({strict.stories[part[0]] for part in one.parts}) == len(one.parts) > 1
        assert len({usual.stories[number] for part in one.parts for number in part}) == 1


def test_what_people_said_holds_in_a_replay() -> None:
    """Two copies that a person has parted stay apart, whatever the threshold."""
    held = sample()
    both = next([a, b] for a in held for b in held if a.id < b.id and a.story == b.story)
    story = [one for one in held if one.story == both[0].story]
    said = [Constraint(both[1].id, one.id, together=False) for one in story if one is not both[1]]
    found = replay(held, said, replace(Rules(), threshold=0.01))
    assert found.stories[both[1].id] not in {found.stories[one.id] for one in story if one is not both[1]}


def test_partitions_are_compared() -> None:
    """By hand: 1 and 2 come together, 3 and 4 are split, 5 stays."""
    now = Replayed(0.5, {1: 1, 2: 2, 3: 3, 4: 3, 5: 5}, ())
    then = Replayed(0.6, {1: 1, 2: 1, 3: 3, 4: 4, 5: 5}, ())
    assert merged(now, then) == [Changed(((1,), (2,)))]
    assert split(now, then) == [Changed(((3,), (4,)))]


@given(PAIRS, st.floats(0, 1), st.integers(0, 8))
def test_pairs_around_a_threshold(scored: list[Scored], threshold: float, count: int) -> None:
    """The nearest come first, each side on its own, no article twice on a side, none that was answered."""
    ordered = sorted(scored, key=lambda one: one.probability)
    said = {(min(one.a, one.b), max(one.a, one.b)) for one in ordered[::3]}
    above, below = near(ordered, threshold, count, said)
    assert [one.probability for one in above] == sorted(one.probability for one in above)
    assert [one.probability for one in below] == sorted((one.probability for one in below), reverse=True)
    assert all(one.probability >= threshold for one in above)
    assert all(one.probability < threshold for one in below)
    for side in (above, below):
        ends = [end for one in side for end in (one.a, one.b)]
        assert len(side) <= count
        assert len(ends) == len(set(ends))
        assert all((one.a, one.b) not in said for one in side)


@given(PAIRS, st.integers(1, 50))
def test_a_histogram_counts_every_pair_once(scored: list[Scored], bins: int) -> None:
    """Probability 1 is in the last bin."""
    counts = histogram(scored, bins)
    assert len(counts) == bins
    assert sum(apart + together for apart, together in counts) == len(scored)
    assert sum(together for _, together in counts) == sum(one.together for one in scored)


def test_a_source_with_a_threshold_of_its_own_is_told_apart() -> None:
    """Its pairs are scored, and are not shown around the general threshold."""
    at = datetime(2024, 3, 4, tzinfo=UTC) + timedelta(hours=1)
    held = [replace(one, effective=at, fold=Fold(threshold=0.9)) for one in sample()]
    found = replay(held, [], Rules())
    assert all(pair.own for pair in found.scored)
    assert near(found.scored, 0.5, 5) == ([], [])
