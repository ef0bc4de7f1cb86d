"""Opening, upgrading, backing up, and what people are told when a database cannot do what was asked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import uuid
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from made import poll, prepared, sources, words
from sqlalchemy import select

from aggregator.errors import StoreError
from aggregator.model import TimelineSpec
from aggregator.store import Store, migrate, schema, values
from aggregator.store.migrations.versions import v0005_parts
from aggregator.store.writer import Writer


def test_migrations_make_the_schema(store):
    """What the migrations build is what `schema` describes, on either database."""

    def ours(thing, name, kind, _reflected, _compared):
        return not (kind == "table" and name.startswith("search")) and not (
            kind == "index" and "search" in name
        )

    with store.access.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": False})
        assert compare_metadata(context, schema.metadata) == []
        assert migrate.revision(connection) == schema.REVISION


def test_revision_is_the_newest():
    """The revision that the program asks for is the last of the migrations."""
    folder = str(Path(migrate.__file__).parent / "migrations")
    assert ScriptDirectory(folder).get_current_head() == schema.REVISION


def test_an_older_schema_on_postgresql_is_not_upgraded_by_itself(url, store, clock):
    """Other daemons may be at work there: the message says which command upgrades. SQLite upgrades itself."""
    if url.startswith("sqlite"):
        pytest.skip("SQLite upgrades by itself")
    with store.access.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreError, match="aggregator db upgrade"):
        Store.open(url, now=clock)


def test_a_newer_schema_is_refused(url, store, clock):
    """A database of a later version is not touched."""
    with store.access.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        Store.open(url, now=clock)


def test_many_open_an_empty_database_at_once(empty_url, clock):
    """Of several processes that start together one makes the schema, and all have one instance."""
    found: list[str] = []
    failed: list[BaseException] = []

    def open_it():
        try:
            store = Store.open(empty_url, now=clock)
            found.append(store.instance)
            store.close()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    # Alembic keeps its context in a module; threads stand for processes only where that does not matter.
    Store.open(empty_url, now=clock).close()
    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(set(found)) == 1
    assert uuid.UUID(found[0])


def test_backup_while_others_write(url, store, clock, tmp_path):
    """The copy is whole, checked, one file, and opens as a store (PostgreSQL: see test_store_backups)."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a"))])
    target = tmp_path / "copy.db"
    if not url.startswith("sqlite"):
        return
    store.upkeep.backup(target)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "copy.db"}
    copy = Store.open(f"sqlite:///{target}", now=clock)
    assert [story.title for story in copy.timeline(TimelineSpec())] == ["A"]
    assert copy.instance == store.instance
    copy.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "needs a file"),
        ("mysql://x/y", "no such kind of database"),
        ("nonsense", "cannot be read"),
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_addresses_that_lead_nowhere(url, message, clock):
    """The error says what is wrong with the address."""
    with pytest.raises(StoreError, match=message):
        Store.open(url, now=clock)


def test_files_that_are_no_database(tmp_path, clock):
    """A text file is not overwritten."""
    file = tmp_path / "notes.txt"
    file.write_text("These are my notes. " * 100)
    with pytest.raises(StoreError, match="not an SQLite database"):
        Store.open(f"sqlite:///{file}", now=clock)
    assert file.read_text().startswith("These are my notes.")


def test_a_full_disk(tmp_path, clock):
    """When the file cannot grow, the update fails in words, nothing of it is kept, and reading goes on."""
    store = Store.open(f"sqlite:///{tmp_path}/full.db", now=clock)
    store.sync_sources(sources(1), lambda: 0.5)
    with store.access.database.writer.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="disk is full"):
        poll(store, clock(), "s0", [prepared(f"g{n}", f"N {n}", words(n)) for n in range(30)])
    assert store.timeline(TimelineSpec()) == []
    assert store.upkeep.integrity() == []
    store.close()


def test_another_process_writes_too(tmp_path, clock):
    """A command and the daemon write to one file in turn."""
    mine = Store.open(f"sqlite:///{tmp_path}/two.db", now=clock)
    theirs = Store.open(f"sqlite:///{tmp_path}/two.db", now=clock)
    for store in (mine, theirs):
        store.sync_sources(sources(4), lambda: 0.5)

    def work(store, source):
        for n in range(5):
            poll(store, clock(), source, [prepared(f"g{n}", f"N {n}", words(f"{source} {n}"))])

    threads = [
        threading.Thread(target=work, args=pair) for pair in ((mine, "s0"), (theirs, "s1"), (mine, "s2"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mine.upkeep.stats()["articles"] == 15
    assert mine.upkeep.integrity() == theirs.upkeep.integrity() == []
    mine.close()
    theirs.close()


def test_integrity_finds_what_is_broken(store, clock):
    """Each invariant says which row breaks it."""
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "A", words("a")), prepared("b", "B", words("b"))])
    with store.access.write() as connection:
        connection.exec_driver_sql("UPDATE stories SET canonical = 2 WHERE id = 1")
        connection.exec_driver_sql("INSERT INTO candidate_keys (slot, article) VALUES (1, 99)")
        connection.exec_driver_sql("UPDATE instance SET last_story = 1")
    found = "\n".join(store.upkeep.integrity())
    assert "story 1 has the canonical article 2" in found
    assert "candidate keys of article 99" in found
    assert "was not given out" in found


def test_the_writer_puts_people_first():
    """A person's change passes the polling that waits; errors are the caller's; a stop finishes the queue."""

    async def scene():
        writer, order, gate = Writer(), [], threading.Event()
        first = asyncio.ensure_future(writer.run(gate.wait))
        await asyncio.sleep(0.05)
        waiting = [asyncio.ensure_future(writer.run(lambda n=n: order.append(n))) for n in range(3)]
        await asyncio.sleep(0)
        person = asyncio.ensure_future(writer.run(lambda: order.append("person"), person=True))
        await asyncio.sleep(0.05)
        gate.set()
        await asyncio.gather(first, person, *waiting)
        assert order == ["person", 0, 1, 2]
        with pytest.raises(ZeroDivisionError):
            await writer.run(lambda: 1 / 0)
        last = asyncio.ensure_future(writer.run(lambda: order.append("last")))
        await asyncio.sleep(0)
        await writer.stop()
        await last
        assert order[-1] == "last"
        with pytest.raises(StoreError, match="stopping"):
            await writer.run(lambda: None)
        await writer.stop()

    asyncio.run(scene())


def test_stored_keys_move_to_their_parts(store, clock):
    """An index by days (schema 0004) becomes one by weeks, where its keys are looked for now."""
    keys, recipe = (5, 1 << 36 | 7), 1
    days = [20_000 + n for n in range(9)]
    with store.access.write() as connection:
        for day in days:
            rows = [(values.slot(day, key, recipe), day) for key in keys]
            connection.execute(
                schema.candidate_keys.insert(), [{"slot": slot, "article": day} for slot, day in rows]
            )
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            v0005_parts.upgrade()
        found = set(connection.execute(select(schema.candidate_keys)).all())
    assert found == {(values.slot(day // 7, key, recipe), day) for day in days for key in keys}
