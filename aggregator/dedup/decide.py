"""Whether two texts are one: a probability from the pair's signals, and what they are to each other.

The model is a logistic one: a table of weights that a person can read, fitted by ``scripts/fit`` from
labelled pairs and kept with its provenance in ``weights.json``. The logarithm of the odds is the sum of one
contribution a signal, so that each decision can be explained by what it was made of.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.forms import Swaps, swaps
from aggregator.dedup.signals import NAMES, Signals, View, title_signals
from aggregator.model import ALL_SAID, Relation

FORM = math.log1p(6)  # swapped facts per 100 aligned tokens: no labelled copy has as many
AS_FORM = 0.2  # the most that two fillings of one form are given
AGAIN_HOURS = 18  # from which an outlet's text under the same headline is another day's
PARTIAL_RUN = math.log1p(12)  # tokens of a typical shared run from which a passage was taken over
PARTIAL_SHARE = 0.25  # of the shorter text's shingles
PARTIAL_SLOTS = math.log1p(1)  # swapped facts per 100 aligned tokens: more are a form's, not a passage's
RELATED_SUBJECT = 0.6  # share of one's names, numbers and long words of the opening that the other has
RELATED_SHARE = 0.1  # of the shorter text's shingles
RELATED_HOURS = 48
LINKED_OWN = 0.5  # of what is shared: more of it in one other text is a frame


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted table. A signal's contribution is ``weights[s] * (value - means[s]) / scales[s]``."""

    intercept: float
    weights: Mapping[str, float]
    means: Mapping[str, float]
    scales: Mapping[str, float]

    def contributions(self, pair: Signals) -> dict[str, float]:
        """What each signal adds to the logarithm of the odds that the two are one text."""
        return {
            name: weight * (getattr(pair, name) - self.means[name]) / self.scales[name]
            for name, weight in self.weights.items()
        }

    def probability(self, pair: Signals) -> float:
        """The probability that both carry one text, 0…1."""
        odds = self.intercept + sum(self.contributions(pair).values())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


@dataclass(frozen=True, slots=True)
class Decision:
    """What two texts are to each other.

    ``relation`` is what holds if they are one story (``copy`` or ``version``); ``linked`` if they are not:
    ``partial``, ``related`` or None. ``form``: alike by the signals, and taken for two fillings of one form.
    ``alone``: the probability by the two texts alone, whatever others near by say.
    """

    probability: float
    relation: Relation
    linked: Relation | None
    signals: Signals | None
    form: bool = False
    alone: float = 0.0
    hours: float = 0.0


def load(text: str) -> Model:
    """Read a model as ``scripts/fit`` writes it."""
    table = json.loads(text)
    return Model(
        intercept=table["intercept"],
        weights={name: row["weight"] for name, row in table["signals"].items()},
        means={name: row["mean"] for name, row in table["signals"].items()},
        scales={name: row["scale"] for name, row in table["signals"].items()},
    )


MODEL = load(resources.files("aggregator.dedup").joinpath("weights.json").read_text("utf-8"))


def by_titles(a: View, b: View, hours: float) -> Decision:
    """Decide a pair of which one is little more than its title. ``hours``: between them, of either sign."""
    probability = title_signals(a, b, hours)
    return Decision(probability, "copy", None, None, alone=probability, hours=hours)


def suspects(rows: NDArray[np.float64], model: Model = MODEL) -> list[int]:
    """Which pairs, a row of signals each, `judge` asks what they swap."""
    table = [
        (NAMES.index(name), model.means[name], model.scales[name], w) for name, w in model.weights.items()
    ]
    odds = np.full(len(rows), model.intercept)
    for column, mean, scale, weight in table:
        odds += weight * (rows[:, column] - mean) / scale
    likely = odds > math.log(AS_FORM / (1 - AS_FORM)) - 1e-6
    found: list[int] = (likely & (rows[:, NAMES.index("fact_slots")] < FORM)).nonzero()[0].tolist()
    return found


def judge(
    a: View, b: View, pair: Signals, hours: float, model: Model = MODEL, *, swapped: Swaps | None = None
) -> Decision:
    """Decide a pair by its signals. ``hours``: from ``a``'s effective time to ``b``'s.

    ``swapped``: what the two swap; None: counted here where it is asked for.
    """
    alone = pair if pair.own == 1 else replace(pair, own=1.0)
    probability = model.probability(alone)
    again = pair.same_source > 0 and abs(hours) >= AGAIN_HOURS
    form = probability > AS_FORM and (pair.fact_slots >= FORM or (swapped or swaps(a, b)).form(again=again))
    first = Decision(
        probability=min(AS_FORM, probability) if form else probability,
        relation="version" if pair.same_source and _retold(pair, a, b, hours) else "copy",
        linked=_linked(alone, hours),
        signals=alone,
        form=form,
        alone=probability,
        hours=hours,
    )
    return first if pair.own == 1 else heard(first, 1 - pair.own, model)


def heard(decision: Decision, said: float, model: Model = MODEL) -> Decision:
    """A decision with what others near by say of what the two share: ``said``, the greatest share of it that
    one other, different text had before, 0…1."""
    if decision.signals is None or not said:
        return decision
    pair = replace(decision.signals, own=1 - said)
    probability = model.probability(pair)
    framed = decision.form or said >= ALL_SAID
    return replace(
        decision,
        probability=min(AS_FORM, probability) if framed else probability,
        linked=_linked(pair, decision.hours),
        signals=pair,
    )


def heard_more(probability: float, before: float, now: float, model: Model = MODEL) -> float:
    """The probability when ``said`` grows from ``before`` to ``now``, as `heard` gives it."""
    if not 0 < probability < 1:
        return probability
    odds = math.log(probability / (1 - probability))
    odds -= (now - before) * model.weights["own"] / model.scales["own"]
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def _retold(pair: Signals, a: View, b: View, hours: float) -> bool:
    """Whether one outlet's two texts are more than a text and its cut: the later one has more."""
    if pair.missing > 0:
        return True
    later, earlier = (b, a) if hours >= 0 else (a, b)
    return pair.extra > 0 and len(later.body) > len(earlier.body)


def _linked(pair: Signals, hours: float) -> Relation | None:
    """What is linked though not folded. What many stories say links nothing.

    Of the labelled pairs that are not folded, 28 of 43 that share passages are linked as "partial", and 10 of
    149 templates are linked at all (without a look at frames and swapped facts: 32, and 58).
    """
    if pair.own < LINKED_OWN:
        return None
    if pair.run >= PARTIAL_RUN and pair.containment >= PARTIAL_SHARE and pair.fact_slots < PARTIAL_SLOTS:
        return "partial"
    if (
        pair.subject >= RELATED_SUBJECT
        and pair.containment >= RELATED_SHARE
        and pair.fact_slots == 0
        and abs(hours) <= RELATED_HOURS
    ):
        return "related"
    return None
