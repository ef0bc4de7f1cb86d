"""Stories out of decided pairs, article by article in the order of time: equal pairs give equal stories.

An article joins the story that it resembles best, by the story's head (the article that speaks for it by the
policy) or by most of its members, so that no chain leads from one story to another through a document in the
middle. Where it resembles two stories, these are merged only if they agree between themselves. No text is
compared here: a pair without a tie is no pair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from aggregator.dedup.bounds import Bounds, scope
from aggregator.dedup.canonical import choose_text, retells
from aggregator.dedup.evidence import body_tokens
from aggregator.dedup.signals import SHORT
from aggregator.dedup.ties import Ties
from aggregator.model import Held, Relation, Tie

MOST: Final = 4  # members of a story that vote; a story of forty needs no forty votes
SAMPLE: Final = 5  # members of each of two stories that are asked whether these are one

Order = tuple[datetime, str, str, str, bytes, int]


class Step(NamedTuple):
    """How an article came into its story.

    ``join``: the article there that is most alike, None: it is the first.
    """

    article: int
    join: int | None
    relation: Relation
    similarity: float
    reason: str


class Near(NamedTuple):
    """A story near an article. ``votes`` of ``voters`` members say "one text"."""

    story: int
    join: int
    similarity: float
    relation: Relation
    by_head: bool
    votes: int
    voters: int


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
        self.made = 0  # the lowest number of a new story

    def seed(self, story: int, members: Iterable[int]) -> None:
        """Take a story as it is stored."""
        some = self.members[story] = list(members)
        for member in some:
            self.story[member] = story

    def found(self, article: int) -> Step:
        """Begin a story with an article."""
        self.made -= 1
        self.put(article, self.made)
        return Step(article, None, "original", 1.0, "first")

    def add(self, article: int) -> Step:
        """Put the next article into its story."""
        if not self._ties.of(article) and not self._bounds.corrected:
            return self.found(article)
        held = self._held[article]
        near = self.near(held)
        step = self._exact(held)
        if step is None:
            joinable = [found for found in near if self.belongs(held, found)]
            if joinable:
                best = joinable[0]
                step = Step(article, best.join, best.relation, best.similarity, best.relation)
        if step is None:
            return self.found(article)
        assert step.join is not None
        story = self.story[step.join]
        others = [found.story for found in near if found.votes and found.story != story]
        merged = self._agreeing(held, story, others) if others else []
        if step.reason == "copy" and self._retells(held, story):
            step = Step(article, step.join, "version", step.similarity, "version")
        self.put(article, story)
        for other in merged:
            self._merge(other, self.story[article])
        return step

    def near(self, held: Held, but: Collection[int] = ()) -> list[Near]:
        """The stories (``but`` these) with an article that is tied to this one within the horizon, the most
        alike first."""
        by_story: dict[int, list[tuple[Held, Tie]]] = {}
        horizon, when = self._bounds.rules.horizon, held.effective
        for other, tie in self._ties.of(held.id).items():
            story = self.story.get(other)
            if story is not None and story not in but and other != held.id:
                them = self._held[other]
                if abs(them.effective - when) <= horizon:
                    by_story.setdefault(story, []).append((them, tie))
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
        head = self._head(story)
        asked = [each for each in tied if each[0].id == head]
        spoken = asked[0][1] if asked else None
        by_head = spoken is not None and self._bounds.one(held, self._held[head], spoken)
        if len(tied) > 1:
            others = [each for each in tied if each[0].id != head]
            others.sort(key=_likeness)
            asked += others[: MOST - 1]
        else:
            asked = tied
        voters = max(len(asked), min(len(self.members[story]), MOST))
        similarity = spoken.probability if spoken is not None else 0.0
        if not by_head:
            similarity = max(similarity, sum(tie.probability for _, tie in asked) / voters)
        other, best = asked[0]  # the head, unless another is more alike
        if len(asked) > 1 and asked[1][1].probability > best.probability:
            other, best = asked[1]
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
            members = self.members[story]
            head = members[0]
            if len(members) > 1:
                head = choose_text([self._held[member] for member in members], self._bounds.rules, None)
            self._heads[story] = head
        return head

    def _first(self, story: int) -> datetime:
        first = self._firsts.get(story)
        if first is None:
            first = self._firsts[story] = min(self._held[member].effective for member in self.members[story])
        return first

    def _age(self, story: int) -> tuple[datetime, str, str, int]:
        return min(self._by_age(member) for member in self.members[story])

    def _by_age(self, article: int) -> tuple[datetime, str, str, int]:
        held = self._held[article]
        return held.effective, held.source, held.guid, abs(article)

    # ------------------------------------------------------------------ changing

    def put(self, article: int, story: int) -> None:
        """Put an article into a story that it is known to be of."""
        self.story[article] = story
        self.members.setdefault(story, []).append(article)
        self._heads.pop(story, None)
        self._firsts.pop(story, None)

    def replace(self, stories: Mapping[int, int]) -> None:
        """Take the stories of articles that were assembled apart, with all others of the stories that they
        were of."""
        for article in stories:
            before = self.story.get(article)
            if before is not None:
                self.members.pop(before, None)
        for article, story in stories.items():
            self.put(article, story)
            self.made = min(self.made, story)

    def _merge(self, a: int, b: int) -> None:
        """The older story survives; a stored one before one that is not stored yet."""
        survivor, other = sorted((a, b), key=lambda story: (story < 0, abs(story)))
        for member in self.members.pop(other):
            self.put(member, survivor)


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


def _likeness(tied: tuple[Held, Tie]) -> tuple[float, datetime, str, str, int]:
    """The most alike first, then the oldest."""
    held, tie = tied
    return -tie.probability, held.effective, held.source, held.guid, abs(held.id)


def _other(tie: Tie, article: int) -> int:
    return tie.b if tie.a == article else tie.a


def _is_short(held: Held) -> bool:
    return body_tokens(held.fingerprint.evidence) < SHORT
