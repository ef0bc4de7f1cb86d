"""A server of feeds that writes down every request, and a daemon beside it whose clock the test moves.

The server listens on loopback addresses (127.x.y.z are as many hosts as a test wants), all on one port. The
daemon is the real engine: its store, its HTTP client, its workers; only the time is the test's.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.config import Settings, load
from aggregator.engine import Engine, engine
from aggregator.workers import Workers

START = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def forward(self, **duration: float) -> None:
        """Move it, as timedelta's keywords say."""
        self.now += timedelta(**duration)


@dataclass(frozen=True)
class Seen:
    """A request as it came. ``at``: by the test's clock; ``real``: seconds of the machine's steady clock."""

    at: datetime
    real: float
    host: str
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is answered. ``wait``: seconds before it; ``cut``: bytes of the body that never come."""

    body: bytes = b""
    status: str = "200 OK"
    headers: Sequence[str] = ()
    wait: float = 0.0
    cut: int = 0


Answering = Callable[[Seen], Answer]


def rss(*entries: str, head: str = "", title: str = "Test") -> bytes:
    """A feed with an entry of each title."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{name}</guid><title>{name}</title>"
        f"<description>What is told of {name}.</description></item>"
        for name in entries
    )
    return f"<rss version='2.0'><channel><title>{title}</title>{head}{items}</channel></rss>".encode()


def conditional(body: bytes, *headers: str) -> Answering:
    """An answer that is 304 for whoever sends a validator back."""

    def answer(seen: Seen) -> Answer:
        if {"if-none-match", "if-modified-since"} & seen.headers.keys():
            return Answer(status="304 Not Modified", headers=headers)
        return Answer(body, headers=headers)

    return answer


@dataclass
class ConductServer:
    """Answers by path, or by host and path. What is not known is 404."""

    clock: Clock
    port: int
    answers: dict[str, Answer | Answering] = field(default_factory=dict)
    log: list[Seen] = field(default_factory=list)
    at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a path."""
        return f"http://{host}:{self.port}{path}"

    def asked(self, path: str) -> list[Seen]:
        """The requests for a path."""
        return [seen for seen in self.log if seen.path == path]

    def times(self, path: str) -> list[float]:
        """When a path was asked for, in minutes since the start."""
        return [(seen.at - START).total_seconds() / 60 for seen in self.asked(path)]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        host = writer.get_extra_info("sockname")[0]
        self.at_once[host] += 1
        self.most[host] = max(self.most[host], self.at_once[host])
        try:
            seen = await self._read(reader, host)
            self.log.append(seen)
            known = self.answers.get(f"{host}{seen.path}", self.answers.get(seen.path))
            answer = known(seen) if callable(known) else known
            answer = answer or Answer(b"nothing here", "404 Not Found")
            if answer.wait:
                await asyncio.sleep(answer.wait)
            head = [f"HTTP/1.1 {answer.status}", *answer.headers, f"Content-Length: {len(answer.body)}"]
            writer.write("\r\n".join([*head, "Connection: close", "", ""]).encode())
            writer.write(answer.body[: len(answer.body) - answer.cut])
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once[host] -= 1
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, host: str) -> Seen:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("utf-8", "surrogateescape").split("\r\n")
        pairs = [line.partition(":") for line in lines if line]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        method, path, _ = first.split(" ", 2)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Seen(self.clock(), time.monotonic(), host, method, path, headers, raw, body)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


@asynccontextmanager
async def conduct_server(clock: Clock, hosts: Sequence[str] = ("127.0.0.1",)) -> AsyncIterator[ConductServer]:
    """A server on these loopback addresses."""
    server = ConductServer(clock, free_port())
    listening = await asyncio.start_server(server.handle, list(hosts), server.port, backlog=512)
    try:
        yield server
    finally:
        listening.close()


class World:
    """A server, a configuration in a folder, and daemons that come and go with the one database."""

    def __init__(self, folder: Path, server: ConductServer, workers: Workers) -> None:
        self.folder = folder
        self.server = server
        self.clock = server.clock
        self.workers = workers
        self.sources: list[dict[str, Any]] = []
        self.polling: dict[str, Any] = {}
        self.web: dict[str, Any] = {"port": 0}
        self._loaded: tuple[str, Settings] | None = None

    def add(self, name: str, path: str | None = None, *, host: str = "127.0.0.1", **about: Any) -> None:
        """Configure a source."""
        url = self.server.url(path or f"/{name}", host)
        self.sources.append({"id": name, "url": url, **about})

    def settings(self) -> Settings:
        """The configuration as it is now."""
        polling = {"interval": "30m", "min_interval": "15m", "allow_private": True, "icons": False}
        path = self.folder / "aggregator.yaml"
        whole = {
            "database": f"sqlite:///{self.folder / 'news.db'}",
            "web": self.web, "polling": polling | self.polling, "sources": self.sources,
        }  # fmt: skip
        text = json.dumps(whole)
        if self._loaded is None or self._loaded[0] != text:
            path.write_text(text, encoding="utf-8")
            self._loaded = text, load(path, os.environ)
        return self._loaded[1]

    @asynccontextmanager
    async def daemon(self) -> AsyncIterator[Engine]:
        """A daemon, until the block ends."""
        async with engine(self.settings(), self.clock, workers=self.workers, alone=True) as parts:
            yield parts
            await parts.poller.stop(5.0)

    async def poll(self, parts: Engine) -> None:
        """Let the daemon do what is due now."""
        poller, idle = parts.poller, 0
        while idle < 2:  # a tick may find another one at the claims, and do nothing
            before = poller.activity.polls
            await poller.tick()
            # No event says that both are over.
            while poller.in_flight or poller._claiming.locked():  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            idle = idle + 1 if poller.activity.polls == before else 0

    async def at(self, parts: Engine, *minutes: float) -> None:
        """Move the clock to these minutes since the start, one after the other, and poll at each."""
        for minute in minutes:
            self.clock.now = START + timedelta(minutes=minute)
            await self.poll(parts)


@asynccontextmanager
async def world(
    folder: Path, workers: Workers, hosts: Sequence[str] = ("127.0.0.1",)
) -> AsyncIterator[World]:
    """Everything that a conduct test needs."""
    async with conduct_server(Clock(), hosts) as server:
        yield World(folder, server, workers)
