"""What lies near the arrivals of a batch: their candidates, screened, and the signals of the promising pairs.

None of this depends on which story an article is of, so that it is worked out for the whole batch at once,
before anything is placed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.pairs import Pair, measure
from aggregator.dedup.rules import Rules
from aggregator.dedup.screen import Screen, alike
from aggregator.dedup.signals import SHORT, View
from aggregator.dedup.views import Views
from aggregator.model import Held

COMPARED: Final = 0.25  # containment from which a candidate is compared; no labelled copy is below .3

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Around:
    """The surroundings of one article.

    ``common``: by candidate that passed the screen, which of the article's shingles it has; ``comparable``:
    those that share enough to be compared, with how many shingles they share; ``rows``: their signals, a row
    of `pairs.measure` each.
    """

    shingles: int
    common: Mapping[int, Mask]
    comparable: Mapping[int, tuple[Held, int]]
    rows: dict[int, NDArray[np.float64]] = field(default_factory=dict)


class Frames:
    """How many stories around an article have each of its shingles, and which."""

    def __init__(self, around: Around, story_of: Callable[[int], int]) -> None:
        self._by_story: dict[int, Mask] = {}
        for other, common in around.common.items():
            story = story_of(other)
            known = self._by_story.get(story)
            self._by_story[story] = common if known is None else known | common
        self._count = np.zeros(around.shingles, np.int32)
        for common in self._by_story.values():
            self._count += common

    def elsewhere(self, stories: Collection[int]) -> NDArray[np.int32]:
        """For each shingle, how many stories have it besides these."""
        count = self._count
        for story in stories:
            if story in self._by_story:
                count = count - self._by_story[story]
        return count


class Nearby:
    """The surroundings of each arrival, and the views of all texts that are at hand."""

    def __init__(self, rules: Rules, views: Views) -> None:
        self._rules = rules
        self._views = views
        self._screen = Screen()
        self._at_hand: dict[int, View] = {}
        self._around: dict[int, Around] = {}
        self._pools: dict[int, list[Held]] = {}

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
            pool = self._pools[arrival.id] = alike(arrival.fingerprint, pool)
            around = self._around[arrival.id] = self._look(arrival, pool)
            for key in arrival.fingerprint.keys:
                by_key[key].append(arrival)
            for other, shared in around.comparable.values():
                if (pair := self.pair(arrival, other, shared)) is not None:
                    pairs.append(pair)
                    whose.append((around, other.id))
        for (around, article), row in zip(whose, measure(pairs), strict=True):
            around.rows[article] = row

    def pair(self, a: Held, b: Held, shared: int | None = None) -> Pair | None:
        """The pair to be measured, None where one is little more than its title."""
        left, right = self.view(a), self.view(b)
        if min(len(left.body), len(right.body)) < SHORT:
            return None
        return Pair(left, right, a.source == b.source, shared)

    def around(self, article: int) -> Around:
        """The surroundings of an arrival."""
        return self._around[article]

    def around_near(self, held: Held, arrival: int) -> Around:
        """The surroundings of another article, among the candidates of an arrival."""
        return self._look(held, [other for other in self._pools[arrival] if other.id != held.id])

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
        passed = self._screen.pass_through(view, [self.view(other) for other in pool])
        return Around(
            shingles=len(view.shingles),
            common={pool[each.index].id: each.common for each in passed},
            comparable={
                pool[each.index].id: (pool[each.index], each.shared)
                for each in passed
                if each.shared >= COMPARED * each.smaller
            },
        )
