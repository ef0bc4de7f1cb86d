"""What goes wrong around a daemon: it says so once, loses nothing, and goes on by itself.

All with one real daemon and its real database; `tests/troubled.py` stands between it and clock and DNS.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands import ROOT, daemon, log_of, wait_until, web_address, write_config
from tests.hostile_server import Answer, HostileServer, hostile, http, item, rss

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SOURCES = 24
DAY = 86_400


@dataclass
class Troubled:
    """A running daemon, the server that it polls, and the folder through which it is disturbed."""

    config: Path
    process: Any
    served: HostileServer
    address: str
    editions: int = 0

    @property
    def folder(self) -> Path:
        """Of database, log and disturbances."""
        return self.config.parent

    def polled(self, more: int = SOURCES, within: float = 60) -> None:
        """Wait until there were so many more requests."""
        before = self.served.seen.total()
        wait_until(lambda: self.served.seen.total() >= before + more, within=within)

    def publish(self) -> None:
        """A new entry in every feed."""
        self.editions += 1
        self.served.extra.update(feeds(self.editions))

    def stored(self) -> int:
        """Articles that are stored; nothing is there twice, and the database is sound."""
        with closing(sqlite3.connect(self.folder / "news.db", timeout=60)) as connection:
            assert connection.execute("pragma quick_check").fetchone()[0] == "ok"
            twice = "select source, guid from articles group by 1, 2 having count(*) > 1"
            assert connection.execute(twice).fetchall() == []
            return int(connection.execute("select count(*) from articles").fetchone()[0])

    def complete(self, within: float = 90) -> None:
        """Wait until every entry that was published is stored, once."""
        wanted = SOURCES * (1 + self.editions)
        wait_until(lambda: self.stored() == wanted, within=within, every=0.5)

    def said(self, since: int) -> list[str]:
        """The lines of the log after so many."""
        return log_of(self.config).splitlines()[since:]

    @property
    def lines(self) -> int:
        """How many lines the log has."""
        return len(log_of(self.config).splitlines())


def feeds(editions: int) -> dict[str, Answer]:
    """Every source's feed after so many editions."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return {
        f"{n}.xml": http(rss(*(item(e, words=f"{letters[n]}quay") for e in range(editions + 1))))
        for n in range(SOURCES)
    }


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    """A daemon that has stored the first edition."""
    folder = tmp_path_factory.mktemp("troubled")
    with hostile([], feeds(0)) as served:
        listed = [
            {"id": f"s{n}", "url": f"http://s{n}.example:{served.port}/{n}.xml", "allow_private": True}
            for n in range(SOURCES)
        ]
        polling = {"interval": "1s", "min_interval": "1s", "lease": "3s"}
        config = write_config(folder, listed, polling=polling)
        program = (str(ROOT / "tests" / "troubled.py"), str(folder))
        with daemon(config, program=program) as process:
            made = Troubled(config, process, served, web_address(config, process))
            made.complete()
            yield made


def few(lines: list[str], at_most: int) -> None:
    """An episode is a few lines, and no traceback."""
    assert len(lines) <= at_most, "\n".join(lines)
    assert not any("Traceback" in line for line in lines), "\n".join(lines)


def test_dns_is_gone_for_a_while(troubled: Troubled) -> None:
    """Once it is said that nothing can be reached, and once that it can; then all are polled again."""
    start = troubled.lines
    (troubled.folder / "no-dns").touch()
    time.sleep(70)  # beyond what the connector remembers of names
    troubled.publish()
    (troubled.folder / "no-dns").unlink()
    troubled.complete()
    said = troubled.said(start)
    assert sum("nothing can be reached from here" in line for line in said) == 1, said
    assert sum("sources can be reached again" in line for line in said) >= 1, said
    few(said, 12)


def test_no_more_open_files(troubled: Troubled) -> None:
    """A machine that is out of file descriptors is told of once; page and polls come back."""
    start = troubled.lines
    pid = troubled.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    open_now = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(open_now - 8, 8), hard))
    troubled.publish()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        with suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(troubled.address + "/", timeout=1).close()
        time.sleep(0.2)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (4_096, hard))
    troubled.complete()
    said = troubled.said(start)
    few(said, 12)
    with urllib.request.urlopen(troubled.address + "/", timeout=20) as answer:
        assert answer.status == 200


def test_another_process_holds_the_database(troubled: Troubled) -> None:
    """Longer than a writer waits: what was fetched meanwhile is stored afterwards."""
    start = troubled.lines
    with closing(sqlite3.connect(troubled.folder / "news.db", isolation_level=None)) as connection:
        connection.execute("begin immediate")
        troubled.publish()
        time.sleep(36)
        connection.execute("rollback")
    troubled.complete()
    few(troubled.said(start), 8)


@pytest.mark.parametrize("jump", [DAY, -DAY, -2 * DAY, 2 * DAY])
def test_the_clock_is_set_by_a_day(troubled: Troubled, jump: int) -> None:
    """Forward, back again, and back once more: polling goes on within seconds, and no entry comes twice."""
    start = troubled.lines
    path = troubled.folder / "clock"
    wrong = float(path.read_text(encoding="ascii")) if path.exists() else 0.0
    path.write_text(str(wrong + jump), encoding="ascii")
    troubled.publish()
    time.sleep(2)
    troubled.polled(within=20)
    troubled.complete()
    said = troubled.said(start)
    assert sum("the clock was set" in line for line in said) == 1, said
    few(said, 4)


def test_workers_are_killed_again_and_again(troubled: Troubled) -> None:
    """For ten seconds, all of them, every half second: then everything is parsed after all."""
    start = troubled.lines
    troubled.publish()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for child in children(troubled.process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.5)
    troubled.complete(within=150)
    assert not any("Traceback" in line for line in troubled.said(start))


def children(process: int) -> list[int]:
    """The worker processes."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):
            found += [int(pid) for pid in (task / "children").read_text(encoding="ascii").split()]
    return [pid for pid in found if not is_tracker(pid)]


def is_tracker(process: int) -> bool:
    """Whether it is multiprocessing's own, which parses nothing."""
    with suppress(OSError):
        return b"resource_tracker" in Path(f"/proc/{process}/cmdline").read_bytes()
    return True
