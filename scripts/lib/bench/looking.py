"""What reading costs: opening a store, the front page's query, a search, a merged feed; and its memory.

Runs as a process of its own, which does nothing else, and prints one JSON object. Nothing is kept between
two measurements but what the operating system and SQLite keep: each feed is written anew.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib.bench.fill import START, Clock, opened

from aggregator.model import TimelineSpec
from aggregator.store import Store
from aggregator.web.feeds import Feeds, Site, Wanted

STORIES = 50  # of a page and of a feed


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds, the least of the repeats: other work on the machine only adds to it."""

    cpu_ms: float
    wall_ms: float


def measure(path: Path, repeats: int) -> dict[str, object]:
    """Open the store in this fresh process, and ask."""
    site = Site("News", "https://news.example", "tag:news.example,2026:", START)
    begin, cpu_begin = time.perf_counter(), time.process_time()
    store = opened(path, Clock())
    start, cpu_start = time.perf_counter() - begin, time.process_time() - cpu_begin
    words = _words(store)
    asked: dict[str, Callable[[], object]] = {
        "front page": lambda: store.timeline(TimelineSpec(limit=STORIES + 1)),
        "page after 20 others": lambda: store.timeline(
            TimelineSpec(limit=STORIES + 1, before=max(1, _newest(store) - 20 * STORIES))
        ),
        "search": lambda: store.timeline(TimelineSpec(limit=STORIES + 1, search=words)),
        "merged feed (Atom)": lambda: Feeds(store, lambda: site).document(Wanted("atom"), "News"),
    }
    costs = {name: _cost(ask, repeats) for name, ask in asked.items()}
    found: dict[str, object] = {
        "open_ms": {"cpu": round(cpu_start * 1000, 1), "wall": round(start * 1000, 1)},
        "cpu_ms": {name: cost.cpu_ms for name, cost in costs.items()},
        "wall_ms": {name: cost.wall_ms for name, cost in costs.items()},
        "memory_mb": _resident(),
    }
    store.close()
    return found


def _cost(ask: Callable[[], object], repeats: int) -> Cost:
    ask()  # what is read for the first time comes from the disk
    cpu, wall = [], []
    for _ in range(repeats):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        ask()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return Cost(round(min(cpu) * 1000, 2), round(min(wall) * 1000, 2))


def _newest(store: Store) -> int:
    return store.timeline(TimelineSpec(limit=1))[0].id


def _words(store: Store) -> str:
    """The two longest words of the newest title: a search that finds something, and not everything."""
    title = store.timeline(TimelineSpec(limit=1))[0].title
    return " ".join(sorted(title.split(), key=len)[-2:])


def _resident() -> float:
    """MB that this process has in memory now (Linux); 0 elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(kilobytes) / 1024, 1)


def main() -> int:
    """Measure, as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print(json.dumps(measure(options.store, options.repeats)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
