"""Which story each arriving article belongs to: exact steps, then the candidates, then the stories.

An article joins the story that it resembles best, by the story's canonical text or by most of its members,
so that no chain leads from one story to another through a document in the middle. Where it resembles two
stories, these are merged only if they agree between themselves. Nothing is stored here: the result is a list
of intents (`Placement`) that a store applies in their order, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.dedup.board import Board, Found
from aggregator.dedup.decide import Decision
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held, Link, Placement

__all__ = ["Neighbourhood", "Rules", "compare", "place"]


def place(
    arrivals: Sequence[Held], neighbourhood: Neighbourhood, rules: Rules, views: Views | None = None
) -> list[Placement]:
    """Place a batch; arrivals may be copies of each other.

    Returns one placement an arrival in the order in which they must be applied (by effective time, then by
    what the articles are, never by the order of ``arrivals``); ``join`` names a stored article, or an arrival
    earlier in the list. ``merges`` holds stored stories only, the surviving (oldest) first. ``views``: kept
    between calls it saves unpacking the same candidates again.
    """
    ordered = in_order(arrivals)
    return place_on(Board(ordered, neighbourhood, rules, views or Views()), ordered)


def in_order(arrivals: Sequence[Held]) -> list[Held]:
    """Arrivals in the order in which a batch is placed, which is not that in which they are given."""
    return sorted(arrivals, key=_order)


def place_on(board: Board, ordered: Sequence[Held]) -> list[Placement]:
    """Place what a board was made with, in its order."""
    for arrival in ordered:
        _place_one(board, arrival)
    return board.placements()


def compare(a: Held, b: Held, neighbourhood: Neighbourhood, rules: Rules) -> Decision:
    """Decide a pair as it is decided when the later one arrives, whatever became of the two since."""
    first, second = sorted((a, b), key=_order)
    return Board([second], neighbourhood, rules, Views()).pair(second, first)


def _order(held: Held) -> tuple[float, str, str, str, bytes, int]:
    return (
        held.effective.timestamp(),
        held.source,
        held.guid,
        held.title,
        held.fingerprint.text_sha256,
        -held.id,
    )


def _place_one(board: Board, arrival: Held) -> None:
    exact = board.corrected(arrival) or board.exact(arrival)
    found = board.near(arrival)
    near = [story for story in found if board.belongs(arrival, story)]
    if exact is not None:
        join, reason, similarity, relation = exact.join, exact.reason, 1.0, exact.relation
        story = board.story_of(join)
    elif near:
        best = near[0]
        join, similarity, relation = best.join, best.similarity, best.relation
        reason, story = relation, best.story
    else:
        links = _links(board, arrival, found, None)
        board.found(Placement(arrival.id, None, "original", 1.0, "first", links=links))
        return
    merged = board.agreeing(arrival, story, [other.story for other in found if other.votes])
    if reason == "copy" and board.retells(arrival, story):
        relation = reason = "version"
    board.join(
        Placement(
            article=arrival.id,
            join=join,
            relation=relation,
            similarity=similarity,
            reason=reason,
            marks=board.marks(arrival, story),
            links=_links(board, arrival, found, story),
        ),
        merged,
    )


def _links(board: Board, arrival: Held, found: Sequence[Found], joined: int | None) -> tuple[Link, ...]:
    """The near stories that the article is not of: what a person is asked first, then the most alike."""
    links: list[Link] = []
    named = {joined}
    same = board.exact(arrival, "ask")
    if same is not None and board.story_of(same.join) not in named:
        links.append(Link(same.join, "copy", 1.0))
        named.add(board.story_of(same.join))
    near = [story for story in found if story.story not in named]
    asking = [story for story in near if board.asks(arrival, story)]
    links += [Link(story.join, "copy", story.similarity) for story in asking]
    links += [
        Link(story.join, story.linked, story.similarity)
        for story in near
        if story.linked is not None and story not in asking
    ]
    return tuple(links[: board.rules.links])
