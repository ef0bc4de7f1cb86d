"""Fetch feeds politely (RFC 9110, RFC 9111): one GET, conditional when we have validators, bounded in all.

The only home of the HTTP client. Redirects are followed here, each hop checked by the guard; credentials and
a source's own headers go to its own origin alone; no cookie is kept, no Referer sent, nothing probed.
"""

from __future__ import annotations

import asyncio
import base64
import errno
import os
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.model import Due, Fetched, Source
from aggregator.sources.decoding import Body, too_large
from aggregator.sources.guard import (
    AddressRefusedError,
    GuardedResolver,
    check_url,
    guarded_socket,
    permits,
)
from aggregator.sources.headers import freshness, retry_after, verbatim
from aggregator.sources.sanitize import one_line
from aggregator.sources.turns import Turns
from aggregator.urls import host

MAX_REDIRECTS = 5
MAX_LINE = 16_384  # bytes of one header field or of the status line: validators of 8 KB must pass
MAX_HEADERS = 200  # fields
PERMANENT = frozenset({301, 308})
TEMPORARY = frozenset({302, 303, 307})
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


def user_agent(contact: str | None = None) -> str:
    """Who we are: name, version, and where to complain (RFC 9110 section 10.1.5)."""
    return f"aggregator/{__version__}" + (f" (+{contact})" if contact else "")


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is posted."""

    form: Mapping[str, str] | bytes
    headers: Mapping[str, str]
    limit: int = 0  # bytes of the answer that are read; 0: it is not read


@dataclass(slots=True)
class _Hop:
    """One address on the way, and what is left of the time."""

    url: str
    deadline: float  # seconds that are left
    accept: str  # media types (RFC 9110 section 12.5.1)


class Client:
    """Fetches sources. Make it anywhere, use it within one event loop, `close` it at the end.

    ``per_host``: requests at once to one host; ``concurrency``: in all. ``contact``: an address
    for those who wonder who asks. All may be changed later.
    """

    def __init__(
        self,
        *,
        per_host: int = 2,
        concurrency: int = 64,
        contact: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._hosts = Turns(per_host)
        self._all = Turns(concurrency)
        self.contact = contact
        self._now = now
        # A connection that one source may open must not be reused for another that may not.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    @property
    def agent(self) -> str:
        """Our own User-Agent."""
        return user_agent(self.contact)

    @property
    def per_host(self) -> int:
        """Requests at once to one host."""
        return self._hosts.limit

    @per_host.setter
    def per_host(self, limit: int) -> None:
        self._hosts.limit = limit

    @property
    def concurrency(self) -> int:
        """Requests at once in all."""
        return self._all.limit

    @concurrency.setter
    def concurrency(self, limit: int) -> None:
        self._all.limit = limit

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def fetch(self, due: Due, *, accept: str = ACCEPT) -> Fetched:
        """GET a source, within its own time limit (waiting for a turn not counted). Raises FetchError."""
        source = due.source
        left = source.timeout.total_seconds()
        url, permanent, only_permanent = due.url, None, True
        seen: list[str] = []
        elapsed = 0.0
        while True:
            check_url(url, allow_private=permits(source, url))
            seen.append(url)
            answer, spent = await self._hop(due, _Hop(url, left - elapsed, accept))
            elapsed += spent
            if not isinstance(answer, _Redirect):
                return Fetched(
                    **answer,
                    url=url,
                    permanent_url=permanent if permanent != due.url else None,
                    elapsed=elapsed,
                )
            url = _next(url, answer, seen)
            only_permanent = only_permanent and answer.status in PERMANENT
            permanent = url if only_permanent else permanent

    async def post(
        self, source: Source, url: str, form: Mapping[str, str] | bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> int:  # fmt: skip
        """POST a form, or a body as it is, with a source's permissions; the answer's status. FetchError.

        307 and 308 are followed, as a hub may ask (WebSub section 5.1); no answer's body is read.
        """
        left, seen = source.timeout.total_seconds(), list[str]()
        plain = Due(replace(source, url="", headers={}, username=None, password=None), url)
        sent = _Sent(form, headers)
        while True:
            check_url(url, allow_private=permits(source, url))
            seen.append(url)
            answer, spent = await self._hop(plain, _Hop(url, left, "*/*"), sent)
            left -= spent
            if not isinstance(answer, _Redirect):
                return int(answer["status"])
            url = _next(url, answer, seen)

    async def answer(self, source: Source, url: str, form: Mapping[str, str]) -> Fetched:
        """POST a form to an API and read what it answers, up to the source's ``max_body``. FetchError.

        Redirects are refused: a form that holds a password goes where a person said, and nowhere else.
        """
        check_url(url, allow_private=permits(source, url))
        plain = Due(replace(source, url="", headers={}, username=None, password=None), url)
        hop = _Hop(url, source.timeout.total_seconds(), "*/*")
        answer, spent = await self._hop(plain, hop, _Sent(form, {}, source.max_body))
        if isinstance(answer, _Redirect):
            raise FetchError("redirect", "redirects what is posted to it", status=answer.status)
        return Fetched(**answer, url=url, permanent_url=None, elapsed=spent)

    async def _hop(
        self, due: Due, hop: _Hop, sent: _Sent | None = None
    ) -> tuple[_Redirect | dict[str, Any], float]:
        """One request, in its turn; what came, and the seconds that it took."""
        async with self._hosts.turn(host(hop.url) or hop.url), self._all.turn(""):
            started = time.monotonic()
            try:
                async with asyncio.timeout(max(hop.deadline, 0.001)):
                    if sent is None:
                        answer = await self._request(due, hop.url, hop.accept)
                    else:
                        answer = await self._post(due, hop.url, sent)
            except TimeoutError as error:
                seconds = due.source.timeout.total_seconds()
                raise FetchError("timeout", f"no complete answer within {seconds:g} s") from error
            except (aiohttp.ClientError, OSError, ValueError, UnicodeError, AssertionError) as error:
                raise _explained(error, hop.url) from error
            return answer, time.monotonic() - started

    async def _request(self, due: Due, url: str, accept: str) -> _Redirect | dict[str, Any]:
        source = due.source
        proxy = _proxy(source)
        async with self._session(permits(source, proxy or url)).get(  # who is connected to
            URL(url, encoded=_is_encoded(url)),
            headers=self._headers(due, url, accept),
            allow_redirects=False,
            proxy=proxy,
            ssl=source.verify_tls,
        ) as response:
            status = response.status
            if status in PERMANENT | TEMPORARY:
                return _Redirect(status, _location(response))
            if status == HTTPStatus.NOT_MODIFIED and (due.etag or due.last_modified):
                return self._fields(response, body=None)
            if status not in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
                raise self._refusal(response)
            body = await _receive(response, source.max_body)
            return self._fields(response, body=body)

    async def _post(self, due: Due, url: str, sent: _Sent) -> _Redirect | dict[str, Any]:
        source = due.source
        proxy = _proxy(source)
        async with self._session(permits(source, proxy or url)).post(
            URL(url, encoded=_is_encoded(url)),
            data=sent.form if isinstance(sent.form, bytes) else dict(sent.form),
            headers={**self._headers(due, url, "*/*"), **sent.headers},
            allow_redirects=False,
            proxy=proxy,
            ssl=source.verify_tls,
        ) as response:
            if response.status in (307, 308):
                return _Redirect(response.status, _location(response))
            if not 200 <= response.status < 300:
                raise self._refusal(response)
            if sent.limit:
                return self._fields(response, body=await _receive(response, sent.limit))
            return {"status": response.status}

    def _fields(self, response: aiohttp.ClientResponse, *, body: tuple[bytes, int] | None) -> dict[str, Any]:
        """The parts of `Fetched` that one answer gives."""
        headers = _headers_of(response)
        return {
            "status": response.status,
            "body": None if body is None else body[0],
            "wire_bytes": 0 if body is None else body[1],
            "content_type": headers.get("content-type"),
            "etag": verbatim(response.raw_headers, b"etag"),
            "last_modified": verbatim(response.raw_headers, b"last-modified"),
            "max_age": freshness(headers, self._now()),
            "headers": headers,
        }

    def _refusal(self, response: aiohttp.ClientResponse) -> FetchError:
        status = response.status
        try:
            words = HTTPStatus(status).phrase
        except ValueError:
            words = ""
        message = f"HTTP {status} {words}".strip()
        if status == HTTPStatus.NOT_MODIFIED:
            message += " to a request without conditions"
        held = retry_after(response.headers.get("Retry-After"), self._now())
        return FetchError("status", message, status=status, retry_after=held)

    def _headers(self, due: Due, url: str, accept: str) -> dict[str, str]:
        """What is sent. Secrets and the source's own headers: to the source's own origin only."""
        source = due.source
        headers = {
            "User-Agent": source.user_agent or self.agent,
            "Accept": accept,
            "Accept-Encoding": "gzip, br",
        }
        if _same_origin(source.url, url):
            own = {name: value for name, value in source.headers.items() if _sendable(name, value)}
            headers = {
                name: value for name, value in headers.items() if name.lower() not in map(str.lower, own)
            }
            headers.update(own)
            if source.username is not None:
                headers["Authorization"] = _basic(source.username, source.password or "")
        if due.etag:
            headers["If-None-Match"] = due.etag
        if due.last_modified:
            headers["If-Modified-Since"] = due.last_modified
        return headers

    def _session(self, allow_private: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(allow_private)
        if session is None or session.closed:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(allow_private=allow_private),
                socket_factory=guarded_socket(allow_private=allow_private),
                limit=0,  # turns hold us
                ttl_dns_cache=60,
                keepalive_timeout=5,
            )
            session = self._sessions[allow_private] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),  # ours is around it
                max_line_size=MAX_LINE,
                max_field_size=MAX_LINE,
                max_headers=MAX_HEADERS,
                trust_env=False,
            )
        return session


@dataclass(frozen=True, slots=True)
class _Redirect:
    status: int
    location: str


async def _receive(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, int]:
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


def _location(response: aiohttp.ClientResponse) -> str:
    location = verbatim(response.raw_headers, b"location")
    if not location:
        raise FetchError(
            "redirect", f"HTTP {response.status} without a place to go to", status=response.status
        )
    return location


def _next(url: str, redirect: _Redirect, seen: list[str]) -> str:
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
        value = value.encode("utf-8", "replace").decode()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _same_origin(own: str, url: str) -> bool:
    """Whether ``url`` is at the source's own origin; the step from http to https of one host counts too."""
    mine, other = urlsplit(own), urlsplit(url)
    if (mine.hostname or "").lower() != (other.hostname or "").lower():
        return False
    ports = {"http": 80, "https": 443}
    here = (mine.scheme.lower(), mine.port or ports.get(mine.scheme.lower()))
    there = (other.scheme.lower(), other.port or ports.get(other.scheme.lower()))
    return here == there or (here == ("http", 80) and there == ("https", 443))


def _sendable(name: str, value: str) -> bool:
    """No header that breaks the request apart, and none that would make the answer another one."""
    breaking = any(character in name + value for character in "\r\n\0")
    return not breaking and name.lower() not in (
        "host",
        "content-length",
        "transfer-encoding",
        "referer",
        "range",
    )


def _basic(username: str, password: str) -> str:
    """Basic authentication in UTF-8 (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _proxy(source: Source) -> str | None:
    if source.proxy is None:
        return None
    if urlsplit(source.proxy).scheme.lower() not in ("http", "https"):
        raise FetchError("url", "the proxy must be an http or https address")
    return source.proxy


def _is_encoded(url: str) -> bool:
    """Plain ASCII goes out exactly as it is written: servers may tell ``%2F`` and ``/`` apart."""
    return url.isascii()


def _explained(error: BaseException, url: str) -> FetchError:
    """A library's error as one of ours, in words for people."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FetchError):
            return cause
        if isinstance(cause, AddressRefusedError):
            return FetchError("address", str(cause))
        cause = getattr(cause, "os_error", None) or cause.__cause__
    name = host(url) or url
    ours = _ours(error, name)
    if ours is not None:
        return ours
    for kinds, kind, words in _EXPLANATIONS:
        if isinstance(error, kinds):
            return FetchError(kind, words.format(name=name, detail=_detail(error)))
    return FetchError("connect", f"the connection to {name} failed: {type(error).__name__}")


def _ours(error: BaseException, name: str) -> FetchError | None:
    """Trouble of this machine, of which the source knows nothing."""
    said = getattr(error, "os_error", error)
    if isinstance(said, socket.gaierror):  # (its numbers are others than errno's)
        if said.errno not in (socket.EAI_AGAIN, socket.EAI_SYSTEM, socket.EAI_MEMORY):
            return None
        return FetchError("offline", f"DNS does not answer when asked for {name}")
    number = said.errno if isinstance(said, OSError) and not isinstance(said, ssl.SSLError) else None
    if number in _LACKING:
        return FetchError("local", f"this machine lacks what a request needs: {os.strerror(number)}")
    if number in _OFFLINE:
        return FetchError("offline", f"no way to {name} from here: {os.strerror(number)}")
    return None


_LACKING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
_OFFLINE = frozenset({errno.ENETUNREACH, errno.ENETDOWN})

# The first that fits counts: the library's classes are a tree too.
_EXPLANATIONS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    ((aiohttp.ClientConnectorDNSError, socket.gaierror), "dns", "the name {name} does not resolve"),
    ((aiohttp.ClientConnectorCertificateError,), "tls", "the certificate of {name} is not valid: {detail}"),
    ((aiohttp.ClientSSLError, ssl.SSLError), "tls", "no secure connection to {name}: {detail}"),
    (
        (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError),
        "connect",
        "the proxy failed: {detail}",
    ),
    ((aiohttp.ClientConnectorError,), "connect", "no connection to {name}: {detail}"),
    ((aiohttp.ClientPayloadError,), "connect", "{name} ended the answer before it was complete"),
    (
        (aiohttp.ServerDisconnectedError, ConnectionError),
        "connect",
        "{name} closed the connection without an answer",
    ),
    ((aiohttp.ClientResponseError,), "connect", "{name} answered with broken HTTP: {detail}"),
    ((aiohttp.InvalidURL, ValueError), "url", "the address cannot be requested"),
)


def _detail(error: BaseException) -> str:
    """The bare reason on one line, without the library's own frame and the server's own words around it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)[:300]
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return os.strerror(number) if number else str(error.os_error)[:300]
    said = str(getattr(error, "message", "") or error).strip()
    return one_line(said.partition("\n\n")[0].partition(": b'")[0], 200).rstrip(": ")
