"""The argument about a pair of texts by themselves: which step decides, and why, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aggregator.dedup import said as words
from aggregator.dedup.decide import FORM, Decision, Model
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import NEGATION, NUMBER, SHORT, TITLE_HOURS, TITLE_WORDS, View
from aggregator.model import ALL_SAID, Held

Step = Literal["person", "rule", "same-text", "same-url", "titles", "form", "signals", "horizon", "story"]
REASONS = 3  # signals that a sentence names
EXAMPLE = 60  # characters of a passage that a sentence quotes
FAINT = 0.3  # a contribution below is not worth a word


@dataclass(frozen=True, slots=True)
class Factor:
    """A signal: its value, its fitted weight, what it adds to the logarithm of the odds, and its words.

    ``contribution`` is ``weight`` times how far the value is from that of a typical pair of candidates, in
    standard deviations. ``decided``: one of those without which it would have been the other way.
    """

    name: str
    value: float
    weight: float
    contribution: float
    words: str
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of the two while the argument is made."""

    a: Held
    b: Held
    decision: Decision
    views: tuple[View, View]
    threshold: float
    rules: Rules
    hours: float
    names: Mapping[str, str]
    factors: tuple[Factor, ...] = ()
    differs: tuple[tuple[str, str], ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the model takes both for one text."""
        return self.decision.probability >= self.threshold

    def name(self, held: Held) -> str:
        """An outlet for people."""
        return self.names.get(held.source) or held.source


def by_itself(pair: Pair) -> tuple[Step, bool, str]:
    """The step that decides about these two texts, whether they are one by it, and why, in a sentence."""
    if (rule := _rule(pair)) is not None:
        return "rule", False, f"Not one story: {rule}{_but_alike(pair)}"
    if same_text(pair.a, pair.b):
        return "same-text", True, "One story: the texts are the same, word for word. That knows no horizon."
    if same_url(pair):
        return "same-url", True, "One story: the two have the same address. That knows no horizon."
    if pair.decision.signals is None:
        return _titles(pair)
    if pair.decision.form or pair.decision.signals.fact_slots >= FORM:
        swapped = "what the headlines tell apart stands in the same places of both texts"
        if pair.decision.signals.fact_slots:
            swapped = words.in_words("fact_slots", pair.decision.signals)
        return "form", False, f"Not one story: it is one form, filled in twice; {swapped}{_such_as(pair)}."
    if (
        pair.decision.signals.own <= 1 - ALL_SAID
        and not pair.passes
        and pair.decision.alone >= pair.threshold
    ):
        return (
            "form",
            False,
            (
                "Not one story: all that they share stands in another, different text near by, so it is a "
                f"form that several fill in{_such_as(pair)}."
            ),
        )
    if pair.passes and pair.hours > hours_of(pair.rules.horizon):
        late = (
            f"Not one story: the texts are alike, but {apart(pair.hours)} apart, and texts are compared "
            f"within {apart(hours_of(pair.rules.horizon))}. Only the same text or address knows no horizon."
        )
        return "horizon", False, late
    return "signals", pair.passes, _weighed(pair)


def _weighed(pair: Pair) -> str:
    """The sentence about the signals: those that decided first, then what speaks against it."""
    signals, yes = pair.decision.signals, pair.passes
    assert signals is not None
    odds = f"{probability(pair.decision.probability)}, {pair.threshold:.2f} is needed"
    if signals.containment == 0:
        return f"{verdict(yes)}: no three words in a row stand in both texts."
    telling = {f.name: f for f in pair.factors if words.worth_saying(f.name, signals)}
    towards = [f for f in telling.values() if (f.contribution >= 0) == yes and abs(f.contribution) > FAINT]
    against = [f for f in telling.values() if (f.contribution >= 0) != yes]
    reasons = sorted(towards, key=lambda f: not f.decided)[:REASONS]
    said = "; ".join(
        telling[name].words + (_such_as(pair) if name == "fact_slots" and signals.fact_slots else "")
        for name in words.argued(f.name for f in reasons)
    )
    sentence = f"{verdict(yes)} ({odds}): {said or 'no signal stands out'}."
    if against and abs(against[0].contribution) > FAINT:
        example = _such_as(pair) if against[0].name == "fact_slots" and signals.fact_slots else ""
        sentence += f" Against it: {against[0].words}{example}."
    return sentence


def _such_as(pair: Pair) -> str:
    """The first fact that differs, as both texts have it."""
    for ours, theirs in pair.differs:
        if ours and theirs and max(len(ours), len(theirs)) <= EXAMPLE:
            return f" (“{ours}” in the one, “{theirs}” in the other)"
    return ""


def _titles(pair: Pair) -> tuple[Step, bool, str]:
    """One of them is little more than a title: the titles decide, and they must agree nearly wholly."""
    a, b = pair.views
    which = "both are" if max(len(a.body), len(b.body)) < SHORT else "one of them is"
    opening = f"{which} little more than a title, so the titles decide"
    alike = len(set(a.heading.tolist()) & set(b.heading.tolist()))
    total = len(set(a.heading.tolist()) | set(b.heading.tolist()))
    if not total or not len(a.heading) or not len(b.heading):
        why = "a title is missing"
    elif min(len(a.heading), len(b.heading)) < TITLE_WORDS:
        why = f"a title of fewer than {TITLE_WORDS} different words proves nothing"
    elif pair.hours > TITLE_HOURS:
        why = f"they are {apart(pair.hours)} apart, and titles alone count within {TITLE_HOURS} hours"
    elif _telling(a) != _telling(b):
        why = "their numbers or negations are not the same"
    else:
        of = f"all {total}" if alike == total else f"{alike} of the {total}"
        why = f"{of} different words of the two are common to both"
        if not pair.passes and alike > total * pair.threshold**0.5:
            why += ", but what little text there is differs"
    return "titles", pair.passes, f"{verdict(pair.passes)}: {opening}; {why}."


def _telling(view: View) -> set[int]:
    return set(view.title[(view.title_flags & (NUMBER | NEGATION)) != 0].tolist())


def _rule(pair: Pair) -> str | None:
    """The rule of a source or group that forbids this pair, in words."""
    a, b = pair.a, pair.b
    for held in (a, b):
        match held.fold.scope:
            case "never":
                return f"the settings say that articles of {pair.name(held)} are never folded (fold: never)."
            case "ask":
                return (
                    f"the settings say that articles of {pair.name(held)} are linked only, and folded when a "
                    "person says so (fold: ask)."
                )
            case "group" if a.group != b.group:
                return (
                    f"the settings fold articles of {pair.name(held)} only within its group (fold: group), "
                    f"and the two are of the groups {a.group} and {b.group}."
                )
            case "other" if a.source == b.source:
                return f"the settings never fold two articles of {pair.name(held)} (fold: other)."
    return None


def _but_alike(pair: Pair) -> str:
    if same_text(pair.a, pair.b):
        return " Their texts are the same, word for word."
    passes = pair.passes and pair.hours <= hours_of(pair.rules.horizon)
    would = "would" if passes else "would not"
    return f" By their texts they {would} be one ({probability(pair.decision.probability)})."


def same_text(a: Held, b: Held) -> bool:
    return bool(a.fingerprint.text_sha256) and a.fingerprint.text_sha256 == b.fingerprint.text_sha256


def same_url(pair: Pair) -> bool:
    """The same address, and it is not a page that another text stands on now."""
    if not pair.a.url_key or pair.a.url_key != pair.b.url_key:
        return False
    return pair.decision.signals is None or pair.decision.signals.containment >= 0.2


def factors_of(decision: Decision, model: Model, deciding: Collection[str]) -> tuple[Factor, ...]:
    if decision.signals is None:
        return ()
    found = [
        Factor(
            name=name,
            value=float(getattr(decision.signals, name)),
            weight=float(model.weights[name]),
            contribution=value,
            words=words.in_words(name, decision.signals, speaks_for=value >= 0),
            decided=name in deciding,
        )
        for name, value in model.contributions(decision.signals).items()
    ]
    return tuple(sorted(found, key=lambda factor: -abs(factor.contribution)))


def deciding_of(decision: Decision, model: Model, threshold: float) -> tuple[str, ...]:
    """The fewest signals, the weightiest first, without which the pair would be decided the other way."""
    if decision.signals is None:
        return ()
    parts = model.contributions(decision.signals)
    margin = model.intercept + sum(parts.values())
    if 0 < threshold < 1:
        margin -= math.log(threshold / (1 - threshold))
    yes = margin >= 0
    found: list[str] = []
    for name, value in sorted(parts.items(), key=lambda part: -abs(part[1])):
        if value and (value > 0) == yes:
            found.append(name)
            margin -= value
            if (margin >= 0) != yes:
                break
    return tuple(found)


def verdict(yes: bool) -> str:
    """How a sentence begins."""
    return "One story" if yes else "Not one story"


def probability(value: float) -> str:
    """For people: 1 is for what is the same."""
    return f"probability {min(value, 0.99) if value < 1 else 1.0:.2f}"


def hours_of(delta: timedelta) -> float:
    """Hours of a duration."""
    return delta.total_seconds() / 3600


def apart(hours: float) -> str:
    """A length of time for people."""
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.1f} days".replace(".0 ", " ")
