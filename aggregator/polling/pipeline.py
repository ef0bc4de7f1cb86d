"""One source, once: fetch → parse, text, fingerprint → place, as one short function.

Impure steps (network, worker processes, database) are handed in as `Steps`; what lies between them is pure:
it turns what happened into one `Update`, which the store applies in one transaction or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator import rhythm
from aggregator.dedup.boilerplate import Known
from aggregator.errors import OURS, FetchError, ParseError, SourceError
from aggregator.jobs import Job, Parsed
from aggregator.model import Applied, Due, FeedInfo, Fetched, Source, Update
from aggregator.polling.beside import backfill, begun, job_of
from aggregator.schedule import DAY, Outcome, Plan, next_poll
from aggregator.sources.websub import links

PUSHED_SLOWER = 4  # times the interval between polls, while a hub pushes
TRUST_REDIRECT_AFTER = 3  # sightings of the same permanent redirect before the address we poll changes


UNFINISHED = hashlib.sha256(b"a body of which entries were left out").digest()
"""In the place of a body's hash: the same bytes are read again at the next poll, for what was left out."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The impure steps of a poll, and the time and the chance that the pure ones are given."""

    fetch: Callable[[Due], Awaitable[Fetched]]
    known: Callable[[str], Awaitable[Known]]
    prepare: Callable[[Job], Awaitable[Parsed]]
    apply: Callable[[Update], Awaitable[Applied]]
    now: Callable[[], datetime]
    roll: Callable[[], float]


async def poll(due: Due, steps: Steps) -> Applied:
    """Poll one source. A source's failure is a result, kept with the source; only the store's is raised."""
    try:
        fetched = await steps.fetch(due)
        digest = None if fetched.body is None else hashlib.sha256(fetched.body).digest()
        if fetched.body is None or digest == due.body_sha256:
            return await steps.apply(unchanged(due, fetched, digest, steps.now(), steps.roll))
        known = await steps.known(due.source.id)
        parsed = await steps.prepare(
            job_of(due, fetched.body, fetched.url, fetched.content_type, known, steps.now())
        )
    except SourceError as error:
        return await steps.apply(failed(due, error, steps.now(), steps.roll))
    update = changed(due, fetched, digest, parsed, known.digests, steps.now(), steps.roll)
    if due.body_sha256 is None:  # stars that were brought may be here already
        update = replace(update, read_before=begun(due.source, update.at))
    applied = await steps.apply(update)
    first = due.body_sha256 is None and not known.digests and applied.status == "fetched"
    return await backfill(due, parsed.info.prev_archive, applied, steps) if first else applied


def unchanged(
    due: Due, fetched: Fetched, digest: bytes | None, now: datetime, roll: Callable[[], float]
) -> Update:
    """304, or the bytes that we had. Validators of the answer still count (RFC 9110 section 15.4.5)."""
    held = rhythm.unpacked(due.rhythm)
    learnt = held or rhythm.learn(None, (), now)  # from now on it is watched
    plan = next_poll(
        now, source=_at_ease(due), outcome=Outcome.UNCHANGED, hints=due.hints, max_age=fetched.max_age,
        roll=roll, learnt=learnt, pace=due.pace,
    )  # fmt: skip
    not_modified = fetched.body is None
    update = Update(
        source=due.source.id,
        at=now,
        status="unchanged",
        next_due=plan.due,
        not_before=plan.not_before,
        next_reason=_reason(plan, due),
        # A 304 need not repeat the validators that it confirms; a 200 without them takes them back.
        etag=(fetched.etag or due.etag) if not_modified else fetched.etag,
        last_modified=(fetched.last_modified or due.last_modified) if not_modified else fetched.last_modified,
        body_sha256=digest or due.body_sha256,
        http_status=fetched.status,
        elapsed=fetched.elapsed,
        wire_bytes=fetched.wire_bytes,
        rhythm=None if held is not None else rhythm.packed(learnt),
        tempo=_tempo(due, learnt, now),
        owner=due.owner,
    )
    return _moved(update, due, fetched)


def changed(
    due: Due,
    fetched: Fetched,
    digest: bytes | None,
    parsed: Parsed,
    known: Mapping[str, bytes],
    now: datetime,
    roll: Callable[[], float],
) -> Update:
    """A body with a feed in it: its entries, and validators that are stored only together with them."""
    held = rhythm.unpacked(due.rhythm)
    learnt = rhythm.learn(held, _came(parsed, known, now, first=held is None), now)
    plan = next_poll(
        now,
        source=_at_ease(due),
        outcome=Outcome.CHANGED,
        hints=parsed.info.hints,
        max_age=fetched.max_age,
        roll=roll,
        learnt=learnt,
        pace=due.pace,
    )
    update = Update(
        source=due.source.id,
        at=now,
        status="fetched",
        next_due=plan.due,
        not_before=plan.not_before,
        next_reason=_reason(plan, due),
        prepared=parsed.prepared,
        learnt=parsed.learnt,
        present=parsed.present,
        info=_named_by_headers(parsed.info, fetched),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        body_sha256=digest,
        http_status=fetched.status,
        elapsed=fetched.elapsed,
        wire_bytes=fetched.wire_bytes,
        rhythm=rhythm.packed(learnt),
        tempo=_tempo(due, learnt, now),
        owner=due.owner,
    )
    if parsed.left_out:
        reason = f"{plan.reason}; {parsed.left_out} new entries wait for it: too many came at once"
        update = replace(update, next_reason=reason, etag=None, last_modified=None, body_sha256=UNFINISHED)
    return _moved(update, due, fetched)


def failed(due: Due, error: SourceError, now: datetime, roll: Callable[[], float]) -> Update:
    """No usable answer: the reason is kept; entries, validators and body hash stay as they were."""
    status = error.status if isinstance(error, FetchError) else None
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    gone = status == 410 and due.last_status == 410  # confirmed once, then believed
    learnt = rhythm.unpacked(due.rhythm)
    plan = next_poll(
        now,
        source=due.source,
        outcome=_outcome(error, status),
        hints=due.hints,
        failures=due.failures + 1,
        retry_after=retry_after,
        status=status,
        roll=roll,
        learnt=learnt,
        pace=due.pace,
    )
    return Update(
        source=due.source.id,
        at=now,
        status="failed",
        next_due=plan.due,
        not_before=plan.not_before,
        next_reason=plan.reason,
        etag=due.etag,
        last_modified=due.last_modified,
        body_sha256=due.body_sha256,
        http_status=status if status is not None else (200 if isinstance(error, ParseError) else None),
        error_kind=error.kind,
        error=error.message,
        gone=gone,
        moved_to=due.moved_to,
        moved_seen=due.moved_seen,
        tempo=_tempo(due, learnt, now),
        owner=due.owner,
    )


def _outcome(error: SourceError, status: int | None) -> Outcome:
    if error.kind in OURS:
        return Outcome.HINDERED
    return Outcome.GONE if status == 410 else Outcome.FAILED


def _reason(plan: Plan, due: Due) -> str:
    return f"{plan.reason}; its hub pushes what is new" if due.pushed else plan.reason


def _at_ease(due: Due) -> Source:
    """A source whose hub pushes what is new is polled more seldom: the poll is the net below (WebSub)."""
    source = due.source
    slower = max(min(max(source.interval, source.min_interval) * PUSHED_SLOWER, DAY), source.min_interval)
    return replace(source, min_interval=slower) if due.pushed else source


def _named_by_headers(info: FeedInfo, fetched: Fetched) -> FeedInfo:
    """Hub and topic of the Link header go before those that the feed names (WebSub section 4)."""
    named = links(fetched.headers.get("link"), fetched.url)
    return replace(info, hub=named.get("hub", info.hub), self_url=named.get("self", info.self_url))


def _came(parsed: Parsed, known: Mapping[str, bytes], now: datetime, *, first: bool) -> list[datetime]:
    """When the entries that were not known were published; now, where they do not say, but for the first."""
    said = [one.entry.published for one in parsed.prepared if one.entry.guid not in known]
    return [one or now for one in said if one is not None or not first]


def _tempo(due: Due, learnt: rhythm.Rhythm | None, now: datetime) -> int | None:
    """Under which rate a source counts when the requests are shared out; fixed and pushed ones do not."""
    return rhythm.tempo(rhythm.rate(learnt, now)) if due.source.learns and not due.pushed else None


def _moved(update: Update, due: Due, fetched: Fetched) -> Update:
    """What a permanent redirect changes: nothing at first, the address after consistent sightings."""
    target = fetched.permanent_url
    if target is None or target == due.url:
        return update
    seen = due.moved_seen + 1 if target == due.moved_to else 1
    if seen < TRUST_REDIRECT_AFTER:
        return replace(update, moved_to=target, moved_seen=seen)
    # Validators belong to an address (RFC 9110 section 8.8): the new one starts without.
    return replace(update, url=target, etag=None, last_modified=None)
