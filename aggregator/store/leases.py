"""Leases: what a daemon holds while it polls, for as long as it says that it lives.

A lease is short and renewed; so what a dead daemon held is taken over soon, and a poll may take its time. A
daemon that slept through its lease must not write over what another has done since: a result counts only
while its claim does (`is_lost`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from aggregator.store.among import among, among_strings
from aggregator.store.schema import hosts, sources
from aggregator.store.sources import REVOKED
from aggregator.store.values import micros

LONGEST = 86_400_000_000  # microseconds that a whole host rests, at most: one day


def is_revoked(lease_owner: str | None) -> bool:
    """Whether the source's address changed after it was claimed."""
    return lease_owner is not None and lease_owner.startswith(REVOKED)


def is_lost(row: Any, owner: str | None) -> bool:
    """Whether the claim that a result is of has ended. ``owner`` None: a result without a claim."""
    return owner is not None and row.lease_owner not in (owner, REVOKED + owner)


def renew(
    connection: Connection, owner: str, polling: Collection[str], now: datetime, lease: timedelta
) -> int:
    """Hold on to what is being polled; how many sources that is. What else was claimed is let go of."""
    column = sources.c
    # Locked in one order, as everything that locks several sources does.
    held = (
        select(column.no)
        .where(_held_by(owner), among_strings(column.id, "polling"))
        .order_by(column.no)
        .with_for_update()
    )
    numbers = list(connection.execute(held, {"polling": polling}).scalars()) if polling else []
    if numbers:
        connection.execute(
            update(sources).where(among(column.no, "numbers")).values(lease_until=micros(now + lease)),
            {"numbers": numbers},
        )
    return len(numbers)


def release(connection: Connection, owner: str) -> int:
    """Give up what ``owner`` holds. Each source is due again when its claim said so: see `retry_after`."""
    statement = update(sources).where(_held_by(owner))
    return connection.execute(statement.values(lease_owner=None, lease_until=None)).rowcount


def release_dead(connection: Connection, is_dead: Callable[[str], bool]) -> int:
    """Give up what owners hold that are known to be dead."""
    held = select(sources.c.lease_owner).where(sources.c.lease_until.is_not(None)).distinct()
    owners = {(owner or "").removeprefix(REVOKED) for owner in connection.execute(held).scalars()}
    return sum(release(connection, owner) for owner in sorted(owners) if owner and is_dead(owner))


def want(connection: Connection, source: str, now: datetime) -> bool:
    """Make a source due now, for whoever polls; False when its server asked for rest, or it is paused."""
    at, column = micros(now), sources.c
    statement = update(sources).where(
        column.id == source,
        column.removed.is_(False),
        column.paused.is_(False),
        or_(column.paused_until.is_(None), column.paused_until <= at),
        or_(column.not_before.is_(None), column.not_before <= at),
    )
    values = {"next_due": at, "next_reason": "asked for by a person"}
    return bool(connection.execute(statement.values(values)).rowcount)


def strike(connection: Connection, host: str, source: int, until: int, at: int) -> None:
    """Note that a host told this source to wait. Told to a second one meanwhile, it holds for the host.

    One feed's limit is that feed's: an outlet may limit an expensive one, and platforms serve many outlets.
    """
    row = connection.execute(select(hosts).where(hosts.c.name == host).with_for_update()).one_or_none()
    if row is None:
        return
    values: dict[str, Any] = {"struck_by": source, "struck_until": until}
    if row.struck_by not in (None, source) and row.struck_until > at:
        values["not_before"] = max(row.not_before or 0, min(until, row.struck_until, at + LONGEST))
    connection.execute(update(hosts).where(hosts.c.name == host).values(values))


def _held_by(owner: str) -> Any:
    return sources.c.lease_owner.in_([owner, REVOKED + owner]) & sources.c.lease_until.is_not(None)
