"""Which passages of a source are its furniture: learnt from what recurs, without a list of any language.

"Subscribe", "Leave a reply", share bars, agency footers and blocks of related links stand in many *different*
texts of one source. A wire text recurs too, but across sources, and the texts around it are the same. So a
passage is boilerplate of a source when it ends up in many texts of it that have nothing else in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Passage = TypeVar("Passage", int, str)

LEAST = 5  # different texts of one source
SHARE = 0.02  # of the source's articles
RECENT = 2_000  # articles of a source from which it is learnt


@dataclass(frozen=True, slots=True)
class PassageCount:
    """How often a passage was seen in one source.

    ``texts``: in how many texts that have passages of their own, so that reprints do not count.
    ``opening``: in how many of them it was the first paragraph.
    """

    texts: int
    opening: int = 0


def learn(
    counts: Mapping[Passage, PassageCount], articles: int, *, least: int = LEAST, share: float = SHARE
) -> frozenset[Passage]:
    """Return the passages of a source that recur in ``least`` texts and ``share`` of its articles."""
    needed = max(least, share * min(articles, RECENT))
    return frozenset(passage for passage, seen in counts.items() if passage and seen.texts >= needed)


def count(articles: Iterable[Sequence[Passage]]) -> dict[Passage, PassageCount]:
    """Count the passages of one source.

    Each article is the sequence of its passages: hashes (0: no words) or plain texts.
    """
    texts: list[tuple[Passage, ...]] = []
    where: dict[Passage, list[int]] = defaultdict(list)
    for article in articles:
        texts.append(tuple(article))
        for passage in set(article):
            if passage:
                where[passage].append(len(texts) - 1)
    recurring = {passage for passage, seen in where.items() if len(seen) > 1}
    counts: dict[Passage, PassageCount] = {}
    for passage in recurring:
        kept = _different([texts[i] for i in where[passage]], recurring)
        counts[passage] = PassageCount(len(kept), sum(text[0] == passage for text in kept))
    return counts


def _different(texts: Sequence[tuple[Passage, ...]], recurring: set[Passage]) -> list[tuple[Passage, ...]]:
    """One of each group of texts with the same other passages: reprints must not make boilerplate.

    Told apart by the passages that occur nowhere else: a text that has none of its own is a reprint.
    """
    kept: list[tuple[Passage, ...]] = []
    for text in texts:
        own = [passage for passage in text if passage and passage not in recurring]
        if own:
            kept.append(text)
    return kept
