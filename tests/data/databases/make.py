"""Prints the database that the checkout in which it runs makes: `NNNN.sql` is what schema NNNN's printed.

Each was made by the program of its time: `cd OLD_CHECKOUT && PYTHONPATH=. python …/make.py > NNNN.sql`; with
the address of an empty database of PostgreSQL after it, by pg_dump, that database is printed. Two feeds on
loopback, polled by the command line; one story read and starred, one read, one copy split off.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BELL = (
    "The bell of the lower harbour rang on Sunday for the first time since the flood, and the whole street "
    "came out of the kitchens to hear it. A smith from the islands had recast it without asking for money, "
    "and the ferrymen paid for the rope. "
)
SPEECH = "The mayor said nothing, which was taken for a speech."
BRIDGE = (
    "The council of the upper valley will hang a bridge of rope over the gorge, so that thirty children need "
    "not walk the long way round by the mill in winter. Two carpenters and a retired sailor have offered to "
    "do the work before the snow."
)
EELS = (
    "Eels have been seen in the mill pond for the first time in nine years, says the keeper of the lock, who "
    "counted eleven on one evening and did not sleep afterwards. Nobody knows how they passed the weir."
)
FEEDS = {
    "harbour": [
        ("The bell of the lower harbour rings again", BELL + SPEECH),
        ("A bridge of rope for the schoolchildren", BRIDGE),
    ],
    "islands": [
        ("Harbour bell is back", BELL + "Subscribe to our letter."),
        ("Eels return to the mill pond", EELS),
    ],
}  # fmt: skip
GROUPS = {"harbour": "shore", "islands": "isles"}


class Feeds(BaseHTTPRequestHandler):
    """The two feeds, by their path; their entries are of now."""

    def do_GET(self) -> None:
        """One feed."""
        name = self.path.strip("/")
        now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        items = "".join(
            f"<item><guid isPermaLink='false'>{name}-{number}</guid><title>{title}</title>"
            f"<link>http://127.0.0.1/{name}/{number}</link><pubDate>{now}</pubDate>"
            f"<description>{text}</description></item>"
            for number, (title, text) in enumerate(FEEDS[name])
        )
        body = f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def program(config: Path, *arguments: str) -> None:
    """A command of the checkout's program."""
    command = [sys.executable, "-m", "aggregator", *arguments, "--config", str(config)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def fill(folder: Path, database: str, port: int) -> None:
    """Make the database by the checkout's own program."""
    sources = [
        {"id": name, "url": f"http://127.0.0.1:{port}/{name}", "title": name.capitalize(), "group": group,
         "language": "en"}
        for name, group in GROUPS.items()
    ]  # fmt: skip
    config = folder / "aggregator.yaml"
    settings = {
        "database": database,
        "polling": {"allow_private": True},
        "groups": {group: {"title": group} for group in GROUPS.values()},
        "sources": sources,
    }
    config.write_text(json.dumps(settings))
    if not database.startswith("sqlite"):
        program(config, "db", "upgrade")
    for name in FEEDS:
        program(config, "poll", name)
    from aggregator.store import Store  # the checkout's

    store = Store.open(database, now=lambda: datetime.now(UTC))
    store.mark("reader", [1], read=True, starred=True)
    store.mark("reader", [2], read=True)
    store.close()
    program(config, "split", "3")


def dump(database: str) -> str:
    """The database as statements."""
    if database.startswith("sqlite"):
        with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
            lines = ["PRAGMA foreign_keys=OFF;", *connection.iterdump()]
        # What the search index holds is in tables of its own; the index itself is no table of rows.
        return "\n".join(line for line in lines if not line.startswith('INSERT INTO "search" ')) + "\n"
    command = ["pg_dump", "--inserts", "--no-owner", database.replace("+psycopg", "")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"(?m)^(--.*|\\(un)?restrict.*|SET transaction_timeout.*)?\n", "", said)


def main() -> None:
    """The command."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        database = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{name}/news.db"
        fill(Path(name), database, server.server_port)
        sys.stdout.write(dump(database))


if __name__ == "__main__":
    main()
