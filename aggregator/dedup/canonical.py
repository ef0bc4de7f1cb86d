"""Which articles of a story speak for it: who is credited, whose text is shown, whose address is linked.

Each of the three is an outlet chosen by the steps of a policy, of which the first that tells two apart
decides; it stays unless another is better by the same steps; and of the outlet it is the newest version of
its report. What an outlet is chosen for (its authority, its earliest article, its longest text) only ever
grows as articles join, so that each change is an improvement in one fixed order: no flipping back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

from aggregator.dedup.rules import CanonicalStep, From, Rules
from aggregator.model import Held

MUCH_LONGER = 1.2  # times: texts grow with every edit, and the canonical must not follow each of them
A_CUT = 0.5  # of the tokens: a later text of the same outlet that is shorter than this is a cut, no version
STEPS: dict[From, tuple[CanonicalStep, ...]] = {
    "longest": ("longest", "earliest"),
    "earliest": ("earliest", "longest"),
}

_Outlet = list[Held]  # the articles of a story that one source published, in time order


class Voices(NamedTuple):
    """Ids of the articles of a story that is credited, whose text is shown, and whose address is linked."""

    canonical: int
    text: int
    link: int


def choose_canonical(members: Sequence[Held], policy: Sequence[CanonicalStep], current: int | None) -> int:
    """Return the id of the member that is credited with the story. ``members`` must not be empty.

    Steps: ``authority`` the higher, ``agency`` a wire before others, ``earliest`` the earlier first article,
    ``longest`` the longest text, in tokens. ``current`` (None: not yet chosen): its outlet stays unless
    another is better at the first step that tells the two apart; to be "longest" against it takes
    `MUCH_LONGER`. Of the outlet, its newest version: see `speaker`.
    """
    if len(members) == 1:
        return members[0].id
    by_source: dict[str, _Outlet] = {}
    holder: _Outlet | None = None
    for held in sorted(members, key=_tie):
        outlet = by_source.get(held.source)
        if outlet is None:
            outlet = by_source[held.source] = []
        outlet.append(held)
        if held.id == current:
            holder = outlet
    best = _best(list(by_source.values()), policy)
    stays = holder is not None and holder is not best and not _better(best, holder, policy)
    return speaker(holder if stays and holder is not None else best).id


def choose(members: Sequence[Held], rules: Rules, current: Voices | None) -> Voices:
    """Choose all three."""
    if len(members) == 1:
        return Voices(members[0].id, members[0].id, members[0].id)
    text = choose_text(members, rules, current and current.text)
    alike = (
        rules.text_from == rules.link_from == "canonical"
        and (current is None or current.canonical == current.text == current.link)
        and not any(held.paywall or held.url_key is None for held in members)
    )
    if alike:  # nearly always: the same question thrice
        return Voices(text, text, text)
    return Voices(
        choose_canonical(members, rules.canonical, current and current.canonical),
        text,
        choose_link(members, rules, current and current.link),
    )


def choose_text(members: Sequence[Held], rules: Rules, current: int | None) -> int:
    """Return the id of the member whose title and text are shown: `Rules.text_from`.

    A source behind a paywall gives no text, unless there are no others.
    """
    readable = [held for held in members if not held.paywall] or members
    return choose_canonical(readable, STEPS.get(rules.text_from, rules.canonical), current)


def choose_link(members: Sequence[Held], rules: Rules, current: int | None) -> int:
    """Return the id of the member whose address is linked: `Rules.link_from`.

    A source behind a paywall gives no link, unless there are no others; an entry without an address neither.
    """
    addressed = [held for held in members if held.url_key is not None] or members
    readable = [held for held in addressed if not held.paywall] or addressed
    return choose_canonical(readable, STEPS.get(rules.link_from, rules.canonical), current)


def speaker(articles: Sequence[Held]) -> Held:
    """Of one outlet's articles on one report, in time order: the one that speaks.

    That is the newest text. The same text printed again speaks for nobody (the earlier article stays), nor
    does a cut: one with less than `A_CUT` of the tokens.
    """
    speaks = articles[0]
    for held in articles[1:]:
        if retells(held, speaks):
            speaks = held
    return speaks


def retells(held: Held, other: Held) -> bool:
    """Whether an article has another text than one of the same outlet, and is no mere cut of it."""
    now, then = held.fingerprint, other.fingerprint
    return now.text_sha256 != then.text_sha256 and now.tokens >= A_CUT * then.tokens


def _best(outlets: list[_Outlet], policy: Sequence[CanonicalStep]) -> _Outlet:
    """The best at the first step that tells it apart. Of equals the first, in the order that they come in."""
    for step in policy:
        if len(outlets) == 1:
            break
        ranks = [*map(_RANKS[step], outlets)]
        least = min(ranks)
        if ranks.count(least) < len(ranks):
            outlets = [outlet for outlet, rank in zip(outlets, ranks, strict=True) if rank == least]
    return outlets[0]


def _better(challenger: _Outlet, holder: _Outlet, policy: Sequence[CanonicalStep]) -> bool:
    for step in policy:
        if step == "longest":
            ours, theirs = _longest(challenger), _longest(holder)
            if ours > MUCH_LONGER * theirs:
                return True
            if theirs > MUCH_LONGER * ours:
                return False
        elif (ours_rank := _RANKS[step](challenger)) != (their_rank := _RANKS[step](holder)):
            return bool(ours_rank < their_rank)
    return False


def _longest(outlet: _Outlet) -> int:
    """Tokens of its longest article."""
    return max(held.fingerprint.tokens for held in outlet)


_RANKS: Final[Mapping[CanonicalStep, Callable[[_Outlet], Any]]] = {  # smaller is better
    "authority": lambda outlet: -outlet[0].authority,
    "agency": lambda outlet: not outlet[0].agency,
    "earliest": lambda outlet: outlet[0].effective,
    "longest": lambda outlet: -_longest(outlet),
}
# A total order that does not depend on arrival, so that equal articles are chosen among alike.
_tie: Final = attrgetter("effective", "source", "guid", "fingerprint.text_sha256", "id")
