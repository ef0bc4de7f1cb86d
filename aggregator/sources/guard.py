"""Which addresses we connect to. Feeds name addresses, and a feed must not reach into our own network.

Three nets, since each alone has a hole: `check_url` refuses addresses that are wrong as they are written;
`GuardedResolver` drops refused answers of DNS, with a clear message; `guarded_socket` looks at the address
that is really connected to, so that literals in any spelling and names that change between look-up and
connection (rebinding) are covered, on every hop.

The ranges are the IANA special-purpose registries (RFC 6890 and its updates) plus what carries an IPv4
address inside; Python 3.11's ``is_global`` passes several of them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.errors import FetchError
from aggregator.model import Source

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REFUSED_V4 = [
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata services of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation, as the next two /24
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_REFUSED_V6 = [
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",  # discard
        "100:0:0:1::/64",  # dummy
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
]
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)


class AddressRefusedError(OSError):
    """A connection to an address that may not be reached. An OSError, as connectors expect."""


def refused(address: str) -> bool:
    """Whether an IP address (in standard form, maybe with a zone id) is none of the public internet's."""
    try:
        parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return True  # not an address that we understand
    if isinstance(parsed, ipaddress.IPv4Address):
        return any(parsed in network for network in _REFUSED_V4)
    return any(parsed in network for network in _REFUSED_V6)


def literal(name: str) -> str | None:
    """The IP address that a host is, in any spelling that a resolver takes for one; None for a name.

    ``0x7f.1``, ``2130706433``, ``0177.0.0.1`` and full-width digits are all spellings of 127.0.0.1
    (inet_aton(3), WHATWG URL section 3.5).
    """
    name = name.strip("[]").translate({0x3002: ".", 0xFF0E: ".", 0xFF61: "."}).rstrip(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        plain = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        plain = name
    parts = plain.split(".")
    if not (1 <= len(parts) <= 4 and all(_NUMBER.fullmatch(part) for part in parts)):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(plain))
    except OSError:
        return None


def _host_key(name: str) -> str:
    """A host as exceptions are compared: an IP address in standard form, a name in lower case."""
    return literal(name) or name.strip("[]").rstrip(".").lower()


@lru_cache(maxsize=4_096)
def _host_keys(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_host_key, names))


def permits(source: Source, url: str) -> bool:
    """Whether ``source`` may reach a private address at the host of ``url``: an exception of the YAML."""
    if not source.private_hosts:
        return source.allow_private
    try:
        name = urlsplit(url).hostname
    except ValueError:
        return False
    return name is not None and _host_key(name) in _host_keys(source.private_hosts)


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse an address that is wrong as it is written. Raises FetchError (``url`` or ``address``)."""
    if _FORBIDDEN.search(url):
        raise FetchError("url", "the address contains spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError("url", f"the address cannot be read: {error}") from error
    if parts.scheme.lower() not in ("http", "https"):
        raise FetchError("url", f"only http and https are fetched, not {parts.scheme[:20] or 'this'}")
    if "@" in parts.netloc:
        raise FetchError("url", "the address carries a user name or password; use auth: in the configuration")
    if not name or port == 0:
        raise FetchError("url", "the address names no host")
    if allow_private:
        return
    address = literal(name)
    if address is not None and refused(address):
        raise FetchError("address", refusal(address))
    bare = name.rstrip(".").lower()
    if bare in _LOCAL_NAMES or bare.endswith(tuple(f".{local}" for local in _LOCAL_NAMES)):
        raise FetchError("address", refusal(bare))


def refusal(address: str) -> str:
    """Why, and what to do, for people."""
    return (
        f"{address} is not on the public internet and is not fetched; allow_private: true permits a source "
        "its own host, private_hosts: [NAME] another one"
    )


def guarded_socket(*, allow_private: bool) -> Callable[[Any], socket.socket]:
    """A socket factory for aiohttp's connector: the last look, at the address that is connected to."""

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if family not in (socket.AF_INET, socket.AF_INET6) or (
            not allow_private and refused(str(address[0]))
        ):
            raise AddressRefusedError(refusal(str(address[0])))
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


class GuardedResolver(AbstractResolver):
    """DNS through the system's resolver, in threads of its own, without refused answers.

    Threads of its own, because a look-up cannot be cancelled: slow ones must not take the default
    executor's few threads from everybody else.
    """

    def __init__(self, *, allow_private: bool, threads: int = 32) -> None:
        self._allow_private = allow_private
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of ``host``. Raises OSError (socket.gaierror, AddressRefusedError)."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
        )
        allowed = [a for a in answers if self._allow_private or not refused(str(a[4][0]))]
        if answers and not allowed:
            raise AddressRefusedError(refusal(f"{host} ({answers[0][4][0]})"))
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in allowed
        ]

    async def close(self) -> None:
        """Let go of the threads; look-ups under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
