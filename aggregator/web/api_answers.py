"""How the API answers: JSON with a validator, pages that say where the next one is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from aggregator.web.services import Services


class Shape(BaseModel):
    """A shape of answers; further members may come with later versions."""

    model_config = ConfigDict(extra="allow")


def answered(request: Request, services: Services, shape: Callable[[], Any]) -> Response:
    """JSON with a validator: the data's version, of which whatever is told of stories is made."""
    who = hashlib.sha256(services.reader.encode()).hexdigest()[:8]  # a browser may change hands
    tag = f'W/"{services.reading.version()}-{who}"'
    return _conditional(request, tag, lambda: JSONResponse(shape()))


def answered_whole(request: Request, shape: Any) -> Response:
    """JSON with a hash of itself as validator: what depends on settings, not on stories alone."""
    body = json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _conditional(request, tag, lambda: Response(body, media_type="application/json"))


def _conditional(request: Request, tag: str, make: Callable[[], Response]) -> Response:
    headers = {"ETag": tag, "Cache-Control": "no-cache, private"}
    held = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if "*" in held or tag.removeprefix("W/") in held:
        return Response(status_code=304, headers=headers)
    response = make()
    response.headers.update(headers)
    return response


def following(request: Request, **cursor: Any) -> str:
    """The address of the next page: this one's, with another cursor."""
    query = {key: value for key, value in request.query_params.items() if key not in cursor}
    return f"{request.url.path}?{urlencode({**query, **cursor})}"
