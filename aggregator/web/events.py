"""New stories announce themselves: server-sent events (WHATWG HTML, section 9.2) at /events.

A page names the newest story that it shows and the list that it is of, and is told how many have come since,
whenever that number becomes another one. Nothing on the page moves by that: a bar offers them.

The database is asked for its version once a second, whoever many pages listen, and only while one does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from aggregator.errors import AggregatorError
from aggregator.model import TimelineSpec
from aggregator.web.forms import given
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]
LOOK = 1.0  # seconds between two looks at the data's version
BEAT = 15.0  # seconds after which a silent stream says that it lives, so that proxies keep it
LASTS = 900.0  # seconds; a browser then connects again by itself
AGAIN = 5_000  # milliseconds until it does
LISTENERS = 500  # streams at once
MOST = 100  # stories that are counted one by one; more are "more than that"


class Pulse:
    """The data's version for all streams: looked up at most once in `LOOK` seconds, by whoever asks first."""

    def __init__(self) -> None:
        self.listeners = 0
        self._version: int | str | None = None
        self._looked = 0.0
        self._lock = asyncio.Lock()

    async def version(self, services: Services) -> int | str | None:
        """The version now, or as it was less than a look ago; while the database is away, as it was last."""
        async with self._lock:
            if time.monotonic() - self._looked >= 0.9 * LOOK:
                with suppress(AggregatorError):  # it restarts: what is new shows a little later
                    self._version = await run_in_threadpool(services.reading.version)
                self._looked = time.monotonic()
            return self._version


def pulse_of(request: Request) -> Pulse:
    """The application's one pulse, made with its first stream (in its event loop)."""
    found: Pulse | None = getattr(request.app.state, "pulse", None)
    if found is None:
        found = request.app.state.pulse = Pulse()
    return found


@router.get("/events")
async def events(
    request: Request,
    services: Given,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    topic: Annotated[str, Query(max_length=100)] = "",
    group: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """A stream of ``event: stories``, ``data: {"count": 3, "more": false}`` for stories with a greater id."""
    pulse = pulse_of(request)
    if pulse.listeners >= LISTENERS:
        raise HTTPException(503, "Too many pages listen for news.", {"Retry-After": "60"})
    spec = TimelineSpec(topic=topic or None, group=group or None, reader=services.reader)
    return StreamingResponse(
        told(services, pulse, spec, after),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def told(services: Services, pulse: Pulse, spec: TimelineSpec, after: int) -> AsyncIterator[str]:
    """The lines of one stream, until it has lasted long enough or the server closes."""
    pulse.listeners += 1
    try:
        yield f"retry: {AGAIN}\n\n"
        begin = silent = time.monotonic()
        seen: int | str | None = None
        known = 0
        while time.monotonic() - begin < LASTS and not services.closing():
            version = await pulse.version(services)
            if version != seen:
                seen = version
                count = await newer(services, spec, after)
                if count != known:
                    known, silent = count, time.monotonic()
                    data = {"count": min(count, MOST), "more": count > MOST}
                    yield f"event: stories\ndata: {json.dumps(data)}\n\n"
            if time.monotonic() - silent > BEAT:
                silent = time.monotonic()
                yield ": here\n\n"
            await asyncio.sleep(LOOK)
    finally:
        pulse.listeners -= 1


async def newer(services: Services, spec: TimelineSpec, after: int) -> int:
    """How many stories of the list have come since; 0 while the database is away."""
    try:
        return await run_in_threadpool(services.reading.newer, spec, after, MOST + 1)
    except AggregatorError:
        return 0
