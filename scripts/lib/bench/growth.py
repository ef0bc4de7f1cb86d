"""What becomes of the costs as stored articles become many: 10,000 to ``--to``, as they come with the days.

200,000 articles come within the detector's horizon of seven days, so that a million is what 35 days bring. A
store is filled in bulk up to each size (12 kB of disk an article). Then processes that do nothing else read
it (the query of the front page, a search, a merged feed) and place the stream's next articles into it, as
many updates of 30 as share a transaction; and a real daemon starts on it and makes a pass over feeds on
loopback. CPU time is of the processes; memory is what they hold. ``--work`` keeps the store and what was
measured: another run goes on from there.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lib.bench import report, starting
from lib.bench.fill import BASE, Filling
from lib.bench.place import EACH, QUICK, place

from aggregator.dedup.rules import Rules
from aggregator.store.queries import KEYS
from aggregator.store.values import moment

STEPS = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
WITHIN = 200_000  # articles within the horizon
A_DAY = WITHIN / (Rules().horizon / timedelta(days=1))
PLACED = 1_440  # articles at each size, a third of them to warm up
SOURCES = 100  # of a pass
ASKED = {"main_mb": 250, "largest_worker_mb": 120, "first_request_seconds": 3.0, "times_as_much": 1.5}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("growth", __doc__)
    parser.add_argument("--to", type=int, default=100_000, help="articles stored at the end")
    parser.add_argument("--work", type=Path, help="folder to keep the store in, for another run")
    asked = parser.parse_args(arguments)
    sizes = [step for step in STEPS if step < asked.to] + [asked.to]
    placed, each, base, repeats, sources = PLACED, EACH, BASE, 15, SOURCES
    if asked.quick:
        sizes, repeats, (placed, each, base), sources = [500, 1_000], 3, QUICK, 5
    with tempfile.TemporaryDirectory(prefix="bench-growth-") as name:
        work = asked.work or Path(name)
        work.mkdir(parents=True, exist_ok=True)
        store, done = work / "growth.db", work / "steps.json"
        steps: list[dict[str, Any]] = json.loads(done.read_text()) if done.exists() else []
        filling = Filling(A_DAY, base, begun(store) or datetime.now(UTC) - timedelta(days=sizes[-1] / A_DAY))
        for size in sizes:
            if stored(store) > size:
                continue  # was passed in a run before
            filling.fill(store, size)
            made = step(store, Path(name), filling, (placed, each), repeats, sources)
            steps = [*(one for one in steps if one["stored"] != made["stored"]), made]
            done.write_text(json.dumps(steps))
    found = {"benchmark": "growth", **report.where(), "articles_a_day": round(A_DAY), "asked": ASKED}
    report.emit("growth", found | {"steps": steps}, asked.out, draw)
    return 0


def begun(store: Path) -> datetime | None:
    """When the first article of a store is of, None where there is no store yet."""
    if not store.exists():
        return None
    with closing(sqlite3.connect(store)) as database:
        found = database.execute("SELECT effective FROM articles WHERE id = 1").fetchone()
    return moment(found[0]) if found else None


def stored(store: Path) -> int:
    """How many articles a store holds."""
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as database:
        return int(database.execute("SELECT last_article FROM instance").fetchone()[0])


def index_of(store: Path) -> dict[str, int]:
    """Rows of the candidate index, the articles in it, and its bytes on the disk."""
    every = " UNION ALL ".join(f"SELECT article FROM {table.name}" for table in KEYS)  # noqa: S608  our names
    counts = f"SELECT count(*), count(DISTINCT article) FROM ({every})"  # noqa: S608
    names = [table.name for table in KEYS]
    sizes = f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({', '.join('?' * len(names))})"  # noqa: S608
    with closing(sqlite3.connect(store)) as database:
        rows, articles = database.execute(counts).fetchone()
        (size,) = database.execute(sizes, names).fetchone()
    return {"rows": rows, "articles": articles, "bytes_an_article": round(size / max(1, articles))}


def step(
    store: Path, scratch: Path, filling: Filling, placed: tuple[int, int], repeats: int, sources: int
) -> dict[str, Any]:
    """The costs with this store. ``placed``: how many articles more, and how many of them an update."""
    size, held = store.stat().st_size, stored(store)
    index = index_of(store)
    reading = report.apart("looking", store, "--repeats", repeats)
    placing = place(store, scratch, filling, *placed)
    daemon = starting.measure(store, sources)
    wanted = (
        "articles", "copies", "articles_a_cpu_second", "cpu_us_an_article", "phases_us_an_article",
        "slowest_transaction_ms",
    )  # fmt: skip
    made = {
        "stored": held,
        "file_mb": round(size / 1e6, 1),
        "bytes_an_article": round(size / held),
        "index": index,
        "open_ms": reading["open_ms"],
        "placing": {name: placing[name] for name in wanted} | {"memory_mb": placing["memory_mb"]},
        "reading": {name: reading[name] for name in ("cpu_ms", "wall_ms", "memory_mb")},
        "daemon": daemon,
        "load": report.where()["load"],
    }
    print(
        f"{held:>9,} stored: {placing['cpu_us_an_article']:.0f} µs to place an article, "
        f"front page {reading['cpu_ms']['front page']} ms, "
        f"feed {reading['cpu_ms']['merged feed (Atom)']} ms, "
        f"{made['bytes_an_article']:,} bytes an article; first request after "
        f"{daemon['unchanged']['first_request_seconds']} s, {daemon['cold']['main_mb']} MB",
        file=sys.stderr,
    )
    return made


def draw(found: dict[str, Any], file: Path) -> None:
    """Placing by phase, reading, memory and disk, by the number of stored articles."""
    plt = report.pyplot()
    steps = found["steps"]
    stored = [one["stored"] for one in steps]
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
    axes = axes.flat
    phases = list(steps[0]["placing"]["phases_us_an_article"])
    by_phase = [[one["placing"]["phases_us_an_article"].get(name, 0) for one in steps] for name in phases]
    axes[0].stackplot(stored, by_phase, labels=phases, alpha=0.85)
    axes[0].set_title("CPU µs to place an article", fontsize=9)
    for name in steps[0]["reading"]["cpu_ms"]:
        axes[1].plot(stored, [one["reading"]["cpu_ms"][name] for one in steps], "o-", label=name, ms=3)
    axes[1].set_title("CPU ms to read 50 stories", fontsize=9)
    for name, label in (("main_mb", "main process"), ("largest_worker_mb", "largest worker")):
        axes[2].plot(stored, [one["daemon"]["cold"][name] for one in steps], "o-", ms=3, label=label)
        axes[2].axhline(found["asked"][name], color="grey", lw=0.8, linestyle=":")
    axes[2].set_title("MB of a daemon after a pass; dotted: asked", fontsize=9)
    for name, label in (
        ("first_request_seconds", "start to first request, s"),
        ("first_request_cpu_seconds", "the same, CPU s"),
    ):
        axes[3].plot(stored, [one["daemon"]["unchanged"][name] for one in steps], "o-", ms=3, label=label)
    axes[3].plot(
        stored, [one["bytes_an_article"] / 1e4 for one in steps], "o-", ms=3, label="disk, 10 kB an article"
    )
    axes[3].set_title("start and disk", fontsize=9)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xticks(stored, [f"{number / 1000:,g}k" for number in stored], minor=False)
        axis.minorticks_off()
        axis.set_ylim(bottom=0, top=1.35 * axis.get_ylim()[1])  # room for the legend
        axis.set_xlabel("stored articles", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, loc="upper left", ncols=2)
    figure.suptitle(f"{found['machine']}; {found['date']}", fontsize=8)
    figure.savefig(file, dpi=110)
