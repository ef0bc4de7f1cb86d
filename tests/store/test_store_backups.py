"""Backups under load, and restoring."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from made import poll, prepared, sources, stored, words

from aggregator.errors import StoreError
from aggregator.model import TimelineSpec
from aggregator.store import Daemon, Store
from aggregator.store.pgtools import installed
from tests.commands import ROOT, aggregator

STORED = sorted((ROOT / "tests" / "data" / "databases").glob("*.sql"))


def run(file: Path, script: str) -> None:
    """Change a database as no version of the program does."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def test_no_upgrade_without_a_copy(tmp_path, clock):
    """Where it cannot be kept, nothing is changed, and the message says what to do; it may be waived."""
    file = tmp_path / "news.db"
    stored(STORED[0], file)
    (tmp_path / "news.db.schema-0001.bak").mkdir()
    with pytest.raises(StoreError, match="--no-backup"):
        Store.open(f"sqlite:///{file}", now=clock)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    Store.open(f"sqlite:///{file}", now=clock, copy=False).close()


def restored(url: str, backup: Path, clock, cluster, tmp_path: Path) -> Store:
    """A backup, restored into an empty database of the same kind."""
    empty = f"sqlite:///{tmp_path}/restored-{backup.name}" if cluster is None else cluster.new_database()
    if cluster is not None:
        Store.open(empty, now=clock, upgrade=True).close()
    Store.restore(empty, backup, now=clock)
    return Store.open(empty, now=clock)


def test_backups_under_load(request, url, store, clock, tmp_path):
    """While another thread places articles, every backup restores to one whole state of the database."""
    cluster = None if url.startswith("sqlite") else request.getfixturevalue("cluster")
    if cluster and not installed("pg_dump", "pg_restore", "psql"):
        pytest.skip("PostgreSQL's client programs are not installed")
    store.sync_sources(sources(2), lambda: 0.5)
    stop, failed = threading.Event(), []

    def write() -> None:
        number = 0
        try:
            while not stop.is_set() and number < 400:
                number += 1
                text = words(number // 2, 60)  # every other one is a copy
                poll(store, clock(), f"s{number % 2}", [prepared(f"g{number}", f"T{number // 2}", text)])
                store.mark("anna", [store.timeline(TimelineSpec(limit=1))[0].id], starred=True)
        except Exception as error:  # noqa: BLE001  told below
            failed.append(error)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        backups = [tmp_path / f"backup-{number}" for number in range(2 if cluster else 4)]
        for backup in backups:
            before = store.upkeep.stats()
            store.upkeep.backup(backup)
            backup.with_suffix(".counts").write_text(
                f"{before['articles']} {store.upkeep.stats()['articles']}"
            )
    finally:
        stop.set()
        writing.join()
    assert failed == []
    for backup in backups:
        copy = restored(url, backup, clock, cluster, tmp_path)
        assert copy.upkeep.integrity() == []
        least, most = map(int, backup.with_suffix(".counts").read_text().split())
        assert least <= copy.upkeep.stats()["articles"] <= most
        assert copy.instance == store.instance
        copy.close()


def test_restoring_puts_aside_what_was_there(tmp_path, clock):
    """The old database is kept; a backup of an older schema is upgraded by the next to open it."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    old = tmp_path / "old.db"
    stored(STORED[2], old)
    with pytest.raises(StoreError, match="stop every daemon"):
        Store.restore(url, old, now=clock)
    store.close()
    said = Store.restore(url, old, now=clock)
    kept = next(tmp_path.glob("news.db.before-restore-*"))
    assert str(kept) in said
    store = Store.open(url, now=clock)
    assert (store.upkeep.stats()["stories"], store.upkeep.integrity()) == (4, [])
    store.close()
    Store.restore(url, kept, now=lambda: clock() + timedelta(seconds=1))
    store = Store.open(url, now=clock)
    assert [one.title for one in store.timeline(TimelineSpec())] == ["A"]
    store.close()


def test_a_damaged_database_is_replaced(tmp_path, clock):
    """That is why one restores; the damaged file is kept too."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    store.upkeep.backup(tmp_path / "good.db")
    store.close()
    (tmp_path / "news.db").write_bytes(b"nothing that SQLite knows" * 400)
    Store.restore(url, tmp_path / "good.db", now=clock)
    Store.open(url, now=clock).close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "no such file"),
        (lambda file: file.write_text("These are my notes."), "no backup"),
        (lambda file: file.write_bytes(file.read_bytes()[:9000]), "(damaged|no backup)"),
        (lambda file: run(file, "UPDATE alembic_version SET version_num = '9999'"), "newer"),
        (lambda file: run(file, "DELETE FROM instance"), "empty"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path, clock, damage, message):
    """Before anything is touched."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    uuid = store.instance
    store.upkeep.backup(tmp_path / "copy.db")
    store.close()
    damage(tmp_path / "copy.db")
    with pytest.raises(StoreError, match=message):
        Store.restore(url, tmp_path / "copy.db", now=clock)
    store = Store.open(url, now=clock)
    assert store.instance == uuid
    store.close()


@pytest.mark.postgres
def test_postgresql_is_not_restored_below_a_daemon(cluster, clock, tmp_path):
    """Nor from what is no dump."""
    url = cluster.new_database()
    store = Store.open(url, now=clock)
    notes = tmp_path / "notes"
    notes.write_text("These are my notes.")
    with pytest.raises(StoreError, match="pg_restore"):
        Store.restore(url, notes, now=clock)
    lease = store.daemons.time() - clock() + timedelta(minutes=1)  # by the server's clock, which ours is not
    me = Daemon("here:1:x", frozenset({"poll"}), clock(), clock() + lease, 0, 0)
    store.daemons.beat(me, lease, [])
    with pytest.raises(StoreError, match="1 daemons are at work"):
        Store.restore(url, notes, now=clock)
    store.close()


@pytest.mark.long
def test_the_commands(tmp_path):
    """`db backup`, `db restore`; a newer database says what to do."""
    stored(STORED[-1], tmp_path / "news.db")
    config = tmp_path / "aggregator.yaml"
    config.write_text(f"database: sqlite:///{tmp_path}/news.db\n")
    aggregator("db", "backup", str(tmp_path / "copy.db"), config=config)
    done = aggregator("db", "restore", str(tmp_path / "copy.db"), config=config)
    assert "restored and checked: 4 stories, 4 articles" in done.stderr
    assert "kept" in done.stderr
    with closing(sqlite3.connect(tmp_path / "news.db")) as connection:
        connection.executescript("UPDATE alembic_version SET version_num = '9999'")
    done = aggregator("db", "stats", config=config, code=1)
    assert "db restore" in done.stderr
