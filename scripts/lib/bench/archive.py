"""What `aggregator dedup` costs over made-up archives, with each engine; Spark is a local one, on all cores.

The command runs as its user runs it. All its processes are watched: CPU seconds (as last seen, four times a
second), the greatest sum of their memory (PSS, so that shared pages count once), bytes of scratch files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from lib.bench import report
from lib.bench.fill import START
from lib.bench.news import MEAN_WORDS, News
from lib.bench.place import A_DAY

ENGINES = ("local", "spark")
TICK = os.sysconf("SC_CLK_TCK")
EVERY = 0.25  # seconds
WEIGHED = 4  # looks between two looks at memory, which cost more


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("archive", __doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 100_000], help="articles")
    parser.add_argument("--words", type=int, default=MEAN_WORDS, help="of an article, in the mean")
    parser.add_argument("--engines", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--master", default="local[*]", help="of Spark")
    parser.add_argument("--work", type=Path, help="folder to keep the archives in, for another run")
    asked = parser.parse_args(arguments)
    sizes = [400] if asked.quick else asked.sizes
    steps = []
    with tempfile.TemporaryDirectory(prefix="bench-archive-", dir=asked.work) as name:
        scratch = Path(name)
        for size in sizes:
            archive = written(size, asked.work or scratch, asked.words)
            found = {engine: measure(archive, engine, asked.master, scratch) for engine in asked.engines}
            same = len({each.pop("sha256") for each in found.values()}) == 1
            steps.append({"articles": size, "megabytes": archive.stat().st_size // 1_000_000, **found})
            if len(found) > 1:
                steps[-1]["same bytes"] = same
    report.emit("archive", {"benchmark": "archive", **report.where(), "steps": steps}, asked.out, draw)
    return 0


def written(size: int, folder: Path, words: int = MEAN_WORDS) -> Path:
    """An archive of the stream's first articles; made once."""
    file = folder / f"news-{size}-{words}.jsonl"
    if not file.exists():
        draft = file.with_suffix(".draft")
        with draft.open("w") as lines:
            for item, _ in zip(News(START, A_DAY, mean=words), range(size), strict=False):
                entry = item.entry
                assert entry.published is not None
                line = {
                    "id": item.number,
                    "source": item.source,
                    "title": entry.title,
                    "html": entry.content,
                    "url": entry.url,
                    "published": entry.published.isoformat(),
                }
                lines.write(json.dumps(line) + "\n")
        draft.rename(file)
    return file


def measure(archive: Path, engine: str, master: str, scratch: Path) -> dict[str, Any]:
    """One run of the command."""
    output = scratch / "out.jsonl"
    files = scratch / "scratch"
    files.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "aggregator", "dedup", str(archive), "-o", str(output)]
    command += ["--engine", "spark", "--master", master] if engine == "spark" else []
    spark = {"SPARK_LOCAL_DIRS": str(files)}
    environment = os.environ | spark | {"TMPDIR": str(files), "PYTHONPATH": str(report.ROOT)}
    began = time.monotonic()
    started = subprocess.Popen(command, env=environment, cwd=report.ROOT, stderr=subprocess.DEVNULL)
    seconds: dict[int, float] = {}
    memory = disk = looks = 0
    while started.poll() is None:
        now = cpu_of_all(started.pid)
        seconds |= now
        if looks < WEIGHED or looks % WEIGHED == 0:  # the first ones all: small archives are done soon
            memory = max(memory, sum(map(pss, now)))
            disk = max(disk, size_of(files))
        looks += 1
        time.sleep(EVERY)
    if started.returncode:
        raise SystemExit(f"{' '.join(command)} gave {started.returncode}")
    found = {
        "cpu_seconds": round(sum(seconds.values()), 1),
        "wall_seconds": round(time.monotonic() - began, 1),
        "memory_mb": memory // 1_000_000,
        "scratch_mb": disk // 1_000_000,
        "sha256": hashlib.sha256(output.read_bytes()).hexdigest(),
    }
    print(f"{archive.name}, {engine}: {json.dumps(found)}", file=sys.stderr)
    return found


def cpu_of_all(root: int) -> dict[int, float]:
    """CPU seconds of a process and all below it, by id."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                spent[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICK
    ours = {root}
    while more := {process for process, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return {process: spent[process] for process in ours if process in spent}


def pss(process: int) -> int:
    """Bytes of memory, shared ones by share."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder and below."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(where, name).stat().st_size
    return total


def draw(found: dict[str, Any], file: Path) -> None:
    """CPU and memory by size, a line an engine."""
    plt = report.pyplot()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
    for axis, value, title in zip(
        axes, ("cpu_seconds", "memory_mb"), ("CPU seconds", "MB of memory, all processes"), strict=True
    ):
        for engine in ENGINES:
            steps = [step for step in found["steps"] if engine in step]
            axis.plot(
                [step["articles"] for step in steps],
                [step[engine][value] for step in steps],
                marker="o",
                label=engine,
            )
        axis.set(xscale="log", yscale="log", xlabel="articles", title=title)
        axis.legend()
        axis.grid(alpha=0.3)
    figure.suptitle(f"aggregator dedup; {found['date']}", fontsize=9)
    figure.savefig(file, dpi=120)
