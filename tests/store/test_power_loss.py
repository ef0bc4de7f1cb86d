"""The power fails: whatever of the log had reached the disk, the database is sound and keeps its promises.

Simulated on SQLite's own files: what a person did must be whole in every state of the log that can be left
after it was acknowledged (synchronous=FULL); polling may lose its last transactions (NORMAL), each wholly.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Clock
from made import poll, prepared, sources, words

from aggregator.errors import StoreError
from aggregator.model import TimelineSpec
from aggregator.store import Store

PER_POLL = 3  # entries


@dataclass
class History:
    """What was acknowledged, and how long the log was then, in bytes."""

    starred: list[tuple[int, int]]  # story, length
    last: int = 0  # up to where the log is on the disk, come what may


def live(store: Store, clock: Clock, log: Path, rounds: int) -> History:
    """Poll, and star a story now and then."""
    history = History([])
    store.sync_sources(sources(1), lambda: 0.5)
    for edition in range(rounds):
        entries = [
            prepared(f"{edition}-{n}", f"Report {edition} {n}", words((edition, n), 60))
            for n in range(PER_POLL)
        ]
        also = [f"{edition - 1}-{n}" for n in range(PER_POLL)]
        poll(store, clock(), "s0", entries, also=also, etag=f'"{edition}"')
        clock.forward(minutes=30)
        if edition % 3 == 2:
            story = store.timeline(TimelineSpec(limit=1))[0].id
            store.mark("reader", [story], starred=True)
            history.last = log.stat().st_size
            history.starred.append((story, history.last))
    return history


def survivors(database: Path) -> tuple[set[int], int]:
    """The starred stories of a database, and how many editions it has; checks that it is sound and whole."""
    store = Store.open(f"sqlite:///{database}", now=Clock())
    try:
        assert store.upkeep.integrity() == []
    finally:
        store.close()
    with closing(sqlite3.connect(database)) as connection:
        starred = {row[0] for row in connection.execute("select story from reader_story where starred")}
        count = connection.execute("select count(*) from articles").fetchone()[0]
        tag = connection.execute("select etag from sources").fetchone()
    assert count % PER_POLL == 0, "half a poll is there"
    edition = -1 if tag is None or tag[0] is None else int(tag[0].strip('"'))
    assert count == PER_POLL * (edition + 1), "the validator and the entries are of different polls"
    return starred, edition + 1


def damaged(log: bytes, cut: int, how: str, chance: random.Random) -> bytes:
    """What the disk may hold of a log of which the first ``cut`` bytes had reached it."""
    rest = len(log) - cut
    if how == "lost":
        return log[:cut]
    if how == "zeros":
        return log[:cut] + bytes(rest)
    if how == "torn":  # later blocks came, earlier ones did not
        blocks = [log[at : at + 512] for at in range(cut, len(log), 512)]
        return log[:cut] + b"".join(block if chance.random() < 0.5 else bytes(len(block)) for block in blocks)
    return log[:cut] + chance.randbytes(rest)


def test_power_loss(tmp_path: Path) -> None:
    """Of eight states of the disk, every one keeps every star that was acknowledged by then."""
    chance = random.Random(7)
    database, log = tmp_path / "a.db", tmp_path / "a.db-wal"
    store = Store.open(f"sqlite:///{database}", now=Clock())
    history = live(store, Clock(), log, rounds=11)
    lost = tmp_path / "after"
    for number in range(8):
        how = ("lost", "zeros", "torn", "noise")[number % 4]
        story, durable = chance.choice(history.starred)
        content = log.read_bytes()
        cut = chance.randint(durable, len(content)) if number > 3 else durable
        lost.mkdir()
        shutil.copy(database, lost / "a.db")
        (lost / "a.db-wal").write_bytes(damaged(content, cut, how, chance))
        starred, editions = survivors(lost / "a.db")
        promised = {each for each, length in history.starred if length <= cut}
        assert story in promised
        assert promised <= starred, (how, cut)
        assert editions <= 11
        shutil.rmtree(lost)
    store.close()
    assert survivors(database) == ({story for story, _ in history.starred}, 11)


def test_what_a_person_does_is_synced(store: Store, url: str) -> None:
    """FULL for a person, NORMAL for polling: the setting that the simulation above relies on."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL has synchronous_commit instead")
    found = {}
    for person in (True, False, True):
        with store.access.database.write(person=person) as connection:
            found[person] = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    assert found == {True: 2, False: 1}


def test_a_full_disk_leaves_nothing_half(store: Store, clock: Clock, url: str) -> None:
    """The poll is refused in words, nothing of it is there; with room again it is taken."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL's disk is another machine's")
    store.sync_sources(sources(1), lambda: 0.5)
    entries = [prepared(f"{n}", f"Report {n}", words(n, 400)) for n in range(40)]
    limit(store, 0)
    with pytest.raises(StoreError, match="the disk is full; make room"):
        poll(store, clock(), "s0", entries)
    assert store.upkeep.stats()["articles"] == 0
    assert store.upkeep.integrity() == []
    limit(store, 1_000_000)
    assert poll(store, clock(), "s0", entries).new == 40
    assert store.upkeep.integrity() == []


def limit(store: Store, more: int) -> None:
    """Let the file grow by so many pages and no further."""
    with store.access.database.writer.connect() as connection:
        driver = connection.connection.driver_connection
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count = {pages + more}")
