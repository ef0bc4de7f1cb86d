"""The tuning page's sample: one's own newest articles, placed anew with this and that threshold.

Reading and placing it takes a while, so it is kept for some minutes; an answer or another rule reads it anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.rules import Rules
from aggregator.dedup.tuning import Replayed, Tuning, replay
from aggregator.dedup.views import Views
from aggregator.model import Held
from aggregator.store import Store

SAMPLE = 1_500  # articles
FRESH = timedelta(minutes=10)
KEPT = 32  # thresholds


class Tuner:
    """One sample at a time; one thread reads and places, the others wait for it."""

    def __init__(self, store: Store, rules: Callable[[], Rules], now: Callable[[], datetime]) -> None:
        self._store = store
        self._rules = rules
        self._now = now
        self._lock = threading.Lock()
        self._read: datetime | None = None
        self._of: tuple[Rules, tuple[int, int]] | None = None  # rules and corrections of the sample
        self._held: list[Held] = []
        self._said: list[Constraint] = []
        self._views = Views(SAMPLE)
        self._replayed: OrderedDict[float, Replayed] = OrderedDict()

    def tuning(self, threshold: float | None) -> Tuning:
        """The sample with the threshold in force and with another."""
        with self._lock:
            rules = self._rules()
            self._refresh(rules)
            now = self._with(rules, rules.threshold)
            then = self._with(rules, now.threshold if threshold is None else threshold)
            said = frozenset((min(one.a, one.b), max(one.a, one.b)) for one in self._said)
            return Tuning({held.id: held for held in self._held}, now, then, said)

    def _refresh(self, rules: Rules) -> None:
        of = (rules, self._store.corrections.version())
        if self._of == of and self._read is not None and self._now() - self._read < FRESH:
            return
        self._held, self._said = self._store.detector.recent(SAMPLE)
        self._views, self._of, self._read = Views(SAMPLE), of, self._now()
        self._replayed.clear()

    def _with(self, rules: Rules, threshold: float) -> Replayed:
        found = self._replayed.get(threshold)
        if found is None:
            found = replay(self._held, self._said, replace(rules, threshold=threshold), self._views)
            self._replayed[threshold] = found
            if len(self._replayed) > KEPT:
                self._replayed.popitem(last=False)
        return found
