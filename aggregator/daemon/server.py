"""The web server, on a socket that is opened before anything else is started."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import uvicorn

from aggregator.config import Settings
from aggregator.config.check import is_loopback
from aggregator.daemon.composition import pinger, services
from aggregator.daemon.editing import Editing
from aggregator.engine import Engine
from aggregator.errors import UsageError
from aggregator.web.app import create_app


def listen(settings: Settings, host: str, port: int) -> socket.socket:
    """A listening socket; refuses to face a network without a password."""
    if not is_loopback(host) and not settings.web.password:
        raise UsageError(
            f"{settings.path}: web.host: {host} can be reached by others, so web.password must be set; "
            "or listen on 127.0.0.1"
        )
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # asyncio turns Nagle's algorithm off only for sockets that say that they are TCP's; with it on, an
        # answer's body waits for the acknowledgement of its head, which clients delay by 40 ms.
        opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror or error}; set web.port or use --port"
        ) from error
    return opened


class Web(uvicorn.Server):
    """The web server, in our event loop; signals are the daemon's."""

    def __init__(self, parts: Engine, listening: socket.socket, path: Path | None) -> None:
        host, port = listening.getsockname()[:2]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._listening = listening
        loop = asyncio.get_running_loop()
        handed = services(
            parts, self.address, loop, closing=lambda: self.should_exit, editing=Editing(path, os.environ),
            loopback=is_loopback(host.partition("%")[0]),
        )  # fmt: skip
        self.pinger = pinger(parts, self.address)
        # Forwarding headers are `web.proxies`'s: uvicorn would believe them of any program on this machine.
        super().__init__(
            uvicorn.Config(
                create_app(handed), log_config=None, access_log=False, server_header=False,
                proxy_headers=False, timeout_graceful_shutdown=3,
            )
        )  # fmt: skip

    def capture_signals(self) -> Any:
        """None: SIGTERM must first stop the pollers."""
        return nullcontext()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve on the socket that was opened before anything else was started."""
        await super().serve(sockets or [self._listening])
