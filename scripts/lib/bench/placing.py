"""Candidates, decision and storing: what one process needs for it, an update of a source at a time.

The process that is measured does nothing else: the updates are made ready before, by another, and read from
a file one at a time, outside the clock. It prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from lib.bench.fill import Clock, made_ready, opened
from lib.bench.news import Item, News

from aggregator.dedup.rules import Rules
from aggregator.model import Applied, FeedInfo, Prepared, Update
from aggregator.store.writer import FIRST, TOGETHER

INFO = FeedInfo("rss20", title="An outlet", site_url="https://outlet.example/")


# ----------------------------------------------------------------------------- what is placed


def updates(news: News, articles: int, each: int) -> Iterator[Update]:
    """Updates of ``each`` entries of one source in turn; the stream is dealt out to the sources."""
    by_source: dict[str, list[Item]] = defaultdict(list)
    made = 0
    while made < articles:
        item = next(news)
        waiting = by_source[item.source]
        waiting.append(item)
        if len(waiting) == each:
            yield update(item.source, news.now, made_ready(by_source.pop(item.source)))
            made += each


def update(source: str, at: datetime, prepared: Sequence[Prepared]) -> Update:
    """One poll that found these entries, all new."""
    return Update(
        source=source,
        at=at,
        status="fetched",
        next_due=at + timedelta(minutes=30),
        next_reason="every 30 minutes",
        prepared=tuple(prepared),
        present=frozenset(each.entry.guid for each in prepared),
        info=INFO,
        etag='"1"',
        body_sha256=b"b" * 32,
        http_status=200,
    )


def write_updates(path: Path, news: News, articles: int, each: int) -> None:
    """Keep the updates in a file, one pickle after the other."""
    with path.open("wb") as file:
        for made in updates(news, articles, each):
            pickle.dump(made, file, protocol=5)


def read_updates(path: Path) -> Iterator[Update]:
    """What `write_updates` wrote."""
    with path.open("rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301  our own file
            except EOFError:
                return


def waiting(changes: Iterator[Update]) -> Iterator[list[Update]]:
    """Updates by as many as share a transaction in a daemon that has more of them than it can store."""
    while first := next(changes, None):
        heavy = -(-FIRST // (1 + len(first.prepared)))
        yield [first, *islice(changes, min(TOGETHER, heavy) - 1)]


def stored(applied: Applied | Exception) -> Applied:
    """What was applied. Raises what it came to instead."""
    if isinstance(applied, Exception):
        raise applied
    return applied


# ----------------------------------------------------------------------------- the measured process


class Phases:
    """CPU seconds by phase; a phase within another counts as its own."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stack: list[list[float]] = []

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """Count what happens here for this phase."""
        self._stack.append([time.thread_time(), 0.0])
        try:
            yield
        finally:
            start, inner = self._stack.pop()
            spent = time.thread_time() - start
            self.seconds[name] += spent - inner
            if self._stack:
                self._stack[-1][1] += spent

    def wrap(self, owner: Any, attribute: str, name: str) -> None:
        """Make a function count for a phase."""
        inner: Callable[..., Any] = getattr(owner, attribute)

        def timed(*arguments: Any, **named: Any) -> Any:
            with self.within(name):
                return inner(*arguments, **named)

        setattr(owner, attribute, timed)


def instrumented() -> Phases:
    """Phases of everything that is placed from now on."""
    from aggregator.store import placing, search
    from aggregator.store.neighbourhood import Placed

    phases = Phases()
    phases.wrap(placing, "ready", "tokens and topics")
    phases.wrap(placing, "place", "decide")
    for question in ("same_url", "same_text", "candidates", "members", "constraints"):
        phases.wrap(Placed, question, "candidates")
    phases.wrap(search, "add", "full-text index")
    return phases


def measure(path: Path, file: Path, warm_up: int) -> dict[str, Any]:
    """Place the updates of ``file``; the first ``warm_up`` of them are not counted."""
    from aggregator.topics import Topics

    topics, rules = Topics(), Rules()
    clock = Clock()
    begin = time.perf_counter()
    store = opened(path, clock)
    start = time.perf_counter() - begin
    opened_at = memory()
    phases = instrumented()
    counted = {"articles": 0, "copies": 0, "updates": 0}
    cpu = wall = slowest = 0.0
    before = 0
    for changes in waiting(read_updates(file)):
        clock.now = changes[-1].at
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        with phases.within("write"):
            applied = [stored(one) for one in store.arrivals.apply_all(changes, rules=rules, topics=topics)]
        before += len(changes)
        if before <= warm_up:
            phases.seconds.clear()
            continue
        spent = time.perf_counter() - wall_before
        cpu += time.process_time() - cpu_before
        wall += spent
        slowest = max(slowest, spent)
        counted["updates"] += len(applied)
        counted["articles"] += sum(one.new for one in applied)
        counted["copies"] += sum(one.copies for one in applied)
    articles = max(1, counted["articles"])
    result = {
        **counted,
        "articles_a_second": round(articles / wall),
        "articles_a_cpu_second": round(articles / cpu),
        "cpu_us_an_article": round(cpu / articles * 1e6, 1),
        "phases_us_an_article": {
            name: round(seconds / articles * 1e6, 1) for name, seconds in sorted(phases.seconds.items())
        },
        "slowest_transaction_ms": round(slowest * 1000, 1),
        "open_seconds": round(start, 3),
        "memory_opened_mb": opened_at,
        "memory_mb": memory(),
        "file_mb": round(path.stat().st_size / 1e6, 1),
    }
    store.close()
    return result


def memory() -> float:
    """The most that this process held so far, in MB (Linux); 0 elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    # Not ru_maxrss: a process that was just started inherits its parent's.
    kilobytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return round(int(kilobytes) / 1024, 1)


def main(arguments: list[str]) -> int:
    """Measure, as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("updates", type=Path)
    parser.add_argument("--warm-up", type=int, default=0)
    options = parser.parse_args(arguments)
    print(json.dumps(measure(options.store, options.updates, options.warm_up)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
