"""Claiming what is due: whose turn it is, politely to every host, over all daemons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, update

from aggregator.model import Due, Source
from aggregator.store import passages, subscriptions
from aggregator.store.among import among_strings
from aggregator.store.claimable import BUSY, UNCLAIMED, Claimed, Kind, Statements, Turn, statements
from aggregator.store.database import Database
from aggregator.store.polling import hints_from
from aggregator.store.schema import hosts
from aggregator.store.values import micros

WINDOW = 4  # times the limit: hosts are looked at so far, since another daemon may hold some …
AT_LEAST = 64  # … and never fewer
MAX_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class Politeness:
    """What holds for each host over all daemons: requests at once, and the time from one to the next."""

    per_host: int
    gap: timedelta = timedelta(0)


def claim(
    connection: Connection,
    database: Database,
    configured: Mapping[str, Source],
    *,
    limit: int,
    owner: str,
    now: datetime,
    lease: timedelta,
    politeness: Politeness,
    only: Collection[str] | None = None,
    ignore_schedule: bool = False,
    unpolled_since: datetime | None = None,
    pace: float = 0.0,
) -> list[Due]:
    """Take sources whose turn has come: at most ``limit``, and politely to each host, over all daemons.

    A claim is a lease, and it commits a later next poll before any request goes out: were we killed now,
    and started again, the source would be due then, and not before (see `retry_after`). Whoever holds a
    host's row may claim its sources; so daemons that ask at once share out the hosts, and what holds for a
    host holds over all of them.
    """
    at = micros(now)
    asking = statements(Kind(only is not None, ignore_schedule, unpolled_since is not None))
    params: dict[str, Any] = {"at": at}
    if only is not None:
        params["only"] = sorted(only)
    if unpolled_since is not None:
        params["since"] = micros(unpolled_since)
    busy = _busy(connection, database, at)
    full = [name for name, count in busy.items() if count >= politeness.per_host]
    held = _hosts(connection, database, asking, params, limit, full)
    if not held:
        return []
    if database.shared:  # again: now that the hosts are ours, nobody adds to it
        busy = _busy(connection, database, at)
    at_once = 1 if politeness.gap else politeness.per_host
    asked = params | {"hosts": held, "at_once": at_once, "most": limit * WINDOW}
    turns = map(Turn._make, database.fetch(connection, asking.turns, asked))
    first = list(islice(_politely(turns, configured, busy, politeness.per_host), limit))
    taken = _take(connection, database, first, configured, asking, params, owner, now, lease)
    if not taken:
        return []
    if politeness.gap:
        names = {turn.host for turn in first if turn.no in taken}
        free = update(hosts).where(among_strings(hosts.c.name, "names"))
        connection.execute(free.values(free_from=micros(now + politeness.gap)), {"names": names})
    rows = [taken[turn.no] for turn in first if turn.no in taken]
    return _as_dues(connection, database, rows, configured, at, pace=pace, owner=owner)


def _as_dues(
    connection: Connection, database: Database, rows: Sequence[Claimed], configured: Mapping[str, Source],
    at: int, *, pace: float = 0.0, owner: str | None = None,
) -> list[Due]:  # fmt: skip
    learnt = passages.learnt(connection, database, [row.no for row in rows])
    naming = [row.no for row in rows if row.hub is not None]
    pushed = subscriptions.relied_on(connection, naming, at) if naming else frozenset()
    return [
        _as_due(
            row,
            configured[row.id],
            frozenset(learnt[row.no]),
            pushed=row.no in pushed,
            pace=pace,
            owner=owner,
        )
        for row in rows
    ]


def unclaimed(
    connection: Connection, database: Database, configured: Mapping[str, Source], source: str, at: int
) -> Due | None:
    """A source as it is, without a claim: for what comes beside its polls. None when it is not polled."""
    found = database.fetch(connection, UNCLAIMED, {"id": source})
    if not found or source not in configured:
        return None
    return _as_dues(connection, database, [Claimed(*found[0])], configured, at)[0]


def retry_after(lost: int, lease: timedelta, source: Source) -> timedelta:
    """When a claim that comes to nothing is followed by another: soon, as the daemon may have been killed.

    At each loss in a row twice as late, up to the source's interval: what kills every daemon that polls it,
    or a daemon that is restarted again and again, makes no server see more requests than it should.
    """
    first = min(lease, source.min_interval)
    later: timedelta = first * 2 ** min(lost, MAX_DOUBLINGS)
    return max(first, min(later, source.interval))


def _hosts(
    connection: Connection, database: Database, asking: Statements, params: dict[str, Any], limit: int,
    full: Sequence[str],
) -> set[str]:  # fmt: skip
    """The hosts that are ours until the transaction ends: with due sources, and no daemon at its limit."""
    params = params | {"most": max(limit * WINDOW, AT_LEAST)}
    if full:
        found = database.fetch(connection, asking.window_beside_full, params | {"full": full})
    else:
        found = database.fetch(connection, asking.window, params)
    names = [name for (name,) in found]
    return set(database.lock_hosts(connection, names, params["at"])) if names else set()


def _busy(connection: Connection, database: Database, at: int) -> dict[str, int]:
    """How many sources of each host are being polled."""
    return dict(database.fetch(connection, BUSY, {"at": at}))


def _politely(
    turns: Iterable[Turn], configured: Mapping[str, Source], busy: dict[str, int], per_host: int
) -> Iterable[Turn]:
    """The sources that may be asked now, in their order; ``busy`` counts them."""
    for turn in turns:
        if turn.id in configured and busy.get(turn.host, 0) < per_host:
            busy[turn.host] = busy.get(turn.host, 0) + 1
            yield turn


def _take(
    connection: Connection, database: Database, first: Iterable[Turn], configured: Mapping[str, Source],
    asking: Statements, params: dict[str, Any], owner: str, now: datetime, lease: timedelta,
) -> dict[int, Claimed]:  # fmt: skip
    """Write the claims down. What another daemon's result has changed meanwhile is left out."""
    later: dict[timedelta, list[int]] = {}
    for turn in first:
        later.setdefault(retry_after(turn.lost, lease, configured[turn.id]), []).append(turn.no)
    taken: dict[int, Claimed] = {}
    for delay, numbers in later.items():
        claims = {
            "numbers": numbers,
            "owner": owner,
            "until": micros(now + lease),
            "again": micros(now + delay),
        }
        for row in map(Claimed._make, database.fetch(connection, asking.take, params | claims)):
            taken[row.no] = row
    return taken


def _as_due(
    row: Claimed, source: Source, boilerplate: frozenset[int], *, pushed: bool, pace: float, owner: str | None
) -> Due:  # fmt: skip
    return Due(
        source=source,
        url=row.url,
        etag=row.etag,
        last_modified=row.last_modified,
        body_sha256=row.body_sha256,
        boilerplate=boilerplate,
        boilerplate_version=row.boilerplate_version,
        failures=row.failures,
        moved_to=row.moved_to,
        moved_seen=row.moved_seen,
        hints=hints_from(row.hints),
        last_status=row.http_status,
        pushed=pushed,
        rhythm=row.rhythm,
        pace=pace,
        owner=owner,
    )
