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
from aggregator.dedup.decide import Decision, by_titles, judge
from aggregator.dedup.marks import marks
from aggregator.dedup.nearby import Around, Frames, Nearby
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.pairs import Pair, from_row, measure
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import SHORT, View, framed, shared_count, within
from aggregator.dedup.views import Views
from aggregator.model import Held, Placement, Relation

MOST = 3  # members of a story that are asked besides its canonical; a story of forty needs no forty votes
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


class Board:
    """What is known during one call of `place`. A story of the batch has the negative id of its founder."""

    def __init__(
        self, arrivals: Sequence[Held], neighbourhood: Neighbourhood, rules: Rules, views: Views
    ) -> None:
        self.rules = rules
        self._arrivals = {held.id: held for held in arrivals}
        self._nearby = Nearby(rules, views)
        self._frames: dict[int, Frames] = {}
        self._others: dict[int, Around] = {}
        self._arrival = 0  # the id of the one that is being placed
        self._held: dict[int, Held] = {}
        self._story: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._canonical: dict[int, int] = {}
        self._placed: dict[int, Placement] = {}
        self._founder: dict[int, int] = {}
        self._decided: dict[tuple[int, int], Decision] = {}
        self._urls: dict[str, list[int]] = defaultdict(list)
        self._texts: dict[bytes, list[int]] = defaultdict(list)
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
        reach = max(self.rules.horizon, self.rules.context)
        near = {
            arrival: [held for held in found if held.id not in own]
            for arrival, found in neighbourhood.candidates(arrivals, reach, self.rules.hot_keys).items()
        }
        for found in near.values():
            for held in found:
                known[held.id] = held
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
        self._nearby.survey(arrivals, near)

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
        view = self._nearby.view(arrival)
        if arrival.url_key:
            for other in self._oldest_first(self._urls.get(arrival.url_key, ())):
                if _scope(arrival, other) == scope and _one_article(view, self._nearby.view(other)):
                    same = arrival.fingerprint.text_sha256 == other.fingerprint.text_sha256
                    revised = arrival.source == other.source and not same
                    return Exact(other.id, "same-url", "version" if revised else "copy")
        for other in self._oldest_first(self._texts.get(arrival.fingerprint.text_sha256, ())):
            if _scope(arrival, other) == scope:
                return Exact(other.id, "same-text", "copy")
        return None

    def near(self, arrival: Held) -> list[Found]:
        """The stories with an article near the arrival, the most alike first."""
        self._turn_to(arrival)
        by_story: dict[int, list[int]] = defaultdict(list)
        for other in self._nearby.around(arrival.id).comparable:
            if abs(self._held[other].effective - arrival.effective) <= self.rules.horizon:
                by_story[self._story[other]].append(other)
        found = [self._compare(arrival, story, hits) for story, hits in by_story.items()]
        return sorted(found, key=lambda it: (-it.similarity, not it.by_canonical, *self._age(it.story)))

    def pair(self, arrival: Held, other: Held) -> Decision:
        """What is decided about the arrival and one other article, with what is known around the arrival."""
        self._turn_to(arrival)
        self._held[other.id] = other
        return self._decide(arrival, other)

    def _turn_to(self, arrival: Held) -> None:
        self._held[arrival.id] = arrival
        self._arrival = arrival.id
        self._decided.clear()
        self._frames.clear()
        self._others.clear()

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
        return marks(self._nearby.view(canonical), self._nearby.view(arrival), self.rules.additions)

    # ------------------------------------------------------------------ deciding

    def _compare(self, arrival: Held, story: int, hits: Sequence[int]) -> Found:
        """Compare with a story: its canonical first; the others only where that does not settle it.

        Members that share too little to be compared, the canonical among them, vote no.
        """
        canonical = self._canonical[story]
        asked = [canonical] if canonical in hits else []
        decisions = [self._decide(arrival, self._held[other]) for other in asked]
        if not decisions or decisions[0].probability < SETTLED:
            asked += [other for other in hits if other != canonical][:MOST]
            decisions = self._decide_all([(arrival, self._held[other]) for other in asked])
        similarity = decisions[0].probability if asked[0] == canonical else 0.0
        limits = [self._threshold(arrival, self._held[other]) for other in asked]
        yes = [d.probability >= limit for d, limit in zip(decisions, limits, strict=True)]
        by_canonical = yes[0] and asked[0] == canonical
        voters = max(len(asked), min(len(self._members[story]), MOST + 1))
        if not by_canonical:
            similarity = max(similarity, sum(d.probability for d in decisions) / voters)
        i = max(range(len(asked)), key=lambda i: (decisions[i].probability, asked[i] == canonical, -asked[i]))
        best = decisions[i]
        return Found(
            story=story,
            join=asked[i],
            similarity=similarity,
            relation="version" if best.relation == "version" else "copy",
            linked="related" if best.linked is None and yes[i] else best.linked,
            by_canonical=by_canonical,
            votes=sum(yes),
            asked=voters,
        )

    def _decide(self, a: Held, b: Held) -> Decision:
        return self._decide_all([(a, b)])[0]

    def _decide_all(self, pairs: Sequence[tuple[Held, Held]]) -> list[Decision]:
        """Decide pairs with what is known around the arrival; what was not measured yet is, at once."""
        keys = [(a.id, b.id) if a.id < b.id else (b.id, a.id) for a, b in pairs]
        open_pairs = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._decided}
        rows: dict[tuple[int, int], NDArray[np.float64]] = {}
        unmeasured: dict[tuple[int, int], Pair] = {}
        for key, (a, b) in open_pairs.items():
            around = self._around(a)
            if b.id in around.rows:
                rows[key] = around.rows[b.id]
            elif (pair := self._nearby.pair(a, b)) is not None:
                unmeasured[key] = pair
        if unmeasured:
            rows.update(zip(unmeasured, measure(list(unmeasured.values())), strict=True))
        for key, (a, b) in open_pairs.items():
            self._decided[key] = self._judge(a, b, rows.get(key))
        return [self._decided[key] for key in keys]

    def _judge(self, a: Held, b: Held, row: NDArray[np.float64] | None) -> Decision:
        hours = (b.effective - a.effective).total_seconds() / 3600
        left, right = self._nearby.view(a), self._nearby.view(b)
        if row is None:
            return by_titles(left, right, hours)
        stories = [self._story.get(a.id, a.story), self._story.get(b.id, b.story)]
        common = self._around(a).common.get(b.id)
        if common is None:
            common = within(left.shingles, right.shingles)
        smaller = min(len(left.shingles), len(right.shingles))
        frame = framed(
            common, self._framing(a).elsewhere({story for story in stories if story is not None}), smaller
        )
        return judge(left, right, from_row(row, frame), hours)

    def _around(self, held: Held) -> Around:
        if held.id == self._arrival:
            return self._nearby.around(held.id)
        if held.id not in self._others:
            self._others[held.id] = self._nearby.around_near(held, self._arrival)
        return self._others[held.id]

    def _framing(self, held: Held) -> Frames:
        if held.id not in self._frames:
            self._frames[held.id] = Frames(self._around(held), self._story.__getitem__)
        return self._frames[held.id]

    def _agree(self, story: int, other: int) -> bool:
        """Both canonicals are one text, and most of the pairs across are. Pairs that may not fold say no."""
        a, b = self._held[self._canonical[story]], self._held[self._canonical[other]]
        left = [i for i in self._sample(story) if not self._is_short(self._held[i])]
        right = [i for i in self._sample(other) if not self._is_short(self._held[i])]
        if not left or not right:
            return False
        pairs = [(self._held[i], self._held[j]) for i in left for j in right]
        decisions = zip(pairs, self._decide_all(pairs), strict=True)
        yes = sum(self._folds(i, j, decision) for (i, j), decision in decisions)
        if 2 * yes > len(pairs):
            return True
        return 2 * yes == len(pairs) and self._folds(a, b, self._decide(a, b))

    def _folds(self, a: Held, b: Held, decision: Decision) -> bool:
        return _scope(a, b) == "fold" and decision.probability >= self._threshold(a, b)

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
        return len(self._nearby.view(held).body) < SHORT

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
                self._nearby.view(self._held[join]),
                self._nearby.view(self._held[founder]),
                self.rules.additions,
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
