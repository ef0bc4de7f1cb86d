"""What `scripts/cluster` runs: the same work by one daemon and by several, measured and compared.

Sources on many hosts of loopback, whose server answers after a while, are each fetched once. The daemons get
few places for fetches, so that waiting for servers is what takes the time, as it does with far-away outlets.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.cluster import Cluster, FeedServer, Running, agreement, cluster, serving_feeds
from tests.commands import wait_until
from tests.postgres import postgres

PER_HOST = 2
TICK = 1.0


@dataclass
class Result:
    """One run. Times in seconds; ``rate``: fetches a second, from the first request to the last one."""

    name: str
    daemons: int
    fetched: int
    rate: float
    placed_after: float
    twice: int
    most_at_once: int
    articles: int
    agreement: float | None = None
    taken_over_after: float | None = None
    did: dict[str, dict[str, int]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def main() -> int:
    """Run everything; 1 when a claim does not hold."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # and so end what was started
    options = arguments()
    results: list[Result] = []
    with databases(options.postgres) as new_database:
        one: dict[tuple[str, str], int] | None = None
        for count in options.daemons:
            result, partition = run(options, new_database(), count, kill=False)
            one = partition if one is None else one
            result.agreement = agreement(one, partition)
            results.append(result)
        if not options.no_kill:
            result, partition = run(options, new_database(), max(2, *options.daemons), kill=True)
            result.agreement = agreement(one or {}, partition)
            results.append(result)
    for result in results:
        check(result, options)
    grown(results)
    show(results, options)
    if options.json:
        report = {"machine": machine(), "options": {k: str(v) for k, v in vars(options).items()}}
        report["runs"] = [asdict(each) for each in results]
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if any(each.complaints for each in results) else 0


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="scripts/cluster", description=__doc__)
    parser.add_argument(
        "--daemons", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2, 4],
        help="how many, one run each (default: 1,2,4); the first is what the others are held against",
    )  # fmt: skip
    parser.add_argument("--sources", type=int, default=120)
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--entries", type=int, default=4, help="of each feed; half of them copies")
    parser.add_argument("--delay", type=float, default=0.3, help="seconds until the server answers")
    parser.add_argument("--concurrency", type=int, default=2, help="fetches at once of each daemon")
    parser.add_argument("--lease", type=int, default=10, help="seconds")
    parser.add_argument(
        "--postgres", help="postgresql+psycopg://…/NAME, emptied for each run; default: a private one"
    )
    parser.add_argument("--no-kill", action="store_true", help="leave out the run with a kill")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    return parser.parse_args()


@contextmanager
def databases(url: str | None) -> Iterator[Callable[[], str]]:
    """Something that gives an empty database each time."""
    if url is None:
        with postgres() as server:
            yield server.new_database
        return

    def emptied() -> str:
        import psycopg

        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return url

    yield emptied


def run(
    options: argparse.Namespace, url: str, count: int, *, kill: bool
) -> tuple[Result, dict[tuple[str, str], int]]:
    """Let so many daemons fetch every source once; with ``kill``, one dies half-way."""
    name = f"{count} daemons, one killed" if kill else f"{count} daemon{'s' * (count > 1)}"
    say(f"{name} …")
    feeds = FeedServer(options.sources, options.hosts, options.entries, options.delay)
    with tempfile.TemporaryDirectory() as folder, serving_feeds(feeds), cluster(Path(folder), url) as daemons:
        start(options, daemons, feeds, count)
        after = None
        if kill:
            after = kill_one(daemons, feeds)
        wait_until(lambda: daemons.placed() == feeds.sources, within=600, every=0.05)
        ended = time.monotonic()
        took = feeds.seconds()
        if after is not None:
            lost, killed = after
            again = [
                each.at - killed for each in feeds.seen if source(each.path) in lost and each.at > killed
            ]
            waited = max(again, default=0.0)
        partition = daemons.partition()
        daemons.stop()
        asked = feeds.asked()
        lost_ones = set() if after is None else after[0]
        result = Result(
            name=name,
            daemons=count,
            fetched=len(feeds.seen),
            rate=(len(feeds.seen) - 1) / took if took else 0.0,
            placed_after=ended - feeds.seen[0].at,
            twice=sum(asked[each] > 1 + (each in lost_ones) for each in asked),
            most_at_once=feeds.most_at_once(),
            articles=len(partition),
            taken_over_after=None if after is None else waited,
            did={each.name: each.did() or {"killed": 1} for each in daemons.running},
        )
    return result, partition


def start(options: argparse.Namespace, daemons: Cluster, feeds: FeedServer, count: int) -> None:
    """Start them one after the other, and let them begin together: with sources only when all are up."""
    listed = feeds.sources
    feeds.sources = 0
    sizes = {"concurrency": options.concurrency, "lease": f"{options.lease}s", "per_host": PER_HOST}
    config = daemons.configure(feeds, **sizes)
    first = daemons.start("--config", str(config), "--roles", "poll,place")
    wait_until(lambda: "sources from" in first.said(), within=120)
    for _ in range(count - 1):
        daemons.start("--database", daemons.url, "--roles", "poll,place")
    for each in daemons.running:
        wait_until(lambda each=each: "sources from" in each.said(), within=120)
    feeds.sources = listed
    daemons.configure(feeds, **sizes)


def kill_one(daemons: Cluster, feeds: FeedServer) -> tuple[set[str], float]:
    """kill -9, when most is done and it has claims; the sources that it had claimed, and when that was."""
    victim: Running = daemons.running[-1]
    mark = f":{victim.process.pid}:"

    def held() -> set[str]:
        found = daemons.query("SELECT id, lease_owner FROM sources WHERE lease_until IS NOT NULL")
        return {name for name, owner in found if mark in owner}

    wait_until(lambda: len(feeds.seen) >= feeds.sources * 0.7 and held(), within=600, every=0.02)
    victim.kill()
    killed = time.monotonic()
    return held(), killed


def source(path: str) -> str:
    """The id of the source at a path of the feed server."""
    return f"s{path[1:-4]}"


def check(result: Result, options: argparse.Namespace) -> None:
    """Hold a run against what is claimed."""
    claims = {
        f"{result.twice} sources were fetched twice": result.twice == 0,
        f"a host saw {result.most_at_once} requests at once": result.most_at_once <= PER_HOST,
        f"{result.articles} articles are there": result.articles == options.sources * options.entries,
        f"the stories agree on {result.agreement} of the pairs": (result.agreement or 0) >= 0.995,
    }
    if result.taken_over_after is not None:
        late = result.taken_over_after > options.lease + 3 * TICK
        claims[f"taken over only after {result.taken_over_after:.1f} s"] = not late
        # A dead daemon's connections end with it, its places at a host with its lease.
    result.complaints = [claim for claim, holds in claims.items() if not holds]


def grown(results: list[Result]) -> None:
    """More daemons fetch more a second."""
    alive = [each for each in results if each.taken_over_after is None]
    for before, after in pairwise(alive):
        if after.daemons > before.daemons and after.rate <= before.rate:
            after.complaints.append(f"{after.rate:.1f} fetches a second are no more than {before.rate:.1f}")


def show(results: list[Result], options: argparse.Namespace) -> None:
    """A table, what each daemon did, and what does not hold."""
    table = Table(box=None, pad_edge=False)
    for title in (
        "run",
        "fetches",
        "a second",
        "all placed after",
        "at once at a host",
        "pairs agree",
        "taken over",
    ):
        table.add_column(title, justify="left" if title == "run" else "right")
    for each in results:
        over = "" if each.taken_over_after is None else f"{each.taken_over_after:.1f} s"
        table.add_row(
            each.name, str(each.fetched), f"{each.rate:.1f}", f"{each.placed_after:.1f} s",
            str(each.most_at_once), f"{100 * (each.agreement or 0):.2f} %", over,
        )  # fmt: skip
    console = Console(width=120)
    console.print(table)
    for each in results:
        parts = [
            f"{name}: {', '.join(f'{n} {what}' for what, n in did.items())}" for name, did in each.did.items()
        ]
        console.print(f"{each.name}: {'; '.join(parts)}", highlight=False)
    console.print(
        f"{options.sources} sources on {options.hosts} hosts that answer after {options.delay} s; at "
        f"once {PER_HOST} to a host and {options.concurrency} in all from a daemon; leases of "
        f"{options.lease} s; {machine()}",
        highlight=False,
    )
    for each in results:
        for complaint in each.complaints:
            console.print(f"{each.name}: {complaint}", style="red", highlight=False)


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def say(message: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    sys.exit(main())
