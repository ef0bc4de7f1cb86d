"""Many short arrays as one long one, so that a step of numpy serves all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint32]
Numbers = NDArray[np.intp]
Places = NDArray[Any]  # one value, most often a bool, for each of the long array


class Joined:
    """Arrays one after another.

    ``whose``: which array each value is of; ``places``: where in it; ``sizes``, ``offsets``: of each array.
    """

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self.sizes: Numbers = np.array([len(each) for each in arrays], np.intp)
        self.offsets: Numbers = self.sizes.cumsum() - self.sizes
        self.values: NDArray[Any] = np.concatenate(arrays)
        self.whose: Numbers = np.arange(len(arrays)).repeat(self.sizes)

    @property
    def places(self) -> Numbers:
        """Where in its array each value stands."""
        return np.arange(len(self.values)) - self.offsets.repeat(self.sizes)

    def of(self, found: Places) -> Numbers:
        """How many are found in each array. ``found``: a bool for each value."""
        return np.bincount(self.whose[found], minlength=len(self.sizes))

    def count(self, found: Places) -> list[int]:
        """`of`, as whole numbers."""
        counts: list[int] = self.of(found).tolist()
        return counts


class Keyed(Joined):
    """Sorted arrays of 32-bit hashes, in which those of the same number elsewhere are looked up."""

    def __init__(self, arrays: Sequence[Hashes]) -> None:
        super().__init__(arrays)
        self.keys = keys(self.whose, self.values)

    def has(self, other: Keyed) -> Places:
        """Which values of the other are here, in the array of the same number."""
        return self._has(other.keys)

    def has_values(self, whose: Numbers, values: Hashes) -> Places:
        """Which of these values are in the array that is named for each."""
        return self._has(keys(whose, values))

    def _has(self, wanted: NDArray[np.uint64]) -> Places:
        if not len(self.keys):
            return np.zeros(len(wanted), np.bool_)
        found: Places = self.keys.take(self.keys.searchsorted(wanted), mode="clip") == wanted
        return found


def keys(whose: Numbers, values: Hashes) -> NDArray[np.uint64]:
    """An array's number in the high half, a hash in the low."""
    made = whose.astype(np.uint64)
    made <<= np.uint64(32)
    made |= values
    return made
