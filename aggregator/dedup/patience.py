"""Which token of one text is which of another, for many pairs of texts at once: a patience diff.

Shingles that stand once in each of the two texts, in the order of both, are anchors; from them equality of
tokens goes on, forwards and then backwards.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.joined import Joined, Keyed, Numbers
from aggregator.dedup.signals import View
from aggregator.dedup.sorting import different

BITS = 24  # of a position: no text has as many tokens


def patience(longs: Sequence[View], shorts: Sequence[View], long: Joined, short: Joined) -> Numbers:
    """Where in ``longs[i]`` each token of ``shorts[i]`` stands, -1 for nowhere: intp, along ``short``.

    ``long``, ``short``: their bodies.
    """
    where = np.full(len(short.values), -1, np.intp)
    pair, first, second = _anchors(longs, shorts)
    if not len(pair):
        return where
    counts = np.bincount(pair, minlength=len(shorts))
    base = counts.cumsum() - counts
    anchored = np.zeros(len(where), np.intp)
    anchored[short.offsets[pair] + second] = 1
    after = anchored.cumsum()
    some = (counts > 0).repeat(short.sizes)
    index, whose, after = short.places[some], short.whose[some], after[some]
    shift, tokens, length = first - second, short.values[some], long.sizes[whose]
    start, last, found = long.offsets[whose], (base + counts - 1)[whose], where[some]
    for anchor in (np.minimum(after, last), np.maximum(after - 1, base[whose])):
        there = index + shift[anchor]
        fits = (there >= 0) & (there < length)
        fits &= long.values.take(start + there, mode="clip") == tokens
        np.copyto(found, there, where=fits)
    where[some] = found
    return where


def _anchors(longs: Sequence[View], shorts: Sequence[View]) -> tuple[Numbers, Numbers, Numbers]:
    """The pair, the position in the longer and in the shorter text, ascending by pair and shorter."""
    long, short = Keyed([view.once[0] for view in longs]), Keyed([view.once[0] for view in shorts])
    if not len(long.keys) or not len(short.keys):
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, nothing
    at = long.keys.searchsorted(short.keys)
    same = long.keys.take(at, mode="clip") == short.keys
    first = np.concatenate([view.once[1] for view in longs])[at[same]].astype(np.uint64)
    second = np.concatenate([view.once[1] for view in shorts])[same].astype(np.uint64)
    packed = short.whose[same].astype(np.uint64) << np.uint64(2 * BITS)
    packed |= second << np.uint64(BITS)
    packed |= first
    packed.sort()
    low = np.uint64((1 << BITS) - 1)
    pair = (packed >> np.uint64(2 * BITS)).astype(np.intp)
    first, second = (packed & low).astype(np.intp), (packed >> np.uint64(BITS) & low).astype(np.intp)
    keep = _rising(pair, first)
    return (pair, first, second) if keep is None else (pair[keep], first[keep], second[keep])


def _rising(pair: Numbers, values: Numbers) -> NDArray[np.bool_] | None:
    """Which values are of a longest rising subsequence of their pair's; None where all rise as they are."""
    falls = ((values[1:] <= values[:-1]) & (pair[1:] == pair[:-1])).nonzero()[0]
    if not len(falls):
        return None
    keep = np.ones(len(pair), np.bool_)
    for number in different(pair[falls]).tolist():
        start, end = pair.searchsorted([number, number + 1]).tolist()
        keep[start:end] = False
        keep[start + longest_rising(values[start:end])] = True
    return keep


def longest_rising(values: Numbers) -> Numbers:
    """Indexes of a longest rising subsequence (Fredman 1975)."""
    tails: list[int] = []  # the least value that ends a rising subsequence of each length, and its index
    ends: list[int] = []
    before = []
    for index, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [value]
        ends[length : length + 1] = [index]
    chosen, index = [], ends[-1] if ends else -1
    while index >= 0:
        chosen.append(index)
        index = before[index]
    return np.array(chosen[::-1], np.intp)
