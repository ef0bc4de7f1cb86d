"""The rhythm of a source, learnt from when its entries were published (pure).

What is kept of a source is small and bounded (`Rhythm`, 148 bytes): a count of its entries, by hour of the
day and by day of the week, in which an entry weighs exp(-age / `MEMORY`), and the time that was watched,
weighed alike. From it comes the rate, entries a day, of a Poisson process whose rate changes with the hour::

    λ(t) = rate · H(hour of t) · D(weekday of t),    rate = (count + ½) / (watched + ¼ day)

(½ is Jeffreys' prior for a Poisson rate; H and D have the mean 1, are drawn towards 1 while little is known,
and are 1 before `DAYS_FOR_HOURS` and `DAYS_FOR_WEEKDAYS`, as a few hours say nothing of the others.)

**How often.** With f polls a day, an entry waits 1 / (2f) days in the mean. For a number of requests a day,
Σ f_i = F, the mean wait of all entries, Σ λ_i / (2 f_i), is least where the derivatives are equal
(Lagrange)::

    λ_i / (2 f_i²) = constant,  so  f_i = pace · √λ_i

within the bounds that hold for a source. So one with four times the news is asked twice as often. That is
the allocation of resources of Sia, Cho and Cho, “Efficient monitoring algorithm for fast news alerts”, IEEE
TKDE 19(7), 2007, for the delay of news; Cho and Garcia-Molina, “Effective page refresh policies for web
crawlers”, ACM TODS 28(4), 2003, have it for copies of pages that go stale. `pace_of` finds the multiplier.

**When within the day.** The same paper shows that a poll at t is placed best where what is expected to have
come since the last one equals what would come at the present rate until the following one::

    ∫ λ(u) du over (last, t)  =  λ(t) · (following − t)

So polls wait for the end of a busy hour, and come soon after it. `gap` takes the first such t; ``following``
is where ∫ pace · √λ(u) du from t has grown by one. With a constant rate both say: 1 / (pace · √λ).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

DAY = 86_400.0  # seconds
HOUR = 3_600.0
MEMORY = 28.0  # days after which an entry counts for 1/e
PRIOR_COUNT, PRIOR_DAYS = 0.5, 0.25
DAYS_FOR_HOURS = 3.0  # watched, before hours of the day are told apart …
DAYS_FOR_WEEKDAYS = 14.0  # … and days of the week
PRIOR_HOURS, PRIOR_WEEKDAYS = 12.0, 14.0  # entries that would have to speak against an even spread
STEPS = 4  # tempos in an octave of the rate
ENOUGH = 10.0  # entries, before people are told of hours
LONG_SILENCE, SHORT_SILENCE, OVERDUE = 180.0, 7.0, 20.0  # days, days, entries
SLOWEST = 1e-4  # entries a day: what is rarer is taken for this

_FORM = struct.Struct("<ddff24f7f")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is kept of the publication times of a source.

    ``at``: when it was last added to, seconds since 1970; ``newest``: when its newest entry was published, 0
    when it has none. ``count``: entries, each weighed by its age then.
    ``watched``: days, weighed alike. ``hours``: of ``count``, those of each hour of the day (UTC);
    ``weekdays``: of each day of the week (Monday is 0); entries dated to the day alone are in neither.
    """

    at: float
    newest: float
    count: float
    watched: float
    hours: tuple[float, ...]
    weekdays: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which two polls of a source lie apart, in days."""

    least: float
    most: float


def packed(rhythm: Rhythm) -> bytes:
    """148 bytes."""
    return _FORM.pack(rhythm.at, rhythm.newest, rhythm.count, rhythm.watched, *rhythm.hours, *rhythm.weekdays)


def unpacked(content: bytes | None) -> Rhythm | None:
    """What `packed` packed; None of anything else."""
    if content is None or len(content) != _FORM.size:
        return None
    at, newest, count, watched, *rest = _FORM.unpack(content)
    return Rhythm(at, newest, count, watched, tuple(rest[:24]), tuple(rest[24:]))


def learn(held: Rhythm | None, times: Iterable[datetime], now: datetime) -> Rhythm:
    """Add entries that were first seen now, by when they were published; what lies ahead counts as now.

    ``held`` None: this is the first look at the feed, which shows its last entries. Its oldest entry begins
    the time that was watched, and is no part of it.
    """
    end = now.timestamp()
    found = sorted(min(time.timestamp(), end) for time in times)
    newest = max(found[-1:] + ([held.newest] if held else []), default=0.0)
    if held is None:
        begin, found = (found[0], found[1:]) if found else (end, found)
        held = Rhythm(begin, newest, 0.0, 0.0, (0.0,) * 24, (0.0,) * 7)
    kept = math.exp(-max(end - held.at, 0.0) / DAY / MEMORY)
    count = held.count * kept
    hours, weekdays = [one * kept for one in held.hours], [one * kept for one in held.weekdays]
    for time in found:
        weight = math.exp(-(end - time) / DAY / MEMORY)
        count += weight
        if time % DAY:
            hours[int(time % DAY // HOUR)] += weight
            weekdays[_weekday(time)] += weight
    watched = held.watched * kept + MEMORY * (1 - kept)
    return Rhythm(max(end, held.at), newest, count, watched, tuple(hours), tuple(weekdays))


def rate(rhythm: Rhythm | None, now: datetime) -> float:
    """Entries a day that are to be expected; of a source of which nothing is known, two."""
    if rhythm is None:
        return PRIOR_COUNT / PRIOR_DAYS
    kept = math.exp(-max(now.timestamp() - rhythm.at, 0.0) / DAY / MEMORY)
    watched = rhythm.watched * kept + MEMORY * (1 - kept)
    return max((rhythm.count * kept + PRIOR_COUNT) / (watched + PRIOR_DAYS), SLOWEST)


def tempo(entries: float) -> int:
    """A rate, entries a day, as a class: four to an octave. So sources can be counted by their rate."""
    return round(STEPS * math.log2(max(entries, SLOWEST)))


def pace_of(tempos: Mapping[int, int], interval: float, bounds: Bounds) -> float:
    """The multiplier of √λ with which all sources together are polled as often as one each ``interval`` days.

    ``tempos``: how many sources there are of each. Where the bounds allow no such pace, the nearest.
    """
    sources = sum(tempos.values())
    roots = [(2.0 ** (one / STEPS / 2), count) for one, count in tempos.items()]
    low, high = 1e-6, 1e9
    for _ in range(80):
        middle = math.sqrt(low * high)
        asked = sum(
            count * min(max(middle * root, 1 / bounds.most), 1 / bounds.least) for root, count in roots
        )
        low, high = (middle, high) if asked < sources / interval else (low, middle)
    return low


def gap(rhythm: Rhythm | None, now: datetime, pace: float, bounds: Bounds) -> float:
    """Days from now, when a source was just polled, to its best next poll."""
    mean = rate(rhythm, now)
    shape = None if rhythm is None else _shape(rhythm)
    if shape is None:
        return min(max(1 / (pace * math.sqrt(mean)), bounds.least), bounds.most)
    intensity = _Intensity(mean, shape)
    begin = now.timestamp()
    at, came, end = begin, 0.0, begin + bounds.most * DAY
    while at < end:
        here = intensity(at)
        edge = min((at // HOUR + 1) * HOUR, end)
        wanted = here * intensity.after(at, pace, bounds.most) - came
        if wanted <= here * (edge - at) / DAY:
            at += max(wanted, 0.0) / here * DAY
            break
        came += here * (edge - at) / DAY
        at = edge
    return min(max((at - begin) / DAY, bounds.least), bounds.most)


class _Intensity:
    """λ(t), entries a day, constant within an hour."""

    def __init__(self, mean: float, shape: Callable[[float], float]) -> None:
        self._mean = mean
        self._shape = shape

    def __call__(self, at: float) -> float:
        return self._mean * self._shape(at)

    def after(self, at: float, pace: float, most: float) -> float:
        """Days from ``at`` until ∫ pace · √λ has grown by one; at most ``most``."""
        begin, end, left = at, at + most * DAY, 1.0
        while at < end:
            speed = pace * math.sqrt(self(at))  # a day
            edge = min((at // HOUR + 1) * HOUR, end)
            if left <= speed * (edge - at) / DAY:
                return (at - begin) / DAY + left / speed
            left -= speed * (edge - at) / DAY
            at = edge
        return most


def _tells_hours(rhythm: Rhythm) -> bool:
    """Whether enough is known for hours to be told apart."""
    return rhythm.watched >= DAYS_FOR_HOURS and sum(rhythm.hours) >= 2


def _shape(rhythm: Rhythm) -> Callable[[float], float] | None:
    """H · D; None while nothing is known of either."""
    if not _tells_hours(rhythm):
        return None
    counted = rhythm.hours
    total = sum(counted)
    hours = [
        24 * ((counted[one - 1] + 2 * counted[one] + counted[(one + 1) % 24]) / 4 + PRIOR_HOURS / 24)
        / (total + PRIOR_HOURS)
        for one in range(24)
    ]  # fmt: skip
    if rhythm.watched < DAYS_FOR_WEEKDAYS:
        return lambda at: hours[int(at % DAY // HOUR)]
    weekdays = [7 * (one + PRIOR_WEEKDAYS / 7) / (total + PRIOR_WEEKDAYS) for one in rhythm.weekdays]
    return lambda at: hours[int(at % DAY // HOUR)] * weekdays[_weekday(at)]


def _weekday(seconds: float) -> int:
    """Monday is 0; 1970 began on a Thursday."""
    return (int(seconds // DAY) + 3) % 7


def busiest(rhythm: Rhythm | None) -> str:
    """The four hours of the day in which most comes, such as "06–10 h UTC"; "" where hours are much alike."""
    if rhythm is None or not _tells_hours(rhythm) or sum(rhythm.hours) < ENOUGH:
        return ""
    twice = (*rhythm.hours, *rhythm.hours[:3])
    sums = [twice[one] + twice[one + 1] + twice[one + 2] + twice[one + 3] for one in range(24)]
    best = max(range(24), key=sums.__getitem__)
    if sums[best] < sum(rhythm.hours) / 3:
        return ""
    return f"{best:02d}–{(best + 4) % 24:02d} h UTC"


def in_words(rhythm: Rhythm, now: datetime) -> str:
    """The rhythm for people: ``about 12 entries a day, most at 06–10 h UTC``."""
    hours = busiest(rhythm)
    return a_day(rate(rhythm, now)) + (f", most at {hours}" if hours else "")


def a_day(entries: float) -> str:
    """A rate in words: ``about 12 entries a day``, ``about one entry in 9 days``."""
    if entries >= 1.5:
        return f"about {entries:.0f} entries a day"
    days = round(1 / entries)
    return "about one entry a day" if days <= 1 else f"about one entry in {days} days"


def is_silent(rhythm: Rhythm | None, now: datetime) -> bool:
    """Whether a source has fallen silent: half a year without an entry, or a week and 20 entries overdue.

    At its own rate (as it was when its newest entry came) so long a silence has the chance of e⁻²⁰.
    """
    if rhythm is None or not rhythm.newest:
        return False
    quiet = (now.timestamp() - rhythm.newest) / DAY
    if quiet < SHORT_SILENCE or quiet >= LONG_SILENCE:
        return quiet >= LONG_SILENCE
    kept = math.exp(-max(rhythm.at - rhythm.newest, 0.0) / DAY / MEMORY)
    watched = max((rhythm.watched - MEMORY * (1 - kept)) / kept, 0.0)
    usual = (rhythm.count / kept + PRIOR_COUNT) / (watched + PRIOR_DAYS)
    return quiet * usual >= OVERDUE
