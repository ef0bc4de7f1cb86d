"""`aggregator` on a machine whose clock and DNS a test disturbs: `python tests/troubled.py FOLDER run …`.

``FOLDER/clock`` holds by how many seconds the clock is wrong; while ``FOLDER/no-dns`` is there, DNS does not
answer, and else every name of `.example` is 127.0.0.1. Nothing else is another program's.
"""

from __future__ import annotations

import socket
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base

import aggregator.daemon.ticking
from aggregator.cli import main


def disturb(folder: Path) -> None:
    """Take the clock and the resolver in hand."""

    def wrong() -> timedelta:
        try:
            return timedelta(seconds=float((folder / "clock").read_text(encoding="ascii") or 0))
        except (OSError, ValueError):
            return timedelta(0)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + wrong()

    apscheduler.schedulers.base.datetime = Clock
    aggregator.daemon.ticking.utc_now = lambda: datetime.now(UTC) + wrong()
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith(".example"):
            if (folder / "no-dns").exists():
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return real(host, *more, **named)

    socket.getaddrinfo = getaddrinfo


if __name__ == "__main__":
    disturb(Path(sys.argv.pop(1)))
    main()
