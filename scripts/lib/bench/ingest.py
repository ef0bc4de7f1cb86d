"""Cold and unchanged passes over feeds on loopback: we, the library reader, Miniflux, in turn, in one run.

The feeds (a share of their entries edited copies, truth.tsv says of what) and the drivers of the other two
are in ../shared/bench; where that is missing there is nothing to compare with, and it says so. Only ratios
of one run mean anything.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from lib.bench import report

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "bench"
ADDRESS = "http://127.0.0.1:8099"  # where ../shared/bench/serve.sh serves
FIGURES = re.compile(r"([\d.]+) feeds/s")


def main(arguments: list[str]) -> int:
    """Measure, print, write JSON and a picture; 1 when a pass missed sources or could not be made."""
    parser = report.parser("ingest", __doc__)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=30)
    parser.add_argument("--only-us", action="store_true", help="leave the others out")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.feeds, asked.entries, asked.only_us = min(asked.feeds, 120), min(asked.entries, 10), True
    if not SHARED.is_dir():
        print("../shared/bench is not here: nothing can be measured", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="aggregator-ingest-") as name:
        work = Path(name)
        work.chmod(0o755)  # PostgreSQL and apt work there under their own names
        environment = os.environ | {"WORK": str(work)}
        try:
            script(environment, "serve.sh", asked.feeds, asked.entries)
            found = {"aggregator": ours(work, asked.feeds)}
            if not asked.only_us:
                found |= others(environment, asked.feeds)
        finally:
            script(environment, "stop.sh")
    told = {
        "benchmark": "ingest", **report.where(), "feeds": asked.feeds, "entries": asked.entries,
        "passes": found, "ratios": ratios(found),
    }  # fmt: skip
    report.emit("ingest", told, asked.out, draw)
    missed = {kind: found["aggregator"][kind]["missed"] for kind in ("cold", "unchanged")}
    for kind, count in missed.items():
        if count:
            print(f"the {kind} pass missed or failed {count} of {asked.feeds} sources", file=sys.stderr)
    return int(any(missed.values()))


def ours(work: Path, feeds: int) -> dict[str, Any]:
    """A cold and an unchanged pass of `aggregator poll`, and how well copies were found."""
    config = work / "aggregator.yaml"
    listed = "\n".join(
        f'  - {{id: f{number}, url: "{ADDRESS}/feed{number:05d}.xml", title: Outlet {number}}}'
        for number in range(feeds)
    )
    config.write_text(
        f"database: sqlite:///{work}/ours.db\n"
        "polling: {per_host: 64, allow_private: true}\n"
        f"sources:\n{listed}\n"
    )
    found: dict[str, Any] = {name: one_pass(config, feeds) for name in ("cold", "unchanged")}
    found |= scores(work / "ours.db", work / "feeds" / "truth.tsv")
    found["bytes_a_feed"] = (work / "ours.db").stat().st_size // feeds
    return found


def one_pass(config: Path, feeds: int) -> dict[str, Any]:
    """Wall seconds of one pass and of the whole program, start-up included, and CPU seconds of the latter."""
    command = [sys.executable, "-m", "lib.bench.timed", str(config)]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")])}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=paths)
    whole, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    *results, timed = [json.loads(line) for line in done.stdout.splitlines()]
    wall = timed["seconds"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    reached = {one["source"] for one in results if one["status"] != "failed"}
    return {
        "missed": feeds - len(reached),
        "feeds_a_second": round(feeds / wall, 1), "seconds": round(wall, 2), "seconds_whole": round(whole, 2),
        "cpu_seconds": round(cpu, 2),
        "statuses": dict(Counter(one["status"] for one in results)),
        "new": sum(one["new"] for one in results), "copies": sum(one["copies"] for one in results),
    }  # fmt: skip


def scores(database: Path, truth: Path) -> dict[str, float]:
    """Precision, recall and F1 of the pairs of articles that are in one story."""
    with sqlite3.connect(database) as connection:
        story = dict(connection.execute("SELECT guid, story FROM articles"))
    told = dict(line.split("\t") for line in truth.read_text().splitlines())
    both = Counter((told[guid], number) for guid, number in story.items() if guid in told)
    right = pairs(both)
    found = pairs(Counter(story[guid] for guid in story if guid in told))
    there = pairs(Counter(told.values()))
    precision, recall = right / max(found, 1), right / max(there, 1)
    return {
        "precision": round(precision, 4), "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
    }  # fmt: skip


def pairs(sizes: Counter[Any]) -> int:
    """Pairs within groups of these sizes."""
    return sum(size * (size - 1) // 2 for size in sizes.values())


def others(environment: dict[str, str], feeds: int) -> dict[str, Any]:
    """reader's first pass, Miniflux's first and unchanged pass, as their drivers print them."""
    found: dict[str, Any] = {}
    for name, file in (("reader", "reader.sh"), ("miniflux", "miniflux.sh")):
        try:
            told = script(environment, file, feeds)
        except subprocess.CalledProcessError as error:
            print(f"{name} could not be measured: {error.stderr.strip()[-300:]}", file=sys.stderr)
            continue
        passes = {"cold" if "first pass" in line else "unchanged": line for line in told.splitlines()
                  if FIGURES.search(line)}  # fmt: skip
        found[name] = {
            key: {"feeds_a_second": float(FIGURES.search(line).group(1)), "told": line}  # type: ignore[union-attr]
            for key, line in passes.items()
        }
    return found


def script(environment: dict[str, str], name: str, *arguments: object) -> str:
    """Run one of the drivers; what it prints."""
    command = [str(SHARED / name), *map(str, arguments)]
    return subprocess.run(command, env=environment, check=True, text=True, capture_output=True).stdout


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """How many times as many feeds a second we read."""
    us = found["aggregator"]
    return {
        f"{kind} × {name}": round(us[kind]["feeds_a_second"] / passes[kind]["feeds_a_second"], 2)
        for name, passes in found.items() if name != "aggregator"
        for kind in ("cold", "unchanged") if kind in passes
    }  # fmt: skip


def draw(found: dict[str, Any], file: Path) -> None:
    """Feeds a second as bars."""
    plt = report.pyplot()
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.4), layout="constrained")
    for axis, kind in zip(axes, ("cold", "unchanged"), strict=True):
        shown = {name: one[kind]["feeds_a_second"] for name, one in found["passes"].items() if kind in one}
        axis.bar_label(axis.barh(list(shown), list(shown.values())), fmt="%g", padding=2)
        axis.set_title(f"{kind} pass, feeds a second", fontsize=9)
        axis.margins(x=0.2)
        axis.invert_yaxis()
    figure.suptitle(f"{found['feeds']} feeds of {found['entries']} entries; {found['date']}", fontsize=8)
    figure.savefig(file, dpi=120)
