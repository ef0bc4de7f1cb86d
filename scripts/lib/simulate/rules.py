"""When to poll next, by four rules: a fixed interval, Miniflux's, CommaFeed's, and ours.

Written from what the two projects document, in our own words; what servers wish (ttl, max-age) is left out
of all.

- Miniflux, `POLLING_SCHEDULER=entry_frequency`: a week, divided by the entries of a week and by
  `SCHEDULER_ENTRY_FREQUENCY_FACTOR` (1), between 5 minutes and 24 hours; 24 hours when there are none. The
  entries of a week are told from the mean time between the entries that it holds of the last week, or from
  their number where that says nothing.
- CommaFeed, its default since 5 ("empirical interval"): half the mean time between the entries of the feed,
  between 5 minutes and a quarter of the longest, 4 hours; where the newest entry is a week old, that
  quarter, where two weeks, half, where thirty days, or nothing is dated, the whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from aggregator.rhythm import DAY, Bounds, Rhythm, gap, learn, pace_of, rate, tempo

MINUTE = 60.0  # seconds
BOUNDS = Bounds(15 / 1440, 1.0)  # polling.min_interval and max_interval, as they ship


class Rule(Protocol):
    """Seconds to the next poll of source ``name`` at ``now``; ``seen``: all publication times until now."""

    def __call__(self, name: str, now: float, seen: Sequence[float], fresh: Sequence[float]) -> float: ...


def fixed(interval: float) -> Rule:
    """Always the same."""
    return lambda name, now, seen, fresh: interval  # noqa: ARG005


def miniflux(factor: float = 1.0, least: float = 5 * MINUTE, most: float = DAY) -> Rule:
    """By the number of entries of a week."""

    def after(name: str, now: float, seen: Sequence[float], fresh: Sequence[float]) -> float:  # noqa: ARG001
        week = seen[bisect_right(seen, now - 7 * DAY) :]
        if not week:
            return most
        apart = (week[-1] - week[0]) / max(len(week) - 1, 1)
        weekly = 7 * DAY / apart if apart > 0 else len(week)
        return min(max(7 * DAY / (weekly * factor), least), most)

    return after


def commafeed(
    factor: float = 2.0, least: float = 5 * MINUTE, most: float = 4 * 60 * MINUTE, shown: int = 30
) -> Rule:
    """By the mean time between the entries that the feed shows (``shown``: the newest so many)."""

    def after(name: str, now: float, seen: Sequence[float], fresh: Sequence[float]) -> float:  # noqa: ARG001
        if not seen:
            return most
        quiet = (now - seen[-1]) / DAY
        for days, part in ((30, 1), (14, 2), (7, 4)):
            if quiet >= days:
                return most / part
        listed = seen[-shown:]
        if len(listed) < 2:
            return most
        apart = (listed[-1] - listed[0]) / (len(listed) - 1)
        return max(min(max(apart / factor, least), most / 4), least)

    return after


class Ours:
    """The rule of `aggregator.rhythm`, its pace set anew each hour from all sources."""

    def __init__(self, interval: float, roll: Callable[[], float], bounds: Bounds = BOUNDS) -> None:
        self._interval = interval
        self._roll = roll
        self._bounds = bounds
        self._rhythms: dict[str, Rhythm] = {}
        self._tempos: dict[str, int] = {}
        self._pace = 0.0
        self._paced = -DAY

    def __call__(self, name: str, now: float, seen: Sequence[float], fresh: Sequence[float]) -> float:
        at = datetime.fromtimestamp(now, UTC)
        held = self._rhythms.get(name)
        if held is None or fresh:
            held = learn(held, (datetime.fromtimestamp(one, UTC) for one in (fresh if held else seen)), at)
            self._rhythms[name] = held
        self._tempos[name] = tempo(rate(held, at))
        if now - self._paced > DAY / 24:
            self._pace = pace_of(Counter(self._tempos.values()), self._interval / DAY, self._bounds)
            self._paced = now
        return gap(held, at, self._pace, self._bounds) * DAY * (1 + 0.1 * self._roll())
