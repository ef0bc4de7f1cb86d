"""Told to stop, a daemon ends within ten seconds, whatever is under way; of a bad disk it says what to do."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from tests.commands import ROOT, daemon, log_of, wait_until, web_address, write_config
from tests.hostile_server import Answer, Case, drip_body, heavy_cases, hostile, http, item, rss, sources_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

QUICK = {"interval": "1s", "min_interval": "1s", "per_host": 64}


@pytest.mark.parametrize("held", [False, True], ids=["fetching-and-parsing", "database-held"])
def test_it_stops_within_ten_seconds(tmp_path: Path, held: bool) -> None:
    """In the middle of slow answers, of an endless parse, and with another process at the database."""
    slow = [Case(f"drip-{n}", drip_body, ("timeout",)) for n in range(20)]
    endless = [case for case in heavy_cases() if case.name == "attributes-100k"]
    with hostile([*slow, *endless]) as server:
        config = write_config(tmp_path, sources_of(server, timeout="60s", max_body="15MB"), polling=QUICK)
        with daemon(config) as process:
            web_address(config, process)
            wait_until(lambda: all(server.seen[case.name] >= 2 for case in (*slow, *endless)), within=60)
            with closing(sqlite3.connect(tmp_path / "news.db", isolation_level=None)) as connection:
                if held:
                    connection.execute("begin immediate")
                    time.sleep(2)
                begun = time.monotonic()
                process.send_signal(signal.SIGTERM)
                assert process.wait(20) == 0
                assert time.monotonic() - begun < 10
        with closing(sqlite3.connect(tmp_path / "news.db")) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
    assert "Traceback" not in log_of(config)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of that size at ``folder``; needs root."""
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def feeds(edition: int) -> dict[str, Answer]:
    """Eight feeds of long articles."""
    return {
        f"{n}.xml": http(
            rss(*(item(f"{edition}-{e}", words=f"{'abcdefgh'[n]}{'long' * 30}") for e in range(40)))
        )
        for n in range(8)
    }


def test_the_disk_is_full_for_a_while(tmp_path: Path) -> None:
    """It says so once, keeps what it had, and goes on when there is room."""
    disk = tmp_path / "disk"
    with small_disk(disk, "40m"), hostile([], feeds(0)) as server:
        listed = [
            {"id": f"s{n}", "url": f"{server.address}/{n}.xml", "allow_private": True} for n in range(8)
        ]
        config = write_config(tmp_path, listed, polling=QUICK, database=f"sqlite:///{disk}/news.db")
        with daemon(config) as process:
            web_address(config, process)
            wait_until(lambda: stored(disk) == 320, within=60)
            filler = disk / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(65_536))
            lines = len(log_of(config).splitlines())
            server.extra.update(feeds(1))
            wait_until(lambda: "the disk is full" in log_of(config), within=30)
            time.sleep(10)
            assert process.poll() is None
            said = log_of(config).splitlines()[lines:]
            assert len(said) <= 8, said
            filler.unlink()
            wait_until(lambda: stored(disk) == 640, within=90)
    assert "Traceback" not in log_of(config)


def stored(folder: Path) -> int:
    """Articles in the database, which is sound and has none twice."""
    with closing(sqlite3.connect(folder / "news.db", timeout=30)) as connection:
        assert connection.execute("pragma quick_check").fetchone() == ("ok",)
        twice = "select source, guid from articles group by 1, 2 having count(*) > 1"
        assert connection.execute(twice).fetchall() == []
        return int(connection.execute("select count(*) from articles").fetchone()[0])


def test_a_disk_that_only_reads(tmp_path: Path) -> None:
    """One line that says what to do, and no traceback."""
    disk = tmp_path / "disk"
    with small_disk(disk, "8m"):
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        config = write_config(tmp_path, [], database=f"sqlite:///{disk}/news.db")
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", "run", "--config", str(config)],
            capture_output=True, text=True, cwd=ROOT, env=dict(os.environ), timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "check the folder and its permissions" in done.stderr or "read-only" in done.stderr


BUSY = """
import sys, time
from aggregator.engine.housekeeping import Housekeeping
from aggregator.cli import main
async def busy(self):
    import asyncio
    await asyncio.to_thread(time.sleep, 120)
Housekeeping.tidy = busy
main()
"""


def test_a_thread_that_does_not_end(tmp_path: Path) -> None:
    """Housekeeping that reads on and on, in a thread that nobody can stop, is left."""
    config = write_config(tmp_path, [])
    command = [sys.executable, "-c", BUSY, "run", "--config", str(config), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any("sources from" in line for line in lines)
        time.sleep(1)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        said = list(lines)
        assert process.wait(20) == 0
        assert time.monotonic() - begun < 10
    assert any("not everything ended" in line for line in said)
