"""Pictures of articles from our own address (`web.media_proxy`): an outlet sees this server, not who reads.

Addresses are signed, so that nobody makes this server fetch what no page of it has named. What comes back is
a picture or nothing: no SVG, which is a document, and no type that we did not check.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from aggregator.errors import AggregatorError, NotFoundError
from aggregator.web.forms import services_of
from aggregator.web.services import Services

# The first bytes of what is shown, and its type (WHATWG MIME Sniffing, section 6.1).
_KINDS = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
)
_HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}
LONGEST = 2_000  # characters of an address

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(services_of)]


def signer(secret: bytes) -> Callable[[str], str | None]:
    """What gives a picture's address here for its own, None for one that is too long."""

    def signed(url: str) -> str | None:
        if len(url) > LONGEST:
            return None
        named = base64.urlsafe_b64encode(url.encode("utf-8", "replace")).decode().rstrip("=")
        return f"/media/{_sign(secret, named)}/{named}"

    return signed


def _sign(secret: bytes, named: str) -> str:
    return hmac.new(secret, f"media\0{named}".encode(), hashlib.sha256).hexdigest()[:40]


def kind_of(body: bytes) -> str | None:
    """The type of a picture by its own first bytes; None for anything else, whatever it is called."""
    return next((kind for at, mark, kind in _KINDS if body[at : at + len(mark)] == mark), None)


@router.get("/media/{signature}/{named}")
def picture(services: Given, signature: str, named: str) -> Response:
    """A picture that a page of ours named, fetched now; browsers keep it for a day."""
    right = hmac.compare_digest(_sign(services.secret, named).encode(), signature.encode())
    if services.media is None or not right:
        raise NotFoundError("there is no such picture; reload the page that had it")
    try:
        url = base64.urlsafe_b64decode(named + "=" * (-len(named) % 4)).decode()
        body = services.media(url)
    except (binascii.Error, UnicodeDecodeError, AggregatorError) as error:
        raise NotFoundError(f"the picture cannot be had: {error}") from error
    kind = kind_of(body)
    if kind is None:
        raise NotFoundError("what is at the picture's address is no picture")
    return Response(body, media_type=kind, headers=_HEADERS)
