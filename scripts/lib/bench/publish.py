"""What readers ask of a daemon that has many articles: pages and feeds, one by one and twenty at once.

The store is filled in bulk (``--held`` articles, about 12 kB of disk each; kept in ``--work`` for another
run) and served by the real `aggregator run --roles web` in a process of its own. Each page is asked for twice
over: "kept" while the data stands still, "changed" with a mark written before each request, so that nothing
that is kept may be used. Latencies are wall-clock times of a client on the same machine; requests a second
are by the CPU time of the server's process, which is one core's.
"""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lib.bench import report
from lib.bench.fill import BASE, START, Clock, Filling, opened
from lib.bench.growth import A_DAY
from lib.bench.place import QUICK

from aggregator.model import TimelineSpec
from aggregator.store import Store

ROOT = Path(__file__).resolve().parents[3]
TICKS = os.sysconf("SC_CLK_TCK")
AT_ONCE = 20
READ = 3_000  # stories that the reader has read one by one, the newest of all
ASKED = {"front page": 50.0, "front page, twenty at once": 150.0}  # milliseconds, 95th percentile
LINK = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("publish", __doc__)
    parser.add_argument("--held", type=int, default=1_000_000, help="articles stored")
    parser.add_argument("--requests", type=int, default=300, help="of each kind")
    parser.add_argument("--work", type=Path, help="folder where the filled store is kept")
    asked = parser.parse_args(arguments)
    base, requests = BASE, asked.requests
    if asked.quick:
        asked.held, requests, base = min(asked.held, 1_000), 20, QUICK[2]
    with tempfile.TemporaryDirectory(prefix="bench-publish-") as name:
        folder = asked.work or Path(name)
        store = folder / f"held-{asked.held}.db"
        Filling(A_DAY, base).fill(store, asked.held)
        with _reader(store) as reader, _daemon(Path(name), store) as (port, process):
            found = _measured(port, process, reader, requests)
    made = {
        "benchmark": "publish", **report.where(), "held": asked.held, "requests": requests,
        "asked_p95_ms": ASKED, **found,
    }  # fmt: skip
    report.emit("publish", made, asked.out, draw)
    return 0


class Reader:
    """The one who reads: has read many of the newest stories, so that unread ones must be sought."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._newest = store.timeline(TimelineSpec(limit=1))[0]
        self._starred = False
        last = self._newest.id
        store.mark("reader", list(range(max(1, last - READ), max(2, last - 100))), read=True)

    def change(self) -> None:
        """Star the newest story, or take that back: the data's version is another one."""
        self._starred = not self._starred
        self._store.mark("reader", [self._newest.id], starred=self._starred)

    def pages(self) -> dict[str, str]:
        """The addresses that are asked for."""
        newest = self._newest
        carried = max(self._store.timeline(TimelineSpec(limit=200)), key=lambda one: len(one.articles))
        words = " ".join(sorted(newest.title.split(), key=len)[-2:])
        return {
            "front page": "/",
            "page far back": f"/?before={max(2, newest.id // 2)}",
            "unread": "/?unread=true",
            "source": f"/sources/{newest.canonical.source}",
            "group": "/groups/default",
            "search": f"/search?q={quote(words)}",
            "story": f"/stories/{carried.id}",
        }


@contextmanager
def _reader(path: Path) -> Iterator[Reader]:
    store = opened(path, Clock(START))
    try:
        yield Reader(store)
    finally:
        store.close()


@contextmanager
def _daemon(folder: Path, store: Path) -> Iterator[tuple[int, int]]:
    """The real one, for the web alone; gives its port and process number."""
    config, log = folder / "aggregator.yaml", folder / "daemon.log"
    config.write_text(
        f"database: sqlite:///{store}\nweb: {{port: 0}}\ngroups: {{default: {{title: Everything}}}}\n"
    )
    command = [sys.executable, "-m", "aggregator", "run", "--config", config, "--roles", "web"]
    with log.open("w") as said:
        process = subprocess.Popen(
            list(map(str, command)), stdout=said, stderr=subprocess.STDOUT, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            yield _port(process, log), process.pid
        finally:
            process.terminate()
            process.wait(20)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        if found := re.search(r"page: http://127\.0\.0\.1:(\d+)/", log.read_text()):
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(found[1]))):
                return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the daemon did not start:\n{log.read_text()}")


class Browser:
    """One connection, which keeps its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers: dict[str, str] = {}
        given = self.get("/")[0].headers.get_all("Set-Cookie") or []
        self._headers["Cookie"] = "; ".join(cookie.partition(";")[0] for cookie in given)

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        """Ask for a page."""
        self._connection.request("GET", path, headers=self._headers | headers)
        answer = self._connection.getresponse()
        return answer, answer.read()


def _measured(port: int, process: int, reader: Reader, requests: int) -> dict[str, Any]:
    browser = Browser(port)
    latencies: dict[str, Any] = {}
    for name, path in reader.pages().items():
        latencies[name] = {
            "kept": _one_by_one(browser, process, path, requests, lambda: None),
            "changed": _one_by_one(browser, process, path, requests, reader.change),
        }
    latencies["front page, twenty at once"] = {
        "kept": _at_once(port, process, "/", requests, None),
        "changed": _at_once(port, process, "/", requests, reader),
    }
    browser = Browser(port)  # the server has closed the other, which rested
    return {
        "latency_ms": latencies,
        "first_paint_bytes": _weights(browser),
        "feeds_a_cpu_second": _feeds(browser, process, reader, 4 * requests),
    }


def _one_by_one(
    browser: Browser, process: int, path: str, requests: int, before: Callable[[], None]
) -> dict[str, float]:
    browser.get(path)
    spent = []
    cpu = _cpu(process)
    for _ in range(requests):
        before()
        begin = time.perf_counter()
        answer, _ = browser.get(path)
        spent.append(time.perf_counter() - begin)
        assert answer.status == 200, (path, answer.status)
    return _told(spent, _cpu(process) - cpu)


def _at_once(port: int, process: int, path: str, requests: int, changing: Reader | None) -> dict[str, float]:
    """Twenty readers; with ``changing`` a mark is written ten times a second meanwhile."""
    spent: list[float] = []
    ending = threading.Event()
    browsers = [Browser(port) for _ in range(AT_ONCE)]

    def read(browser: Browser) -> None:
        for _ in range(max(2, requests // 2)):  # so long that a change or two are not all of it
            begin = time.perf_counter()
            browser.get(path)
            spent.append(time.perf_counter() - begin)

    def disturb() -> None:
        while changing is not None and not ending.wait(0.1):
            changing.change()

    cpu = _cpu(process)
    readers = [threading.Thread(target=read, args=(browser,)) for browser in browsers]
    disturber = threading.Thread(target=disturb)
    for thread in (disturber, *readers):
        thread.start()
    for thread in readers:
        thread.join()
    ending.set()
    disturber.join()
    return _told(spent, _cpu(process) - cpu)


def _told(seconds: list[float], cpu: float) -> dict[str, float]:
    """Percentiles, and the server's CPU time for each request; in milliseconds."""
    parts = statistics.quantiles(seconds, n=100, method="inclusive")
    told = {f"p{at}": round(1000 * parts[at - 1], 2) for at in (50, 95, 99)}
    return told | {"cpu": round(1000 * cpu / len(seconds), 2)}


def _weights(browser: Browser) -> dict[str, int]:
    """What a browser loads for the first sight of the front page: it, and the files that it names (of ours).

    The modules that the one script imports are counted with it.
    """
    html = browser.get("/")[1]
    files = {path.partition("?")[0]: path for path in LINK.findall(html.decode())}
    sizes = {"html": len(html), **{name: len(browser.get(path)[1]) for name, path in files.items()}}
    main = next(path for name, path in files.items() if name.endswith("main.js"))
    for module in re.findall(r'from "\./([\w.-]+)"', browser.get(main)[1].decode()):
        sizes[f"/static/{module}"] = len(browser.get(f"/static/{module}")[1])
    return {**sizes, "all": sum(sizes.values())}


def _feeds(browser: Browser, process: int, reader: Reader, requests: int) -> dict[str, int]:
    """By the server's CPU time: answered with 304, with the kept document, and written anew each time."""
    tag = browser.get("/feed.atom")[0].getheader("ETag") or ""
    return {
        "conditional, 304": _rate(
            process, requests, lambda: browser.get("/feed.atom", **{"If-None-Match": tag})
        ),
        "full, kept": _rate(process, requests, lambda: browser.get("/feed.atom")),
        "full, after a change": _rate(process, max(10, requests // 20), lambda: _anew(browser, reader)),
    }


def _anew(browser: Browser, reader: Reader) -> None:
    reader.change()
    browser.get("/feed.atom")


def _rate(process: int, requests: int, ask: Callable[[], object]) -> int:
    ask()
    before = _cpu(process)
    for _ in range(requests):
        ask()
    return round(requests / max(1e-3, _cpu(process) - before))


def _cpu(process: int) -> float:
    """CPU seconds of a process so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def draw(found: dict[str, Any], file: Path) -> None:
    """95th percentiles by page, kept and changed, with what is asked."""
    plt = report.pyplot()
    names = list(found["latency_ms"])[::-1]
    figure, axis = plt.subplots(figsize=(8, 3.4), layout="constrained")
    for offset, way in ((0.2, "kept"), (-0.2, "changed")):
        axis.barh(
            [at + offset for at in range(len(names))],
            [found["latency_ms"][name][way]["p95"] for name in names], 0.38, label=way,
        )  # fmt: skip
    for name, limit in found["asked_p95_ms"].items():
        at = names.index(name)
        axis.plot([limit, limit], [at - 0.45, at + 0.45], color="black", lw=2)
    axis.set_yticks(range(len(names)), names, fontsize=8)
    axis.set_xlabel(
        f"milliseconds, 95th percentile, {found['held']:,} articles stored; black: asked", fontsize=8
    )
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8)
    figure.suptitle(f"{found['machine']}; {found['date']}", fontsize=8)
    figure.savefig(file, dpi=110)
