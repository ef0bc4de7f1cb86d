"""A real HTTP server on loopback that serves files held in memory, with validators, and logs what it sees."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What the server has and what it saw: ``files`` by path without the slash; (path, status) in order."""

    files: dict[str, bytes]
    address: str = ""
    seen: list[tuple[str, int]] = field(default_factory=list)
    delay: float = 0.0  # seconds before each answer
    types: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)  # answers without a body, by path


class FileServer(ThreadingHTTPServer):
    """With room for those who knock at once: five, the default, leaves the rest to time out."""

    request_queue_size = 256


@contextmanager
def serving(
    files: dict[str, bytes], *, delay: float = 0.0, types: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Serve ``files`` on a free port of 127.0.0.1 until the block ends."""
    served = Served(files, delay=delay, types=types or {})
    pause = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if served.delay:
                pause.wait(served.delay)
            name = self.path.lstrip("/").partition("?")[0]
            if name in served.statuses:
                self._answer(served.statuses[name], b"")
                return
            body = served.files.get(name)
            if body is None:
                self._answer(404, b"nothing here")
                return
            etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            if self.headers.get("If-None-Match") == etag:
                self._answer(304, b"", etag)
            else:
                self._answer(200, body, etag, served.types.get(name, "application/xml"))

        def _answer(self, status: int, body: bytes, etag: str = "", content_type: str = "text/plain") -> None:
            served.seen.append((self.path.lstrip("/"), status))
            self.send_response(status)
            if etag:
                self.send_header("ETag", etag)
            if status != 304:
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = FileServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        pause.set()
        server.shutdown()
        server.server_close()
        thread.join()
