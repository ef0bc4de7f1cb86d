"""What becomes of the costs as stored articles become many: 10,000 to ``--to``, all within the horizon.

A store is filled in bulk up to each size (about 12 kB of disk an article); in a copy of it processes that do
nothing else place the stream's next articles, an update of 30 at a time, and read: the query of the front
page, a search, a merged feed. CPU time is of the process; memory is what it holds.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from lib.bench import report
from lib.bench.fill import BASE, Filling
from lib.bench.place import A_DAY, EACH, QUICK, place

STEPS = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)
PLACED = 1_440  # articles at each size, a third of them to warm up


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("growth", __doc__)
    parser.add_argument("--to", type=int, default=100_000, help="articles stored at the end")
    parser.add_argument("--work", type=Path, help="folder to keep the filled stores in, for another run")
    asked = parser.parse_args(arguments)
    sizes = [step for step in STEPS if step < asked.to] + [asked.to]
    placed, each, base, repeats = PLACED, EACH, BASE, 15
    if asked.quick:
        sizes, repeats, (placed, each, base) = [500, 1_000], 3, QUICK
    with tempfile.TemporaryDirectory(
        prefix="bench-growth-",
    ) as name:
        scratch, filling = Path(name), Filling(A_DAY, base)
        before, steps = None, []
        for size in sizes:
            kept = (asked.work or scratch) / f"held-{size}.db"
            if before is not None and not kept.exists():
                shutil.copyfile(before, kept)
            filling.fill(kept, size)
            if before is not None and asked.work is None:
                before.unlink()
            before = kept
            steps.append(step(kept, scratch, filling, (placed, each), repeats))
    found = {"benchmark": "growth", **report.where(), "articles_a_day": round(A_DAY), "steps": steps}
    report.emit("growth", found, asked.out, draw)
    return 0


def step(
    kept: Path, scratch: Path, filling: Filling, placed: tuple[int, int], repeats: int
) -> dict[str, Any]:
    """The costs with this store. ``placed``: how many articles more, and how many of them an update."""
    store = scratch / "store.db"
    shutil.copyfile(kept, store)
    size = store.stat().st_size
    placing = place(store, scratch, filling, *placed)
    reading = report.apart("looking", store, "--repeats", repeats)
    wanted = (
        "articles", "copies", "articles_a_cpu_second", "cpu_us_an_article", "phases_us_an_article",
        "slowest_transaction_ms",
    )  # fmt: skip
    made = {
        "stored": placing["held"],
        "file_mb": round(size / 1e6, 1),
        "bytes_an_article": round(size / placing["held"]),
        "open_ms": reading["open_ms"],
        "placing": {name: placing[name] for name in wanted} | {"memory_mb": placing["memory_mb"]},
        "reading": {name: reading[name] for name in ("cpu_ms", "wall_ms", "memory_mb")},
    }
    print(
        f"{made['stored']:>9,} stored: {placing['cpu_us_an_article']:.0f} µs to place an article, "
        f"front page {reading['cpu_ms']['front page']} ms, "
        f"feed {reading['cpu_ms']['merged feed (Atom)']} ms, "
        f"{made['bytes_an_article']:,} bytes an article",
        file=sys.stderr,
    )
    return made


def draw(found: dict[str, Any], file: Path) -> None:
    """Placing by phase, reading, memory and disk, by the number of stored articles."""
    plt = report.pyplot()
    steps = found["steps"]
    stored = [one["stored"] for one in steps]
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    phases = list(steps[0]["placing"]["phases_us_an_article"])
    by_phase = [[one["placing"]["phases_us_an_article"].get(name, 0) for one in steps] for name in phases]
    axes[0].stackplot(stored, by_phase, labels=phases, alpha=0.85)
    axes[0].set_title("CPU µs to place an article", fontsize=9)
    for name in steps[0]["reading"]["cpu_ms"]:
        axes[1].plot(stored, [one["reading"]["cpu_ms"][name] for one in steps], "o-", label=name, ms=3)
    axes[1].set_title("CPU ms to read 50 stories", fontsize=9)
    axes[2].plot(stored, [one["placing"]["memory_mb"] for one in steps], "o-", ms=3, label="placing, MB held")
    axes[2].plot(stored, [one["reading"]["memory_mb"] for one in steps], "o-", ms=3, label="reading, MB held")
    axes[2].plot(
        stored,
        [one["bytes_an_article"] / 100 for one in steps],
        "o-",
        ms=3,
        label="disk, 100 bytes an article",
    )
    axes[2].plot(
        stored, [one["open_ms"]["cpu"] for one in steps], "o-", ms=3, label="opening the store, CPU ms"
    )
    axes[2].set_title("memory, disk, start", fontsize=9)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xticks(stored, [f"{number / 1000:,g}k" for number in stored], minor=False)
        axis.minorticks_off()
        axis.set_ylim(bottom=0)
        axis.set_xlabel("stored articles, all within the horizon", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7, loc="best")
    figure.suptitle(f"{found['machine']}; {found['date']}", fontsize=8)
    figure.savefig(file, dpi=110)
