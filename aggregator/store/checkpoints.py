"""Carries SQLite's write-ahead log into the file beside the writer, whose commits then wait for no disk.

A checkpoint copies pages and waits until they are on the disk. On a thread and a connection of its own that
holds up nobody: `PRAGMA wal_checkpoint(PASSIVE)` takes what is committed, and waits for no reader or writer.
Where the writer is never idle long enough for the log to begin anew, SQLite's own checkpoint at a commit
(`wal_autocheckpoint`, set higher) finds nearly everything done.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Final

EACH: Final = 16_000_000  # bytes that the log has grown by since the last one


class Checkpoints:
    """`after_commit` is called by the writer; the thread starts when there is something to do."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = f"{path}-wal"
        self._done = 0  # bytes of the log when it was last carried over
        self._wanted = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def after_commit(self) -> None:
        """Ask for a checkpoint where the log has grown enough."""
        try:
            size = os.stat(self._log).st_size  # noqa: PTH116  a microsecond, at every commit
        except OSError:
            return
        if size < self._done:  # it began anew
            self._done = 0
        if size - self._done < EACH:
            return
        self._done = size
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
            self._thread.start()
        self._wanted.set()

    def stop(self) -> None:
        """End the thread; one under way is finished."""
        self._stopping = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._stopping = False
        self._wanted.clear()

    def _work(self) -> None:
        while self._wanted.wait() and not self._stopping:
            self._wanted.clear()
            try:
                connection = sqlite3.connect(self._path, timeout=0, isolation_level=None)
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                finally:
                    connection.close()
            except sqlite3.Error:  # the disk's trouble is the writer's to tell: its own checkpoint meets it
                continue
