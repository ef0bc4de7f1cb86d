"""What people and settings say of pairs: which may be of one story, and from when two are one text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.model import Held, Tie

Scope = Literal["fold", "ask", "never"]


class Bounds:
    """Corrections, and how sources may be folded."""

    def __init__(self, rules: Rules, constraints: Iterable[Constraint] = ()) -> None:
        self.rules = rules
        self._together: dict[int, set[int]] = defaultdict(set)
        self._apart: dict[int, set[int]] = defaultdict(set)
        self.corrected = False  # whether a person said anything
        for each in constraints:
            of = self._together if each.together else self._apart
            of[each.a].add(each.b)
            of[each.b].add(each.a)
            self.corrected = True

    def together(self, article: int) -> Collection[int]:
        """Articles that a person said are of one story with this one."""
        return self._together.get(article, ())

    def forbidden(self, articles: Collection[int], members: Collection[int]) -> bool:
        """Whether a person said of any two of them that they are not one story."""
        return bool(self._apart) and any(
            not self._apart[article].isdisjoint(members) for article in articles if article in self._apart
        )

    def threshold(self, a: Held, b: Held) -> float:
        """The probability from which the two count as one text: the stricter source's, or the general one."""
        left, right = a.fold.threshold, b.fold.threshold
        if left is None or right is None:
            own = right if left is None else left
            return self.rules.threshold if own is None else own
        return max(left, right)

    def one(self, a: Held, b: Held, tie: Tie) -> bool:
        """Whether a tie says that the two are one text."""
        if tie.probability >= self.threshold(a, b) and not tie.framed:
            return True
        return tie.exact

    def ones(self, held: Held, others: Mapping[int, Held], ties: Mapping[int, Tie]) -> list[int]:
        """Those of ``others`` that are one text with an article. ``ties``: of the article."""
        return [
            other
            for other, tie in ties.items()
            if (them := others.get(other)) is not None and self.one(held, them, tie)
        ]


def scope(a: Held, b: Held) -> Scope:
    """Whether two articles may be folded into one story, by the settings of their sources (`Fold`)."""
    if a.fold.scope == b.fold.scope == "all":
        return "fold"
    for fold in (a.fold, b.fold):
        if fold.scope == "never":
            return "never"
        if fold.scope == "group" and a.group != b.group:
            return "never"
        if fold.scope == "other" and a.source == b.source:
            return "never"
    return "ask" if "ask" in (a.fold.scope, b.fold.scope) else "fold"
