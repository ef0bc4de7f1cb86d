"""How much each of many candidates shares with one text, exactly, so that only the promising are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup import minhash
from aggregator.dedup.signals import View, within
from aggregator.model import Fingerprint, Held
from aggregator.native import kernel

ROUGH: Final = 0.15  # of the smaller text, which a candidate's signature must make likely
SKETCH: Final = minhash.PERMUTATIONS  # bytes of a sketch
SHARE: Final = 0.1  # of the smaller set of shingles: wire copies are not below .3, frames are
COUNT: Final = 20  # or as many shingles: a common lead before different ends


def alike(fingerprint: Fingerprint, others: Sequence[Held]) -> list[Held]:
    """Return those of the candidates that may share `ROUGH` of the smaller text, by their signatures."""
    if not others:
        return []
    signatures = [other.fingerprint.signature for other in others]
    tokens = [other.fingerprint.tokens for other in others]
    if kernel:
        kept = kernel.alike(fingerprint.signature, fingerprint.tokens, signatures, tokens, ROUGH)
    else:
        kept = estimated(fingerprint, signatures, tokens)
    return [others[i] for i in kept]


def estimated(own: Fingerprint, signatures: Sequence[bytes], tokens: Sequence[int]) -> list[int]:
    """Which may be alike, by signature and tokens of each; with numpy."""
    mine = np.frombuffer(own.signature, np.uint32)
    equal = np.count_nonzero(np.frombuffer(b"".join(signatures), np.uint32).reshape(-1, len(mine)) == mine, 1)
    likely = _likely(equal, len(mine), float(own.tokens), np.array(tokens, float))
    kept: list[int] = likely.nonzero()[0].tolist()
    return kept


def sketch(signature: bytes) -> bytes:
    """The lowest byte of each value of a signature: a quarter of it, enough for `may_be_alike`."""
    return signature[::4]


def may_be_alike(
    own: NDArray[np.uint8], own_tokens: NDArray[np.float64], others: NDArray[np.uint8],
    tokens: NDArray[np.float64],
) -> NDArray[np.bool_]:  # fmt: skip
    """Which pairs of sketches (uint8[n, SKETCH]), each with its text's tokens, are not ruled out.

    What `alike` keeps is kept: values that are equal have equal lowest bytes (of others one in 256 has).
    """
    return _likely(np.count_nonzero(own == others, 1), SKETCH, own_tokens, tokens)


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


class Passed(NamedTuple):
    """The candidates that share enough with a text to matter.

    ``places``: among the candidates, ascending; ``shared``: how many of the text's shingles each has;
    ``common``: how many of them the i-th and the j-th have both; ``telling``: what the text and these two
    must have in common for each of the three to be sure to be around the two others; both float32[n, n].
    """

    places: list[int]
    shared: list[int]
    common: NDArray[np.float32]
    telling: NDArray[np.float32]


NOTHING: Final = np.zeros((0, 0), np.float32)


def pass_through(view: View, others: Sequence[View]) -> Passed:
    """Which of the ``others`` share at least `SHARE` or `COUNT` with ``view``."""
    if not others:
        return Passed([], [], NOTHING, NOTHING)
    return compiled(view, others) if kernel else looked_up(view, others)


def compiled(view: View, others: Sequence[View]) -> Passed:
    """`looked_up`, by the kernel."""
    places, shared, *squares = kernel.screen(
        view.compiled, [other.compiled for other in others], COUNT, SHARE
    )
    if not places:
        return Passed(places, shared, NOTHING, NOTHING)
    common, telling = (np.frombuffer(each, np.float32).reshape(len(places), -1) for each in squares)
    return Passed(places, shared, common, telling)


def looked_up(view: View, others: Sequence[View]) -> Passed:
    """`pass_through` with numpy: all the others' shingles are looked up in the text's at once."""
    own, sets = view.shingles, [other.shingles for other in others]
    everything = np.concatenate(sets)
    sizes = np.array([len(each) for each in sets])
    found = within(everything, own)
    whose = np.arange(len(sets)).repeat(sizes)[found]
    shared = np.bincount(whose, minlength=len(sets))
    enough = (shared >= COUNT) | (shared >= SHARE * np.minimum(sizes, len(own)))
    row = enough.cumsum()[whose] - 1
    here = enough[whose]
    masks = np.zeros((int(enough.sum()), len(own)), np.float32)
    masks[row[here], own.searchsorted(everything[found])[here]] = 1
    telling = _telling(len(own), sizes[enough].astype(np.float32))
    return Passed(enough.nonzero()[0].tolist(), shared[enough].tolist(), masks @ masks.T, telling)


def _telling(own: int, sizes: NDArray[np.float32]) -> NDArray[np.float32]:
    smaller = np.minimum(sizes, own)
    least = np.maximum(np.minimum.outer(sizes, sizes), np.maximum.outer(smaller, smaller))
    return np.minimum(np.float32(COUNT), np.float32(SHARE) * least).astype(np.float32)
