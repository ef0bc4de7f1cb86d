"""Who calls, and what errors look like: ``{"error_message": …}``."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from starlette.responses import JSONResponse, Response

from aggregator.web.accounts import Identity
from aggregator.web.calls import (
    LARGEST,
    Parameters,
    PlainRoute,
    Refused,
    caller,
    desk_for,
    let_in,
    parse,
    sync_of,
    writes,
)
from aggregator.web.desk import Desk
from aggregator.web.forms import services_of


class Route(PlainRoute):
    """Errors as ``{"error_message": …}``."""

    def get_route_handler(self) -> Any:
        """The plain handler, its text wrapped."""
        plainly = super().get_route_handler()

        async def handler(request: Request) -> Response:
            answer = await plainly(request)
            if answer.status_code < 400 or answer.media_type != "text/plain":
                return answer
            kept = {
                name: answer.headers[name]
                for name in ("Retry-After", "WWW-Authenticate")
                if name in answer.headers
            }
            said = bytes(answer.body).decode().strip()
            return JSONResponse({"error_message": said}, answer.status_code, kept)

        return handler


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a reader who is known."""

    request: Request
    desk: Desk
    given: Parameters
    body: dict[str, Any]


async def _body(request: Request) -> dict[str, Any]:
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST:
            raise Refused(413, f"More than {LARGEST} bytes.")
    if not read.strip():
        return {}
    try:
        found = json.loads(read)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "The body must be an object.")
    return found


def call(request: Request, body: Annotated[dict[str, Any], Depends(_body)]) -> Call:
    """The call, signed in."""
    who = _who(request)
    if who is None:
        raise Refused(401, "Access Unauthorized", {"WWW-Authenticate": 'Basic realm="aggregator sync"'})
    if request.method != "GET":
        writes(who)
    return Call(request, desk_for(request, who), Parameters(tuple(parse(request.url.query))), body)


def _who(request: Request) -> Identity | None:
    _, accounts = sync_of(services_of(request))
    if token := request.headers.get("x-auth-token"):
        return accounts.bearer(token.strip())
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return let_in(accounts.api_attempt(name, password, caller(request)))


Calls = Annotated[Call, Depends(call)]


def missing() -> Any:
    """404, as Miniflux says it."""
    raise HTTPException(404, "Resource Not Found")
