"""How much each of many candidates shares with one text, exactly, so that only the promising are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import View
from aggregator.model import Fingerprint, Held

BITS: Final = 16  # of a hash that the table is asked about: its true answers are looked up exactly
ROUGH: Final = 0.15  # of the smaller text, which a candidate's signature must make likely
SHARE: Final = 0.1  # of the smaller set of shingles: wire copies are not below .3, frames are
COUNT: Final = 20  # or as many shingles: a common lead before different ends


def alike(fingerprint: Fingerprint, others: Sequence[Held]) -> list[Held]:
    """Return those of the candidates that may share `ROUGH` of the smaller text, by their signatures."""
    if not others:
        return []
    values = np.frombuffer(b"".join([other.fingerprint.signature for other in others]), np.uint32)
    own = np.frombuffer(fingerprint.signature, np.uint32)
    equal = np.count_nonzero(values.reshape(len(others), -1) == own, 1)
    sizes = np.array([other.fingerprint.tokens for other in others], float)
    kept = _likely(equal, len(own), float(fingerprint.tokens), sizes).nonzero()[0]
    return [others[i] for i in kept.tolist()]


def sketch(signature: bytes) -> bytes:
    """The lowest byte of each value of a signature: a quarter of it, enough for `may_be_alike`."""
    return signature[::4]


def may_be_alike(own: Sequence[tuple[bytes, int]], others: Sequence[tuple[bytes, int]]) -> NDArray[np.bool_]:
    """Which pairs of sketches (each with its text's tokens) are not ruled out; all are of one length.

    What `alike` keeps is kept: values that are equal have equal lowest bytes (of others one in 256 has).
    """
    left, right = (
        np.frombuffer(b"".join([sketch for sketch, _ in side]), np.uint8).reshape(len(side), -1)
        for side in (own, others)
    )
    sizes = [np.array([tokens for _, tokens in side], float) for side in (own, others)]
    return _likely(np.count_nonzero(left == right, 1), left.shape[1], *sizes)


def _likely(
    equal: NDArray[np.intp], values: int, own: float | NDArray[np.float64], sizes: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which may share `ROUGH` of the smaller text, with so many ``equal`` of the ``values`` of a signature.

    The estimate is only good enough to rule out: a candidate is let go when it has two standard deviations
    (of a Poisson count) fewer values in common than one that just shares `ROUGH` would have on average.
    Short texts beside long ones have too few in common to tell, and all stay.
    """
    shared = ROUGH * np.minimum(sizes, own)
    expected = values * shared / np.maximum(1, sizes + own - shared)
    likely: NDArray[np.bool_] = equal >= expected - 2 * np.sqrt(expected)
    return likely


@dataclass(frozen=True, slots=True)
class Passed:
    """A candidate that shares enough to matter.

    ``index``: its place among the candidates; ``common``: which of the text's shingles it has; ``shared``:
    how many that are; ``smaller``: shingles of the smaller set.
    """

    index: int
    common: NDArray[np.bool_]
    shared: int
    smaller: int


class Screen:
    """Counts shared shingles by way of a table of one bit a hash, which rules nearly all of them out."""

    def __init__(self) -> None:
        self._table = np.zeros(1 << BITS, np.bool_)

    def pass_through(self, view: View, others: Sequence[View]) -> list[Passed]:
        """Return those ``others`` that share at least `SHARE` or `COUNT` with ``view``, in their order."""
        if not others:
            return []
        own = view.shingles
        low = own.astype(np.uint16)
        self._table[low] = True
        sets = [other.shingles for other in others]
        everything = np.concatenate(sets)
        hits = self._table[everything.astype(np.uint16)].nonzero()[0]
        self._table[low] = False
        sizes = np.array([len(each) for each in sets])
        place, hits = self._exact(own, everything, hits)
        whose = sizes.cumsum().searchsorted(hits, "right")
        shared = np.bincount(whose, minlength=len(sets))
        smaller = np.minimum(sizes, len(own))
        enough = ((shared >= COUNT) | (shared >= SHARE * smaller)).nonzero()[0]
        if not len(enough):
            return []
        rows = np.full(len(sets), -1)
        rows[enough] = np.arange(len(enough))
        row = rows[whose]
        common = np.zeros((len(enough), len(own)), np.bool_)
        common[row[row >= 0], place[row >= 0]] = True
        return [
            Passed(index, mask, count, size)
            for index, mask, count, size in zip(
                enough.tolist(), common, shared[enough].tolist(), smaller[enough].tolist(), strict=True
            )
        ]

    @staticmethod
    def _exact(
        own: NDArray[np.uint32], everything: NDArray[np.uint32], hits: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of the hits in ``everything``, those that ``own`` (sorted) really has, with their places there."""
        if not len(own):
            return hits[:0], hits[:0]
        wanted = everything[hits]
        place = own.searchsorted(wanted)
        real = own.take(place, mode="clip") == wanted
        return place[real], hits[real]
