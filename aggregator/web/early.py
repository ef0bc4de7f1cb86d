"""Feeds that are kept, sent before anything else looks at the request: most requests ask for the same again.

Plain ASGI between `guard.Guard`, which has admitted who asks and adds the headers of every answer, and the
routes. What the routes have answered once is known here by its address and its reader; it is sent again for
as long as neither the data nor the settings are others than those that it was written from. Everything else,
and whatever is in doubt, goes on to the routes.
"""

from __future__ import annotations

from collections.abc import Callable

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import AggregatorError
from aggregator.web.feeds import Routes

Version = int | str


class Early:
    """``glance``: the version of the data without waiting for anything; None: ``version``, on a thread."""

    def __init__(
        self,
        app: ASGIApp,
        routes: Routes,
        glance: Callable[[], Version | None],
        version: Callable[[], Version],
    ) -> None:
        self.app = app
        self._routes = routes
        self._glance = glance
        self._version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is kept, or hand on."""
        if scope["type"] == "http" and scope["method"] == "GET" and self._routes.knows(scope):
            headers = Headers(scope=scope)
            answer = self._routes.kept(scope, headers, await self._now())
            if answer is not None:
                status, fields, body = answer
                await send({"type": "http.response.start", "status": status, "headers": fields})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)

    async def _now(self) -> Version | None:
        """The version of the data; None when the database does not say: the routes tell why."""
        found = self._glance()
        if found is not None:
            return found
        try:
            return await to_thread.run_sync(self._version)
        except AggregatorError:
            return None
