"""What other texts near by say of what two texts share: much of it in a third, different one is a frame.

The share is that of one other text, the greatest, of those earlier than the later of the two. So it depends
on the texts alone, not on which stories they are taken for, nor on the order in which they arrived: a text
that arrives late makes it up to the pairs that it should have been known for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from aggregator.dedup.assembly import order
from aggregator.dedup.decide import heard_more
from aggregator.dedup.nearby import Around
from aggregator.dedup.ties import Ties
from aggregator.model import Held, Tie

ONE_ALONE: Final = 0.5  # probability, by two texts alone, from which one says nothing about the other's pairs


class Said:
    """What is said around one article. ``one``: the ids of those that are one text with it at first sight."""

    def __init__(
        self, around: Around, held: Mapping[int, Held], article: Held, one: Collection[int], ties: Ties
    ) -> None:
        self._around = around
        self._one = one
        self._ties = ties
        self._place = {other: i for i, other in enumerate(around.ids)}
        self._order = {other: order(held[other]) for other in around.ids}
        self._own = order(article)
        self._article = article.id
        self._last = all(of < self._own for of in self._order.values())

    def before(self, other: int) -> float:
        """The greatest share of what the article and another have in common that a third had before."""
        j = self._place[other]
        latest = max(self._own, self._order[other])
        tied = self._ties.of(other)
        # What is too little for the third to be known around both would depend on who came first.
        ratios = np.where(
            self._around.common[:, j] >= self._around.telling[:, j], self._around.common[:, j], 0
        )
        most = 0.0
        for third, i in self._place.items():
            if third == other or third in self._one or (not self._last and self._order[third] >= latest):
                continue
            if ratios[i] > most and not ((tie := tied.get(third)) is not None and one_alone(tie)):
                most = float(ratios[i])
        shared = float(self._around.common[j, j])
        return most / shared if shared else 0.0

    def changed(self) -> list[Tie]:
        """The ties of others, as they are now: the article is earlier than one of the two, and says more."""
        if self._last:
            return []
        found = []
        for u in self._around.ids:
            for v, tie in self._ties.of(u).items():
                if not (v in self._place and u < v) or tie.exact or not tie.shared:
                    continue
                if u in self._one or v in self._one or self._own > max(self._order[u], self._order[v]):
                    continue
                where = self._place[u], self._place[v]
                common = float(self._around.common[where])
                said = common / tie.shared
                if said > tie.said + 1e-6 and common >= self._around.telling[where]:
                    found.append(
                        tie._replace(probability=heard_more(tie.probability, tie.said, said), said=said)
                    )
        return found


def one_alone(tie: Tie) -> bool:
    """Whether two texts are one at first sight, whatever others say."""
    return tie.exact or heard_more(tie.probability, tie.said, 0.0) >= ONE_ALONE
