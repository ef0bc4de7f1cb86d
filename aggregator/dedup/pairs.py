"""The signals of many pairs at once, from what is counted of them: by the compiled kernel, or with numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.counting import Count, Counts, count
from aggregator.dedup.signals import LEAD, NAMES, Signals, View, shared_count
from aggregator.native import kernel


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts to compare. ``shared``: how many different shingles they have in common, None for unknown."""

    a: View
    b: View
    same_source: bool
    shared: int | None = None


def measure(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """One row a pair, one column a signal in the order of `signals.NAMES`.

    ``own``, which depends on the texts near by, is 1 here: nobody else is known to say what they share.
    """
    if not pairs:
        return np.zeros((0, len(NAMES)))
    longs, shorts = by_length([(pair.a, pair.b) for pair in pairs])
    return _signals(pairs, longs, shorts, compiled(longs, shorts) if kernel else count(longs, shorts))


def by_length(pairs: Sequence[tuple[View, View]]) -> tuple[list[View], list[View]]:
    """The longer and the shorter text of each pair; of two as long as each other the second is the longer."""
    second = [a.tokens <= b.tokens for a, b in pairs]
    longs = [b if swap else a for (a, b), swap in zip(pairs, second, strict=True)]
    return longs, [a if swap else b for (a, b), swap in zip(pairs, second, strict=True)]


def compiled(longs: Sequence[View], shorts: Sequence[View]) -> Counts:
    """`count`, by the kernel."""
    counted = kernel.measure([view.compiled for view in longs], [view.compiled for view in shorts])
    return np.frombuffer(counted, np.int64).reshape(-1, len(Count))


def signals(a: View, b: View, same_source: bool) -> Signals:
    """Compare two texts, of which nothing is known but themselves."""
    return from_row(measure([Pair(a, b, same_source)])[0])


def from_row(row: NDArray[np.float64]) -> Signals:
    """The signals of a row of `measure`."""
    return Signals(*row.tolist())


def _signals(
    pairs: Sequence[Pair], longs: Sequence[View], shorts: Sequence[View], counts: Counts
) -> NDArray[np.float64]:
    """The signals out of the counts of the pairs."""
    by = counts.T.astype(np.float64)
    shared = np.array(
        [shared_count(p.a.shingles, p.b.shingles) if p.shared is None else p.shared for p in pairs], float
    )
    sizes = np.array([[view.shingle_count for view in side] for side in (longs, shorts)], float)
    tokens = np.array([[view.tokens for view in side] for side in (longs, shorts)], float)
    matched = by[Count.MATCHED_LONG], np.minimum(tokens[1], by[Count.MATCHED_SHORT])
    per = 100 / np.maximum(25, matched[1])
    title = [
        _smoothed(by[Count.HEADING_IN_SHORT], by[Count.HEADING_LONG]),
        _smoothed(by[Count.HEADING_IN_LONG], by[Count.HEADING_SHORT]),
    ]
    subject = [
        _smoothed(by[Count.SUBJECT_IN_SHORT], by[Count.SUBJECT_LONG]),
        _smoothed(by[Count.SUBJECT_IN_LONG], by[Count.SUBJECT_SHORT]),
    ]
    columns = {
        "containment": shared / np.maximum(1, sizes.min(0)),
        "jaccard": shared / np.maximum(1, sizes.sum(0) - shared),
        "slots": np.log1p(by[Count.SLOTS] * per),
        "fact_slots": np.log1p(by[Count.FACT_SLOTS] * per),
        "title_found": np.minimum(*title),
        "untitled": (np.minimum(by[Count.HEADING_LONG], by[Count.HEADING_SHORT]) == 0).astype(float),
        "extra": np.log1p(tokens[0] - matched[0]),
        "missing": np.log1p(tokens[1] - matched[1]),
        "start": _start(by[Count.MIDDLE], by[Count.GRAMS]),
        "run": np.log1p(by[Count.SQUARES] / np.maximum(1, by[Count.TOTAL])),
        "subject": np.maximum(*subject),
        "same_source": np.array([p.same_source for p in pairs], float),
        "own": np.ones(len(pairs)),
    }
    return np.stack([columns[name] for name in NAMES], 1)


def _smoothed(found: NDArray[np.float64], asked: NDArray[np.float64]) -> NDArray[np.float64]:
    """A share; nothing asked for is found."""
    return (found + 1) / (asked + 1)


def _start(middle: NDArray[np.float64], grams: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where in the longer the shorter's lead is found: 0 at its start … 1 at its end or nowhere."""
    share = np.minimum(1, np.maximum(0, middle - LEAD / 2) / np.maximum(1, grams))
    return np.where(middle < 0, 1.0, share)
