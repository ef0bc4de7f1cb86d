"""The archive on this machine: texts in scratch files, reading, fingerprints and comparing in processes."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from aggregator.archives.files import Line, lines_of, size_of
from aggregator.archives.lines import document_of
from aggregator.archives.scratch import shelves
from aggregator.dedup.archive.documents import Document
from aggregator.dedup.archive.shelves import Map, Progress, here, quietly
from aggregator.dedup.archive.whole import fold
from aggregator.dedup.rules import Rules
from aggregator.errors import AggregatorError

TOGETHER = 256  # lines that are read together,
ENOUGH = 500_000  # or fewer that have so many bytes
WORTH = 8_000_000  # bytes of files from which processes of their own are worth their start
AHEAD = 2  # tasks a process that are under way, so that none waits

A = TypeVar("A")
B = TypeVar("B")


def dedup(path: str, rules: Rules, progress: Progress = quietly) -> Iterator[dict[str, Any]]:
    """Fold the archive at ``path`` (a file, a folder, ``-``) into stories: see `whole.fold`."""
    name = "standard input" if path == "-" else path
    size = size_of(path)
    jobs = processes() if size is None or size >= WORTH else 1
    with shelves() as shelf, apart(jobs) as run:
        documents = itertools.chain.from_iterable(run(_read, _chunks(lines_of(path))))
        yield from fold(documents, rules, name, progress=progress, apart=run, shelf=shelf)


def processes() -> int:
    """How many of this machine's processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def apart(jobs: int) -> Iterator[Map]:
    """A `Map` over ``jobs`` processes; with one, in this process."""
    if jobs < 2:
        yield here
        return
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_end_with_parent)

    def run(function: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
        """Results in order; ``things`` are asked for as they can be worked on."""
        waiting: deque[Future[B]] = deque()
        left = iter(things)
        try:
            for thing in left:
                waiting.append(pool.submit(function, thing))
                if len(waiting) >= AHEAD * jobs:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise AggregatorError(
                "a process that read or compared articles was killed; with too little memory, --engine spark "
                "shares the work among machines"
            ) from error

    try:
        yield run
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A process of the pool would wait for tasks for ever when the one that gives them is killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += line.size()
        if len(chunk) >= TOGETHER or size >= ENOUGH:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _read(lines: list[Line]) -> list[Document]:
    return [found for line in lines if (found := document_of(*line)) is not None]
