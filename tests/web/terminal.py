"""A program in a terminal of its own: keys go in, and what it writes is waited for."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1b[=>]")


class Terminal:
    """Runs ``command``; killed when the block ends, if it has not ended."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path) -> None:
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], list(command), dict(environ))
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.written = b""

    @property
    def text(self) -> str:
        """What was written so far, without control sequences."""
        return _CONTROL.sub(b" ", self.written).decode("utf-8", "replace")

    def wait_for(self, words: str, within: float = 20) -> None:
        """Wait until the words are written after what was waited for last, then forget what was before."""
        end = time.monotonic() + within
        while words not in self.text:
            assert time.monotonic() < end, f"{words!r} was not written:\n{self.text[-3000:]}"
            self._read(0.1)
        self.written = b""

    def _read(self, seconds: float) -> None:
        ready, _, _ = select.select([self.handle], [], [], seconds)
        if ready:
            try:
                self.written += os.read(self.handle, 65_536)
            except OSError:  # it has ended
                time.sleep(seconds)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.handle, keys.encode())

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.handle)
