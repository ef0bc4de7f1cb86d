"""Stories out of decided pairs, article by article in the order of time: equal pairs give equal stories.

An article joins the story that it resembles best, by the story's head (the article that speaks for it by the
policy) or by most of its members, so that no chain leads from one story to another through a document in the
middle. Where it resembles two stories, these are merged only if they agree between themselves. No text is
compared here: a pair without a tie is no pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from aggregator.dedup.canonical import choose_text, retells
from aggregator.dedup.evidence import body_tokens
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import SHORT
from aggregator.dedup.ties import Ties
from aggregator.model import Held, Relation, Tie

MOST: Final = 4  # members of a story that vote; a story of forty needs no forty votes
SAMPLE: Final = 5  # members of each of two stories that are asked whether these are one

Scope = Literal["fold", "ask", "never"]
Order = tuple[datetime, str, str, str, bytes, int]


@dataclass(frozen=True, slots=True)
class Step:
    """How an article came into its story.

    ``join``: the article there that is most alike, None: it is the first.
    """

    article: int
    join: int | None
    relation: Relation
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Near:
    """A story near an article. ``votes`` of ``voters`` members say "one text"."""

    story: int
    join: int
    similarity: float
    relation: Relation
    by_head: bool
    votes: int
    voters: int


class Bounds:
    """What people and settings say of pairs: corrections, and how sources may be folded."""

    def __init__(self, rules: Rules, constraints: Iterable[Constraint] = ()) -> None:
        self.rules = rules
        self._together: dict[int, set[int]] = defaultdict(set)
        self._apart: dict[int, set[int]] = defaultdict(set)
        for each in constraints:
            of = self._together if each.together else self._apart
            of[each.a].add(each.b)
            of[each.b].add(each.a)

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
        own = [fold for fold in (a.fold.threshold, b.fold.threshold) if fold is not None]
        return max(own) if own else self.rules.threshold

    def one(self, a: Held, b: Held, tie: Tie) -> bool:
        """Whether a tie says that the two are one text."""
        return tie.exact or (not tie.framed and tie.probability >= self.threshold(a, b))


class Assembly:
    """The stories of some articles, as they become. Stored stories have their ids, new ones -1, -2, …"""

    def __init__(self, held: Mapping[int, Held], ties: Ties, bounds: Bounds) -> None:
        self.story: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self._held = held
        self._ties = ties
        self._bounds = bounds
        self._heads: dict[int, int] = {}
        self._firsts: dict[int, datetime] = {}
        self._made = 0

    def seed(self, story: int, members: Iterable[int]) -> None:
        """Take a story as it is stored."""
        self.members[story] = list(members)
        self.story.update((member, story) for member in self.members[story])

    def add(self, article: int) -> Step:
        """Put the next article into its story."""
        held = self._held[article]
        near = self.near(held)
        step = self._exact(held)
        if step is None:
            joinable = [found for found in near if self.belongs(held, found)]
            if joinable:
                best = joinable[0]
                step = Step(article, best.join, best.relation, best.similarity, best.relation)
        if step is None:
            self._made -= 1
            self._put(article, self._made)
            return Step(article, None, "original", 1.0, "first")
        assert step.join is not None
        story = self.story[step.join]
        merged = self._agreeing(held, story, [found.story for found in near if found.votes])
        if step.reason == "copy" and self._retells(held, story):
            step = Step(article, step.join, "version", step.similarity, "version")
        self._put(article, story)
        for other in merged:
            self._merge(other, self.story[article])
        return step

    def near(self, held: Held) -> list[Near]:
        """The stories with an article that is tied to this one within the horizon, the most alike first."""
        by_story: dict[int, list[tuple[Held, Tie]]] = defaultdict(list)
        horizon = self._bounds.rules.horizon
        for other, tie in self._ties.of(held.id).items():
            story = self.story.get(other)
            if story is not None and other != held.id:
                them = self._held[other]
                if abs(them.effective - held.effective) <= horizon:
                    by_story[story].append((them, tie))
        found = [self._vote(held, story, tied) for story, tied in by_story.items()]
        if len(found) > 1:
            found.sort(key=lambda it: (-it.similarity, not it.by_head, *self._age(it.story)))
        return found

    def belongs(self, held: Held, found: Near) -> bool:
        """Whether an article may join: alike the head or most members, in time, and allowed to."""
        return self.resembles(held, found) and any(
            scope(held, self._held[member]) == "fold" for member in self.members[found.story]
        )

    def asks(self, held: Held, found: Near) -> bool:
        """Whether an article would join, but a person is asked first."""
        if not self.resembles(held, found):
            return False
        scopes = {scope(held, self._held[member]) for member in self.members[found.story]}
        return "ask" in scopes and "fold" not in scopes

    def resembles(self, held: Held, found: Near) -> bool:
        """Whether an article is of a story, by its text, in time, and no person said otherwise."""
        if not (found.by_head or 2 * found.votes > found.voters):
            return False
        if abs(held.effective - self._first(found.story)) > self._bounds.rules.horizon:
            return False
        return not self._bounds.forbidden([held.id], self.members[found.story])

    # ------------------------------------------------------------------ asking

    def _exact(self, held: Held) -> Step | None:
        said = [other for other in self._bounds.together(held.id) if other in self.story]
        if said:
            return Step(held.id, min(said, key=self._by_age), "copy", 1.0, "corrected")
        exact = [
            tie
            for other, tie in self._ties.of(held.id).items()
            if tie.exact and other in self.story and scope(held, self._held[other]) == "fold"
        ]
        if not exact:
            return None
        tie = min(exact, key=lambda it: (it.kind == "same-text", *self._by_age(_other(it, held.id))))
        return Step(held.id, _other(tie, held.id), tie.relation, 1.0, tie.reason)

    def _vote(self, held: Held, story: int, tied: list[tuple[Held, Tie]]) -> Near:
        """Ask the head, then the most alike. Members that share too little to be tied vote no."""
        tied.sort(key=lambda it: (-it[1].probability, *self._by_age(it[0].id)))
        head = self._head(story)
        spoken = next((tie for other, tie in tied if other.id == head), None)
        by_head = spoken is not None and self._bounds.one(held, self._held[head], spoken)
        asked = [(other, tie) for other, tie in tied if other.id == head] if spoken is not None else []
        asked += [(other, tie) for other, tie in tied if other.id != head][: MOST - 1]
        voters = max(len(asked), min(len(self.members[story]), MOST))
        similarity = spoken.probability if spoken is not None else 0.0
        if not by_head:
            similarity = max(similarity, sum(tie.probability for _, tie in asked) / voters)
        other, best = max(asked, key=lambda it: (it[1].probability, it[0].id == head))
        return Near(
            story=story,
            join=other.id,
            similarity=similarity,
            relation=best.relation,
            by_head=by_head,
            votes=sum(self._bounds.one(held, them, tie) for them, tie in asked),
            voters=voters,
        )

    def _agreeing(self, held: Held, story: int, others: Iterable[int]) -> list[int]:
        """Of the other stories that an article resembles: those that are one with ``story``."""
        if _is_short(held):
            return []  # a title must not bridge two texts
        agreed: list[int] = []
        for other in others:
            if other == story or other in agreed:
                continue
            if abs(self._first(other) - self._first(story)) > self._bounds.rules.horizon:
                continue
            if self._bounds.forbidden(self.members[other], self.members[story]):
                continue
            if self._agree(story, other):
                agreed.append(other)
        return agreed

    def _agree(self, story: int, other: int) -> bool:
        """Most of the pairs across are one text; with half of them, both heads are. Pairs that may not be
        folded say no."""
        left, right = self._sample(story), self._sample(other)
        if not left or not right:
            return False
        yes = sum(self._one(i, j) for i in left for j in right)
        if 2 * yes != len(left) * len(right):
            return 2 * yes > len(left) * len(right)
        return self._one(self._head(story), self._head(other))

    def _one(self, a: int, b: int) -> bool:
        tie = self._ties.between(a, b)
        if tie is None or scope(self._held[a], self._held[b]) != "fold":
            return False
        return self._bounds.one(self._held[a], self._held[b], tie)

    def _sample(self, story: int) -> list[int]:
        some = list(dict.fromkeys([self._head(story), *self.members[story]]))[:SAMPLE]
        return [member for member in some if not _is_short(self._held[member])]

    def _retells(self, held: Held, story: int) -> bool:
        """Whether its outlet has another text in the story already, of which this is no mere cut."""
        own = (self._held[m] for m in self.members[story] if self._held[m].source == held.source)
        return any(retells(held, other) for other in own)

    def _head(self, story: int) -> int:
        head = self._heads.get(story)
        if head is None:
            members = [self._held[member] for member in self.members[story]]
            head = self._heads[story] = choose_text(members, self._bounds.rules, None)
        return head

    def _first(self, story: int) -> datetime:
        first = self._firsts.get(story)
        if first is None:
            first = self._firsts[story] = min(self._held[member].effective for member in self.members[story])
        return first

    def _age(self, story: int) -> tuple[float, str, str, int]:
        return min(self._by_age(member) for member in self.members[story])

    def _by_age(self, article: int) -> tuple[float, str, str, int]:
        held = self._held[article]
        return held.effective.timestamp(), held.source, held.guid, abs(article)

    # ------------------------------------------------------------------ changing

    def _put(self, article: int, story: int) -> None:
        self.story[article] = story
        self.members.setdefault(story, []).append(article)
        self._heads.pop(story, None)
        self._firsts.pop(story, None)

    def _merge(self, a: int, b: int) -> None:
        """The older story survives; a stored one before one that is not stored yet."""
        survivor, other = sorted((a, b), key=lambda story: (story < 0, abs(story)))
        for member in self.members.pop(other):
            self._put(member, survivor)


def order(held: Held) -> Order:
    """The order in which articles are placed, by what they are and never by how they arrived."""
    return (
        held.effective,
        held.source,
        held.guid,
        held.title,
        held.fingerprint.text_sha256,
        -held.id,
    )


def scope(a: Held, b: Held) -> Scope:
    """Whether two articles may be folded into one story, by the settings of their sources (`Fold`)."""
    for fold in (a.fold, b.fold):
        if fold.scope == "never":
            return "never"
        if fold.scope == "group" and a.group != b.group:
            return "never"
        if fold.scope == "other" and a.source == b.source:
            return "never"
    return "ask" if "ask" in (a.fold.scope, b.fold.scope) else "fold"


def _other(tie: Tie, article: int) -> int:
    return tie.b if tie.a == article else tie.a


def _is_short(held: Held) -> bool:
    return body_tokens(held.fingerprint.evidence) < SHORT
