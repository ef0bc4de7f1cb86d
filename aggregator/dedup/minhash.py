"""MinHash signatures: datasketch's, computed by a numpy kernel that gives the same bits.

datasketch (https://github.com/ekzhu/datasketch, version 2) is the authority for the scheme "affine32": an
element is pre-mixed by MurmurHash3's finaliser, permutation k maps it to a[k]·h + b[k] modulo 2³² with a[k]
odd, and the signature holds the least value of each (Broder 1997). Importing datasketch imports scipy and
takes half a second, which the worker processes that make signatures do not need: they use ``signature``, held
bit-identical by a property test. Whatever reads or compares signatures uses datasketch itself, imported at
first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.shingles import mix32

if TYPE_CHECKING:
    from datasketch import MinHash

    from aggregator.model import Fingerprint

SCHEME: Final = "affine32"
PERMUTATIONS: Final = 128
SEED: Final = 1  # datasketch's default
EMPTY: Final = 0xFFFFFFFF  # what a signature of no element holds

RECIPE: Final = f"datasketch2-{SCHEME}-{PERMUTATIONS}-{SEED}"

_STEP: Final = 1024  # shingles at a time: 64 permutations of them are 256 KB, which a core's cache holds
_ROWS: Final = 64


def _permutations() -> NDArray[np.uint32]:
    """a and b as datasketch draws them: uint32[2, 128]. numpy has frozen RandomState's stream (NEP 19)."""
    draw = np.random.RandomState(SEED)
    a = draw.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
    return np.array([a, b])


PERMUTED: Final = _permutations()
_A: Final = PERMUTED[0][:, None].copy()
_B: Final = PERMUTED[1][:, None].copy()
_PARTS: Final = tuple(
    (slice(row, row + _ROWS), _A[row : row + _ROWS], _B[row : row + _ROWS])
    for row in range(0, PERMUTATIONS, _ROWS)
)


def signature(shingles: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The signature of a set of shingles (uint32[n], repeats allowed): uint32[128]."""
    return least(mix32(shingles))


def least(mixed: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The signature of a set of shingles that are mixed already: uint32[128]."""
    if not len(mixed):
        return np.full(PERMUTATIONS, EMPTY, np.uint32)
    if len(mixed) > _STEP:
        return np.minimum(least(mixed[:_STEP]), least(mixed[_STEP:]))
    found = np.empty(PERMUTATIONS, np.uint32)
    work = np.empty((_ROWS, len(mixed)), np.uint32)
    for part, a, b in _PARTS:
        np.multiply(a, mixed, out=work)
        np.add(work, b, out=work)
        np.minimum.reduce(work, axis=1, out=found[part])
    return found


def first_rows(mixed: NDArray[np.uint32], rows: int) -> NDArray[np.uint32]:
    """The first ``rows`` values of d signatures at once: uint32[d, n] of mixed shingles → uint32[rows, d].

    Sets of fewer than n elements repeat one of theirs.
    """
    work = mixed[None] * _A[:rows, :, None]
    work += _B[:rows, :, None]
    return np.asarray(np.minimum.reduce(work, axis=2), np.uint32)


def serialise(values: NDArray[np.uint32]) -> bytes:
    """A signature as it is stored: little-endian uint32."""
    return values.astype("<u4", copy=False).tobytes()


def minhash(stored: bytes) -> MinHash:
    """datasketch's object for a stored signature. All share one array of permutations."""
    from datasketch import MinHash

    values = np.frombuffer(stored, "<u4")
    if len(values) != PERMUTATIONS:
        raise ValueError(f"a signature holds {PERMUTATIONS} values, not {len(values)}")
    return MinHash(seed=SEED, hashvalues=values, permutations=PERMUTED, scheme=SCHEME)


def to_minhash(fingerprint: Fingerprint) -> MinHash:
    """datasketch's object for a fingerprint's signature."""
    return minhash(fingerprint.signature)


def estimate(a: bytes, b: bytes) -> float:
    """Estimated Jaccard similarity of two stored signatures of one recipe (standard deviation ≤ .044)."""
    return float(minhash(a).jaccard(minhash(b)))


def authority(elements: NDArray[np.uint32]) -> MinHash:
    """The signature as datasketch computes it: what ``signature`` is tested and benchmarked against."""
    from datasketch import MinHash

    made = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=int)
    made.update_batch(elements.tolist())
    return made
