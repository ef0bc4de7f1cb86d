"""Step 4: what two articles are to each other, and what others say of what they share.

In the order of the archive all that is around an article is earlier than it, so nothing arrives late. That
makes the step two: first each article beside its candidates, by the texts alone (`look`); then, when it is
known which texts are one at first sight, what is said by a third (`hear`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from aggregator.dedup.board import one_at_sight
from aggregator.dedup.decide import Decision, by_titles, heard_more, judge
from aggregator.dedup.nearby import Around, Nearby
from aggregator.dedup.pairs import from_row
from aggregator.dedup.rules import Rules
from aggregator.dedup.ties import KEPT
from aggregator.dedup.views import Views
from aggregator.model import Held, Tie, TieKind


class Seen(NamedTuple):
    """A pair that two texts alone make worth keeping.

    ``alone``: the probability by the two. ``thirds``: the articles, earlier than the later of the two and not
    one text with it, that have some of what the two share, the most first; ``have``: how many shingles.
    """

    later: int
    earlier: int
    alone: float
    kind: TieKind
    shared: int
    one: bool  # one text at first sight
    thirds: tuple[int, ...]
    have: tuple[int, ...]


class _Given(Nearby):
    """Surroundings where the candidates are given, those of the same batch among them."""

    def _pool(
        self,
        arrival: Held,  # noqa: ARG002
        stored: Sequence[Held],
        by_key: Mapping[int, Sequence[Held]],  # noqa: ARG002
    ) -> list[Held]:
        return list(stored)


def look(
    articles: Sequence[Held],
    candidates: Mapping[int, Sequence[Held]],
    rules: Rules,
    views: Views | None = None,
) -> Iterator[Seen]:
    """Look at articles beside their candidates, all of them (by number) earlier in the archive.

    ``views``: kept between calls it saves unpacking the same texts again.
    """
    nearby = _Given(rules, views or Views())
    nearby.survey(articles, candidates)
    for held in articles:
        yield from _of_one(held, nearby, rules)


def _of_one(held: Held, nearby: Nearby, rules: Rules) -> Iterator[Seen]:
    around = nearby.around(held.id)
    first = {other.id: _judge(held, other, nearby, around) for other, _ in around.comparable.values()}
    one = {number for number, decision in first.items() if one_at_sight(decision)}
    numbers = np.array(around.ids, np.int64)
    strangers = ~np.isin(numbers, np.array(sorted(one), np.int64))
    place = {number: i for i, number in enumerate(around.ids)}
    for other, decision in first.items():
        them, shared = around.comparable[other]
        if abs(them.effective - held.effective) > rules.horizon or decision.alone < KEPT or decision.form:
            continue
        kind: TieKind = "version" if decision.relation == "version" else "copy"
        j = place[other]
        common = around.common[:, j]
        says = strangers & (common >= around.telling[:, j]) & (common > 0)
        says[j] = False
        if decision.signals is None:
            says[:] = False
        found = sorted(zip((-common[says]).tolist(), numbers[says].tolist(), strict=True))
        yield Seen(
            held.id, other, decision.alone, kind, shared, one_at_sight(decision),
            tuple(number for _, number in found), tuple(round(-have) for have, _ in found),
        )  # fmt: skip


def _judge(a: Held, b: Held, nearby: Nearby, around: Around) -> Decision:
    hours = (b.effective - a.effective).total_seconds() / 3600
    left, right = nearby.view(a), nearby.view(b)
    row = around.rows.get(b.id)
    if row is None:
        return by_titles(left, right, hours)
    return judge(left, right, from_row(row), hours, swapped=around.swaps.get(b.id))


def hear(seen: Seen, one: Collection[int]) -> Tie:
    """The tie of a pair. ``one``: the articles that are one text, at first sight or by an exact step, with
    the earlier of the two (more of them do not matter)."""
    most = next((have for third, have in zip(seen.thirds, seen.have, strict=True) if third not in one), 0)
    said = most / seen.shared if most else 0.0
    return Tie(seen.later, seen.earlier, heard_more(seen.alone, 0.0, said), seen.kind, seen.shared, said)
