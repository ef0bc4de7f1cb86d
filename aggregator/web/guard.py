"""What every request passes before any page: host, sign-in, foreign origins; and the headers of every answer.

Plain ASGI, so that nothing, not even an error page or a static file, leaves without the headers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from collections import OrderedDict
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.web.passwords import matches
from aggregator.web.services import WebSettings

SECURITY_HEADERS = {
    # No inline script or style, nothing from elsewhere: a hostile feed's markup stays inert even if the
    # sanitiser missed something, and reading a story tells no outlet that it was read.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS = frozenset({"/healthz", "/readyz"})  # for supervisors, which have no password


def add_security_headers(headers: MutableHeaders) -> None:
    """Set what is not set; an endpoint may be stricter."""
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)


def host_of(value: str) -> str:
    """The name in a Host header, lower-cased, without port and brackets; "" when it is malformed."""
    try:
        return (urlsplit(f"//{value}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def cannot_be_rebound(host: str) -> bool:
    """Whether no DNS server decides what this name means: an address, or localhost (RFC 6761, 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Guard:
    """The outermost layer around the application."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app = app
        self.settings = settings
        self._hosts = {host.lower() for host in settings.hosts}
        if settings.public_url:
            self._hosts.add(host_of(urlsplit(settings.public_url).netloc))
        # scrypt costs some 50 ms, every request carries the password: remember digests of those that passed.
        self._passed: OrderedDict[bytes, None] = OrderedDict()
        self._checking = CapacityLimiter(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on and add the headers to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        head = scope["method"] == "HEAD"

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message))
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        answer = self._refusal(scope) or await self._challenge(scope)
        if head:  # as GET without the body (RFC 9110 section 9.3.2), for every page
            scope = {**scope, "method": "GET"}
        await (answer or self.app)(scope, receive, send_secured)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if not self._host_allowed(headers.get("host", "")):
            # A foreign name that resolves to this machine is DNS rebinding: the page behind it could read us.
            return PlainTextResponse(
                "This server goes by another name. web.hosts lists the names that it answers to.\n",
                421,
            )
        if scope["method"] not in SAFE_METHODS and self._is_foreign(headers):
            return PlainTextResponse("A form of another site may not change anything here.\n", 403)
        return None

    async def _challenge(self, scope: Scope) -> PlainTextResponse | None:
        """Ask for the password where one is set and what came is not it (RFC 7617)."""
        authorization = Headers(scope=scope).get("authorization", "")
        if scope["path"] in OPEN_PATHS or await self._signed_in(authorization):
            return None
        return PlainTextResponse(
            "Please sign in.\n", 401, {"WWW-Authenticate": 'Basic realm="aggregator", charset="UTF-8"'}
        )

    def _host_allowed(self, value: str) -> bool:
        host = host_of(value)
        return cannot_be_rebound(host) or host in self._hosts

    def _is_foreign(self, headers: Headers) -> bool:
        """Whether a browser says that another site sent this. Programs send neither header."""
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return True
        origin = headers.get("origin")
        if origin is None:
            return False
        if origin == "null":
            return True
        return urlsplit(origin).netloc.lower() not in {
            headers.get("host", "").lower(),
            urlsplit(self.settings.public_url or "").netloc.lower(),
        }

    async def _signed_in(self, authorization: str) -> bool:
        if self.settings.password is None:
            return True
        scheme, _, credentials = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        mark = hashlib.sha256(credentials.encode("utf-8", "surrogateescape")).digest()
        if mark in self._passed:
            return True
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return False
        right_user = hmac.compare_digest(user.encode(), self.settings.user.encode())
        # On a thread, one at a time: guesses cost the guesser time, and the event loop none.
        right = await to_thread.run_sync(matches, self.settings.password, password, limiter=self._checking)
        if not (right and right_user):
            return False
        self._passed[mark] = None
        while len(self._passed) > 64:
            self._passed.popitem(last=False)
        return True
