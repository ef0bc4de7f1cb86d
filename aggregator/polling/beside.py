"""Entries that come beside a source's polls: pushed by a hub (WebSub), or from its archive (RFC 5005).

They take the same way as a poll's: parsed and fingerprinted in a worker, placed in one transaction. What is a
poll's own stays as it is: the schedule, the validators, and which entries the feed has now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from aggregator.dedup.boilerplate import Known
from aggregator.errors import SourceError
from aggregator.jobs import Job, Parsed
from aggregator.model import Applied, Due, Source, Update

if TYPE_CHECKING:
    from aggregator.polling.pipeline import Steps


def begun(source: Source, now: datetime) -> datetime | None:
    """Of the entries that a source begins with, those published before this start as read."""
    return None if source.initial_unread is None else now - source.initial_unread


def job_of(due: Due, body: bytes, url: str, content_type: str | None, known: Known, now: datetime) -> Job:
    """What the workers need to prepare a body of this source."""
    return Job(body, url, content_type, due.source, known.digests, due.boilerplate, now, known.texts)


async def add(
    due: Due, body: bytes, *, url: str, content_type: str | None, steps: Steps, first: bool = False
) -> tuple[Applied, Parsed]:
    """Place the entries of a body. Raises ParseError, and what the store raises.

    ``first``: they are what the source begins with.
    """
    known = await steps.known(due.source.id)
    parsed = await steps.prepare(job_of(due, body, url, content_type, known, steps.now()))
    now = steps.now()
    update = Update(
        source=due.source.id,
        at=now,
        status="added",
        next_due=now,  # not used: the schedule stays
        prepared=parsed.prepared,
        read_before=begun(due.source, now) if first else None,
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
