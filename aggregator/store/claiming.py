"""Claiming what is due: whose turn it is, politely to every host, over all daemons."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select, update

from aggregator.model import Due, Source
from aggregator.store import subscriptions
from aggregator.store.among import among, among_strings
from aggregator.store.database import Database
from aggregator.store.polling import hints_from
from aggregator.store.schema import hosts, inbox, passages, sources
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
    wanted = _due(at, only, ignore_schedule, unpolled_since)
    params: dict[str, Any] = {"only": sorted(only)} if only is not None else {}
    held = _hosts(connection, database, wanted, params, at, limit, politeness.per_host)
    if not held:
        return []
    turns = _turns(connection, wanted, params, held, at, limit, politeness)
    rows = list(islice((row for row in turns if row.id in configured), limit))
    turns.close()  # what nobody asked for is not read
    taken = _take(connection, rows, configured, wanted, params, owner, now, lease)
    if not taken:
        return []
    if politeness.gap:
        asked = update(hosts).where(among_strings(hosts.c.name, "names"))
        names = {row.host for row in taken}
        connection.execute(asked.values(free_from=micros(now + politeness.gap)), {"names": names})
    return _as_dues(connection, taken, configured, at, pace)


def _as_dues(
    connection: Connection, rows: list[Any], configured: Mapping[str, Source], at: int, pace: float
) -> list[Due]:
    learnt = _boilerplate(connection, [row.no for row in rows])
    naming = [row.no for row in rows if row.hub is not None]
    pushed = subscriptions.relied_on(connection, naming, at) if naming else frozenset()
    return [
        _as_due(row, configured[row.id], learnt.get(row.no, frozenset()), pushed=row.no in pushed, pace=pace)
        for row in rows
    ]


def unclaimed(connection: Connection, configured: Mapping[str, Source], source: str, at: int) -> Due | None:
    """A source as it is, without a claim: for what comes beside its polls. None when it is not polled."""
    row = connection.execute(
        select(sources).where(sources.c.id == source, sources.c.removed.is_(False))
    ).one_or_none()
    if row is None or source not in configured:
        return None
    return _as_dues(connection, [row], configured, at, pace=0.0)[0]


def retry_after(lost: int, lease: timedelta, source: Source) -> timedelta:
    """When a claim that comes to nothing is followed by another: soon, as the daemon may have been killed.

    At each loss in a row twice as late, up to the source's interval: what kills every daemon that polls it,
    or a daemon that is restarted again and again, makes no server see more requests than it should.
    """
    first = min(lease, source.min_interval)
    later: timedelta = first * 2 ** min(lost, MAX_DOUBLINGS)
    return max(first, min(later, source.interval))


def _hosts(
    connection: Connection, database: Database, wanted: list[ColumnElement[bool]], params: dict[str, Any],
    at: int, limit: int, per_host: int,
) -> set[str]:  # fmt: skip
    """The hosts that are ours until the transaction ends: with due sources, and no daemon at its limit."""
    full = [name for name, count in _busy(connection, at).items() if count >= per_host]
    window = (
        select(sources.c.host)
        .join(hosts, hosts.c.name == sources.c.host)
        .where(*wanted, ready_hosts(at))
        .group_by(sources.c.host)
        .order_by(func.min(sources.c.next_due))
        .limit(max(limit * WINDOW, AT_LEAST))
    )
    if full:
        window = window.where(not_(among_strings(sources.c.host, "full")))
        params = params | {"full": full}
    names = list(connection.execute(window, params).scalars())
    return set(database.lock_hosts(connection, names, ready_hosts(at))) if names else set()


def ready_hosts(at: int) -> ColumnElement[bool]:
    """Hosts that asked for no rest, and whose last request lies a gap back."""
    column = hosts.c
    return and_(
        or_(column.not_before.is_(None), column.not_before <= at),
        or_(column.free_from.is_(None), column.free_from <= at),
    )


def _busy(connection: Connection, at: int) -> dict[str, int]:
    """How many sources of each host are being polled, by whichever daemon."""
    statement = (
        select(sources.c.host, func.count())
        .where(sources.c.lease_until.is_not(None), sources.c.lease_until > at)
        .group_by(sources.c.host)
    )
    return dict(connection.execute(statement).all())


def _turns(
    connection: Connection, wanted: list[ColumnElement[bool]], params: dict[str, Any], held: set[str],
    at: int, limit: int, politeness: Politeness,
) -> Generator[Any, None, None]:  # fmt: skip
    """The sources of these hosts that may be asked now, those that wait longest first."""
    at_once = 1 if politeness.gap else politeness.per_host
    turn = func.row_number().over(partition_by=sources.c.host, order_by=(sources.c.next_due, sources.c.no))
    ranked = (
        select(sources, turn.label("turn")).where(*wanted, among_strings(sources.c.host, "hosts")).subquery()
    )
    busy = _busy(connection, at)  # again: now that the hosts are ours, nobody adds to it
    rows = connection.execute(
        select(ranked)
        .where(ranked.c.turn <= at_once)
        .order_by(ranked.c.next_due, ranked.c.no)
        .limit(limit * WINDOW),
        params | {"hosts": held},
    )
    with closing(rows):
        for row in rows:
            if busy.get(row.host, 0) < politeness.per_host:
                busy[row.host] = busy.get(row.host, 0) + 1
                yield row


def _take(
    connection: Connection, found: list[Any], configured: Mapping[str, Source],
    wanted: list[ColumnElement[bool]], params: dict[str, Any], owner: str, now: datetime, lease: timedelta,
) -> list[Any]:  # fmt: skip
    """Write the claims down. What another daemon's result has changed meanwhile is left out."""
    later: dict[timedelta, list[int]] = {}
    for row in found:
        later.setdefault(retry_after(row.lost, lease, configured[row.id]), []).append(row.no)
    taken: set[int] = set()
    for delay, numbers in later.items():
        statement = (
            update(sources)
            .where(among(sources.c.no, "numbers"), *wanted)
            .values(
                lease_owner=owner,
                lease_until=micros(now + lease),
                next_due=micros(now + delay),
                next_reason="being polled",
                lost=sources.c.lost + 1,
            )
            .returning(sources.c.no)
        )
        taken.update(connection.execute(statement, params | {"numbers": numbers}).scalars())
    return [row for row in found if row.no in taken]


def _due(
    at: int, only: Collection[str] | None, ignore_schedule: bool, unpolled_since: datetime | None
) -> list[ColumnElement[bool]]:
    column = sources.c
    conditions: list[ColumnElement[bool]] = [
        column.removed.is_(False),
        column.paused.is_(False),
        or_(column.paused_until.is_(None), column.paused_until <= at),
        or_(column.lease_until.is_(None), column.lease_until <= at),
        or_(column.not_before.is_(None), column.not_before <= at),
        # What was fetched and waits to be placed is not fetched again: its validators come with it.
        ~exists().where(inbox.c.source == column.no),
    ]
    if not ignore_schedule:
        conditions.append(column.next_due <= at)
    if unpolled_since is not None:
        conditions.append(or_(column.last_polled.is_(None), column.last_polled < micros(unpolled_since)))
    if only is not None:
        conditions.append(among_strings(column.id, "only"))
    else:
        conditions.append(column.gone.is_(False))  # 410, confirmed: asked again when a person names it
    return conditions


def _boilerplate(connection: Connection, numbers: list[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    statement = select(passages.c.source, passages.c.hash).where(
        among(passages.c.source, "numbers"), passages.c.learnt
    )
    for source, passage in connection.execute(statement, {"numbers": numbers}):
        found.setdefault(source, set()).add(passage)
    return {source: frozenset(hashes) for source, hashes in found.items()}


def _as_due(row: Any, source: Source, boilerplate: frozenset[int], *, pushed: bool, pace: float) -> Due:
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
    )
