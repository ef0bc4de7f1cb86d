"""How much each source publishes by day, and who prints what others had before: for the page about sources.

Both are read of the newest articles only, up to a number, by the order of their ids.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from aggregator.model import Activity, Flow
from aggregator.store.schema import articles
from aggregator.store.values import DAY, micros, moment

MOST = 200_000  # articles that are looked at


def activity(connection: Connection, now: datetime, days: int) -> Activity:
    """Entries by source and day, the newest day last; and flows between sources over these days."""
    since = micros(now - timedelta(days=days - 1)) // DAY * DAY
    first = _first(connection, since)
    by_source: dict[int, list[int]] = defaultdict(lambda: [0] * days)
    for source, day, count in connection.execute(_DAYS, {"first": first, "day": DAY, "since": since}):
        if 0 <= (at := int(day) - since // DAY) < days:
            by_source[source][at] += count
    names = {int(row.no): str(row.id) for row in connection.execute(text("SELECT no, id FROM sources"))}
    return Activity(
        since=moment(since),
        days={names[source]: tuple(counts) for source, counts in by_source.items()},
        flows=_flows(connection, first, names),
    )


def _first(connection: Connection, since: int) -> int:
    """The first article that was seen since then: ids are given in that order, so halving finds it."""
    last = connection.execute(text("SELECT max(id) FROM articles")).scalar() or 0
    low, high = max(1, last - MOST), last + 1
    while low < high:
        middle = (low + high) // 2
        seen = connection.execute(_SEEN, {"id": middle}).scalar()
        if seen is not None and seen < since:
            low = middle + 1
        else:
            high = middle
    return low


_SEEN = text(f"SELECT first_seen FROM {articles.name} WHERE id >= :id ORDER BY id LIMIT 1")  # noqa: S608

_DAYS = text(
    """
    SELECT source, first_seen / :day AS day, count(*) FROM articles
    WHERE id >= :first AND first_seen >= :since GROUP BY source, first_seen / :day
    """
)

# Of each story that several sources have: each source's earliest article. `absent`: at that time a good poll
# had not found the article yet (-1: there was no such poll).
_SHARED = text(
    """
    SELECT story, source, min(effective) AS published, min(first_seen) AS seen,
           min(coalesce(last_absent, -1)) AS absent
    FROM articles
    WHERE story IN (SELECT story FROM articles WHERE id >= :first AND relation <> 'original')
    GROUP BY story, source ORDER BY story, published, source
    """
)


def _flows(connection: Connection, first: int, names: dict[int, str]) -> tuple[Flow, ...]:
    """By claimed dates; certain is what polls prove: the one was seen when the other's was not there yet."""
    counted: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    story, leader, seen = None, 0, 0
    for row in connection.execute(_SHARED, {"first": first}):
        if row.story != story:
            story, leader, seen = row.story, row.source, row.seen
            continue
        counts = counted[leader, row.source]
        counts[0] += 1
        counts[1] += seen <= row.absent
    made = (Flow(names[a], names[b], stories, certain) for (a, b), (stories, certain) in counted.items())
    return tuple(sorted(made, key=lambda flow: (-flow.stories, flow.first, flow.later)))
