"""The REST API, version 1: stories and corrections as they come, as server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import json
import time
from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from aggregator.errors import AggregatorError, NotFoundError
from aggregator.model import TimelineSpec
from aggregator.publish.shapes import story_shape
from aggregator.web.api_more import change_shape
from aggregator.web.events import AGAIN, BEAT, LASTS, LISTENERS, LOOK, Pulse, pulse_of
from aggregator.web.forms import given
from aggregator.web.services import Services

router = APIRouter(prefix="/api/v1", tags=["reading"])
Given = Annotated[Services, Depends(given)]
TEXT = {"type": "string"}
MOST = 200  # stories that one look tells; a client that missed more lists them


@router.get(
    "/events", summary="Stories and corrections as they come", response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": TEXT}}, "description": "Events"}},
)  # fmt: skip
async def events(
    request: Request, services: Given,
    topic: Annotated[str | None, Query(max_length=100, description="Only stories of this topic.")] = None,
    group: Annotated[str | None, Query(max_length=100, description="Only stories of this group.")] = None,
    after: Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Begin after this story.")] = None,
    once: Annotated[bool, Query(description="End after what there is already.")] = False,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> Response:  # fmt: skip
    """``event: story`` with a story, ``event: change`` with a correction, as the lists have them.

    Ids are ``STORY-CHANGE``: a client that connects again with Last-Event-ID misses nothing.
    """
    for what, name, known in (("topic", topic, services.topics()), ("group", group, services.groups())):
        if name is not None and name not in known:
            raise NotFoundError(f"there is no {what} “{name}” in the configuration")
    pulse = pulse_of(request)
    if pulse.listeners >= LISTENERS:
        raise HTTPException(503, "Too many listen for news.", {"Retry-After": "60"})
    spec = TimelineSpec(topic=topic, group=group, reader=services.reader, limit=MOST, with_content=False)
    start = await run_in_threadpool(_start, services, after, last_event_id)
    return StreamingResponse(
        _told(services, pulse, spec, start, once=once),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _start(services: Services, after: int | None, last: str) -> tuple[int, int]:
    """The last story and the last correction that the client knows; those of now where it says nothing."""
    story, _, change = last.partition("-")
    if story.isascii() and change.isascii() and story.isdecimal() and change.isdecimal():
        return int(story[:12]), int(change[:12])
    newest = services.reading.timeline(TimelineSpec(limit=1, with_content=False))
    known = newest[0].id if newest else 0
    changes = services.watching.changes(limit=1) if services.watching is not None else []
    return (known if after is None else after), (changes[0].id if changes else 0)


async def _told(
    services: Services, pulse: Pulse, spec: TimelineSpec, start: tuple[int, int], *, once: bool
) -> AsyncIterator[str]:
    story, change = start
    pulse.listeners += 1
    try:
        yield f"retry: {AGAIN}\n\n"
        begin = silent = time.monotonic()
        seen: int | str | None = None
        while time.monotonic() - begin < LASTS and not services.closing():
            version = await pulse.version(services)
            if version != seen:
                try:
                    story, change, lines = await run_in_threadpool(_news, services, spec, story, change)
                    seen = version
                except AggregatorError:
                    lines = []  # the database restarts: again at the next look
                for line in lines:
                    silent = time.monotonic()
                    yield line
            if once:
                return
            if time.monotonic() - silent > BEAT:
                silent = time.monotonic()
                yield ": here\n\n"
            await sleep(LOOK)
    finally:
        pulse.listeners -= 1


def _news(services: Services, spec: TimelineSpec, story: int, change: int) -> tuple[int, int, list[str]]:
    """What has come since, the oldest first, and the new marks."""
    lines = []
    for one in reversed(services.reading.timeline(spec)):
        if one.id > story:
            story = one.id
            lines.append(_event("story", story, change, json.dumps(story_shape(one), ensure_ascii=False)))
    changes = services.watching.changes(limit=MOST) if services.watching is not None else []
    for each in reversed(changes):
        if each.id > change:
            change = each.id
            lines.append(_event("change", story, change, json.dumps(change_shape(each), ensure_ascii=False)))
    return story, change, lines


def _event(name: str, story: int, change: int, data: str) -> str:
    return f"event: {name}\nid: {story}-{change}\ndata: {data}\n\n"
