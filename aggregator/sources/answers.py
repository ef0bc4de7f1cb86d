"""What a server answers: its header fields, its body, where it sends us, or that it refuses (RFC 9110)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import aiohttp

from aggregator.errors import FetchError
from aggregator.sources.decoding import Body, too_large
from aggregator.sources.headers import freshness, retry_after, verbatim

MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Redirect:
    """An answer that sends us elsewhere."""

    status: int
    location: str


def fields(
    response: aiohttp.ClientResponse, now: datetime, *, body: tuple[bytes, int] | None
) -> dict[str, Any]:
    """The parts of `Fetched` that one answer gives."""
    headers = _headers_of(response)
    return {
        "status": response.status,
        "body": None if body is None else body[0],
        "wire_bytes": 0 if body is None else body[1],
        "content_type": headers.get("content-type"),
        "etag": verbatim(response.raw_headers, b"etag"),
        "last_modified": verbatim(response.raw_headers, b"last-modified"),
        "max_age": freshness(headers, now),
        "headers": headers,
    }


def refusal(response: aiohttp.ClientResponse, now: datetime) -> FetchError:
    """An answer that brings no feed, as an error."""
    status = response.status
    try:
        words = HTTPStatus(status).phrase
    except ValueError:
        words = ""
    message = f"HTTP {status} {words}".strip()
    if status == HTTPStatus.NOT_MODIFIED:
        message += " to a request without conditions"
    held = retry_after(response.headers.get("Retry-After"), now)
    return FetchError("status", message, status=status, retry_after=held)


async def receive(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, int]:
    """The decoded body and its size on the wire."""
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdecimal() and len(declared) < 20 and int(declared) > limit:
        raise too_large(limit)
    body = Body(",".join(response.headers.getall("Content-Encoding", [])), limit)
    wire = 0
    async for piece in response.content.iter_any():
        wire += len(piece)
        if wire > limit:
            raise too_large(limit)
        body.add(piece)
    return body.finish(), wire


def location(response: aiohttp.ClientResponse) -> str:
    """The address in the answer, as served."""
    found = verbatim(response.raw_headers, b"location")
    if not found:
        raise FetchError(
            "redirect", f"HTTP {response.status} without a place to go to", status=response.status
        )
    return found


def following(url: str, redirect: Redirect, seen: list[str]) -> str:
    """The next address; a loop or too long a way is an error."""
    try:
        target = urljoin(url, redirect.location.strip()).partition("#")[0]
    except ValueError as error:
        raise FetchError("redirect", "redirected to an address that cannot be read") from error
    if target in seen:
        raise FetchError("redirect", f"redirected in a circle: {target[:200]}", status=redirect.status)
    if len(seen) > MAX_REDIRECTS:
        raise FetchError("redirect", f"redirected more than {MAX_REDIRECTS} times", status=redirect.status)
    return target


def _headers_of(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    """Header fields by lowercase name, repeated ones joined (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        if not value.isascii():
            value = value.encode("utf-8", "replace").decode()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found
