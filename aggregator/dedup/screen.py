"""A rough and quick look at many candidates, so that only the promising ones are compared exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import View, within

BITS = 16  # of `View.low`
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
        self._table[view.low] = True
        sizes = np.array([len(other.low) for other in others], np.int32)
        rough = self._table[np.concatenate([other.low for other in others])]
        self._table[view.low] = False
        hits = np.zeros(len(rough) + 1, np.int32)
        rough.cumsum(dtype=np.int32, out=hits[1:])
        ends = sizes.cumsum()
        shared = hits[ends] - hits[ends - sizes]
        enough = (shared >= COUNT) | (shared >= SHARE * np.minimum(sizes, len(view.shingles)))
        found: dict[int, NDArray[np.bool_]] = {}
        for i in enough.nonzero()[0].tolist():
            common = within(view.shingles, others[i].shingles)
            count = int(np.count_nonzero(common))
            if count >= COUNT or count >= SHARE * min(len(common), len(others[i].shingles)):
                found[i] = common
        return found
