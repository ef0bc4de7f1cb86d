"""How sources do: what the sources page and `sources list` show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, func, select, text

from aggregator.model import Source, SourceView
from aggregator.store.schema import articles, sources, stories
from aggregator.store.values import moment


def views(connection: Connection, configured: Sequence[Source]) -> list[SourceView]:
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
    first: dict[int, int] = dict(connection.execute(_FIRST).all())
    named = {source.id for source in configured}
    left = [_removed(row) for row in rows.values() if row.id not in named and counts.get(row.no) is not None]
    return [_view(source, rows.get(source.id), counts, first) for source in [*configured, *left]]


# The source of the earliest article of each story that more than one source carries.
_FIRST = text(
    """
    SELECT source, count(*) FROM (
        SELECT source, row_number() OVER (PARTITION BY story ORDER BY effective, id) AS place,
               min(source) OVER (PARTITION BY story) AS least, max(source) OVER (PARTITION BY story) AS most
        FROM articles
        WHERE story IN (SELECT story FROM articles WHERE relation <> 'original')
    ) AS ranked
    WHERE place = 1 AND least <> most
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


def _view(source: Source, row: Any, counts: dict[int, Any], first: dict[int, int]) -> SourceView:
    if row is None:
        return SourceView(source=source, state="paused" if source.paused else "new")
    counted = counts.get(row.no)
    return SourceView(
        source=source,
        state=_state(row),
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
        first=first.get(row.no, 0),
        site_url=row.site_url,
        format=row.format,
        hub=row.hub,
    )


def _state(row: Any) -> Literal["new", "ok", "failing", "gone", "paused", "removed"]:
    if row.removed:
        return "removed"
    if row.paused:
        return "paused"
    if row.gone:
        return "gone"
    if row.last_polled is None:
        return "new"
    return "failing" if row.failures else "ok"
