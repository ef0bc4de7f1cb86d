"""What is said with a WebSub hub, which pushes what is new."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True)
class HubAsk:
    """A request to a hub. ``source``: the id of the source on whose behalf. ``token``: of the callback."""

    source: str
    mode: Literal["subscribe", "unsubscribe"]
    hub: str
    topic: str
    token: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HubSays:
    """What a hub asks of a callback, or, with mode ``denied``, says of a subscription."""

    mode: str
    topic: str
    challenge: str
    lease: timedelta
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One that a hub has confirmed: whose a push is, and with which secret it must be signed."""

    source: str
    secret: str = field(repr=False)
    hub: str
    topic: str
