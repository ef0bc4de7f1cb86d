"""Kills daemons on SQLite and on PostgreSQL at random moments, and says what it found: scripts/torture."""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from aggregator.store.schema import REVISION
from tests.postgres import Server, postgres
from tests.torture import Victim, World, check, configuration, kill_migrating, serving


def polling(database: str, folder: Path, kills: int, seed: int) -> tuple[World, Counter[str], Counter[str]]:
    """So many kills of a daemon that polls and is read; then one that is left alone and must go on."""
    chance = random.Random(seed)
    world = World(chance)
    counts: Counter[str] = Counter()
    articles: Counter[str] = Counter()
    with serving(world):
        config = configuration(folder, world, database)
        for number in range(kills):
            victim = Victim(config, world)
            if chance.random() < 0.2:
                time.sleep(chance.uniform(0.2, 3.0))
                counts["starting"] += 1
            elif victim.begun():
                time.sleep(chance.uniform(0.0, 14.0))
                counts["polling and reading"] += 1
            elif victim.process.poll() is not None:
                world.problems.append(f"the daemon ended by itself: see {victim.log}")
            victim.kill()
            articles = check(database, world, articles)
            told = f"{articles.total()} articles, {len(world.starred)} stars, {len(world.problems)} problems"
            print(f"  {number + 1}: {told}", flush=True)
        victim = Victim(config, world)
        before = {source: len(times) for source, times in world.asked.items()}
        end = time.monotonic() + 60
        while time.monotonic() < end and any(len(world.asked[s]) < before.get(s, 0) + 2 for s in world.asked):
            time.sleep(0.2)
        if any(len(world.asked[s]) < before.get(s, 0) + 2 for s in world.asked):
            world.problems.append("not every source was polled again after the last kill")
        victim.dead.set()
        victim.process.terminate()
        victim.process.wait(20)
        victim.reader.join(20)
        articles = check(database, world, articles)
    if soon := world.too_soon():
        world.problems.append(
            f"{len(soon)} requests came before the minimum, the soonest after {min(soon):.2f} s"
        )
    return world, articles, counts


def migrating(kills: int, seed: int, new: Callable[[], str]) -> list[str]:
    """So many kills of upgrades from every older schema."""
    chance = random.Random(seed)
    older = [f"{n:04}" for n in range(1, int(REVISION))]
    found: list[str] = []
    for number in range(kills):
        found += kill_migrating(new(), older[number % len(older)], chance, 0.6)
    return found


def files(folder: Path) -> Callable[[], str]:
    """Addresses of new SQLite files."""
    numbers = count()
    return lambda: f"sqlite:///{folder}/{next(numbers)}.db"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="of a polling daemon, on each database")
    parser.add_argument("--migrations", type=int, default=20, help="killed upgrades, on each database")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", choices=["both", "sqlite", "postgresql"], default="both")
    options = parser.parse_args()
    problems: list[str] = []
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aggregator-torture-")))
        server: Server | None = None if options.on == "sqlite" else stack.enter_context(postgres())
        for kind in ("sqlite", "postgresql"):
            if options.on not in ("both", kind):
                continue
            folder = top / kind
            folder.mkdir()
            new = server.new_database if kind == "postgresql" and server else files(folder)
            started, cpu = time.monotonic(), sum(os.times()[:4])
            world, articles, counts = polling(new(), folder, options.kills, options.seed)
            found = world.problems + migrating(options.migrations, options.seed, new)
            problems += found
            told = ", ".join(f"{number} while {what}" for what, number in sorted(counts.items()))
            print(
                f"{kind}: {options.kills} kills ({told}) and {options.migrations} while migrating; "
                f"{sum(map(len, world.asked.values()))} requests, {articles.total()} articles, "
                f"{len(world.starred)} stars acknowledged; {len(found)} problems; "
                f"{time.monotonic() - started:.0f} s, {sum(os.times()[:4]) - cpu:.0f} s of CPU"
            )
            for line in found[:20]:
                print(f"  {line}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
