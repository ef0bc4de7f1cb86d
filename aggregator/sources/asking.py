"""What a request says of us and of its source: who asks, what we take, and secrets for their own origin."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.model import Due


def user_agent(contact: str | None = None) -> str:
    """Who we are: name, version, and where to complain (RFC 9110 section 10.1.5)."""
    return f"aggregator/{__version__}" + (f" (+{contact})" if contact else "")


def headers_for(due: Due, url: str, accept: str, agent: str) -> dict[str, str]:
    """What is sent. Secrets and the source's own headers: to the source's own origin only."""
    source = due.source
    headers = {
        "User-Agent": source.user_agent or agent,
        "Accept": accept,
        "Accept-Encoding": "gzip, br",
    }
    if _same_origin(source.url, url):
        own = {name: value for name, value in source.headers.items() if _sendable(name, value)}
        headers = {name: value for name, value in headers.items() if name.lower() not in map(str.lower, own)}
        headers.update(own)
        if source.username is not None:
            headers["Authorization"] = _basic(source.username, source.password or "")
    if due.etag:
        headers["If-None-Match"] = due.etag
    if due.last_modified:
        headers["If-Modified-Since"] = due.last_modified
    return headers


def _same_origin(own: str, url: str) -> bool:
    """Whether ``url`` is at the source's own origin; the step from http to https of one host counts too."""
    if own == url:
        return True
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
