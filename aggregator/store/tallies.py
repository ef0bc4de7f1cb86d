"""How much each source carried, counted by housekeeping and kept, so that a page reads one row a source.

Counted are articles; copies among them; the stories that others have as well; and those of these that it
certainly published first. Publishing happened between the last good poll without the article and the first
one with it. So a source was first only where all others were seen without theirs once its own was there.
Claimed dates prove nothing.

Stories older than the horizon stay as they are: their counts are added up once (``settled``), younger ones
are counted anew in each round. A person's correction of a settled story has all of them counted again. What
arrives between two rounds counts as an article, and as a copy where it is one; a store of up to `SMALL`
articles is counted on the spot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, exists, func, or_, select

from aggregator.store import corrections as correcting
from aggregator.store.database import Database
from aggregator.store.schema import articles, corrections, cursors, instance, stories, tallies
from aggregator.store.values import micros

SMALL = 5_000  # articles
SLICE = 2_000  # stories that are counted in one transaction: it reads, so it holds nobody up
FIGURES = ("articles", "copies", "shared", "first")
COUNTED, SETTLED, CORRECTED, UNDONE = (
    f"tallies:{name}" for name in ("article", "settled", "corrected", "undone")
)


@dataclass(slots=True)
class Tally:
    """What a source carried. ``shared``: its stories that others have too; ``first``: of these."""

    articles: int = 0
    copies: int = 0
    shared: int = 0
    first: int = 0


Tallies = defaultdict[int, Tally]  # by the number of the source
Read = Callable[[], AbstractContextManager[Connection]]


def none() -> Tallies:
    """Nothing counted yet."""
    return defaultdict(Tally)


# ----------------------------------------------------------------------------- counting

_ROWS = (
    select(
        articles.c.story, articles.c.source, articles.c.first_seen,
        func.coalesce(articles.c.last_absent, -1), stories.c.canonical == articles.c.id,
    )
    .join_from(articles, stories, stories.c.id == articles.c.story)
    .where(
        articles.c.story > bindparam("after"), articles.c.story <= bindparam("upto"),
        articles.c.id <= bindparam("last"),
    )
    .order_by(articles.c.story)
)  # fmt: skip


def add(found: Tallies, rows: Iterable[Any]) -> None:
    """Add the articles of stories: (story, source, first seen, last absent, whether canonical), by story."""
    for _, members in groupby(rows, itemgetter(0)):
        outlets: dict[int, tuple[int, int]] = {}
        for _, source, seen, absent, canonical in members:
            tally = found[source]
            tally.articles += 1
            tally.copies += not canonical
            known = outlets.get(source)
            outlets[source] = (
                (seen, absent) if known is None else (min(seen, known[0]), min(absent, known[1]))
            )
        if len(outlets) > 1:
            _compare(found, outlets)


def _compare(found: Tallies, outlets: Mapping[int, tuple[int, int]]) -> None:
    for source in outlets:
        found[source].shared += 1
    leader = min(outlets, key=lambda source: (outlets[source][0], source))
    seen = outlets[leader][0]
    if all(absent >= seen for source, (_, absent) in outlets.items() if source != leader):
        found[leader].first += 1


def _slices(after: int, upto: int) -> Iterator[tuple[int, int]]:
    for begin in range(after, upto, SLICE):
        yield begin, min(begin + SLICE, upto)


# ----------------------------------------------------------------------------- what is kept


def read(connection: Connection) -> Mapping[int, Tally]:
    """Return what each source carried, by its number."""
    last, last_story = connection.execute(select(instance.c.last_article, instance.c.last_story)).one()
    counted = _cursors(connection).get(COUNTED)
    found = none()
    if counted is None or last <= SMALL:
        for after, upto in _slices(0, last_story):
            add(found, connection.execute(_ROWS, {"after": after, "upto": upto, "last": last}))
        return found
    for row in connection.execute(select(tallies)):
        _plus(found[row.source], row)
    for row in connection.execute(_SINCE, {"counted": counted}):
        found[row.source].articles += row.articles
        found[row.source].copies += row.copies
    return found


_SINCE = (
    select(
        articles.c.source, func.count().label("articles"),
        func.sum((articles.c.relation != "original").cast(Integer)).label("copies"),
    )
    .where(articles.c.id > bindparam("counted"))
    .group_by(articles.c.source)
)  # fmt: skip


def _plus(tally: Tally, row: Any) -> None:
    for name in FIGURES:
        setattr(tally, name, getattr(tally, name) + getattr(row, name))


def _cursors(connection: Connection) -> dict[str, int]:
    statement = select(cursors.c.name, cursors.c.value).where(cursors.c.name.startswith("tallies:"))
    return dict(connection.execute(statement).all())


@dataclass(slots=True)
class Round:
    """One round of counting: `step` until it says False, then `keep`."""

    marks: dict[str, int]  # cursors as they will be
    last: int  # article: those that come meanwhile are counted in the next round
    settled: Tallies
    live: Tallies = field(default_factory=none)
    slices: list[tuple[int, int]] = field(default_factory=list)  # still to count, the last one first

    def step(self, read: Read) -> bool:
        """Count some stories; whether any were left."""
        if not self.slices:
            return False
        after, upto = self.slices.pop()
        found = self.settled if upto <= self.marks[SETTLED] else self.live
        with read() as connection:
            add(found, connection.execute(_ROWS, {"after": after, "upto": upto, "last": self.last}))
        return True

    def keep(self, connection: Connection, database: Database) -> None:
        """Write what was counted in place of what was kept. Two that count at once write the same."""
        connection.execute(delete(tallies))
        database.bulk_insert(
            connection, tallies, ("source", "settled", *FIGURES),
            [
                (source, settled, *(getattr(tally, name) for name in FIGURES))
                for settled, counted in ((True, self.settled), (False, self.live))
                for source, tally in counted.items()
            ],
        )  # fmt: skip
        insert = database.insert(cursors)
        connection.execute(
            insert.on_conflict_do_update(index_elements=["name"], set_={"value": insert.excluded.value}),
            [{"name": name, "value": value} for name, value in self.marks.items()],
        )


def begin(connection: Connection, before: datetime) -> Round | None:
    """What is to be counted now; None: nothing has changed. Stories placed ``before`` stay as they are."""
    last, last_story = connection.execute(select(instance.c.last_article, instance.c.last_story)).one()
    held = _cursors(connection)
    corrected, undone = correcting.version(connection)
    same = held.get(CORRECTED, 0) == corrected and held.get(UNDONE, 0) == undone
    if last <= SMALL or (held.get(COUNTED) == last and same):
        return None
    upto, settled = held.get(SETTLED, 0), none()
    if not same and (held.get(UNDONE, 0) != undone or _touched(connection, held.get(CORRECTED, 0), upto)):
        upto = 0
    if upto:
        for row in connection.execute(select(tallies).where(tallies.c.settled)):
            _plus(settled[row.source], row)
    newest = select(stories.c.id).where(stories.c.placed < micros(before)).order_by(stories.c.id.desc())
    bound = max(upto, connection.execute(newest.limit(1)).scalar() or 0)
    slices = [*_slices(upto, bound), *_slices(bound, last_story)]
    marks = {COUNTED: last, SETTLED: bound, CORRECTED: corrected, UNDONE: undone}
    return Round(marks, last, settled, slices=slices[::-1])


def _touched(connection: Connection, after: int, upto: int) -> bool:
    """Whether a correction since was of a story that is settled."""
    of = or_(corrections.c.story <= upto, corrections.c.other <= upto)
    return bool(connection.execute(select(exists().where(corrections.c.id > after, of))).scalar())
