"""``//v1/feeds`` is ``/v1/feeds``: sync clients put a path behind an address that people end with a slash."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.web.access import OWN


class OneSlash:
    """Around everything else, so that nobody asks what a path with two slashes needs. Plain ASGI."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on, the paths of the sync APIs with one slash at their beginning."""
        path = scope.get("path", "")
        if path.startswith("//"):
            single = "/" + path.lstrip("/")
            if OWN.fullmatch(single):
                scope = {**scope, "path": single, "raw_path": single.encode()}
        await self.app(scope, receive, send)
