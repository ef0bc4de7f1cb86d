"""Shingles: hashes of runs of tokens, the elements of the sets whose overlap the detector measures."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 3  # tokens, of the shingles that are stored

# Odd multipliers by position, so that order counts.
_MULTIPLIERS: Final = tuple(
    np.uint32(m) for m in (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0xD3A2646D, 0xFD7046C5)
)


def mix32(x: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """MurmurHash3's 32-bit finaliser, a bijection."""
    x = x ^ (x >> np.uint32(16))
    x *= np.uint32(0x85EBCA6B)
    x ^= x >> np.uint32(13)
    x *= np.uint32(0xC2B2AE35)
    x ^= x >> np.uint32(16)
    return x


def shingle_hashes(tokens: NDArray[np.uint32], width: int) -> NDArray[np.uint32]:
    """The shingles of ``width`` (1…7) tokens, in order of position: uint32[n-width+1].

    Of fewer tokens than that, one shingle of what is there; of none, none. Shingles of different widths are
    different: the width is mixed in.
    """
    if not tokens.size:
        return np.empty(0, np.uint32)
    span = min(width, len(tokens))
    count = len(tokens) - span + 1
    sums = tokens[:count] * _MULTIPLIERS[0]
    for offset in range(1, span):
        sums += tokens[offset : offset + count] * _MULTIPLIERS[offset]
    sums += np.uint32(span)
    return mix32(sums)


def shingle_set(tokens: NDArray[np.uint32], width: int) -> NDArray[np.uint32]:
    """The different shingles, sorted."""
    return distinct(shingle_hashes(tokens, width))


def distinct(values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Sorted, each once: np.unique without its overhead."""
    values = values.copy()
    values.sort()
    repeated = values[1:] == values[:-1]
    if not repeated.any():
        return values
    keep = np.ones(len(values), bool)
    np.logical_not(repeated, out=keep[1:])
    return values[keep]
