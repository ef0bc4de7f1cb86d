"""Who a daemon is, for all that share its database: ``machine:pid:chance``; and whether it still lives."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress
from pathlib import Path


def owner() -> str:
    """A name that no other daemon has or had."""
    return f"{machine()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def machine() -> str:
    """Where process numbers mean something: a host, and a space of numbers (containers have their own)."""
    with suppress(OSError):
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return socket.gethostname()


def is_dead(owner: str) -> bool:
    """Whether the daemon that holds a lease ran on this machine and is gone (``machine:pid:chance``)."""
    host, _, process = owner.rpartition(":")[0].rpartition(":")
    if host != machine() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(process) == os.getpid()
