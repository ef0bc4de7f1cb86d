"""Hundreds of sources, a third of which misbehave in every way of the hostile server, for hours in minutes.

A poll stands for half an hour, so the interval says how much time is compressed. Measured from outside: the
requests that a well-behaved server sees, and what /proc says of the daemon.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import cycle, islice, pairwise
from pathlib import Path

from tests.commands import daemon, log_of, web_address, write_config
from tests.hostile_server import (
    Answer,
    Case,
    HostileServer,
    good,
    hostile,
    http,
    item,
    network_cases,
    parsing_cases,
    rss,
    sources_of,
)

VIRTUAL = 30.0  # minutes that one interval stands for
WARM = 1 / 3  # of the time, before memory is looked at
KEPT = 12  # entries of a well-behaved feed
AGE = 10  # polls after which it has a new entry


@dataclass
class World(HostileServer):
    """The hostile server, and beside it servers that do everything right, with validators."""

    asked: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[str, str | None] = field(default_factory=dict)  # the validator of the last request
    statuses: Counter[int] = field(default_factory=Counter)

    def _note(self, path: str, fields: list[str]) -> None:
        self.seen[path] += 1
        self.asked[path].append(time.monotonic())
        found = [line.partition(": ")[2] for line in fields if line.lower().startswith("if-none-match:")]
        self.sent[path] = found[0] if found else None

    def _answer(self, path: str) -> Answer:
        if path.startswith("well-"):
            edition = KEPT + self.seen[path] // AGE
            tag = f'"{path}-{edition}"'
            same = self.sent[path] == tag
            self.statuses[304 if same else 200] += 1
            items = () if same else (item(n, words=f"{path}q") for n in range(edition - KEPT, edition))
            body = b"" if same else rss(*items, title=path)
            return http(body, "304 Not Modified" if same else "200 OK", f"ETag: {tag}")
        case = self.cases.get(path)
        if case is None:
            return super()._answer(path)
        # Every other answer is right, so that the source is not left alone for its failures.
        return case.answer if self.seen[path] % 2 == 0 else http(good(path))


@dataclass(frozen=True)
class Sample:
    """What /proc says of the daemon. Memory in kB."""

    at: float
    main: int
    workers: int
    files: int
    database: int  # kB on the disk


def resident(process: int) -> int:
    """Memory of a process that no other has with it, in kB; 0 when it has ended."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    wanted = ("Private_Clean:", "Private_Dirty:")
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(wanted))


def children(process: int) -> list[int]:
    """Its child processes."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(pid) for each in tasks for pid in each.read_text(encoding="ascii").split()]


def sample(process: int, folder: Path, begun: float) -> Sample:
    """Look once."""
    return Sample(
        time.monotonic() - begun,
        resident(process),
        sum(map(resident, children(process))),
        len(list(Path(f"/proc/{process}/fd").iterdir())),
        sum(path.stat().st_size for path in folder.glob("news.db*")) // 1_000,
    )


def cases(count: int) -> list[Case]:
    """So many sources that misbehave, in all ways in turn."""
    every = [case for case in (*network_cases(), *parsing_cases()) if case.name != "redirect-far"]
    return [
        Case(f"{case.name}-{number}", case.answer, case.kinds, case.entries)
        for number, case in enumerate(islice(cycle(every), count))
    ]


def growth(values: list[int]) -> float:
    """Of the last fifth's median over the first fifth's, as a share."""
    fifth = max(1, len(values) // 5)
    return statistics.median(values[-fifth:]) / statistics.median(values[:fifth]) - 1


def lateness(world: World, interval: float, since: float) -> list[float]:
    """By how many intervals polls of well-behaved sources came later than interval and jitter allow."""
    gaps = [
        b - a
        for path, times in world.asked.items()
        if path.startswith("well-")
        for a, b in pairwise(time for time in times if time >= since)
    ]
    return sorted(max(0.0, gap - 1.1 * interval) / interval for gap in gaps)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--sources", type=int, default=500)
    parser.add_argument("--interval", type=float, default=60, help="seconds between two polls of a source")
    parser.add_argument("--json", type=Path, help="write the samples there")
    options = parser.parse_args()
    bad = options.sources // 3
    with (
        tempfile.TemporaryDirectory(prefix="aggregator-soak-") as name,
        hostile(cases(bad), make=World) as world,
    ):
        assert isinstance(world, World)
        folder = Path(name)
        well = [
            {"id": f"well-{n}", "url": f"{world.address}/well-{n}", "allow_private": True}
            for n in range(options.sources - bad)
        ]
        interval = f"{options.interval:g}s"
        polling = {"interval": interval, "min_interval": interval, "per_host": 100, "rate": 500}
        config = write_config(folder, [*well, *sources_of(world)], polling=polling)
        samples: list[Sample] = []
        begun = time.monotonic()
        with daemon(config) as process:
            web_address(config, process, within=120)
            while time.monotonic() - begun < options.minutes * 60:
                time.sleep(5)
                if process.poll() is not None:
                    print(f"the daemon ended by itself:\n{log_of(config)[-3000:]}")
                    return 1
                samples.append(sample(process.pid, folder, begun))
            cpu = cpu_of(process.pid)
        said = log_of(config)
    return report(options, world, samples, begun, cpu, said)


def cpu_of(process: int) -> float:
    """Seconds of CPU that a process and its ended children have used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def report(
    options: argparse.Namespace, world: World, samples: list[Sample], begun: float, cpu: float, said: str
) -> int:
    """Say what was measured; 1 when memory or files grew, or a well-behaved source had to wait."""
    warm = [each for each in samples if each.at >= WARM * options.minutes * 60]
    late = lateness(world, options.interval, begun + WARM * options.minutes * 60)
    polls = sum(map(len, world.asked.values()))
    virtual = options.minutes * 60 / options.interval * VIRTUAL / 60
    memory, workers = growth([each.main for each in warm]), growth([each.workers for each in warm])
    files = max(each.files for each in warm) - min(each.files for each in warm)
    first, last = warm[0], warm[-1]
    middle, high, most = late[len(late) // 2], late[int(len(late) * 0.99)], late[-1]
    for line in (
        (
            f"{options.sources} sources ({options.sources // 3} of them misbehave), "
            f"{options.minutes:g} minutes for {virtual:.0f} hours"
        ),
        (
            f"{polls} requests; {dict(world.statuses)} answers to well-behaved sources; {cpu:.0f} s of CPU; "
            f"{len(said.splitlines())} lines of log"
        ),
        f"main process: {first.main / 1e3:.0f} MB after warm-up, {last.main / 1e3:.0f} MB: {memory:+.1%}",
        f"workers: {first.workers / 1e3:.0f} MB after warm-up, {last.workers / 1e3:.0f} MB: {workers:+.1%}",
        f"open files: {min(each.files for each in warm)} to {max(each.files for each in warm)}",
        f"database: {first.database / 1e3:.0f} MB after warm-up, {last.database / 1e3:.0f} MB",
        (
            f"well-behaved: {len(late)} polls, late by {middle:.0%} of the interval (median), {high:.0%} "
            f"(99th percentile), {most:.0%} (most)"
        ),
    ):
        print(line)
    traced = said.count("Traceback")
    if traced:
        print(f"{traced} tracebacks in the log")
    if options.json:
        options.json.write_text(
            json.dumps([[each.at, each.main, each.workers, each.files] for each in samples])
        )
    return int(memory > 0.05 or files > 100 or high > 1 or traced > 0)


if __name__ == "__main__":
    sys.exit(main())
