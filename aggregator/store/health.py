"""How sources do: what the sources page and `sources list` show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from aggregator import rhythm
from aggregator.model import Source, SourceStateName, SourceView
from aggregator.store import tallies
from aggregator.store.schema import sources
from aggregator.store.tallies import Tally
from aggregator.store.values import micros, moment

BROKEN = 5  # failures in a row from which on a source is called broken


def views(connection: Connection, configured: Sequence[Source], now: datetime) -> list[SourceView]:
    """Return the configured sources in their order, then those that were removed and still have articles."""
    rows = {row.id: row for row in connection.execute(select(sources).order_by(sources.c.id)).all()}
    counts = tallies.read(connection)
    named = {source.id for source in configured}
    left = [_removed(row) for row in rows.values() if row.id not in named and counts.get(row.no) is not None]
    return [_view(source, rows.get(source.id), counts, now) for source in [*configured, *left]]


def _removed(row: Any) -> Source:
    return Source(
        id=row.id,
        url=row.configured_url,
        title=row.title,
        group=row.grp,
        language=row.language,
        authority=row.authority,
        paused=row.paused,
    )


def _view(source: Source, row: Any, counts: Mapping[int, Tally], now: datetime) -> SourceView:
    if row is None:
        return SourceView(source=source, state="paused" if source.paused else "new")
    learnt = rhythm.unpacked(row.rhythm)
    counted = counts.get(row.no) or Tally()
    return SourceView(
        source=source,
        state=_state(row, learnt, now),
        last_polled=moment(row.last_polled),
        last_success=moment(row.last_success),
        next_due=moment(row.next_due),
        next_reason=row.next_reason,
        failures=row.failures,
        error_kind=row.error_kind,
        error=row.error,
        http_status=row.http_status,
        elapsed=row.elapsed,
        articles=counted.articles,
        copies=counted.copies,
        first=counted.first,
        shared=counted.shared,
        entries_a_day=None if learnt is None else rhythm.rate(learnt, now),
        newest=datetime.fromtimestamp(learnt.newest, UTC) if learnt and learnt.newest else None,
        busiest=rhythm.busiest(learnt),
        polls=row.polls,
        site_url=row.site_url,
        format=row.format,
        hub=row.hub,
    )


def _state(row: Any, learnt: rhythm.Rhythm | None, now: datetime) -> SourceStateName:
    """One word for how a source does, the worst first."""
    if row.removed:
        return "removed"
    if row.paused or (row.paused_until is not None and row.paused_until > micros(now)):
        return "paused"
    if row.gone:
        return "gone"
    if row.last_polled is None:
        return "new"
    if row.failures:
        return "broken" if row.failures >= BROKEN else "failing"
    return "silent" if rhythm.is_silent(learnt, now) else "ok"
