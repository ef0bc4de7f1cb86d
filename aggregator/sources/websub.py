"""WebSub for subscribers (W3C Recommendation, 23 January 2018): what hubs are told, how they are checked.

Pure: the form of a request, the check of a signature, the links that a feed's headers name, what a hub's
verification asks. Subscriptions live in the database (`store.subscriptions`); `subscriber` drives them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta

from aggregator.model import HubAsk, HubSays
from aggregator.urls import absolute

LEASE = timedelta(days=10)  # that we ask for
LONGEST = timedelta(days=30)  # that we believe
METHODS = ("sha1", "sha256", "sha384", "sha512")  # section 8: of X-Hub-Signature
_LINK = re.compile(r"<([^<>]{1,4000})>([^<]{0,1000})")
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)


def form(ask: HubAsk, callback: str) -> dict[str, str]:
    """The parameters of a subscription request (section 5.1)."""
    found = {"hub.callback": callback, "hub.mode": ask.mode, "hub.topic": ask.topic}
    if ask.mode == "subscribe":
        found |= {"hub.lease_seconds": str(int(LEASE.total_seconds())), "hub.secret": ask.secret}
    return found


def verification(query: Mapping[str, str]) -> HubSays | None:
    """A hub's question from the query of its GET; None when it is none."""
    mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
    challenge = query.get("hub.challenge", "")
    if mode not in ("subscribe", "unsubscribe", "denied") or not topic:
        return None
    if mode != "denied" and not challenge:
        return None
    seconds = query.get("hub.lease_seconds", "")
    given = seconds.isascii() and seconds.isdecimal() and len(seconds) < 12
    lease = timedelta(seconds=int(seconds)) if given else LEASE
    return HubSays(mode, topic, challenge, min(lease, LONGEST), query.get("hub.reason", "")[:300])


def signed(header: str | None, body: bytes, secret: str) -> bool:
    """Whether X-Hub-Signature is the HMAC of the body with our secret (section 8), in constant time."""
    method, _, digest = (header or "").strip().partition("=")
    if method.lower() not in METHODS:
        return False
    right = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    return hmac.compare_digest(right.encode(), digest.strip().lower().encode("utf-8", "replace"))


def links(header: str | None, base: str) -> dict[str, str]:
    """The first ``hub`` and the first ``self`` of a Link header (RFC 8288), which go before a feed's own."""
    found: dict[str, str] = {}
    for target, rest in _LINK.findall((header or "")[:16_000]):
        rel = _REL.search(rest)
        address = absolute(base, target.strip()) if rel else None
        if rel is None or not address or not address.startswith("http"):
            continue
        for name in (rel.group(1) or rel.group(2) or "").lower().split():
            if name in ("hub", "self"):
                found.setdefault(name, address)
    return found
