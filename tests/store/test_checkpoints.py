"""SQLite's log goes into the file beside the writer, and begins anew."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from made import poll, prepared, sources, words

from aggregator.store import Store, checkpoints, sqlite


def filled(store: Store, clock, start: int, count: int) -> None:
    """Polls with ten articles each."""
    for n in range(start, start + count):
        poll(store, clock(), "s0", [prepared(f"{n}-{i}", f"News {n} {i}", words((n, i))) for i in range(10)])


def test_the_writer_carries_nothing_over_itself(tmp_path: Path, clock, monkeypatch: pytest.MonkeyPatch):
    """With SQLite's own checkpoints off, what was committed comes into the file, and the log stays short."""
    monkeypatch.setattr(checkpoints, "EACH", 100_000)
    monkeypatch.setattr(sqlite, "CHECKPOINT", 1_000_000)
    path = tmp_path / "news.db"
    store = Store.open(f"sqlite:///{path}", now=clock, upgrade=True)
    try:
        store.sync_sources(sources(1), lambda: 0.5)
        before = path.stat().st_size
        for start in range(0, 40, 4):
            filled(store, clock, start, 4)
            time.sleep(0.02)  # a moment in which nobody writes: the log may begin anew
        end = time.monotonic() + 20
        while path.stat().st_size < before + 1_000_000 and time.monotonic() < end:
            time.sleep(0.05)
        assert path.stat().st_size >= before + 1_000_000
        filled(store, clock, 100, 1)
        assert Path(f"{path}-wal").stat().st_size < path.stat().st_size
        assert store.upkeep.integrity() == []
    finally:
        store.close()
    assert not Path(f"{path}-wal").exists()
