"""The icons of outlets from our own address: reading a list tells no outlet that it was read."""

from __future__ import annotations

import hashlib
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aggregator.errors import NotFoundError
from aggregator.model import SourceView
from aggregator.web.forms import given
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]

# The bytes are an outlet's: nothing may run in them, wherever they are opened.
_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
}


@router.get("/sources/{source}/icon")
def icon(request: Request, services: Given, source: str) -> Response:
    """A source's icon as fetched; where there is none, its initials."""
    found = services.icon(source)
    if found is not None:
        content, kind = found.content, found.type
    else:
        view = next((one for one in services.reading.sources() if one.source.id == source), None)
        if view is None:
            raise NotFoundError(f"there is no source “{source}” in the configuration")
        content, kind = initials(view), "image/svg+xml"
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = _HEADERS | {"ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


def initials(view: SourceView) -> bytes:
    """A picture with the first letters of an outlet's title, in a colour of its own."""
    words = [word for word in view.source.title.split() if word[:1].isalnum()] or ["?"]
    letters = "".join(word[0] for word in words[:2]).upper()
    hue = int.from_bytes(hashlib.sha256(view.source.id.encode()).digest()[:2], "big") % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="6" fill="hsl({hue} 45% 38%)"/>'
        '<text x="16" y="21.5" text-anchor="middle" font-family="sans-serif" font-size="15" fill="#fff">'
        f"{escape(letters)}</text></svg>"
    ).encode()
