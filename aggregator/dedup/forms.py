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
from numpy.typing import NDArray

from aggregator.dedup.pairs import by_length
from aggregator.dedup.signals import View
from aggregator.dedup.swapping import count
from aggregator.native import kernel

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
    """Count it for many pairs at once."""
    if not pairs:
        return []
    longs, shorts = by_length(pairs)
    counts = compiled(longs, shorts) if kernel else count(longs, shorts)
    return [_swaps(*row) for row in counts.tolist()]


def _swaps(
    facts: int, halves: int, kept: int, numbers: int, numbers_kept: int, headlines: int, counted: int,
    shared: int, every: int,
) -> Swaps:  # fmt: skip
    return Swaps(facts, halves, kept, numbers, numbers_kept, headlines, bool(counted), shared / max(1, every))


def compiled(longs: Sequence[View], shorts: Sequence[View]) -> NDArray[np.int64]:
    """`count`, by the kernel."""
    counted = kernel.swaps([view.compiled for view in longs], [view.compiled for view in shorts])
    return np.frombuffer(counted, np.int64).reshape(len(longs), -1)
