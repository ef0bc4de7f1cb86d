"""A day of 100,000 sources on one machine of two cores: requests, CPU, memory, and how late entries are seen.

The time is virtual: the daemon's engine (claims, HTTP over loopback, worker processes, SQLite) is given the
next second when the last one's polls are stored, at the pace that ships (`polling.interval` 30m in the mean,
by learnt rhythms). So an hour's work is measured however busy the machine is, and its CPU seconds are
compared with those that two cores have in an hour. To begin with, rhythms are known, sources are due as in
the midst of a day, and what will have news within the time was polled before, so that its older entries are
held; that is done by another process. What a whole daemon imports is imported. Not in it: DNS and TLS, and
reading the configuration, which is handed over as objects.
"""

# ruff: noqa: ASYNC110, SLF001  a benchmark sets the table itself, and waits from outside

from __future__ import annotations

import argparse
import asyncio
import itertools
import mmap
import os
import random
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lib.bench import report, world
from sqlalchemy import bindparam, update

import aggregator.daemon  # noqa: F401  what it holds in memory counts
from aggregator import rhythm
from aggregator.config import load
from aggregator.config.settings import Settings
from aggregator.engine import Engine, engine
from aggregator.model import Applied, Source
from aggregator.schedule import bounds
from aggregator.store.schema import sources
from aggregator.store.values import micros

DAY = 86_400
BEAT, TIDY = 20, 300  # seconds between two of them, as the daemon has it
CORES = 2
TICKS = os.sysconf("SC_CLK_TCK")


class Clock:
    """The virtual time, which the server reads from a file."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._shown = mmap.mmap(opened.fileno(), 8)
        self.set(world.START)

    def set(self, seconds: float) -> None:
        """It is now so late, in seconds since 1970."""
        self.seconds = seconds
        self._shown[:8] = struct.pack("<d", seconds)

    def __call__(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.seconds, UTC)


@dataclass
class Seen:
    """What the polls brought: by status, how late entries were, and CPU and memory by minute."""

    clock: Clock
    outlets: dict[str, world.Outlet]
    statuses: Counter[str] = field(default_factory=Counter)
    new: int = 0
    copies: int = 0
    waits: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def __call__(self, applied: Applied) -> None:
        """Take one poll's result."""
        self.statuses[applied.status] += 1
        self.new += applied.new
        self.copies += applied.copies
        if applied.error and len(self.errors) < 5:
            self.errors.append(applied.error)
        if (outlet := self.outlets.get(applied.source)) and applied.status == "fetched":
            before, there = self.counts.get(applied.source, 0), outlet.there(self.clock.seconds)
            self.waits += [self.clock.seconds - one for one in outlet.between(before, there)]
            self.counts[applied.source] = there


def main(arguments: list[str]) -> int:
    """Measure, print, write JSON and a picture; 1 when polls failed."""
    parser = report.parser("day", __doc__)
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--minutes", type=int, default=60, help="of virtual time that are measured")
    parser.add_argument("--set-up", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.sources, asked.minutes = min(asked.sources, 1_500), min(asked.minutes, 2)
    if asked.set_up:
        asyncio.run(set_up(asked.set_up, asked.sources, 60 * asked.minutes, asked.port))
        return 0
    with tempfile.TemporaryDirectory(prefix="aggregator-day-") as name:
        found = served(Path(name), asked.sources, asked.minutes)
    report.emit("day", {"benchmark": "day", **report.where(), **found}, asked.out, draw)
    return int(found["statuses"].get("failed", 0) > 0)


def served(work: Path, count: int, minutes: int) -> dict[str, Any]:
    """The world set up and served, then polled for so many minutes of virtual time, and what that cost."""
    clock = Clock(work / "clock")
    paths = {
        "env": os.environ | {"PYTHONPATH": os.pathsep.join((str(report.ROOT), str(report.ROOT / "scripts")))}
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "lib.bench.worldserver", str(work / "clock"), str(60 * minutes)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **paths,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        asked = {"--sources": count, "--minutes": minutes, "--set-up": work, "--port": port}
        command = [str(part) for pair in asked.items() for part in pair]
        subprocess.run([sys.executable, "-m", "lib.bench.day", *command], check=True, **paths)
        return asyncio.run(measured(work, clock, count, 60 * minutes, port, server.pid))
    finally:
        server.communicate("")


async def set_up(work: Path, count: int, seconds: int, port: int) -> None:
    """The database as it is in the midst of a day."""
    clock, settings = Clock(work / "clock"), configured(work, count, port)
    async with engine(settings, clock, workers=CORES) as parts:
        await warm(parts, clock, list(busy(count, seconds)))
        prime(parts, settings, random.Random(1))


async def measured(
    work: Path, clock: Clock, count: int, seconds: int, port: int, server: int
) -> dict[str, Any]:
    """The engine at work."""
    async with engine(configured(work, count, port), clock, workers=CORES) as parts:
        return await run(parts, clock, Seen(clock, busy(count, seconds)), count, seconds, server)


def busy(count: int, seconds: int) -> dict[str, world.Outlet]:
    """The outlets that will have news."""
    return {f"o{one}": world.Outlet(one, seconds) for one in range(count) if world.times(one, seconds)}


def configured(work: Path, count: int, port: int) -> Settings:
    """The settings that ship, with the world's outlets as sources."""
    file = work / "aggregator.yaml"
    file.write_text(f"database: sqlite:///{work}/day.db\npolling: {{allow_private: true}}\nsources: []\n")
    settings = load(file, os.environ)
    polling = settings.polling
    like = Source(
        "", "", "", interval=polling.interval, min_interval=polling.min_interval, learns=True,
        max_interval=polling.max_interval, timeout=polling.timeout, allow_private=True,
    )  # fmt: skip
    made = tuple(
        replace(like, id=f"o{one}", url=world.address(one, port), title=f"Outlet {one}")
        for one in range(count)
    )
    return replace(settings, sources=made)


async def warm(parts: Engine, clock: Clock, names: list[str]) -> None:
    """Poll once what will have news, so that all but the news is held when the measuring begins."""
    clock.set(world.START)
    for at in range(0, len(names), 500):
        async for _ in parts.poller.once(set(names[at : at + 500]), ignore_schedule=True):
            pass


def prime(parts: Engine, settings: Settings, roll: random.Random) -> None:
    """Bring the table where it stands in the midst of a day: validators, rhythms, next polls."""
    now, rows = datetime.fromtimestamp(world.START, UTC), []
    rates = [world.rate(one) for one in range(len(settings.sources))]
    like = settings.sources[0]
    tempos = Counter(rhythm.tempo(one) for one in rates)
    pace = rhythm.pace_of(tempos, like.interval.total_seconds() / DAY, bounds(like))
    for one, source in enumerate(settings.sources):
        learnt = known(rates[one])
        due = world.START + roll.random() * rhythm.gap(learnt, now, pace, bounds(source)) * DAY
        rows.append({
            "the_id": source.id, "etag": world.etag(one, 0), "last_polled": micros(now),
            "last_success": micros(now), "rhythm": rhythm.packed(learnt), "tempo": rhythm.tempo(rates[one]),
            "next_due": micros(datetime.fromtimestamp(due, UTC)), "not_before": None,
        })  # fmt: skip
    values = {name: bindparam(name) for name in rows[0] if name != "the_id"}
    with parts.store.access.write() as connection:
        connection.execute(update(sources).where(sources.c.id == bindparam("the_id")).values(values), rows)


def known(entries: float) -> rhythm.Rhythm:
    """What is learnt of an outlet that has published at this rate for long, at any hour."""
    count = entries * rhythm.MEMORY
    newest = world.START - DAY / entries
    return rhythm.Rhythm(world.START, newest, count, rhythm.MEMORY, (count / 24,) * 24, (count / 7,) * 7)


async def run(
    parts: Engine, clock: Clock, seen: Seen, count: int, seconds: int, server: int
) -> dict[str, Any]:
    """Second after second; a second ends when its polls are stored."""
    parts.poller.on_applied = seen
    minutes: list[dict[str, float]] = []
    begun, wall, memory = spent(server), time.monotonic(), [held(server)]
    for second in range(1, seconds + 1):
        clock.set(world.START + second)
        await parts.poller.tick()
        while parts.poller.in_flight or parts.poller._claiming.locked():
            await asyncio.sleep(0.005)
        if second % BEAT == 0:
            await parts.beat()
        if second % TIDY == 0:
            await parts.house.tidy()
        if second % 60 == 0:
            now = spent(server)
            memory.append(held(server))
            main, others = memory[-1]
            minutes.append({
                "cpu_seconds": round(sum(now) - sum(begun), 2), "memory_mb": round(main + others, 1),
                "main_mb": main,
            })  # fmt: skip
            print(f"minute {second // 60}: {minutes[-1]}", file=sys.stderr, flush=True)
    main_cpu, worker_cpu = (after - before for after, before in zip(spent(server), begun, strict=True))
    polls, cpu = sum(seen.statuses.values()), main_cpu + worker_cpu
    return {
        "sources": count, "virtual_minutes": seconds // 60, "wall_seconds": round(time.monotonic() - wall),
        "polls": polls, "statuses": dict(seen.statuses), "requests_a_day": round(polls * DAY / seconds),
        "new": seen.new, "copies": seen.copies, "errors": seen.errors,
        "cpu_seconds": {"main": round(main_cpu, 1), "workers": round(worker_cpu, 1)},
        "cpu_ms_a_poll": round(1_000 * cpu / max(polls, 1), 2),
        "cpu_seconds_a_day": round(cpu * DAY / seconds),
        "of_two_cores": round(cpu / (CORES * seconds), 3),
        "memory_mb": round(max(map(sum, memory)), 1), "main_mb": max(main for main, _ in memory),
        "minutes_until_seen": waits(seen), "by_minute": minutes,
    }  # fmt: skip


def waits(seen: Seen) -> dict[str, float]:
    """Median and mean of how late entries were seen; those that came last may not be seen yet."""
    found = [one / 60 for one in seen.waits]
    if not found:
        return {}
    return {"median": round(statistics.median(found), 1), "mean": round(statistics.fmean(found), 1)}


def spent(server: int) -> tuple[float, float]:
    """CPU seconds of this process, and of its workers, dead ones too."""
    own, dead = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    alive = 0.0
    for pid in workers(server):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        alive += (int(fields[11]) + int(fields[12])) / TICKS
    return own.ru_utime + own.ru_stime, dead.ru_utime + dead.ru_stime + alive


def workers(server: int) -> list[int]:
    """The processes that this one started, without the server."""
    found = [
        int(pid)
        for task in Path("/proc/self/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]
    return [pid for pid in found if pid != server]


def held(server: int) -> tuple[float, float]:
    """Megabytes of this process and of its workers together, what they share counted once (PSS)."""
    own, *others = (pss(pid) for pid in (os.getpid(), *workers(server)))
    return round(own, 1), round(sum(others), 1)


def pss(pid: int) -> float:
    """Megabytes of memory of a process, its part of what is shared."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) * 1_024 / 1e6


def draw(found: dict[str, Any], file: Path) -> None:
    """CPU by minute as a part of two cores, and memory."""
    plt = report.pyplot()
    spent_until = [0.0, *(one["cpu_seconds"] for one in found["by_minute"])]
    parts = [100 * (after - before) / (60 * CORES) for before, after in itertools.pairwise(spent_until)]
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    axes[0].plot(range(1, len(parts) + 1), parts)
    axes[0].axhline(60, color="grey", linestyle=":")
    axes[0].set(xlabel="minute", ylabel="% of the CPU of two cores", ylim=(0, 100))
    axes[1].plot(range(1, len(parts) + 1), [one["memory_mb"] for one in found["by_minute"]])
    axes[1].axhline(600, color="grey", linestyle=":")
    axes[1].set(xlabel="minute", ylabel="MB of memory", ylim=(0, 700))
    title = f"{found['sources']:,} sources, {found['requests_a_day']:,} requests a day; {found['date']}"
    figure.suptitle(title, fontsize=9)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
