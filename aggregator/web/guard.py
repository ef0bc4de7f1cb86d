"""What every request passes before any page: host, origin, who asks; and the headers of every answer.

Plain ASGI, so that nothing, not even an error page or a static file, leaves without the headers. Who asks is
kept as ``request.state.identity``; None where nobody needs to be known.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import math
import time
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from anyio import CapacityLimiter, to_thread
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.errors import AggregatorError
from aggregator.web.access import SAFE_METHODS, Need, needed
from aggregator.web.accounts import Accounts, Attempt, Identity
from aggregator.web.proxies import asking, networks, was_forwarded
from aggregator.web.services import WebSettings
from aggregator.web.taking import bounded, most

MEASURED = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
SESSION = "aggregator-session"  # the cookie

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
    """The outermost layer around the application. ``accounts`` None: nobody has a password."""

    def __init__(
        self, app: ASGIApp, settings: WebSettings, accounts: Accounts | None = None,
        requests: Histogram | None = None,
    ) -> None:  # fmt: skip
        self.app = app
        self.settings = settings
        self.accounts = accounts
        self._requests = requests  # seconds until an answer begins, by method and class of status
        self._proxies = networks(settings.trusted_proxies)
        self._hosts = {host.lower() for host in settings.hosts}
        if settings.public_url:
            self._hosts.add(host_of(urlsplit(settings.public_url).netloc))
        # Passwords are checked a few at a time: guesses cost the guesser time, and the event loop none.
        self._checking = CapacityLimiter(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on and add the headers to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        head = scope["method"] == "HEAD"

        begun, method = time.perf_counter(), scope["method"]

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                if self._requests is not None:
                    named = method if method in MEASURED else "other"
                    kind = f"{message['status'] // 100}xx"
                    self._requests.labels(named, kind).observe(time.perf_counter() - begun)
                add_security_headers(MutableHeaders(scope=message))
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope = self._seen_through(scope)
        answer = self._refusal(scope) or await self._admission(scope)
        if method not in SAFE_METHODS:  # what has no body in it is not read
            receive = bounded(receive, most(scope["path"], needed(method, scope["path"])))
        if head:  # as GET without the body (RFC 9110 section 9.3.2), for every page
            scope = {**scope, "method": "GET"}
        await (answer or self.app)(scope, receive, send_secured)

    def _seen_through(self, scope: Scope) -> Scope:
        """The request as its client sent it, where one of our proxies tells."""
        peer, port = scope.get("client") or ("", 0)
        who = asking(peer, scope["scheme"], Headers(scope=scope), self._proxies)
        state = {**scope.get("state", {}), "identity": None}
        return {**scope, "client": (who.address, port), "scheme": who.scheme, "state": state}

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

    async def _admission(self, scope: Scope) -> Response | None:
        """Find out who asks, and refuse what they may not."""
        need = needed("GET" if scope["method"] == "HEAD" else scope["method"], scope["path"])
        if need.scope is None:
            return None
        try:
            found = await self._who(scope, need)
        except AggregatorError as error:  # the database is away: nobody can be known
            return self._told(scope, 503, str(error))
        if isinstance(found, Response):
            return found
        if found.wait > timedelta(0):
            return slow_down(found.wait)
        who = found.identity
        if who is None:
            return self._challenge(scope, need)
        if not who.may(need.scope) or (need.personal and who.via == "token"):
            return self._told(scope, 403, _why_not(who, need))
        scope["state"]["identity"] = who
        return None

    async def _who(self, scope: Scope, need: Need) -> Attempt | Response:
        """Who asks, by what they show: a token, a password, a session. Something wrong is refused."""
        accounts, headers = self.accounts, Headers(scope=scope)
        open_to_all = accounts is None or (accounts.open and self.settings.loopback)
        if open_to_all and was_forwarded(headers):
            return self._told(
                scope, 403, "This came through a proxy, so others can reach it, and web.password is not set."
            )
        if accounts is None:
            return Attempt(Identity(self.settings.user, "admin", "admin", "open"))
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return Attempt(await to_thread.run_sync(accounts.bearer, credentials.strip()))
        if need.in_address and (token := token_of_address(scope)):
            who = await to_thread.run_sync(accounts.bearer, token)
            # Addresses are passed on and written into logs: a token that may more opens nothing there.
            return Attempt(who if who is not None and who.scope == "feeds" else None)
        if open_to_all:
            return Attempt(accounts.owner())
        if scheme.lower() == "basic":
            return await self._basic(accounts, credentials, scope["client"][0])
        secret = cookie_parser(headers.get("cookie", "")).get(SESSION, "")
        return Attempt(await to_thread.run_sync(accounts.session, secret) if secret else None)

    async def _basic(self, accounts: Accounts, credentials: str, address: str) -> Attempt:
        """The password of the pages in every request (RFC 7617), for feed readers and scripts."""
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return Attempt(None)
        return await to_thread.run_sync(accounts.login, user, password, address, limiter=self._checking)

    def _challenge(self, scope: Scope, need: Need) -> Response:
        """Ask for a sign-in: browsers on a page of theirs, programs by a header."""
        headers = Headers(scope=scope)
        page = scope["method"] in ("GET", "HEAD") and not need.in_address
        if page and not scope["path"].startswith("/api/") and "text/html" in headers.get("accept", ""):
            query = scope.get("query_string", b"").decode("latin-1")
            target = quote(scope["path"]) + (f"?{query}" if query else "")
            return RedirectResponse(
                f"/login?{urlencode({'next': target})}", 303, {"Cache-Control": "no-store"}
            )
        return self._told(
            scope, 401, "Please sign in.", {"WWW-Authenticate": 'Basic realm="aggregator", charset="UTF-8"'}
        )

    def _told(self, scope: Scope, status: int, words: str, headers: dict[str, str] | None = None) -> Response:
        headers = {"Cache-Control": "no-store", **(headers or {})}
        if scope["path"].startswith("/api/"):
            titles = {401: "Sign in", 403: "Not allowed", 503: "The database does not answer"}
            body = {"type": "about:blank", "title": titles[status], "status": status, "detail": words}
            return JSONResponse(body, status, headers, media_type="application/problem+json")
        return PlainTextResponse(f"{words}\n", status, headers)

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


def token_of_address(scope: Scope) -> str:
    """The token of ``?token=``, "" without."""
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    return next((value for name, value in pairs if name == "token"), "")


def _why_not(who: Identity, need: Need) -> str:
    """What somebody who is known is told: whose right is missing, their token's or their own."""
    if who.via != "token":
        return f"{who.reader} reads here, and may not change that: ask an admin."
    if need.personal:
        return "No token opens this: sign in with the password."
    return f"A token of scope {who.scope} may not do this: it takes one of scope {need.scope}."


def slow_down(wait: timedelta) -> Response:
    """Passwords were guessed too fast."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    return PlainTextResponse(
        f"Too many wrong passwords. Try again in {seconds} seconds.\n", 429,
        {"Retry-After": str(seconds), "Cache-Control": "no-store"},
    )  # fmt: skip
