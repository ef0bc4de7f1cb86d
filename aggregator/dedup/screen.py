"""A rough and quick look at many candidates, so that only the promising ones are compared exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import View, within

BITS = 16
MASK = np.uint32((1 << BITS) - 1)
SHARE = 0.1  # of the smaller set of shingles: wire copies are not below .3, frames are
COUNT = 20  # or as many shingles: a common lead before different ends


class Screen:
    """Counts shared shingles by a table of one bit a hash, which can only count too many."""

    def __init__(self) -> None:
        self._table = np.zeros(1 << BITS, np.bool_)

    def pass_through(self, view: View, others: Sequence[View]) -> dict[int, NDArray[np.bool_]]:
        """Return, by their index, those ``others`` that share enough with ``view`` to matter.

        With each comes which of ``view.shingles`` it has (exact).
        """
        if not others:
            return {}
        slots = view.shingles & MASK
        self._table[slots] = True
        sizes = np.array([len(other.shingles) for other in others])
        rough = self._table[np.concatenate([other.shingles for other in others]) & MASK]
        self._table[slots] = False
        hits = np.concatenate([[0], np.cumsum(rough)])
        ends = np.cumsum(sizes)
        shared = hits[ends] - hits[ends - sizes]
        enough = (shared >= COUNT) | (shared >= SHARE * np.minimum(sizes, len(view.shingles)))
        found: dict[int, NDArray[np.bool_]] = {}
        for i in np.flatnonzero(enough).tolist():
            common = within(view.shingles, others[i].shingles)
            count = int(common.sum())
            if count >= COUNT or count >= SHARE * min(len(common), len(others[i].shingles)):
                found[i] = common
        return found
