"""What lies near the arrivals of a batch: their candidates, screened, and the signals of the promising pairs.

None of this depends on which story an article is of, so that it is worked out for the whole batch at once,
before anything is placed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.decide import suspects
from aggregator.dedup.forms import Swaps, swaps_of
from aggregator.dedup.pairs import Pair, measure
from aggregator.dedup.rules import Rules
from aggregator.dedup.screen import alike, pass_through
from aggregator.dedup.signals import SHORT, View
from aggregator.dedup.views import Views
from aggregator.model import Held

COMPARED: Final = 0.25  # containment from which a candidate is compared; no labelled copy is below .3


@dataclass(frozen=True, slots=True)
class Around:
    """The surroundings of one article.

    ``ids``: the candidates that passed the screen. ``common``: how many of the article's shingles the i-th
    and the j-th of them have both; on the diagonal, how many the i-th has: float32[n, n]. ``comparable``:
    those that share enough to be compared, with how many shingles they share; ``rows``: their signals, a row
    of `pairs.measure` each; ``swaps``: what they swap, of those of which that is asked. ``telling``: what the
    article and the i-th and j-th must have in common for each of the three to be sure to be around the two
    others: float32[n, n].
    """

    ids: list[int]
    common: NDArray[np.float32]
    telling: NDArray[np.float32]
    comparable: Mapping[int, tuple[Held, int]]
    rows: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    swaps: dict[int, Swaps] = field(default_factory=dict)


class Nearby:
    """The surroundings of each arrival, and the views of all texts that are at hand."""

    def __init__(self, rules: Rules, views: Views) -> None:
        self._rules = rules
        self._views = views
        self._at_hand: dict[int, View] = {}
        self._around: dict[int, Around] = {}

    def view(self, held: Held) -> View:
        """The view of an article's text."""
        view = self._at_hand.get(held.id)
        if view is None:
            view = self._at_hand[held.id] = self._views.of(held)
        return view

    def survey(self, arrivals: Sequence[Held], candidates: Mapping[int, Sequence[Held]]) -> None:
        """Look around each arrival. ``arrivals``: in the order in which they are placed; ``candidates``: the
        stored articles that share a key with each, by its id."""
        by_key: dict[int, list[Held]] = defaultdict(list)
        pairs: list[Pair] = []
        whose: list[tuple[Around, int]] = []
        for arrival in arrivals:
            pool = self._pool(arrival, candidates.get(arrival.id, ()), by_key)
            pool = alike(arrival.fingerprint, pool)
            around = self._around[arrival.id] = self._look(arrival, pool)
            for key in arrival.fingerprint.keys:
                by_key[key].append(arrival)
            for other, shared in around.comparable.values():
                if (pair := self.pair(arrival, other, shared)) is not None:
                    pairs.append(pair)
                    whose.append((around, other.id))
        rows = measure(pairs)
        for (around, article), row in zip(whose, rows, strict=True):
            around.rows[article] = row
        asked = suspects(rows)
        for i, swapped in zip(asked, swaps_of([(pairs[i].a, pairs[i].b) for i in asked]), strict=True):
            around, article = whose[i]
            around.swaps[article] = swapped

    def pair(self, a: Held, b: Held, shared: int | None = None) -> Pair | None:
        """The pair to be measured, None where one is little more than its title."""
        left, right = self.view(a), self.view(b)
        if min(left.tokens, right.tokens) < SHORT:
            return None
        return Pair(left, right, a.source == b.source, shared)

    def around(self, article: int) -> Around:
        """The surroundings of an arrival."""
        return self._around[article]

    def _pool(
        self, arrival: Held, stored: Sequence[Held], by_key: Mapping[int, Sequence[Held]]
    ) -> list[Held]:
        """The articles, stored and earlier of this batch, that share a key and are near in time."""
        near: dict[int, Held] = {}
        for key in arrival.fingerprint.keys:
            same = by_key.get(key)
            if same and len(same) <= self._rules.hot_keys:
                for other in same:
                    near[other.id] = other
        reach = max(self._rules.horizon, self._rules.context)
        recipe = arrival.fingerprint.recipe
        return [
            *(other for other in stored if other.id != arrival.id),
            *(
                other
                for other in near.values()
                if other.fingerprint.recipe == recipe and abs(other.effective - arrival.effective) <= reach
            ),
        ]

    def _look(self, held: Held, pool: Sequence[Held]) -> Around:
        view = self.view(held)
        found = pass_through(view, [self.view(other) for other in pool])
        passed = [pool[place] for place in found.places]
        own = view.shingle_count
        return Around(
            ids=[other.id for other in passed],
            common=found.common,
            telling=found.telling,
            comparable={
                other.id: (other, many)
                for other, many in zip(passed, found.shared, strict=True)
                if many >= COMPARED * min(own, self.view(other).shingle_count)
            },
        )
