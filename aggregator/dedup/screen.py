"""A rough and quick look at many candidates, so that only the promising ones are compared exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aggregator.dedup.signals import SHORT, View, shared_count

BITS = 16
MASK = np.uint32((1 << BITS) - 1)
SHARE = 0.2  # of the smaller set of shingles: wire copies are not below .3
COUNT = 20  # or as many shingles: a common lead before different ends


class Screen:
    """Counts shared shingles by a table of one bit a hash, which can only count too many."""

    def __init__(self) -> None:
        self._table = np.zeros(1 << BITS, np.bool_)

    def pass_through(self, view: View, others: Sequence[View]) -> list[int]:
        """Return the indexes of ``others`` worth an exact comparison with ``view``, in their order."""
        if not others:
            return []
        slots = view.shingles & MASK
        self._table[slots] = True
        sizes = np.array([len(other.shingles) for other in others])
        hits = np.concatenate(
            [[0], np.cumsum(self._table[np.concatenate([o.shingles for o in others]) & MASK])]
        )
        ends = np.cumsum(sizes)
        shared = hits[ends] - hits[ends - sizes]
        self._table[slots] = False
        enough = (shared >= COUNT) | (shared >= SHARE * np.minimum(sizes, len(view.shingles)))
        return [i for i in np.flatnonzero(enough).tolist() if _promising(view, others[i])]


def _promising(a: View, b: View) -> bool:
    if min(len(a.body), len(b.body)) < SHORT:
        return True
    shared = shared_count(a.shingles, b.shingles)
    return shared >= COUNT or shared >= SHARE * min(len(a.shingles), len(b.shingles))
