"""Every setting of a source acts on the real poll: what its server sees, what is stored, what people read."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.commands import (
    aggregator,
    daemon,
    inside,
    lines,
    log_of,
    records,
    wait_until,
    web_address,
    write_config,
)  # fmt: skip
from tests.fileserver import FileServer

TEXT = (
    "The ferry company of the invented delta of Lorn takes its two oldest boats out of service in April, "
    "after inspectors found seven cracked ribs in one of them. Passengers to the outer islands will travel "
    "by way of Hythe until a boat that was bought from Norrby has been fitted with a ramp, which the company "
    "expects to take nine weeks. Farmers who send milk to the mainland every morning asked for a tug and a "
    "barge in the meantime; the company said that it would pay for both."
)


@dataclass
class Seen:
    """A server that gives every path a feed, but for the special ones, and keeps what it was asked."""

    address: str = ""
    feeds: dict[str, bytes] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, Message]] = field(default_factory=list)

    def headers(self, path: str) -> Message:
        """Of the last request for a path."""
        return next(fields for one, fields in reversed(self.asked) if one == path)

    def paths(self) -> list[str]:
        """What was asked for."""
        return [path for path, _ in self.asked]


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Seen]:
    """Serve on a free port of loopback, by TLS where there is a certificate (with its key in one file)."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            seen.asked.append((self.path, self.headers))
            if self.path == "/slow":
                time.sleep(1.5)
            body = seen.feeds.get(self.path, b"")
            moved = seen.moves.get(self.path)
            self.send_response(302 if moved else 200 if body else 404)
            if moved:
                self.send_header("Location", moved)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = FileServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    seen.address = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def feed(*items: tuple[str, str], date: str = "", text: str = "") -> bytes:
    """RSS of (guid, title)."""
    inner = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid>"
        f"<pubDate>{date}</pubDate><description>{text or f'On {title}, told as {guid}.'}</description></item>"
        for guid, title in items
    )
    return f"<rss version='2.0'><channel><title>T</title>{inner}</channel></rss>".encode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


def test_what_servers_see(tmp_path: Path, certificate: Path) -> None:
    """Headers, names, secrets, proxies, time limits, pauses: each request as its source is configured."""
    with serving() as server, serving() as other, serving(certificate) as secure, serving() as proxy:
        for path in ("/plain", "/grouped", "/own", "/secret", "/slow", "/paused"):
            server.feeds[path] = feed((path, f"Of {path}"))
        server.moves["/moved"] = f"{other.address}/landed"
        other.feeds["/landed"] = feed(("landed", "Landed"))
        secure.feeds |= {"/open": feed(("o", "Open")), "/verified": feed(("v", "Verified"))}
        proxy.feeds["http://beyond.example/feed"] = feed(("b", "Beyond"))
        auth = {"username": "anna", "password": "${LORN_SECRET}"}
        config = write_config(
            tmp_path,
            [
                {"id": "plain", "url": f"{server.address}/plain"},
                {"id": "grouped", "url": f"{server.address}/grouped", "group": "lorn"},
                {"id": "own", "url": f"{server.address}/own", "group": "lorn", "user_agent": "own/2",
                 "headers": {"X-Two": "own"}},
                {"id": "secret", "url": f"{server.address}/secret", "auth": auth},
                {"id": "moved", "url": f"{server.address}/moved", "auth": auth, "headers": {"X-Key": "k"}},
                {"id": "slow", "url": f"{server.address}/slow", "timeout": "1s"},
                {"id": "paused", "url": f"{server.address}/paused", "paused": True},
                {"id": "open", "url": f"{secure.address}/open", "verify_tls": False},
                {"id": "verified", "url": f"{secure.address}/verified"},
                {"id": "proxied", "url": "http://beyond.example/feed", "proxy": proxy.address},
                {"id": "refused", "url": "http://beyond.example/other", "proxy": proxy.address,
                 "allow_private": False},
            ],
            groups={"lorn": {"user_agent": "lorn/1", "headers": {"X-One": "group", "X-Two": "group"}}},
        )  # fmt: skip
        done = aggregator("poll", "--json", config=config, env={"LORN_SECRET": "geheim"})
        by_id = {line["source"]: line for line in lines(done)}
        assert server.headers("/plain")["User-Agent"].startswith("aggregator/")
        grouped, own = server.headers("/grouped"), server.headers("/own")
        assert (grouped["User-Agent"], grouped["X-One"], grouped["X-Two"]) == ("lorn/1", "group", "group")
        assert (own["User-Agent"], own["X-One"], own["X-Two"]) == ("own/2", "group", "own")
        basic = "Basic " + base64.b64encode(b"anna:geheim").decode()
        assert server.headers("/secret")["Authorization"] == basic
        assert server.headers("/moved")["Authorization"] == basic
        landed = other.headers("/landed")
        assert (landed["Authorization"], landed["X-Key"]) == (None, None), "secrets stay with their host"
        assert by_id["moved"]["status"] == "fetched"
        assert "within 1 s" in by_id["slow"]["error"]
        assert "paused" not in by_id
        assert "/paused" not in server.paths()
        assert by_id["open"]["status"] == "fetched"
        assert "certificate" in by_id["verified"]["error"]
        assert done.stderr.count("open: verify_tls: false: its certificate is NOT verified") == 1
        assert by_id["proxied"]["status"] == "fetched"
        assert "not on the public internet" in by_id["refused"]["error"]
        assert proxy.paths() == ["http://beyond.example/feed"]
        assert "geheim" not in done.stdout + done.stderr


def test_what_is_stored_and_read(tmp_path: Path) -> None:
    """Zones, titles, rules, languages, groups, authority, folding, tags: what becomes of the entries."""
    now = datetime.now(UTC).replace(microsecond=0)
    local = (now - timedelta(hours=3) + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S")
    furniture = "Read it first in our application, free for a month."
    with serving() as server:
        server.feeds |= {
            "/seoul": feed(("seoul", "Harbour bell rings | Lorn News"), date=local),
            "/ruled": feed(("1", "Podcast: tides"), ("2", "Tides"), ("3", "Tides in brief"), ("4", "Wind")),
            "/first": feed(("f", "Old ferries go"), text=TEXT),
            "/second": feed(("s", "Two boats leave service"), text=TEXT),
            "/alone": feed(("a", "Ribs cracked"), text=TEXT),
            "/glued": feed(("g", "A barge for milk"), text=f"<p>Short news.</p><p>{furniture}</p>"),
        }
        config = write_config(
            tmp_path,
            [
                {"id": "seoul", "url": f"{server.address}/seoul", "timezone": "Asia/Seoul", "language": "ko",
                 "title_clean": [r"\s*\| Lorn News$"], "tags": ["coast", "wire"]},
                {"id": "ruled", "url": f"{server.address}/ruled", "rules": [
                    {"action": "include", "field": "title", "pattern": "tides"},
                    {"action": "exclude", "field": "title", "pattern": "^Podcast:"},
                    {"action": "mark_read", "field": "any", "pattern": "in brief"},
                ]},
                {"id": "first", "url": f"{server.address}/first", "group": "delta"},
                {"id": "second", "url": f"{server.address}/second", "group": "delta", "authority": 5},
                {"id": "alone", "url": f"{server.address}/alone", "fold": {"scope": "never"}},
                {"id": "glued", "url": f"{server.address}/glued", "boilerplate": ["^Read it first in our"]},
            ],
            groups={"delta": {"language": "en"}},
        )  # fmt: skip
        aggregator("poll", config=config)
        stories = {story["title"]: story for story in records("stories", config=config)}
        assert stories.keys() == {
            "Harbour bell rings", "Tides", "Tides in brief", "Two boats leave service", "Ribs cracked",
            "A barge for milk",
        }  # fmt: skip
        told = stories["Harbour bell rings"]["published"]
        assert told == (now - timedelta(hours=3)).isoformat().replace("+00:00", "Z")
        folded = stories["Two boats leave service"]
        assert folded["canonical"]["source"] == "second", "more authority, though it came later"
        assert {one["source"] for one in folded["articles"]} == {"first", "second"}
        unread = records("stories", "--unread", config=config)
        assert stories.keys() - {story["title"] for story in unread} == {"Tides in brief"}
        korean = records("stories", "--search", "lang:ko", config=config)
        assert [story["title"] for story in korean] == ["Harbour bell rings"]
        delta = records("stories", "--group", "delta", config=config)
        assert [story["id"] for story in delta] == [folded["id"]]
        wire = records("sources", "list", "--tag", "wire", config=config)
        assert [(one["id"], one["tags"]) for one in wire] == [("seoul", ["coast", "wire"])]
        assert 'category="coast,wire"' in inside("sources", "export", config=config)
        left_out = records("show", str(stories["A barge for milk"]["id"]), config=config)
        assert furniture in left_out[0]["canonical"]["text"], "kept, and read by nobody but people"


@pytest.mark.long
def test_intervals_and_a_warning_under_the_running_daemon(tmp_path: Path) -> None:
    """A short interval is polled again and again, a long one once; a certificate nobody looks at is told."""
    with serving() as server:
        for path in ("/often", "/seldom"):
            server.feeds[path] = feed((path, f"Of {path}"))
        hours = {"interval": "2h", "min_interval": "1h"}
        sources: list[dict[str, Any]] = [
            {"id": "often", "url": f"{server.address}/often", "interval": "1s", "min_interval": "1s"},
            {"id": "seldom", "url": f"{server.address}/seldom", "group": "slow", "verify_tls": False},
        ]
        config = write_config(tmp_path, sources, groups={"slow": hours}, defaults=hours)
        with daemon(config) as process:
            address = web_address(config, process)
            wait_until(lambda: server.paths().count("/often") >= 3)
            assert server.paths().count("/seldom") == 1
            with urlopen(f"{address}/sources/seldom", timeout=10) as page:
                assert "certificate of this source is not verified" in page.read().decode()
            assert log_of(config).count("certificate is NOT verified") == 1
            # A yaml edit under the running daemon: another user agent, another interval, one source less.
            sources[1] |= {"interval": "1s", "min_interval": "1s", "user_agent": "lorn/7"}
            write_config(tmp_path, sources[1:], groups={"slow": hours}, defaults=hours)
            wait_until(lambda: "1 sources" in log_of(config))
            count = server.paths().count("/often")
            wait_until(lambda: server.paths().count("/seldom") >= 2)
            assert server.headers("/seldom")["User-Agent"] == "lorn/7"
            assert server.paths().count("/often") <= count + 1
