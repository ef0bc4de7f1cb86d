"""Fetch feeds politely (RFC 9110, RFC 9111): one GET, conditional when we have validators, bounded in all.

The only home of the HTTP client. Redirects are followed here, each hop checked by the guard; credentials and
a source's own headers go to its own origin alone; no cookie is kept, no Referer sent, nothing probed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from aggregator.errors import FetchError
from aggregator.model import Due, Fetched, Source
from aggregator.sources.answers import Redirect, fields, following, location, receive, refusal
from aggregator.sources.asking import headers_for, user_agent
from aggregator.sources.guard import GuardedResolver, check_url, guarded_socket, permits
from aggregator.sources.trouble import explained
from aggregator.sources.turns import Turns
from aggregator.urls import host

MAX_LINE = 16_384  # bytes of one header field or of the status line: validators of 8 KB must pass
MAX_HEADERS = 200  # fields
PERMANENT = frozenset({301, 308})
TEMPORARY = frozenset({302, 303, 307})
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


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
            if not isinstance(answer, Redirect):
                return Fetched(
                    **answer,
                    url=url,
                    permanent_url=permanent if permanent != due.url else None,
                    elapsed=elapsed,
                )
            url = following(url, answer, seen)
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
            if not isinstance(answer, Redirect):
                return int(answer["status"])
            url = following(url, answer, seen)

    async def answer(self, source: Source, url: str, form: Mapping[str, str]) -> Fetched:
        """POST a form to an API and read what it answers, up to the source's ``max_body``. FetchError.

        Redirects are refused: a form that holds a password goes where a person said, and nowhere else.
        """
        check_url(url, allow_private=permits(source, url))
        plain = Due(replace(source, url="", headers={}, username=None, password=None), url)
        hop = _Hop(url, source.timeout.total_seconds(), "*/*")
        answer, spent = await self._hop(plain, hop, _Sent(form, {}, source.max_body))
        if isinstance(answer, Redirect):
            raise FetchError("redirect", "redirects what is posted to it", status=answer.status)
        return Fetched(**answer, url=url, permanent_url=None, elapsed=spent)

    async def _hop(
        self, due: Due, hop: _Hop, sent: _Sent | None = None
    ) -> tuple[Redirect | dict[str, Any], float]:
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
                raise explained(error, hop.url) from error
            return answer, time.monotonic() - started

    async def _request(self, due: Due, url: str, accept: str) -> Redirect | dict[str, Any]:
        source = due.source
        proxy = _proxy(source)
        async with self._session(permits(source, proxy or url)).get(  # who is connected to
            URL(url, encoded=_is_encoded(url)),
            headers=headers_for(due, url, accept, self.agent),
            allow_redirects=False,
            proxy=proxy,
            ssl=source.verify_tls,
        ) as response:
            status = response.status
            if status in PERMANENT | TEMPORARY:
                return Redirect(status, location(response))
            if status == HTTPStatus.NOT_MODIFIED and (due.etag or due.last_modified):
                return fields(response, self._now(), body=None)
            if status not in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
                raise refusal(response, self._now())
            body = await receive(response, source.max_body)
            return fields(response, self._now(), body=body)

    async def _post(self, due: Due, url: str, sent: _Sent) -> Redirect | dict[str, Any]:
        source = due.source
        proxy = _proxy(source)
        async with self._session(permits(source, proxy or url)).post(
            URL(url, encoded=_is_encoded(url)),
            data=sent.form if isinstance(sent.form, bytes) else dict(sent.form),
            headers={**headers_for(due, url, "*/*", self.agent), **sent.headers},
            allow_redirects=False,
            proxy=proxy,
            ssl=source.verify_tls,
        ) as response:
            if response.status in (307, 308):
                return Redirect(response.status, location(response))
            if not 200 <= response.status < 300:
                raise refusal(response, self._now())
            if sent.limit:
                return fields(response, self._now(), body=await receive(response, sent.limit))
            return {"status": response.status}

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


def _proxy(source: Source) -> str | None:
    if source.proxy is None:
        return None
    if urlsplit(source.proxy).scheme.lower() not in ("http", "https"):
        raise FetchError("url", "the proxy must be an http or https address")
    return source.proxy


def _is_encoded(url: str) -> bool:
    """Plain ASCII goes out exactly as it is written: servers may tell ``%2F`` and ``/`` apart."""
    return url.isascii()
