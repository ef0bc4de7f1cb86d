"""A real daemon on a store: from its start to its first request, then a pass over feeds, and what it holds.

The feeds (of the made-up world, 15 entries in full each) are served on loopback. The first pass finds all of
them new, the second one, after another start, unchanged. CPU time is of the daemon and its workers.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lib.bench import report, world

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 600  # seconds for a pass


@dataclass
class Feeds:
    """What is served, and when it was first asked for (of `time.monotonic`)."""

    bodies: dict[str, bytes]
    asked: list[float] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def served(self) -> Iterator[None]:
        """Answer on loopback until the block ends; 304 to who names the validator."""
        feeds = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                feeds.asked.append(time.monotonic())
                body = feeds.bodies.get(self.path, b"")
                unchanged = self.headers.get("If-None-Match") == f'"{self.path}"'
                self.send_response(304 if unchanged else 200 if body else 404)
                self.send_header("ETag", f'"{self.path}"')
                self.send_header("Content-Type", "application/rss+xml")
                if not unchanged:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if not unchanged:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()


def measure(store: Path, sources: int) -> dict[str, Any]:
    """Start the daemon on the store twice: feeds that are all new to it, then unchanged ones."""
    with closing(sqlite3.connect(store)) as database:
        first = _articles(database)  # so that each call has outlets of its own
    outlets = range(first, first + sources)
    feeds = Feeds({f"/{one}": world.Outlet(one, 60).body(0) for one in outlets})
    with feeds.served(), tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        config = Path(name) / "aggregator.yaml"
        listed = "".join(
            f"  - {{id: world-{one}, url: 'http://127.0.0.1:{feeds.port}/{one}', title: Outlet {one}}}\n"
            for one in outlets
        )
        config.write_text(
            f"database: sqlite:///{store}\nweb: {{port: 0}}\n"
            "polling: {allow_private: true, per_host: 16, rate: 1000, interval: 12h, min_interval: 12h}\n"
            f"sources:\n{listed}"
        )
        with closing(sqlite3.connect(store, timeout=60)) as database:
            cold = _run(config, feeds, lambda: _polled(database, 1) == sources)
            with database:
                database.execute("UPDATE sources SET next_due = 0 WHERE NOT removed")
            unchanged = _run(config, feeds, lambda: _polled(database, 2) == sources)
            return {
                "sources": sources,
                "new": _articles(database) - first,
                "cold": cold,
                "unchanged": unchanged,
            }


def _articles(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT last_article FROM instance").fetchone()[0])


def _polled(database: sqlite3.Connection, times: int) -> int:
    """How many of the configured sources were polled so often."""
    statement = "SELECT count(*) FROM sources WHERE NOT removed AND polls >= ? AND lease_until IS NULL"
    return int(database.execute(statement, (times,)).fetchone()[0])


def _run(config: Path, feeds: Feeds, done: Callable[[], bool]) -> dict[str, Any]:
    feeds.asked.clear()
    log = config.with_suffix(".log")
    begun = time.monotonic()
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "run", "--config", str(config)],
            stdout=said, stderr=subprocess.STDOUT, cwd=report.ROOT,
            env=os.environ | {"PYTHONPATH": str(report.ROOT)},
        )  # fmt: skip
    try:
        _wait(lambda: bool(feeds.asked), process, log)
        first, started = feeds.asked[0] - begun, _cpu(process.pid)
        _wait(done, process, log)
        spent = _cpu(process.pid) - started
        time.sleep(1)  # what is kept is seen when nothing is under way
        workers = [_resident(each) for each in _children(process.pid)]
        return {
            "first_request_seconds": round(first, 2),
            "first_request_cpu_seconds": round(started, 2),
            "pass_cpu_seconds": round(spent, 2),
            "pass_seconds": round(time.monotonic() - begun - first - 1, 2),
            "main_mb": _resident(process.pid),
            "largest_worker_mb": max(workers, default=0.0),
        }
    finally:
        process.terminate()
        process.wait(120)


def _wait(done: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the daemon did not do it:\n{log.read_text()}")
        time.sleep(0.02)


def _children(process: int) -> list[int]:
    return [
        int(each)
        for task in Path(f"/proc/{process}/task").iterdir()
        for each in (task / "children").read_text().split()
    ]


def _cpu(process: int) -> float:
    """CPU seconds of a process and its living children."""
    total = 0
    for each in (process, *_children(process)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def _resident(process: int) -> float:
    """MB in memory now (VmRSS)."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return round(int(next(line.split()[1] for line in status if line.startswith("VmRSS"))) / 1024, 1)
