"""What another threshold would change, found by placing one's own articles anew, before anything changes.

Nothing is stored. The articles are placed twice, as they would have arrived in the order of their time: with
the rules as they are and with another threshold. Both times all else is the same, so what differs is the
threshold's doing, and not that of the order of arrival, of corrections since, or of articles that are not in
the sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from aggregator.dedup.board import Board, Decided
from aggregator.dedup.decide import Decision
from aggregator.dedup.memory import Memory
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.place import in_order, place_on
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held


@dataclass(frozen=True, slots=True)
class Scored:
    """Two articles that the detector compared, the earlier first.

    ``probability``: that both carry one text, 0…1. ``together``: whether they are of one story as it stands.
    ``own``: whether a source or group of theirs has a threshold of its own, so that the general one is none
    of theirs.
    """

    a: int
    b: int
    probability: float
    together: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The sample as it is placed with one threshold.

    ``stories``: for each article the first article of its story. ``scored``: every pair that was compared.
    """

    threshold: float
    stories: Mapping[int, int]
    scored: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A story that another threshold would make of several (or several of one).

    ``parts``: the articles of each of the several, each part and all of them in the order of their ids.
    """

    parts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a person needs to choose a threshold by.

    ``held``: the sample, by id. ``now`` and ``then``: it placed with the threshold in force, and with the one
    that is looked at (the same object where that is the same). ``said``: pairs that a person has answered,
    the smaller id first.
    """

    held: Mapping[int, Held]
    now: Replayed
    then: Replayed
    said: frozenset[tuple[int, int]] = frozenset()


class _Listening(Board):
    """A board that remembers what was decided about each pair."""

    heard: dict[tuple[int, int], Decision]

    def decide(self, arrival: Held) -> Decided:
        decided = super().decide(arrival)
        for other, decision in decided.pairs.items():
            self.heard[max(arrival.id, other), min(arrival.id, other)] = decision
        return decided


def replay(
    articles: Sequence[Held], constraints: Sequence[Constraint], rules: Rules, views: Views | None = None
) -> Replayed:
    """Place stored articles anew, among themselves.

    ``articles``: with their candidate keys. ``constraints``: what people said of them. ``views``: kept
    between calls with the same articles it saves unpacking their texts again.
    """
    arrivals = [replace(held, id=-n, story=None, canonical=False) for n, held in enumerate(articles, 1)]
    stored = {arrival.id: held for arrival, held in zip(arrivals, articles, strict=True)}
    numbers = {held.id: arrival for arrival, held in stored.items()}
    said = [
        Constraint(numbers[one.a], numbers[one.b], one.together)
        for one in constraints
        if one.a in numbers and one.b in numbers
    ]
    board = _Listening(in_order(arrivals), Memory(rules, constraints=said), rules, views or Views())
    board.heard = {}
    first: dict[int, int] = {}
    for placement in place_on(board, in_order(arrivals)).placements:
        first[stored[placement.article].id] = placement.story
    return Replayed(
        rules.threshold, _by_smallest(first), tuple(_scored(board.heard, stored)) if board.heard else ()
    )


def _scored(heard: Mapping[tuple[int, int], Decision], stored: Mapping[int, Held]) -> list[Scored]:
    found = []
    for (x, y), decision in heard.items():
        a, b = sorted((stored[x], stored[y]), key=lambda held: (held.effective, held.id))
        own = a.fold.threshold is not None or b.fold.threshold is not None
        found.append(Scored(a.id, b.id, decision.probability, a.story == b.story, own))
    return sorted(found, key=lambda pair: (pair.probability, pair.a, pair.b))


def _by_smallest(first: Mapping[int, int]) -> dict[int, int]:
    """Stories named by the smallest of their articles, so that two partitions can be held side by side."""
    members: dict[int, list[int]] = defaultdict(list)
    for article, story in first.items():
        members[story].append(article)
    return {article: min(some) for some in members.values() for article in some}


def merged(now: Replayed, then: Replayed) -> list[Changed]:
    """Stories of now that would be one then."""
    return _joined(now.stories, then.stories)


def split(now: Replayed, then: Replayed) -> list[Changed]:
    """Stories of now of which several would be made then."""
    return _joined(then.stories, now.stories)


def _joined(fine: Mapping[int, int], coarse: Mapping[int, int]) -> list[Changed]:
    """What is apart in ``fine`` and together in ``coarse``."""
    parts: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for article in sorted(fine):
        parts[coarse[article]][fine[article]].append(article)
    return [Changed(tuple(tuple(part) for part in some.values())) for some in parts.values() if len(some) > 1]


def near(
    scored: Sequence[Scored], threshold: float, count: int, said: Collection[tuple[int, int]] = ()
) -> tuple[list[Scored], list[Scored]]:
    """The pairs just above a threshold and just below it, the nearest first.

    Pairs of a source with a threshold of its own are left out, and those that a person has ``said`` something
    of (the smaller id first). An article is shown once: forty copies of one text would else be all that one
    sees.
    """
    general = [
        pair for pair in scored if not pair.own and (min(pair.a, pair.b), max(pair.a, pair.b)) not in said
    ]
    above = [pair for pair in general if pair.probability >= threshold]
    below = [pair for pair in reversed(general) if pair.probability < threshold]
    return _of_different(above, count), _of_different(below, count)


def _of_different(pairs: Sequence[Scored], count: int) -> list[Scored]:
    seen: set[int] = set()
    found: list[Scored] = []
    for pair in pairs:
        if len(found) == count:
            break
        if not seen & {pair.a, pair.b}:
            seen |= {pair.a, pair.b}
            found.append(pair)
    return found


def histogram(scored: Sequence[Scored], bins: int) -> list[tuple[int, int]]:
    """For each of ``bins`` equal parts of 0…1: how many pairs are apart, and how many together."""
    counts = [[0, 0] for _ in range(bins)]
    for pair in scored:
        counts[min(bins - 1, int(pair.probability * bins))][pair.together] += 1
    return [(apart, together) for apart, together in counts]
