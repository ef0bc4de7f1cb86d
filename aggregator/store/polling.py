"""Claiming what is due, and keeping what a poll left with its source."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, or_, select, update

from aggregator.errors import NotFoundError
from aggregator.model import Due, Hints, Source, Update
from aggregator.store import queries
from aggregator.store.among import among, among_strings
from aggregator.store.database import Database
from aggregator.store.schema import articles, candidate_keys, hosts, passages, sources
from aggregator.store.sources import REVOKED, host_of
from aggregator.store.values import DAY, micros, slots_of, storable

WINDOW = 4  # times the limit: hosts are looked at so far, since some may be full or held by another daemon


def claim(
    connection: Connection,
    database: Database,
    configured: Mapping[str, Source],
    *,
    limit: int,
    owner: str,
    now: datetime,
    lease: timedelta,
    per_host: int,
    only: Collection[str] | None = None,
    ignore_schedule: bool = False,
) -> list[Due]:
    """Take sources whose turn has come: at most ``limit``, and ``per_host`` of one host, over all daemons.

    A claim is a lease, and it moves the next poll to the lease's end: were we killed now, the source would
    be due again then, and not before. Whoever holds a host's row may claim its sources; so two daemons that
    ask at once share out the hosts, and the per-host limit holds over both.
    """
    at = micros(now)
    wanted = _due(at, only, ignore_schedule)
    params = {"only": sorted(only)} if only is not None else {}
    window = (
        select(sources.c.host)
        .where(*wanted)
        .group_by(sources.c.host)
        .order_by(func.min(sources.c.next_due))
        .limit(limit * WINDOW)
    )
    names = list(connection.execute(window, params).scalars())
    held = set(database.lock_hosts(connection, names)) if names else set()
    if not held:
        return []
    busy: dict[str, int] = dict(
        connection.execute(
            select(sources.c.host, func.count())
            .where(sources.c.lease_until.is_not(None), sources.c.lease_until > at)
            .group_by(sources.c.host)
        ).all()
    )
    turn = func.row_number().over(partition_by=sources.c.host, order_by=(sources.c.next_due, sources.c.no))
    ranked = (
        select(sources, turn.label("turn")).where(*wanted, among_strings(sources.c.host, "hosts")).subquery()
    )
    rows = connection.execute(
        select(ranked)
        .where(ranked.c.turn <= per_host)
        .order_by(ranked.c.next_due, ranked.c.no)
        .limit(limit * WINDOW),
        params | {"hosts": held},
    ).all()
    taken: list[Any] = []
    for row in rows:
        if row.id in configured and len(taken) < limit and busy.get(row.host, 0) < per_host:
            busy[row.host] = busy.get(row.host, 0) + 1
            taken.append(row)
    if not taken:
        return []
    numbers = [row.no for row in taken]
    until = micros(now + lease)
    connection.execute(
        update(sources)
        .where(among(sources.c.no, "numbers"))
        .values(lease_owner=owner, lease_until=until, next_due=until, next_reason="being polled"),
        {"numbers": numbers},
    )
    learnt = _boilerplate(connection, numbers)
    return [_as_due(row, configured[row.id], learnt.get(row.no, frozenset())) for row in taken]


def _due(at: int, only: Collection[str] | None, ignore_schedule: bool) -> list[ColumnElement[bool]]:
    column = sources.c
    conditions = [
        column.removed.is_(False),
        column.paused.is_(False),
        or_(column.lease_until.is_(None), column.lease_until <= at),
        or_(column.not_before.is_(None), column.not_before <= at),
    ]
    if not ignore_schedule:
        conditions.append(column.next_due <= at)
    if only is not None:
        conditions.append(among_strings(column.id, "only"))
    return conditions


def _boilerplate(connection: Connection, numbers: list[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    statement = select(passages.c.source, passages.c.hash).where(
        among(passages.c.source, "numbers"), passages.c.learnt
    )
    for source, passage in connection.execute(statement, {"numbers": numbers}):
        found.setdefault(source, set()).add(passage)
    return {source: frozenset(hashes) for source, hashes in found.items()}


def _as_due(row: Any, source: Source, boilerplate: frozenset[int]) -> Due:
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


def release(connection: Connection, owner: str, now: datetime) -> int:
    """Give back what ``owner`` still holds, due at once: for a daemon that stops in order."""
    statement = update(sources).where(sources.c.lease_owner == owner, sources.c.lease_until.is_not(None))
    return connection.execute(
        statement.values(lease_owner=None, lease_until=None, next_due=micros(now))
    ).rowcount


def release_dead(connection: Connection, is_dead: Callable[[str], bool], now: datetime) -> int:
    """Give back what owners hold that are known to be dead, due at once."""
    held = select(sources.c.lease_owner).where(sources.c.lease_until.is_not(None)).distinct()
    owners = [owner for owner in connection.execute(held).scalars() if owner and is_dead(owner)]
    return sum(release(connection, owner, now) for owner in owners)


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
    at = micros(change.at)
    failed = change.status == "failed"
    values: dict[str, Any] = {
        "next_due": micros(change.next_due),
        "next_reason": change.next_reason,
        "not_before": micros(change.not_before),
        "lease_owner": None,
        "lease_until": None,
        "last_polled": at,
        "failures": row.failures + 1 if failed else 0,
        "error_kind": change.error_kind,
        "error": change.error,
        "http_status": change.http_status,
        "elapsed": change.elapsed,
        "wire_bytes": row.wire_bytes + change.wire_bytes,
        "polls": row.polls + 1,
        "moved_to": change.moved_to,
        "moved_seen": change.moved_seen,
        "gone": change.gone,
    }
    revoked = row.lease_owner == REVOKED
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
    values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    connection.execute(
        update(sources).where(sources.c.no == bindparam("the_no")), {"the_no": row.no, **values}
    )


def learn(connection: Connection, database: Database, source: str, hashes: Collection[int]) -> int:
    """Set what is boilerplate of a source; another version of it when that is another set than before."""
    row = connection.execute(queries.SOURCE, {"id": source}).one_or_none()
    if row is None:
        raise NotFoundError(f"{source}: no such source")
    own = passages.c.source == row.no
    before = set(connection.execute(select(passages.c.hash).where(own, passages.c.learnt)).scalars())
    if before == set(hashes):
        return int(row.boilerplate_version)
    connection.execute(update(passages).where(own, passages.c.learnt).values(learnt=False))
    if hashes:
        insert = database.insert(passages).on_conflict_do_update(
            index_elements=["source", "hash"], set_={"learnt": True}
        )
        connection.execute(
            insert,
            [
                {"source": row.no, "hash": each, "articles": 0, "day": 0, "learnt": True}
                for each in sorted(hashes)
            ],
        )
    connection.execute(
        update(sources).where(sources.c.no == row.no).values(boilerplate_version=row.boilerplate_version + 1)
    )
    return int(row.boilerplate_version) + 1


def drop_keys(connection: Connection, before: datetime) -> int:
    """Drop the candidate index of the days that ended before: one range, since a day's rows lie together."""
    first, _ = slots_of(micros(before) // DAY)
    return connection.execute(delete(candidate_keys).where(candidate_keys.c.slot < first)).rowcount
