"""What a folded copy says that the story's canonical text does not: folding must never hide news."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import (
    CAPITAL,
    NEGATION,
    NUMBER,
    PARAGRAPH,
    SENTENCE,
    SLOT,
    Aligned,
    View,
    align,
    within,
)
from aggregator.native import kernel


def marks(canonical: View, copy: View, additions: int) -> tuple[str, ...]:
    """Return ``adds`` for at least ``additions`` words of its own, ``differs`` for a changed fact."""
    found: list[str] = []
    own, differs = kernel.marks(canonical.compiled, copy.compiled) if kernel else counted(canonical, copy)
    if own >= additions:
        found.append("adds")
    if differs:
        found.append("differs")
    return tuple(found)


def counted(canonical: View, copy: View) -> tuple[int, bool]:
    """How many words of its own the copy has, and whether it changes a fact: what the kernel says, too."""
    runs = align(canonical, copy)
    return int(added(canonical, copy, runs).sum()), bool(changed(canonical, copy, runs))


def added(canonical: View, copy: View, runs: Aligned | None = None) -> NDArray[np.bool_]:
    """Which tokens of the copy's body stand in no run shared with the canonical text (bool, one a token).

    ``runs``: of the two, aligned in this order, if they are known already; as in `changed`.
    """
    own = np.ones(len(copy.body), np.bool_)
    runs = align(canonical, copy) if runs is None else runs
    for start, tokens in zip(runs.second.tolist(), runs.tokens.tolist(), strict=True):
        own[start : start + tokens] = False
    return own


def changed(canonical: View, copy: View, runs: Aligned | None = None) -> list[tuple[slice, slice]]:
    """Short passages that replace each other and change a number, a name or a negation.

    Returns the positions in the canonical text and in the copy. A replacement counts where one side has a
    number, a name or a negation that the other side's whole text does not have.
    """
    runs = align(canonical, copy) if runs is None else runs
    ends, starts = runs.first + runs.tokens, runs.first[1:]
    other_ends, other_starts = runs.second + runs.tokens, runs.second[1:]
    gap, other = starts - ends[:-1], other_starts - other_ends[:-1]
    short = (gap >= 0) & (gap <= SLOT) & (other >= 0) & (other <= SLOT) & (gap + other > 0)
    found: list[tuple[slice, slice]] = []
    for i in short.nonzero()[0].tolist():
        here = slice(int(ends[i]), int(starts[i]))
        there = slice(int(other_ends[i]), int(other_starts[i]))
        if _telling(canonical, here, copy) or _telling(copy, there, canonical):
            found.append((here, there))
    return found


def _telling(text: View, where: slice, other: View) -> bool:
    """Whether a passage has a number or a name that the other text lacks, or any negation."""
    flags, tokens = text.flags[where], text.body[where]
    if not (flags & (NEGATION | NUMBER | CAPITAL)).any():
        return False
    if (flags & NEGATION).any():
        return True
    named = ((flags & CAPITAL) != 0) & ((flags & (SENTENCE | PARAGRAPH)) == 0)
    facts = tokens[((flags & NUMBER) != 0) | named]
    return bool(len(facts)) and not within(facts, other.everything).all()
