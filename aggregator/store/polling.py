"""Claiming what is due, and keeping what a poll left with its source."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from aggregator import rhythm
from aggregator.errors import OURS
from aggregator.model import Due, Hints, Source, Update
from aggregator.store import leases, subscriptions
from aggregator.store.among import among, among_strings
from aggregator.store.database import Database
from aggregator.store.schema import articles, candidate_keys, hosts, inbox, passages, sources
from aggregator.store.sources import host_of
from aggregator.store.values import PART, micros, moment, slots_of, storable

WINDOW = 4  # times the limit: hosts are looked at so far, since another daemon may hold some …
AT_LEAST = 64  # … and never fewer
MAX_DOUBLINGS = 6
DROPPED = 20_000  # candidate keys in one transaction: some ten milliseconds
LIMITED = frozenset({429, 503})  # answers that ask for rest (RFC 6585, RFC 9110)


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
    rows = _turns(connection, wanted, params, held, at, limit, politeness)
    taken = _take(connection, rows, configured, wanted, params, owner, now, lease, limit)
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
) -> list[Any]:  # fmt: skip
    """The sources of these hosts that may be asked now, those that wait longest first."""
    at_once = 1 if politeness.gap else politeness.per_host
    turn = func.row_number().over(partition_by=sources.c.host, order_by=(sources.c.next_due, sources.c.no))
    ranked = (
        select(sources, turn.label("turn")).where(*wanted, among_strings(sources.c.host, "hosts")).subquery()
    )
    rows = connection.execute(
        select(ranked)
        .where(ranked.c.turn <= at_once)
        .order_by(ranked.c.next_due, ranked.c.no)
        .limit(limit * WINDOW),
        params | {"hosts": held},
    ).all()
    busy = _busy(connection, at)  # again: now that the hosts are ours, nobody adds to it
    allowed = []
    for row in rows:
        if busy.get(row.host, 0) < politeness.per_host:
            busy[row.host] = busy.get(row.host, 0) + 1
            allowed.append(row)
    return allowed


def _take(
    connection: Connection, rows: list[Any], configured: Mapping[str, Source],
    wanted: list[ColumnElement[bool]], params: dict[str, Any], owner: str, now: datetime, lease: timedelta,
    limit: int,
) -> list[Any]:  # fmt: skip
    """Write the claims down. What another daemon's result has changed meanwhile is left out."""
    found = [row for row in rows if row.id in configured][:limit]
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


def hints_from(text: str) -> Hints:
    """Hints from their JSON."""
    if not text:
        return Hints()
    ttl, hours, days = json.loads(text)
    return Hints(None if ttl is None else timedelta(seconds=ttl), frozenset(hours), frozenset(days))


def hints_text(hints: Hints) -> str:
    """JSON of hints, "" when the feed gives none."""
    if hints == Hints():
        return ""
    ttl = None if hints.ttl is None else hints.ttl.total_seconds()
    return json.dumps([ttl, sorted(hints.skip_hours), sorted(hints.skip_days)])


def known(connection: Connection, no: int) -> dict[str, bytes]:
    """The guids that were in the feed at the last good poll, with the hash of each entry's bytes.

    Bounded by the size of the feed, not of the archive: an entry that went away and comes back is parsed
    once more, and found again by its guid when it is placed.
    """
    statement = select(articles.c.guid, articles.c.raw_sha256).where(
        articles.c.source == bindparam("no"), articles.c.last_seen.is_(None)
    )
    return dict(connection.execute(statement, {"no": no}).all())


def keep(connection: Connection, database: Database, row: Any, change: Update) -> None:
    """Keep what a poll left with its source: validators, health, the next poll; the lease ends here.

    Only what the poll knows is written. A failure keeps validators and body hash as they were, since no
    entry of a newer body was stored.
    """
    if change.status == "added":  # beside any poll: neither the schedule nor the validators are its own
        _hear(connection, row, change)
        return
    at = micros(change.at)
    failed = change.status == "failed"
    ours = change.error_kind in OURS
    values: dict[str, Any] = {
        "next_due": micros(change.next_due),
        "next_reason": change.next_reason,
        "not_before": micros(change.not_before),
        "lease_owner": None,
        "lease_until": None,
        "lost": 0,
        "last_polled": at,
        "failures": (max(row.failures, 1) if ours else row.failures + 1) if failed else 0,
        "error_kind": change.error_kind,
        "error": change.error,
        "http_status": change.http_status,
        "elapsed": change.elapsed,
        "wire_bytes": row.wire_bytes + change.wire_bytes,
        "polls": row.polls + 1,
        "moved_to": change.moved_to,
        "moved_seen": change.moved_seen,
        "gone": change.gone,
        "tempo": change.tempo,
    }
    if change.rhythm is not None:
        values["rhythm"] = change.rhythm
    revoked = leases.is_revoked(row.lease_owner)
    if revoked:
        values |= {"next_due": at, "next_reason": "new address", "not_before": None, "gone": False}
        values |= {"moved_to": None, "moved_seen": 0}
    elif not failed and change.status != "skipped":
        values |= {
            "last_success": at,
            "etag": change.etag,
            "last_modified": change.last_modified,
            "body_sha256": change.body_sha256,
        }
    if change.info is not None:
        info = change.info
        values |= {
            "format": info.format,
            "feed_title": info.title,
            "site_url": info.site_url,
            "feed_language": info.language,
            "hub": info.hub,
            "self_url": info.self_url,
            "hints": hints_text(info.hints),
        }
    if change.url is not None and change.url != row.url and not revoked:
        host = host_of(change.url)
        values |= {"url": change.url, "host": host, "moved_to": None, "moved_seen": 0}
        connection.execute(database.insert(hosts).on_conflict_do_nothing(), {"name": host})
    if change.http_status in LIMITED and change.not_before is not None and change.not_before > change.at:
        leases.strike(connection, row.host, row.no, micros(change.not_before), at)
    values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    connection.execute(
        update(sources).where(sources.c.no == bindparam("the_no")), {"the_no": row.no, **values}
    )


def _hear(connection: Connection, row: Any, change: Update) -> None:
    """Learn the rhythm of a source from what its hub pushed, too; what is older came from its archive."""
    held = rhythm.unpacked(row.rhythm)
    if held is None:
        return
    dates = [one.entry.published or change.at for one in change.prepared]
    if fresh := [one for one in dates if one.timestamp() > held.newest]:
        learnt = rhythm.packed(rhythm.learn(held, fresh, change.at))
        connection.execute(update(sources).where(sources.c.no == row.no).values(rhythm=learnt))


def polled_since(connection: Connection, since: int) -> list[datetime]:
    """When the polls ended that did since then."""
    found = connection.execute(select(sources.c.last_polled).where(sources.c.last_polled > since)).scalars()
    return [moment(at) for at in found if at is not None]


_LAST_OF_BATCH = select(candidate_keys.c.slot).order_by(candidate_keys.c.slot).offset(DROPPED).limit(1)


def drop_keys(connection: Connection, before: datetime) -> int:
    """Drop candidate keys of the parts that ended before: some `DROPPED`, as the rows of a part lie together.

    Returns how many; 0: no such part is left.
    """
    first, _ = slots_of(micros(before) // PART)
    last = connection.execute(_LAST_OF_BATCH).scalar()
    bound = first if last is None else min(first, last + 1)
    return connection.execute(delete(candidate_keys).where(candidate_keys.c.slot < bound)).rowcount
