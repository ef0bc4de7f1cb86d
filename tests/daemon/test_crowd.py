"""Thousands of sources started cold: hosts are spared, the rate holds, all are polled as planned."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.workers import Workers
from tests.conduct_server import ConductServer, World, conduct_server, rss

PER_HOST = 2


class Running:
    """A clock that runs ``speed`` times as fast as time."""

    def __init__(self, speed: float = 1.0) -> None:
        self.begun = time.monotonic()
        self.start = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.speed = speed

    @property
    def now(self) -> datetime:
        """The time."""
        return self.start + timedelta(seconds=(time.monotonic() - self.begun) * self.speed)

    def __call__(self) -> datetime:
        """The time."""
        return self.now


def hosts(count: int) -> list[str]:
    """Loopback addresses: as many hosts."""
    return [f"127.0.{1 + number // 200}.{1 + number % 200}" for number in range(count)]


def most_in_a_second(moments: list[float]) -> int:
    """The most of these moments, in seconds, that any one second holds."""
    begin = most = 0
    ordered = sorted(moments)
    for end, moment in enumerate(ordered):
        while moment - ordered[begin] >= 1.0:
            begin += 1
        most = max(most, end - begin + 1)
    return most


async def cold(
    folder: Path, pool: Workers, *, sources: int, on_hosts: int, rate: int, speed: float
) -> ConductServer:
    """Start a daemon on so many sources, restart it ten times within the first minute, let it poll all.

    ``speed``: of the daemon's clock, so slow that the test does not measure the machine.
    """
    clock = Running(speed)
    async with conduct_server(clock, hosts(on_hosts)) as server:  # type: ignore[arg-type]
        on = World(folder, server, pool)
        on.polling = {"rate": rate, "per_host": PER_HOST, "interval": "6h", "concurrency": 64}
        for number in range(sources):
            host = hosts(on_hosts)[number % on_hosts]
            on.add(f"s{number}", host=host)
            server.answers[f"/s{number}"] = lambda seen: rss_answer(seen.path)
        spread = sources / rate  # seconds
        await restart(on, rounds=10, each=spread / 20 / speed)
        async with on.daemon() as parts:
            planned = clock.now + timedelta(seconds=spread * 2 + 30)
            while len(server.log) < sources and clock.now < planned:
                await parts.poller.tick()
                await asyncio.sleep(0.2)
            await parts.poller.stop(30)
            views = parts.store.sources(parts.settings.sources)
            assert Counter(view.state for view in views) == {"ok": sources}
        await restart(on, rounds=10, each=0.05)
        return server


async def restart(on: World, *, rounds: int, each: float) -> None:
    """Daemons that live for so many seconds, one after the other."""
    for _ in range(rounds):
        async with on.daemon() as parts:
            end = time.monotonic() + each
            while time.monotonic() < end:
                await parts.poller.tick()
                await asyncio.sleep(0.1)


def rss_answer(path: str) -> object:
    """A small feed of its own, after a moment."""
    from tests.conduct_server import Answer

    return Answer(rss(path), headers=['ETag: "1"'], wait=0.02)


def fair(server: ConductServer, sources: int, rate: int) -> None:
    """Each source once, no host beyond its limit, no second beyond the rate."""
    assert Counter(Counter(seen.path for seen in server.log).values()) == {1: sources}
    assert max(server.most.values()) <= PER_HOST
    begin = min(seen.at for seen in server.log)
    moments = [(seen.at - begin).total_seconds() for seen in server.log]
    # Claims keep the rate exactly; their requests may wait for a turn, so that those of two fall together.
    assert most_in_a_second(moments) <= rate * 1.25
    assert max(moments) <= 1.2 * sources / rate + 2, "all within the planned spread, but for ten restarts"
    print(
        f"{sources} sources: {len(moments)} requests in {max(moments):.1f} s, at most "
        f"{most_in_a_second(moments)} in a second, {max(server.most.values())} at once to a host"
    )


@pytest.mark.long
def test_two_hundred_sources_on_twenty_hosts(tmp_path: Path, workers: Workers) -> None:
    """The small version: with ten restarts in the midst of it, and ten after it."""
    server = asyncio.run(cold(tmp_path, workers, sources=220, on_hosts=20, rate=100, speed=0.25))
    fair(server, 220, 100)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_thousand_sources_on_two_hundred_hosts(tmp_path: Path, workers: Workers) -> None:
    """Two thousand, at the rate that is the default."""
    server = asyncio.run(cold(tmp_path, workers, sources=2_000, on_hosts=200, rate=100, speed=0.12))
    fair(server, 2_000, 100)
