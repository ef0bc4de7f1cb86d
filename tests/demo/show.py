"""scripts/demo: serves the demo world, runs the real daemon on it, says what came of it.

usage: scripts/demo [--port N] [--every SECONDS]    until Ctrl-C; later editions come one by one
       scripts/demo --check                         polls all editions, compares, exits 0 or 1
"""

from __future__ import annotations

import argparse
import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.commands import daemon, log_of, web_address
from tests.demo.build import build
from tests.demo.compare import differences, expected_counts, story_ids
from tests.demo.server import DemoServer

PATIENCE = 90.0  # seconds until an edition must have been polled
VISIT = ("en-speaker", "fa-speaker", "ko-speaker", "ar-speaker", "zh-speaker")
console = Console(highlight=False, soft_wrap=True)


class Demo:
    """The world, its server and a running daemon, seen from outside: by its pages and its API."""

    def __init__(self, server: DemoServer, expected: dict[str, Any], page: str) -> None:
        self.server = server
        self.expected = expected
        self.page = page

    def get(self, path: str) -> Any:
        """JSON of the daemon's API."""
        with urllib.request.urlopen(self.page + path, timeout=20) as answer:
            return json.load(answer)

    def stories(self) -> list[dict[str, Any]]:
        """Every story, page by page."""
        found, path = [], "/api/v1/stories?limit=200"
        while path:
            part = self.get(path)
            found += part["stories"]
            path = part["next"]
        return found

    def settled(self) -> bool:
        """Whether every outlet was asked in this edition, all of it is stored, and the broken are known."""
        edition = self.server.edition
        wanted = expected_counts(self.expected, edition)
        states = {source["id"]: source for source in self.get("/api/v1/sources")["sources"]}
        return (
            all(self.server.asked[name, edition] for name in wanted)
            and all(states[name]["articles"] == count for name, count in wanted.items())
            and all(states[name]["state"] == "failing" for name in states.keys() - wanted.keys())
        )

    def wait(self, ready: Callable[[], bool]) -> bool:
        """Wait until ``ready()``, for PATIENCE at most; whether it came true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if ready():
                return True
            time.sleep(0.3)
        return False


def summary(demo: Demo) -> None:
    """The numbers, and where to look."""
    stories = demo.stories()
    articles = sum(len(story["articles"]) for story in stories)
    states = demo.get("/api/v1/sources")["sources"]
    working = sum(source["state"] == "ok" for source in states)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("sources", f"{working} answer, {len(states) - working} do not (on purpose)")
    table.add_row("entries", str(articles))
    table.add_row("stories", str(len(stories)))
    table.add_row("copies folded", str(articles - len(stories)))
    ids = story_ids(demo.expected, stories, demo.server.edition)
    by_id = {story["id"]: story for story in stories}
    for name in VISIT:
        for number in sorted(ids.get(name, ())):
            outlets = len({article["source"] for article in by_id[number]["articles"]})
            table.add_row(f"the visit, {name[:2]}", f"{outlets} outlets: {demo.page}/stories/{number}")
    table.add_row("page", f"[bold]{demo.page}/[/]")
    table.add_row("topic", f"{demo.page}/topics/tehran-pyongyang")
    table.add_row("feeds", " ".join(f"{demo.page}/feed.{kind}" for kind in ("atom", "rss", "json")))
    console.print(table)


def compare(demo: Demo, edition: int) -> bool:
    """Publish an edition, wait for it, print what differs; whether nothing does."""
    demo.server.publish(edition)
    if not demo.wait(demo.settled):
        console.print(f"edition {edition}: not polled within {PATIENCE:g} s", style="red")
        for source in demo.get("/api/v1/sources")["sources"]:
            if source["state"] != "ok":
                console.print(f"  {source['id']}: {source['state']} {source['error'] or ''}", markup=False)
    found = differences(demo.expected, demo.stories(), edition)
    for line in found:
        console.print(f"edition {edition}: {line}", style="red", markup=False)
    if not found:
        console.print(f"edition {edition}: as expected")
    return not found


def keep_running(demo: Demo, every: float) -> None:
    """Show edition 1, then the later ones, until interrupted."""
    if not demo.wait(demo.settled):
        console.print("Not every outlet could be polled; /sources says why.", style="yellow")
    summary(demo)
    for edition in range(2, demo.expected["editions"] + 1):
        console.print(
            f"\nIn {every:g} s the outlets publish edition {edition}. Ctrl-C ends the demo.", style="dim"
        )
        time.sleep(every)
        demo.server.publish(edition)
        demo.wait(demo.settled)
        summary(demo)
    console.print("\nCtrl-C ends the demo.", style="dim")
    while True:
        time.sleep(3600)


def free(port: int) -> int:
    """``port`` if it can be had, else 0: any."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def main() -> int:
    """Run the demo; the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="aggregator on invented outlets of this machine"
    )
    parser.add_argument("--check", action="store_true", help="poll all editions, compare, exit 0 or 1")
    parser.add_argument(
        "--port", type=int, default=8787, help="of the page (8787; another where it is taken)"
    )
    parser.add_argument("--every", type=float, default=45.0, help="seconds between editions (45)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as folder:
        return run(Path(folder), options)


def run(root: Path, options: argparse.Namespace) -> int:
    """Build, serve, start the daemon, and check or keep running."""
    with DemoServer(root) as server:
        port, interval = (0, "2s") if options.check else (free(options.port), "20s")
        expected = build(
            datetime.now(UTC).replace(microsecond=0), root, server.address, port=port, interval=interval
        )
        config = root / "aggregator.yaml"
        try:
            with daemon(config) as process:
                demo = Demo(server, expected, web_address(config, process))
                if options.check:
                    wrong = [one for one in range(1, expected["editions"] + 1) if not compare(demo, one)]
                    return 1 if wrong else 0
                keep_running(demo, options.every)
        except KeyboardInterrupt:
            console.print("\nThe demo has ended; its files are gone.")
        except (AssertionError, subprocess.SubprocessError):
            console.print(log_of(config), style="red", markup=False)
            raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
