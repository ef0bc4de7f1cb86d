"""Step 4, first part, over a whole archive: each article beside its candidates, some bytes at once.

Texts are taken one after the other, where they lie, and are compared when `AT_ONCE` bytes have come together:
so what this takes of memory depends neither on how long texts are nor on how many candidates they have.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from aggregator.dedup.archive.candidates import Pairs
from aggregator.dedup.archive.deciding import Seen, look
from aggregator.dedup.archive.shelves import Map, Progress, Shelf
from aggregator.dedup.lately import Lately
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held

LOOKED: Final = 2048  # articles that are one task: neighbours in time share candidates
AT_ONCE: Final = (
    4_000_000  # bytes of fingerprints that are compared at once; what is derived is six times that
)
OWN: Final = 1_000  # bytes of an article beside signature and text: title, keys, names
PAIR: Final = 8  # bytes of what any two candidates of an article have in common with it

Take = Callable[[int], Held]


class AtHand:
    """What neighbours in time share: articles that were taken, and views of their texts."""

    def __init__(self, limit: int = AT_ONCE) -> None:
        self.limit = limit  # of what is compared at once and, again, of what stays for what is compared next
        self._held: Lately[int, Held] = Lately(limit, weight)
        self.views = Views(limit, len)

    def taken(self, number: int, take: Take) -> Held:
        """An article by its number."""
        held = self._held.get(number)
        if held is None:
            held = take(number)
            self._held.put(number, held)
        return held


def weight(held: Held) -> int:
    """About how many bytes an article takes."""
    return OWN + len(held.fingerprint.signature) + len(held.fingerprint.evidence)


def look_at(pairs: Pairs, take: Take, rules: Rules, at_hand: AtHand | None = None) -> Iterator[Seen]:
    """Look at pairs as `all_pairs` gives them; of each article, all of them. ``take``: gives it by number."""
    at_hand = at_hand or AtHand()
    for block in _blocks(pairs, partial(at_hand.taken, take=take), at_hand.limit):
        yield from look(block.articles, block.pools, rules, at_hand.views)


@dataclass(frozen=True, slots=True)
class _Block:
    """Articles that are looked at together, and the candidates of each by its number."""

    articles: list[Held]
    pools: dict[int, list[Held]]


def _blocks(pairs: Pairs, take: Take, limit: int) -> Iterator[_Block]:
    """Articles with their candidates, in order, as many as weigh ``limit``."""
    whose, starts = np.unique(pairs.later, return_index=True)
    bounds = itertools.pairwise([*starts.tolist(), len(pairs.later)])
    held: dict[int, Held] = {}
    block, weighs = _Block([], {}), 0
    for number, (start, end) in zip(whose.tolist(), bounds, strict=True):
        pool = pairs.earlier[start:end].tolist()
        for each in (number, *pool):
            if each not in held:
                held[each] = take(each)
                weighs += weight(held[each])
        block.articles.append(held[number])
        block.pools[number] = [held[each] for each in pool]
        weighs += PAIR * len(pool) ** 2
        if weighs >= limit:
            yield block
            held, block, weighs = {}, _Block([], {}), 0
    if block.articles:
        yield block


@dataclass(frozen=True, slots=True)
class _Look:
    """Pairs to look at, to be sent to another process. ``shelf``: by number - 1."""

    shelf: Shelf[Held]
    pairs: Pairs

    def look(self, rules: Rules, at_hand: AtHand) -> list[Seen]:
        return list(look_at(self.pairs, lambda number: self.shelf[number - 1], rules, at_hand))


def look_at_all(
    shelf: Shelf[Held], total: int, pairs: Pairs, rules: Rules, apart: Map, progress: Progress
) -> list[Seen]:
    """Look at all pairs of an archive of ``total`` articles, which lie on the shelf by number - 1."""
    starts = np.arange(0, total, LOOKED)
    bounds = np.append(np.searchsorted(pairs.later, starts + 1), len(pairs.later)).tolist()
    tasks = (_Look(shelf, pairs.where(slice(first, end))) for first, end in itertools.pairwise(bounds))
    seen: list[Seen] = []
    looks = partial(_Look.look, rules=rules, at_hand=AtHand())
    for number, found in enumerate(apart(looks, tasks), 1):
        seen += found
        progress("compared", min(LOOKED * number, total), total)
    return seen
