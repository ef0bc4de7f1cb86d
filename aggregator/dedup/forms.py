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

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import CAPITAL, NUMBER, SENTENCE, SLOT, View, within

TOLD = NUMBER | CAPITAL
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
    short, long = (a, b) if len(a.body) <= len(b.body) else (b, a)
    place = places(long, short)
    kept, counts = place >= 0, _are(short, NUMBER)
    # Words that open sentences are no facts: all may be capitalised there.
    surely = counts | ((short.flags & (CAPITAL | SENTENCE)) == CAPITAL)
    shared = int(np.count_nonzero(within(a.heading, b.heading)))
    every = len(a.heading) + len(b.heading) - shared
    told = _slots(place, len(long.body))
    facts, halves, numbers, headlines = _told(long, short, told) if len(told) else (0, 0, 0, 0)
    return Swaps(
        facts=facts,
        halves=halves,
        kept=int(np.count_nonzero(kept & surely)),
        numbers=numbers,
        numbers_kept=int(np.count_nonzero(kept & counts)),
        headlines=headlines,
        counted=_counts(a, b) and _counts(b, a),
        titles=shared / every if every else 0.0,
    )


def _told(long: View, short: View, slots: NDArray[np.intp]) -> tuple[int, int, int, int]:
    """Of the slots: how many swap facts, have one on either side, swap numbers, swap the headlines' words."""
    here, there = _kinds(long, short, slots[:, :2]), _kinds(short, long, slots[:, 2:])
    both, either = here & there, here | there
    return (
        int(np.count_nonzero(both[0])),
        int(np.count_nonzero(either[0])),
        int(np.count_nonzero(both[1])),
        int(np.count_nonzero(both[2])),
    )


def _kinds(view: View, other: View, slots: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which slots have what the other text lacks: facts, numbers, words of the own headline: bool[3, s]."""
    new = ~within(view.body, other.everything)
    kinds = np.zeros((3, len(view.body) + 1), np.int32)
    np.cumsum(new & _are(view, TOLD), out=kinds[0, 1:])
    np.cumsum(new & _are(view, NUMBER), out=kinds[1, 1:])
    headline = within(view.body, view.heading) & ~within(view.body, other.heading)
    np.cumsum(headline, out=kinds[2, 1:])
    return np.asarray(kinds[:, slots[:, 1]] > kinds[:, slots[:, 0]])


def places(a: View, b: View) -> NDArray[np.intp]:
    """Where in ``a`` each token of ``b`` stands, -1 for nowhere: intp[len(b.body)].

    As in a patience diff: shingles that stand once in each of the texts, in the order of both, are anchors;
    from them equality of tokens goes on, forwards and then backwards.
    """
    where = np.full(len(b.body), -1, np.intp)
    one_a, one_b = _once(a), _once(b)
    at = a.grams[one_a].argsort()
    ordered = one_a[at]
    if not len(ordered) or not len(one_b):
        return where
    sought = b.grams[one_b]
    found = ordered.take(a.grams[ordered].searchsorted(sought), mode="clip")
    same = a.grams[found] == sought
    second, first = one_b[same], found[same]
    rising = _longest_rising(first)
    second, first = second[rising], first[rising]
    if not len(second):
        return where
    index, shift = np.arange(len(b.body)), first - second
    after = second.searchsorted(index, side="right")
    for anchor in (np.minimum(after, len(second) - 1), np.maximum(after - 1, 0)):
        there = index + shift[anchor]
        fits = (there >= 0) & (there < len(a.body))
        fits[fits] = a.body[there[fits]] == b.body[fits]
        where[fits] = there[fits]
    return where


def _once(view: View) -> NDArray[np.intp]:
    """Positions, ascending, of the shingles that stand once in the text."""
    ordered = view.ordered
    alone = np.ones(len(ordered), np.bool_)
    repeats = ordered[1:] == ordered[:-1]
    alone[1:] &= ~repeats
    alone[:-1] &= ~repeats
    return np.sort(view.order[alone])


def _longest_rising(values: NDArray[np.intp]) -> NDArray[np.intp]:
    """Indexes of a longest rising subsequence (Fredman 1975)."""
    if len(values) < 2 or bool((values[1:] > values[:-1]).all()):
        return np.arange(len(values))
    tails: list[int] = []  # the least value that ends a rising subsequence of each length, and its index
    ends: list[int] = []
    before = []
    for index, value in enumerate(values.tolist()):
        length = bisect_left(tails, value)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [value]
        ends[length : length + 1] = [index]
    chosen, index = [], ends[-1]
    while index >= 0:
        chosen.append(index)
        index = before[index]
    return np.array(chosen[::-1], np.intp)


def _slots(where: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Short substitutions, from and up to in ``a`` (of ``length`` tokens), then in ``b``: intp[s, 4]."""
    found = (where >= 0).nonzero()[0]
    if not len(found):
        return np.zeros((0, 4), np.intp)
    second = np.concatenate(([-1], found, [len(where)]))
    first = np.concatenate(([-1], where[found], [length]))
    gap_a, gap_b = np.diff(first) - 1, np.diff(second) - 1
    short = ((gap_a > 0) & (gap_a <= SLOT) & (gap_b > 0) & (gap_b <= SLOT)).nonzero()[0]
    return np.stack((first[short] + 1, first[short + 1], second[short] + 1, second[short + 1]), 1)


def _are(view: View, kinds: int) -> NDArray[np.bool_]:
    """Which tokens of the body are of one of these kinds."""
    found: NDArray[np.bool_] = (view.flags & kinds) != 0
    return found


def _counts(view: View, other: View) -> bool:
    """Whether the headline has a number that the other text has nowhere."""
    numbers = view.title[(view.title_flags & NUMBER) != 0]
    return not bool(within(numbers, other.everything).all())
