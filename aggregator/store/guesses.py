"""How often passwords were guessed at: by address, by account, by both. It survives restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from aggregator.store.database import Database
from aggregator.store.digests import digest
from aggregator.store.schema import guesses
from aggregator.store.values import micros, moment

FORGET = timedelta(days=1)  # guesses are counted for so long after the last
KNOWN = timedelta(days=30)  # an address from which an account signed in is known for so long
KEPT = 10_000  # counts, at most


@dataclass(frozen=True, slots=True)
class Limit:
    """Of guesses: ``free`` ones at once, then ever more slowly, up to ``longest`` between two."""

    name: str  # what is counted
    free: int
    longest: timedelta

    def wait(self, count: int) -> timedelta:
        """How long after the last of ``count`` guesses the next may come: 1 s, 2 s, 4 s, …"""
        over = count - self.free
        return timedelta(0) if over < 0 else min(timedelta(seconds=2 ** min(over, 20)), self.longest)


def attempt(connection: Connection, database: Database, limits: Sequence[Limit], now: datetime) -> timedelta:
    """Count one guess against every limit, or none; how long to wait is returned then.

    Counted before the password is looked at, so that many guesses at once are not one.
    """
    keys = {digest(limit.name): limit for limit in limits}
    fresh = [{"key": key, "times": 0, "last": 0} for key in sorted(keys)]
    connection.execute(database.insert(guesses).on_conflict_do_nothing(), fresh)
    # Locked, in one order: of two guesses at once the second sees the first's count.
    locked = select(guesses).where(guesses.c.key.in_(list(keys))).order_by(guesses.c.key).with_for_update()
    rows = connection.execute(locked).all()
    counts = {row.key: row.times if row.last > micros(now - FORGET) else 0 for row in rows}
    waits = [moment(row.last) + keys[row.key].wait(counts[row.key]) - now for row in rows]
    if (longest := max(waits, default=timedelta(0))) > timedelta(0):
        return longest
    for key, count in counts.items():
        connection.execute(
            update(guesses).where(guesses.c.key == key).values(times=count + 1, last=micros(now))
        )
    return timedelta(0)


def right(
    connection: Connection, database: Database, names: Sequence[str], known: str, now: datetime
) -> None:
    """Forget these counts: the guess was right. ``known`` is remembered for `is_known`."""
    connection.execute(delete(guesses).where(guesses.c.key.in_([digest(name) for name in names])))
    statement = database.insert(guesses)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"last": statement.excluded["last"]}),
        {"key": digest(known), "times": 0, "last": micros(now)},
    )


def is_known(connection: Connection, known: str, now: datetime) -> bool:
    """Whether `right` was told of it lately."""
    row = connection.execute(select(guesses.c.last).where(guesses.c.key == digest(known))).one_or_none()
    return row is not None and row.last > micros(now - KNOWN)


def tidy(connection: Connection, now: datetime) -> int:
    """Drop what counts no more, and the oldest of too many; how many that were."""
    gone = connection.execute(
        delete(guesses).where(
            (guesses.c.last <= micros(now - KNOWN))
            | ((guesses.c.last <= micros(now - FORGET)) & (guesses.c.times > 0))
        )
    ).rowcount
    if connection.execute(select(func.count()).select_from(guesses)).scalar_one() > KEPT:
        last = select(guesses.c.last).order_by(guesses.c.last.desc()).offset(KEPT).limit(1)
        oldest = guesses.c.last <= last.scalar_subquery()
        gone += connection.execute(delete(guesses).where(oldest, guesses.c.times > 0)).rowcount
    return gone
