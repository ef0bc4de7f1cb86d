"""What pairs of texts swap and what they keep, counted with numpy: for where there is no kernel.

One pair at a time, nearly all of the time goes into calling numpy, so that many are counted at once.
``native/swaps.c`` counts the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.joined import Joined, Keyed, Numbers, Places
from aggregator.dedup.patience import patience
from aggregator.dedup.signals import CAPITAL, NUMBER, SENTENCE, SLOT, View

TOLD: Final = NUMBER | CAPITAL
TOGETHER: Final = 64  # pairs: what they need stays in a core's cache


def count(longs: Sequence[View], shorts: Sequence[View]) -> NDArray[np.int64]:
    """A row a pair: the first seven fields of `forms.Swaps`, then how many words the two headlines have in
    common, and how many there are in both. The texts of ``shorts`` are the shorter ones."""
    return np.concatenate(
        [
            _count(longs[start : start + TOGETHER], shorts[start : start + TOGETHER])
            for start in range(0, len(longs), TOGETHER)
        ]
    )


def _count(longs: Sequence[View], shorts: Sequence[View]) -> NDArray[np.int64]:
    pairs = len(longs)
    long, short = Joined([v.body for v in longs]), Joined([v.body for v in shorts])
    flags = np.concatenate([v.flags for v in longs]), np.concatenate([v.flags for v in shorts])
    places = patience(longs, shorts, long, short)
    kept, counts = places >= 0, (flags[1] & NUMBER) != 0
    # Words that open sentences are no facts: all may be capitalised there.
    surely = counts | ((flags[1] & (CAPITAL | SENTENCE)) == CAPITAL)
    here, there = _Words(longs), _Words(shorts)
    slots = _slots(places, long, short)
    new = _kinds(long, flags[0], here, there, slots[:, 0], slots[:, 1:3])
    old = _kinds(short, flags[1], there, here, slots[:, 0], slots[:, 3:])
    both, either = new & old, (new | old)[0]
    shared = here.heading.of(there.heading.has(here.heading))
    every = here.heading.sizes + there.heading.sizes - shared
    columns = (
        _by_pair(slots[both[0], 0], pairs),
        _by_pair(slots[either, 0], pairs),
        short.of(kept & surely),
        _by_pair(slots[both[1], 0], pairs),
        short.of(kept & counts),
        _by_pair(slots[both[2], 0], pairs),
        here.numbers_beyond(there) & there.numbers_beyond(here),
        shared,
        every,
    )
    return np.stack(columns, 1).astype(np.int64)


class _Words:
    """What is looked up in one side of the pairs: the words of each title, and of title and body together."""

    def __init__(self, views: Sequence[View]) -> None:
        self.heading = Keyed([view.heading for view in views])
        self.everything = Keyed([view.everything for view in views])
        self._numbers = Joined([view.title[(view.title_flags & NUMBER) != 0] for view in views])

    def numbers_beyond(self, other: _Words) -> Places:
        """Of which pairs the headline has a number that the other text has nowhere: bool[pairs]."""
        numbers = self._numbers
        lacking = ~other.everything.has_values(numbers.whose, numbers.values)
        return np.bincount(numbers.whose[lacking], minlength=len(numbers.sizes)) > 0


def _kinds(
    text: Joined, flags: Places, words: _Words, other: _Words, pair: Numbers, slots: Numbers
) -> Places:
    """Which slots have what the other text lacks: facts, numbers, words of the own headline: bool[3, s].

    ``slots``: from and up to, in each pair's text.
    """
    if not len(slots):
        return np.zeros((3, 0), np.bool_)
    sizes = slots[:, 1] - slots[:, 0]
    starts = sizes.cumsum() - sizes
    whose = pair.repeat(sizes)
    at = np.arange(len(whose)) + (text.offsets[pair] + slots[:, 0] - starts).repeat(sizes)
    tokens, kind = text.values[at], flags[at]
    new = ~other.everything.has_values(whose, tokens)
    headline = words.heading.has_values(whose, tokens) & ~other.heading.has_values(whose, tokens)
    found = np.stack((new & ((kind & TOLD) != 0), new & ((kind & NUMBER) != 0), headline))
    return np.logical_or.reduceat(found, starts, axis=1)


def _slots(places: Numbers, long: Joined, short: Joined) -> Numbers:
    """Short substitutions: the pair, from and up to in the longer, then in the shorter text: intp[s, 5]."""
    at = (places >= 0).nonzero()[0]
    if not len(at):
        return np.zeros((0, 5), np.intp)
    pair, there, here = short.whose[at], places[at], short.places[at]
    first = np.ones(len(at), np.bool_)
    np.not_equal(pair[1:], pair[:-1], out=first[1:])
    last = np.append(first[1:], True)
    before = [np.concatenate(([-1], each[:-1])) for each in (there, here)]
    for each in before:
        each[first] = -1
    ends = pair[last]
    columns = (
        np.concatenate((pair, ends)),
        np.concatenate((before[0], there[last])) + 1,
        np.concatenate((there, long.sizes[ends])),
        np.concatenate((before[1], here[last])) + 1,
        np.concatenate((here, short.sizes[ends])),
    )
    gaps = columns[2] - columns[1], columns[4] - columns[3]
    brief = (gaps[0] > 0) & (gaps[0] <= SLOT) & (gaps[1] > 0) & (gaps[1] <= SLOT)
    return np.stack([column[brief] for column in columns], 1)


def _by_pair(pair: Numbers, pairs: int) -> Numbers:
    return np.bincount(pair, minlength=pairs)
