"""A daemon that alerts, tells a hub and notes corrections, killed in between."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.commands import daemon, wait_until, web_address, write_config
from tests.fileserver import serving

TEXT = (
    "The harbour council of Velmora voted on Monday evening to reopen the old ferry line between the two "
    "shores, eleven years after the last boat was sold to an island far to the south. Fares will be set by a "
    "committee of 12 passengers, bakers and schoolteachers, the chairwoman said after the session."
)


class Taker(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self) -> None:
        """Take it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def taker() -> Iterator[Any]:
    """A webhook and a hub."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    server.taken = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def rss(*items: tuple[str, str, str]) -> bytes:
    """A feed."""
    inner = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid>"
        f"<description>{text}</description></item>"
        for guid, title, text in items
    )
    return f"<rss version='2.0'><channel><title>Test</title>{inner}</channel></rss>".encode()


@pytest.mark.long
def test_a_daemon_alerts_tells_its_hub_and_notes_corrections(tmp_path: Path, taker: Any) -> None:
    """A story that two outlets carry is told once, through a kill; a changed fact is a correction."""
    there = f"http://127.0.0.1:{taker.server_port}"
    files = {"a.xml": rss(("0", "Before", "Something else.")), "b.xml": rss(("0", "Old", "Nothing much."))}
    with serving(files) as server:
        config = write_config(
            tmp_path,
            [{"id": name, "url": f"{server.address}/{name}.xml"} for name in "ab"],
            web={"port": 0, "hub": f"{there}/hub"},
            alerts={
                "targets": {"desk": {"webhook": f"{there}/hook", "allow_private": True}},
                "rules": {"two": {"outlets": 2, "to": "desk"}},
            },
        )
        with daemon(config, kill=True) as process:
            address = web_address(config, process)
            wait_until(lambda: any(path == "/hub" for path, _ in taker.taken), 60)
            server.files["a.xml"] = rss(("1", "Ferry reopens", TEXT))
            server.files["b.xml"] = rss(("x", "A ferry again", TEXT))
            wait_until(lambda: any(path == "/hook" for path, _ in taker.taken), 90)
        with daemon(config) as process:
            address = web_address(config, process)
            server.files["b.xml"] = rss(("x", "A ferry again", TEXT.replace("12", "21")))
            feed = f"{address}/changes.json"

            def told() -> list[Any]:
                with urllib.request.urlopen(feed, timeout=10) as answer:
                    return list(json.loads(answer.read())["items"])

            wait_until(lambda: len(told()) == 1, 90)
            assert "21" in told()[0]["content_html"]
    hooks = [json.loads(body) for path, body in taker.taken if path == "/hook"]
    assert len({one["data"]["story"]["id"] for one in hooks}) == len(hooks) == 1
    told_of = [parse_qs(body.decode())["hub.url"][0] for path, body in taker.taken if path == "/hub"]
    assert {one.rpartition("/")[2] for one in told_of} == {"feed.atom", "feed.rss", "feed.json"}
