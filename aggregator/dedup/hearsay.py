"""What other texts near by say of what two texts share: much of it in a third, different one is a frame.

The share is that of one other text, the greatest, of those earlier than the later of the two. So it depends
on the texts alone, not on which stories they are taken for, nor on the order in which they arrived: a text
that arrives late makes it up to the pairs that it should have been known for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

import numpy as np

from aggregator.dedup.assembly import Order, order
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
        self._ties = ties
        self._held = held
        self._article = article
        # Those that may say something: in most surroundings there is none, and nothing more to be done.
        self._strangers = [(i, other) for i, other in enumerate(around.ids) if other not in one]

    @cached_property
    def _place(self) -> dict[int, int]:
        return {other: i for i, other in enumerate(self._around.ids)}

    @cached_property
    def _order(self) -> dict[int, Order]:
        return {other: order(self._held[other]) for other in self._around.ids}

    @cached_property
    def _own(self) -> Order:
        return order(self._article)

    @cached_property
    def _last(self) -> bool:
        return all(of < self._own for of in self._order.values())

    @cached_property
    def _told(self) -> list[list[float]]:
        """For each article around, what each of the strangers has of what it shares: 0 for too little."""
        # What is too little for the third to be known around both would depend on who came first.
        rows = [i for i, _ in self._strangers]
        common = self._around.common[rows]
        told: list[list[float]] = np.where(common >= self._around.telling[rows], common, 0).T.tolist()
        return told

    def before(self, other: int) -> float:
        """The greatest share of what the article and another have in common that a third had before."""
        if not self._strangers or (len(self._strangers) == 1 and self._strangers[0][1] == other):
            return 0.0
        j = self._place[other]
        latest = max(self._own, self._order[other])
        tied = self._ties.of(other)
        most = 0.0
        for (_, third), told in zip(self._strangers, self._told[j], strict=True):
            if told <= most or third == other or (not self._last and self._order[third] >= latest):
                continue
            if not ((tie := tied.get(third)) is not None and one_alone(tie)):
                most = told
        shared = float(self._around.common[j, j])
        return most / shared if shared else 0.0

    def changed(self) -> list[Tie]:
        """The ties of others, as they are now: the article is earlier than one of the two, and says more."""
        if len(self._strangers) < 2 or self._last:
            return []
        found = []
        strangers = {other: i for i, other in self._strangers}
        for u, i in strangers.items():
            for v, tie in self._ties.of(u).items():
                j = strangers.get(v)
                if j is None or u >= v or tie.exact or not tie.shared:
                    continue
                if self._own > max(self._order[u], self._order[v]):
                    continue
                common = float(self._around.common[i, j])
                said = common / tie.shared
                if said > tie.said + 1e-6 and common >= self._around.telling[i, j]:
                    found.append(
                        tie._replace(probability=heard_more(tie.probability, tie.said, said), said=said)
                    )
        return found


def one_alone(tie: Tie) -> bool:
    """Whether two texts are one at first sight, whatever others say."""
    return tie.exact or heard_more(tie.probability, tie.said, 0.0) >= ONE_ALONE
