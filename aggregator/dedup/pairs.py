"""The signals of many pairs at once: the same numbers as of one pair, at a fraction of the cost.

A pair's signals are some sixty steps over a few hundred numbers; done one pair at a time, nearly all of the
time goes into calling numpy. So the pairs of a batch stand one after another in long arrays. Where a step
must not reach over from one pair to the next, its positions are counted in *places*: the pair's number times
`FAR`, plus the position in the text, so that each pair has a stretch of its own and one sort, search or
running maximum serves all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.derive import derive
from aggregator.dedup.signals import (
    LEAD,
    NAMES,
    SLOT,
    WIDTH,
    Signals,
    View,
    positions,
    shared_count,
    stretches,
)

FAR: Final = 1 << 24  # more than a text has tokens
TOGETHER: Final = 64  # pairs: what they need stays in a core's cache

Numbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts to compare. ``shared``: how many different shingles they have in common, None for unknown."""

    a: View
    b: View
    same_source: bool
    shared: int | None = None


@dataclass(frozen=True, slots=True)
class _Runs:
    """The aligned runs of all pairs, by pair and by place in the shorter text.

    ``pair``: whose; ``long``, ``short``: where they start (positions); ``tokens``: how long they are.
    """

    pair: Numbers
    long: Numbers
    short: Numbers
    tokens: Numbers


def measure(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    """One row a pair, one column a signal in the order of `signals.NAMES`.

    ``own``, which depends on the texts near by, is 1 here: nobody else is known to say what they share.
    """
    made = np.zeros((len(pairs), len(NAMES)))
    for start in range(0, len(pairs), TOGETHER):
        made[start : start + TOGETHER] = _measure(pairs[start : start + TOGETHER])
    return made


def signals(a: View, b: View, same_source: bool) -> Signals:
    """Compare two texts, of which nothing is known but themselves."""
    return from_row(measure([Pair(a, b, same_source)])[0])


def from_row(row: NDArray[np.float64]) -> Signals:
    """The signals of a row of `measure`."""
    return Signals(*row.tolist())


def _measure(pairs: Sequence[Pair]) -> NDArray[np.float64]:
    count = len(pairs)
    derive(view for pair in pairs for view in (pair.a, pair.b))
    ordered = [(p.b, p.a) if len(p.a.body) <= len(p.b.body) else (p.a, p.b) for p in pairs]
    longs, shorts = [long for long, _ in ordered], [short for _, short in ordered]
    at = [positions(long, short) for long, short in ordered]
    sizes = np.array([len(each) for each in at], np.intp)
    offsets = sizes.cumsum() - sizes
    where = np.concatenate(at)
    lengths = _lengths(longs), _lengths(shorts)
    runs = _runs(where, sizes, offsets, np.minimum(WIDTH, lengths[1]))

    matched_long = _covered(runs.pair, runs.long, runs.tokens, count)
    matched_short = np.minimum(lengths[1], _covered(runs.pair, runs.short, runs.tokens, count))
    total = np.bincount(runs.pair, runs.tokens, count)
    squares = np.bincount(runs.pair, runs.tokens * runs.tokens, count)
    found, lacking_long = _told(longs, shorts)
    back, lacking_short = _told(shorts, longs)
    slots, fact_slots = _slots(runs, lengths, lacking_long, lacking_short)
    per = 100 / np.maximum(25, matched_short)

    shared = np.array(
        [shared_count(p.a.shingles, p.b.shingles) if p.shared is None else p.shared for p in pairs], float
    )
    sets = np.array([(len(p.a.shingles), len(p.b.shingles)) for p in pairs], float)
    columns = {
        "containment": shared / np.maximum(1, sets.min(1)),
        "jaccard": shared / np.maximum(1, sets.sum(1) - shared),
        "slots": np.log1p(slots * per),
        "fact_slots": np.log1p(fact_slots * per),
        "title_found": np.minimum(found[0], back[0]),
        "untitled": np.array([not len(p.a.heading) or not len(p.b.heading) for p in pairs], float),
        "extra": np.log1p(lengths[0] - matched_long),
        "missing": np.log1p(lengths[1] - matched_short),
        "start": _start(where, offsets, shorts, [len(long.grams) for long in longs]),
        "run": np.log1p(squares / np.maximum(1, total)),
        "subject": np.maximum(found[1], back[1]),
        "same_source": np.array([p.same_source for p in pairs], float),
        "own": np.ones(count),
    }
    made = np.zeros((count, len(NAMES)))
    for name, column in columns.items():
        made[:, NAMES.index(name)] = column
    return made


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


def _told(
    views: Sequence[View], others: Sequence[View]
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64]], Numbers]:
    """Smoothed shares of the texts' titles and subjects in the words of the others, and the places of the
    facts that the others have nowhere."""
    found = [view.within(other) for view, other in zip(views, others, strict=True)]
    sums = np.zeros(sum(map(len, found)) + 1, np.intp)
    everything = np.concatenate(found)
    everything.cumsum(out=sums[1:])
    parts = np.array([(len(view.heading), len(view.asked), len(view.queries)) for view in views], np.intp)
    begin = parts[:, 2].cumsum() - parts[:, 2]
    title, asked = begin + parts[:, 0], begin + parts[:, 1]
    in_title, in_subject = sums[title] - sums[begin], sums[asked] - sums[title]
    lacking = [
        view.told[~each[len(view.asked) :]] + number * FAR
        for number, (view, each) in enumerate(zip(views, found, strict=True))
    ]
    shares = (in_title + 1) / (parts[:, 0] + 1), (in_subject + 1) / (parts[:, 1] - parts[:, 0] + 1)
    return shares, np.concatenate(lacking)


def _start(
    where: Numbers, offsets: Numbers, shorts: Sequence[View], lengths: Sequence[int]
) -> NDArray[np.float64]:
    """Where in the longer the shorter's lead is found: 0 at its start … 1 at its end or nowhere.

    The median of the lead's shingles counts. ``lengths``: of the longer, in shingles.
    """
    made = np.ones(len(shorts))
    leads = [short.lead + offset for short, offset in zip(shorts, offsets.tolist(), strict=True)]
    sizes = [len(lead) for lead in leads]
    found = where[np.concatenate(leads)]
    pair = np.arange(len(shorts)).repeat(sizes)[found >= 0]
    places = np.sort(pair * FAR + found[found >= 0])
    counts = np.bincount(pair, None, len(shorts))
    some = counts.nonzero()[0]
    middle = places[(counts.cumsum() - counts + counts // 2)[some]] - some * FAR
    share = np.maximum(0, middle - LEAD / 2) / np.maximum(1, np.array(lengths, float)[some])
    made[some] = np.minimum(1, share)
    return made
