"""Which story each arriving article belongs to: exact steps, then the candidates, then the stories.

Every pair near an arrival is decided once, and kept (`ties`). Stories follow from the decided pairs alone
(`assembly`), in the order of time. Where an arrival is the latest of all that hang together with it, it is
added to the stories as they are; where it is not, what hangs together is assembled again from its beginning,
so that late and out-of-order arrivals give the same stories as in order. Nothing is stored here: the result
is a `Plan` that a store applies in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aggregator.dedup.assembly import Assembly, Near, Step, order
from aggregator.dedup.board import Board, Decided
from aggregator.dedup.canonical import choose_text
from aggregator.dedup.decide import Decision
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.regroup import Regrouped, regroup
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held, Link, Move, Placement, Plan

__all__ = ["Neighbourhood", "Rules", "compare", "place"]

AGAIN: Final = 500  # articles that hang together and are assembled again at most: some 25 ms


def place(
    arrivals: Sequence[Held], neighbourhood: Neighbourhood, rules: Rules, views: Views | None = None
) -> Plan:
    """Place a batch; arrivals may be copies of each other.

    The plan does not depend on the order of ``arrivals``. ``views``: kept between calls it saves unpacking
    the same candidates again.
    """
    ordered = in_order(arrivals)
    return place_on(Board(ordered, neighbourhood, rules, views or Views()), ordered)


def in_order(arrivals: Sequence[Held]) -> list[Held]:
    """Arrivals in the order in which a batch is placed, which is not that in which they are given."""
    return sorted(arrivals, key=order)


def place_on(board: Board, ordered: Sequence[Held]) -> Plan:
    """Place what a board was made with, in its order."""
    assembly = Assembly(board.held, board.ties, board.bounds)
    for story, members in board.stories.items():
        assembly.seed(story, members)
    drawn = _Draft()
    for arrival in ordered:
        drawn.decided[arrival.id] = board.decide(arrival)
        drawn.steps[arrival.id] = assembly.add(arrival.id)
    drawn.story = assembly.story
    drawn.merged = {old: assembly.story[members[0]] for old, members in board.stories.items() if members}
    drawn.merged = {old: now for old, now in drawn.merged.items() if old != now}
    changed = {end for each in drawn.decided.values() for tie in each.changed for end in (tie.a, tie.b)}
    for component in _components(board, [*(held.id for held in ordered), *sorted(changed)]):
        if _is_late(board, component, changed):
            _assemble_again(board, component, drawn)
    return _plan(board, ordered, drawn)


def compare(a: Held, b: Held, neighbourhood: Neighbourhood, rules: Rules) -> Decision:
    """Decide a pair as it is decided when the later one arrives, whatever became of the two since."""
    first, second = sorted((a, b), key=order)
    return Board([second], neighbourhood, rules, Views()).pair(second, first)


@dataclass(slots=True)
class _Draft:
    """The plan as it becomes. ``assemblies``: by arrival, where it was assembled again."""

    decided: dict[int, Decided] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    story: dict[int, int] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)


# ----------------------------------------------------------------------------- late arrivals


def _components(board: Board, starts: Sequence[int]) -> list[set[int]]:
    """What hangs together with these articles: through pairs that are one text, and through stories.

    Arrivals that hang together with nothing are left out.
    """
    found: list[set[int]] = []
    seen: set[int] = set()
    for start in starts:
        alone = board.held[start].story is None and not board.ties.of(start)
        if alone and not board.bounds.together(start):
            continue
        if start not in seen:
            component = _hanging_together(board, start)
            seen |= component
            found.append(component)
    return found


def _hanging_together(board: Board, start: int) -> set[int]:
    component, frontier = {start}, [start]
    while frontier and len(component) <= AGAIN:
        board.reach(frontier)
        near: set[int] = set()
        for article in frontier:
            held = board.held[article]
            for other, tie in board.ties.of(article).items():
                if other in board.held and board.bounds.one(held, board.held[other], tie):
                    near.add(other)
            near.update(other for other in board.bounds.together(article) if other in board.held)
            if held.story is not None:
                near.update(board.stories[held.story])
        frontier = sorted(near - component)
        component.update(frontier)
    return component


def _is_late(board: Board, component: set[int], changed: set[int]) -> bool:
    """Whether an arrival is earlier than a stored article that hangs together with it, or changed ties."""
    if len(component) > AGAIN:
        return False
    if not changed.isdisjoint(component):
        return True
    stored = [order(board.held[article]) for article in component if article > 0]
    return bool(stored) and min(order(board.held[article]) for article in component if article < 0) < max(
        stored
    )


def _assemble_again(board: Board, component: set[int], drawn: _Draft) -> None:
    assembly = Assembly(board.held, board.ties, board.bounds)
    steps = {held.id: assembly.add(held.id) for held in sorted((board.held[i] for i in component), key=order)}
    regrouped = regroup(
        assembly.members, {i: board.held[i] for i in component}, min(drawn.story.values(), default=0)
    )
    for old in [old for old in drawn.merged if board.stories[old][0] in component]:
        del drawn.merged[old]
    drawn.merged.update(regrouped.merged)
    for article, story in regrouped.story.items():
        drawn.story[article] = story
        if article < 0:
            drawn.steps[article] = steps[article]
        elif _moved(board.held[article], steps[article], story, regrouped):
            step = steps[article]
            drawn.moves.append(Move(article, story, step.relation, step.similarity, step.reason))


def _moved(held: Held, step: Step, story: int, regrouped: Regrouped) -> bool:
    """Whether its story is another one, or it is the first no longer (or now)."""
    if held.story != story and regrouped.merged.get(held.story or 0) != story:
        return True
    return (step.join is None) != (held.reason in ("first", "corrected"))


# ----------------------------------------------------------------------------- the plan


def _plan(board: Board, ordered: Sequence[Held], drawn: _Draft) -> Plan:
    """Number the new stories by their first placement; mark and link what arrived."""
    names: dict[int, int] = {}
    for article in (*(held.id for held in ordered), *(move.article for move in drawn.moves)):
        story = drawn.story[article]
        if story < 0:
            names.setdefault(story, -len(names) - 1)

    def name(story: int) -> int:
        return names.get(story, story)

    members: dict[int, list[Held]] = {}
    touched = {drawn.story[held.id] for held in ordered}
    for article, story in drawn.story.items():
        if story in touched:
            members.setdefault(story, []).append(board.held[article])
    texts = {story: _text(some, board.rules) for story, some in members.items()}
    final = Assembly(board.held, board.ties, board.bounds)
    for article, story in drawn.story.items():
        final.story[article] = story
        final.members.setdefault(story, []).append(article)
    placements = []
    for held in ordered:
        step, story = drawn.steps[held.id], drawn.story[held.id]
        placements.append(
            Placement(
                article=held.id,
                story=name(story),
                join=step.join,
                relation=step.relation,
                similarity=step.similarity,
                reason=step.reason,
                marks=board.marks(texts[story], held.id),
                links=_links(board, final, held, drawn.decided[held.id]),
            )
        )
    decided_pairs = {
        frozenset((tie.a, tie.b)): None
        for decided in drawn.decided.values()
        for tie in (*decided.changed, *decided.ties)
    }
    ties = (board.ties.between(*pair) for pair in decided_pairs)  # as they are after the last arrival
    return Plan(
        placements=tuple(placements),
        moves=tuple(Move(m.article, name(m.story), m.relation, m.similarity, m.reason) for m in drawn.moves),
        merged={old: name(now) for old, now in drawn.merged.items()},
        texts={name(story): text for story, text in texts.items()},
        ties=tuple(tie for tie in ties if tie is not None),
    )


def _text(members: Sequence[Held], rules: Rules) -> int:
    """Whose text speaks: who does already, unless another is better."""
    now = [held for held in members if held.canonical]
    current = min(now, key=lambda held: held.story or 0).id if now else None
    return choose_text(members, rules, current)


def _links(board: Board, final: Assembly, arrival: Held, decided: Decided) -> tuple[Link, ...]:
    """The near stories that the article is not of: what a person is asked first, then the most alike."""
    named = {final.story[arrival.id]}
    links: list[Link] = []
    same = board.exact(arrival, "ask")
    if same is not None and final.story[same.b] not in named:
        links.append(Link(same.b, "copy", 1.0))
        named.add(final.story[same.b])
    if not decided.pairs:
        return tuple(links)
    near = [found for found in final.near(arrival) if found.story not in named]
    asking = [found for found in near if final.asks(arrival, found)]
    links += [Link(found.join, "copy", found.similarity) for found in asking]
    named |= {found.story for found in asking}
    links += _linked(final, decided, named, {found.story: found for found in near})
    return tuple(links[: board.rules.links])


def _linked(final: Assembly, decided: Decided, named: Iterable[int], near: dict[int, Near]) -> list[Link]:
    """The other stories that share a passage or tell the same event, by the article that is most alike."""
    best: dict[int, tuple[float, int, Decision]] = {}
    for other, decision in decided.pairs.items():
        story = final.story[other]
        key = decision.probability, -other
        if story not in named and (story not in best or key > best[story][:2]):
            best[story] = (*key, decision)
    links = []
    for story, (probability, other, decision) in best.items():
        found = near.get(story)
        relation = decision.linked
        if relation is None and found is not None and found.votes:
            relation = "related"
        if relation is not None:
            links.append(Link(-other, relation, probability if found is None else found.similarity))
    return sorted(links, key=lambda link: (-link.similarity, link.article))
