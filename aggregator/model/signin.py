"""Who is signed in, and with what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who is signed in, in a browser (``kind`` web) or with a client of a sync API.

    ``bound``: a hash of the password and the secret, so that another password ends it. ``about``: what the
    client calls itself.
    """

    reader: str
    kind: str
    bound: bytes = field(repr=False)
    about: str
    created: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a program signs in with; the secret itself is shown once and kept by nobody.

    ``scope``: feeds (the feeds, and nothing else), read, write (what a reader may), admin (all that its
    reader may); each includes those before it.
    """

    no: int
    name: str
    reader: str
    scope: str
    created: datetime
    used: datetime | None
    revoked: datetime | None
