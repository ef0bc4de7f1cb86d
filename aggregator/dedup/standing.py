"""How two articles stand to each other today, where that is not what the pair by itself would be.

It is through a person's word on them or on their stories, through an article between them, or since they were
never compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aggregator.dedup.argument import Pair, Step, hours_of, probability, same_text, same_url
from aggregator.dedup.neighbourhood import Constraint, Neighbourhood
from aggregator.dedup.place import compare
from aggregator.dedup.screen import alike
from aggregator.dedup.sides import Read
from aggregator.model import Held, Tie

Met = Literal["compared", "no-key", "hot-key", "too-far", "unknown"]
ASKED = 8  # other articles of a story that are tried as the bridge between the two

LINKED = {
    "partial": "The one links to the other as partial: a substantial passage stands in both.",
    "related": "The one links to the other as related: the same event, in other words.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said: articles ``a`` and ``b`` are (``together``) or are not one story."""

    a: int
    b: int
    together: bool
    author: str = ""
    at: datetime | None = None
    reason: str = ""


def members_of(pair: Pair, neighbourhood: Neighbourhood) -> dict[int, list[Held]]:
    stories = {held.story for held in (pair.a, pair.b) if held.story is not None}
    found = neighbourhood.members(stories) if stories else {}
    return {story: list(members) for story, members in found.items()}


def asked_of(members: Mapping[int, Sequence[Held]], neighbourhood: Neighbourhood) -> list[Said]:
    articles = {held.id for some in members.values() for held in some}
    found: Sequence[Constraint] = neighbourhood.constraints(articles) if articles else ()
    return [Said(one.a, one.b, one.together) for one in found]


def word_on(pair: Pair, members: Mapping[int, Sequence[Held]], said: Sequence[Said]) -> Said | None:
    """The last word of a person on these two, else on their stories: what keeps or brought them together."""
    a, b = pair.a, pair.b
    direct = [one for one in said if {one.a, one.b} == {a.id, b.id}]
    if direct:
        return direct[-1]
    ours = {held.id for held in members.get(a.story or 0, ())} | {a.id}
    theirs = {held.id for held in members.get(b.story or 0, ())} | {b.id}
    same = a.story is not None and a.story == b.story
    crossing = [
        one
        for one in said
        if one.together == same
        and ((one.a in ours and one.b in theirs) or (one.b in ours and one.a in theirs))
    ]
    return crossing[-1] if crossing else None


def is_direct(pair: Pair, word: Said) -> bool:
    return {word.a, word.b} == {pair.a.id, pair.b.id}


def by_person(pair: Pair, word: Said) -> str:
    who = word.author or "a person"
    when = f" on {word.at.day} {word.at:%B %Y}" if word.at is not None else ""
    reason = f" (“{word.reason}”)" if word.reason else ""
    if is_direct(pair, word):
        return f"{who} said so of these two{when}{reason}, and that is not overridden."
    if word.together:
        return (
            f"{who} made the stories of articles {word.a} and {word.b} one{when}{reason}, and both are of it."
        )
    return (
        f"{who} parted articles {word.a} and {word.b}{when}{reason}, which are of the stories of these two, "
        "so the two stories stay apart."
    )


def without_it(sentence: str) -> str:
    """What would hold without the person's word."""
    verdict, _, why = sentence.partition(": ")
    return f"By itself the pair would be {'one story' if verdict.startswith('One') else 'two stories'}: {why}"


def otherwise(
    pair: Pair,
    one_story: bool,
    sentence: str,
    members: Mapping[int, Sequence[Held]],
    before: Neighbourhood,
    met: Met,
) -> str:
    """The two stand otherwise than the pair by itself would: through what."""
    _, _, why = sentence.partition(": ")
    if one_story:
        assert pair.a.story is not None
        bridge = _bridge(pair, members.get(pair.a.story, ()), before)
        if bridge is not None:
            return f"One story, though not by these two alone: {bridge} Between the two: {why}"
        return (
            "One story: that was decided with what was known when the later of them came, or under other "
            f"settings. Weighed anew, the pair does not pass: {why}"
        )
    if met in ("no-key", "hot-key"):
        how = (
            "they share none of the keys by which candidates are found"
            if met == "no-key"
            else f"more than {_articles(pair)} near by have the keys that they share"
        )
        return (
            f"Not one story: the two were never compared, since {how}. Compared now they would be one: {why}"
        )
    for held, other in ((pair.a, pair.b), (pair.b, pair.a)):
        speaker = next((one for one in members.get(other.story or 0, ()) if one.canonical), None)
        if speaker is None or speaker.id in (held.id, other.id):
            continue
        found = compare(held, speaker, before, pair.rules).probability
        if found < pair.threshold:
            return (
                "Not one story, though the two are alike: an article joins a story by its canonical text "
                f"or most of its articles, and article {held.id} is not like article {speaker.id} of "
                f"{pair.name(speaker)}, which speaks for the story of the other ({probability(found)}). "
                f"Between the two: {why}"
            )
    return (
        "Not one story: so it was decided with what was known when the later of them came, or under other "
        f"settings. Weighed anew, the pair would be one: {why}"
    )


def _bridge(pair: Pair, members: Sequence[Held], before: Neighbourhood) -> str | None:
    """The article of their story that both are like, the canonical one first."""
    others = sorted(
        (held for held in members if held.id not in (pair.a.id, pair.b.id)),
        key=lambda held: (not held.canonical, held.id),
    )
    for held in others[:ASKED]:
        found = [
            1.0 if same_text(one, held) else compare(one, held, before, pair.rules).probability
            for one in (pair.a, pair.b)
        ]
        if min(found) >= pair.threshold:
            role = "speaks for the story" if held.canonical else "is of the story"
            return (
                f"both are like article {held.id} of {pair.name(held)}, which {role} "
                f"({probability(found[0])} and {probability(found[1])})."
            )
    return None


def met_of(pair: Pair, before: Neighbourhood) -> Met:
    """Whether the two were candidates of each other."""
    first, second = sorted((pair.a, pair.b), key=lambda held: held.effective)
    ours, theirs = set(first.fingerprint.keys), set(second.fingerprint.keys)
    if not ours or not theirs:
        return "unknown"
    if not ours & theirs or first.fingerprint.recipe != second.fingerprint.recipe:
        return "no-key"
    reach = max(pair.rules.horizon, pair.rules.context)
    if pair.hours > hours_of(reach):
        return "too-far"
    if not alike(second.fingerprint, [first]):  # its signature was enough
        return "compared"
    near = before.candidates([second], reach, pair.rules.hot_keys).get(second.id, ())
    return "compared" if any(held.id == first.id for held in near) else "hot-key"


def notes_of(pair: Pair, texts: tuple[Read, Read], met: Met, step: Step, one_story: bool) -> list[str]:
    notes = []
    languages = [_language(held) for held in (pair.a, pair.b)]
    if all(languages) and languages[0] != languages[1]:
        notes.append(
            f"They are in two languages ({languages[0]}, {languages[1]}); texts are compared word by word, "
            "so a translation is never folded."
        )
    if step in ("signals", "form", "horizon") and met == "no-key":
        notes.append(
            "They share none of the keys by which candidates are found: they were not weighed when they came."
        )
    if step in ("signals", "form", "horizon") and met == "hot-key":
        notes.append(
            f"More than {_articles(pair)} near by have the keys that they share: they were not "
            "weighed when they came."
        )
    if one_story and pair.decision.relation == "version":
        notes.append("They are versions of one report: the same outlet changed its text.")
    if pair.a.url_key and pair.a.url_key == pair.b.url_key and not same_url(pair):
        notes.append("They have the same address, but its page holds another text now.")
    notes += [
        f"The text of article {text.held.id} is no longer kept; its fingerprint was compared."
        for text in texts
        if not text.text and len(text.view.body)
    ]
    if step == "signals" and not pair.passes and pair.decision.linked in LINKED:
        notes.append(LINKED[pair.decision.linked])
    return notes


def _articles(pair: Pair) -> str:
    count = pair.rules.hot_keys
    return f"{count} article" if count == 1 else f"{count} articles"


def _language(held: Held) -> str:
    return (held.language or "").lower().replace("_", "-").partition("-")[0]


class Before:
    """A neighbourhood as it was when an article came: no candidate has come later."""

    def __init__(self, neighbourhood: Neighbourhood, last: int) -> None:
        self._all = neighbourhood
        self._last = last

    def same_url(self, url_keys: Collection[str]) -> Sequence[Held]:
        """As the whole neighbourhood."""
        return self._all.same_url(url_keys)

    def same_text(self, text_sha256s: Collection[bytes]) -> Sequence[Held]:
        """As the whole neighbourhood."""
        return self._all.same_text(text_sha256s)

    def candidates(
        self, arrivals: Sequence[Held], horizon: timedelta, hot_keys: int
    ) -> Mapping[int, Sequence[Held]]:
        """Those that had come."""
        near = self._all.candidates(arrivals, horizon, hot_keys)
        return {arrival: [held for held in some if held.id <= self._last] for arrival, some in near.items()}

    def members(self, stories: Collection[int]) -> Mapping[int, Sequence[Held]]:
        """As the whole neighbourhood."""
        return self._all.members(stories)

    def constraints(self, articles: Collection[int]) -> Sequence[Constraint]:
        """As the whole neighbourhood."""
        return self._all.constraints(articles)

    def ties(self, articles: Collection[int]) -> Sequence[Tie]:
        """As the whole neighbourhood."""
        return self._all.ties(articles)

    def by_ids(self, ids: Collection[int]) -> Sequence[Held]:
        """As the whole neighbourhood."""
        return self._all.by_ids(ids)
