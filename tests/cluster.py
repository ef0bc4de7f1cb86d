"""Several real daemons on one PostgreSQL, and a feed server that sees what they ask: for tests and scripts.

The world: outlets on hosts of loopback (127.0.1.1, 127.0.1.2, …), each with reports of its own and edited
copies of agencies' texts, all of invented words. It is the same for the same numbers, but for its dates.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web

from tests.commands import ROOT

SYLLABLES = [*map("".join, zip("bdklmrstvznpqgwfhj", "aeiouaeiouaeiouaei", strict=True))]


# ----------------------------------------------------------------------------- the world


def invented(seed: object, count: int) -> list[str]:
    """Words that are the same for the same seed, and of no language."""
    chance = random.Random(str(seed))
    return ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(count)]


def edited(words: list[str], seed: object) -> list[str]:
    """A copy as editors make it: a dateline, a tenth of the words changed, perhaps the end cut off."""
    chance = random.Random(str(seed))
    end = len(words) if chance.random() < 0.6 else int(len(words) * 0.75)
    kept = [word if chance.random() > 0.1 else chance.choice(SYLLABLES) * 2 for word in words[:end]]
    return ["Veldmar", "(VNA)", "-", *kept]


def feed(number: int, entries: int, at: datetime) -> bytes:
    """An outlet's feed, as it is ``at`` that time: every other entry is a copy of one of the agency's texts.

    Entries are dated, as those of nearly all feeds are: in whatever order they are fetched, the earlier is
    the earlier.
    """
    items = []
    for n in range(entries):
        wire = (number + n * 7) % 60
        if n % 2:
            words, title = invented(f"own {number} {n}", 160), invented(f"title {number} {n}", 7)
        else:
            words, title = edited(invented(f"wire {wire}", 200), (number, n)), invented((wire, number % 3), 7)
        text = " ".join(words)
        published = format_datetime(at - timedelta(minutes=(number * 37 + n * 11) % 600))
        items.append(
            f"<item><title>{' '.join(title)}</title><guid isPermaLink='false'>{number}-{n}</guid>"
            f"<pubDate>{published}</pubDate>"
            f"<link>http://outlet{number}.example/{n}</link><description>{text}</description></item>"
        )
    head = f"<rss version='2.0'><channel><title>Outlet {number}</title>"
    return (head + "".join(items) + "</channel></rss>").encode()


@dataclass
class Seen:
    """One request. ``at_once``: requests of its host under way with it, itself included."""

    at: float
    host: str
    path: str
    at_once: int


@dataclass
class FeedServer:
    """A server of ``sources`` feeds on ``hosts`` hosts, which answers after ``delay`` seconds."""

    sources: int
    hosts: int
    entries: int = 8
    delay: float = 0.3
    port: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))  # when the newest entries were published
    seen: list[Seen] = field(default_factory=list)
    _busy: Counter[str] = field(default_factory=Counter)
    _bodies: dict[str, bytes] = field(default_factory=dict)

    def listed(self) -> list[dict[str, Any]]:
        """The sources, as the YAML has them."""
        return [
            {"id": f"s{n}", "url": f"http://127.0.1.{n % self.hosts + 1}:{self.port}/{n}.xml"}
            for n in range(self.sources)
        ]

    def asked(self) -> Counter[str]:
        """Requests by source."""
        return Counter(f"s{each.path[1:-4]}" for each in self.seen)

    def most_at_once(self) -> int:
        """The largest number of requests that any host saw at the same time."""
        return max((each.at_once for each in self.seen), default=0)

    def seconds(self) -> float:
        """From the first request to the last one."""
        return self.seen[-1].at - self.seen[0].at if self.seen else 0.0

    async def answer(self, request: web.Request) -> web.Response:
        """A feed, after a while."""
        host = request.host
        self._busy[host] += 1
        self.seen.append(Seen(time.monotonic(), host, request.path, self._busy[host]))
        try:
            await asyncio.sleep(self.delay)
            if request.path not in self._bodies:
                self._bodies[request.path] = feed(int(request.path[1:-4]), self.entries, self.at)
            return web.Response(body=self._bodies[request.path], content_type="application/rss+xml")
        finally:
            self._busy[host] -= 1


@contextmanager
def serving_feeds(server: FeedServer) -> Iterator[FeedServer]:
    """Serve on all of loopback until the block ends."""
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{name}", server.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "0.0.0.0", server.port)
        await site.start()
        server.port = runner.addresses[0][1]
        return runner

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


# ----------------------------------------------------------------------------- the daemons


@dataclass
class Running:
    """A daemon that was started."""

    name: str
    process: subprocess.Popen[str]
    log: Path

    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8")

    def kill(self) -> None:
        """kill -9, with its worker processes."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def did(self) -> dict[str, int]:
        """What it did, in its own last words; nothing, when it was killed."""
        found = re.search(r"stopped: (\d+) polls, (\d+) new articles, (\d+) of them copies", self.said())
        return (
            {}
            if found is None
            else dict(zip(("polls", "new", "copies"), map(int, found.groups()), strict=True))
        )


@dataclass
class Cluster:
    """Daemons on one database; the first one has the file, the others are given only the database."""

    folder: Path
    url: str
    running: list[Running] = field(default_factory=list)

    def configure(self, server: FeedServer, **polling: Any) -> Path:
        """Write the YAML (JSON is YAML) of all of the server's feeds, or of ``sources``."""
        asked = {
            "interval": "1h",
            "min_interval": "1h",
            "allow_private": True,
            "per_host": 2,
            "concurrency": 8,
        }
        config = {
            "database": self.url,
            "web": {"port": 0},
            "polling": asked | polling,
            "sources": server.listed(),
        }
        path = self.folder / "aggregator.yaml"
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")
        return path

    def start(self, *arguments: str, name: str = "", env: Mapping[str, str] | None = None) -> Running:
        """`aggregator run` with these arguments."""
        name = name or f"daemon {len(self.running) + 1}"
        log = self.folder / f"{name.replace(' ', '-')}.log"
        clean = {key: value for key, value in os.environ.items() if not key.startswith("AGGREGATOR")}
        with log.open("a", encoding="utf-8") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "aggregator", "run", *arguments],
                stdout=output, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True,
                env={**clean, **(env or {})},
            )  # fmt: skip
        self.running.append(Running(name, process, log))
        return self.running[-1]

    def stop(self) -> None:
        """SIGTERM to all that live, and wait; kill what does not end."""
        living = [each for each in self.running if each.process.poll() is None]
        for each in living:
            each.process.terminate()
        for each in living:
            try:
                each.process.wait(20)
            except subprocess.TimeoutExpired:
                each.kill()
                raise

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            return connection.execute(statement).fetchall()

    def placed(self) -> int:
        """How many sources have been fetched and placed; 0 while there is no database yet."""
        try:
            found = self.query("SELECT count(*) FROM sources WHERE last_success IS NOT NULL")
        except psycopg.errors.UndefinedTable:
            return 0
        return int(found[0][0])

    def partition(self) -> dict[tuple[str, str], int]:
        """The story of each article, by source and guid."""
        rows = self.query("SELECT s.id, a.guid, a.story FROM articles a JOIN sources s ON s.no = a.source")
        return {(source, guid): story for source, guid, story in rows}


@contextmanager
def cluster(folder: Path, url: str) -> Iterator[Cluster]:
    """Daemons, which all end with the block."""
    made = Cluster(folder, url)
    try:
        yield made
    finally:
        made.stop()


def agreement(one: Mapping[Any, int], other: Mapping[Any, int]) -> float:
    """Of the pairs of articles that are together in either partition, the share that is in both."""
    first, second = _pairs(one), _pairs(other)
    return len(first & second) / max(1, len(first | second))


def _pairs(partition: Mapping[Any, int]) -> set[tuple[Any, Any]]:
    members = defaultdict(list)
    for article, story in partition.items():
        members[story].append(article)
    return {pair for each in members.values() for pair in combinations(sorted(each), 2)}
