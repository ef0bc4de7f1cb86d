"""Kills a daemon at random moments, many times, and holds its database against what the outside world saw.

The world is a feed server with ever new editions and a reader who stars stories. It remembers what it served
and what was acknowledged; a killed daemon may forget none of it.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine, inspect, text

from aggregator.store import Store
from tests.commands import ROOT
from tests.fileserver import FileServer
from tests.hostile_server import item, rss

SOURCES = 12
IN_FEED = 8  # entries
MINIMUM = 2.0  # seconds between two polls of a source
STARTING = 30.0  # seconds until a daemon is given up that says nothing


def words_of(source: int, edition: int) -> str:
    """What tells an entry's text from all others; odd sources print what the even ones before them do."""
    return f"{'abcdefghijklmnopqrstuvwxyz'[source // 2]}quay{edition}e"


@dataclass
class World:
    """The outside: what each source has published, who asked when, and what the reader was promised."""

    chance: random.Random
    editions: list[int] = field(default_factory=lambda: [IN_FEED] * SOURCES)
    asked: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    starred: set[int] = field(default_factory=set)
    port: int = 0
    problems: list[str] = field(default_factory=list)

    def feed(self, source: int, edition: int) -> bytes:
        """The feed as it was then."""
        items = (item(f"{source}-{e}", words=words_of(source, e)) for e in range(edition - IN_FEED, edition))
        return rss(*items, title=f"Outlet {source}")

    def publish(self) -> None:
        """News somewhere."""
        for source in self.chance.sample(range(SOURCES), 3):
            self.editions[source] += 1

    def too_soon(self) -> list[float]:
        """Seconds between two requests of one source that are fewer than its minimum."""
        gaps = [b - a for times in self.asked.values() for a, b in pairwise(times)]
        return [gap for gap in gaps if gap < MINIMUM - 0.15]


@contextmanager
def serving(world: World) -> Iterator[None]:
    """Serve the world's feeds on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source = int(self.path[1:-4])
            world.asked[source].append(time.monotonic())
            edition = world.editions[source]
            tag = f'"{source}-{edition}"'
            time.sleep(world.chance.uniform(0, 0.2))
            same = self.headers.get("If-None-Match") == tag
            body = b"" if same else world.feed(source, edition)
            with suppress(OSError):  # it was killed
                self.send_response(304 if same else 200)
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = FileServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    world.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending = threading.Event()

    def news() -> None:
        while not ending.wait(0.4):
            world.publish()

    threading.Thread(target=news, daemon=True).start()
    try:
        yield
    finally:
        ending.set()
        server.shutdown()
        server.server_close()


def configuration(folder: Path, world: World, database: str) -> Path:
    """The YAML of the daemon that is to suffer."""
    config = {
        "database": database, "web": {"port": 0},
        "polling": {"interval": f"{MINIMUM:g}s", "min_interval": f"{MINIMUM:g}s", "lease": "3s",
                    "allow_private": True, "per_host": SOURCES},
        "sources": [{"id": f"s{n}", "url": f"http://127.0.0.1:{world.port}/{n}.xml"} for n in range(SOURCES)],
    }  # fmt: skip
    path = folder / "aggregator.yaml"
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


class Victim:
    """A daemon, and a reader at its page, until it is killed."""

    def __init__(self, config: Path, world: World) -> None:
        self.config = config
        self.world = world
        self.log = config.parent / "victim.log"
        self.said = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "aggregator", "run", "--config", str(config)],
                stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True,
            )  # fmt: skip
        self.dead = threading.Event()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def address(self) -> str | None:
        """Where its page is, once it says so."""
        with self.log.open("rb") as file:
            file.seek(self.said)
            found = re.findall(rb"page: (\S+?)/?\s", file.read())
        return found[-1].decode() if found else None

    def begun(self) -> bool:
        """Wait until it polls; False when it ended by itself."""
        end = time.monotonic() + STARTING
        while time.monotonic() < end and self.process.poll() is None:
            if self.address():
                return True
            time.sleep(0.05)
        return False

    def kill(self) -> None:
        """SIGKILL, to it and its workers."""
        self.dead.set()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join(20)

    def _read(self) -> None:
        """Open the front page and star a story, over and over; what was acknowledged is remembered."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        while not self.dead.wait(0.1):
            address = self.address()
            if address is None:
                continue
            with suppress(OSError, urllib.error.URLError, ValueError):
                page = opener.open(address + "/", timeout=5).read().decode()
                token = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
                stories = {int(n) for n in re.findall(r'href="/stories/(\d+)"', page)} - self.world.starred
                if token and stories:
                    story = self.world.chance.choice(sorted(stories))
                    body = urlencode({"csrf": token[1], "starred": "true"}).encode()
                    request = urllib.request.Request(f"{address}/stories/{story}/state", body)
                    request.add_header("Accept", "application/json")
                    if opener.open(request, timeout=5).status == 204:
                        self.world.starred.add(story)


def check(database: str, world: World, before: Counter[str]) -> Counter[str]:
    """Hold the database against the world; returns its articles by source. `World.problems` has the rest."""
    store = Store.open(database, now=lambda: datetime.now(UTC), upgrade=True)
    try:
        world.problems += store.upkeep.integrity()
    finally:
        store.close()
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            guids = defaultdict(set)
            rows = connection.execute(
                text("SELECT s.id, a.guid FROM articles a JOIN sources s ON s.no = a.source")
            ).all()
            for source, guid in rows:
                guids[source].add(guid)
            if len(rows) != sum(map(len, guids.values())):
                world.problems.append("an article is there twice")
            for source, tag in connection.execute(
                text("SELECT id, etag FROM sources WHERE etag IS NOT NULL")
            ):
                n, edition = map(int, tag.strip('"').split("-"))
                served = {f"{n}-{e}" for e in range(edition - IN_FEED, edition)}
                if not served <= guids[source]:
                    world.problems.append(f"{source}: the validator is newer than the entries: {tag}")
            starred = set(connection.execute(text("SELECT story FROM reader_story WHERE starred")).scalars())
            merged = "SELECT id, merged_into FROM stories WHERE merged_into IS NOT NULL"
            into = {row.id: row.merged_into for row in connection.execute(text(merged))}
            lost = {story for story in world.starred if into.get(story, story) not in starred}
            if lost:
                world.problems.append(f"stars were acknowledged and are gone: {sorted(lost)[:5]}")
    finally:
        engine.dispose()
    now = Counter({source: len(found) for source, found in guids.items()})
    world.problems += [f"{source}: articles were lost" for source in before if now[source] < before[source]]
    return now


# ----------------------------------------------------------------------------- migrating

MIGRATING = """
import sys
from datetime import UTC, datetime
from aggregator.store import Store
print("go", flush=True)
Store.open(sys.argv[1], now=lambda: datetime.now(UTC), upgrade=True).close()
print("done", flush=True)
"""


def old_database(database: str, revision: str, sources: int = 300) -> None:
    """An empty database becomes one of an older schema, with so many sources in it."""
    from alembic import command
    from alembic.config import Config

    engine = create_engine(database)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "aggregator.store:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        needed = [
            column["name"]
            for column in inspect(connection).get_columns("sources")
            if not column["nullable"] and column["default"] is None and column["name"] != "no"
        ]
        kinds = {each["name"]: each["type"] for each in inspect(connection).get_columns("sources")}
        names, marks = ", ".join(["no", *needed]), ", ".join(f":{name}" for name in ("no", *needed))
        rows = [
            {"no": n} | {name: f"{name}{n}" if "TEXT" in str(kinds[name]).upper() else 0 for name in needed}
            for n in range(1, sources + 1)
        ]
        hosts = [{"name": row.get("host")} for row in rows]
        connection.execute(text("INSERT INTO hosts (name) VALUES (:name)"), hosts)
        connection.execute(text(f"INSERT INTO sources ({names}) VALUES ({marks})"), rows)
    engine.dispose()


def kill_migrating(database: str, revision: str, chance: random.Random, longest: float) -> list[str]:
    """Kill an upgrade from ``revision`` within ``longest`` seconds; returns what is wrong then."""
    old_database(database, revision)
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATING, database], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    time.sleep(chance.uniform(0, longest))
    process.kill()
    process.wait()
    store = Store.open(database, now=lambda: datetime.now(UTC), upgrade=True)
    try:
        found = store.upkeep.integrity()
    finally:
        store.close()
    engine = create_engine(database)
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM sources")).scalar_one()
    engine.dispose()
    return found if count == 300 else [*found, f"{300 - count} sources were lost"]
