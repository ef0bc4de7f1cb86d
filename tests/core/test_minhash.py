"""The numpy kernel is datasketch, bit for bit, and imports none of it."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup import keys, minhash
from aggregator.dedup.fingerprint import fingerprint, unpack
from aggregator.dedup.shingles import distinct, mix32, shingle_hashes, shingle_set

SETS = st.lists(st.integers(0, 2**32 - 1), max_size=300).map(lambda values: np.array(values, np.uint32))


@given(SETS)
@settings(max_examples=60, deadline=None)
def test_kernel_is_bit_identical_to_datasketch(elements):
    """Any set has the signature that datasketch gives it."""
    theirs = minhash.authority(elements)
    ours = minhash.signature(elements)
    assert ours.dtype == theirs.hashvalues.dtype
    assert ours.tolist() == theirs.hashvalues.tolist()


def test_long_sets_take_several_steps():
    """A set longer than one step has the same signature as in one piece."""
    elements = np.arange(2_500, dtype=np.uint32)
    assert minhash.signature(elements).tolist() == minhash.authority(elements).hashvalues.tolist()


def test_permutations_are_datasketchs():
    """Scheme, seed and permutations are what a default MinHash of datasketch 2 has."""
    import datasketch

    made = datasketch.MinHash()
    assert (made.scheme, made.num_perm, made.seed) == (minhash.SCHEME, minhash.PERMUTATIONS, minhash.SEED)
    assert np.array_equal(made.permutations, minhash.PERMUTED)


def test_estimate_is_near_the_truth():
    """The estimate of a Jaccard of .5 is within four deviations; datasketch reads what we store."""
    a, b = np.arange(0, 3_000, dtype=np.uint32), np.arange(1_000, 4_000, dtype=np.uint32)
    stored = [minhash.serialise(minhash.signature(x)) for x in (a, b)]
    assert abs(minhash.estimate(*stored) - 0.5) < 4 * 0.044
    assert minhash.estimate(stored[0], stored[0]) == 1.0
    with pytest.raises(ValueError, match="128 values"):
        minhash.minhash(b"1234")


def test_fingerprint_as_minhash():
    """A fingerprint's signature is datasketch's of its stored shingles."""
    made = fingerprint("A title of words", ["One two three four five six seven eight nine ten 11 twelve."])
    assert minhash.to_minhash(made) == minhash.authority(unpack(made.evidence).shingles)


def test_workers_import_neither_datasketch_nor_scipy():
    """Making fingerprints imports numpy only: datasketch's import takes half a second and scipy."""
    code = "import sys, aggregator.dedup.fingerprint as f; f.fingerprint('a', ['b c']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"datasketch", "scipy"}.isdisjoint(run.stdout.split())
    assert "aggregator.dedup.minhash" in run.stdout.split()


@given(SETS, st.integers(1, 7))
@settings(max_examples=50, deadline=None)
def test_shingles(tokens, width):
    """One for each run of ``width`` tokens, in order; of fewer, one of what is there; the set is sorted."""
    made = shingle_hashes(tokens, width)
    assert len(made) == (max(1, len(tokens) - width + 1) if len(tokens) else 0)
    if len(tokens) > width:
        assert shingle_hashes(tokens[1:], width).tolist() == made[1:].tolist()
    assert shingle_set(tokens, width).tolist() == sorted(set(made.tolist()))
    assert distinct(tokens).tolist() == sorted(set(tokens.tolist()))


@given(st.lists(SETS, max_size=5))
@settings(max_examples=50, deadline=None)
def test_keys_of_many_are_keys_of_each(sets):
    """Keys made together are the first values of each set's signature; none of an empty set."""
    made = keys.lead_keys(sets)
    for elements, found in zip(sets, made, strict=True):
        values = minhash.signature(elements)[: keys.LEAD_KEYS].tolist()
        slots = range(keys.TEXT_KEYS, keys.TEXT_KEYS + keys.LEAD_KEYS)
        assert found == (
            [slot << 32 | v for slot, v in zip(slots, values, strict=True)] if elements.size else []
        )


def test_mix_is_a_bijection_on_a_sample():
    """Different shingles stay different when mixed."""
    sample = np.arange(0, 2**32, 65_537, dtype=np.uint64).astype(np.uint32)
    assert len(np.unique(mix32(sample))) == len(sample)
