"""The last weeks of real feeds, replayed: each is polled by a rule, and every entry waits for its poll."""

from __future__ import annotations

import heapq
import io
import random
import tarfile
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lib.simulate.rules import Rule

from aggregator.errors import SourceError
from aggregator.model import Source
from aggregator.rhythm import DAY
from aggregator.sources.feed import parse

Times = Mapping[str, list[float]]  # by feed: when its entries were published, in order, seconds since 1970
FIRST = 1_800.0  # seconds over which the first polls are spread
MIDNIGHT = 0.0


def read(archive: Path) -> Times:
    """The publication times of the feeds in an archive."""
    source, found = Source(id="a", url="https://a.example/feed", title="A"), {}
    later = datetime.now(UTC) + timedelta(days=1)
    with tarfile.open(archive) as files:
        for member in files:
            if (opened := files.extractfile(member)) is None:
                continue
            body = io.BytesIO(opened.read()).getvalue()
            try:
                feed = parse(body, url=source.url, content_type=None, source=source, now=later)
            except SourceError:
                continue
            found[Path(member.name).stem] = sorted(
                entry.published.timestamp() for entry in feed.entries if entry.published
            )
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """The time that is replayed: until the newest entry of all, and from when each feed takes part.

    A feed that shows less than the whole window takes part from its middle entry on: what it showed before
    is what a first poll finds there.
    """

    end: float
    begins: Mapping[str, float]

    @classmethod
    def of(cls, times: Times, days: float) -> Window:
        """The last ``days``."""
        end = max(one[-1] for one in times.values() if one)
        start = end - days * DAY
        begins = {
            name: max(start, one[len(one) // 2]) if one and one[0] > start else start
            for name, one in times.items()
        }
        return cls(end, begins)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``requests``: a day, of all feeds. ``waits``: minutes that an entry waited, with its weight, sorted.

    An entry weighs as often as one like it comes in a day: feeds take part for different times.
    """

    requests: float
    waits: list[tuple[float, float]]

    def quantile(self, part: float) -> float:
        """The wait, in minutes, that so large a part of the entries of a day does not exceed."""
        left = part * sum(weight for _, weight in self.waits)
        for wait, weight in self.waits:
            left -= weight
            if left <= 0:
                return wait
        return self.waits[-1][0]

    @property
    def mean(self) -> float:
        """Minutes."""
        return sum(one * weight for one, weight in self.waits) / sum(weight for _, weight in self.waits)


def replay(times: Times, window: Window, rule: Rule, roll: Callable[[], float]) -> Outcome:
    """Poll every feed by ``rule`` until the end. What a rule is shown lies in the past of its poll.

    Entries dated to the day alone (midnight sharp) are polled for like others, and their wait, which nobody
    can know, is not counted; nor is that of what a first poll finds.
    """
    queue = [(begin + FIRST * roll(), name) for name, begin in window.begins.items()]
    heapq.heapify(queue)
    last: dict[str, int] = {}  # how many entries were there at the last poll
    requests, waits = 0.0, []
    while queue:
        now, name = heapq.heappop(queue)
        if now > window.end:
            continue
        published, weight = times[name], DAY / (window.end - window.begins[name])
        there = bisect_right(published, now)
        fresh = published[last.get(name, there) : there]
        waits += [((now - one) / 60, weight) for one in fresh if one % DAY != MIDNIGHT]
        last[name] = there
        requests += weight
        heapq.heappush(queue, (now + rule(name, now, published[:there], fresh), name))
    return Outcome(requests, sorted(waits))


def dice(seed: int) -> Callable[[], float]:
    """Chance that can be had again."""
    return random.Random(seed).random
