"""Why a request came to nothing: the HTTP library's errors, and this machine's, in words for people."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import aiohttp

from aggregator.errors import FetchError
from aggregator.sources.guard import AddressRefusedError
from aggregator.sources.sanitize import one_line
from aggregator.urls import host


def explained(error: BaseException, url: str) -> FetchError:
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
