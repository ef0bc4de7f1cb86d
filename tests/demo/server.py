"""The demo's web server: real HTTP/1.1 on loopback, one thread a connection, edition after edition.

Serves what `build` wrote: ETag and Last-Modified with 304 (RFC 9110 section 13), gzip where accepted, content
types with and without charset, one feed that moved for good (301), and one that always answers 500.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import Counter
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from tests.demo.build import BROKEN


class DemoServer:
    """Serves ``root``; `address` is known before anything is built; `publish` turns to another edition."""

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root
        self.edition = 1
        self.statuses: Counter[int] = Counter()
        self.asked: Counter[tuple[str, int]] = Counter()  # (outlet, edition) → answers with its feed, or 304
        self._lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            demo = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def publish(self, edition: int) -> None:
        """Serve this edition from now on."""
        self.edition = edition

    def note_status(self, status: int) -> None:
        """Count an answer."""
        with self._lock:
            self.statuses[status] += 1

    def note_feed(self, outlet: str, edition: int) -> None:
        """Count a poll of an outlet's feed."""
        with self._lock:
            self.asked[outlet, edition] += 1


class _Handler(BaseHTTPRequestHandler):
    demo: DemoServer
    protocol_version = "HTTP/1.1"
    server_version = "demo"

    def do_GET(self) -> None:
        """A feed, an article's page, a move or a failure."""
        path = self.path.split("?")[0].lstrip("/")
        edition = self.demo.edition
        folder = self.demo.root / "editions" / str(edition)
        serving = json.loads((folder / "serving.json").read_text("utf-8"))
        if path == BROKEN:
            self._send(500, b"the keeper is asleep\n", {"Content-Type": "text/plain"})
            return
        name, _, rest = path.partition("/")
        found = serving.get(name)
        if found is not None and found["moved"] and rest == "rss":
            self._send(301, b"", {"Location": f"/{found['file']}"})
        elif found is not None and path == found["file"]:
            self._feed((folder / path).read_bytes(), found)
            self.demo.note_feed(name, edition)
        else:
            self._page(folder, path)

    def _feed(self, body: bytes, found: dict[str, Any]) -> None:
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        modified = datetime.fromisoformat(found["modified"]).replace(microsecond=0)
        headers = {"Content-Type": found["content_type"]}
        if found["validators"] in ("etag", "both"):
            headers["ETag"] = etag
        if found["validators"] in ("modified", "both"):
            headers["Last-Modified"] = format_datetime(modified, usegmt=True)
        if self._not_modified(headers):
            self._send(304, b"", headers)
            return
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._send(200, body, headers)

    def _not_modified(self, headers: dict[str, str]) -> bool:
        """If-None-Match rules where it is sent; If-Modified-Since otherwise (RFC 9110 section 13.2.2)."""
        tag, since = self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")
        if tag is not None:
            return tag == headers.get("ETag")
        if since is None or "Last-Modified" not in headers:
            return False
        return parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(since)

    def _page(self, folder: Path, path: str) -> None:
        file = (folder / path).resolve()
        if file.suffix == ".html" and file.is_relative_to(folder.resolve()) and file.is_file():
            self._send(200, file.read_bytes(), {"Content-Type": "text/html; charset=utf-8"})
        else:
            self._send(404, b"not here\n", {"Content-Type": "text/plain"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.demo.note_status(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet: the demo's screen belongs to the daemon."""
