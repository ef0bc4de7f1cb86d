"""How much of a request is read, by whom it is sent: a body may not fill the memory.

Forms are read whole before anybody looks at them, and the one of /login may be sent by strangers.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from aggregator.web.access import Need

STRANGER = 20_000  # bytes of a body from whom nobody knows: a name and a password
READER = 5_000_000  # bytes of anybody else's; the sync APIs stop a little earlier, in their own words


def most(path: str, need: Need) -> int | None:
    """Bytes of a body that may be sent there; None: the handler bounds it (what hubs push)."""
    if path.startswith("/websub/"):
        return None
    return STRANGER if need.scope is None and not need.own else READER


def bounded(receive: Receive, limit: int | None) -> Receive:
    """``receive``, until more than ``limit`` bytes have come: then HTTPException 413."""
    if limit is None:
        return receive
    left = limit

    async def receive_bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, f"More than {limit} bytes: that is too much.")
        return message

    return receive_bounded
