"""Pipes between processes that take a feed's entries at once. A home of what multiprocessing does not offer.

A pipe holds 64 KB, and multiprocessing reads a message in pieces of that, each into a new buffer as large as
all that is left: a feed's entries are several hundred KB.
"""

from __future__ import annotations

import contextlib
import os
import sys
from multiprocessing import connection, reduction
from multiprocessing.context import SpawnContext
from typing import Any, Final

HOLDS: Final = 1 << 20  # bytes; what Linux lets anyone have (pipe(7), pipe-max-size)
_LARGE: Final = 1 << 16  # bytes of a message that is read into one buffer
_F_SETPIPE_SZ: Final = 1031  # fcntl(2), Linux


class Context(SpawnContext):
    """How processes are started: spawned, nothing of the parent is in them. Its pipes are wide."""

    def Pipe(self, duplex: bool = True) -> Any:  # noqa: N802, multiprocessing's interface
        """As multiprocessing's."""
        if duplex or sys.platform == "win32":
            return super().Pipe(duplex)
        reader, writer = os.pipe()
        if sys.platform == "linux":
            import fcntl

            with contextlib.suppress(OSError):  # the user's pipes are many: a narrow one does as well
                fcntl.fcntl(writer, _F_SETPIPE_SZ, HOLDS)
        return Reader(reader, writable=False), connection.Connection(writer, readable=False)


class _Message(bytearray):
    """A message that was read, as multiprocessing takes it."""

    def getvalue(self) -> bytes:
        return bytes(self)

    def getbuffer(self) -> memoryview:
        return memoryview(self)


class Reader(connection.Connection):
    """A connection that reads a large message into one buffer."""

    def _recv(self, size: int, *given: Any) -> Any:
        if size < _LARGE:
            return super()._recv(size, *given)  # type: ignore[misc]
        found = _Message(size)
        left = memoryview(found)
        while left:
            count = os.readv(self.fileno(), [left])
            if not count and len(left) == size:
                raise EOFError
            if not count:
                raise OSError("got end of file during message")
            left = left[count:]
        return found


if sys.platform != "win32":
    # In a child, it is a plain connection.
    reduction.register(Reader, connection.reduce_connection)  # type: ignore[attr-defined]
