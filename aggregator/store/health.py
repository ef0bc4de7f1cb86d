"""How sources do: what the sources page and `sources list` show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from aggregator import rhythm
from aggregator.model import Source, SourceStateName, SourceView
from aggregator.store.schema import articles, sources, stories
from aggregator.store.values import micros, moment

BROKEN = 5  # failures in a row from which on a source is called broken


def views(connection: Connection, configured: Sequence[Source], now: datetime) -> list[SourceView]:
    """Return the configured sources in their order, then those that were removed and still have articles."""
    rows = {row.id: row for row in connection.execute(select(sources).order_by(sources.c.id)).all()}
    counts = {
        row.source: row
        for row in connection.execute(
            select(
                articles.c.source,
                func.count().label("articles"),
                func.count().filter(stories.c.canonical != articles.c.id).label("copies"),
            )
            .join_from(articles, stories, stories.c.id == articles.c.story)
            .group_by(articles.c.source)
        )
    }
    first = {row.source: row for row in connection.execute(_FIRST)}
    named = {source.id for source in configured}
    left = [_removed(row) for row in rows.values() if row.id not in named and counts.get(row.no) is not None]
    return [_view(source, rows.get(source.id), counts, first, now) for source in [*configured, *left]]


# Of each source: its stories that others have as well, and those of them that it certainly published first.
# Publishing happened between the last good poll without the article and the first one with it. So a source
# was first only where all others were seen without theirs once its own was there. Claimed dates prove
# nothing.
_FIRST = text(
    """
    WITH shared AS (
        SELECT story, source, min(first_seen) AS seen, min(coalesce(last_absent, -1)) AS absent
        FROM articles
        WHERE story IN (SELECT story FROM articles WHERE relation <> 'original')
        GROUP BY story, source
    ), ranked AS (
        SELECT source, story, seen,
               count(*) OVER (PARTITION BY story) AS outlets,
               row_number() OVER (PARTITION BY story ORDER BY seen, source) AS place
        FROM shared
    )
    SELECT source, count(*) AS shared,
           count(*) FILTER (
               WHERE place = 1 AND NOT EXISTS (
                   SELECT 1 FROM shared AS other
                   WHERE other.story = ranked.story AND other.source <> ranked.source
                     AND other.absent < ranked.seen
               )
           ) AS first
    FROM ranked
    WHERE outlets > 1
    GROUP BY source
    """
)


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


def _view(
    source: Source, row: Any, counts: dict[int, Any], first: dict[int, Any], now: datetime
) -> SourceView:
    if row is None:
        return SourceView(source=source, state="paused" if source.paused else "new")
    learnt = rhythm.unpacked(row.rhythm)
    shared = first.get(row.no)
    counted = counts.get(row.no)
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
        articles=0 if counted is None else counted.articles,
        copies=0 if counted is None else counted.copies,
        first=0 if shared is None else shared.first,
        shared=0 if shared is None else shared.shared,
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
