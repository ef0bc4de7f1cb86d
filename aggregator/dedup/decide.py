"""Whether two texts are one: a probability from the pair's signals, and what they are to each other.

The model is a logistic one: a table of weights that a person can read, fitted by ``scripts/fit`` from
labelled pairs and kept with its provenance in ``weights.json``. The logarithm of the odds is the sum of one
contribution a signal, so that each decision can be explained by what it was made of.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from operator import attrgetter
from typing import Final, NamedTuple

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

_FACT_SLOTS, _EXTRA, _MISSING, _SAME_SOURCE, _OWN = (
    NAMES.index(name) for name in ("fact_slots", "extra", "missing", "same_source", "own")
)
_ROW: Final = attrgetter(*NAMES)


@dataclass(frozen=True, slots=True)
class Model:
    """The fitted table. A signal's contribution is ``weights[s] * (value - means[s]) / scales[s]``."""

    intercept: float
    weights: Mapping[str, float]
    means: Mapping[str, float]
    scales: Mapping[str, float]
    terms: tuple[tuple[int, float, float, float], ...] = field(init=False, repr=False)  # column, mean, …

    def __post_init__(self) -> None:
        terms = [
            (NAMES.index(name), self.means[name], self.scales[name], w) for name, w in self.weights.items()
        ]
        object.__setattr__(self, "terms", tuple(terms))

    def contributions(self, pair: Signals) -> dict[str, float]:
        """What each signal adds to the logarithm of the odds that the two are one text."""
        row = _ROW(pair)
        return {
            NAMES[column]: weight * (row[column] - mean) / scale for column, mean, scale, weight in self.terms
        }

    def probability(self, row: Sequence[float]) -> float:
        """The probability that both carry one text, 0…1. ``row``: of `pairs.measure`."""
        odds = 0.0
        for column, mean, scale, weight in self.terms:
            odds += weight * (row[column] - mean) / scale
        return _probability(self.intercept + odds)

    def probabilities(self, rows: NDArray[np.float64]) -> list[float]:
        """The same of many pairs, and to the last bit: the steps are those of `probability`, in its order."""
        odds = np.zeros(len(rows))
        for column, mean, scale, weight in self.terms:
            odds += weight * (rows[:, column] - mean) / scale
        return [_probability(each) for each in (self.intercept + odds).tolist()]


def _probability(odds: float) -> float:
    """What the logarithm of the odds says. Not numpy's, whose `exp` may differ in the last bit."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


class Decision(NamedTuple):
    """What two texts are to each other.

    ``relation`` is what holds if they are one story: ``copy`` or ``version``. ``row``: the signals in the
    order of `signals.NAMES`; None: it was decided by the titles. ``form``: alike by the signals, and taken
    for two fillings of one form. ``alone``: the probability by the two texts alone, whatever others near by
    say. ``hours``: between the two, of either sign.
    """

    probability: float
    relation: Relation
    row: Sequence[float] | None
    form: bool = False
    alone: float = 0.0
    hours: float = 0.0

    @property
    def signals(self) -> Signals | None:
        """The signals by name."""
        return None if self.row is None else Signals(*self.row)

    @property
    def linked(self) -> Relation | None:
        """What holds if they are not one story: ``partial``, ``related`` or None."""
        return None if self.row is None else _linked(Signals(*self.row), self.hours)


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
    return Decision(probability, "copy", None, alone=probability, hours=hours)


def suspects(rows: NDArray[np.float64], model: Model = MODEL) -> list[int]:
    """Which pairs, a row of signals each, `judge` asks what they swap."""
    odds = np.full(len(rows), model.intercept)
    for column, mean, scale, weight in model.terms:
        odds += weight * (rows[:, column] - mean) / scale
    likely = odds > math.log(AS_FORM / (1 - AS_FORM)) - 1e-6
    found: list[int] = (likely & (rows[:, _FACT_SLOTS] < FORM)).nonzero()[0].tolist()
    return found


def judge(
    a: View, b: View, pair: Signals, hours: float, model: Model = MODEL, *, swapped: Swaps | None = None
) -> Decision:
    """Decide a pair by its signals. ``hours``: from ``a``'s effective time to ``b``'s.

    ``swapped``: what the two swap; None: counted here where it is asked for.
    """
    row = list(_ROW(pair))
    row[_OWN] = 1.0
    first = judged(a, b, row, model.probability(row), hours, swapped)
    return first if pair.own == 1 else heard(first, 1 - pair.own, model)


def judged(
    a: View, b: View, row: Sequence[float], probability: float, hours: float, swapped: Swaps | None
) -> Decision:
    """Decide a pair by the two texts alone. ``row``: their signals; ``probability``: what the model makes of
    these; the rest as in `judge`."""
    form = False
    if probability > AS_FORM:
        again = row[_SAME_SOURCE] > 0 and abs(hours) >= AGAIN_HOURS
        form = row[_FACT_SLOTS] >= FORM or (swapped or swaps(a, b)).form(again=again)
    version = row[_SAME_SOURCE] > 0 and _retold(row, a, b, hours)
    return Decision(
        min(AS_FORM, probability) if form else probability,
        "version" if version else "copy",
        row,
        form,
        probability,
        hours,
    )


def heard(decision: Decision, said: float, model: Model = MODEL) -> Decision:
    """A decision with what others near by say of what the two share: ``said``, the greatest share of it that
    one other, different text had before, 0…1."""
    if decision.row is None or not said:
        return decision
    row = list(decision.row)
    row[_OWN] = 1 - said
    probability = model.probability(row)
    if decision.form or said >= ALL_SAID:
        probability = min(AS_FORM, probability)
    return decision._replace(probability=probability, row=row)


def heard_more(probability: float, before: float, now: float, model: Model = MODEL) -> float:
    """The probability when ``said`` grows from ``before`` to ``now``, as `heard` gives it."""
    if not 0 < probability < 1:
        return probability
    odds = math.log(probability / (1 - probability))
    odds -= (now - before) * model.weights["own"] / model.scales["own"]
    return _probability(odds)


def _retold(row: Sequence[float], a: View, b: View, hours: float) -> bool:
    """Whether one outlet's two texts are more than a text and its cut: the later one has more."""
    if row[_MISSING] > 0:
        return True
    later, earlier = (b, a) if hours >= 0 else (a, b)
    return row[_EXTRA] > 0 and len(later.body) > len(earlier.body)


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
