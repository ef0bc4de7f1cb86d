"""Why two articles are, or are not, one story: as data for the command line, the page and the API.

The argument goes as the detector goes, and stops at the first step that decides: a person's word, a source's
rules, the same text or address, titles alone, a form that was filled in twice, the weighed signals, time.
Where the two stand otherwise today than the pair by itself would, the argument says through what.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aggregator.dedup.argument import (
    Factor,
    Pair,
    Step,
    by_itself,
    deciding_of,
    factors_of,
    same_text,
    verdict,
)
from aggregator.dedup.decide import MODEL, Decision, Model
from aggregator.dedup.neighbourhood import Neighbourhood
from aggregator.dedup.place import compare
from aggregator.dedup.rules import Rules
from aggregator.dedup.sides import LeftOut, Passage, Side, differences, read, side
from aggregator.dedup.signals import View
from aggregator.dedup.standing import (
    Before,
    Met,
    Said,
    asked_of,
    by_person,
    is_direct,
    members_of,
    met_of,
    notes_of,
    otherwise,
    without_it,
    word_on,
)
from aggregator.model import Held

__all__ = ["Explanation", "Factor", "LeftOut", "Passage", "Said", "Side", "Step", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole argument.

    ``one_story``: whether they are, as they stand. ``alike``: whether the pair by itself passes, by its
    texts, their time and the rules. ``step`` and ``decided``: what decided, by name and in sentences;
    ``notes``: what else there is to say. ``probability``: that both carry one text, by the model alone (1
    where the texts are the same). ``deciding``: the signals without which it would be the other way.
    ``factors``: the weightiest first; with ``intercept`` they add up to the logarithm of the odds.
    ``differs``: where a number, name or negation of the one stands for another of the other. ``hours``: from
    the first to the second, absolute. ``met``: whether the two were candidates of each other.
    """

    one_story: bool
    alike: bool
    probability: float
    threshold: float
    step: Step
    decided: str
    deciding: tuple[str, ...]
    relation: str  # copy, version, partial, related or none
    notes: tuple[str, ...]
    intercept: float
    factors: tuple[Factor, ...]
    differs: tuple[tuple[str, str], ...]
    hours: float
    met: Met
    a: Side
    b: Side

    @property
    def weighed(self) -> float:
        """The probability that the signals alone give, 0…1, whatever decided."""
        odds = self.intercept + sum(factor.contribution for factor in self.factors)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def explain(
    a: Held,
    b: Held,
    paragraphs_a: Sequence[str],
    paragraphs_b: Sequence[str],
    neighbourhood: Neighbourhood,
    rules: Rules,
    *,
    left_out_a: Collection[int] = (),
    left_out_b: Collection[int] = (),
    said: Sequence[Said] | None = None,
    names: Mapping[str, str] | None = None,
    model: Model = MODEL,
) -> Explanation:
    """Explain a pair of stored articles, folded or not.

    The paragraphs are those of the articles' texts; ``left_out``: indexes of those that their fingerprints
    leave out. ``said``: what persons said of these and of the articles of their stories, the oldest first
    (None: asked of the neighbourhood, without names). ``names``: of sources, by id.
    """
    before = Before(neighbourhood, max(a.id, b.id))
    decision = compare(a, b, before, rules)
    views = View(a.fingerprint.evidence), View(b.fingerprint.evidence)
    own = [fold.threshold for fold in (a.fold, b.fold) if fold.threshold is not None]
    threshold = max(own) if own else rules.threshold
    hours = abs((a.effective - b.effective).total_seconds()) / 3600
    deciding = deciding_of(decision, model, threshold)
    texts = (
        read(a, views[0], [p for p in paragraphs_a if p], left_out_a),
        read(b, views[1], [p for p in paragraphs_b if p], left_out_b),
    )
    pair = Pair(
        a, b, decision, views, threshold, rules, hours, names or {},
        factors_of(decision, model, deciding), differences(*texts),
    )  # fmt: skip
    step, alike, sentence = by_itself(pair)
    one_story, decided = alike, sentence
    members = members_of(pair, neighbourhood)
    word = word_on(pair, members, asked_of(members, neighbourhood) if said is None else said)
    met = met_of(pair, before)
    if a.story is not None and b.story is not None:
        one_story = a.story == b.story
    elif word is not None:
        one_story = word.together
    if word is not None and (word.together == one_story) and (one_story != alike or is_direct(pair, word)):
        step = "person"
        decided = f"{verdict(one_story)}: {by_person(pair, word)} {without_it(sentence)}"
    elif one_story != alike:
        step, decided = "story", otherwise(pair, one_story, sentence, members, before, met)
    return Explanation(
        one_story=one_story,
        alike=alike,
        probability=1.0 if same_text(a, b) else decision.probability,
        threshold=threshold,
        step=step,
        decided=decided.strip(),
        deciding=_form_signal(decision) if step == "form" else deciding if step == "signals" else (),
        relation=decision.relation if one_story else decision.linked or "none",
        notes=tuple(notes_of(pair, texts, met, step, one_story)),
        intercept=model.intercept,
        factors=pair.factors,
        differs=pair.differs,
        hours=hours,
        met=met,
        a=side(*texts),
        b=side(texts[1], texts[0]),
    )


def _form_signal(decision: Decision) -> tuple[str, ...]:
    """The signal that shows a form: facts that are swapped, or what others say."""
    return ("fact_slots",) if decision.form else ("own",)
