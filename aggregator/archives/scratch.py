"""Shelves in scratch files: what memory does not hold, by its place, for other processes too."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from aggregator.archives.packing import pack, unpack
from aggregator.errors import AggregatorError

A = TypeVar("A")
BUFFER = 1 << 20  # bytes that are written at once


class DiskShelf(Generic[A]):
    """Things in a file, packed one after the other. Once one is taken, none can be put there any more.

    Sent to another process, it is opened there by its name. Only this program's own files are read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb", buffering=BUFFER)
        self._ends: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        self._recent: list[int] = [0]
        self._at = 0
        self._opened: _Opened | None = None

    def append(self, thing: A) -> None:
        """Put one at the end."""
        packed = pack(thing)
        try:
            self._file.write(packed)
        except OSError as error:
            raise full(self._path, error) from error
        self._at += len(packed)
        self._recent.append(self._at)
        if len(self._recent) >= 4096:
            self._ends.append(np.array(self._recent, np.int64))
            self._recent = []

    def __getitem__(self, place: int) -> A:
        """Take one."""
        return self._sealed().take(place)  # type: ignore[no-any-return]

    def _sealed(self) -> _Opened:
        if self._opened is None:
            try:
                self._file.close()
                ends = np.concatenate([*self._ends, np.array(self._recent, np.int64)])
                np.save(self._path.with_suffix(".npy"), ends)
            except OSError as error:
                raise full(self._path, error) from error
            self._ends = []
            self._opened = _open(self._path)
        return self._opened

    def __reduce__(self) -> tuple[Callable[[Path], _Opened], tuple[Path]]:
        self._sealed()
        return _open, (self._path,)


class _Opened:
    """A shelf that is only read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb", buffering=0)
        self._ends = np.load(path.with_suffix(".npy"), mmap_mode="r")

    def take(self, place: int) -> Any:
        start, end = self._ends[place : place + 2].tolist()
        return unpack(os.pread(self._file.fileno(), end - start, start))

    __getitem__ = take

    def __reduce__(self) -> tuple[Callable[[Path], _Opened], tuple[Path]]:
        return _open, (self._path,)


@lru_cache(8)
def _open(path: Path) -> _Opened:
    return _Opened(path)


def full(path: Path, error: OSError) -> AggregatorError:
    """What is said when the scratch folder takes no more."""
    return AggregatorError(
        f"{path.parent}: scratch files cannot be written: {error.strerror}; $TMPDIR names another folder"
    )


@contextmanager
def shelves() -> Iterator[Callable[[], DiskShelf[Any]]]:
    """Makes empty shelves in a folder of their own, which is removed at the end.

    It lies in $TMPDIR, else in /var/tmp where there is one: /tmp often is memory.
    """
    place = os.environ.get("TMPDIR") or next((d for d in ("/var/tmp",) if os.access(d, os.W_OK)), None)  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="aggregator-", dir=place) as folder:
        made = 0

        def make() -> DiskShelf[Any]:
            nonlocal made
            made += 1
            return DiskShelf(Path(folder, f"{made}.shelf"))

        yield make
        _open.cache_clear()
