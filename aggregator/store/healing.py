"""After the clock was wrong: what was written down while it was ahead must not silence sources until then."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, or_, update

from aggregator.store.schema import hosts, sources
from aggregator.store.values import micros

AHEAD = timedelta(minutes=5)  # a poll that lies so far in the future was written by a clock that was ahead
LONGEST = timedelta(days=2)  # more than a whole host rests, whatever it asks for


def heal(connection: Connection, now: datetime, lease: timedelta) -> int:
    """Move what was planned by a clock that was ahead by as much as it was; returns how many sources that is.

    What shows it is a last poll in the future. Intervals, back-off and what servers asked for stay as long as
    they were. Leases end within their length; a source that was never polled is due.
    """
    at, limit = micros(now), micros(now + AHEAD)
    column = sources.c
    late = update(sources).where(column.last_polled > limit)
    moved = connection.execute(
        late.values(
            next_due=at + column.next_due - column.last_polled,
            not_before=at + column.not_before - column.last_polled,
            last_success=case((column.last_success > at, at), else_=column.last_success),
            last_polled=at,
        )
    ).rowcount
    never = and_(column.last_polled.is_(None), column.added > limit)
    moved += connection.execute(
        update(sources).where(never).values(next_due=at, not_before=None, added=at)
    ).rowcount
    end = micros(now + lease)
    connection.execute(update(sources).where(column.lease_until > end).values(lease_until=end))
    longest, rests = micros(now + LONGEST), hosts.c
    rested = update(hosts).where(or_(rests.free_from > longest, rests.not_before > longest))
    connection.execute(rested.values(free_from=None, not_before=None))
    return int(moved)
