"""Why two articles are, or are not, one story: as data for the command line, the page and the API."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from aggregator.dedup.decide import FORM, MODEL, Decision, Model
from aggregator.dedup.fingerprint import analyse, unpack
from aggregator.dedup.marks import added, changed
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.place import compare
from aggregator.dedup.rules import Rules
from aggregator.dedup.signals import View, align
from aggregator.model import Held
from aggregator.text import tokenise

_CHUNK = re.compile(
    r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)
SHORTEST = 6  # tokens: a shared passage that is worth marking
SAID = {
    "containment": (
        "most of the shorter text stands in the longer",
        "little of the shorter text stands in the longer",
    ),
    "jaccard": ("the texts are mostly the same", "the texts are mostly different"),
    "own": ("what they share no other story says", "what they share other stories say too"),
    "frame": ("what they share is theirs alone", "what they share is a form that many stories have"),
    "slots": ("the shared text was lightly edited", "the shared text is word for word, as in a quotation"),
    "fact_slots": ("no numbers or names are swapped", "numbers or names are swapped in the same places"),
    "title_found": ("each title's words occur in the other", "a title's words are missing from the other"),
    "untitled": ("both have a title", "a title is missing"),
    "missing": ("hardly any of the shorter text is its own", "much of the shorter text is its own"),
    "start": (
        "the shorter's opening opens the longer too",
        "the shorter's opening is elsewhere in the longer",
    ),
    "same_source": ("two outlets", "one outlet, which reuses its own forms"),
    "extra": ("the longer adds little", "the longer adds much"),
    "run": ("they share long passages", "they share only short phrases"),
    "subject": ("they are about the same names", "they are about different names"),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """A signal: its value, what it adds to the logarithm of the odds, and in words what that says."""

    name: str
    value: float
    contribution: float
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters ``start``…``end`` of a text (`Side.text`), and what they are: ``shared`` or ``differs``."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two texts: its counted text with the passages marked, and the paragraphs left out."""

    text: str
    passages: tuple[Passage, ...]
    left_out: tuple[str, ...]
    own_words: int  # that stand in no passage shared with the other


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole argument. ``factors``: the weightiest first."""

    one_story: bool
    probability: float
    threshold: float
    decided: str  # what decided, in a sentence
    relation: str  # copy, version, partial, related or none
    factors: tuple[Factor, ...]
    a: Side
    b: Side


def explain(
    a: Held,
    b: Held,
    paragraphs_a: Sequence[str],
    paragraphs_b: Sequence[str],
    neighbourhood: Neighbourhood,
    rules: Rules,
    *,
    boilerplate_a: Collection[int] = (),
    boilerplate_b: Collection[int] = (),
    model: Model = MODEL,
) -> Explanation:
    """Explain a pair of stored articles, folded or not. The paragraphs are those of the articles' texts."""
    decision = compare(a, b, neighbourhood, rules)
    folds = [fold for fold in (a.fold.threshold, b.fold.threshold) if fold is not None]
    threshold = max(folds) if folds else rules.threshold
    factors = _factors(decision, model)
    exact = _exact(a, b)
    hours = abs((a.effective - b.effective).total_seconds()) / 3600
    alike = decision.probability >= threshold
    in_time = hours <= rules.horizon.total_seconds() / 3600
    one_story = exact is not None or (alike and in_time)
    first, second = View(unpack(a.fingerprint.evidence)), View(unpack(b.fingerprint.evidence))
    return Explanation(
        one_story=one_story,
        probability=1.0 if exact else decision.probability,
        threshold=threshold,
        decided=exact or _decided(decision, factors, threshold, alike, in_time, hours),
        relation=decision.relation if one_story else decision.linked or "none",
        factors=factors,
        a=_side(a.title, paragraphs_a, boilerplate_a, first, second),
        b=_side(b.title, paragraphs_b, boilerplate_b, second, first),
    )


def _exact(a: Held, b: Held) -> str | None:
    if a.fingerprint.text_sha256 and a.fingerprint.text_sha256 == b.fingerprint.text_sha256:
        return "The texts are the same, word for word."
    if a.url_key and a.url_key == b.url_key:
        return "They have the same address."
    return None


def _factors(decision: Decision, model: Model) -> tuple[Factor, ...]:
    if decision.signals is None:
        return ()
    found = [
        Factor(name, getattr(decision.signals, name), value, SAID[name][0 if value >= 0 else 1])
        for name, value in model.contributions(decision.signals).items()
    ]
    return tuple(sorted(found, key=lambda factor: -abs(factor.contribution)))


def _decided(
    decision: Decision, factors: Sequence[Factor], threshold: float, alike: bool, in_time: bool, hours: float
) -> str:
    if alike and not in_time:
        return f"The texts are alike, but they are {hours / 24:.1f} days apart, beyond the horizon."
    if not factors:
        return (
            "One is little more than a title; the titles agree."
            if alike
            else "One is little more than a title, and the titles do not agree, or not on the same day."
        )
    if decision.signals is not None and decision.signals.fact_slots >= FORM:
        return "Not one story: two fillings of one form, with other numbers or names in the same places."
    with_it = [factor.words for factor in factors if (factor.contribution >= 0) == alike][:3]
    against = next((factor.words for factor in factors if (factor.contribution >= 0) != alike), None)
    verdict = "One story" if alike else "Not one story"
    sentence = f"{verdict} (probability {decision.probability:.2f}, threshold {threshold:.2f}): "
    sentence += "; ".join(with_it) or "no signal stands out"
    return sentence + (f". Against it: {against}." if against else ".")


def _side(
    title: str, paragraphs: Sequence[str], boilerplate: Collection[int], view: View, other: View
) -> Side:
    analysis = analyse(title, paragraphs, leave_out=boilerplate)
    left_out = set(analysis.left_out)
    kept = [paragraph for index, paragraph in enumerate(paragraphs) if index not in left_out]
    text = "\n\n".join(kept)
    at = _positions(text, len(view.body))
    runs = align(other, view)
    passages = [
        Passage(at[start][0], at[min(start + tokens, len(at)) - 1][1], "shared")
        for start, tokens in zip(runs.second.tolist(), runs.tokens.tolist(), strict=True)
        if tokens >= SHORTEST and start < len(at)
    ]
    passages += [
        Passage(at[there.start][0], at[min(there.stop, len(at)) - 1][1], "differs")
        for _, there in changed(other, view)
        if there.stop > there.start and there.start < len(at)
    ]
    return Side(
        text=text,
        passages=tuple(sorted(passages, key=lambda passage: (passage.start, passage.end))),
        left_out=tuple(paragraphs[index] for index in sorted(left_out)),
        own_words=int(np.count_nonzero(added(other, view))),
    )


def _positions(text: str, tokens: int) -> list[tuple[int, int]]:
    """Where each counted token stands in the text. What the text has before them is a dateline.

    As exact as blanks part the words; within a run of Thai all tokens have the run's place.
    """
    spans = [match.span() for match in _CHUNK.finditer(text)]
    counts = np.diff(tokenise("\n".join(text[start:end] for start, end in spans)).bounds)
    places = [span for span, count in zip(spans, counts.tolist(), strict=False) for _ in range(count)]
    return places[-tokens:] if tokens else []
