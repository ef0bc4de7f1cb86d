"""Step 3: which pairs are looked at: those that share a key which few earlier articles have.

An article's key makes candidates where at most `Rules.hot_keys` articles that come before it in the order of
the archive, and are within reach of it in time, have it as well. That depends on the set of articles alone,
and on one key at a time: so the keys may be spread over machines in any way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.rules import Rules

Numbers = NDArray[np.int64]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MOST: Final = 1 << 31  # articles of an archive: two numbers go into one


class Keys(NamedTuple):
    """The keys of some articles, int64[m] each: ``numbers`` whose, ``times`` when, in microseconds."""

    keys: Numbers
    numbers: Numbers
    times: Numbers

    def where(self, chosen: NDArray[np.bool_]) -> Keys:
        """Some of them."""
        return Keys(self.keys[chosen], self.numbers[chosen], self.times[chosen])


class Pairs(NamedTuple):
    """Pairs of articles by their numbers, int64[m] each."""

    later: Numbers
    earlier: Numbers

    def where(self, chosen: NDArray[np.bool_] | slice) -> Pairs:
        """Some of them."""
        return Pairs(self.later[chosen], self.earlier[chosen])


def microseconds(moment: datetime) -> int:
    """A moment as a number."""
    return (moment - EPOCH) // MICROSECOND


def all_pairs(some: Iterable[Pairs]) -> Pairs:
    """These together, each once, by the later article and then by the earlier."""
    parts = list(some)
    none = np.empty(0, np.int64)
    both = np.concatenate([none, *(part.later for part in parts)])
    both <<= 32
    both |= np.concatenate([none, *(part.earlier for part in parts)])
    both = np.unique(both)
    return Pairs(both >> 32, both & 0xFFFFFFFF)


def reach(rules: Rules) -> int:
    """How far apart two articles may be, in microseconds."""
    return max(rules.horizon, rules.context) // MICROSECOND


def pairs_of(rows: Keys, rules: Rules) -> Pairs:
    """The pairs that these keys make. All articles with one of the keys must be among the rows.

    A pair that shares several keys comes several times.
    """
    order = np.lexsort((rows.numbers, rows.keys))
    keys, numbers, times = (column[order] for column in rows)
    # Of each row: the first row of its key that is within reach, by the place of key and time among all.
    moments, when = np.unique(times, return_inverse=True)
    run = np.zeros(len(keys), np.int64)
    np.cumsum(keys[1:] != keys[:-1], out=run[1:])
    run *= len(moments) + 1
    first = np.searchsorted(run + when, run + np.searchsorted(moments, times - reach(rules)))
    counts = np.arange(len(keys)) - first
    counts[counts > rules.hot_keys] = 0
    ends = counts.cumsum()
    earlier = np.arange(ends[-1] if len(ends) else 0) + (first - (ends - counts)).repeat(counts)
    return Pairs(numbers.repeat(counts), numbers[earlier])
