"""Decided pairs: what is kept of them, so that stories can be assembled again without comparing texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from aggregator.model import Tie

KEPT: Final = 0.2  # probability from which a decided pair is kept; no threshold below it makes sense


class Ties:
    """Ties by both of their ends."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, Tie]] = {}

    def add(self, ties: Iterable[Tie]) -> None:
        """Take these; of one pair the exact one stays, else the later."""
        every = self._of
        for tie in ties:
            a, b = tie.a, tie.b
            of = every.get(a)
            if of is None:
                of = every[a] = {}
            elif (kept := of.get(b)) is not None and kept.exact and not tie.exact:
                continue
            of[b] = tie
            of = every.get(b)
            if of is None:
                of = every[b] = {}
            of[a] = tie

    def of(self, article: int) -> Mapping[int, Tie]:
        """The ties of an article, by the other end."""
        return self._of.get(article, _NONE)

    def between(self, a: int, b: int) -> Tie | None:
        """The tie of two articles."""
        return self._of.get(a, _NONE).get(b)


_NONE: Final[dict[int, Tie]] = {}
