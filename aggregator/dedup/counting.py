"""What many pairs of texts have in common, counted at once with numpy: for where there is no kernel.

Done one pair at a time, nearly all of the time goes into calling numpy. So the pairs of a batch stand one
after another in long arrays. Where a step must not reach over from one pair to the next, its positions are
counted in *places*: the pair's number times `FAR`, plus the position in the text, so that each pair has a
stretch of its own and one sort, search or running maximum serves all. ``native/pairs.c`` counts the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import SLOT, WIDTH, View, positions, stretches

FAR: Final = 1 << 24  # more than a text has tokens
TOGETHER: Final = 64  # pairs: what they need stays in a core's cache

Numbers = NDArray[np.intp]
Counts = NDArray[np.int64]


class Count(IntEnum):
    """The columns of the counts of pairs: of the longer text, of the shorter, of both.

    ``MATCHED_…``: tokens that runs cover. ``TOTAL``, ``SQUARES``: of the lengths of the runs. ``…_IN_…``: how
    many words of a heading or subject the other text has. ``MIDDLE``: the median place of the shorter's lead
    in the longer, -1 where it is nowhere. ``GRAMS``: shingles of the longer, repeats counted.
    """

    MATCHED_LONG = 0
    MATCHED_SHORT = 1
    TOTAL = 2
    SQUARES = 3
    SLOTS = 4
    FACT_SLOTS = 5
    HEADING_LONG = 6
    HEADING_SHORT = 7
    HEADING_IN_SHORT = 8
    HEADING_IN_LONG = 9
    SUBJECT_LONG = 10
    SUBJECT_SHORT = 11
    SUBJECT_IN_SHORT = 12
    SUBJECT_IN_LONG = 13
    MIDDLE = 14
    GRAMS = 15


def count(longs: Sequence[View], shorts: Sequence[View]) -> Counts:
    """The counts of pairs, a row each, a column each `Count`. Those of ``shorts`` are the shorter texts."""
    made = np.zeros((len(longs), len(Count)), np.int64)
    for start in range(0, len(longs), TOGETHER):
        end = start + TOGETHER
        made[start:end] = _count(longs[start:end], shorts[start:end])
    return made


def _count(longs: Sequence[View], shorts: Sequence[View]) -> Counts:
    at = [positions(long, short) for long, short in zip(longs, shorts, strict=True)]
    sizes = np.array([len(each) for each in at], np.intp)
    offsets = sizes.cumsum() - sizes
    where = np.concatenate(at)
    lengths = _lengths(longs), _lengths(shorts)
    runs = _runs(where, sizes, offsets, np.minimum(WIDTH, lengths[1]))
    found, lacking_long = _told(longs, shorts)
    back, lacking_short = _told(shorts, longs)
    slots, fact_slots = _slots(runs, lengths, lacking_long, lacking_short)
    pairs = len(longs)
    columns = (
        _covered(runs.pair, runs.long, runs.tokens, pairs),
        _covered(runs.pair, runs.short, runs.tokens, pairs),
        np.bincount(runs.pair, runs.tokens, pairs),
        np.bincount(runs.pair, runs.tokens * runs.tokens, pairs),
        slots,
        fact_slots,
        *(
            column
            for which in (0, 1)
            for side in (0, 1)
            for column in (found[which][side], back[which][side])
        ),
        _middle(where, offsets, shorts),
        np.array([len(long.grams) for long in longs], np.int64),
    )
    return np.stack(columns, 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Runs:
    """The aligned runs of all pairs, by pair and by place in the shorter text.

    ``pair``: whose; ``long``, ``short``: where they start (positions); ``tokens``: how long they are.
    """

    pair: Numbers
    long: Numbers
    short: Numbers
    tokens: Numbers


def _lengths(views: Sequence[View]) -> Numbers:
    return np.array([len(view.body) for view in views], np.intp)


def _runs(where: Numbers, sizes: Numbers, offsets: Numbers, width: Numbers) -> _Runs:
    """Find the runs. ``where``: for each shingle of the shorter texts its position in the longer, or -1."""
    hits = (where >= 0).nonzero()[0]
    pair = np.arange(len(sizes)).repeat(sizes)[hits]
    long = where[hits]
    starts, sizes = stretches(long, hits, pair)
    pair = pair[starts]
    return _Runs(pair, long[starts], hits[starts] - offsets[pair], sizes + width[pair] - 1)


def _covered(pair: Numbers, starts: Numbers, tokens: Numbers, count: int) -> NDArray[np.float64]:
    """How many tokens the runs of each pair cover, overlaps once."""
    if not len(pair):
        return np.zeros(count)
    places = pair * FAR + starts
    order = places.argsort(kind="stable")
    from_ = places[order]
    ends = np.maximum.accumulate(from_ + tokens[order])
    np.maximum(from_[1:], ends[:-1], out=from_[1:])
    return np.asarray(np.bincount(pair[order], ends - from_, count), np.float64)


def _slots(
    runs: _Runs, lengths: tuple[Numbers, Numbers], ours: Numbers, theirs: Numbers
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count the short substitutions of each pair: all, and those that swap facts.

    A substitution stands between neighbouring runs, or between a run and the start or the end of both texts.
    It swaps a fact where each side has a number or a capitalised word that the other text has nowhere:
    ``ours`` and ``theirs`` are the places of these.
    """
    count = len(lengths[0])
    pair = runs.pair
    if not len(pair):
        return np.zeros(count), np.zeros(count)
    new = np.ones(len(pair) + 1, np.bool_)  # where another pair begins, and behind the last
    new[1:-1] = pair[1:] != pair[:-1]
    last = new[1:].nonzero()[0]
    whose = np.concatenate((pair, pair[last]))
    bounds = []
    for starts, length in ((runs.long, lengths[0]), (runs.short, lengths[1])):
        ends = starts + runs.tokens
        before = np.zeros(len(pair), np.intp)
        before[1:] = ends[:-1]
        before[new[:-1]] = 0
        bounds.append((np.concatenate((before, ends[last])), np.concatenate((starts, length[pair[last]]))))
    (i, j), (k, m) = bounds
    slot = ((j - i > 0) & (j - i <= SLOT) & (m - k > 0) & (m - k <= SLOT)).nonzero()[0]
    whose = whose[slot]
    base = whose * FAR
    swaps = _any(ours, base + i[slot], base + j[slot]) & _any(theirs, base + k[slot], base + m[slot])
    return _counts(whose, count), _counts(whose[swaps], count)


def _counts(pair: Numbers, count: int) -> NDArray[np.float64]:
    return np.bincount(pair, minlength=count).astype(float)


def _any(places: Numbers, first: Numbers, end: Numbers) -> NDArray[np.bool_]:
    """Whether any of the ascending places is in first…end."""
    return places.searchsorted(end) > places.searchsorted(first)


def _told(views: Sequence[View], others: Sequence[View]) -> tuple[list[Numbers], Numbers]:
    """Of the texts' titles and subjects how many words there are, and how many of them the others have, as
    [[sizes, found], [sizes, found]]; and the places of the facts that the others have nowhere."""
    found = [view.within(other) for view, other in zip(views, others, strict=True)]
    sums = np.zeros(sum(map(len, found)) + 1, np.intp)
    everything = np.concatenate(found)
    everything.cumsum(out=sums[1:])
    parts = np.array([(len(view.heading), len(view.asked), len(view.queries)) for view in views], np.intp)
    begin = parts[:, 2].cumsum() - parts[:, 2]
    title, asked = begin + parts[:, 0], begin + parts[:, 1]
    lacking = [
        view.told[~each[len(view.asked) :]] + number * FAR
        for number, (view, each) in enumerate(zip(views, found, strict=True))
    ]
    told = [
        np.stack((parts[:, 0], sums[title] - sums[begin])),
        np.stack((parts[:, 1] - parts[:, 0], sums[asked] - sums[title])),
    ]
    return told, np.concatenate(lacking)


def _middle(where: Numbers, offsets: Numbers, shorts: Sequence[View]) -> Numbers:
    """The median place in the longer of the shingles of the shorter's lead, -1 where they are nowhere."""
    made = np.full(len(shorts), -1, np.intp)
    leads = [short.lead + offset for short, offset in zip(shorts, offsets.tolist(), strict=True)]
    sizes = [len(lead) for lead in leads]
    found = where[np.concatenate(leads)]
    pair = np.arange(len(shorts)).repeat(sizes)[found >= 0]
    places = np.sort(pair * FAR + found[found >= 0])
    counts = np.bincount(pair, None, len(shorts))
    some = counts.nonzero()[0]
    made[some] = places[(counts.cumsum() - counts + counts // 2)[some]] - some * FAR
    return made
