"""The compiled kernel says what numpy says, of any two texts; and takes no wrong arguments."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import native
from aggregator.dedup import counting, forms, marks, pairs, screen, signals, swapping
from aggregator.dedup.evidence import pack, with_shingles
from aggregator.model import Fingerprint
from tests.core.test_pairs import TEXTS, view

pytestmark = pytest.mark.skipif(
    native.kernel is None and not os.environ.get("CI"),
    reason="the kernel is not built: it needs a C compiler and Python's headers",
)

PASSAGE = st.lists(st.integers(1, 400), min_size=1, max_size=12)


@st.composite
def edited(draw: st.DrawFn) -> tuple[tuple, tuple]:
    """Two texts of the same passages, some replaced, some in another order."""
    passages = draw(st.lists(PASSAGE, min_size=1, max_size=8))
    texts = []
    for _ in range(2):
        order = draw(st.permutations(passages)) if draw(st.booleans()) else passages
        kept = [draw(PASSAGE) if draw(st.integers(0, 5)) == 0 else each for each in order]
        title = draw(st.lists(st.integers(1, 400), max_size=6))
        texts.append((title, [word for each in kept for word in each], draw(st.integers(0, 2**32 - 1))))
    return texts[0], texts[1]


BOTH = st.one_of(st.tuples(TEXTS, TEXTS), edited())


def test_it_is_built() -> None:
    """Where the suite runs for good it is there, and of the version that is asked for."""
    assert native.kernel is not None
    assert native.kernel.VERSION == native.VERSION


@given(st.lists(BOTH, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_pairs_are_counted_as_numpy_counts_them(texts: list) -> None:
    """All that is counted of a pair, in every column."""
    longs, shorts = pairs.by_length([(view(a), view(b)) for a, b in texts])
    assert pairs.compiled(longs, shorts).tolist() == counting.count(longs, shorts).tolist()


@given(st.lists(BOTH, min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_swaps_are_counted_as_numpy_counts_them(texts: list) -> None:
    """What a pair swaps and what it keeps."""
    longs, shorts = pairs.by_length([(view(a), view(b)) for a, b in texts])
    assert forms.compiled(longs, shorts).tolist() == swapping.count(longs, shorts).tolist()


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_screen_lets_the_same_pass(text: tuple, others: list) -> None:
    """Who passes, how much each shares, and what any two of them have in common of it."""
    own, views = view(text), [view(other) for other in others]
    ours, theirs = screen.compiled(own, views), screen.looked_up(own, views)
    assert ours[:2] == theirs[:2]
    assert np.array_equal(ours.common, theirs.common)
    assert np.array_equal(ours.telling, theirs.telling)


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 3), min_size=16, max_size=16), st.integers(0, 999))), st.data()
)
@settings(max_examples=100, deadline=None)
def test_signatures_rule_out_the_same(texts: list, data: st.DataObject) -> None:
    """Which may be alike, by the values that are equal and the sizes of the texts."""
    made = [(np.array(values, np.uint32).tobytes(), tokens) for values, tokens in texts]
    signature, tokens = data.draw(st.sampled_from([*made, (bytes(64), 200)]))
    own = Fingerprint("r", (), signature, b"", b"", tokens)
    signatures, sizes = [each for each, _ in made], [size for _, size in made]
    kept = native.kernel.alike(signature, tokens, signatures, sizes, screen.ROUGH)
    assert kept == (screen.estimated(own, signatures, sizes) if made else [])


@given(BOTH)
@settings(max_examples=200, deadline=None)
def test_marks_are_the_same(texts: tuple) -> None:
    """What a copy adds, and whether it says something else."""
    canonical, copy = map(view, texts)
    assert native.kernel.marks(canonical.compiled, copy.compiled) == marks.counted(canonical, copy)


def test_the_constants_are_the_same() -> None:
    """What C repeats of Python."""
    for name in (
        "WIDTH",
        "LEAD",
        "SUBJECT",
        "SLOT",
        "NUMBER",
        "CAPITAL",
        "PARAGRAPH",
        "SENTENCE",
        "NEGATION",
    ):
        assert getattr(native.kernel, name) == getattr(signals, name), name
    assert native.kernel.LONG_WORD == signals.LONG


@given(st.binary(max_size=60))
def test_what_is_no_evidence_is_refused(data: bytes) -> None:
    """Bytes whose header does not fit them."""
    with pytest.raises(ValueError, match="evidence"):
        native.kernel.View(data)


def test_evidence_that_was_cut_is_refused() -> None:
    """A byte less, or one more."""
    packed = view(([1, 2], [3, 4, 5, 6], 1)).packed
    assert native.kernel.View(packed)
    for wrong in (packed[:-1], packed + b"x", packed[:12], b"\x01" + packed[1:]):
        with pytest.raises(ValueError, match="evidence"):
            native.kernel.View(wrong)
    assert pack(view(([1, 2], [3, 4, 5, 6], 1)).evidence) == packed


@given(TEXTS, TEXTS)
@settings(max_examples=50, deadline=None)
def test_evidence_with_its_shingles_is_read(a: tuple, b: tuple) -> None:
    """As earlier versions stored it, between body and flags."""
    left, right = view(a), view(b)
    packed, words = left.packed, 12 + 4 * (len(a[0]) + len(a[1]))
    stored = b"\x01" + packed[1:words] + left.shingles.astype("<u4").tobytes() + packed[words:]
    assert with_shingles(packed) == with_shingles(stored) == stored
    again = signals.View(stored)
    assert pack(again.evidence) == packed
    assert pairs.compiled([again], [right]).tolist() == pairs.compiled([left], [right]).tolist()
    assert screen.compiled(right, [again])[:2] == screen.compiled(right, [left])[:2]


def test_wrong_arguments_are_refused() -> None:
    """Other things than views, and lists of two lengths."""
    one = view(([1], [2, 3, 4], 1)).compiled
    with pytest.raises(TypeError):
        native.kernel.measure([one], [b"evidence"])
    with pytest.raises(ValueError, match="as many"):
        native.kernel.swaps([one], [])
    with pytest.raises(TypeError):
        native.kernel.screen(one, (one,), 20, 0.1)
    with pytest.raises(ValueError, match="one length"):
        native.kernel.alike(b"1234", 9, [b"12345678"], [9], 0.1)
    with pytest.raises(TypeError):
        native.kernel.alike(b"1234", 9, [b"1234"], ["nine"], 0.1)
    assert native.kernel.measure([], []) == b""


def test_without_it_numpy_does_the_work() -> None:
    """The environment can leave it alone; the signals are the same, to the last bit."""
    code = (
        "from aggregator.dedup.pairs import signals; from aggregator.native import kernel;"
        "from tests.core.test_pairs import view;"
        "print(kernel is None, signals(view(([1, 2, 3], [4, 5, 6, 7, 8] * 9, 3)), "
        "view(([1, 2], [5, 6, 7, 8, 9] * 7, 5)), True))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"AGGREGATOR_NATIVE": wanted}, check=True,
            capture_output=True, text=True,
        ).stdout.split(" ", 1)
        for wanted in ("0", "1")
    ]  # fmt: skip
    assert (said[0][0], said[1][0]) == ("True", "False")
    assert said[0][1] == said[1][1]
