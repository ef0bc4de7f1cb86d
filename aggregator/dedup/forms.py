"""Whether two texts are one form filled in twice: same frame, other facts, however few of them there are.

The weighed signals count swapped facts by the length of the text, so that long forms with few slots look like
edited copies to them. What tells these apart is not how many facts were swapped but *which share*: a copy
keeps nearly all facts whose surroundings it kept (share of numbers in common .94, of templates .52), a form
swaps them. Where neither case nor digits mark facts (Arabic names, numbers in words) the headlines do: each
names something that stands in a slot of its own text where the other text has its own headline's.

Of the 254 labelled pairs of one story 4 are taken for forms, two of which the signals took for copies; of
153 pairs of templates 55.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aggregator.dedup.derive import derive
from aggregator.dedup.joined import Joined, Keyed, Numbers, Places
from aggregator.dedup.patience import patience
from aggregator.dedup.signals import CAPITAL, NUMBER, SENTENCE, SLOT, View

TOLD = NUMBER | CAPITAL
TOGETHER = 64  # pairs: what they need stays in a core's cache
SWAPPED = 0.4  # share of the facts around which the words agree, swapped in two slots or more
NAMED = 0.15  # the same, where the headlines' own words are among what was swapped
ALIKE = 0.4  # Jaccard of the headlines' words from which they are of one form themselves
SERIES = 0.8  # the same, of what an outlet writes every day under one headline


@dataclass(frozen=True, slots=True)
class Swaps:
    """What is swapped is nowhere in the other text or headline; what is kept is in both, in its words."""

    facts: int  # slots that swap a number or a capitalised word
    halves: int  # slots that have a number or name on one side at least: "1.5" for "two"
    kept: int
    numbers: int  # of these slots, those that swap numbers
    numbers_kept: int
    headlines: int  # slots in which each text has a word of its own headline
    counted: bool  # whether the headlines themselves swap numbers
    titles: float  # Jaccard of the headlines' words

    def form(self, *, again: bool = False) -> bool:
        """Whether the two are one form filled in twice. ``again``: one outlet's, on different days."""
        share = self.facts / (self.facts + self.kept + 1)
        counts = self.numbers / (self.numbers + self.numbers_kept + 1)
        # Two may be a page's counters of comments and shares; under one headline they are a form's.
        least = 2 if self.titles >= ALIKE else 3
        if (self.facts >= least and share >= SWAPPED) or (self.numbers >= least and counts >= SWAPPED):
            return True
        if self.headlines and share >= NAMED:
            return True
        if again and self.halves and self.titles >= SERIES:
            return True
        one = self.facts > 0 and share >= SWAPPED and self.titles < 1
        return self.titles >= ALIKE and (self.headlines > 0 or self.counted or one)


def swaps(a: View, b: View) -> Swaps:
    """Count what two texts swap and what they keep."""
    return swaps_of([(a, b)])[0]


def swaps_of(pairs: Sequence[tuple[View, View]]) -> list[Swaps]:
    """Count it for many pairs at once: one at a time, nearly all of the time goes into calling numpy."""
    found: list[Swaps] = []
    for start in range(0, len(pairs), TOGETHER):
        found += _swaps(pairs[start : start + TOGETHER])
    return found


def _swaps(pairs: Sequence[tuple[View, View]]) -> list[Swaps]:
    count = len(pairs)
    derive(view for pair in pairs for view in pair)
    ordered = [(b, a) if len(a.body) <= len(b.body) else (a, b) for a, b in pairs]
    longs, shorts = [long for long, _ in ordered], [short for _, short in ordered]
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
        _by_pair(slots[both[0], 0], count),
        _by_pair(slots[either, 0], count),
        short.count(kept & surely),
        _by_pair(slots[both[1], 0], count),
        short.count(kept & counts),
        _by_pair(slots[both[2], 0], count),
        (here.numbers_beyond(there) & there.numbers_beyond(here)).tolist(),
        (shared / np.maximum(1, every)).tolist(),
    )
    return [Swaps(*each) for each in zip(*columns, strict=True)]


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


def _by_pair(pair: Numbers, count: int) -> list[int]:
    made: list[int] = np.bincount(pair, minlength=count).tolist()
    return made
