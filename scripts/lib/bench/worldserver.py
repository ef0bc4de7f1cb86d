"""Serves the feeds of the made-up world: `python -m lib.bench.worldserver CLOCK SECONDS`.

CLOCK is a file with the time (a double, seconds since 1970), which whoever measures sets forward. Prints its
port, then answers until its standard input ends.
"""

from __future__ import annotations

import asyncio
import mmap
import struct
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from lib.bench.world import Outlet, etag


class Feeds(asyncio.Protocol):
    """HTTP/1.1 with keep-alive: GET of a number, If-None-Match."""

    def __init__(self, clock: mmap.mmap, outlet: Callable[[int], Outlet]) -> None:
        self._clock = clock
        self._outlet = outlet
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head, self._held = self._held[:end].decode("latin-1"), self._held[end + 4 :]
            self._answer(head.split("\r\n"))

    def _answer(self, lines: list[str]) -> None:
        number = int(lines[0].split()[1].lstrip("/"))
        asked = next(
            (line[14:].strip() for line in lines[1:] if line.lower().startswith("if-none-match:")), ""
        )
        outlet = self._outlet(number)
        count = outlet.there(struct.unpack("<d", self._clock[:8])[0])
        tag = etag(number, count)
        if asked == tag:
            self._transport.write(f"HTTP/1.1 304 Not Modified\r\nETag: {tag}\r\n\r\n".encode())
            return
        body = outlet.body(count)
        head = f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Type: application/rss+xml\r\n"
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def main(clock: str, seconds: float) -> None:
    """Serve until nobody holds the other end of standard input."""
    with Path(clock).open("rb") as file:  # noqa: ASYNC230  once, before anything is served
        time = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    loop = asyncio.get_running_loop()
    outlet = cache(lambda number: Outlet(number, seconds))
    server = await loop.create_server(lambda: Feeds(time, outlet), "0.0.0.0", 0, backlog=512)  # noqa: S104
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
