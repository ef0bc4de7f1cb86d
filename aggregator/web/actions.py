"""Writes: read and starred, split, merge and undo, poll now. Each needs a form token of one of our pages."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from aggregator.errors import NotFoundError
from aggregator.web.forms import Written, given, local_path, with_done
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False, dependencies=[Written])
Given = Annotated[Services, Depends(given)]
Next = Annotated[str, Form()]
Reason = Annotated[str, Form(max_length=400)]
MANY = 1_000  # stories that one form may mark


def _done(request: Request, target: str, default: str = "/") -> Response:
    """Back to where the form was; our scripts, which ask for JSON, need no page."""
    if "application/json" in request.headers.get("accept", ""):
        return Response(status_code=204)
    return RedirectResponse(local_path(target, default), 303)


@router.post("/stories/{story}/state")
def state(
    request: Request,
    services: Given,
    story: int,
    read: Annotated[bool | None, Form()] = None,
    starred: Annotated[bool | None, Form()] = None,
    next_: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Mark one story read or unread, starred or not."""
    services.correcting.mark(services.reader, [story], read=read, starred=starred)
    return _done(request, next_)


@router.post("/read")
def read_all(
    request: Request,
    services: Given,
    stories: Annotated[str, Form(max_length=12 * MANY, pattern=r"^[0-9,]*$")] = "",
    next_: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Mark the stories that the page showed as read: never one that came since."""
    ids = [int(part) for part in stories.split(",") if 0 < len(part) < 11][:MANY]
    if ids:
        services.correcting.mark(services.reader, ids, read=True)
    return _done(request, next_)


@router.post("/articles/{article}/split")
def split(request: Request, services: Given, article: int, reason: Reason = "") -> Response:
    """Take an article out of its story."""
    made = services.correcting.split(article, author=services.reader, reason=reason)
    return _done(request, f"/stories/{made}?done=split", f"/stories/{made}")


@router.post("/stories/{story}/merge")
def merge(
    request: Request,
    services: Given,
    story: int,
    other: Annotated[str, Form(max_length=400)],
    reason: Reason = "",
) -> Response:
    """Make this and another story one; the other is given by number or by its page's address."""
    numbers = re.findall(r"(?:^\s*#?|/stories/)(\d{1,10})(?:\s*$|[/?#@])?", other)
    if not numbers:
        raise HTTPException(400, "Give the other story's number, or the address of its page.")
    if int(numbers[-1]) == story:
        raise HTTPException(400, "That is the same story. Give the number of the other one.")
    survivor = services.correcting.merge(story, int(numbers[-1]), author=services.reader, reason=reason)
    return _done(request, f"/stories/{survivor}?done=merge", f"/stories/{survivor}")


@router.post("/articles/{article}/answer")
def answer(
    request: Request,
    services: Given,
    article: int,
    other: Annotated[int, Form(ge=1, le=2**31 - 1)],
    same: Annotated[bool, Form()],
    reason: Reason = "",
    next_: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Take a person's word whether two articles are one story; it is remembered against what may come."""
    story = services.correcting.answer(article, other, same=same, author=services.reader, reason=reason)
    return _done(request, with_done(local_path(next_, f"/stories/{story}"), "answer"))


@router.post("/undo")
def undo(
    request: Request,
    services: Given,
    correction: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
    next_: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Take a correction back: the one that the form names, or the last."""
    services.correcting.undo(author=services.reader, correction=correction)
    return _done(request, f"{local_path(next_).partition('?')[0]}?done=undo")


@router.post("/sources/{source}/poll")
def poll(request: Request, services: Given, source: str) -> Response:
    """Poll a source at once, unless its server asked us to wait."""
    if all(view.source.id != source for view in services.reading.sources()):
        raise NotFoundError(f"there is no source “{source}” in the configuration")
    said = "polling" if services.poll_now(source) else "waiting"
    return _done(request, f"/sources/{quote(source)}?done={said}")
