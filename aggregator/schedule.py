"""When a source is polled next (pure): a function of what happened, what the server said, and one roll.

The next poll comes no earlier than the source's own minimum and what the server asks for: Cache-Control and
Expires (RFC 9111), the feed's ``ttl`` (RSS 2.0) or ``sy:updatePeriod`` (RSS 1.0 syndication module), together
capped at a day so that garbage cannot silence a source; Retry-After (RFC 9110 section 10.2.3), capped at 7
days; and outside of ``skipHours`` and ``skipDays`` (GMT). Jitter only ever adds. Failures back off
exponentially, up to a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from aggregator import rhythm
from aggregator.model import Hints, Source
from aggregator.rhythm import Bounds, Rhythm

DAY = timedelta(days=1)
MAX_RETRY_AFTER = timedelta(days=7)
JITTER = 0.1  # of the delay, at most
CONFIRM_GONE = timedelta(hours=1)  # a 410 is asked once more before it is believed
HINDERED = timedelta(minutes=5)  # until a source is asked that trouble of ours kept from being asked
REFUSED = frozenset({401, 402, 403, 404, 429, 451})  # the server said no: slow down at the first sight
MAX_DOUBLINGS = 10


class Outcome(Enum):
    """How a poll ended."""

    CHANGED = "changed"  # a feed with other bytes than before
    UNCHANGED = "unchanged"  # 304 or the same bytes
    FAILED = "failed"
    GONE = "gone"  # 410
    HINDERED = "hindered"  # by trouble of ours: no server was asked


@dataclass(frozen=True, slots=True)
class Plan:
    """The next poll. ``reason`` says why then, for people.

    ``not_before``: what the server alone demands; a person who asks for a refresh now is held by it, but
    not by ``due``, which also holds our own interval.
    """

    due: datetime
    not_before: datetime
    reason: str


def next_poll(
    now: datetime,
    *,
    source: Source,
    outcome: Outcome,
    roll: Callable[[], float],
    hints: Hints = Hints(),  # noqa: B008  frozen
    max_age: timedelta | None = None,
    failures: int = 0,
    retry_after: float | None = None,
    status: int | None = None,
    learnt: Rhythm | None = None,
    pace: float = 0.0,
) -> Plan:
    """Plan the next poll.

    ``learnt``, ``pace``: the source's rhythm and the pace of all (`aggregator.rhythm`); they count where the
    source learns. Without a pace its ``interval`` holds.
    ``failures``: failures in a row, this one included. ``retry_after``: seconds from now. ``status``: the
    HTTP status of a failure. ``roll``: uniform in 0…1.
    """
    asked, asked_why = _asked(hints, max_age)
    own, own_why = _own(now, source, learnt, pace)
    delay, reason = (asked, asked_why) if asked > own else (own, own_why)
    ceiling = max(DAY, own)  # a person may choose more than a day
    if outcome is Outcome.HINDERED:
        delay, reason = min(own, HINDERED), "nothing could be asked from here: tried again soon"
    elif outcome is Outcome.GONE:
        delay, reason = _confirm(delay, failures, ceiling)
    elif outcome is Outcome.FAILED:
        delay, reason = _back_off(delay, reason, failures, status, ceiling)
    held = _retry_after(retry_after)
    if held > delay:
        delay, reason, ceiling = held, f"the server asked for {words(held)} of rest", max(ceiling, held)
    due = now + min(delay * (1 + JITTER * roll()), max(ceiling, delay))
    due, skipped = _skip(due, hints, roll)
    failed = outcome in (Outcome.FAILED, Outcome.GONE, Outcome.HINDERED)
    demanded = max(timedelta(0) if failed else asked, held)
    not_before, _ = _skip(now + demanded, hints, lambda: 0.0)
    return Plan(due, min(not_before, due), f"{reason}, moved by {skipped}" if skipped else reason)


def first_poll(now: datetime, *, spread: timedelta, roll: Callable[[], float]) -> Plan:
    """When a source that was never polled is: somewhere in ``spread``, so that a start is no burst."""
    return Plan(now + spread * roll(), now, "first poll")


def words(delay: timedelta) -> str:
    """A duration for people: ``45 s``, ``20 min``, ``3 h``, ``2 d``."""
    seconds = delay.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size and (unit != "d" or seconds >= 2 * size):
            return f"{round(seconds / size, 1):g} {unit}"
    return f"{round(seconds):d} s"


def bounds(source: Source) -> Bounds:
    """Between which the polls of a source that learns lie apart."""
    return Bounds(
        source.min_interval / DAY, max(source.max_interval, source.interval, source.min_interval) / DAY
    )


def _own(now: datetime, source: Source, learnt: Rhythm | None, pace: float) -> tuple[timedelta, str]:
    """The delay that we choose ourselves: as it was set, or as the source's rhythm says."""
    if not source.learns or pace <= 0:
        fixed = max(source.interval, source.min_interval)
        return fixed, f"every {words(fixed)}"
    own = max(DAY * rhythm.gap(learnt, now, pace, bounds(source)), source.min_interval)
    if learnt is None:
        return own, f"after {words(own)}: its rhythm is not known yet"
    return own, f"after {words(own)}: {rhythm.in_words(learnt, now)}"


def _asked(hints: Hints, max_age: timedelta | None) -> tuple[timedelta, str]:
    """The delay that server and feed ask for, capped at a day; zero when they ask for nothing usable."""
    if not max_age and not hints.ttl:
        return timedelta(0), ""
    candidates = [
        (max_age or timedelta(0), "the server's max-age"),
        (hints.ttl or timedelta(0), "the feed's ttl"),
    ]
    delay, who = max(candidates, key=lambda pair: pair[0])
    if delay <= timedelta(0):
        return timedelta(0), ""
    delay = min(delay, DAY)
    return delay, f"{who} is {words(delay)}"


def _back_off(
    delay: timedelta, reason: str, failures: int, status: int | None, ceiling: timedelta
) -> tuple[timedelta, str]:
    """Double at each failure after the first; at the first one too when the server refused us."""
    doublings = max(failures, 1) - (0 if status in REFUSED else 1)
    if doublings == 0:
        return delay, f"{reason}, after a failure"
    # The ceiling holds for what we add ourselves.
    longer = min(delay * 2 ** min(doublings, MAX_DOUBLINGS), ceiling)
    return longer, f"failed {failures} times in a row: waiting {words(longer)}"


def _confirm(delay: timedelta, failures: int, ceiling: timedelta) -> tuple[timedelta, str]:
    """A 410 is asked once more after an hour or the interval, then daily should anyone still ask."""
    if failures <= 1:
        return max(delay, CONFIRM_GONE), "gone (410): asked once more to be sure"
    return ceiling, "gone (410)"


def _retry_after(seconds: float | None) -> timedelta:
    """Retry-After as a delay; nonsense is zero."""
    if seconds is None or not seconds > 0:
        return timedelta(0)
    return timedelta(seconds=min(seconds, MAX_RETRY_AFTER.total_seconds()))


def _skip(due: datetime, hints: Hints, roll: Callable[[], float]) -> tuple[datetime, str]:
    """Move ``due`` to the first hour that the feed allows; a rule that leaves none is ignored."""
    if not hints.skip_hours and not hints.skip_days:
        return due, ""
    hours = hints.skip_hours if len(hints.skip_hours & frozenset(range(24))) < 24 else frozenset()
    days = hints.skip_days if len(hints.skip_days & frozenset(range(7))) < 7 else frozenset()
    if due.hour not in hours and due.weekday() not in days:
        return due, ""
    moved = due.replace(minute=0, second=0, microsecond=0)
    for _ in range(24 * 8):
        moved += timedelta(hours=1)
        if moved.hour not in hours and moved.weekday() not in days:
            # Spread over some minutes: others wait for the same hour.
            return moved + timedelta(minutes=10) * roll(), "skipHours or skipDays"
    return due, ""
