"""What each address needs of whoever asks for it. What is not named here is for readers to read, and for
admins to change: an address that somebody forgot is closed, not open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# For supervisors, which have no password; and what signing in needs. Nothing of what is read here.
OPEN = re.compile(r"/(healthz|readyz|login|favicon\.ico|static/.*|websub/[\w-]+)")  # hubs sign what they push
# The sync APIs are signed in to in their own ways: their handlers call `Accounts.api_login` and the like.
OWN = re.compile(r"/accounts/.*|/reader/.*|/fever(/.*)?|/api/(greader|fever)\.php(/.*)?|/v1/.*")
# Documents for feed readers: the only thing that a token in an address opens.
FEEDS = re.compile(r"(/.*)?/(feed|changes|digest|folded)\.[a-z0-9]+")
# What a reader changes is their own.
STATE = re.compile(r"/read|/stories/[^/]+/(state|tags|note)|/api/v1/stories(/[^/]+)?")
# One's own sign-ins and tokens: with a sign-in, not with a token, which could make itself another.
PERSONAL = re.compile(r"/logout(/.*)?|/tokens(/.*)?|/connect(/.*)?")
# Pages that show the configuration.
GOVERNING = re.compile(r"/config(/.*)?|/sources/[^/]+/edit|/sources/(add|new|import|export)")


@dataclass(frozen=True, slots=True)
class Need:
    """``scope`` None: open to everyone, or (``own``) signed in to by the handler itself."""

    scope: str | None
    own: bool = False
    personal: bool = False  # no token will do
    in_address: bool = False  # a token may stand in the address


def needed(method: str, path: str) -> Need:
    """What a request needs."""
    if OWN.fullmatch(path):
        return Need(None, own=True)
    if OPEN.fullmatch(path):
        return Need(None)
    if PERSONAL.fullmatch(path):
        return Need("read", personal=True)
    if method not in SAFE_METHODS:
        return Need("write" if STATE.fullmatch(path) else "admin")
    if GOVERNING.fullmatch(path):
        return Need("admin")
    if FEEDS.fullmatch(path):
        return Need("feeds", in_address=True)
    return Need("read")
