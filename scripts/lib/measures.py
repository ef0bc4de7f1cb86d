"""How good stories are: pairs against labels, clusterings against the truth and against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from lib.labelled import Pair


@dataclass(frozen=True)
class Figures:
    """Weighted pairs: found and right, found and wrong, missed. ``pairs``: how many were judged."""

    right: float
    wrong: float
    missed: float
    pairs: int

    @property
    def precision(self) -> float | None:
        """None where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """None where nothing was to be found."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    @property
    def f1(self) -> float | None:
        """None where there was nothing to be found."""
        whole = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / whole if self.right + self.missed else None


def figures(rows: Iterable[tuple[Pair, bool]]) -> Figures:
    """Of pairs, and whether each was put into one story."""
    kept = list(rows)
    return Figures(
        right=sum(pair.weight for pair, same in kept if pair.one_story and same),
        wrong=sum(pair.weight for pair, same in kept if not pair.one_story and same),
        missed=sum(pair.weight for pair, same in kept if pair.one_story and not same),
        pairs=len(kept),
    )


def b_cubed(story: Mapping[str, Hashable], truth: Mapping[str, Hashable]) -> tuple[float, float]:
    """B-cubed precision and recall (Bagga and Baldwin 1998) of one clustering against another."""
    found: dict[Hashable, set[str]] = defaultdict(set)
    true: dict[Hashable, set[str]] = defaultdict(set)
    for document in truth:
        found[story[document]].add(document)
        true[truth[document]].add(document)
    shared = [
        (len(found[story[d]] & true[truth[d]]), len(found[story[d]]), len(true[truth[d]])) for d in truth
    ]
    return sum(s / f for s, f, _ in shared) / len(shared), sum(s / t for s, _, t in shared) / len(shared)


def together(story: Mapping[str, Hashable]) -> set[tuple[str, str]]:
    """The pairs of documents that are of one story."""
    members: dict[Hashable, list[str]] = defaultdict(list)
    for document in sorted(story):
        members[story[document]].append(document)
    return {pair for each in members.values() for pair in combinations(each, 2)}


def agreements(stories: Sequence[Mapping[str, Hashable]]) -> list[float]:
    """For every two clusterings: the pairs that are together in both, as a share of those in either."""
    pairs = [together(story) for story in stories]
    return [len(a & b) / len(a | b) if a | b else 1.0 for a, b in combinations(pairs, 2)]
