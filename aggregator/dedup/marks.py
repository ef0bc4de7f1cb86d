"""What a folded copy says that the story's canonical text does not: folding must never hide news."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.signals import CAPITAL, NEGATION, NUMBER, PARAGRAPH, SENTENCE, SLOT, View, align, within


def marks(canonical: View, copy: View, additions: int) -> tuple[str, ...]:
    """Return ``adds`` for at least ``additions`` words of its own, ``differs`` for a changed fact."""
    found: list[str] = []
    if added(canonical, copy).sum() >= additions:
        found.append("adds")
    if len(changed(canonical, copy)):
        found.append("differs")
    return tuple(found)


def added(canonical: View, copy: View) -> NDArray[np.bool_]:
    """Which tokens of the copy's body stand in no run shared with the canonical text (bool, one a token)."""
    own = np.ones(len(copy.body), np.bool_)
    runs = align(canonical, copy)
    for start, tokens in zip(runs.second.tolist(), runs.tokens.tolist(), strict=True):
        own[start : start + tokens] = False
    return own


def changed(canonical: View, copy: View) -> list[tuple[slice, slice]]:
    """Short passages that replace each other and change a number, a name or a negation.

    Returns the positions in the canonical text and in the copy. A replacement counts where one side has a
    number, a name or a negation that the other side's whole text does not have.
    """
    runs = align(canonical, copy)
    order = np.argsort(runs.second, kind="stable")
    first, second, tokens = runs.first[order], runs.second[order], runs.tokens[order]
    found: list[tuple[slice, slice]] = []
    for i in range(len(tokens) - 1):
        here = slice(int(first[i] + tokens[i]), int(first[i + 1]))
        there = slice(int(second[i] + tokens[i]), int(second[i + 1]))
        gap, other = here.stop - here.start, there.stop - there.start
        if not (0 <= gap <= SLOT and 0 <= other <= SLOT and gap + other):
            continue
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
