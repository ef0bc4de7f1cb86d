"""Who is really asking, when a reverse proxy stands between: told by headers that only named proxies may set.

``X-Forwarded-For`` is read from its end: each proxy adds whom it was asked by, so the last address that is
none of our proxies is the client; what stands before that, the client may have made up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "x-forwarded-host", "x-forwarded-proto", "via")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Asking:
    """The client's address, "" when it has none (a socket of Unix), and the scheme that it used."""

    address: str
    scheme: str


@lru_cache(maxsize=8)
def networks(trusted: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks, read. Raises ValueError."""
    return tuple(ipaddress.ip_network(each, strict=False) for each in trusted)


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Whether an address is one of our proxies'."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed.version == network.version and parsed in network for network in trusted)


def was_forwarded(headers: Mapping[str, str]) -> bool:
    """Whether a proxy says that it is one."""
    return any(name in headers for name in FORWARDED)


def asking(peer: str, scheme: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> Asking:
    """Whom a request is from; ``peer`` and ``scheme`` are the connection's."""
    if not is_trusted(peer, trusted):
        return Asking(peer, scheme)
    said = headers.get("x-forwarded-proto", "").strip().lower()
    scheme = said if said in ("http", "https") else scheme
    address = peer
    for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
        hop = hop.strip()
        if not _is_address(hop):
            break
        address = hop
        if not is_trusted(hop, trusted):
            break
    return Asking(address, scheme)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
