"""MinHash signatures: datasketch's, computed by a numpy kernel that gives the same bits.

datasketch (https://github.com/ekzhu/datasketch, version 2) is the authority for the scheme "affine32": an element
is pre-mixed by MurmurHash3's finaliser, permutation k maps it to a[k]·h + b[k] modulo 2³² with a[k] odd, and the
signature holds the least value of each (Broder 1997). Importing datasketch imports scipy and takes half a second,
which the worker processes that make signatures do not need: they use ``signature``, held bit-identical by a
property test. Whatever reads, compares or writes signatures uses datasketch itself, imported at first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

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

# Shingles a step: 64 · 128 · 4 bytes = 32 KB, which stays in the first-level cache.
_STEP: Final = 64


def _permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """a and b as datasketch draws them; numpy has frozen RandomState's stream (NEP 19)."""
    draw = np.random.RandomState(SEED)
    a = draw.randint(0, 1 << 31, PERMUTATIONS, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    b = draw.randint(0, 1 << 32, PERMUTATIONS, dtype=np.uint32)
    return a, b


_A, _B = _permutations()


def signature(shingles: NDArray[np.uint32], rows: int = PERMUTATIONS) -> NDArray[np.uint32]:
    """The first ``rows`` values of the signature of a set of shingles (uint32, repeats allowed): uint32[rows]."""
    a, b = _A[:rows], _B[:rows]
    least = np.full(rows, EMPTY, np.uint32)
    mixed = mix32(shingles)[:, None]
    work = np.empty((min(_STEP, len(mixed)), rows), np.uint32)
    for start in range(0, len(mixed), _STEP):
        part = mixed[start : start + _STEP]
        out = work[: len(part)]
        np.multiply(part, a, out=out)
        out += b
        np.minimum(least, out.min(axis=0), out=least)
    return least


def serialise(values: NDArray[np.uint32]) -> bytes:
    """A signature as it is stored: little-endian uint32."""
    return values.astype("<u4", copy=False).tobytes()


def minhash(stored: bytes) -> MinHash:
    """datasketch's object for a stored signature. All share one array of permutations."""
    from datasketch import MinHash

    values = np.frombuffer(stored, "<u4")
    if len(values) != PERMUTATIONS:
        raise ValueError(f"a signature holds {PERMUTATIONS} values, not {len(values)}")
    return MinHash(seed=SEED, hashvalues=values, permutations=_shared(), scheme=SCHEME)


def to_minhash(fingerprint: Fingerprint) -> MinHash:
    """datasketch's object for a fingerprint's signature."""
    return minhash(fingerprint.signature)


def estimate(a: bytes, b: bytes) -> float:
    """Estimated Jaccard similarity of two stored signatures of one recipe (standard deviation ≤ .044)."""
    return float(cast("float", minhash(a).jaccard(minhash(b))))


def authority(elements: NDArray[np.uint32]) -> MinHash:
    """The signature as datasketch itself computes it: what ``signature`` is tested and benchmarked against."""
    from datasketch import MinHash

    made = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME, hashfunc=int)
    made.update_batch(elements.tolist())
    return made


def _shared() -> NDArray[np.uint32]:
    return _TABLE


_TABLE: Final = np.array([_A, _B])
