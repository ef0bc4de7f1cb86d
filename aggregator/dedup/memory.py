"""A `Neighbourhood` in memory, for archives and tests: what a store does, without keeping anything.

It is also the reference for stores: `Memory.apply` says what applying placements means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from aggregator.dedup.canonical import choose_text
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.dedup.ties import Ties
from aggregator.dedup.views import Views
from aggregator.model import Held, Placement, Plan, Tie

SWEEP = 1_000  # forgotten articles that the candidate index holds at least before it is swept


class Memory:
    """Articles and stories by number, both from 1 in the order in which they came.

    ``forget``: articles that are older than horizon or context before the newest arrival are dropped from the
    candidate index (they stay findable by address and text). Use it only where arrivals come in time order.
    """

    def __init__(self, rules: Rules, *, forget: bool = False, constraints: Sequence[Constraint] = ()) -> None:
        self.rules = rules
        self.articles: dict[int, Held] = {}
        self.stories: dict[int, list[int]] = {}
        self.merged: dict[int, int] = {}  # a story that is no more → the story that it became part of
        self.placements: dict[int, Placement] = {}
        self._constraints = list(constraints)
        self._ties = Ties()
        self._forget = forget
        self._urls: dict[str, list[int]] = defaultdict(list)
        self._texts: dict[bytes, list[int]] = defaultdict(list)
        self._latest: dict[int, int] = {}  # key → the newest article that has it
        self._earlier: dict[int, dict[int, int]] = {}  # article → by key, the one before it (if any)
        self._oldest = 1  # the first article that is still a candidate; those before it are forgotten
        self._swept = 1  # the first article of which the index may still hold something

    # ------------------------------------------------------------------ Neighbourhood

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        """Articles with one of these canonical addresses."""
        return [self.articles[i] for key in url_keys for i in self._urls.get(key, ())]

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        """The first article of each of these texts."""
        return [self.articles[i] for text in text_sha256s for i in self._texts.get(text, ())[:1]]

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        """Articles that share a key, within the horizon; keys that too many share make none."""
        return {arrival.id: self._near(arrival, horizon, hot_keys) for arrival in arrivals}

    def _near(self, arrival: Held, horizon: timedelta, hot_keys: int) -> list[Held]:
        recipe, effective = arrival.fingerprint.recipe, arrival.effective
        comparable: dict[int, bool] = {}  # most that share a key share several: each is looked at once
        near: set[int] = set()
        for key in arrival.fingerprint.keys:
            shared: list[int] = []
            i = self._latest.get(key, 0)
            while i >= self._oldest:  # the newest first: hot keys end early
                known = comparable.get(i)
                if known is None:
                    held = self.articles[i]
                    apart = abs(held.effective - effective)
                    known = comparable[i] = held.fingerprint.recipe == recipe and apart <= horizon
                if known:
                    shared.append(i)
                    if len(shared) > hot_keys:
                        break
                i = self._earlier[i].get(key, 0)
            else:
                near.update(shared)
        return [self.articles[i] for i in sorted(near)]

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        """All articles of each of these stories."""
        return {story: [self.articles[i] for i in self.stories[story]] for story in stories}

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        """The corrections that name one of these articles."""
        return [c for c in self._constraints if c.a in articles or c.b in articles]

    def ties(self, articles: Collection[int]) -> Sequence[Tie]:
        """The decided pairs of these articles."""
        return [
            tie
            for article in articles
            for other, tie in self._ties.of(article).items()
            if article < other or other not in articles
        ]

    def by_ids(self, ids: Collection[int]) -> Sequence[Held]:
        """These articles."""
        return [self.articles[i] for i in ids]

    # ------------------------------------------------------------------ applying

    def apply(self, arrivals: Sequence[Held], plan: Plan, views: Views | None = None) -> dict[int, int]:
        """Store arrivals as placed. Returns the id that each got, by its (negative) id in the batch."""
        held = {arrival.id: arrival for arrival in arrivals}
        numbers: dict[int, int] = {}  # of the new stories

        def number(story: int) -> int:
            if story < 0 and story not in numbers:
                numbers[story] = len(self.stories) + len(self.merged) + 1
                self.stories[numbers[story]] = []
            return numbers.get(story, story)

        ids: dict[int, int] = {}
        touched: set[int] = set()
        for placement in plan.placements:
            article = ids[placement.article] = len(self.articles) + 1
            if views is not None:
                views.rename(placement.article, article)
            story = number(placement.story)
            arrival = held[placement.article].placed(story, placement.reason, number=article)
            self.articles[article] = arrival
            self.stories[story].append(article)
            self.placements[article] = placement
            self._index(arrival)
            touched.add(story)
        for move in plan.moves:
            touched |= {self.articles[move.article].story or 0, number(move.story)}
            self._move(move.article, number(move.story), move.reason)
            self.placements[move.article] = replace(
                self.placements[move.article],
                story=number(move.story),
                relation=move.relation,
                similarity=move.similarity,
                reason=move.reason,
            )
        for old, now in plan.merged.items():
            for article in list(self.stories[old]):
                self._move(article, number(now), self.articles[article].reason)
            del self.stories[old]
            self.merged[old] = number(now)
            touched.add(number(now))
        self._ties.add(tie._replace(a=ids.get(tie.a, tie.a), b=ids.get(tie.b, tie.b)) for tie in plan.ties)
        for story in touched & self.stories.keys():
            self._choose(story)
        return ids

    def _move(self, article: int, story: int, reason: str) -> None:
        held = self.articles[article]
        assert held.story is not None
        self.stories[held.story].remove(article)
        self.stories[story].append(article)
        canonical = held.canonical and held.story == story
        self.articles[article] = held.placed(story, reason, canonical=canonical)

    def current(self, story: int) -> int:
        """The story that a story is now, after merges."""
        while story in self.merged:
            story = self.merged[story]
        return story

    def _choose(self, story: int) -> None:
        members = [self.articles[i] for i in self.stories[story]]
        now = next((held.id for held in members if held.canonical), None)
        best = choose_text(members, self.rules, now)
        if best != now:
            if now is not None:
                self.articles[now] = replace(self.articles[now], canonical=False)
            self.articles[best] = replace(self.articles[best], canonical=True)

    def _index(self, held: Held) -> None:
        if held.url_key:
            self._urls[held.url_key].append(held.id)
        if held.fingerprint.text_sha256:
            self._texts[held.fingerprint.text_sha256].append(held.id)
        latest = self._latest
        earlier = self._earlier[held.id] = {}
        for key in set(held.fingerprint.keys):
            before = latest.get(key)
            if before is not None:
                earlier[key] = before
            latest[key] = held.id
        if self._forget:
            self._drop(held)

    def _drop(self, newest: Held) -> None:
        """Forget what the newest article is too far from. The index is swept when it may be half of it."""
        reach = max(self.rules.horizon, self.rules.context)
        while newest.effective - self.articles[self._oldest].effective > reach:
            self._oldest += 1
        if self._oldest - self._swept > SWEEP + newest.id - self._oldest:
            self._latest = {key: i for key, i in self._latest.items() if i >= self._oldest}
            for i in range(self._swept, self._oldest):
                del self._earlier[i]
            self._swept = self._oldest
