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
from aggregator.model import Held, Link, Move, Placement, Plan, Tie

__all__ = ["Neighbourhood", "Rules", "compare", "place"]

AGAIN: Final = 500  # articles that hang together and are assembled again at most: some 25 ms
FIRST: Final = frozenset({"first", "corrected"})  # reasons of an article that joined no other


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
    drawn = _Draft(Assembly(board.held, board.ties, board.bounds))
    stored = list(board.stories.items())
    for story, members in stored:
        drawn.stories.seed(story, members)
    for arrival in ordered:
        drawn.decided[arrival.id] = board.decide(arrival)
    changed = {end for each in drawn.decided.values() for tie in each.changed for end in (tie.a, tie.b)}
    components = _components(board, [*(held.id for held in ordered), *sorted(changed)])
    late = [component for component in components if _is_late(board, component, changed)]
    again = {article for component in late for article in component.articles}
    for arrival in ordered:
        if arrival.id not in again:
            drawn.steps[arrival.id] = drawn.stories.add(arrival.id)
    now = {old: drawn.stories.story[members[0]] for old, members in stored if members}
    drawn.merged = {old: story for old, story in now.items() if old != story}
    for component in late:
        _assemble_again(board, component, drawn)
    return _plan(board, ordered, drawn)


def compare(a: Held, b: Held, neighbourhood: Neighbourhood, rules: Rules) -> Decision:
    """Decide a pair as it is decided when the later one arrives, whatever became of the two since."""
    first, second = sorted((a, b), key=order)
    return Board([second], neighbourhood, rules, Views()).pair(second, first)


@dataclass(slots=True)
class _Draft:
    """The plan as it becomes. ``stories``: all that are at hand; ``decided``, ``steps``: by arrival."""

    stories: Assembly
    decided: dict[int, Decided] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)


# ----------------------------------------------------------------------------- late arrivals


@dataclass(frozen=True, slots=True)
class _Component:
    """Articles that hang together. ``whole``: each of them is one text with each other."""

    articles: set[int]
    whole: bool


def _components(board: Board, starts: Sequence[int]) -> list[_Component]:
    """What hangs together with these articles: through pairs that are one text, and through stories.

    Arrivals that hang together with nothing are left out.
    """
    found: list[_Component] = []
    seen: set[int] = set()
    for start in starts:
        if start in seen:
            continue
        alone = board.held[start].story is None and not board.ties.of(start)
        if not alone or board.bounds.together(start):
            component = _hanging_together(board, start)
            seen |= component.articles
            found.append(component)
    return found


def _hanging_together(board: Board, start: int) -> _Component:
    held, bounds = board.held, board.bounds
    component, frontier, ends = {start}, {start}, 0
    while frontier and len(component) <= AGAIN:
        near: set[int] = set()
        reached = False
        for article in frontier:
            ones = bounds.ones(held[article], held, board.ties.of(article))
            if not reached and len(ones) < len(board.ties.of(article)):
                reached = True
                if board.reach(frontier):
                    ones = bounds.ones(held[article], held, board.ties.of(article))
            ends += len(ones)
            near.update(ones)
            if bounds.corrected:
                near.update(other for other in bounds.together(article) if other in held)
            story = held[article].story
            if story is not None:
                near.update(board.stories[story])
        frontier = near - component
        component |= frontier
    return _Component(component, whole=ends == len(component) * (len(component) - 1))


def _is_late(board: Board, component: _Component, changed: set[int]) -> bool:
    """Whether an arrival is earlier than a stored article that hangs together with it, or changed ties."""
    if len(component.articles) > AGAIN:
        return False
    if not changed.isdisjoint(component.articles):
        return True
    every = [board.held[article] for article in component.articles]
    first = min((held for held in every if held.id < 0), key=order)
    return any(
        held.effective >= first.effective and (held.effective > first.effective or order(held) > order(first))
        for held in every
        if held.id > 0
    )


def _assemble_again(board: Board, component: _Component, drawn: _Draft) -> None:
    ordered = sorted((board.held[article] for article in component.articles), key=order)
    one_story = component.whole and _is_free(board, ordered)
    assembly = Assembly(board.held, board.ties, board.bounds)
    steps: dict[int, Step] = {}
    for place, held in enumerate(ordered):
        if one_story and held.id > 0 and (place == 0) == (held.reason in FIRST):
            assembly.put(held.id, -1)  # as `add` would; and nobody asks how it came into it
        else:
            steps[held.id] = assembly.add(held.id)
    regrouped = regroup(assembly.members, board.held, drawn.stories.made)
    for article, story in regrouped.story.items():
        if article < 0:
            drawn.steps[article] = steps[article]
        elif article in steps and _moved(board.held[article], steps[article], story, regrouped):
            step = steps[article]
            drawn.moves.append(Move(article, story, step.relation, step.similarity, step.reason))
    drawn.stories.replace(regrouped.story)
    drawn.merged.update(regrouped.merged)


def _is_free(board: Board, ordered: Sequence[Held]) -> bool:
    """Whether nothing but their texts says which of these articles belong together."""
    return (
        not board.bounds.corrected
        and ordered[-1].effective - ordered[0].effective <= board.rules.horizon
        and all(held.fold.scope == "all" for held in ordered)
    )


def _moved(held: Held, step: Step, story: int, regrouped: Regrouped) -> bool:
    """Whether its story is another one, or it is the first no longer (or now)."""
    if held.story != story and regrouped.merged.get(held.story or 0) != story:
        return True
    return (step.join is None) != (held.reason in FIRST)


# ----------------------------------------------------------------------------- the plan


def _plan(board: Board, ordered: Sequence[Held], drawn: _Draft) -> Plan:
    """Number the new stories by their first placement; mark and link what arrived."""
    stories = drawn.stories
    names: dict[int, int] = {}
    for article in (*(held.id for held in ordered), *(move.article for move in drawn.moves)):
        story = stories.story[article]
        if story < 0:
            names.setdefault(story, -len(names) - 1)

    def name(story: int) -> int:
        return names.get(story, story)

    texts = {
        story: _text([board.held[member] for member in stories.members[story]], board.rules)
        for story in {stories.story[held.id] for held in ordered}
    }
    placements = []
    for held in ordered:
        step, story = drawn.steps[held.id], stories.story[held.id]
        placements.append(
            Placement(
                article=held.id,
                story=name(story),
                join=step.join,
                relation=step.relation,
                similarity=step.similarity,
                reason=step.reason,
                marks=board.marks(texts[story], held.id),
                links=_links(board, stories, held, drawn.decided[held.id]),
            )
        )
    return Plan(
        placements=tuple(placements),
        moves=tuple(Move(m.article, name(m.story), m.relation, m.similarity, m.reason) for m in drawn.moves),
        merged={old: name(now) for old, now in drawn.merged.items()},
        texts={name(story): text for story, text in texts.items()},
        ties=_ties(board, drawn.decided.values()),
    )


def _ties(board: Board, decided: Iterable[Decided]) -> tuple[Tie, ...]:
    """What is to be kept of the decided pairs, each once, as it is after the last arrival."""
    pairs = {
        (tie.a, tie.b) if tie.a < tie.b else (tie.b, tie.a): None
        for each in decided
        for tie in (*each.changed, *each.ties)
    }
    ties = (board.ties.between(*pair) for pair in pairs)
    return tuple(tie for tie in ties if tie is not None)


def _text(members: Sequence[Held], rules: Rules) -> int:
    """Whose text speaks: who does already, unless another is better."""
    if len(members) == 1:
        return members[0].id
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
    near = final.near(arrival, named)
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
