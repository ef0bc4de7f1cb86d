"""Feeds and pages that are kept, sent before anything else looks at the request: most ask for the same again.

Plain ASGI between `guard.Guard`, which has admitted who asks and adds the headers of every answer, and the
routes. What the routes have answered once is known here by its address and its reader; it is sent again for
as long as neither the data nor the settings are others than those that it was written from. Everything else,
and whatever is in doubt, goes on to the routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from anyio import Event, to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregator.errors import AggregatorError

Version = int | str
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]  # status, headers, body


class Keeper(Protocol):
    """Knows what it has answered."""

    def knows(self, scope: Scope, /) -> bool:
        """Whether this was asked for before, and answered."""

    def kept(self, scope: Scope, headers: Mapping[str, str], version: Version | None, /) -> Answer | None:
        """What was answered, while it is true of this version of the data; never waits."""


class Early:
    """``glance``: the version of the data without waiting for anything; None: ``version``, on a thread."""

    def __init__(
        self,
        app: ASGIApp,
        keepers: Sequence[Keeper],
        glance: Callable[[], Version | None],
        version: Callable[[], Version],
    ) -> None:
        self.app = app
        self._keepers = keepers
        self._making: dict[tuple[str, bytes, str], Event] = {}
        self._glance = glance
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is kept, or hand on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            keeper = next((one for one in self._keepers if one.knows(scope)), None)
            if keeper is not None:
                await self._known(keeper, scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _known(self, keeper: Keeper, scope: Scope, receive: Receive, send: Send) -> None:
        """What was answered before; when that is true no longer, the first who asks has it made for all."""
        headers, asked = Headers(scope=scope), (scope["path"], scope["query_string"], _reader(scope))
        answer = keeper.kept(scope, headers, await self._now())
        if answer is None and (making := self._making.get(asked)) is not None:
            await making.wait()
            answer = keeper.kept(scope, headers, await self._now())
        if answer is not None:
            status, fields, body = answer
            await send({"type": "http.response.start", "status": status, "headers": fields})
            await send({"type": "http.response.body", "body": body})
            return
        if asked in self._making:
            await self.app(scope, receive, send)
            return
        made = self._making[asked] = Event()

        async def send_made(message: Message) -> None:
            made.set()  # it is kept by now; nobody waits until this client has taken it
            await send(message)

        try:
            await self.app(scope, receive, send_made)
        finally:
            made.set()
            del self._making[asked]

    async def _now(self) -> Version | None:
        """The version of the data; None when the database does not say: the routes tell why."""
        found = self._glance()
        if found is not None:
            return found
        try:
            return await to_thread.run_sync(self._version)
        except AggregatorError:
            return None


def _reader(scope: Scope) -> str:
    identity = scope.get("state", {}).get("identity")
    return "" if identity is None else str(identity.reader)
