"""A world of made-up outlets: how often each publishes, when, and what its feed says at a moment.

Rates are drawn as those of a hundred real feeds look: a lognormal distribution with the median 0.12 and the
mean 1.7 entries a day, so that a tenth of the outlets have nine tenths of the news. Everything follows from
an outlet's number, so that a server and who measures it need not talk. Words are made up.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache

from lib.bench.texts import made_up

START = datetime(2026, 11, 24, 9, tzinfo=UTC).timestamp()  # seconds
DAY = 86_400.0
MEDIAN, SPREAD, MOST = 0.12, 2.3, 300.0  # entries a day; of the logarithm; entries a day
SHOWN = 15  # entries in a feed
PARAGRAPHS = 7
COPIES = 0.35  # of the entries: a text of the last half hour, which others print as well
PER_HOST = 4  # feeds of one host


def rate(outlet: int) -> float:
    """Entries a day."""
    return float(min(random.Random(f"rate {outlet}").lognormvariate(math.log(MEDIAN), SPREAD), MOST))


def times(outlet: int, seconds: float) -> list[float]:
    """When an outlet publishes within so many seconds of the start (Poisson), in order."""
    roll, mean, found, at = random.Random(f"times {outlet}"), rate(outlet) / DAY, [], START
    while (at := at + roll.expovariate(mean)) < START + seconds:
        found.append(at)
    return found


def address(outlet: int, port: int) -> str:
    """Of a feed. Every host is this machine, under an address of its own (127.0.0.0/8)."""
    host = outlet // PER_HOST + 256
    return f"http://127.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}:{port}/{outlet}"


@cache
def _sentences() -> list[str]:
    texts = made_up(1_500, 380, "latin", seed=7)
    return [
        one.strip() + "."
        for _, text in texts
        for one in text.replace("\n\n", " ").split(".")
        if len(one) > 60
    ]


def _item(outlet: int, number: int, published: float) -> str:
    """Entry ``number`` of an outlet: a text of its own, or a wire's with a line changed."""
    roll = random.Random(f"entry {outlet} {number}")
    copied = roll.random() < COPIES
    words = random.Random(f"wire {int(published // 1_800)} {roll.randrange(40)}") if copied else roll
    chosen = words.choices(_sentences(), k=2 * PARAGRAPHS)
    title = chosen[0][:70] if copied and roll.random() < 0.5 else roll.choice(_sentences())[:70]
    if copied:
        chosen[roll.randrange(len(chosen))] = roll.choice(_sentences())
    body = "".join(f"&lt;p&gt;{' '.join(chosen[at : at + 2])}&lt;/p&gt;" for at in range(0, len(chosen), 2))
    date = format_datetime(datetime.fromtimestamp(published, UTC))
    return (
        f"<item><title>{title}</title><link>https://o{outlet}.example/{number}</link>"
        f"<guid>o{outlet}-{number}</guid><pubDate>{date}</pubDate><description>{body}</description></item>"
    )


class Outlet:
    """One feed over the time that is measured. ``seconds``: how long that is."""

    def __init__(self, outlet: int, seconds: float) -> None:
        self.number = outlet
        self._times = times(outlet, seconds)
        self._gap = DAY / rate(outlet)

    def there(self, now: float) -> int:
        """How many entries it has published since the start."""
        return bisect_right(self._times, now)

    def between(self, first: int, last: int) -> list[float]:
        """When the entries from one count to another were published."""
        return self._times[first:last]

    def body(self, count: int) -> bytes:
        """Its feed (RSS 2.0) when there are ``count`` entries since the start; older ones are before."""
        items = [
            _item(self.number, at, self._times[at - 1] if at > 0 else START + (at - 1) * min(self._gap, DAY))
            for at in range(count, count - SHOWN, -1)
        ]
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0">'
            f"<channel><title>Outlet {self.number}</title>"
            f"<link>https://o{self.number}.example/</link><language>en</language>{''.join(items)}</channel></rss>"
        ).encode()


def etag(outlet: int, count: int) -> str:
    """The validator of a feed with so many entries."""
    return f'"{outlet}-{count}"'
