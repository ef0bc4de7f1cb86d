"""Entries that come beside a source's polls: pushed by a hub (WebSub), or from its archive (RFC 5005).

They take the same way as a poll's: parsed and fingerprinted in a worker, placed in one transaction. What is a
poll's own stays as it is: the schedule, the validators, and which entries the feed has now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.errors import SourceError
from aggregator.model import Applied, Due, Prepared, Source, Update

if TYPE_CHECKING:
    from aggregator.polling.pipeline import Parsed, Steps


def begun(prepared: Sequence[Prepared], source: Source, now: datetime) -> tuple[Prepared, ...]:
    """Entries that a source begins with: those older than its ``initial_unread`` start as read."""
    if source.initial_unread is None:
        return tuple(prepared)
    before = now - source.initial_unread
    return tuple(
        replace(each, mark_read=each.mark_read or (each.entry.published or now) < before) for each in prepared
    )


async def add(
    due: Due, body: bytes, *, url: str, content_type: str | None, steps: Steps, first: bool = False
) -> tuple[Applied, Parsed]:
    """Place the entries of a body. Raises ParseError, and what the store raises.

    ``first``: they are what the source begins with.
    """
    parsed = await steps.prepare(
        body,
        url=url,
        content_type=content_type,
        source=due.source,
        known=await steps.known(due.source.id),
        boilerplate=due.boilerplate,
        now=steps.now(),
        counted=await steps.counted(due.source.id),
    )
    now = steps.now()
    update = Update(
        source=due.source.id,
        at=now,
        status="added",
        next_due=now,  # not used: the schedule stays
        prepared=begun(parsed.prepared, due.source, now) if first else parsed.prepared,
        learnt=parsed.learnt,
    )
    return await steps.apply(update), parsed


async def backfill(due: Due, page: str | None, applied: Applied, steps: Steps) -> Applied:
    """Read the archive of a feed that was polled for the first time, page by page (RFC 5005 section 4).

    At most ``backfill`` pages of the source's settings, one after the other, each once; the first that fails
    ends it, and nobody comes back to it. Returns the poll's result with theirs added.
    """
    seen = {due.url}
    for _ in range(due.source.backfill):
        if page is None or page in seen:
            break
        seen.add(page)
        try:
            fetched = await steps.fetch(replace(due, url=page, etag=None, last_modified=None))
            if fetched.body is None:
                break
            more, parsed = await add(
                due, fetched.body, url=fetched.url, content_type=fetched.content_type, steps=steps,
                first=True,
            )  # fmt: skip
        except SourceError:
            break
        page = parsed.info.prev_archive
        applied = replace(
            applied,
            entries=applied.entries + more.entries,
            new=applied.new + more.new,
            updated=applied.updated + more.updated,
            copies=applied.copies + more.copies,
            stories=tuple(sorted({*applied.stories, *more.stories})),
        )
    return applied
