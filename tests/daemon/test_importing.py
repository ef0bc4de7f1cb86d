"""Coming from another reader: a real Miniflux on a real PostgreSQL, and a real Google Reader API (ours)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import load
from tests.commands import aggregator, daemon, records, wait_until, web_address, write_config
from tests.fileserver import serving
from tests.postgres import MISSING, postgres, server_programs

PASSWORD = "an old kettle"


def rss(address: str, names: list[str], days: float = 0.0) -> bytes:
    """A feed of entries with these guids."""
    date = format_datetime(datetime.now(UTC) - timedelta(days=days))
    inner = "".join(
        f"<item><title>On {name}</title><guid isPermaLink='false'>{name}</guid><pubDate>{date}</pubDate>"
        f"<link>{address}/articles/{name}</link><description>All there is on {name}.</description></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>Sorrel</title>{inner}</channel></rss>".encode()


class Miniflux:
    """A client of its API, as its administrator."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, method: str, path: str, data: Any = None) -> Any:
        """One request."""
        secret = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            self.address + path, method=method, headers={"Authorization": f"Basic {secret}"},
            data=None if data is None else json.dumps(data).encode(),
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20) as answer:
            body = answer.read()
        return json.loads(body) if body else None


@contextmanager
def miniflux() -> Iterator[Miniflux]:
    """A Miniflux of its own; skipped where its binary or PostgreSQL is missing."""
    binary = os.environ.get("MINIFLUX") or shutil.which("miniflux")
    if not binary:
        pytest.skip("no Miniflux: set MINIFLUX to its binary, or put it on the path")
    if server_programs() is None:
        pytest.skip(MISSING)
    with postgres() as server, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        url = server.new_database().replace("postgresql+psycopg", "postgres") + "?sslmode=disable"
        process = subprocess.Popen(
            [binary],
            env={
                **os.environ, "DATABASE_URL": url, "LISTEN_ADDR": f"127.0.0.1:{port}", "CREATE_ADMIN": "1",
                "ADMIN_USERNAME": "admin", "ADMIN_PASSWORD": PASSWORD, "RUN_MIGRATIONS": "1",
                "DISABLE_SCHEDULER_SERVICE": "1", "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
                "LOG_LEVEL": "warning",
            },
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            made = Miniflux(f"http://127.0.0.1:{port}")

            def answers() -> bool:
                try:
                    return bool(made.ask("GET", "/v1/me"))
                except OSError:
                    return False

            wait_until(answers)
            yield made
        finally:
            process.terminate()
            process.wait(20)


def brought(tmp_path: Path) -> Path:
    """An empty configuration to bring things into."""
    folder = tmp_path / "ours"
    folder.mkdir()
    return write_config(folder, [])


@pytest.mark.postgres
def test_everything_of_a_real_miniflux(tmp_path: Path) -> None:
    """Feeds, categories, stars with text (also of what the feed has no more) and read marks come over."""
    with serving({}) as server, miniflux() as there:
        server.files["feed.xml"] = rss(server.address, ["gone", "read", "unread", "kept"], days=5)
        category = there.ask("POST", "/v1/categories", {"title": "섬 소식"})["id"]
        there.ask("POST", "/v1/feeds", {"feed_url": f"{server.address}/feed.xml", "category_id": category})
        wait_until(lambda: there.ask("GET", "/v1/entries")["total"] == 4)
        entries = {one["title"]: one["id"] for one in there.ask("GET", "/v1/entries")["entries"]}
        for starred in ("On gone", "On kept"):
            there.ask("PUT", f"/v1/entries/{entries[starred]}/bookmark")
        there.ask(
            "PUT", "/v1/entries", {"entry_ids": [entries["On read"], entries["On gone"]], "status": "read"}
        )
        server.files["feed.xml"] = rss(server.address, ["read", "unread", "kept", "old"], days=5)
        config = brought(tmp_path)
        token = there.ask("POST", "/v1/api-keys", {"description": "move"})["token"]
        done = aggregator(
            "import", "miniflux", there.address, config=config, env={"AGGREGATOR_IMPORT_TOKEN": token}
        )
        assert "1 feeds added" in done.stderr
        assert "2 starred ones brought" in done.stderr
        settings = load(config, {})
        (source,) = settings.sources
        assert (source.url, source.title) == (f"{server.address}/feed.xml", "Sorrel")
        assert settings.groups[source.group].title == "섬 소식"
        held = {one["title"]: one for one in records("stories", "--starred", config=config)}
        assert held.keys() == {"On gone", "On kept"}
        aggregator("poll", "--all", config=config)
        aggregator(
            "import", "miniflux", there.address, "--user", "admin", config=config,
            env={"AGGREGATOR_IMPORT_PASSWORD": PASSWORD},
        )  # fmt: skip
        titles = sorted(one["title"] for one in records("stories", config=config))
        assert titles == ["On gone", "On kept", "On old", "On read", "On unread"], "none twice"
        unread = {one["title"] for one in records("stories", "--unread", config=config)}
        assert unread == {"On kept", "On unread"}, "older than two days, and unread there"
        wrong = aggregator(
            "import", "miniflux", there.address, config=config, code=2, env={"AGGREGATOR_IMPORT_TOKEN": "no"}
        )
        assert "not accepted" in wrong.stderr


@pytest.mark.long
def test_everything_of_a_google_reader_api(tmp_path: Path) -> None:
    """Another daemon of ours, spoken to as FreshRSS is: its feeds, groups, stars and read marks."""
    with serving({}) as server:
        server.files["feed.xml"] = rss(server.address, ["read", "unread", "starred"])
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        there = write_config(
            theirs,
            [{"id": "s", "url": f"{server.address}/feed.xml", "title": "Sorrel", "group": "isles"}],
            groups={"isles": {"title": "Isles"}},
            web={"port": 0, "api_password": PASSWORD},
            sync={"settle": "1s"},
        )
        with daemon(there) as process:
            address = web_address(there, process)
            wait_until(lambda: len(records("stories", config=there)) == 3)
            numbers = {one["title"]: one["id"] for one in records("stories", config=there)}
            from aggregator.store import Store

            store = Store.open(load(there, {}).database, now=lambda: datetime.now(UTC))
            store.mark("reader", [numbers["On read"]], read=True)
            store.mark("reader", [numbers["On starred"]], starred=True)
            store.close()
            config = brought(tmp_path)
            secret = {"AGGREGATOR_IMPORT_PASSWORD": PASSWORD}

            def all_of_it() -> bool:
                """Once stories have settled there."""
                said = aggregator(
                    "import", "freshrss", address, "--user", "reader", config=config, env=secret
                )
                return "3 entries looked at" in said.stderr

            wait_until(all_of_it, every=1.0)
            wrong = aggregator(
                "import", "freshrss", address, "--user", "reader", config=config, code=2,
                env={"AGGREGATOR_IMPORT_PASSWORD": "no"},
            )  # fmt: skip
            assert "not accepted" in wrong.stderr
        settings = load(config, {})
        assert [one.url for one in settings.sources] == [f"{server.address}/feed.xml"]
        assert [one["title"] for one in records("stories", "--starred", config=config)] == ["On starred"]
        aggregator("poll", "--all", config=config)
        store = Store.open(settings.database, now=lambda: datetime.now(UTC))
        store.settle_expected()
        store.close()
        assert len(records("stories", config=config)) == 3
        unread = {one["title"] for one in records("stories", "--unread", config=config)}
        assert unread == {"On unread", "On starred"}
