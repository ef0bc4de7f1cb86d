"""Forms that only our own pages can send: CSRF tokens, and redirects that stay here.

The token is an HMAC of a random cookie (signed double submit, OWASP's cheat sheet), so that no session need
be kept: the cookie alone does not give the token, and a token works with its own cookie only.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Form, Header, HTTPException, Request
from starlette.responses import Response

from aggregator.web.accounts import Identity
from aggregator.web.services import Services

COOKIE = "aggregator-form"
_NONCE = re.compile(r"[A-Za-z0-9_-]{20,64}\Z")


def identity_of(request: Request) -> Identity | None:
    """Who signed in, as `guard.Guard` found; None: nobody, on a page that strangers may see."""
    found: Identity | None = getattr(request.state, "identity", None)
    return found


def services_of(request: Request) -> Services:
    """The services that `create_app` was given, for the reader who signed in."""
    found: Services = request.app.state.services
    who = identity_of(request)
    reader = "" if who is None else who.reader
    if reader == found.settings.user:
        return found
    return replace(found, settings=replace(found.settings, user=reader))


def may_change(request: Request) -> bool:
    """Whether who signed in may change what all share: sources, stories, topics."""
    who = identity_of(request)
    return who is not None and who.may("admin")


async def given(request: Request) -> Services:
    """`services_of` for endpoints: a dependency that is no coroutine would cost each request a thread."""
    return services_of(request)


def nonce_in(cookies: Mapping[str, str]) -> str | None:
    """A browser's form cookie, when it is one of ours."""
    cookie = cookies.get(COOKIE, "")
    return cookie if _NONCE.match(cookie) else None


def nonce_of(request: Request) -> str:
    """The browser's form cookie, or a new one; kept with the request, so that a page uses one."""
    nonce: str | None = getattr(request.state, "nonce", None)
    if nonce is None:
        nonce = nonce_in(request.cookies) or secrets.token_urlsafe(24)
        request.state.nonce = nonce
    return nonce


def token_for(request: Request) -> str:
    """The hidden field's value for the page that is being rendered."""
    return sign(services_of(request).secret, nonce_of(request))


def keep_cookie(request: Request, response: Response) -> None:
    """Set the cookie when the browser has none. Lax is no protection here, only hygiene."""
    if request.cookies.get(COOKIE) != nonce_of(request):
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, nonce_of(request), httponly=True, samesite="strict", secure=secure)


def sign(secret: bytes, nonce: str) -> str:
    """The token that goes with a form cookie."""
    return hmac.new(secret, nonce.encode(), hashlib.sha256).hexdigest()


def require_token(
    request: Request,
    csrf: Annotated[str, Form()] = "",
    x_csrf_token: Annotated[str, Header()] = "",
) -> None:
    """Refuse a write without the token of one of our pages (field ``csrf`` or header ``X-CSRF-Token``).

    A program that shows its own token needs none: no browser adds that by itself.
    """
    who = identity_of(request)
    if who is not None and who.via == "token":
        return
    cookie = request.cookies.get(COOKIE, "")
    expected = sign(services_of(request).secret, cookie)
    if not cookie or not hmac.compare_digest(expected.encode(), (x_csrf_token or csrf).encode()):
        raise HTTPException(
            403, "This form is too old, or cookies are off. Go back, reload the page and try again."
        )


def local_path(target: str, default: str = "/") -> str:
    """``target`` if it is a path of this server, else ``default``: no open redirect.

    Browsers take ``//host``, ``/\\host`` and tabs or newlines within for another host.
    """
    if not re.match(r"/(?![/\\])[\x21-\x7e]*\Z", target) or "\\" in target:
        return default
    return target


def with_done(target: str, word: str) -> str:
    """A path of ours that says what has just been done, in place of what was done before."""
    path, _, query = target.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("done=")]
    return f"{path}?{'&'.join([*kept, f'done={word}'])}"


Written = Depends(require_token)
