"""Tells systemd how the daemon does: sd_notify(3), by a datagram on the socket that it names.

``NOTIFY_SOCKET``: a path, or ``@name`` in the abstract namespace. ``WATCHDOG_USEC``: microseconds
within which ``WATCHDOG=1`` must come again, or systemd kills and restarts the service; meant for us only
where ``WATCHDOG_PID`` is ours or not set. Without these variables nothing is sent.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger(__name__)


class Supervisor:
    """Whoever started us and wants to know."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._told = False

    def ready(self, status: str) -> None:
        """Everything works that a service ordered after us may need."""
        self.send("READY=1", f"STATUS={status}")

    def stopping(self) -> None:
        """We were told to stop, or stop by ourselves."""
        self.send("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """The watchdog may sleep on."""
        self.send("WATCHDOG=1")

    def send(self, *lines: str) -> bool:
        """Send assignments, a line each; whether anybody was there to hear it. Never raises."""
        if not self._address:
            return False
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(line.replace("\n", " ") for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)  # a supervisor that does not read must not stop us
                channel.sendto(text.encode(), address)
        except OSError as error:
            if not self._told:
                log.warning("systemd cannot be told how we do: %s", error)
            self._told = True
            return False
        return True


def watchdog(environ: Mapping[str, str], pid: int | None = None) -> float | None:
    """Seconds within which a sign of life is awaited; None: nobody waits for one."""
    meant_for = environ.get("WATCHDOG_PID", "")
    if meant_for and meant_for != str(os.getpid() if pid is None else pid):
        return None
    try:
        seconds = int(environ.get("WATCHDOG_USEC", "")) / 1_000_000
    except ValueError:
        return None
    return seconds if seconds > 0 else None
