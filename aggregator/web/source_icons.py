"""The icons of outlets from our own address: reading a list tells no outlet that it was read."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aggregator.errors import NotFoundError
from aggregator.web.forms import services_of
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(services_of)]

# The bytes are an outlet's: nothing may run in them, wherever they are opened.
_HEADERS = {
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline",
}


@router.get("/sources/{source}/icon")
def icon(request: Request, services: Given, source: str) -> Response:
    """The icon of a source's outlet, as it was fetched."""
    found = services.icon(source)
    if found is None:
        raise NotFoundError(f"there is no icon of “{source}”")
    tag = f'"{hashlib.sha256(found.content).hexdigest()[:24]}"'
    headers = _HEADERS | {"ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.type, headers=headers)
