"""What is known during one call of `place`: who is near, of which story, and what is decided about pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from aggregator.dedup.bounds import Bounds, Scope, scope
from aggregator.dedup.decide import MODEL, Decision, by_titles, heard, heard_more, judge, judged
from aggregator.dedup.hearsay import ONE_ALONE, Said
from aggregator.dedup.marks import marks
from aggregator.dedup.nearby import Around, Nearby
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.pairs import from_row, measure
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import SHORT, View, shared_count
from aggregator.dedup.ties import KEPT, Ties
from aggregator.dedup.views import Views
from aggregator.model import Held, Tie, TieKind

SAME_URL = 0.2  # containment from which two texts at one address are one article, not a page that is reused


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about an arrival: by the other article's id; the ties that are kept of it, and those
    of other articles that it changed: it said before what they share."""

    pairs: dict[int, Decision]
    ties: list[Tie]
    changed: list[Tie]


class Board:
    """The articles at hand: ``held`` by id, ``stories`` as they are stored, ``ties`` between them."""

    def __init__(
        self, arrivals: Sequence[Held], neighbourhood: Neighbourhood, rules: Rules, views: Views
    ) -> None:
        self.rules = rules
        self.held: dict[int, Held] = {}
        self.stories: dict[int, list[int]] = {}
        self.ties = Ties()
        self._own = {held.id for held in arrivals}
        self._neighbourhood = neighbourhood
        self._nearby = Nearby(rules, views)
        self._urls: dict[str | None, list[int]] = defaultdict(list)
        self._texts: dict[bytes, list[int]] = defaultdict(list)
        self._weighed: dict[int, dict[int, tuple[list[float], float]]] = {}
        self._ask(arrivals)
        self._weigh(arrivals)

    def _ask(self, arrivals: Sequence[Held]) -> None:
        """Fetch all that the batch needs, in six questions."""
        urls = {held.url_key for held in arrivals if held.url_key}
        texts = {held.fingerprint.text_sha256 for held in arrivals if held.fingerprint.text_sha256}
        known: dict[int, Held] = {}
        for held in self._neighbourhood.same_url(urls) if urls else ():
            known[held.id] = held
        for held in self._neighbourhood.same_text(texts) if texts else ():
            known[held.id] = held
        reach = max(self.rules.horizon, self.rules.context)
        near = {
            arrival: [held for held in found if held.id not in self._own]
            for arrival, found in self._neighbourhood.candidates(arrivals, reach, self.rules.hot_keys).items()
        }
        for found in near.values():
            for held in found:
                known[held.id] = held
        self.take(known.values())
        self.held.update((held.id, held) for held in arrivals)
        self.bounds = Bounds(self.rules, self._neighbourhood.constraints(self.held.keys()))
        for held in self.held.values():
            if held.id in self._own:
                continue
            if held.url_key in urls:
                self._urls[held.url_key].append(held.id)
            if held.fingerprint.text_sha256 in texts:
                self._texts[held.fingerprint.text_sha256].append(held.id)
        self._asking = any(held.fold.scope == "ask" for held in self.held.values())
        self._nearby.survey(arrivals, near)

    def take(self, known: Iterable[Held]) -> None:
        """Take stored articles, all others of their stories, and the ties of all of them."""
        fresh = {held.id: held for held in known if held.id not in self._own and held.id not in self.held}
        if not fresh:
            return
        stories = {held.story for held in fresh.values()}
        unknown = {story for story in stories if story is not None and story not in self.stories}
        for story, members in (self._neighbourhood.members(unknown) if unknown else {}).items():
            ids = self.stories[story] = []
            for held in members:
                if held.id not in self._own:
                    ids.append(held.id)
                    fresh[held.id] = held
        if None in stories:  # handed to `compare` without a story
            for held in fresh.values():
                if held.story is None:
                    self.stories.setdefault(held.id, [held.id])
        self.held.update(fresh)
        self.ties.add(self._neighbourhood.ties(fresh.keys()))

    def reach(self, articles: Collection[int]) -> bool:
        """Take what these articles are tied to and is not at hand, which may turn out to be nothing."""
        at_hand = self.held
        unknown = {
            other
            for article in articles
            for other, tie in self.ties.of(article).items()
            if other not in at_hand and (tie.exact or tie.probability >= self.rules.threshold)
        }
        if unknown:
            self.take(self._neighbourhood.by_ids(unknown))
        return bool(unknown)

    # ------------------------------------------------------------------ deciding

    def _weigh(self, arrivals: Sequence[Held]) -> None:
        """Weigh the signals of all pairs of the batch at once."""
        pairs = [(held.id, around.rows) for held in arrivals if (around := self._nearby.around(held.id)).rows]
        if pairs:
            table = np.array([row for _, rows in pairs for row in rows.values()])
            weighed = zip(table.tolist(), MODEL.probabilities(table), strict=True)
            for arrival, rows in pairs:
                self._weighed[arrival] = {other: next(weighed) for other in rows}

    def decide(self, arrival: Held) -> Decided:
        """Decide the arrival's pairs with all that is near; what matters of them is tied."""
        around = self._nearby.around(arrival.id)
        pairs: dict[int, Decision] = {}
        ties: list[Tie] = []
        changed: list[Tie] = []
        if around.ids:
            first = self._first(arrival, around)
            one = {i for i, each in first.items() if one_at_sight(each)}
            said = Said(around, self.held, arrival, one, self.ties)
            horizon = self.rules.horizon.total_seconds() / 3600
            for i, each in first.items():
                if abs(each.hours) <= horizon:
                    others = said.before(i)
                    pairs[i] = heard(each, others)
                    if each.alone >= KEPT and not each.form:
                        shared = around.comparable[i][1]
                        ties.append(_tie(arrival.id, i, each, 0.0 if each.row is None else others, shared))
            changed = said.changed()
        exact = self.exact(arrival)
        if exact is not None:
            ties.append(exact)
        self.ties.add(changed)
        self.ties.add(ties)
        if arrival.url_key:
            self._urls[arrival.url_key].append(arrival.id)
        if arrival.fingerprint.text_sha256:
            self._texts[arrival.fingerprint.text_sha256].append(arrival.id)
        return Decided(pairs, ties, changed)

    def _first(self, arrival: Held, around: Around) -> dict[int, Decision]:
        """What the arrival and each that it is compared with are by the two texts alone."""
        weighed = self._weighed.get(arrival.id, {})
        view = self._nearby.view(arrival)
        found: dict[int, Decision] = {}
        for i, (other, _) in around.comparable.items():
            hours = _hours(arrival, other)
            if i in weighed:
                row, probability = weighed[i]
                them, swapped = self._nearby.view(other), around.swaps.get(i)
                found[i] = judged(view, them, row, probability, hours, swapped)
            else:
                found[i] = by_titles(view, self._nearby.view(other), hours)
        return found

    def exact(self, arrival: Held, wanted: Scope = "fold") -> Tie | None:
        """Same address with a compatible text, or the same text: neither knows a horizon.

        ``wanted``: among those with which it may fold, or about which a person is asked.
        """
        if wanted == "ask" and not self._asking:
            return None
        digest = arrival.fingerprint.text_sha256
        urls, texts = self._urls.get(arrival.url_key), self._texts.get(digest)
        for other in self._oldest_first(urls) if urls else ():
            alike = scope(arrival, other) == wanted
            if alike and one_article(self._nearby.view(arrival), self._nearby.view(other)):
                revised = arrival.source == other.source and digest != other.fingerprint.text_sha256
                return Tie(arrival.id, other.id, 1.0, "same-url-version" if revised else "same-url")
        for other in self._oldest_first(texts) if texts else ():
            if scope(arrival, other) == wanted:
                return Tie(arrival.id, other.id, 1.0, "same-text")
        return None

    def pair(self, arrival: Held, other: Held) -> Decision:
        """What is decided about the arrival and one other article, with what is known around the arrival."""
        self.held[other.id] = other
        around = self._nearby.around(arrival.id)
        row = around.rows.get(other.id)
        if row is None and (pair := self._nearby.pair(arrival, other)) is not None:
            row = measure([pair])[0]
        views, hours = (self._nearby.view(arrival), self._nearby.view(other)), _hours(arrival, other)
        first = by_titles(*views, hours) if row is None else judge(*views, from_row(row), hours)
        tie = self.ties.between(arrival.id, other.id)
        if tie is not None and not tie.exact:
            return heard(first, tie.said)
        decided = self.decide(arrival).pairs.get(other.id)
        return first if decided is None or decided.signals is None else heard(first, 1 - decided.signals.own)

    def marks(self, text: int, article: int) -> tuple[str, ...]:
        """What an article adds to the text that speaks for its story, or says differently."""
        shown, held = self.held[text], self.held[article]
        if text == article or shown.fingerprint.recipe != held.fingerprint.recipe:
            return ()
        return marks(self._nearby.view(shown), self._nearby.view(held), self.rules.additions)

    def _oldest_first(self, articles: Iterable[int]) -> list[Held]:
        held = [self.held[article] for article in articles]
        if len(held) > 1:
            held.sort(key=attrgetter("effective", "source", "guid", "id"))
        return held


def one_article(a: View, b: View) -> bool:
    """Texts at one address: alike enough, or too short to contradict."""
    smaller = min(len(a.shingles), len(b.shingles))
    if min(len(a.body), len(b.body)) < SHORT:
        return True
    return shared_count(a.shingles, b.shingles) >= SAME_URL * smaller


def _tie(arrival: int, other: int, decision: Decision, said: float, shared: int) -> Tie:
    """What is kept of a decision by two texts alone, with what others say."""
    kind: TieKind = "version" if decision.relation == "version" else "copy"
    return Tie(arrival, other, heard_more(decision.alone, 0.0, said), kind, shared, said)


def _hours(a: Held, b: Held) -> float:
    """From the one's effective time to the other's."""
    return (b.effective - a.effective).total_seconds() / 3600


def one_at_sight(decision: Decision) -> bool:
    """Whether two texts are one at first sight, whatever others say."""
    return decision.alone >= ONE_ALONE and not decision.form
