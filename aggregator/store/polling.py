"""What a poll left with its source: validators, health, rhythm, the next poll."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    select,
    update,
)
from sqlalchemy import Update as Statement

from aggregator import rhythm
from aggregator.errors import OURS
from aggregator.model import Hints, Update
from aggregator.store import leases
from aggregator.store.database import Database
from aggregator.store.schema import articles, hosts, sources
from aggregator.store.sources import host_of
from aggregator.store.values import micros, moment, storable

LIMITED = frozenset({429, 503})  # answers that ask for rest (RFC 6585, RFC 9110)


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


_KNOWN = select(articles.c.guid, articles.c.raw_sha256).where(
    articles.c.source == bindparam("no"), articles.c.last_seen.is_(None)
)


def known(connection: Connection, database: Database, no: int) -> dict[str, bytes]:
    """The guids that were in the feed at the last good poll, with the hash of each entry's bytes.

    Bounded by the size of the feed, not of the archive: an entry that went away and comes back is parsed
    once more, and found again by its guid when it is placed.
    """
    return dict(database.fetch(connection, _KNOWN, {"no": no}))


def left(connection: Connection, database: Database, row: Any, change: Update) -> dict[str, Any] | None:
    """What a poll left with its source, for `write`: validators, health, the next poll; the lease ends here.

    Only what the poll knows is written. A failure keeps validators and body hash as they were, since no
    entry of a newer body was stored. None: nothing; hosts and rhythms of others are written here.
    """
    if change.status == "added":  # beside any poll: neither the schedule nor the validators are its own
        _hear(connection, row, change)
        return None
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
    values["the_no"] = row.no
    return {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}


_WRITES: dict[tuple[str, ...], Statement] = {}  # by the names of what is written


def write(connection: Connection, database: Database, found: Iterable[dict[str, Any]]) -> None:
    """Write what polls left with their sources: one statement for all that left the same kinds of things."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for values in found:
        alike[tuple(values)].append(values)
    for names, each in alike.items():
        statement = _WRITES.get(names)
        if statement is None:
            values = {name: bindparam(name) for name in names if name != "the_no"}
            statement = update(sources).where(sources.c.no == bindparam("the_no")).values(values)
            _WRITES[names] = statement
        database.many(connection, statement, each)


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
