"""The state of one batch while it is placed: who is held, who belongs to which story, what was compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.canonical import choose_text, retells
from aggregator.dedup.decide import Decision, decide
from aggregator.dedup.marks import marks
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.rules import Rules
from aggregator.dedup.screen import Screen
from aggregator.dedup.signals import SHORT, View, shared_count
from aggregator.dedup.views import Views
from aggregator.model import Held, Placement, Relation

MOST = 3  # members of a story that are asked besides its canonical; a story of forty needs no forty votes
COMPARED = 0.25  # containment from which a candidate is compared; no labelled copy is below .3
SETTLED = 0.7  # probability with the canonical text from which nobody else is asked
SAME_URL = 0.2  # containment from which two texts at one address are one article, not a page that is reused

Scope = Literal["fold", "ask", "never"]


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact step that applies: the article to join, and why."""

    join: int
    reason: str
    relation: Relation


@dataclass(frozen=True, slots=True)
class Found:
    """A story near an arrival. ``join``: its article that is most alike. ``votes``: that say "one text"."""

    story: int
    join: int
    similarity: float
    relation: Relation
    linked: Relation | None
    by_canonical: bool
    votes: int
    asked: int


@dataclass(frozen=True, slots=True)
class _Frames:
    """Which of an article's shingles the articles near it have.

    ``common``: by article (bool, one a shingle); ``by_story``: the same of whole stories; ``count``: how many
    stories have it.
    """

    common: dict[int, NDArray[np.bool_]]
    by_story: dict[int, NDArray[np.bool_]]
    count: NDArray[np.int32]


class Board:
    """What is known during one call of `place`. A story of the batch has the negative id of its founder."""

    def __init__(
        self, arrivals: Sequence[Held], neighbourhood: Neighbourhood, rules: Rules, views: Views
    ) -> None:
        self.rules = rules
        self._views = views
        self._arrivals = {held.id: held for held in arrivals}
        self._screen = Screen()
        self._reach = max(rules.horizon, rules.context)
        self._pool: list[int] = []
        self._frames: dict[int, _Frames] = {}
        self._held: dict[int, Held] = {}
        self._story: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._canonical: dict[int, int] = {}
        self._placed: dict[int, Placement] = {}
        self._founder: dict[int, int] = {}
        self._decided: dict[tuple[int, int], Decision] = {}
        self._urls: dict[str, list[int]] = defaultdict(list)
        self._texts: dict[bytes, list[int]] = defaultdict(list)
        self._keys: dict[int, list[int]] = defaultdict(list)
        self._candidates: dict[int, list[int]] = {}
        self._ask(arrivals, neighbourhood)

    def _ask(self, arrivals: Sequence[Held], neighbourhood: Neighbourhood) -> None:
        """Fetch all that the batch needs, in five questions."""
        own = {held.id for held in arrivals}
        urls = {held.url_key for held in arrivals if held.url_key}
        texts = {held.fingerprint.text_sha256 for held in arrivals if held.fingerprint.text_sha256}
        known: dict[int, Held] = {}
        for held in neighbourhood.same_url(urls) if urls else ():
            known[held.id] = held
        for held in neighbourhood.same_text(texts) if texts else ():
            known[held.id] = held
        near = neighbourhood.candidates(arrivals, self._reach, self.rules.hot_keys)
        for arrival in arrivals:
            for held in near.get(arrival.id, ()):
                known[held.id] = held
            self._candidates[arrival.id] = [
                held.id for held in near.get(arrival.id, ()) if held.id not in own
            ]
        constraints = neighbourhood.constraints({*own, *known})
        self._together = {(c.a, c.b) for c in constraints if c.together}
        self._together |= {(b, a) for a, b in self._together}
        self._apart = {(c.a, c.b) for c in constraints if not c.together}
        self._apart |= {(b, a) for a, b in self._apart}
        stories = {held.story for held in known.values() if held.story is not None}
        for story, members in (neighbourhood.members(stories) if stories else {}).items():
            for held in members:
                if held.id not in own:
                    known[held.id] = held
                    self._add(held, story)
        for held in known.values():
            if held.id in own:
                continue
            self._held[held.id] = held
            if held.id not in self._story:
                self._add(held, held.story if held.story is not None else held.id)
        for held in self._held.values():
            self._remember(held, urls, texts)

    def _add(self, held: Held, story: int) -> None:
        self._held[held.id] = held
        self._story[held.id] = story
        self._members.setdefault(story, []).append(held.id)
        if held.canonical:
            self._canonical[story] = held.id

    def _remember(self, held: Held, urls: Container[str], texts: Container[bytes]) -> None:
        if held.url_key is not None and held.url_key in urls:
            self._urls[held.url_key].append(held.id)
        if held.fingerprint.text_sha256 in texts:
            self._texts[held.fingerprint.text_sha256].append(held.id)

    # ------------------------------------------------------------------ asking

    def story_of(self, article: int) -> int:
        """Return the story that an article is of now."""
        return self._story[article]

    def corrected(self, arrival: Held) -> Exact | None:
        """A person said that this article and another are one story."""
        for a, b in sorted(self._together) if self._together else ():
            if a == arrival.id and b in self._story:
                return Exact(b, "corrected", "copy")
        return None

    def exact(self, arrival: Held, scope: Scope = "fold") -> Exact | None:
        """Same address with a compatible text, or the same text: neither knows a horizon.

        ``scope``: among those with which it may fold, or about which a person is asked.
        """
        view = self._views.of(arrival)
        if arrival.url_key:
            for other in self._oldest_first(self._urls.get(arrival.url_key, ())):
                if _scope(arrival, other) == scope and _one_article(view, self._views.of(other)):
                    same = arrival.fingerprint.text_sha256 == other.fingerprint.text_sha256
                    revised = arrival.source == other.source and not same
                    return Exact(other.id, "same-url", "version" if revised else "copy")
        for other in self._oldest_first(self._texts.get(arrival.fingerprint.text_sha256, ())):
            if _scope(arrival, other) == scope:
                return Exact(other.id, "same-text", "copy")
        return None

    def near(self, arrival: Held) -> list[Found]:
        """The stories with an article near the arrival, the most alike first."""
        self._held[arrival.id] = arrival
        self._decided.clear()
        self._frames.clear()
        self._pool = self._candidates_of(arrival)
        by_story: dict[int, list[int]] = defaultdict(list)
        for other in self._shared(arrival.id, self._pool):
            if abs(self._held[other].effective - arrival.effective) <= self.rules.horizon:
                by_story[self._story[other]].append(other)
        found = [self._compare(arrival, story, hits) for story, hits in by_story.items()]
        return sorted(found, key=lambda it: (-it.similarity, not it.by_canonical, *self._age(it.story)))

    def pair(self, arrival: Held, other: Held) -> Decision:
        """What is decided about the arrival and one other article, with what is known around the arrival."""
        self._decided.clear()
        self._frames.clear()
        self._held.update({arrival.id: arrival, other.id: other})
        self._pool = self._candidates_of(arrival)
        return self._decide(arrival, other)

    def belongs(self, arrival: Held, found: Found) -> bool:
        """Whether the arrival may join: alike the canonical or most members, in time, and allowed to."""
        return self._resembles(arrival, found) and any(
            _scope(arrival, self._held[member]) == "fold" for member in self._members[found.story]
        )

    def asks(self, arrival: Held, found: Found) -> bool:
        """Whether the arrival would join, but a person is asked first."""
        if not self._resembles(arrival, found):
            return False
        scopes = {_scope(arrival, self._held[member]) for member in self._members[found.story]}
        return "ask" in scopes and "fold" not in scopes

    def _resembles(self, arrival: Held, found: Found) -> bool:
        if not (found.by_canonical or 2 * found.votes > found.asked):
            return False
        if abs(arrival.effective - self._first(found.story)) > self.rules.horizon:
            return False
        return not self._forbidden([arrival.id], found.story)

    def agreeing(self, arrival: Held, story: int, others: Iterable[int]) -> list[int]:
        """Of the other stories that the arrival resembles: those that are one with ``story``."""
        if self._is_short(arrival):
            return []  # a title must not bridge two texts
        agreed = []
        for other in others:
            if other == story or other in agreed:
                continue
            if abs(self._first(other) - self._first(story)) > self.rules.horizon:
                continue
            if self._forbidden(self._members[other], story):
                continue
            if self._agree(story, other):
                agreed.append(other)
        return agreed

    def retells(self, arrival: Held, story: int) -> bool:
        """Whether its outlet has another text in the story already, of which this is no mere cut."""
        own = (self._held[m] for m in self._members[story] if self._held[m].source == arrival.source)
        return any(retells(arrival, other) for other in own)

    def marks(self, arrival: Held, story: int) -> tuple[str, ...]:
        """What the arrival adds to the story's canonical text, or says differently."""
        canonical = self._held[self._canonical[story]]
        return marks(self._views.of(canonical), self._views.of(arrival), self.rules.additions)

    # ------------------------------------------------------------------ deciding

    def _candidates_of(self, arrival: Held) -> list[int]:
        """The articles, stored and of this batch, that share a key with the arrival and are near in time."""
        pool = dict.fromkeys(self._candidates.get(arrival.id, ()))
        for key in arrival.fingerprint.keys:
            same = self._keys.get(key)
            if same and len(same) <= self.rules.hot_keys:
                pool.update(dict.fromkeys(same))
        pool.pop(arrival.id, None)
        recipe, held = arrival.fingerprint.recipe, self._held
        first, last = arrival.effective - self._reach, arrival.effective + self._reach
        return [
            other
            for other in pool
            if other in self._story
            and first <= held[other].effective <= last
            and held[other].fingerprint.recipe == recipe
        ]

    def _shared(self, article: int, pool: Sequence[int]) -> list[int]:
        """Those of the pool that share enough with an article to matter; notes which shingles, by story."""
        view = self._views.of(self._held[article])
        views = [self._views.of(self._held[other]) for other in pool]
        passed = self._screen.pass_through(view, views)
        by_story: dict[int, NDArray[np.bool_]] = {}
        enough: list[int] = []
        for i, common in passed.items():
            story = self._story[pool[i]]
            by_story[story] = by_story[story] | common if story in by_story else common
            if np.count_nonzero(common) >= COMPARED * min(len(common), len(views[i].shingles)):
                enough.append(pool[i])
        count = np.zeros(len(view.shingles), np.int32)
        for common in by_story.values():
            count += common
        self._frames[article] = _Frames({pool[i]: common for i, common in passed.items()}, by_story, count)
        return enough

    def _around(self, article: int) -> _Frames:
        """What is known around an article; the pool is that of the arrival."""
        if article not in self._frames:
            self._shared(article, [other for other in self._pool if other != article])
        return self._frames[article]

    def _compare(self, arrival: Held, story: int, hits: Sequence[int]) -> Found:
        """Compare with a story: its canonical first; the others only where that does not settle it."""
        canonical = self._canonical[story]
        asked = [canonical]
        decisions = {canonical: self._decide(arrival, self._held[canonical])}
        if decisions[canonical].probability < SETTLED:
            asked = list(dict.fromkeys([canonical, *hits]))[: MOST + 1]
            decisions = {other: self._decide(arrival, self._held[other]) for other in asked}
        limit = {other: self._threshold(arrival, self._held[other]) for other in asked}
        yes = [other for other in asked if decisions[other].probability >= limit[other]]
        # Members that share too little to be compared vote no.
        voters = max(len(asked), min(len(self._members[story]), MOST + 1))
        best = max(asked, key=lambda other: (decisions[other].probability, other == canonical, -other))
        similarity = decisions[canonical].probability
        if canonical not in yes:
            similarity = max(similarity, sum(d.probability for d in decisions.values()) / voters)
        linked = decisions[best].linked
        if linked is None and decisions[best].probability >= limit[best]:
            linked = "related"
        relation: Relation = "version" if decisions[best].relation == "version" else "copy"
        return Found(story, best, similarity, relation, linked, canonical in yes, len(yes), voters)

    def _decide(self, a: Held, b: Held) -> Decision:
        key = (a.id, b.id) if a.id < b.id else (b.id, a.id)
        known = self._decided.get(key)
        if known is None:
            hours = (b.effective - a.effective).total_seconds() / 3600
            views = self._views.of(a), self._views.of(b)
            around = self._around(a.id)
            elsewhere = around.count
            for story in {self._story.get(a.id, a.story), self._story.get(b.id, b.story)}:
                if story in around.by_story:
                    elsewhere = elsewhere - around.by_story[story]
            known = decide(*views, hours, a.source == b.source, elsewhere, around.common.get(b.id))
            self._decided[key] = known
        return known

    def _agree(self, story: int, other: int) -> bool:
        """Both canonicals are one text, and most of the pairs across are."""
        a, b = self._held[self._canonical[story]], self._held[self._canonical[other]]
        left = [i for i in self._sample(story) if not self._is_short(self._held[i])]
        right = [i for i in self._sample(other) if not self._is_short(self._held[i])]
        if not left or not right:
            return False
        pairs = [(self._held[i], self._held[j]) for i in left for j in right]
        yes = sum(self._decide(i, j).probability >= self._threshold(i, j) for i, j in pairs)
        if 2 * yes > len(pairs):
            return True
        return 2 * yes == len(pairs) and self._decide(a, b).probability >= self._threshold(a, b)

    def _sample(self, story: int) -> list[int]:
        return list(dict.fromkeys([self._canonical[story], *self._members[story]]))[:5]

    def _threshold(self, a: Held, b: Held) -> float:
        own = [fold for fold in (a.fold.threshold, b.fold.threshold) if fold is not None]
        return max(own) if own else self.rules.threshold

    def _forbidden(self, articles: Iterable[int], story: int) -> bool:
        return bool(self._apart) and any(
            (article, member) in self._apart for article in articles for member in self._members[story]
        )

    def _is_short(self, held: Held) -> bool:
        return len(self._views.of(held).body) < SHORT

    def _first(self, story: int) -> datetime:
        return min(self._held[member].effective for member in self._members[story])

    def _age(self, story: int) -> tuple[float, int]:
        return self._first(story).timestamp(), abs(story)

    def _oldest_first(self, articles: Iterable[int]) -> list[Held]:
        held = [self._held[article] for article in articles if article in self._story]
        return sorted(held, key=lambda it: (it.effective, it.source, it.guid, it.id))

    # ------------------------------------------------------------------ changing

    def found(self, placement: Placement) -> None:
        """Make the arrival the first article of a new story."""
        arrival = self._arrive(placement)
        self._founder[arrival.id] = arrival.id
        self._add(arrival, arrival.id)
        self._canonical[arrival.id] = arrival.id

    def join(self, placement: Placement, merged: Sequence[int]) -> None:
        """Put the arrival into the story of ``placement.join``, and the ``merged`` stories with it."""
        assert placement.join is not None
        arrival = self._arrive(placement)
        story = self._story[placement.join]
        self._add(arrival, story)
        stories = [story, *merged]
        stored = sorted(s for s in stories if s not in self._founder)
        # A story of this batch is not stored yet: its founder joins what it is merged with instead.
        survivor = stored[0] if stored else min(stories, key=self._placed_at)
        for other in stories:
            if other == survivor:
                continue
            if other in self._founder:
                self._redirect(other, survivor)
            for member in self._members.pop(other):
                self._story[member] = survivor
                self._members[survivor].append(member)
            self._canonical.pop(other)
        if len(stored) > 1:
            self._placed[arrival.id] = replace(placement, merges=tuple(stored))
        members = [self._held[member] for member in self._members[survivor]]
        self._canonical[survivor] = choose_text(members, self.rules, self._canonical[survivor])

    def _redirect(self, founder: int, survivor: int) -> None:
        anchors = [m for m in self._members[survivor] if m not in self._placed]
        anchor = self._canonical[survivor] if self._canonical[survivor] in anchors else None
        join = anchor if anchor is not None else (anchors[0] if anchors else survivor)
        pair = self._decide(self._held[founder], self._held[join])
        relation: Relation = "version" if pair.relation == "version" else "copy"
        self._placed[founder] = replace(
            self._placed[founder],
            join=join,
            relation=relation,
            similarity=pair.probability,
            reason=relation,
            marks=marks(
                self._views.of(self._held[join]), self._views.of(self._held[founder]), self.rules.additions
            ),
        )
        del self._founder[founder]

    def _placed_at(self, story: int) -> int:
        return list(self._placed).index(self._founder[story])

    def _arrive(self, placement: Placement) -> Held:
        self._placed[placement.article] = placement
        arrival = self._arrivals[placement.article]
        self._held[arrival.id] = arrival
        if arrival.url_key:
            self._urls[arrival.url_key].append(arrival.id)
        if arrival.fingerprint.text_sha256:
            self._texts[arrival.fingerprint.text_sha256].append(arrival.id)
        for key in arrival.fingerprint.keys:
            self._keys[key].append(arrival.id)
        return arrival

    def placements(self) -> list[Placement]:
        """The placements so far, in the order in which they were made."""
        return list(self._placed.values())


def _scope(a: Held, b: Held) -> Scope:
    """Whether two articles may be folded into one story, by the settings of their sources (`Fold`)."""
    for fold in (a.fold, b.fold):
        if fold.scope == "never":
            return "never"
        if fold.scope == "group" and a.group != b.group:
            return "never"
        if fold.scope == "other" and a.source == b.source:
            return "never"
    return "ask" if "ask" in (a.fold.scope, b.fold.scope) else "fold"


def _one_article(a: View, b: View) -> bool:
    """Texts at one address: alike enough, or too short to contradict."""
    smaller = min(len(a.shingles), len(b.shingles))
    if min(len(a.body), len(b.body)) < SHORT:
        return True
    return shared_count(a.shingles, b.shingles) >= SAME_URL * smaller
